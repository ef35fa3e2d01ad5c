"""Taking from the outbox what may go now: one worker each, asked again, within every limit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from crm_store.base import now
from crm_store.channel import Channel, Purpose
from crm_store.contacts.models import Person
from crm_store.crm import Crm
from crm_store.outreach.addresses import hash_of
from crm_store.outreach.deciding import decide
from crm_store.outreach.deliveries import open_delivery
from crm_store.outreach.holding import may_leave
from crm_store.outreach.mailboxes import room_today
from crm_store.outreach.models import Delivery, Outbox, OutboxState, Suppression
from crm_store.outreach.outbox import tell_draft, withdraw
from crm_store.outreach.suppressing import hold_homes

LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claim:
    """A message a worker holds until its lease ends, with the number that proves it."""

    outbox: Outbox
    delivery: Delivery
    fence: int


async def claim(
    crm: Crm,
    worker: str,
    *,
    limit: int = 50,
    channel: Channel | None = None,
    lease: timedelta = LEASE,
    at: datetime | None = None,
) -> list[Claim]:
    """Take what is due, each message by one worker. Whether it may go is asked again here."""
    crm.actor.need("outreach:write")
    at = at or now()
    due = crm.outbox.everything().where(
        Outbox.state == OutboxState.PENDING, Outbox.not_before <= at, may_leave()
    )
    if channel is not None:
        due = due.where(Outbox.channel == channel)
    rows = await crm.outbox.all(
        due.order_by(Outbox.not_before, Outbox.id).limit(limit).with_for_update(skip_locked=True)
    )
    rows = [row for row in rows if not _is_too_late(row, at)]
    rows = await _within_mailboxes(crm, await _still_allowed(crm, rows, at), at)
    claims = []
    for row in rows:
        row.state, row.claimed_by = OutboxState.CLAIMED, worker
        row.lease_until, row.fence, row.attempts = at + lease, row.fence + 1, row.attempts + 1
        claims.append(Claim(row, open_delivery(crm, row, at), row.fence))
    await crm.flush()
    return claims


async def _still_allowed(crm: Crm, rows: list[Outbox], at: datetime) -> list[Outbox]:
    """Those that may go now; the others wait for their hour or are withdrawn with the reason.

    Of one household only the first is taken, so that each decision sees the sending before it.
    """
    people = await homes_of(crm, [row.person_id for row in rows if row.person_id])
    await hold_homes(crm, set(people.values()))
    kept = await _not_stopped(crm, [row for row in rows if not row.purpose.is_marketing])
    asked: dict[tuple[Channel, Purpose], list[Outbox]] = defaultdict(list)
    seen: set[UUID] = set()
    for row in rows:
        home = people.get(row.person_id) if row.person_id else None
        if row.purpose.is_marketing and home is not None and home not in seen:
            seen.add(home)
            asked[row.channel, row.purpose].append(row)
    for (channel, purpose), group in asked.items():
        wanted = [row.person_id for row in group if row.person_id]
        verdicts = await decide(crm, wanted, channel, purpose, at)
        for row, verdict in zip(group, verdicts, strict=True):
            if verdict.allowed:
                row.decision_id, row.to_address = verdict.id, verdict.address or row.to_address
                kept.append(row)
            elif verdict.not_before is not None:
                row.not_before = verdict.not_before
            else:
                withdraw(row, " ".join(verdict.reasons))
                await tell_draft(crm, row)
    return kept


async def _not_stopped(crm: Crm, rows: list[Outbox]) -> list[Outbox]:
    """Even what was asked for does not go to a dead address or against a STOP."""
    digests = {row.id: hash_of(row.org_id, row.channel, row.to_address) for row in rows}
    standing = await crm.suppressions.all(
        crm.suppressions.everything().where(
            Suppression.address_hash.in_(digests.values()), Suppression.lifted_at.is_(None)
        )
    )
    blocked = {found.address_hash: found for found in standing if found.reason.blocks_everything}
    for row in rows:
        if found := blocked.get(digests[row.id]):
            because = found.reason.value.replace("_", " ")
            withdraw(row, f"The address is not written to any more: {because}.")
    return [row for row in rows if digests[row.id] not in blocked]


async def _within_mailboxes(crm: Crm, rows: list[Outbox], at: datetime) -> list[Outbox]:
    """No more from each mailbox than it has left today; the rest waits an hour."""
    by_box: dict[UUID, list[Outbox]] = defaultdict(list)
    for row in rows:
        if row.mailbox_id is not None:
            by_box[row.mailbox_id].append(row)
    waiting: set[UUID] = set()
    for box, group in sorted(by_box.items()):
        room = await room_today(crm, box, len(group), at)
        for row in group[room:]:
            row.not_before = at + timedelta(hours=1)
            waiting.add(row.id)
    return [row for row in rows if row.id not in waiting]


async def homes_of(crm: Crm, people: list[UUID]) -> dict[UUID, UUID]:
    """Each person's household, or the person alone."""
    found = await crm.session.execute(
        select(Person.id, Person.household_id).where(
            Person.org_id == crm.actor.org, Person.id.in_(people)
        )
    )
    return {person_id: household_id or person_id for person_id, household_id in found}


def _is_too_late(row: Outbox, at: datetime) -> bool:
    if row.expires_at is None or row.expires_at > at:
        return False
    withdraw(row, "It was too late to send this.")
    return True
