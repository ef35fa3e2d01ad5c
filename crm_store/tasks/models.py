"""Tasks, reminders, links to calendars, and what members are told."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Live, Owned, Sealed, TenantRow, ref

STILL_OPEN = "status IN ('todo', 'in_progress') AND deleted_at IS NULL"


class TaskType(StrEnum):
    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    TASK = "task"
    FOLLOW_UP = "follow_up"


class TaskStatus(StrEnum):
    TODO = "todo"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


OPEN = (TaskStatus.TODO, TaskStatus.IN_PROGRESS)


class TaskPriority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class ReminderChannel(StrEnum):
    DESK = "desk"
    WHATSAPP = "whatsapp"
    EMAIL = "email"


class Repeat(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


class CalendarProvider(StrEnum):
    GOOGLE = "google"
    OUTLOOK = "outlook"


class NotificationKind(StrEnum):
    TASK_DUE = "task_due"
    TASK_ASSIGNED = "task_assigned"
    REMINDER = "reminder"
    BIRTHDAY = "birthday"
    CAMPAIGN_COMPLETE = "campaign_complete"
    LEAD_CAPTURED = "lead_captured"
    LEAD_ASSIGNED = "lead_assigned"
    DEAL_WON = "deal_won"
    TICKET_ASSIGNED = "ticket_assigned"
    TICKET_ESCALATED = "ticket_escalated"
    SLA_BREACHED = "sla_breached"
    HANDOFF = "handoff"
    GIFT_RECEIVED = "gift_received"
    IMPORT_FINISHED = "import_finished"
    APPROVAL_WANTED = "approval_wanted"
    MENTION = "mention"
    SYSTEM = "system"


class Task(Live, Owned, TenantRow):
    """Something somebody is to do, and what it is about."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(
            "(status = 'done') = (completed_at IS NOT NULL)", name="done_when_completed"
        ),
        CheckConstraint("ai_confidence BETWEEN 0 AND 1", name="confidence_in_range"),
        Index(
            "ix_tasks_open_by_owner",
            "org_id",
            "owner_id",
            "due_at",
            postgresql_where=text(STILL_OPEN),
        ),
        Index(
            "ix_tasks_done_by_owner",
            "org_id",
            "owner_id",
            "completed_at",
            postgresql_where=text("completed_at IS NOT NULL"),
        ),
        Index("ix_tasks_open_by_due", "org_id", "due_at", postgresql_where=text(STILL_OPEN)),
        Index(None, "org_id", "status", "id"),
    )

    title: Mapped[str]
    description: Mapped[str | None]
    type: Mapped[TaskType] = mapped_column(default=TaskType.TASK)
    status: Mapped[TaskStatus] = mapped_column(default=TaskStatus.TODO)
    priority: Mapped[TaskPriority] = mapped_column(default=TaskPriority.MEDIUM)
    due_at: Mapped[datetime | None]
    is_all_day: Mapped[bool] = mapped_column(
        default=False, comment="Due on a day: due_at is that day's last second where they are."
    )
    completed_at: Mapped[datetime | None]
    completed_by_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    assigned_by_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    is_ai_generated: Mapped[bool] = mapped_column(default=False)
    ai_reasoning: Mapped[str | None]
    ai_confidence: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    person_id: Mapped[UUID | None] = ref("people", on_delete="SET NULL")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="SET NULL")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")
    lead_id: Mapped[UUID | None] = ref("leads", on_delete="SET NULL")
    deal_id: Mapped[UUID | None] = ref("deals", on_delete="SET NULL")
    ticket_id: Mapped[UUID | None] = ref("tickets", on_delete="SET NULL")

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class Reminder(TenantRow):
    """A moment at which somebody is to be told something, once or again and again."""

    __tablename__ = "reminders"
    __table_args__ = (
        CheckConstraint("repeat_every > 0", name="repeat_every_positive"),
        Index(
            "ix_reminders_waiting",
            "org_id",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
        ),
    )

    member_id: Mapped[UUID] = ref("members", on_delete="CASCADE")
    task_id: Mapped[UUID | None] = ref("tasks", on_delete="CASCADE")
    message: Mapped[str]
    channel: Mapped[ReminderChannel] = mapped_column(default=ReminderChannel.DESK)
    at: Mapped[datetime] = mapped_column(comment="When it was first meant to ring.")
    next_at: Mapped[datetime | None] = mapped_column(comment="None once it will not ring again.")
    timezone: Mapped[str] = mapped_column(comment="Whose nine o'clock a repetition keeps.")
    repeat: Mapped[Repeat | None]
    repeat_every: Mapped[int] = mapped_column(default=1)
    repeat_on: Mapped[list[str]] = mapped_column(
        default=list, comment='Of a weekly one, the days: ["mon", "thu"]; none: the first day.'
    )
    repeat_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_count: Mapped[int] = mapped_column(default=0)
    snoozed_count: Mapped[int] = mapped_column(default=0)


class CalendarLink(TenantRow):
    """A member's calendar elsewhere, and the keys to it."""

    __tablename__ = "calendar_links"
    __table_args__ = (UniqueConstraint("org_id", "member_id", "provider"),)

    member_id: Mapped[UUID] = ref("members", on_delete="CASCADE", index=False)
    provider: Mapped[CalendarProvider]
    calendar_id: Mapped[str | None] = mapped_column(comment="None: their main calendar.")
    access_token: Mapped[Sealed | None]
    refresh_token: Mapped[Sealed | None]
    expires_at: Mapped[datetime | None]
    scope: Mapped[str | None]
    sync_token: Mapped[str | None]
    last_synced_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class Notification(TenantRow):
    """One line for one member, until they have read it."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index(
            "ix_notifications_unread",
            "org_id",
            "member_id",
            "id",
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(None, "org_id", "member_id", "id"),
        Index(
            "uq_notifications_once",
            "org_id",
            "member_id",
            "once_key",
            unique=True,
            postgresql_where=text("once_key IS NOT NULL"),
        ),
    )
    audited: ClassVar[bool] = False

    member_id: Mapped[UUID] = ref("members", on_delete="CASCADE", index=False)
    kind: Mapped[NotificationKind]
    title: Mapped[str]
    message: Mapped[str | None]
    link: Mapped[str | None]
    read_at: Mapped[datetime | None]
    once_key: Mapped[str | None] = mapped_column(comment="The same news is told once.")
    task_id: Mapped[UUID | None] = ref("tasks", on_delete="CASCADE")
    lead_id: Mapped[UUID | None] = ref("leads", on_delete="CASCADE")
    deal_id: Mapped[UUID | None] = ref("deals", on_delete="CASCADE")
    ticket_id: Mapped[UUID | None] = ref("tickets", on_delete="CASCADE")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    campaign_id: Mapped[UUID | None] = ref("campaigns", on_delete="CASCADE")
