"""Donors as segments tell them: who fits a filter, and who is in which saved segment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Table, literal, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.visitors import iterate

from crm_store.actor import Actor, Reach
from crm_store.donors.models import Donor
from crm_store.errors import Invalid
from crm_store.reports.facts import Condition
from crm_store.reports.plan import ORG, House
from crm_store.segments import comparing, giving, standing
from crm_store.segments.compiling import Compiler
from crm_store.segments.language import BadFilter, InSegment
from crm_store.segments.models import Segment, Subject
from crm_store.segments.resolving import Setting, resolve
from crm_store.segments.scopes import needed
from crm_store.segments.wording import describe

SPOKEN = (comparing, giving, standing)
MOST_SEGMENTS = 30
COLUMNS = text(
    "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
    "WHERE c.relnamespace = 'report'::regnamespace AND a.attnum > 0"
)


class NeedsContactData(Invalid):
    """Reports hold no contact data, and this filter needs some."""


class Audience:
    """Filters of donors as conditions that the report views can answer."""

    def __init__(self, session: AsyncSession, actor: Actor, house: House, today: Any) -> None:
        self._session = session
        self._actor = actor
        self._reach = None if actor.reach is Reach.ALL else actor
        self._setting = Setting(
            org_id=house.id,
            today=today,
            timezone=ZoneInfo(house.timezone),
            fiscal_year_starts=house.starts,
            currency=house.currency,
            member_id=actor.member_id,
        )
        self._columns: set[tuple[str, str]] = set()
        self.left_out: list[str] = []

    async def fitting(self, node: Any) -> Condition:
        """The condition that a donor fits a filter, for those who may read what it speaks of."""
        for scope in sorted(needed(node, Subject.DONORS)):
            self._actor.need(scope)
        return await self._condition(node)

    def words(self, node: Any) -> str:
        said = describe(node, Subject.DONORS, currency=self._setting.currency)
        return said[0].lower() + said[1:]

    async def in_segments(self, ids: Sequence[UUID]) -> Condition:
        """The condition that a donor is in one of these segments."""
        self._actor.need("segments:read")
        members = await self.memberships(ids)
        if self.left_out:
            raise NeedsContactData(
                f"The segment “{self.left_out[0]}” needs contact data, which reports do not hold, "
                "or speaks of something that no longer exists."
            )
        return Donor.id.in_(select(members.c.donor_id))

    async def memberships(self, ids: Sequence[UUID] | None = None) -> Any:
        """Who is in which saved segment: these, or all there are."""
        self._actor.need("segments:read")
        found = [part async for part in self._parts(await self._segments(ids))]
        if not found:
            found = [select(literal(None, Donor.id.type), Donor.id).where(Donor.id.is_(None))]
        members = union_all(*found).subquery("memberships")
        segment_id, donor_id = members.c
        return select(segment_id.label("segment_id"), donor_id.label("donor_id")).subquery()

    async def _segments(self, ids: Sequence[UUID] | None) -> Sequence[Any]:
        query = select(Segment.id, Segment.name).where(
            Segment.org_id == ORG, Segment.deleted_at.is_(None)
        )
        if ids is not None:
            query = query.where(Segment.id.in_(ids))
        found = (await self._session.execute(query, {"org": self._setting.org_id})).all()
        if len(found) > MOST_SEGMENTS:
            raise Invalid(
                f"There are {len(found)} segments; say which, {MOST_SEGMENTS} at most, with only."
            )
        return found

    async def _parts(self, segments: Sequence[Any]) -> Any:
        for segment in segments:
            try:
                fits = await self._condition(InSegment(segment=str(segment.id)))
            except (BadFilter, NeedsContactData):
                self.left_out.append(segment.name)
                continue
            yield select(literal(segment.id), Donor.id).where(
                Donor.org_id == ORG, Donor.deleted_at.is_(None), fits
            )

    async def _condition(self, node: Any) -> Condition:
        known = await resolve(self._session, self._setting, node)
        condition = Compiler(self._setting, known, self._reach).condition(node, Subject.DONORS)
        if not self._columns:
            rows = await self._session.execute(COLUMNS)
            self._columns = {(row[0], row[1]) for row in rows}
        for table, name in _columns_of(condition):
            if (table, name) not in self._columns:
                said = f"{name.replace('_', ' ')} of {table.replace('_', ' ')}"
                raise NeedsContactData(
                    f"Reports hold no contact data, and this filter needs the {said}."
                )
        return condition


def _columns_of(condition: Any) -> Iterator[tuple[str, str]]:
    """Every column of a table that a condition mentions, however deep."""
    for element in iterate(condition):
        if isinstance(element, Column):
            table: Any = element.table
            while not isinstance(table, Table) and hasattr(table, "element"):
                table = table.element
            if isinstance(table, Table):
                yield table.name, element.name
