"""Tickets, what happened to them, and the rules by which they are answered in time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, FetchedValue, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Json, Live, Owned, TenantRow, ref
from crm_store.channel import Channel


class TicketStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


class TicketPriority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketActivityKind(StrEnum):
    CREATED = "created"
    STATUS_CHANGED = "status_changed"
    PRIORITY_CHANGED = "priority_changed"
    ASSIGNED = "assigned"
    REQUESTER_CHANGED = "requester_changed"
    SUBJECT_CHANGED = "subject_changed"
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    NOTED = "noted"
    RESPONDED = "responded"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    MACRO_APPLIED = "macro_applied"
    MERGED = "merged"
    DELETED = "deleted"
    RESTORED = "restored"


class BusinessCalendar(TenantRow):
    """When the organisation is at work: hours of each weekday, in its time zone, less holidays."""

    __tablename__ = "business_calendars"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        Index(
            "uq_business_calendars_default",
            "org_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    name: Mapped[str]
    timezone: Mapped[str]
    hours: Mapped[Json] = mapped_column(comment='{"mon": [["09:00", "17:00"]], …}.')
    holidays: Mapped[Json] = mapped_column(default=dict, comment='{"2026-12-25": "Christmas"}.')
    is_default: Mapped[bool] = mapped_column(default=False)


class SlaPolicy(TenantRow):
    """How soon tickets of one priority are to be answered and solved, in working minutes."""

    __tablename__ = "sla_policies"
    __table_args__ = (
        UniqueConstraint("org_id", "name", "priority"),
        CheckConstraint("first_response_minutes > 0", name="first_response_positive"),
        CheckConstraint("resolution_minutes > 0", name="resolution_positive"),
        Index(
            "uq_sla_policies_active",
            "org_id",
            "priority",
            unique=True,
            postgresql_where=text("is_active"),
        ),
    )

    name: Mapped[str]
    priority: Mapped[TicketPriority]
    first_response_minutes: Mapped[int | None]
    resolution_minutes: Mapped[int | None]
    calendar_id: Mapped[UUID | None] = ref("business_calendars", comment="None: around the clock.")
    is_active: Mapped[bool] = mapped_column(default=True)


class Macro(TenantRow):
    """Several changes to a ticket made as one; somebody's own, or everybody's."""

    __tablename__ = "macros"
    __table_args__ = (
        UniqueConstraint("org_id", "member_id", "name", postgresql_nulls_not_distinct=True),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    actions: Mapped[list[Any]] = mapped_column(comment="crm_store.tickets.macros.Step, in order.")
    member_id: Mapped[UUID | None] = ref("members", on_delete="CASCADE", index=False)
    is_active: Mapped[bool] = mapped_column(default=True)


class Ticket(Live, Owned, TenantRow):
    """A request for help, from when it came in until it is closed."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("org_id", "number"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        CheckConstraint(
            "num_nonnulls(first_response_due_at, first_response_left) < 2",
            name="first_response_runs_or_stands",
        ),
        CheckConstraint(
            "num_nonnulls(resolution_due_at, resolution_left) < 2", name="resolution_runs_or_stands"
        ),
        CheckConstraint("merged_into_id IS NULL OR status = 'closed'", name="merged_is_closed"),
        Index(None, "org_id", "status", "id"),
        Index(
            "ix_tickets_resolution_due",
            "org_id",
            "resolution_due_at",
            postgresql_where=text("resolution_due_at IS NOT NULL AND deleted_at IS NULL"),
        ),
        Index(
            "ix_tickets_first_response_due",
            "org_id",
            "first_response_due_at",
            postgresql_where=text("first_response_due_at IS NOT NULL AND deleted_at IS NULL"),
        ),
        Index(
            "ix_tickets_clock_not_started",
            "org_id",
            "id",
            postgresql_where=text("clock_started_at IS NULL AND deleted_at IS NULL"),
        ),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"description"})
    visitor_may: ClassVar[str] = "SELECT, INSERT"
    visitor_rows: ClassVar[str] = "visitor_id = (SELECT app_visitor())"

    number: Mapped[int] = mapped_column(
        BigInteger,
        server_default=FetchedValue(),
        comment="What people quote; the database counts them per organisation.",
    )
    subject: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[TicketStatus] = mapped_column(default=TicketStatus.OPEN)
    priority: Mapped[TicketPriority] = mapped_column(default=TicketPriority.NORMAL)
    channel: Mapped[Channel] = mapped_column(default=Channel.DESK)
    person_id: Mapped[UUID | None] = ref("people", on_delete="SET NULL", comment="Who asks.")
    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="SET NULL")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="SET NULL")
    conversation_id: Mapped[UUID | None] = ref("conversations", on_delete="SET NULL")
    merged_into_id: Mapped[UUID | None] = ref("tickets")
    sla_policy_id: Mapped[UUID | None] = ref("sla_policies", on_delete="SET NULL")
    clock_started_at: Mapped[datetime | None]
    first_response_minutes: Mapped[int | None] = mapped_column(comment="Allowed when it began.")
    first_response_due_at: Mapped[datetime | None] = mapped_column(comment="While the clock runs.")
    first_response_left: Mapped[int | None] = mapped_column(
        BigInteger, comment="Working seconds that were left when the clock stopped."
    )
    first_responded_at: Mapped[datetime | None]
    resolution_minutes: Mapped[int | None] = mapped_column(comment="Allowed when it began.")
    resolution_due_at: Mapped[datetime | None] = mapped_column(comment="While the clock runs.")
    resolution_left: Mapped[int | None] = mapped_column(
        BigInteger, comment="Working seconds that were left when the clock stopped."
    )
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reopened_count: Mapped[int] = mapped_column(default=0)
    escalated_at: Mapped[datetime | None]
    escalation_reason: Mapped[str | None]
    macro_id: Mapped[UUID | None] = ref("macros", on_delete="SET NULL", index=False)
    macro_applied_at: Mapped[datetime | None]

    @property
    def is_running(self) -> bool:
        """Whether its clocks run: while the organisation owes an answer."""
        return self.status is TicketStatus.OPEN

    @property
    def is_over(self) -> bool:
        return self.status in (TicketStatus.SOLVED, TicketStatus.CLOSED)


class TicketCounter(Base):
    """The last ticket number of each organisation."""

    __tablename__ = "ticket_counters"
    audited: ClassVar[bool] = False
    written_by_functions: ClassVar[bool] = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger)


class TicketActivity(TenantRow):
    """Something that happened to a ticket, written by the database as it happened."""

    __tablename__ = "ticket_activities"
    __table_args__ = (Index(None, "org_id", "ticket_id", "at"),)
    audited: ClassVar[bool] = False
    written_by_functions: ClassVar[bool] = True

    ticket_id: Mapped[UUID] = ref("tickets", on_delete="CASCADE", index=False)
    kind: Mapped[TicketActivityKind]
    before: Mapped[str | None]
    after: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime]


class TicketNote(TenantRow):
    """A remark on a ticket: private among staff, or for the one who asked to read."""

    __tablename__ = "ticket_notes"
    __table_args__ = (Index(None, "org_id", "ticket_id", "id"),)
    audit_skip: ClassVar[frozenset[str]] = frozenset({"body"})
    visitor_may: ClassVar[str] = "SELECT"
    visitor_rows: ClassVar[str] = (
        "NOT is_private AND EXISTS (SELECT 1 FROM tickets t "
        "WHERE t.org_id = ticket_notes.org_id AND t.id = ticket_notes.ticket_id)"
    )

    ticket_id: Mapped[UUID] = ref("tickets", on_delete="CASCADE", index=False)
    author_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    body: Mapped[str]
    is_private: Mapped[bool] = mapped_column(default=True)


class TicketTag(TenantRow):
    """A word tickets are grouped by."""

    __tablename__ = "ticket_tags"
    __table_args__ = (UniqueConstraint("org_id", "key"),)

    name: Mapped[str]
    key: Mapped[str] = mapped_column(comment="The name in one case, so that VIP and vip are one.")
    color: Mapped[str | None]
    description: Mapped[str | None]


class TicketTagging(TenantRow):
    """A tag on a ticket."""

    __tablename__ = "ticket_taggings"
    __table_args__ = (UniqueConstraint("org_id", "ticket_id", "tag_id"),)

    ticket_id: Mapped[UUID] = ref("tickets", on_delete="CASCADE", index=False)
    tag_id: Mapped[UUID] = ref("ticket_tags", on_delete="CASCADE")
