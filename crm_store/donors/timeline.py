"""Everything that happened with a donor or a person, newest first, a page at a time.

Each source answers with its own newest lines by an index of its own; only those are put in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor
from crm_store.base import Live, Owned
from crm_store.contacts.models import Activity, Person
from crm_store.contacts.repository import PersonRepository
from crm_store.contacts.visibility import seen_with_parents
from crm_store.donors.happenings import DAYS, SOURCES, Happening, Source
from crm_store.donors.models import Donor, DonorPerson
from crm_store.donors.repository import DonorRepository
from crm_store.donors.views import TimelineLine
from crm_store.keyset import read_cursor, write_cursor
from crm_store.prepared import Prepared, alike
from crm_store.repository import Page, reach_of

MOST: Any = bindparam("most", None, Integer())


class TimelineRepository:
    """What happened, whatever table keeps it; what a person's rights leave out is counted."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @property
    def actor(self) -> Actor:
        actor: Actor = self.session.info["actor"]
        return actor

    async def of_donor(
        self,
        donor_id: UUID,
        *,
        after: str | None = None,
        limit: int = 30,
        kinds: Collection[Happening] = (),
    ) -> Page[TimelineLine]:
        """The donor's own lines and those of everybody who gives as part of it."""
        donor = await DonorRepository(self.session).get(donor_id)
        people = (await self.session.scalars(_members(donor))).all()
        whose = {f"person_{place}": person_id for place, person_id in enumerate(people)}
        return await self._read({"donor": donor.id, **whose}, after, limit, kinds)

    async def of_person(
        self,
        person_id: UUID,
        *,
        after: str | None = None,
        limit: int = 30,
        kinds: Collection[Happening] = (),
    ) -> Page[TimelineLine]:
        person = await PersonRepository(self.session).get(person_id)
        return await self._read({"person_0": person.id}, after, limit, kinds)

    async def _read(
        self, whose: dict[str, UUID], after: str | None, limit: int, kinds: Collection[Happening]
    ) -> Page[TimelineLine]:
        wanted = frozenset(kinds or Happening)
        readable = frozenset(s.kind for s in SOURCES if self.actor.may(s.scope))
        hidden = len(wanted - readable)
        place: dict[str, Any] = {}
        if after:
            at, row_id = read_cursor(after, (Activity.at, Activity.id))
            place = {"at": at, "day": at.date(), "row": row_id}
        question = _question(
            alike(self.actor, ()), tuple(whose), wanted & readable, is_first=not after
        )
        if question is None:
            return Page(hidden=hidden)
        found = await question.rows(self.session, **whose, **place, most=limit + 1)
        rows = [TimelineLine.seen_by(self.actor, **line) for line in found[:limit]]
        following = write_cursor([rows[-1].at, rows[-1].id]) if len(found) > limit else None
        return Page(rows, len(rows), hidden, following)


def _members(donor: Donor) -> Select[UUID]:
    return (
        select(DonorPerson.person_id)
        .join(Person, (Person.org_id == DonorPerson.org_id) & (Person.id == DonorPerson.person_id))
        .where(
            DonorPerson.org_id == donor.org_id,
            DonorPerson.donor_id == donor.id,
            DonorPerson.left_at.is_(None),
            Person.deleted_at.is_(None),
        )
    )


@lru_cache(maxsize=512)
def _question(
    actor: Actor, whose: tuple[str, ...], kinds: frozenset[Happening], *, is_first: bool
) -> Prepared | None:
    """The newest lines of all sources, for a donor and its people or for one person."""
    branches = [
        _branch(actor, source, name, besides="donor" if "donor" in whose else None, first=is_first)
        for source in SOURCES
        for name in whose
        if source.kind in kinds and hasattr(source.model, _column(name))
    ]
    if not branches:
        return None
    lines = union_all(*branches).subquery()
    newest = select(lines).order_by(lines.c.at.desc(), lines.c.id.desc()).limit(MOST)
    return Prepared.of(newest)


def _column(name: str) -> str:
    return f"{name.split('_')[0]}_id"


def _branch(actor: Actor, source: Source, name: str, *, besides: str | None, first: bool) -> Any:
    """The newest lines of one source. A person's that are the donor's too are told once."""
    model = source.model
    query = select(
        literal_column(f"'{source.kind.value}'", Text).label("kind"),
        model.id.label("id"),
        source.at.label("at"),
        cast(source.title, Text).label("title"),
        _or_null(source.body, Text).label("body"),
        _or_null(source.status, Text).label("status"),
        _or_null(source.amount, Numeric(18, 4)).label("amount"),
        _or_null(source.currency, Text).label("currency"),
        _or_null(source.member, Uuid).label("member_id"),
    ).where(model.org_id == actor.org, getattr(model, _column(name)) == _id(name), *source.only)
    if besides and name != besides and hasattr(model, "donor_id"):
        query = query.where(model.donor_id.is_distinct_from(_id(besides)))
    if issubclass(model, Live):
        query = query.where(model.deleted_at.is_(None))
    seen = reach_of(actor, model) if issubclass(model, Owned) else seen_with_parents(actor, model)
    query = query.where(seen)
    if not first:
        query = query.where(*_older(source))
    return query.order_by(source.at.desc(), model.id.desc()).limit(MOST)


def _older(source: Source) -> Iterator[ColumnElement[bool]]:
    """After the last line seen. A source that keeps days is asked by day, as its index is."""
    at, row_id = bindparam("at", None, DateTime(timezone=True)), _id("row")
    if source.model in DAYS:
        yield DAYS[source.model] <= bindparam("day", None, Date())
    else:
        yield source.at <= at
    yield tuple_(source.at, source.model.id) < tuple_(at, row_id)


def _id(name: str) -> Any:
    return bindparam(name, None, Uuid())


def _or_null(value: Any, kind: Any) -> Any:
    return cast(null() if value is None else value, kind)
