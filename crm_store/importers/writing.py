"""What a judged batch leaves in the tables: records, totals, the index, and every row's fate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_store import bulk
from crm_store.base import new_id, now
from crm_store.contacts.models import CustomValue, Note, Tag, Tagging
from crm_store.crm import Crm
from crm_store.donors.journey import Graph
from crm_store.gifts.models import Gift, TributeKind
from crm_store.importers.arrays import array, texts
from crm_store.importers.fields import CUSTOM_PREFIX, Noun
from crm_store.importers.judging import Judge, Verdict
from crm_store.importers.making import Making, Start
from crm_store.importers.purposes import MODELS, Named
from crm_store.importers.resolving import TARGET
from crm_store.importers.understanding import custom_fields
from crm_store.imports.models import ImportJob, ImportRow, RowStatus
from crm_store.leads.models import Lead, LeadSource
from crm_store.orgs.models import CustomField

ROW = ("id", "job_id", "number", "raw", "status", "reason", "target_table", "target_id",
       "created_target", "before", "dedupe_key")  # fmt: skip
BEARERS = ("person_id", "company_id", "donor_id", "lead_id")
BEARER = {"people": "person_id", "companies": "company_id", "donors": "donor_id",
          "leads": "lead_id"}  # fmt: skip


RECOUNT = text(
    "SELECT recount_loaded(CAST(:donors AS uuid[]), CAST(:currencies AS text[]),"
    " CAST(:days AS date[]))"
)
FORGET = text(
    "DELETE FROM external_ids e USING unnest(CAST(:kinds AS text[]), CAST(:ids AS text[]))"
    " AS w (kind, id) WHERE e.org_id = :org AND e.source = :source AND e.kind = w.kind"
    " AND e.external_id = w.id"
)


class Batch:
    """One batch on its way into the tables."""

    def __init__(self, crm: Crm, job: ImportJob, judge: Judge, start: Start) -> None:
        self.crm, self.job, self.judge = crm, job, judge
        self.noun = judge.noun
        self.table = TARGET[judge.noun]
        self.making = Making(start, judge.source, job.id)
        self.named: dict[str, Named] = {}
        self.fields: dict[str, CustomField] = {}
        self.paid: set[tuple[UUID, str, date]] = set()
        self._done: set[str] = set()
        self._named_outside: set[tuple[str, str]] = set()
        self._tagged: set[tuple[UUID, UUID]] = set()

    async def prepare(self, verdicts: Sequence[Verdict]) -> None:
        good = [v.draft.facts for v in verdicts if v.status is RowStatus.LOADED]
        models: dict[str, type[Any]] = {**MODELS, "tags": Tag}
        for name, model in models.items():
            if any(name in facts for facts in good):
                self.named[name] = await Named.of(self.crm, model)
        if any("custom" in facts for facts in good):
            self.fields = {
                f"{CUSTOM_PREFIX}{field.noun.value}.{field.name}": field
                for field in await custom_fields(self.crm, self.noun)
            }

    def take(self, verdict: Verdict) -> dict[str, list[str]]:
        """One good row: whoever it is about if new, and what it says of them."""
        standing, draft = verdict.standing, verdict.draft
        assert standing is not None
        made: dict[str, list[str]] = {}
        if standing.party.key not in self._done:
            self._done.add(standing.party.key)
            if standing.is_new and self.noun is not Noun.LEADS:
                made = self.making.party(standing, self.table)
            self._name_outside(verdict)
        bearer = standing.target
        if self.noun is Noun.GIFTS:
            self._gift(verdict, bearer)
            self.paid.add((bearer, draft.facts["currency"], draft.facts["date"]))
        elif self.noun is Noun.LEADS:
            self._lead(verdict)
            made = {"leads": [str(bearer)]}
        self._say(draft.facts, bearer, verdict.target)
        return made

    def _name_outside(self, verdict: Verdict) -> None:
        standing = verdict.standing
        assert standing is not None
        for kind, value in self.judge.resolver.names_of(standing.party):
            if (kind, value) in standing.known_as or (kind, value) in self._named_outside:
                continue
            self._named_outside.add((kind, value))
            self.making.name_outside(kind, value, self.table, standing.target)

    def _gift(self, verdict: Verdict, donor: UUID) -> None:
        facts = verdict.draft.facts
        kind = facts.get("tribute_kind")
        if facts.get("tribute_name") and kind is None:
            kind = TributeKind.MEMORY
        purposes = {
            name: self.named[name].get(facts[name]) if facts.get(name) else None for name in MODELS
        }
        self.making.rows[Gift].append((
            verdict.target, donor, facts["amount"], facts["currency"], facts["date"],
            facts["method"], facts.get("reference_number"), facts.get("notes"), purposes["fund"],
            purposes["project"], purposes["appeal"], facts.get("is_tax_deductible", True),
            facts.get("deductible_amount"), facts.get("is_anonymous", False), kind,
            facts.get("tribute_name"), facts.get("outside_receipt_on"), self.judge.source,
            facts.get("gift_id"),
        ))  # fmt: skip

    def _lead(self, verdict: Verdict) -> None:
        party, facts = verdict.draft.party, verdict.draft.facts
        assert party is not None and verdict.standing is not None  # noqa: PT018
        human = party.people[0] if party.people else None
        bearer: Any = human or party.firm
        reached = {kind.value: value for kind, _, value in reversed(bearer.identifiers)}
        value = facts.get("expected_value")
        currency = facts.get("currency") or facts.get("currency_seen")
        self.making.rows[Lead].append((
            verdict.standing.target, (human.given if human else None) or "",
            (human.family if human else None) or "", reached.get("email"), reached.get("phone"),
            party.firm.name if party.firm else None, party.job_title, LeadSource.IMPORT,
            facts.get("source_detail"), value, 
            (currency or self.making.start.currency) if value else currency,
            facts.get("notes"),
        ))  # fmt: skip

    def _say(self, facts: dict[str, Any], bearer: UUID, target: UUID | None) -> None:
        """Tags, notes and the organisation's own fields."""
        column = BEARER[self.table]
        place = BEARERS.index(column)
        for name in facts.get("tags", ()):
            tag_id = self.named["tags"].get(name)
            if (tag_id, bearer) not in self._tagged:
                self._tagged.add((tag_id, bearer))
                self.making.rows[Tagging].append((new_id(), tag_id, *_at(place, bearer)))
        if (note := facts.get("notes")) and self.noun not in (Noun.GIFTS, Noun.LEADS):
            self.making.rows[Note].append(
                (new_id(), *_at(place, bearer)[:3], self.making.start.member_id, note)
            )
        for key, value in facts.get("custom", {}).items():
            self._custom(key, value, bearer, target)

    def _custom(self, key: str, value: Any, bearer: UUID, target: UUID | None) -> None:
        field = self.fields[key]
        order = (*BEARERS[:3], "gift_id", "lead_id")
        place = order.index("gift_id" if self.noun is Noun.GIFTS else BEARER[self.table])
        row_id = target if self.noun is Noun.GIFTS else bearer
        holders = [row_id if at == place else None for at in range(len(order))]
        columns = ("text", "number", "date", "bool", "list")
        kinds = {"text": "text", "select": "text", "number": "number", "date": "date",
                 "checkbox": "bool", "multiselect": "list"}  # fmt: skip
        values = [value if kinds[field.type.value] == name else None for name in columns]
        self.making.rows[CustomValue].append((new_id(), field.id, *holders, *values))

    async def _forget_the_dead(self) -> None:
        """Names under which another system knew records that are deleted by now."""
        if stale := self.judge.resolver.stale:
            await self.crm.session.execute(
                FORGET,
                {"org": self.crm.actor.org, "source": self.judge.source,
                 "kinds": texts(kind for kind, _ in stale),
                 "ids": texts(value for _, value in stale)},
            )  # fmt: skip

    async def write(self) -> dict[str, list[str]]:
        """Everything; answers which funds and the like were made."""
        purposes = {
            named.model.__tablename__: ids
            for named in self.named.values()
            if (ids := await named.write(self.crm))
        }
        await self._forget_the_dead()
        await self.making.write(self.crm)
        if self.paid:
            await recount(self.crm, list(self.paid))
        return purposes


async def recount(crm: Crm, paid: Sequence[tuple[UUID, str, date]]) -> None:
    """The totals of the years in which these donors gave, in these currencies."""
    await crm.session.execute(
        RECOUNT,
        {"donors": array(donor for donor, _, _ in paid),
         "currencies": array(currency for _, currency, _ in paid),
         "days": array(day for _, _, day in paid)},
    )  # fmt: skip


def _at(place: int, row_id: UUID) -> tuple[UUID | None, ...]:
    return tuple(row_id if at == place else None for at in range(len(BEARERS)))


async def write_batch(crm: Crm, job: ImportJob, judge: Judge, verdicts: Sequence[Verdict]) -> None:
    """All of one batch; the caller's transaction makes it whole."""
    batch = Batch(crm, job, judge, await _start(crm, judge.noun))
    await batch.prepare(verdicts)
    table = "gifts" if judge.noun is Noun.GIFTS else TARGET[judge.noun]
    rows = []
    for verdict in verdicts:
        made = batch.take(verdict) if verdict.status is RowStatus.LOADED else {}
        created = bool(made) or judge.noun in (Noun.GIFTS, Noun.LEADS)
        loaded = verdict.status is RowStatus.LOADED
        rows.append((
            new_id(), job.id, verdict.draft.number, verdict.draft.raw, verdict.status,
            verdict.reason, table if verdict.target else None, verdict.target, loaded and created,
            {"made": made} if made else None, verdict.draft.key or None,
        ))  # fmt: skip
    purposes = await batch.write()
    if purposes or batch.making.shared:
        _remember(rows, verdicts, purposes, batch.making.shared)
    await bulk.load(crm.session, ImportRow, ROW, rows)
    counts = Counter(verdict.status for verdict in verdicts)
    job.loaded_rows += counts[RowStatus.LOADED]
    job.duplicate_rows += counts[RowStatus.DUPLICATE]
    job.bad_rows += counts[RowStatus.BAD]
    crm.note(
        "imported", table, None, job=job.id, first=verdicts[0].draft.number,
        last=verdicts[-1].draft.number, **{status.value: n for status, n in counts.items()},
    )  # fmt: skip


def _remember(
    rows: list[Any],
    verdicts: Sequence[Verdict],
    purposes: dict[str, list[str]],
    shared: Sequence[UUID],
) -> None:
    """The first good row of a batch answers for what the batch as a whole made or changed."""
    place = next(i for i, v in enumerate(verdicts) if v.status is RowStatus.LOADED)
    row = list(rows[place])
    row[9] = {**(row[9] or {}), "purposes": purposes, "shared": [str(i) for i in shared]}
    rows[place] = tuple(row)


async def _start(crm: Crm, noun: Noun) -> Start:
    currency = (await crm.orgs.current()).currency
    if noun not in (Noun.GIFTS, Noun.DONORS):
        return Start(None, None, now(), crm.actor.member_id, currency)
    journey = await crm.journeys.active()
    stages = Graph.model_validate(journey.graph).stages
    return Start(journey.id, stages[0].id, now(), crm.actor.member_id, currency)
