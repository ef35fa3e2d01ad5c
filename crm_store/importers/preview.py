"""What an import would do, found out without writing anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any

from crm_store.actor import Actor
from crm_store.contacts.matching import Grade
from crm_store.importers.fields import Noun
from crm_store.importers.judging import Judge, Verdict
from crm_store.importers.loading import BATCH, need_rights
from crm_store.importers.mapping import Plan
from crm_store.importers.understanding import Understood
from crm_store.imports.models import MatchedBy, RowStatus
from crm_store.store import Store
from crm_store.view import AMOUNTS, View

SHOWN = 5
Step = Callable[[int], None]


class Column(View):
    """One column and the field it fills."""

    header: str
    field: str | None
    matched_by: MatchedBy
    confidence: float
    filled: int
    samples: tuple[str, ...]
    remark: str


class Example(View):
    """One row that shows what is meant."""

    row: int
    name: str
    other: str = ""
    why: str = ""


class Fault(View):
    """Rows that are bad for one reason."""

    reason: str
    rows: int
    first_rows: tuple[int, ...]
    values: tuple[str, ...]


class Sum(View):
    currency: str
    gifts: int
    total: Annotated[Decimal | None, AMOUNTS]


class Preview(View):
    """The whole file as it would come out."""

    file: str
    details: str
    noun: Noun
    source: str
    header_row: int
    columns: tuple[Column, ...]
    rows: int
    good: int
    duplicates: int
    bad: int
    new: int
    matched: int
    new_examples: tuple[Example, ...]
    matched_examples: tuple[Example, ...]
    doubtful: int
    doubtful_examples: tuple[Example, ...]
    inside_the_file: int
    known_rows: tuple[Fault, ...]
    faults: tuple[Fault, ...]
    sums: tuple[Sum, ...]
    oldest: date | None
    newest: date | None


@dataclass(slots=True)
class _Group:
    rows: int = 0
    first: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def add(self, number: int, value: str) -> None:
        self.rows += 1
        if len(self.first) < SHOWN:
            self.first.append(number)
            if value and value not in self.values:
                self.values.append(value[:60])


@dataclass(slots=True)
class _Tally:
    """Counts of everything, examples of a few."""

    counts: Counter[RowStatus] = field(default_factory=Counter)
    met: set[str] = field(default_factory=set)
    new: int = 0
    matched: int = 0
    doubtful: int = 0
    second: int = 0
    new_examples: list[Example] = field(default_factory=list)
    matched_examples: list[Example] = field(default_factory=list)
    doubtful_examples: list[Example] = field(default_factory=list)
    faults: dict[str, _Group] = field(default_factory=dict)
    known: dict[str, _Group] = field(default_factory=dict)
    gifts: Counter[str] = field(default_factory=Counter)
    sums: dict[str, Decimal] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)

    def take(self, verdict: Verdict) -> None:
        draft = verdict.draft
        self.counts[verdict.status] += 1
        if verdict.status is RowStatus.LOADED:
            self._good(verdict)
            return
        is_bad = verdict.status is RowStatus.BAD
        groups = self.faults if is_bad else self.known
        reason = _general(verdict.reason or "", draft.culprit)
        groups.setdefault(reason, _Group()).add(draft.number, draft.culprit)
        self.second += verdict.is_second
        if verdict.standing is not None and not is_bad:
            self._met(verdict)

    def _good(self, verdict: Verdict) -> None:
        draft = verdict.draft
        if "date" in draft.facts and "amount" in draft.facts:
            currency, day = draft.facts["currency"], draft.facts["date"]
            self.gifts[currency] += 1
            self.sums[currency] = self.sums.get(currency, Decimal(0)) + draft.facts["amount"]
            self.days = [min(*self.days, day), max(*self.days, day)] if self.days else [day, day]
        self._met(verdict)

    def _met(self, verdict: Verdict) -> None:
        """Who it is about, the first time the file tells of them."""
        draft, standing = verdict.draft, verdict.standing
        if standing is None or standing.party.key in self.met:
            return
        self.met.add(standing.party.key)
        number, name = draft.number, standing.party.name
        if standing.is_new:
            self.new += 1
            _keep(self.new_examples, Example(row=number, name=name))
        else:
            self.matched += 1
            if standing.grade is not None and standing.why:
                example = Example(row=number, name=name, other=standing.name, why=standing.why)
                _keep(self.matched_examples, example)
        if standing.possible:
            self.doubtful += 1
            best = next((m for m in standing.possible if m.grade is Grade.POSSIBLE), None)
            if best:
                why = best.why
                _keep(
                    self.doubtful_examples, Example(row=number, name=name, other=best.who, why=why)
                )


async def preview(
    store: Store, actor: Actor, understood: Understood, step: Step = lambda _: None
) -> Preview:
    """The whole file, streamed; every question is asked in a read-only transaction."""
    need_rights(actor, understood.noun)
    reader, rows = understood.reader(), understood.sheet.rows()
    judge, tally = Judge(understood.noun, understood.source), _Tally()
    while drafts := await asyncio.to_thread(
        lambda: [reader.read(number, cells) for number, cells in islice(rows, BATCH)]
    ):
        async with store.begin(actor, read_only=True) as crm:
            for verdict in await judge.judge(crm, drafts):
                tally.take(verdict)
        step(len(drafts))
    return _preview(actor, understood, tally)


def _preview(actor: Actor, understood: Understood, tally: _Tally) -> Preview:
    counts = tally.counts
    return Preview(
        file=understood.wanted.path.name,
        details=understood.sheet.details,
        noun=understood.noun,
        source=understood.source,
        header_row=understood.sheet.heading.number,
        columns=tuple(map(_column, understood.plans)),
        rows=sum(counts.values()),
        good=counts[RowStatus.LOADED],
        duplicates=counts[RowStatus.DUPLICATE],
        bad=counts[RowStatus.BAD],
        new=tally.new,
        matched=tally.matched,
        new_examples=tuple(tally.new_examples),
        matched_examples=tuple(tally.matched_examples),
        doubtful=tally.doubtful,
        doubtful_examples=tuple(tally.doubtful_examples),
        inside_the_file=tally.second,
        known_rows=_faults(tally.known),
        faults=_faults(tally.faults),
        sums=tuple(
            Sum.seen_by(actor, currency=currency, gifts=tally.gifts[currency], total=total)
            for currency, total in sorted(tally.sums.items())
        ),
        oldest=tally.days[0] if tally.days else None,
        newest=tally.days[1] if tally.days else None,
    )


def _column(plan: Plan) -> Column:
    return Column(
        header=plan.header, field=plan.target, matched_by=plan.matched_by,
        confidence=plan.confidence, filled=plan.filled, samples=plan.samples, remark=plan.remark,
    )  # fmt: skip


def _faults(groups: dict[str, _Group]) -> tuple[Fault, ...]:
    ranked = sorted(groups.items(), key=lambda item: (-item[1].rows, item[0]))
    return tuple(
        Fault(reason=reason, rows=g.rows, first_rows=tuple(g.first), values=tuple(g.values))
        for reason, g in ranked
    )


def _general(reason: str, culprit: str) -> str:
    """The reason without the value, so that rows of one fault stand together."""
    for start in ("It says the same as row", "Row "):
        if reason.startswith(start):
            return {"It says the same as row": "It says the same as an earlier row."}.get(
                start, "An earlier row has the same id and says otherwise."
            )
    quoted = reason.partition("” ")
    if reason.startswith("“") and quoted[2]:
        rest = quoted[2]
        return f"It {rest}" if rest.startswith("is") else rest[:1].upper() + rest[1:]
    return reason


def _keep(examples: list[Any], example: Any) -> None:
    if len(examples) < SHOWN:
        examples.append(example)
