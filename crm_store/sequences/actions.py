"""Making sequences, putting people into them and taking each through its steps."""

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
from crm_store.sequences.models import (
    Enrolment,
    EnrolmentStatus,
    Sequence,
    SequenceStatus,
    SequenceStep,
)

LEASE = timedelta(minutes=5)

STOPPING = {
    EnrolmentStatus.REPLIED: "They replied.",
    EnrolmentStatus.BOUNCED: "A message did not arrive.",
    EnrolmentStatus.UNSUBSCRIBED: "They unsubscribed.",
    EnrolmentStatus.STOPPED: "Somebody took them out.",
}


class AlreadyEnrolled(Conflict):
    """They are in this sequence already."""


class InAnotherSequence(Conflict):
    """They are in another sequence, and this one wants them to itself."""


class NotActive(Conflict):
    """This sequence is not running."""


class StaleStep(Conflict):
    """Somebody else has taken this step over, so this result no longer counts."""


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step a worker holds for one person until the lease ends."""

    enrolment: Enrolment
    step: SequenceStep
    fence: int

    @property
    def idempotency_key(self) -> str:
        """The same however often the step is tried, so that it is sent once."""
        return f"sequence:{self.enrolment.id}:{self.step.id}"


async def make_sequence(
    crm: Crm, name: str, steps: List[dict[str, Any]] = (), **facts: Any
) -> Sequence:
    """A draft, with its steps in order."""
    if not name.strip():
        raise Invalid("Give this sequence a name.")
    facts.setdefault("member_id", crm.actor.member_id)
    sequence = crm.sequences.add(Sequence(name=name.strip(), **facts))
    await crm.flush()
    for step in steps:
        await add_step(crm, sequence.id, **step)
    return sequence


async def add_step(crm: Crm, sequence_id: UUID, **facts: Any) -> SequenceStep:
    """One more message at the end."""
    sequence = await crm.sequences.get(sequence_id, lock=True)
    if (facts.get("template_id") is None) == (not facts.get("body")):
        raise Invalid("Name a template or give the words, one of the two.")
    if facts.get("template_id") is not None:
        await crm.templates.get(facts["template_id"])
    if min(facts.get("delay_days", 0), facts.get("delay_hours", 0)) < 0:
        raise Invalid("A step cannot come before the one it follows.")
    steps = await crm.sequence_steps.of(sequence.id)
    number = 1 + max((step.step_number for step in steps), default=0)
    step = crm.sequence_steps.add(
        SequenceStep(sequence_id=sequence.id, step_number=number, **facts)
    )
    await crm.flush()
    return step


async def activate_sequence(crm: Crm, sequence_id: UUID) -> Sequence:
    """Let it run: for those in it, and those who join."""
    sequence = await crm.sequences.get(sequence_id, lock=True)
    if sequence.status is SequenceStatus.ARCHIVED:
        raise Conflict("An archived sequence cannot run again.")
    if not await crm.sequence_steps.of(sequence.id):
        raise Invalid("A sequence needs at least one step.")
    sequence.status = SequenceStatus.ACTIVE
    await crm.flush()
    return sequence


async def pause_sequence(crm: Crm, sequence_id: UUID) -> Sequence:
    """Nobody moves on until it is activated again."""
    sequence = await crm.sequences.get(sequence_id, lock=True)
    if sequence.status is not SequenceStatus.ACTIVE:
        raise NotActive
    sequence.status = SequenceStatus.PAUSED
    await crm.flush()
    return sequence


async def archive_sequence(crm: Crm, sequence_id: UUID) -> Sequence:
    """Over for good; whoever is still in it is taken out."""
    sequence = await crm.sequences.get(sequence_id, lock=True)
    sequence.status = SequenceStatus.ARCHIVED
    live = crm.enrolments.everything().where(
        Enrolment.sequence_id == sequence.id, Enrolment.status.in_(LIVE)
    )
    for enrolment in await crm.enrolments.all(live):
        end(enrolment, EnrolmentStatus.STOPPED, "The sequence was archived.", now())
    await crm.flush()
    return sequence


async def enrol(
    crm: Crm,
    sequence_id: UUID,
    person_id: UUID,
    *,
    donor_id: UUID | None = None,
    mailbox_id: UUID | None = None,
    at: datetime | None = None,
) -> Enrolment:
    """Put somebody into a sequence, once at a time."""
    sequence = await crm.sequences.get(sequence_id)
    if sequence.status is not SequenceStatus.ACTIVE:
        raise NotActive
    person = await crm.people.get(person_id)
    live = await crm.enrolments.live_of(person.id)
    if any(other.sequence_id == sequence.id for other in live):
        raise AlreadyEnrolled
    if live and sequence.is_exclusive:
        raise InAnotherSequence
    first = await crm.sequence_steps.after(sequence.id, 0)
    if first is None:
        raise Invalid("A sequence needs at least one step.")
    at = at or now()
    enrolment = Enrolment(
        sequence_id=sequence.id,
        person_id=person.id,
        donor_id=donor_id,
        mailbox_id=mailbox_id,
        member_id=crm.actor.member_id,
        started_at=at,
        next_due_at=_due(at, first),
    )
    try:
        async with crm.session.begin_nested():
            crm.enrolments.add(enrolment)
    except IntegrityError as error:
        raise AlreadyEnrolled from error
    return enrolment


async def claim_due_steps(
    crm: Crm, *, limit: int = 50, lease: timedelta = LEASE, at: datetime | None = None
) -> list[DueStep]:
    """Steps whose time has come, each for one worker. A lease that ran out is claimed again: the
    step's key keeps its message from going twice."""
    crm.actor.need("sequences:write")
    at = at or now()
    running = crm.sequences.everything().where(Sequence.status == SequenceStatus.ACTIVE)
    rows = await crm.enrolments.all(
        crm.enrolments.everything()
        .where(
            Enrolment.status == EnrolmentStatus.ACTIVE,
            Enrolment.next_due_at <= at,
            or_(Enrolment.lease_until.is_(None), Enrolment.lease_until < at),
            Enrolment.sequence_id.in_(running.with_only_columns(Sequence.id)),
        )
        .order_by(Enrolment.next_due_at, Enrolment.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = []
    for row in rows:
        step = await crm.sequence_steps.after(row.sequence_id, row.current_step)
        if step is None:
            end(row, EnrolmentStatus.COMPLETED, None, at)
            continue
        row.lease_until, row.fence = at + lease, row.fence + 1
        due.append(DueStep(row, step, row.fence))
    await crm.flush()
    return due


async def advance(
    crm: Crm, enrolment_id: UUID, fence: int, *, at: datetime | None = None
) -> Enrolment:
    """The step is done: on to the next, or to the end."""
    row = await _held(crm, enrolment_id, fence)
    at = at or now()
    done = await crm.sequence_steps.after(row.sequence_id, row.current_step)
    if done is not None:
        row.current_step, row.last_sent_at = done.step_number, at
    row.lease_until = None
    following = await crm.sequence_steps.after(row.sequence_id, row.current_step)
    if following is None:
        end(row, EnrolmentStatus.COMPLETED, None, at)
    else:
        row.next_due_at = _due(at, following)
    await crm.flush()
    return row


async def put_off(crm: Crm, enrolment_id: UUID, fence: int, until: datetime) -> Enrolment:
    """Not now: they may be written to from this moment on."""
    row = await _held(crm, enrolment_id, fence)
    row.next_due_at, row.lease_until = until, None
    await crm.flush()
    return row


async def pause_enrolment(
    crm: Crm, enrolment_id: UUID, *, until: datetime | None = None, because: str | None = None
) -> Enrolment:
    """Wait, for instance until somebody is back in the office."""
    row = await crm.enrolments.get(enrolment_id, lock=True)
    if not row.status.is_live:
        raise Conflict("They are no longer in this sequence.")
    row.status, row.paused_at = EnrolmentStatus.PAUSED, now()
    row.pause_until, row.reason, row.lease_until = until, because, None
    row.fence += 1
    await crm.flush()
    return row


async def resume_enrolment(
    crm: Crm, enrolment_id: UUID, *, at: datetime | None = None
) -> Enrolment:
    """Go on where they stopped; what was due meanwhile is due now."""
    row = await crm.enrolments.get(enrolment_id, lock=True)
    if row.status is not EnrolmentStatus.PAUSED:
        raise Conflict("They are not paused in this sequence.")
    _wake(row, at or now())
    await crm.flush()
    return row


async def wake_enrolments(crm: Crm, *, at: datetime | None = None) -> int:
    """Resume those whose pause is over."""
    at = at or now()
    rows = await crm.enrolments.all(
        crm.enrolments.everything()
        .where(Enrolment.status == EnrolmentStatus.PAUSED, Enrolment.pause_until <= at)
        .with_for_update(skip_locked=True)
    )
    for row in rows:
        _wake(row, at)
    await crm.flush()
    return len(rows)


async def stop_enrolment(crm: Crm, enrolment_id: UUID, because: str | None = None) -> Enrolment:
    """Take somebody out."""
    row = await crm.enrolments.get(enrolment_id, lock=True)
    if row.status.is_live:
        end(row, EnrolmentStatus.STOPPED, because, now())
    await crm.flush()
    return row


def end(row: Enrolment, status: EnrolmentStatus, because: str | None, at: datetime) -> None:
    """Nothing more follows; a worker that still holds the step can no longer report on it."""
    row.status, row.ended_at, row.next_due_at = status, at, None
    row.reason = because or STOPPING.get(status)
    row.lease_until, row.fence = None, row.fence + 1


async def _held(crm: Crm, enrolment_id: UUID, fence: int) -> Enrolment:
    query = crm.enrolments.everything().where(Enrolment.id == enrolment_id)
    row = await crm.enrolments.one(query, lock=True)
    if row.fence != fence or row.status is not EnrolmentStatus.ACTIVE:
        raise StaleStep
    return row


def _wake(row: Enrolment, at: datetime) -> None:
    row.status, row.paused_at, row.pause_until, row.reason = (
        EnrolmentStatus.ACTIVE,
        None,
        None,
        None,
    )
    row.next_due_at = max(row.next_due_at or at, at)


def _due(at: datetime, step: SequenceStep) -> datetime:
    return at + timedelta(days=step.delay_days or 0, hours=step.delay_hours or 0)


LIVE = (EnrolmentStatus.ACTIVE, EnrolmentStatus.PAUSED)
