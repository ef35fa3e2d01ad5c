"""What may leave about tickets; the requester's view holds only what is meant for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm_store.channel import Channel
from crm_store.tickets.clocks import Clock
from crm_store.tickets.models import TicketActivityKind, TicketPriority, TicketStatus
from crm_store.tickets.repository import Due
from crm_store.view import View


class TicketView(View):
    id: UUID
    number: int
    subject: str
    status: TicketStatus
    priority: TicketPriority
    channel: Channel
    description: str | None = None
    person_id: UUID | None = None
    visitor_id: UUID | None = None
    company_id: UUID | None = None
    conversation_id: UUID | None = None
    owner_id: UUID | None = None
    merged_into_id: UUID | None = None
    first_response_due_at: datetime | None = None
    first_responded_at: datetime | None = None
    resolution_due_at: datetime | None = None
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_count: int = 0
    escalated_at: datetime | None = None
    escalation_reason: str | None = None
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...] = ()


class OwnTicketView(View):
    """A ticket as the visitor who opened it may see it."""

    number: int
    subject: str
    description: str | None = None
    status: TicketStatus
    created_at: datetime
    solved_at: datetime | None = None


class TicketActivityView(View):
    kind: TicketActivityKind
    at: datetime
    before: str | None = None
    after: str | None = None
    actor_id: UUID | None = None


class TicketNoteView(View):
    id: UUID
    ticket_id: UUID
    body: str
    is_private: bool
    author_id: UUID | None = None
    created_at: datetime


class DueView(View):
    """A clock that runs, and on which ticket."""

    number: int
    subject: str
    priority: TicketPriority
    owner_id: UUID | None
    clock: Clock
    due_at: datetime

    @classmethod
    def from_due(cls, due: Due) -> DueView:
        return cls.of(due.ticket, clock=due.clock, due_at=due.due_at)


class MacroView(View):
    id: UUID
    name: str
    description: str | None = None
    actions: list[dict[str, object]]
    is_active: bool


class SlaPolicyView(View):
    id: UUID
    name: str
    priority: TicketPriority
    first_response_minutes: int | None = None
    resolution_minutes: int | None = None
    calendar_id: UUID | None = None
    is_active: bool
