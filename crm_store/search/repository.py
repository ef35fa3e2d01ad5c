"""The one box: whatever was typed, the records that are meant, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor
from crm_store.base import TenantRow
from crm_store.contacts.models import Company, Person
from crm_store.donors.models import Donor
from crm_store.errors import Ambiguous, Invalid, NotFound, NotVisible
from crm_store.search import indexing
from crm_store.search.finding import Finder
from crm_store.search.gift_finding import find_gifts
from crm_store.search.inquiry import Inquiry
from crm_store.search.models import Findable
from crm_store.search.sources import INDEXED
from crm_store.search.typed import Typed, take_apart
from crm_store.search.views import Hit, SearchResult
from crm_store.search.weighing import Weighed, weigh

Row = TypeVar("Row", bound=TenantRow)

SCOPES = {
    Findable.DONOR: "donors:read",
    Findable.PERSON: "contacts:read",
    Findable.COMPANY: "contacts:read",
    Findable.LEAD: "leads:read",
    Findable.TICKET: "tickets:read",
    Findable.GIFT: "gifts:read",
}
ORDER = {kind.value: place for place, kind in enumerate(Findable)}
MOST = 50
NEAR = 0.03
MEANT = 0.75
NAMED = 5


class NobodyCalled(NotFound):
    """Nobody goes by that name."""

    def __init__(self, sentence: str, near: tuple[Hit, ...] = ()) -> None:
        super().__init__(sentence)
        self.near = near


class SeveralCalled(Ambiguous):
    """Several records answer to that."""

    def __init__(self, sentence: str, hits: tuple[Hit, ...]) -> None:
        super().__init__(sentence, choices=tuple(str(hit) for hit in hits))
        self.hits = hits


class SearchRepository:
    """Finds records by whatever people remember of them."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @property
    def actor(self) -> Actor:
        actor: Actor = self.session.info["actor"]
        return actor

    async def find(
        self, text: str, kinds: Collection[Findable] | None = None, limit: int = 10
    ) -> SearchResult:
        """The records most likely meant, best first, with the reason for each."""
        self.actor.need("search:read")
        typed = take_apart(text)
        if typed.is_empty:
            raise Invalid("Type a name, an address, a number or a part of one.")
        wanted = self._allowed(kinds)
        await indexing.follow(self.session)
        finder = Finder(self.session, self.actor, [kind for kind in wanted if kind in INDEXED])
        inquiry = Inquiry(finder, typed, enough=min(limit, MOST))
        await inquiry.run()
        found = _folded(_weighed(inquiry))
        gifts, unseen = await self._gifts(typed, wanted)
        folded = len(inquiry.rows) - len(found)
        hits = [*gifts, *(_hit(*one) for one in found[:MOST])]
        return SearchResult(
            hits=tuple(hits[:limit]),
            total_at_least=len(gifts) + max(len(found), inquiry.seen - folded),
            is_exact=inquiry.is_exact,
            hidden=inquiry.hidden + unseen,
            ambiguous=len(_level(hits)) > 1,
        )

    async def resolve_donor(self, text: str) -> Donor:
        return await self._resolve(text, Findable.DONOR, Donor)

    async def resolve_person(self, text: str) -> Person:
        return await self._resolve(text, Findable.PERSON, Person)

    async def resolve_company(self, text: str) -> Company:
        return await self._resolve(text, Findable.COMPANY, Company)

    def _allowed(self, kinds: Collection[Findable] | None) -> list[Findable]:
        """The kinds asked for; refused where one was named that may not be read."""
        if kinds is None:
            return [kind for kind in Findable if self.actor.may(SCOPES[kind])]
        for kind in kinds:
            self.actor.need(SCOPES[kind])
        return list(kinds)

    async def _gifts(self, typed: Typed, wanted: Sequence[Findable]) -> tuple[list[Hit], int]:
        if Findable.GIFT not in wanted:
            return [], 0
        return await find_gifts(self.session, self.actor, typed)

    async def _resolve(self, text: str, kind: Findable, model: type[Row]) -> Row:
        result = await self.find(text, [kind])
        good = _level([hit for hit in result.hits if hit.score >= MEANT])
        if not good:
            raise self._nobody(text, kind, result)
        if len(good) > 1:
            raise SeveralCalled(_which(text, good, result), tuple(good))
        (row,) = await self.session.scalars(
            select(model).where(model.org_id == self.actor.org, model.id == good[0].id)
        )
        return row

    def _nobody(self, text: str, kind: Findable, result: SearchResult) -> NotFound:
        if result.hidden:
            return NotVisible(f"“{text}” matches a {kind} that is not visible to you.")
        sentence = f"No {kind} is called “{text}”."
        if result.hits:
            names = list(dict.fromkeys(hit.label for hit in result.hits[:NAMED]))
            sentence += f" Did you mean {_either(names)}?"
        return NobodyCalled(sentence, result.hits)


def _weighed(inquiry: Inquiry) -> list[tuple[Weighed, Any]]:
    """Best match first; among equals one's own, then those who gave most, then most lately."""
    typed, through = inquiry.typed, inquiry.reached
    return sorted(
        ((weigh(typed, through.get(row.id, row)), row) for row in inquiry.rows.values()),
        key=lambda one: (
            -round(one[0].score, 2),
            not one[1].own,
            -one[1].weight,
            -(one[1].year or 0),
            ORDER[one[1].kind],
            one[1].label,
        ),
    )


def _folded(found: Sequence[tuple[Weighed, Any]]) -> list[tuple[Weighed, Any]]:
    """Without people whose giving unit has been found as well."""
    donors = {row.id for _, row in found if row.kind == Findable.DONOR}
    return [one for one in found if one[1].donor_id not in donors]


def _hit(weighed: Weighed, row: Any) -> Hit:
    return Hit(
        id=row.id,
        kind=Findable(row.kind),
        label=row.label,
        why=weighed.why,
        score=weighed.score,
        place=row.place,
        last_gift_year=row.year,
        officer=row.officer,
        note=row.note,
        donor_id=row.donor_id,
    )


def _level(hits: Sequence[Hit]) -> list[Hit]:
    """The best hit and those that are as good."""
    return [hit for hit in hits if hit.score >= hits[0].score - NEAR]


def _which(text: str, hits: Sequence[Hit], result: SearchResult) -> str:
    total = max(len(hits), result.total_at_least) if len(hits) == len(result.hits) else len(hits)
    many = f"{total:,}" if result.is_exact or total == len(hits) else f"At least {total:,}"
    shown = "; ".join(str(hit) for hit in hits[:NAMED])
    return f"{many} records match “{text}”. Which is meant: {shown}?"


def _either(names: Sequence[str]) -> str:
    quoted = list(names)
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
