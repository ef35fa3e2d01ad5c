"""Questions about tickets: whose, how many, what happened, and what is due next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, true, union_all

from crm_store.actor import Actor, Kind, Reach
from crm_store.errors import NotFound
from crm_store.keyset import keyset_page
from crm_store.repository import Page, Repository, reach_of
from crm_store.tickets.business_time import AroundTheClock, WorkingTime
from crm_store.tickets.clocks import Clock, Promise
from crm_store.tickets.models import (
    BusinessCalendar,
    Macro,
    SlaPolicy,
    Ticket,
    TicketActivity,
    TicketNote,
    TicketPriority,
    TicketStatus,
    TicketTag,
    TicketTagging,
)


@dataclass(frozen=True, slots=True)
class Due:
    """A ticket, the clock that runs on it, and when that one is over."""

    ticket: Ticket
    clock: Clock
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TagUse:
    tag: TicketTag
    tickets: int


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """Staff see tickets as far as their rights reach; visitors those they opened."""
    if actor.kind is Kind.VISITOR:
        return Ticket.visitor_id == actor.visitor_id
    return reach_of(actor, Ticket)


def of_tickets(actor: Actor, ticket_id: Any) -> ColumnElement[bool]:
    """What belongs to a ticket is seen by whoever sees the ticket."""
    if actor.reach is Reach.ALL:
        return true()
    seen = select(Ticket.id).where(Ticket.org_id == actor.org, within_reach(actor))
    found: ColumnElement[bool] = ticket_id.in_(seen)
    return found


class TicketRepository(Repository[Ticket]):
    model = Ticket

    def visible(self) -> ColumnElement[bool]:
        return within_reach(self.actor)

    async def by_number(self, number: int, *, lock: bool = False) -> Ticket:
        """The ticket people quote as #1042."""
        return await self.one(self.rows().where(Ticket.number == number), lock=lock)

    async def newest(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Ticket]:
        """A page, the last to come in first."""
        return await keyset_page(
            self, *criteria, order=(Ticket.id,), after=after, limit=limit, newest_first=True
        )

    async def of_conversation(self, conversation_id: UUID) -> Sequence[Ticket]:
        return await self.all(
            self.rows().where(Ticket.conversation_id == conversation_id).order_by(Ticket.number)
        )

    async def of_requester(self, person_id: UUID) -> Sequence[Ticket]:
        return await self.all(
            self.rows().where(Ticket.person_id == person_id).order_by(Ticket.number.desc())
        )

    async def due_next(self, limit: int = 20, *, before: datetime | None = None) -> list[Due]:
        """The running clocks that end first, whoever's they are."""
        columns = {
            Clock.FIRST_RESPONSE: Ticket.first_response_due_at,
            Clock.RESOLUTION: Ticket.resolution_due_at,
        }
        ends = []
        for clock, due_at in columns.items():
            query = self.rows().where(due_at.is_not(None))
            if before is not None:
                query = query.where(due_at < before)
            ends.append(
                query.with_only_columns(
                    Ticket.id, literal(clock.value).label("clock"), due_at.label("due_at")
                )
                .order_by(due_at)
                .limit(limit)
                .subquery()
                .select()
            )
        soonest = union_all(*ends).subquery()
        found = await self.session.execute(
            select(Ticket, soonest.c.clock, soonest.c.due_at)
            .join(soonest, (Ticket.org_id == self.actor.org) & (Ticket.id == soonest.c.id))
            .order_by(soonest.c.due_at, soonest.c.clock, Ticket.id)
            .limit(limit)
        )
        return [Due(ticket, Clock(clock), due_at) for ticket, clock, due_at in found]

    async def late(self, at: datetime, limit: int = 100) -> list[Due]:
        """Clocks that have run out and still run."""
        return await self.due_next(limit, before=at)

    async def not_clocked(self, limit: int = 100) -> Sequence[Ticket]:
        """Tickets whose clocks have yet to be set, as when a visitor opened them."""
        return await self.all(
            self.rows()
            .where(Ticket.clock_started_at.is_(None))
            .order_by(Ticket.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

    async def solved_before(self, at: datetime, limit: int = 100) -> Sequence[Ticket]:
        """Solved tickets that nobody came back to."""
        return await self.all(
            self.rows()
            .where(Ticket.status == TicketStatus.SOLVED, Ticket.solved_at < at)
            .order_by(Ticket.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

    async def counts(self) -> dict[TicketStatus, int]:
        """How many stand where, within the asker's reach."""
        query = self.rows().with_only_columns(Ticket.status, func.count())
        found = await self.session.execute(query.group_by(Ticket.status))
        counted = {status: total for status, total in found}
        return {status: counted.get(status, 0) for status in TicketStatus}

    async def loads(self) -> dict[UUID | None, int]:
        """Unsolved tickets of each assignee; those of nobody under None."""
        waiting = (TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.ON_HOLD)
        query = (
            self.rows()
            .where(Ticket.status.in_(waiting))
            .with_only_columns(Ticket.owner_id, func.count())
            .group_by(Ticket.owner_id)
        )
        return {owner_id: total for owner_id, total in await self.session.execute(query)}

    async def merged_into(self, ticket_id: UUID) -> Sequence[Ticket]:
        return await self.all(
            self.rows().where(Ticket.merged_into_id == ticket_id).order_by(Ticket.number)
        )

    async def threads(self, ticket: Ticket) -> list[UUID]:
        """Its conversation and those of the tickets merged into it: all that was said about it."""
        merged = await self.merged_into(ticket.id)
        ids = (one.conversation_id for one in (ticket, *merged))
        return list(dict.fromkeys(one for one in ids if one is not None))


class TicketActivityRepository(Repository[TicketActivity]):
    model = TicketActivity

    def visible(self) -> ColumnElement[bool]:
        return of_tickets(self.actor, TicketActivity.ticket_id)

    async def of(self, ticket_id: UUID) -> Sequence[TicketActivity]:
        """What happened to a ticket, in order."""
        return await self.all(
            self.rows()
            .where(TicketActivity.ticket_id == ticket_id)
            .order_by(TicketActivity.at, TicketActivity.id)
        )


class TicketNoteRepository(Repository[TicketNote]):
    model = TicketNote

    def visible(self) -> ColumnElement[bool]:
        return of_tickets(self.actor, TicketNote.ticket_id)

    async def of(self, ticket_id: UUID) -> Sequence[TicketNote]:
        return await self.all(
            self.rows().where(TicketNote.ticket_id == ticket_id).order_by(TicketNote.id)
        )


class TicketTagRepository(Repository[TicketTag]):
    model = TicketTag

    async def named(self, key: str) -> TicketTag | None:
        return await self.first(self.rows().where(TicketTag.key == key))

    async def of(self, ticket_id: UUID) -> Sequence[TicketTag]:
        bearing = select(TicketTagging.tag_id).where(
            TicketTagging.org_id == self.actor.org,
            TicketTagging.ticket_id == ticket_id,
            of_tickets(self.actor, TicketTagging.ticket_id),
        )
        return await self.all(self.rows().where(TicketTag.id.in_(bearing)).order_by(TicketTag.key))

    async def used(self) -> list[TagUse]:
        """Every tag with the number of tickets that bear it, within the asker's reach."""
        bearing = (TicketTagging.org_id == TicketTag.org_id) & (
            TicketTagging.tag_id == TicketTag.id
        )
        query = (
            select(TicketTag, func.count(TicketTagging.id))
            .outerjoin(TicketTagging, bearing & of_tickets(self.actor, TicketTagging.ticket_id))
            .where(TicketTag.org_id == self.actor.org)
            .group_by(TicketTag.org_id, TicketTag.id)
            .order_by(TicketTag.key)
        )
        self.actor.need("tickets:read")
        return [TagUse(tag, tickets) for tag, tickets in await self.session.execute(query)]


class TicketTaggingRepository(Repository[TicketTagging]):
    model = TicketTagging

    def visible(self) -> ColumnElement[bool]:
        return of_tickets(self.actor, TicketTagging.ticket_id)

    async def of(self, ticket_id: UUID) -> Sequence[TicketTagging]:
        return await self.all(self.rows().where(TicketTagging.ticket_id == ticket_id))


class MacroRepository(Repository[Macro]):
    model = Macro

    def visible(self) -> ColumnElement[bool]:
        """Everybody's and one's own."""
        if self.actor.kind is Kind.SYSTEM:
            return true()
        return or_(Macro.member_id.is_(None), Macro.member_id == self.actor.member_id)

    async def offered(self) -> Sequence[Macro]:
        return await self.all(self.rows().where(Macro.is_active).order_by(Macro.name))

    async def named(self, name: str) -> Macro:
        """One's own comes before everybody's of the same name."""
        query = self.rows().where(Macro.is_active, func.lower(Macro.name) == name.strip().lower())
        found = await self.first(query.order_by(Macro.member_id.nulls_last()))
        if found is None:
            raise NotFound(f"There is no macro called {name.strip()}.")
        return found


class BusinessCalendarRepository(Repository[BusinessCalendar]):
    model = BusinessCalendar

    async def default(self) -> BusinessCalendar | None:
        return await self.first(self.rows().where(BusinessCalendar.is_default))


class SlaPolicyRepository(Repository[SlaPolicy]):
    model = SlaPolicy

    async def listed(self) -> Sequence[SlaPolicy]:
        return await self.all(self.rows().order_by(SlaPolicy.name, SlaPolicy.priority))

    async def promise(self, priority: TicketPriority) -> Promise:
        """What is promised now to tickets of this priority."""
        return await self._promise(SlaPolicy.is_active.is_(True), SlaPolicy.priority == priority)

    async def promise_to(self, ticket: Ticket) -> Promise:
        """What was promised to this ticket."""
        if ticket.sla_policy_id is None:
            return Promise()
        return await self._promise(SlaPolicy.id == ticket.sla_policy_id)

    async def _promise(self, *criteria: ColumnElement[bool]) -> Promise:
        here = (BusinessCalendar.org_id == SlaPolicy.org_id) & (
            BusinessCalendar.id == SlaPolicy.calendar_id
        )
        query = self.rows().add_columns(BusinessCalendar).outerjoin(BusinessCalendar, here)
        found = (await self.session.execute(query.where(*criteria))).one_or_none()
        if found is None:
            return Promise()
        policy, calendar = found
        if calendar is None:
            return Promise(policy, AroundTheClock())
        pace = WorkingTime.parse(calendar.timezone, calendar.hours, calendar.holidays)
        return Promise(policy, pace)
