"""Which column fills which field: by its header, by what stands in it, as before, or as told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process

from crm_store.errors import Invalid
from crm_store.importers.fields import (
    CUSTOM_PREFIX,
    OURS,
    Field,
    Kind,
    Noun,
    compact,
    fields_of,
    plain,
    without_asides,
)
from crm_store.importers.reading import DateOrder, Mark
from crm_store.importers.survey import Column, Survey
from crm_store.imports.models import MatchedBy
from crm_store.orgs.models import CustomField

SURE, CLOSE, GUESSED = 1.0, 0.9, 0.7
LIKENESS = 88
ENOUGH = 0.8
NOISE = ("donor", "donors", "constituent", "supporter", "contact", "primary", "person", "customer",
         "gift", "donation", "main", "home", "lead", "company", "account", "client", "billing",
         "mailing", "default", "own", "1")  # fmt: skip
LEAVE_OUT = frozenset({"-", "", "skip", "ignore", "none"})
READABLE = frozenset({Kind.EMAIL, Kind.DATE, Kind.AMOUNT})
BY_CONTENT: tuple[tuple[Kind, str], ...] = (
    (Kind.EMAIL, "email"), (Kind.DATE, "date"), (Kind.TAX_NUMBER, "afm"), (Kind.PHONE, "phone"),
    (Kind.CURRENCY, "currency"), (Kind.COUNTRY, "country"), (Kind.AMOUNT, "amount"),
)  # fmt: skip
MONTH_FIRST_LOCALES = frozenset({"en-US", "en-PH"})
COMMA_LANGUAGES = frozenset(
    {"el", "de", "fr", "es", "it", "ru", "nl", "pt", "pl", "tr", "bg", "ro"}
)


class NoSuchField(Invalid):
    """There is no such field."""


class NoSuchColumn(Invalid):
    """The table has no such column."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one column is read."""

    position: int
    header: str
    field: Field | None = None
    matched_by: MatchedBy = MatchedBy.NONE
    confidence: float = 0.0
    samples: tuple[str, ...] = ()
    filled: int = 0
    order: DateOrder = DateOrder.DAY
    mark: Mark = Mark.POINT
    remark: str = ""

    @property
    def target(self) -> str | None:
        return self.field.key if self.field else None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an organisation and a person bring to the mapping of their columns."""

    locale: str = "en"
    overrides: Mapping[str, str] = field(default_factory=dict)
    remembered: Mapping[str, str | None] = field(default_factory=dict)
    custom: Sequence[CustomField] = ()


def plan_columns(noun: Noun, seen: Survey, wishes: Wishes) -> tuple[Plan, ...]:
    """Each column's field, what decided it and how sure that is."""
    known = fields_of(noun) | {f.key: f for f in map(custom_field, wishes.custom)}
    plans = [
        Plan(c.position, c.header, samples=tuple(c.samples), filled=c.filled) for c in seen.columns
    ]
    taken: set[str] = set()
    _as_told(plans, known, wishes.overrides, taken)
    _as_before(plans, known, wishes.remembered, taken)
    _by_name(plans, seen.columns, noun, known, taken)
    _by_content(plans, seen.columns, known, taken)
    return tuple(
        _how_to_read(plan, column, wishes.locale)
        for plan, column in zip(plans, seen.columns, strict=True)
    )


def _as_told(
    plans: list[Plan], known: Mapping[str, Field], overrides: Mapping[str, str], taken: set[str]
) -> None:
    for header, key in overrides.items():
        wanted = compact(header)
        place = next((p.position for p in plans if compact(p.header) == wanted), None)
        if place is None:
            raise NoSuchColumn(
                f"There is no column “{header}”. There are: {', '.join(p.header for p in plans)}."
            )
        found = named_field(key, known)
        plans[place] = replace(
            plans[place], field=found, matched_by=MatchedBy.PERSON, confidence=SURE
        )
        _take(found, taken)


def as_field(key: str | None, known: Mapping[str, Field]) -> Field | None:
    return known.get(key) if key else None


def named_field(key: str, known: Mapping[str, Field]) -> Field | None:
    plain_key = key.strip().casefold().replace(" ", "_").replace("-", "_")
    if key.strip() in LEAVE_OUT or plain_key in LEAVE_OUT:
        return None
    found = known.get(plain_key) or known.get(f"{CUSTOM_PREFIX}{plain_key}") or known.get(key)
    if found is None:
        raise NoSuchField(f"There is no field “{key}”. There are: {', '.join(sorted(known))}.")
    return found


def _as_before(
    plans: list[Plan],
    known: Mapping[str, Field],
    remembered: Mapping[str, str | None],
    taken: set[str],
) -> None:
    for place, plan in enumerate(plans):
        if plan.matched_by is MatchedBy.NONE and plan.header in remembered:
            key = remembered[plan.header]
            found = known.get(key) if key else None
            if (key and found is None) or (found and found.key in taken):
                continue
            plans[place] = replace(
                plan, field=found, matched_by=MatchedBy.REMEMBERED, confidence=SURE
            )
            _take(found, taken)


def _by_name(
    plans: list[Plan], columns: Sequence[Column], noun: Noun, known: Mapping[str, Field],
    taken: set[str],
) -> None:  # fmt: skip
    """The surest first, so that a close match never takes a field from an exact one."""
    offers = []
    for plan, column in zip(plans, columns, strict=True):
        if plan.matched_by is MatchedBy.NONE:
            for found, sure in match_header(plan.header, noun, known):
                offers.append((_weighed(sure, found, column), -plan.position, found))
    for sure, place, found in sorted(offers, key=lambda offer: offer[:2], reverse=True):
        plan = plans[-place]
        if plan.field is None and sure >= 0.5 and (found.many or found.key not in taken):
            plans[-place] = replace(
                plan, field=found, matched_by=MatchedBy.NAME, confidence=round(sure, 2)
            )
            _take(found, taken)


def match_header(
    header: str, noun: Noun, known: Mapping[str, Field] | None = None
) -> list[tuple[Field, float]]:
    """The fields a header may mean, surest first."""
    fields = fields_of(noun) if known is None else known
    if plain(header) in OURS or header.startswith("Column "):
        return []
    own = [f for f in fields.values() if f.kind is Kind.CUSTOM]
    exact = {compact(name): f for f in own for name in f.names}
    words = (
        _words_of(noun)
        if known is None
        else {**_words_of(noun), **{k: [f.key] for k, f in exact.items()}}
    )
    for spelt, sure in _spellings(header):
        if keys := words.get(spelt):
            return [(fields[key], sure) for key in keys if key in fields]
    spelt = compact(without_asides(header))
    if len(spelt) < 5:
        return []
    close = process.extract(spelt, [w for w in words if len(w) > 3], scorer=fuzz.ratio, limit=2,
                            score_cutoff=LIKENESS)  # fmt: skip
    return [(fields[words[word][0]], CLOSE * score / 100) for word, score, _ in close]


def _spellings(header: str) -> Iterable[tuple[str, float]]:
    """The header itself, without what stands in brackets, without words that add nothing."""
    yield compact(header), SURE
    bare = without_asides(header)
    yield compact(bare), 0.98
    words = plain(bare).split()
    kept = [word for word in words if word not in NOISE]
    if kept and kept != words:
        yield "".join(kept), 0.95
    if "/" in bare:
        yield from ((compact(part), 0.9) for part in bare.split("/"))
    yield compact(bare).rstrip("0123456789"), 0.9


@lru_cache(maxsize=8)
def _words_of(noun: Noun) -> dict[str, list[str]]:
    """Every name of every field; a field's own name goes before another's synonym."""
    found: dict[str, list[str]] = {}
    for field_ in fields_of(noun).values():
        for place, name in enumerate(field_.names):
            keys = found.setdefault(compact(name), [])
            if field_.key not in keys:
                keys.insert(0 if place == 0 else len(keys), field_.key)
    return found


def _weighed(sure: float, found: Field, column: Column) -> float:
    """A header is doubted where its column holds something else."""
    if found.kind not in READABLE or not column.sampled:
        return sure
    share = column.share(found.kind)
    if found.kind is Kind.DATE and share < 0.5:
        share = max(share, column.share(Kind.AMOUNT) * 0.6)
    return sure if share >= 0.5 else sure * (0.6 + 0.4 * share)


def _by_content(
    plans: list[Plan], columns: Sequence[Column], known: Mapping[str, Field], taken: set[str]
) -> None:
    for kind, key in BY_CONTENT:
        if key not in known or key in taken:
            continue
        likely = [
            c for c in columns
            if plans[c.position].matched_by is MatchedBy.NONE and c.share(kind) >= ENOUGH
            and (kind is not Kind.AMOUNT or c.marks or c.header.startswith("Column "))
        ]  # fmt: skip
        if likely:
            best = max(likely, key=lambda c: (c.share(kind), c.filled))
            plans[best.position] = replace(
                plans[best.position],
                field=known[key],
                matched_by=MatchedBy.CONTENT,
                confidence=round(GUESSED * best.share(kind), 2),
            )
            taken.add(key)


def _how_to_read(plan: Plan, column: Column, locale: str) -> Plan:
    """Day or month first, comma or point: by the whole column, else as the organisation writes."""
    if plan.field is None:
        return plan
    kind = plan.field.kind
    if kind is Kind.DATE or (kind is Kind.CUSTOM and column.short_dates):
        usual = DateOrder.MONTH if locale in MONTH_FIRST_LOCALES else DateOrder.DAY
        order, remark = _decided(column.orders, usual)
        if not column.short_dates:
            remark = ""
        elif remark:
            remark = f"day or month first cannot be told; read {order.value} first, as in {locale}"
        elif len(column.orders) == 2:
            remark = f"mixed; read {order.value} first where both are possible"
        else:
            remark = f"{order.value} first"
        return replace(plan, order=order, remark=remark)
    if kind is Kind.AMOUNT:
        language = locale.partition("-")[0]
        usual_mark = Mark.COMMA if language in COMMA_LANGUAGES else Mark.POINT
        mark, undecided = _decided(column.marks, usual_mark)
        name = "comma" if mark is Mark.COMMA else "point"
        return replace(plan, mark=mark, remark="" if undecided else f"decimal {name}")
    return plan


def _decided(votes: Any, usual: Any) -> tuple[Any, str]:
    """What most say; without any vote, what is usual."""
    if not votes:
        return usual, "undecided"
    (best, _count) = votes.most_common(1)[0]
    return best, ""


def _take(found: Field | None, taken: set[str]) -> None:
    if found is not None and not found.many:
        taken.add(found.key)


def custom_field(row: CustomField) -> Field:
    return Field(
        f"{CUSTOM_PREFIX}{row.noun.value}.{row.name}", row.label, Kind.CUSTOM, frozenset(Noun),
        (row.label, row.name),
    )  # fmt: skip
