"""Automations: when this happens, do these things, once for each occasion."""

from __future__ import annotations

from collections.abc import Sequence as List
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.exc import IntegrityError

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.sequences.configs import Config, Wait, read_step, read_trigger
from crm_store.sequences.models import (
    Automation,
    AutomationRun,
    AutomationStep,
    RunStatus,
    StepType,
    Trigger,
)

LEASE = timedelta(minutes=5)
OPEN = (RunStatus.RUNNING, RunStatus.WAITING)


class StaleRun(Conflict):
    """Somebody else has taken this run over, so this result no longer counts."""


@dataclass(frozen=True, slots=True)
class DueRun:
    """What a worker is to do next for one person, until the lease ends."""

    run: AutomationRun
    step: AutomationStep
    config: Config
    fence: int

    @property
    def idempotency_key(self) -> str:
        return f"automation:{self.run.id}:{self.step.id}"


async def make_automation(
    crm: Crm,
    name: str,
    trigger: Trigger,
    steps: List[tuple[StepType, dict[str, Any]]],
    *,
    trigger_config: dict[str, Any] | None = None,
    **facts: Any,
) -> Automation:
    """Save an automation, switched off, with its steps checked."""
    if not name.strip():
        raise Invalid("Give this automation a name.")
    read = read_trigger(trigger, trigger_config or {})
    automation = crm.automations.add(
        Automation(
            name=name.strip(), trigger=trigger, trigger_config=read.model_dump(mode="json"), **facts
        )
    )
    await crm.flush()
    await replace_steps(crm, automation.id, steps)
    return automation


async def replace_steps(
    crm: Crm, automation_id: UUID, steps: List[tuple[StepType, dict[str, Any]]]
) -> List[AutomationStep]:
    """Other steps instead of these; only while it is off."""
    automation = await crm.automations.get(automation_id, lock=True)
    if automation.is_active:
        raise Conflict("Switch the automation off before changing its steps.")
    read = [(kind, read_step(kind, config)) for kind, config in steps]
    for place, (_, config) in enumerate(read, start=1):
        otherwise = getattr(config, "otherwise", None)
        if otherwise is not None and not place < otherwise <= len(read):
            raise Invalid("A condition can only lead to a later step.")
    for old in await crm.automation_steps.of(automation.id):
        await crm.session.delete(old)
    await crm.flush()
    made = [
        AutomationStep(
            automation_id=automation.id,
            type=kind,
            config=config.model_dump(mode="json"),
            sort_order=place,
        )
        for place, (kind, config) in enumerate(read, start=1)
    ]
    crm.session.add_all(made)
    await crm.flush()
    return made


async def switch_automation(crm: Crm, automation_id: UUID, *, on: bool) -> Automation:
    """Let it listen, or not; what is under way goes on to its end."""
    automation = await crm.automations.get(automation_id, lock=True)
    if on and not await crm.automation_steps.of(automation.id):
        raise Invalid("An automation needs at least one step.")
    if on and not automation.is_active:
        automation.activated_at = now()
    automation.is_active = on
    await crm.flush()
    return automation


async def start_run(
    crm: Crm,
    automation_id: UUID,
    person_id: UUID,
    occasion: str,
    *,
    donor_id: UUID | None = None,
    trigger_data: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> AutomationRun | None:
    """Set an automation off for somebody; None where this occasion did so before, where it is off,
    or where it is too soon for the same person."""
    automation = await crm.automations.get(automation_id)
    at = at or now()
    if not automation.is_active:
        return None
    before = await crm.automation_runs.latest(automation.id, person_id)
    if before is not None and (
        automation.again_after_days is None
        or at < before.started_at + timedelta(days=automation.again_after_days)
    ):
        return None
    run = AutomationRun(
        automation_id=automation.id,
        person_id=person_id,
        donor_id=donor_id,
        occasion=occasion,
        trigger_data=trigger_data or {},
        started_at=at,
        due_at=at,
    )
    try:
        async with crm.session.begin_nested():
            crm.automation_runs.add(run)
    except IntegrityError as error:
        if "occasion" not in str(error.orig):
            raise
        return None
    return run


async def claim_due_runs(
    crm: Crm, *, limit: int = 50, lease: timedelta = LEASE, at: datetime | None = None
) -> list[DueRun]:
    """The next step of each run whose time has come, each for one worker."""
    crm.actor.need("sequences:write")
    at = at or now()
    rows = await crm.automation_runs.all(
        crm.automation_runs.everything()
        .where(
            AutomationRun.status.in_(OPEN),
            AutomationRun.due_at <= at,
            or_(AutomationRun.lease_until.is_(None), AutomationRun.lease_until < at),
        )
        .order_by(AutomationRun.due_at, AutomationRun.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = []
    for row in rows:
        step = await _step(crm, row)
        if step is None:
            _finish(row, RunStatus.COMPLETED, at)
            continue
        row.status, row.lease_until, row.fence = RunStatus.RUNNING, at + lease, row.fence + 1
        due.append(DueRun(row, step, read_step(step.type, step.config), row.fence))
    await crm.flush()
    return due


async def advance_run(
    crm: Crm,
    run_id: UUID,
    fence: int,
    *,
    held: bool = True,
    at: datetime | None = None,
) -> AutomationRun:
    """The step is done: on to the next. For a condition that did not hold, on to its otherwise."""
    row = await _held(crm, run_id, fence)
    at = at or now()
    step = await _step(crm, row)
    row.lease_until, row.due_at = None, at
    if step is not None and step.type is StepType.CONDITION and not held:
        otherwise = step.config.get("otherwise")
        if otherwise is None:
            _finish(row, RunStatus.COMPLETED, at)
            await crm.flush()
            return row
        row.next_step = otherwise
    else:
        row.next_step = (step.sort_order if step else row.next_step) + 1
        if step is not None and step.type is StepType.WAIT:
            wait = Wait.model_validate(step.config)
            row.status = RunStatus.WAITING
            row.due_at = at + timedelta(days=wait.days, hours=wait.hours)
    if await _step(crm, row) is None:
        _finish(row, RunStatus.COMPLETED, at)
    await crm.flush()
    return row


async def fail_run(crm: Crm, run_id: UUID, fence: int, error: str) -> AutomationRun:
    """A step could not be done; somebody should look."""
    row = await _held(crm, run_id, fence)
    _finish(row, RunStatus.FAILED, now())
    row.error_message = error
    await crm.flush()
    return row


async def stop_run(crm: Crm, run_id: UUID) -> AutomationRun:
    """Nothing more of it for this person."""
    row = await crm.automation_runs.get(run_id, lock=True)
    if row.status in OPEN:
        _finish(row, RunStatus.STOPPED, now())
    await crm.flush()
    return row


async def _step(crm: Crm, row: AutomationRun) -> AutomationStep | None:
    return await crm.automation_steps.first(
        crm.automation_steps.everything()
        .where(
            AutomationStep.automation_id == row.automation_id,
            AutomationStep.sort_order >= row.next_step,
        )
        .order_by(AutomationStep.sort_order)
    )


async def _held(crm: Crm, run_id: UUID, fence: int) -> AutomationRun:
    query = crm.automation_runs.everything().where(AutomationRun.id == run_id)
    row = await crm.automation_runs.one(query, lock=True)
    if row.fence != fence or row.status not in OPEN:
        raise StaleRun
    return row


def _finish(row: AutomationRun, status: RunStatus, at: datetime) -> None:
    row.status, row.ended_at, row.due_at = status, at, None
    row.lease_until, row.fence = None, row.fence + 1
