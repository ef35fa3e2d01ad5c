"""What is done with a ticket, from opening it to closing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm_store.actor import Kind
from crm_store.base import now
from crm_store.channel import Channel
from crm_store.crm import Crm
from crm_store.errors import Invalid, Refused
from crm_store.references import check_references
from crm_store.tickets import clocks
from crm_store.tickets.models import Ticket, TicketNote, TicketPriority, TicketStatus

EDITABLE = frozenset(
    {"subject", "description", "person_id", "company_id", "conversation_id", "workspace_id"}
)
GIVEN_AT_FIRST = EDITABLE | {"visitor_id", "owner_id", "number"}
WAITING = (TicketStatus.PENDING, TicketStatus.ON_HOLD, TicketStatus.SOLVED)


class NoSubject(Invalid):
    """A ticket needs a subject."""


class WasMerged(Refused):
    """This ticket was merged into another one; go on there."""


class IsClosed(Refused):
    """This ticket is closed; reopen it first."""


async def open_ticket(
    crm: Crm, subject: str, *, description: str | None = None, at: datetime | None = None,
    priority: TicketPriority = TicketPriority.NORMAL, channel: Channel = Channel.DESK, **more: Any,
) -> Ticket:  # fmt: skip
    """A new ticket with its number, its clocks running; a visitor's is theirs to see.

    More: person_id, visitor_id, company_id, conversation_id, owner_id, workspace_id, and the
    number it already has elsewhere.
    """
    _only(more, GIVEN_AT_FIRST)
    at = at or now()
    ticket = Ticket(
        subject=_subject(subject),
        description=description,
        priority=priority,
        channel=channel,
        created_at=at,
        **more,
    )
    if crm.actor.kind is Kind.VISITOR:
        ticket.visitor_id = crm.actor.visitor_id
    await check_references(crm, ticket)
    crm.tickets.add(ticket)
    if crm.actor.kind is not Kind.VISITOR:
        clocks.start(ticket, await crm.sla_policies.promise(priority), at)
    await crm.flush()
    return ticket


async def edit_ticket(crm: Crm, ticket_id: UUID, **changes: Any) -> Ticket:
    """Correct what it says or whom it is from."""
    _only(changes, EDITABLE)
    ticket = await crm.tickets.get(ticket_id, lock=True)
    if "subject" in changes:
        changes["subject"] = _subject(changes["subject"])
    for name, value in changes.items():
        setattr(ticket, name, value)
    await check_references(crm, ticket)
    await crm.flush()
    return ticket


async def assign_ticket(crm: Crm, ticket_id: UUID, member_id: UUID | None) -> Ticket:
    """Give it to somebody, or to nobody."""
    ticket = await crm.tickets.get(ticket_id, lock=True)
    ticket.owner_id = member_id
    await check_references(crm, ticket)
    await crm.flush()
    return ticket


async def set_priority(
    crm: Crm, ticket_id: UUID, priority: TicketPriority, *, at: datetime | None = None
) -> Ticket:
    """More or less urgent: other times are promised, and what was used up stays used up."""
    ticket = await crm.tickets.get(ticket_id, lock=True)
    await change_priority(crm, ticket, priority, at or now())
    await crm.flush()
    return ticket


async def set_status(
    crm: Crm, ticket_id: UUID, status: TicketStatus, *, at: datetime | None = None
) -> Ticket:
    """Move it on; its clocks stand while the organisation waits for somebody else."""
    ticket = await crm.tickets.get(ticket_id, lock=True)
    await change_status(crm, ticket, status, at or now())
    await crm.flush()
    return ticket


async def reopen_ticket(crm: Crm, ticket_id: UUID, *, at: datetime | None = None) -> Ticket:
    """Take up a solved or closed ticket again, with the time it had left."""
    return await set_status(crm, ticket_id, TicketStatus.OPEN, at=at)


async def escalate_ticket(
    crm: Crm, ticket_id: UUID, reason: str, *, member_id: UUID | None = None,
    at: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Make it urgent, say why, and hand it to somebody if one is named."""
    if not reason.strip():
        raise Invalid("Say why the ticket is escalated.")
    ticket = await crm.tickets.get(ticket_id, lock=True)
    if ticket.is_over:
        raise Refused("This ticket is over; reopen it before escalating it.")
    ticket.escalated_at = at or now()
    ticket.escalation_reason = reason.strip()
    if member_id is not None:
        ticket.owner_id = member_id
        await check_references(crm, ticket)
    await change_priority(crm, ticket, TicketPriority.URGENT, ticket.escalated_at)
    await crm.flush()
    return ticket


async def add_note(
    crm: Crm, ticket_id: UUID, body: str, *, is_private: bool = True, at: datetime | None = None
) -> TicketNote:
    """Write something down; a public note is for the requester and counts as an answer."""
    if not body.strip():
        raise Invalid("The note is empty.")
    ticket = await crm.tickets.get(ticket_id, lock=not is_private)
    note = crm.ticket_notes.add(
        TicketNote(
            ticket_id=ticket.id,
            author_id=crm.actor.member_id,
            body=body.strip(),
            is_private=is_private,
        )
    )
    if not is_private:
        await answer(crm, ticket, at or now())
    await crm.flush()
    return note


async def record_answer(crm: Crm, ticket_id: UUID, *, at: datetime | None = None) -> Ticket:
    """Somebody answered in the conversation: the first clock has done its work."""
    ticket = await crm.tickets.get(ticket_id, lock=True)
    await answer(crm, ticket, at or now())
    await crm.flush()
    return ticket


async def requester_wrote(crm: Crm, ticket_id: UUID, *, at: datetime | None = None) -> Ticket:
    """The ball is with the organisation again; what is closed stays closed."""
    ticket = await crm.tickets.get(ticket_id, lock=True)
    if ticket.status in WAITING:
        await change_status(crm, ticket, TicketStatus.OPEN, at or now())
        await crm.flush()
    return ticket


async def delete_ticket(crm: Crm, ticket_id: UUID) -> Ticket:
    """Put it away; its number is never given again."""
    ticket = await crm.tickets.get(ticket_id, lock=True)
    ticket.deleted_at = now()
    await crm.flush()
    return ticket


async def change_priority(crm: Crm, ticket: Ticket, priority: TicketPriority, at: datetime) -> None:
    if priority is ticket.priority:
        return
    before = await crm.sla_policies.promise_to(ticket)
    after = await crm.sla_policies.promise(priority)
    ticket.priority = priority
    clocks.change_promise(ticket, before, after, at)


async def change_status(crm: Crm, ticket: Ticket, status: TicketStatus, at: datetime) -> None:
    if status is ticket.status:
        return
    if ticket.merged_into_id is not None:
        raise WasMerged
    if ticket.status is TicketStatus.CLOSED and status is not TicketStatus.OPEN:
        raise IsClosed
    was_over = ticket.is_over
    ticket.status = status
    if not ticket.is_over:
        ticket.reopened_count += was_over
        ticket.solved_at = ticket.closed_at = None
    else:
        ticket.solved_at = ticket.solved_at or at
        ticket.closed_at = at if status is TicketStatus.CLOSED else None
    clocks.follow_status(ticket, await crm.sla_policies.promise_to(ticket), at)


async def answer(crm: Crm, ticket: Ticket, at: datetime) -> None:
    clocks.answered(ticket, await crm.sla_policies.promise_to(ticket), at)


def _only(changes: dict[str, Any], known: frozenset[str]) -> None:
    unknown = changes.keys() - known
    if unknown:
        raise Invalid(f"A ticket's {', '.join(sorted(unknown))} cannot be set like this.")


def _subject(text: str) -> str:
    if not text.strip():
        raise NoSubject
    return text.strip()
