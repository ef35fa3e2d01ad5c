"""What may leave about tasks; keys to calendars never do."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from crm_store.tasks.models import (
    CalendarProvider,
    NotificationKind,
    ReminderChannel,
    Repeat,
    TaskPriority,
    TaskStatus,
    TaskType,
)
from crm_store.tasks.repository import MyDay
from crm_store.view import View


class TaskView(View):
    id: UUID
    title: str
    description: str | None = None
    type: TaskType
    status: TaskStatus
    priority: TaskPriority
    due_at: datetime | None = None
    is_all_day: bool = False
    completed_at: datetime | None = None
    owner_id: UUID | None = None
    assigned_by_id: UUID | None = None
    is_ai_generated: bool = False
    ai_reasoning: str | None = None
    ai_confidence: Decimal | None = None
    donor_id: UUID | None = None
    person_id: UUID | None = None
    company_id: UUID | None = None
    project_id: UUID | None = None
    lead_id: UUID | None = None
    deal_id: UUID | None = None
    ticket_id: UUID | None = None
    created_at: datetime


class ReminderView(View):
    id: UUID
    message: str
    next_at: datetime | None = None
    channel: ReminderChannel
    task_id: UUID | None = None
    repeat: Repeat | None = None
    repeat_every: int = 1
    repeat_on: tuple[str, ...] = ()
    repeat_until: datetime | None = None
    sent_at: datetime | None = None


class MyDayView(View):
    overdue: tuple[TaskView, ...]
    today: tuple[TaskView, ...]
    begun: tuple[TaskView, ...]
    reminders: tuple[ReminderView, ...]
    done_today: int

    @classmethod
    def from_day(cls, day: MyDay) -> MyDayView:
        return cls(
            overdue=tuple(TaskView.of(task) for task in day.overdue),
            today=tuple(TaskView.of(task) for task in day.today),
            begun=tuple(TaskView.of(task) for task in day.begun),
            reminders=tuple(ReminderView.of(reminder) for reminder in day.reminders),
            done_today=day.done_today,
        )


class NotificationView(View):
    id: UUID
    kind: NotificationKind
    title: str
    message: str | None = None
    link: str | None = None
    read_at: datetime | None = None
    created_at: datetime


class CalendarLinkView(View):
    id: UUID
    provider: CalendarProvider
    calendar_id: str | None = None
    expires_at: datetime | None = None
    last_synced_at: datetime | None = None
    is_active: bool
