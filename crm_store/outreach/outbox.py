"""What must leave: put in once, claimed by one worker at a time, and never sent twice blindly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from crm_store.base import now
from crm_store.channel import Channel, Purpose
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, NotFound, Refused
from crm_store.outreach.addresses import normalise
from crm_store.outreach.deciding import decide
from crm_store.outreach.deliveries import fail_delivery, note_sent
from crm_store.outreach.judging import WRITTEN, Verdict
from crm_store.outreach.models import Delivery, Draft, DraftStatus, Outbox, OutboxKind, OutboxState

BACKOFF = timedelta(minutes=5)


class MayNotContact(Refused):
    """They may not be written to."""

    def __init__(self, reasons: Iterable[str]) -> None:
        super().__init__(" ".join(reasons))


class StaleClaim(Conflict):
    """Somebody else has taken this message over, so this result no longer counts."""


class Outcome(StrEnum):
    """What the provider said, or that it said nothing."""

    SENT = "sent"
    REFUSED = "refused"
    TRY_AGAIN = "try_again"
    UNKNOWN = "unknown"


async def enqueue(
    crm: Crm,
    kind: OutboxKind,
    *,
    channel: Channel,
    purpose: Purpose,
    idempotency_key: str,
    to_address: str | None = None,
    person_id: UUID | None = None,
    not_before: datetime | None = None,
    **content: Any,
) -> Outbox:
    """Put a message in the outbox, once for each key. What nobody asked for needs a person who
    may be written to; where only the hour is wrong, it waits."""
    known = await crm.outbox.by_key(idempotency_key)
    if known is not None:
        return known
    at = max(not_before or now(), now())
    row = Outbox(
        kind=kind,
        channel=channel,
        purpose=purpose,
        idempotency_key=idempotency_key,
        person_id=person_id,
        not_before=at,
        **content,
    )
    if purpose.is_marketing:
        if person_id is None or channel not in WRITTEN:
            raise Invalid("Say whom this message is for, and send it where it can be written.")
        verdict = await _allowed(crm, person_id, channel, purpose, at)
        row.to_address, row.decision_id = verdict.address or "", verdict.id
        row.not_before = verdict.not_before or at
        row.donor_id = row.donor_id or verdict.donor_id
    else:
        if not to_address:
            raise Invalid("Say where this message should go.")
        row.to_address = normalise(channel, to_address)
    return await _add_once(crm, row)


async def record_result(
    crm: Crm,
    outbox_id: UUID,
    fence: int,
    outcome: Outcome,
    *,
    provider: str | None = None,
    provider_message_id: str | None = None,
    provider_thread_id: str | None = None,
    error: str | None = None,
    at: datetime | None = None,
) -> Outbox:
    """What became of a claimed message. Only the latest claim may say."""
    row = await crm.outbox.get(outbox_id, lock=True)
    at = at or now()
    if row.fence != fence or row.state not in {OutboxState.CLAIMED, OutboxState.UNKNOWN}:
        if row.state is OutboxState.SENT and row.fence == fence and outcome is Outcome.SENT:
            return row
        raise StaleClaim
    delivery = await _delivery_of(crm, row)
    row.lease_until, row.error_message = None, error
    if outcome is Outcome.SENT:
        row.state, row.sent_at = OutboxState.SENT, at
        note_sent(delivery, provider, provider_message_id, provider_thread_id, at)
    elif outcome is Outcome.UNKNOWN:
        row.state = OutboxState.UNKNOWN
    else:
        fail_delivery(delivery, error, at)
        again = outcome is Outcome.TRY_AGAIN and row.attempts < row.max_attempts
        row.state = OutboxState.PENDING if again else OutboxState.FAILED
        if again:
            row.not_before = at + BACKOFF * 2 ** (row.attempts - 1)
    await tell_draft(crm, row)
    await crm.flush()
    return row


async def lapse(crm: Crm, *, at: datetime | None = None) -> Sequence[Outbox]:
    """Claims whose worker was not heard of again: nobody knows whether they went, so they stay."""
    crm.actor.need("outreach:write")
    at = at or now()
    rows = await crm.outbox.all(
        crm.outbox.everything()
        .where(Outbox.state == OutboxState.CLAIMED, Outbox.lease_until < at)
        .with_for_update(skip_locked=True)
    )
    for row in rows:
        row.state, row.lease_until = OutboxState.UNKNOWN, None
        row.error_message = "The sender stopped before it could say whether this went out."
    await crm.flush()
    return rows


async def resolve_unknown(
    crm: Crm, outbox_id: UUID, *, was_sent: bool, at: datetime | None = None
) -> Outbox:
    """Somebody looked it up: it went, or it did not. It is not sent again by itself."""
    row = await crm.outbox.get(outbox_id, lock=True)
    if row.state is not OutboxState.UNKNOWN:
        raise Conflict("It is known already what became of this message.")
    outcome = Outcome.SENT if was_sent else Outcome.REFUSED
    return await record_result(crm, outbox_id, row.fence, outcome, at=at)


async def cancel(crm: Crm, outbox_id: UUID, because: str | None = None) -> Outbox:
    """Take a message back before anybody has begun to send it."""
    row = await crm.outbox.get(outbox_id, lock=True)
    if row.state is OutboxState.CANCELLED:
        return row
    if row.state is not OutboxState.PENDING:
        raise Conflict("This message is already on its way.")
    withdraw(row, because or "It was taken back.")
    await tell_draft(crm, row)
    await crm.flush()
    return row


async def _allowed(
    crm: Crm, person_id: UUID, channel: Channel, purpose: Purpose, at: datetime
) -> Verdict:
    """A positive decision for now, or for the first moment that is allowed."""
    await crm.people.get(person_id)
    for _ in range(4):
        (verdict,) = await decide(crm, [person_id], channel, purpose, at)
        if verdict.allowed:
            return replace(verdict, not_before=at)
        if verdict.not_before is None or verdict.not_before <= at:
            break
        at = verdict.not_before
    raise MayNotContact(verdict.reasons)


async def _add_once(crm: Crm, row: Outbox) -> Outbox:
    try:
        async with crm.session.begin_nested():
            crm.outbox.add(row)
    except IntegrityError as error:
        if "idempotency_key" not in str(error.orig):
            raise
        known = await crm.outbox.by_key(row.idempotency_key)
        if known is None:
            raise NotFound from error
        return known
    return row


async def _delivery_of(crm: Crm, row: Outbox) -> Delivery:
    query = crm.deliveries.everything().where(
        Delivery.outbox_id == row.id, Delivery.fence == row.fence
    )
    return await crm.deliveries.one(query, lock=True)


async def tell_draft(crm: Crm, row: Outbox) -> None:
    """A draft follows what became of its message."""
    told = {
        OutboxState.SENT: DraftStatus.SENT,
        OutboxState.FAILED: DraftStatus.FAILED,
        OutboxState.CANCELLED: DraftStatus.CANCELLED,
    }
    if row.draft_id is not None and row.state in told:
        query = crm.drafts.everything().where(Draft.id == row.draft_id)
        draft = await crm.drafts.one(query, lock=True)
        draft.status = told[row.state]
        draft.sent_at, draft.error_message = row.sent_at, row.error_message


def withdraw(row: Outbox, because: str) -> None:
    row.state, row.error_message = OutboxState.CANCELLED, because
