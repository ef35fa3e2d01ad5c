"""What people do changes what they get next: a reply, an absence, a bounce, a way out."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from crm_store.base import now
from crm_store.contacts.models import Person
from crm_store.crm import Crm
from crm_store.sequences.actions import LIVE, end
from crm_store.sequences.models import (
    Enrolment,
    EnrolmentStatus,
    HouseholdReply,
    Sequence,
)

AT_HOME = "Somebody in their household replied."


async def heed_reply(crm: Crm, person_id: UUID, *, at: datetime | None = None) -> list[Enrolment]:
    """They answered, so a machine no longer writes to them, nor, where so set, to their home."""
    at = at or now()
    changed = []
    for row, sequence in await _live(crm, {person_id}):
        if sequence.stops_on_reply:
            end(row, EnrolmentStatus.REPLIED, None, at)
            changed.append(row)
    partners = await _partners(crm, person_id)
    theirs = {row.sequence_id for row in await _ever_in(crm, person_id)}
    for row, sequence in await _live(crm, partners):
        if sequence.id not in theirs or sequence.household_reply is HouseholdReply.NOTHING:
            continue
        if sequence.household_reply is HouseholdReply.STOP:
            end(row, EnrolmentStatus.STOPPED, AT_HOME, at)
        else:
            _delay(row, at + timedelta(days=sequence.household_delay_days))
        changed.append(row)
    await crm.flush()
    return changed


async def heed_absence(crm: Crm, person_id: UUID, until: datetime) -> list[Enrolment]:
    """An out-of-office answer is not a reply: everything waits until they are back."""
    paused = []
    for row, _ in await _live(crm, {person_id}):
        if row.status is EnrolmentStatus.ACTIVE:
            row.status, row.paused_at, row.fence = EnrolmentStatus.PAUSED, now(), row.fence + 1
            row.pause_until, row.lease_until, row.reason = until, None, "They are away."
            paused.append(row)
    await crm.flush()
    return paused


async def heed_ending(
    crm: Crm, person_id: UUID, status: EnrolmentStatus, *, at: datetime | None = None
) -> list[Enrolment]:
    """A bounce or an unsubscription ends every sequence they are in."""
    rows = [row for row, _ in await _live(crm, {person_id})]
    for row in rows:
        end(row, status, None, at or now())
    await crm.flush()
    return rows


async def heed_gift(crm: Crm, person_id: UUID, *, at: datetime | None = None) -> list[Enrolment]:
    """They gave: sequences that were there to ask end."""
    changed = []
    for row, sequence in await _live(crm, {person_id}):
        if sequence.stops_on_gift:
            end(row, EnrolmentStatus.COMPLETED, "They gave.", at or now())
            changed.append(row)
    await crm.flush()
    return changed


async def _live(crm: Crm, people: set[UUID]) -> list[tuple[Enrolment, Sequence]]:
    """Their places in sequences, held until commit."""
    rows = await crm.enrolments.all(
        crm.enrolments.everything()
        .where(Enrolment.person_id.in_(people), Enrolment.status.in_(LIVE))
        .order_by(Enrolment.id)
        .with_for_update()
    )
    found = await crm.sequences.all(
        crm.sequences.everything().where(Sequence.id.in_({row.sequence_id for row in rows}))
    )
    by_id = {sequence.id: sequence for sequence in found}
    return [(row, by_id[row.sequence_id]) for row in rows]


async def _ever_in(crm: Crm, person_id: UUID) -> list[Enrolment]:
    query = crm.enrolments.everything().where(Enrolment.person_id == person_id)
    return list(await crm.enrolments.all(query))


async def _partners(crm: Crm, person_id: UUID) -> set[UUID]:
    home = select(Person.household_id).where(Person.org_id == crm.actor.org, Person.id == person_id)
    found = await crm.session.scalars(
        select(Person.id).where(
            Person.org_id == crm.actor.org,
            Person.household_id == home.scalar_subquery(),
            Person.id != person_id,
        )
    )
    return set(found.all())


def _delay(row: Enrolment, until: datetime) -> None:
    if row.next_due_at is not None and row.next_due_at < until:
        row.next_due_at = until
