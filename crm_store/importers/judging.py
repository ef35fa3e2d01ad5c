"""What is to become of each row: loaded, known already, or bad; nothing is written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_store.base import new_id
from crm_store.crm import Crm
from crm_store.gifts.models import Method
from crm_store.importers.arrays import array, texts
from crm_store.importers.fields import Noun
from crm_store.importers.resolving import Resolver, Standing
from crm_store.importers.rows import Draft
from crm_store.imports.models import RowStatus

EARLIER = text(
    """
    SELECT r.dedupe_key,
           array_agg(r.target_id ORDER BY r.id)
               FILTER (WHERE r.job_id <> :job AND r.status = 'loaded') AS elsewhere,
           count(*) FILTER (WHERE r.job_id = :job AND r.status IN ('loaded', 'duplicate')) AS here,
           min(r.number) FILTER (WHERE r.job_id = :job) AS number
    FROM import_rows r
    WHERE r.org_id = :org AND r.dedupe_key = ANY(CAST(:keys AS text[]))
      AND r.status IN ('loaded', 'duplicate')
    GROUP BY 1
    """
)
BY_ID = text(
    """
    SELECT g.external_id, g.id, g.deleted_at IS NOT NULL AS is_gone, r.number, r.dedupe_key
    FROM gifts g
    LEFT JOIN import_rows r ON r.org_id = g.org_id AND r.target_table = 'gifts'
         AND r.target_id = g.id AND r.job_id = :job AND r.status = 'loaded'
    WHERE g.org_id = :org AND g.source = :source
      AND g.external_id = ANY(CAST(:ids AS text[]))
    """
)
ALIKE = text(
    """
    SELECT w.place, g.id
    FROM unnest(CAST(:places AS int[]), CAST(:donors AS uuid[]), CAST(:days AS date[]),
                CAST(:amounts AS numeric[]), CAST(:currencies AS text[]),
                CAST(:methods AS text[]), CAST(:named AS boolean[]))
             AS w (place, donor, day, amount, currency, method, named)
    JOIN gifts g ON g.donor_id = w.donor AND g.received_on = w.day
    WHERE g.org_id = :org AND g.deleted_at IS NULL AND g.amount = w.amount
      AND g.currency = w.currency AND (w.method IS NULL OR g.method = w.method)
      AND NOT (w.named AND g.external_id IS NOT NULL AND g.source = :source)
      AND NOT EXISTS (SELECT 1 FROM import_rows r
                      WHERE r.org_id = g.org_id AND r.target_table = 'gifts'
                        AND r.target_id = g.id AND r.job_id = :job)
    ORDER BY w.place, g.id
    """
)
OPEN_LEADS = text(
    """
    SELECT l.email, l.phone, l.id FROM leads l
    WHERE l.org_id = :org AND l.deleted_at IS NULL AND l.closed_at IS NULL
      AND (l.email = ANY(CAST(:mails AS text[])) OR l.phone = ANY(CAST(:phones AS text[])))
    ORDER BY l.id DESC
    """
)
NOBODY = UUID(int=0)


@dataclass(slots=True)
class Verdict:
    """One row judged."""

    draft: Draft
    status: RowStatus
    reason: str | None = None
    standing: Standing | None = None
    target: UUID | None = None
    is_second: bool = False


class Judge:
    """Judges batch after batch. A preview remembers what earlier rows would have brought; a load
    finds it in the database, so that it may stop and go on anywhere."""

    def __init__(
        self, noun: Noun, source: str, job_id: UUID | None = None, scope: str = ""
    ) -> None:
        self.noun, self.source = noun, source
        self.job = job_id or NOBODY
        self.resolver = Resolver(noun, source, scope, remembers=job_id is None)
        self._remembers = job_id is None
        self._forget()

    def _forget(self) -> None:
        self._seen: Counter[str] = Counter()
        self._first: dict[str, tuple[int, str]] = {}
        self._claimed: set[UUID] = set()
        self._reached: dict[str, UUID] = {}

    async def judge(self, crm: Crm, drafts: Sequence[Draft]) -> list[Verdict]:
        """In the order of the file."""
        if not self._remembers:
            self._forget()
        verdicts = [
            Verdict(d, RowStatus.BAD if d.problem else RowStatus.LOADED, d.problem) for d in drafts
        ]
        await self._find_known_rows(crm, verdicts)
        await self._resolve(crm, verdicts)
        if self.noun is Noun.GIFTS:
            await self._find_alike(crm, verdicts)
        elif self.noun is Noun.LEADS:
            await self._find_open_leads(crm, verdicts)
        return verdicts

    async def _find_known_rows(self, crm: Crm, verdicts: Sequence[Verdict]) -> None:
        good = [v for v in verdicts if v.status is RowStatus.LOADED]
        named = [v for v in good if self._id_of(v)]
        await self._by_id(crm, named)
        rest = [v for v in good if not self._id_of(v)]
        if not rest:
            return
        rows = await crm.session.execute(
            EARLIER,
            {"org": crm.actor.org, "job": self.job, "keys": texts({v.draft.key for v in rest})},
        )
        earlier = {row.dedupe_key: row for row in rows}
        for verdict in rest:
            self._compare(verdict, earlier.get(verdict.draft.key))

    def _id_of(self, verdict: Verdict) -> str | None:
        found: str | None = verdict.draft.facts.get("gift_id")
        return found

    def _compare(self, verdict: Verdict, earlier: Any) -> None:
        """Of gifts two alike in one file are two; of people and the like they are one."""
        key = verdict.draft.key
        elsewhere = (earlier.elsewhere or []) if earlier else []
        place = (earlier.here if earlier else 0) + self._seen[key]
        self._seen[key] += 1
        number, _ = self._first.setdefault(key, (verdict.draft.number, key))
        if self.noun is not Noun.GIFTS and (place or elsewhere):
            row = earlier.number if earlier and earlier.number else number
            reason = f"It says the same as row {row}." if place else "It was imported before."
            self._known(verdict, reason, elsewhere[0] if elsewhere else None)
            verdict.is_second = bool(place)
        elif place < len(elsewhere):
            self._known(verdict, "It was imported before.", elsewhere[place])

    async def _by_id(self, crm: Crm, named: Sequence[Verdict]) -> None:
        """A gift with an id of its own: once in the books, once in the file."""
        ids = list({str(self._id_of(v)) for v in named})
        if not ids:
            return
        rows = await crm.session.execute(
            BY_ID, {"org": crm.actor.org, "job": self.job, "source": self.source, "ids": texts(ids)}
        )
        known = {row.external_id: row for row in rows}
        for verdict in named:
            outside, draft = str(self._id_of(verdict)), verdict.draft
            found = known.get(outside)
            if found is not None and found.number is None:
                gone = "It was imported before and has been deleted since; restore it instead."
                self._known(verdict, gone if found.is_gone else "It was imported before.", found.id)
            elif found is not None:
                self._second(verdict, found.number, found.dedupe_key == draft.key)
            elif outside in self._first:
                number, key = self._first[outside]
                self._second(verdict, number, key == draft.key)
            else:
                self._first[outside] = (draft.number, draft.key)

    def _second(self, verdict: Verdict, number: int, same: bool) -> None:
        if same:
            self._known(verdict, f"It says the same as row {number}.", None)
            verdict.is_second = True
        else:
            verdict.status = RowStatus.BAD
            verdict.reason = f"Row {number} has the same id and says otherwise."
            verdict.draft.culprit = str(self._id_of(verdict))

    def _known(self, verdict: Verdict, reason: str, target: UUID | None) -> None:
        verdict.status, verdict.reason, verdict.target = RowStatus.DUPLICATE, reason, target
        if target:
            self._claimed.add(target)

    async def _resolve(self, crm: Crm, verdicts: Sequence[Verdict]) -> None:
        good = [v for v in verdicts if v.status is RowStatus.LOADED and v.draft.party]
        standings = await self.resolver.resolve(crm, [v.draft.party for v in good if v.draft.party])
        for verdict in good:
            assert verdict.draft.party is not None
            standing = standings[verdict.draft.party.key]
            verdict.standing = standing
            if standing.problem:
                verdict.status, verdict.reason = RowStatus.BAD, standing.problem
                verdict.draft.culprit = standing.party.name
            elif self.noun is not Noun.GIFTS:
                verdict.target = standing.target
                adds = {"tags", "notes", "custom"} & verdict.draft.facts.keys()
                if not standing.is_new and not adds:
                    self._known(verdict, f"Recorded already: {standing.why}.", standing.target)
                    verdict.draft.culprit = standing.name or standing.party.name

    async def _find_alike(self, crm: Crm, verdicts: Sequence[Verdict]) -> None:
        """Gifts somebody entered by hand or brought from elsewhere; each answers for one row."""
        asked = {
            place: v for place, v in enumerate(verdicts)
            if v.status is RowStatus.LOADED and v.standing and not v.standing.is_new
        }  # fmt: skip
        for verdict in verdicts:
            if verdict.status is RowStatus.LOADED:
                verdict.target = new_id()
        if not asked:
            return
        facts = [v.draft.facts for v in asked.values()]
        rows = await crm.session.execute(
            ALIKE,
            {"org": crm.actor.org, "job": self.job, "source": self.source,
             "places": array(asked),
             "donors": array(v.standing.target for v in asked.values() if v.standing),
             "days": array(f["date"] for f in facts), "amounts": array(f["amount"] for f in facts),
             "currencies": texts(f["currency"] for f in facts),
             "methods": texts(
                 None if f["method"] is Method.OTHER else f["method"].value for f in facts),
             "named": array("gift_id" in f for f in facts)},
        )  # fmt: skip
        for place, gift_id in rows:
            verdict = asked[place]
            if verdict.status is RowStatus.LOADED and gift_id not in self._claimed:
                who = verdict.standing.name if verdict.standing else ""
                reason = f"A gift of {who} of this amount and day is in the books already."
                self._known(verdict, reason, gift_id)

    async def _find_open_leads(self, crm: Crm, verdicts: Sequence[Verdict]) -> None:
        """An open lead with the same address or number is the same lead."""
        good = [v for v in verdicts if v.status is RowStatus.LOADED and v.draft.party]
        asked = {id(v): _reached(v) for v in good}
        every = [value for values in asked.values() for value in values]
        rows = await crm.session.execute(
            OPEN_LEADS,
            {"org": crm.actor.org, "mails": texts(v for v in every if "@" in v),
             "phones": texts(v for v in every if "@" not in v)},
        )  # fmt: skip
        for mail, phone, lead_id in rows:
            self._reached |= {value: lead_id for value in (mail, phone) if value}
        for verdict in good:
            found = next((self._reached[x] for x in asked[id(verdict)] if x in self._reached), None)
            if found is not None:
                self._known(verdict, "There is an open lead with this address or number.", found)
            elif verdict.target:
                self._reached |= dict.fromkeys(asked[id(verdict)], verdict.target)


def _reached(verdict: Verdict) -> list[str]:
    party = verdict.draft.party
    if party is None:
        return []
    bearers: list[Any] = [*party.people, *([party.firm] if party.firm else [])]
    return [value for bearer in bearers for _, _, value in bearer.identifiers]
