"""Reminders: set, put off, rung by whichever worker comes first and never by two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.references import check_references
from crm_store.tasks.models import (
    OPEN,
    NotificationKind,
    Reminder,
    ReminderChannel,
    Repeat,
    Task,
)
from crm_store.tasks.notifying import notify
from crm_store.tasks.recurrence import Rule, check_rule
from crm_store.tasks.repository import zone_named


async def remind(
    crm: Crm, message: str, at: datetime, *, task_id: UUID | None = None,
    member_id: UUID | None = None, channel: ReminderChannel = ReminderChannel.DESK,
    repeat: Repeat | None = None, every: int = 1, on: Sequence[str] = (),
    until: datetime | None = None, timezone: str | None = None,
) -> Reminder:  # fmt: skip
    """Tell a member something at a moment, and again as the rule says, where they are."""
    if not message.strip():
        raise Invalid("Say what to be reminded of.")
    if at.tzinfo is None or (until is not None and until.tzinfo is None):
        raise Invalid("A moment needs its time zone.")
    check_rule(repeat, every, on)
    if until is not None and until < at:
        raise Invalid("It cannot end before it begins.")
    whose = member_id or crm.actor.member_id
    if whose is None:
        raise Invalid("Say who is to be reminded.")
    zone = zone_named(timezone) if timezone else await crm.tasks.timezone(whose)
    if task_id is not None:
        await crm.tasks.get(task_id)
    reminder = Reminder(
        member_id=whose,
        task_id=task_id,
        message=message.strip(),
        channel=channel,
        at=at,
        next_at=at,
        timezone=zone.key,
        repeat=repeat,
        repeat_every=every,
        repeat_on=list(on),
        repeat_until=until,
    )
    await check_references(crm, reminder)
    crm.reminders.add(reminder)
    await crm.flush()
    return reminder


async def snooze(crm: Crm, reminder_id: UUID, until: datetime) -> Reminder:
    """Ring again at a moment; a rule goes on afterwards as if nothing had been."""
    if until.tzinfo is None:
        raise Invalid("A moment needs its time zone.")
    reminder = await crm.reminders.get(reminder_id, lock=True)
    reminder.next_at = until
    reminder.snoozed_count += 1
    await crm.flush()
    return reminder


async def cancel_reminder(crm: Crm, reminder_id: UUID) -> Reminder:
    """It will not ring again."""
    reminder = await crm.reminders.get(reminder_id, lock=True)
    reminder.next_at = None
    await crm.flush()
    return reminder


async def ring_due(crm: Crm, *, at: datetime | None = None, limit: int = 100) -> Sequence[Reminder]:
    """Ring what is due: a notification each, and back to the caller for its channel.

    Times missed while nobody was at work ring once. What is about a task that is over is silent.
    """
    at = at or now()
    due = await crm.reminders.take_due(at, limit)
    over = await _tasks_that_are_over(crm, due)
    rung = []
    for reminder in due:
        if reminder.task_id is not None and reminder.task_id in over:
            reminder.next_at = None
            continue
        await _tell(crm, reminder)
        reminder.next_at = next_time(reminder, at)
        reminder.sent_at = at
        reminder.sent_count += 1
        rung.append(reminder)
    await crm.flush()
    return rung


def next_time(reminder: Reminder, after: datetime) -> datetime | None:
    """When it rings again, if ever."""
    if reminder.repeat is None:
        return None
    return Rule(
        first=reminder.at,
        zone=zone_named(reminder.timezone),
        repeat=reminder.repeat,
        every=reminder.repeat_every,
        on=reminder.repeat_on,
        until=reminder.repeat_until,
    ).after(after)


async def _tell(crm: Crm, reminder: Reminder) -> None:
    await notify(
        crm,
        reminder.member_id,
        NotificationKind.REMINDER,
        reminder.message,
        once_key=f"reminder {reminder.id} {reminder.sent_count}",
        task_id=reminder.task_id,
    )


async def _tasks_that_are_over(crm: Crm, due: Sequence[Reminder]) -> set[UUID]:
    """Done, cancelled or deleted."""
    ids = {reminder.task_id for reminder in due if reminder.task_id}
    if not ids:
        return set()
    still_open = select(Task.id).where(
        Task.org_id == crm.actor.org,
        Task.id.in_(ids),
        Task.status.in_(OPEN),
        Task.deleted_at.is_(None),
    )
    return {*ids} - {*await crm.session.scalars(still_open)}
