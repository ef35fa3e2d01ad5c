"""What comes back: reports and clicks in any order, each counted once, each with its effect."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from crm_store.base import new_id, now
from crm_store.campaigns.models import CampaignRecipient, RecipientState
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.outreach.deliveries import earliest, move
from crm_store.outreach.machines import is_machine
from crm_store.outreach.models import (
    BounceKind,
    Delivery,
    DeliveryStatus,
    Link,
    Outbox,
    OutboxState,
    SuppressionReason,
    TrackingEvent,
    TrackingKind,
)
from crm_store.outreach.suppressing import opt_out, suppress
from crm_store.sequences.heeding import heed_ending, heed_reply
from crm_store.sequences.models import EnrolmentStatus

BURST = timedelta(seconds=2)

REACHED = {
    TrackingKind.SENT: DeliveryStatus.SENT,
    TrackingKind.DELIVERED: DeliveryStatus.DELIVERED,
    TrackingKind.OPEN: DeliveryStatus.DELIVERED,
    TrackingKind.CLICK: DeliveryStatus.DELIVERED,
    TrackingKind.REPLY: DeliveryStatus.DELIVERED,
    TrackingKind.UNSUBSCRIBE: DeliveryStatus.DELIVERED,
    TrackingKind.BOUNCE: DeliveryStatus.BOUNCED,
    TrackingKind.COMPLAINT: DeliveryStatus.COMPLAINED,
    TrackingKind.FAILED: DeliveryStatus.FAILED,
}


async def record_event(
    crm: Crm,
    delivery_id: UUID,
    kind: TrackingKind,
    *,
    at: datetime | None = None,
    provider_event_id: str | None = None,
    bounce_kind: BounceKind | None = None,
    link_id: UUID | None = None,
    method: str = "GET",
    note: str | None = None,
    **seen: Any,
) -> TrackingEvent | None:
    """Something happened to a message we sent; None when this report was counted before.

    Seen: ip_address, user_agent, device_type, client, location, properties.
    """
    crm.actor.need("outreach:write")
    query = crm.deliveries.everything().where(Delivery.id == delivery_id)
    delivery = await crm.deliveries.one(query, lock=True)
    at = at or now()
    link = await _link_of(crm, delivery, link_id)
    event_id = await _insert(
        crm,
        kind=kind,
        delivery_id=delivery.id,
        campaign_id=delivery.campaign_id,
        person_id=delivery.person_id,
        at=at,
        provider_event_id=provider_event_id,
        link_id=link.id if link else None,
        link_url=link.url if link else None,
        is_machine=is_machine(kind, at, delivery.sent_at, seen.get("user_agent"), method),
        **seen,
    )
    if event_id is None:
        return None
    if kind is TrackingKind.CLICK:
        await _mark_bursts(crm, delivery, at)
    await _take_effect(crm, delivery, kind, bounce_kind, at, note)
    await crm.flush()
    return await crm.tracking_events.one(
        crm.tracking_events.everything().where(TrackingEvent.id == event_id)
    )


async def unsubscribe(
    crm: Crm, delivery_id: UUID, *, note: str | None = None, at: datetime | None = None
) -> None:
    """Somebody used the way out of a message we sent; using it again changes nothing."""
    await record_event(
        crm,
        delivery_id,
        TrackingKind.UNSUBSCRIBE,
        at=at,
        provider_event_id=f"unsubscribe:{delivery_id}",
        note=note,
    )


async def _insert(crm: Crm, **values: Any) -> UUID | None:
    statement = (
        insert(TrackingEvent)
        .values(
            id=new_id(),
            org_id=crm.actor.org,
            created_by=crm.actor.id,
            updated_by=crm.actor.id,
            **values,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "provider_event_id"])
        .returning(TrackingEvent.id)
    )
    made: UUID | None = await crm.session.scalar(statement)
    return made


async def _take_effect(
    crm: Crm,
    delivery: Delivery,
    kind: TrackingKind,
    bounce_kind: BounceKind | None,
    at: datetime,
    note: str | None,
) -> None:
    """The delivery moves as far as this shows it came; an address that refuses us is closed."""
    hard = kind is TrackingKind.BOUNCE and bounce_kind is not BounceKind.SOFT
    if kind is TrackingKind.BOUNCE:
        delivery.bounced_at = earliest(delivery.bounced_at, at)
        if delivery.bounce_kind is not BounceKind.HARD:
            delivery.bounce_kind = BounceKind.HARD if hard else BounceKind.SOFT
    elif kind is TrackingKind.FAILED:
        delivery.failed_at, delivery.error_message = earliest(delivery.failed_at, at), note
    elif kind is not TrackingKind.SENT:
        delivery.delivered_at = earliest(delivery.delivered_at, at)
    move(delivery, REACHED[kind])
    await _settle_unknown(crm, delivery, kind, at)
    closing = {
        TrackingKind.BOUNCE: SuppressionReason.HARD_BOUNCE if hard else None,
        TrackingKind.COMPLAINT: SuppressionReason.COMPLAINT,
    }.get(kind)
    if closing is not None:
        channel, address = delivery.channel, delivery.to_address
        await suppress(crm, channel, address, closing, note=note, delivery=delivery, at=at)
    elif kind is TrackingKind.UNSUBSCRIBE:
        await opt_out(crm, delivery, note=note, at=at)
    if delivery.person_id is not None:
        await _leave_sequences(crm, delivery.person_id, kind, at, hard=hard)


async def _leave_sequences(
    crm: Crm, person_id: UUID, kind: TrackingKind, at: datetime, *, hard: bool
) -> None:
    """Nothing more follows by itself once they answered, or once nothing can or may arrive."""
    async with crm.granted("sequences:read", "sequences:write"):
        if kind is TrackingKind.REPLY:
            await heed_reply(crm, person_id, at=at)
        elif kind is TrackingKind.BOUNCE and hard:
            await heed_ending(crm, person_id, EnrolmentStatus.BOUNCED, at=at)
        elif kind in {TrackingKind.UNSUBSCRIBE, TrackingKind.COMPLAINT}:
            await heed_ending(crm, person_id, EnrolmentStatus.UNSUBSCRIBED, at=at)


async def _settle_unknown(crm: Crm, delivery: Delivery, kind: TrackingKind, at: datetime) -> None:
    """A report about a message of which nobody knew whether it went says that it did."""
    if kind is TrackingKind.FAILED:
        return
    async with crm.granted("campaigns:read", "campaigns:write"):
        if delivery.outbox_id is not None:
            query = crm.outbox.everything().where(
                Outbox.id == delivery.outbox_id,
                Outbox.state == OutboxState.UNKNOWN,
                Outbox.fence == delivery.fence,
            )
            if row := await crm.outbox.first(query.with_for_update()):
                row.state, row.sent_at, row.error_message = OutboxState.SENT, at, None
        else:
            asked = crm.campaign_recipients.everything().where(
                CampaignRecipient.id == delivery.campaign_recipient_id,
                CampaignRecipient.state == RecipientState.UNKNOWN,
                CampaignRecipient.fence == delivery.fence,
            )
            if one := await crm.campaign_recipients.first(asked.with_for_update()):
                one.state, one.accepted_at = RecipientState.ACCEPTED, at
                one.error_message = None


async def _link_of(crm: Crm, delivery: Delivery, link_id: UUID | None) -> Link | None:
    if link_id is None:
        return None
    link = await crm.links.get(link_id)
    if link.delivery_id != delivery.id:
        raise Invalid("This link stands in another message.")
    return link


async def _mark_bursts(crm: Crm, delivery: Delivery, at: datetime) -> None:
    """Several links of one message followed within two seconds: a scanner went through it."""
    near = (
        TrackingEvent.org_id == crm.actor.org,
        TrackingEvent.delivery_id == delivery.id,
        TrackingEvent.kind == TrackingKind.CLICK,
        TrackingEvent.at.between(at - BURST, at + BURST),
    )
    found = await crm.tracking_events.all(crm.tracking_events.everything().where(*near))
    if len({event.link_id for event in found}) > 1:
        await crm.session.execute(update(TrackingEvent).where(*near).values(is_machine=True))
