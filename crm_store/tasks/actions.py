"""What is done with a task: given, begun, finished, put off, dropped."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.references import check_references
from crm_store.tasks.models import NotificationKind, Task, TaskPriority, TaskStatus, TaskType
from crm_store.tasks.notifying import notify

ABOUT = frozenset(
    {"donor_id", "person_id", "company_id", "project_id", "lead_id", "deal_id", "ticket_id"}
)
EDITABLE = ABOUT | {"title", "description", "type", "priority", "workspace_id"}
END_OF_DAY = time(23, 59, 59)


async def create_task(
    crm: Crm, title: str, *, due_on: date | None = None, due_at: datetime | None = None,
    owner_id: UUID | None = None, type: TaskType = TaskType.TASK,
    priority: TaskPriority = TaskPriority.MEDIUM, **more: Any,
) -> Task:  # fmt: skip
    """Something to do, for oneself unless somebody else is named; due on a day or at a moment.

    More: description, workspace_id and what it is about, such as donor_id.
    """
    task = Task(
        type=type,
        priority=priority,
        owner_id=owner_id or crm.actor.member_id,
        assigned_by_id=crm.actor.member_id,
    )
    _apply(task, {"title": title, **more})
    await set_due(crm, task, due_on=due_on, due_at=due_at)
    await check_references(crm, task)
    crm.tasks.add(task)
    await crm.flush()
    await _tell_owner(crm, task)
    return task


async def suggest_task(
    crm: Crm, title: str, reasoning: str, confidence: Decimal | str, **more: Any
) -> Task:
    """A task the assistant thought of, with its reasons and how sure it is, from 0 to 1."""
    sure = Decimal(confidence)
    if not 0 <= sure <= 1:
        raise Invalid("Confidence is a number from 0 to 1.")
    task = await create_task(crm, title, **more)
    task.is_ai_generated, task.ai_reasoning, task.ai_confidence = True, reasoning.strip(), sure
    await crm.flush()
    return task


async def edit_task(crm: Crm, task_id: UUID, **changes: Any) -> Task:
    task = await crm.tasks.get(task_id, lock=True)
    _apply(task, changes)
    await check_references(crm, task)
    await crm.flush()
    return task


async def put_off(
    crm: Crm, task_id: UUID, *, due_on: date | None = None, due_at: datetime | None = None
) -> Task:
    """Due on another day or at another moment; neither: whenever."""
    task = await crm.tasks.get(task_id, lock=True)
    await set_due(crm, task, due_on=due_on, due_at=due_at)
    await crm.flush()
    return task


async def assign_task(crm: Crm, task_id: UUID, member_id: UUID | None) -> Task:
    """Give it to somebody else, who is told."""
    task = await crm.tasks.get(task_id, lock=True)
    if task.owner_id == member_id:
        return task
    task.owner_id, task.assigned_by_id = member_id, crm.actor.member_id
    await check_references(crm, task)
    await crm.flush()
    await _tell_owner(crm, task)
    return task


async def start_task(crm: Crm, task_id: UUID) -> Task:
    return await _turn(crm, task_id, TaskStatus.IN_PROGRESS)


async def complete_task(crm: Crm, task_id: UUID, *, at: datetime | None = None) -> Task:
    return await _turn(crm, task_id, TaskStatus.DONE, at)


async def cancel_task(crm: Crm, task_id: UUID) -> Task:
    return await _turn(crm, task_id, TaskStatus.CANCELLED)


async def reopen_task(crm: Crm, task_id: UUID) -> Task:
    return await _turn(crm, task_id, TaskStatus.TODO)


async def delete_task(crm: Crm, task_id: UUID) -> Task:
    task = await crm.tasks.get(task_id, lock=True)
    task.deleted_at = now()
    await crm.flush()
    return task


async def set_due(crm: Crm, task: Task, *, due_on: date | None, due_at: datetime | None) -> None:
    """A day ends where the one who is to do it lives."""
    if due_on is not None and due_at is not None:
        raise Invalid("A task is due on a day or at a moment, not both.")
    if due_at is not None and due_at.tzinfo is None:
        raise Invalid("A moment needs its time zone.")
    task.is_all_day = due_on is not None
    task.due_at = due_at
    if due_on is not None:
        zone: ZoneInfo = await crm.tasks.timezone(task.owner_id)
        task.due_at = datetime.combine(due_on, END_OF_DAY, zone)


async def _turn(crm: Crm, task_id: UUID, status: TaskStatus, at: datetime | None = None) -> Task:
    task = await crm.tasks.get(task_id, lock=True)
    if task.status is status:
        return task
    done = status is TaskStatus.DONE
    task.status = status
    task.completed_at = (at or now()) if done else None
    task.completed_by_id = crm.actor.member_id if done else None
    await crm.flush()
    return task


def _apply(task: Task, changes: dict[str, Any]) -> None:
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise Invalid(f"A task's {', '.join(sorted(unknown))} cannot be set like this.")
    for name, value in changes.items():
        setattr(task, name, value.strip() if name == "title" else value)
    if not task.title:
        raise Invalid("A task needs a title.")


async def _tell_owner(crm: Crm, task: Task) -> None:
    """Nobody is told of what they gave themselves."""
    if task.owner_id is not None and task.owner_id != crm.actor.member_id:
        await notify(
            crm,
            task.owner_id,
            NotificationKind.TASK_ASSIGNED,
            f"A task for you: {task.title}",
            task_id=task.id,
        )
