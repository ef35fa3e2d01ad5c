"""Questions about tasks: what is mine to do, what is late, what is to ring now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from crm_store.actor import Actor, Kind, Reach
from crm_store.errors import Invalid
from crm_store.identity.models import Preferences
from crm_store.keyset import keyset_page
from crm_store.orgs.models import Org
from crm_store.repository import Page, Repository, reach_of
from crm_store.tasks.models import (
    OPEN,
    CalendarLink,
    CalendarProvider,
    Notification,
    Reminder,
    Task,
    TaskPriority,
    TaskStatus,
)

MOST_IN_A_DAY = 200
URGENCY = case(
    {priority: rank for rank, priority in enumerate(reversed(TaskPriority))},
    value=Task.priority,
)


@dataclass(frozen=True, slots=True)
class MyDay:
    """What somebody has before them: late, for today, begun, and what will ring."""

    overdue: Sequence[Task]
    today: Sequence[Task]
    begun: Sequence[Task]
    reminders: Sequence[Reminder]
    done_today: int


def own(actor: Actor, member_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Personal things are seen by the person alone, and by the program on their behalf."""
    if actor.kind is Kind.SYSTEM:
        return true()
    return member_id == actor.member_id if actor.member_id else false()


class TaskRepository(Repository[Task]):
    model = Task

    def visible(self) -> ColumnElement[bool]:
        """As far as one's rights reach, and what one gave to others."""
        within = reach_of(self.actor, Task)
        if self.actor.reach is Reach.ALL or self.actor.member_id is None:
            return within
        return or_(within, Task.assigned_by_id == self.actor.member_id)

    async def newest(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Task]:
        return await keyset_page(
            self, *criteria, order=(Task.id,), after=after, limit=limit, newest_first=True
        )

    async def open_of(self, **noun: UUID) -> Sequence[Task]:
        """What is still to do about a record, soonest first: open_of(donor_id=…)."""
        about = [getattr(Task, column) == row_id for column, row_id in noun.items()]
        query = self.rows().where(Task.status.in_(OPEN), *about)
        return await self.all(query.order_by(Task.due_at.nulls_last(), URGENCY, Task.id))

    async def overdue(self, at: datetime, limit: int = 100) -> Sequence[Task]:
        query = self.rows().where(Task.status.in_(OPEN), Task.due_at < at)
        return await self.all(query.order_by(Task.due_at, Task.id).limit(limit))

    async def my_day(self, at: datetime, zone: ZoneInfo | None = None) -> MyDay:
        """What the asker has to do today, by the clock where they are."""
        zone = zone or await self.timezone()
        mine = self.rows().where(Task.owner_id == self.actor.member_id)
        morning = datetime.combine(at.astimezone(zone).date(), time(), zone)
        night = datetime.combine(morning.date() + timedelta(days=1), time(), zone)
        waiting = mine.where(
            Task.status.in_(OPEN),
            or_(Task.due_at < night, Task.due_at.is_(None) & (Task.status != TaskStatus.TODO)),
        )
        tasks = await self.all(waiting.order_by(Task.due_at, URGENCY, Task.id).limit(MOST_IN_A_DAY))
        done = mine.where(Task.completed_at >= morning)
        return MyDay(
            overdue=[task for task in tasks if task.due_at and task.due_at < at],
            today=[task for task in tasks if task.due_at and task.due_at >= at],
            begun=[task for task in tasks if task.due_at is None],
            reminders=await ReminderRepository(self.session).before(night),
            done_today=await self.count(done),
        )

    async def timezone(self, member_id: UUID | None = None) -> ZoneInfo:
        """Where somebody's day begins: their own zone, or the organisation's."""
        theirs = (
            select(Preferences.timezone)
            .where(
                Preferences.org_id == self.actor.org,
                Preferences.member_id == (member_id or self.actor.member_id),
            )
            .scalar_subquery()
        )
        name = await self.session.scalar(
            select(func.coalesce(theirs, Org.timezone)).where(Org.id == self.actor.org)
        )
        return zone_named(name or "UTC")


class ReminderRepository(Repository[Reminder]):
    model = Reminder

    def visible(self) -> ColumnElement[bool]:
        return own(self.actor, Reminder.member_id)

    async def waiting(self) -> Sequence[Reminder]:
        """Those still to ring, soonest first."""
        query = self.rows().where(Reminder.next_at.is_not(None))
        return await self.all(query.order_by(Reminder.next_at, Reminder.id))

    async def before(self, moment: datetime) -> Sequence[Reminder]:
        query = self.rows().where(Reminder.next_at < moment)
        return await self.all(query.order_by(Reminder.next_at, Reminder.id))

    async def of_task(self, task_id: UUID) -> Sequence[Reminder]:
        return await self.all(
            self.rows().where(Reminder.task_id == task_id).order_by(Reminder.at, Reminder.id)
        )

    async def take_due(self, at: datetime, limit: int = 100) -> Sequence[Reminder]:
        """Those to ring now, held so that no other worker takes them as well."""
        self.actor.need("tasks:write")
        query = (
            self.rows()
            .where(Reminder.next_at <= at)
            .order_by(Reminder.next_at, Reminder.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return await self.all(query)


class CalendarLinkRepository(Repository[CalendarLink]):
    model = CalendarLink

    def visible(self) -> ColumnElement[bool]:
        return own(self.actor, CalendarLink.member_id)

    async def of(self, provider: CalendarProvider) -> CalendarLink | None:
        """The asker's own link to a provider."""
        mine = CalendarLink.member_id == self.actor.member_id
        return await self.first(self.rows().where(mine, CalendarLink.provider == provider))

    async def active(self) -> Sequence[CalendarLink]:
        return await self.all(self.rows().where(CalendarLink.is_active).order_by(CalendarLink.id))


class NotificationRepository(Repository[Notification]):
    model = Notification

    def visible(self) -> ColumnElement[bool]:
        return own(self.actor, Notification.member_id)

    async def newest(self, *, after: str | None = None, limit: int = 20) -> Page[Notification]:
        """The asker's news, latest first."""
        mine = Notification.member_id == self.actor.member_id
        return await keyset_page(
            self, mine, order=(Notification.id,), after=after, limit=limit, newest_first=True
        )

    async def unread(self, limit: int = 50) -> Sequence[Notification]:
        query = self._unread().order_by(Notification.id.desc())
        return await self.all(query.limit(limit))

    async def unread_count(self) -> int:
        return await self.count(self._unread().with_only_columns(Notification.id))

    def _unread(self) -> Select[Notification]:
        mine = Notification.member_id == self.actor.member_id
        return self.rows().where(mine, Notification.read_at.is_(None))


def zone_named(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(f"There is no time zone called {name}.") from error
