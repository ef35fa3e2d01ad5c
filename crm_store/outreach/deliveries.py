"""One row for each attempt to deliver, made before it so that its links can be followed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.outreach.models import Delivery, DeliveryStatus, Link, Outbox


def new_key() -> str:
    """Opaque, unguessable and short enough for a header that must not be folded."""
    return secrets.token_urlsafe(16)


def open_delivery(crm: Crm, row: Outbox, at: datetime) -> Delivery:
    """The delivery of one claim of an outbox row."""
    return crm.deliveries.add(
        Delivery(
            outbox_id=row.id,
            fence=row.fence,
            person_id=row.person_id,
            donor_id=row.donor_id,
            channel=row.channel,
            purpose=row.purpose,
            to_address=row.to_address,
            tracking_key=new_key(),
            mailbox_id=row.mailbox_id,
            queued_at=at,
        )
    )


def note_sent(
    delivery: Delivery,
    provider: str | None,
    provider_message_id: str | None,
    provider_thread_id: str | None,
    at: datetime,
) -> None:
    """The provider took it."""
    move(delivery, DeliveryStatus.SENT)
    delivery.sent_at = earliest(delivery.sent_at, at)
    delivery.provider = provider or delivery.provider
    delivery.provider_message_id = provider_message_id or delivery.provider_message_id
    delivery.provider_thread_id = provider_thread_id or delivery.provider_thread_id


def fail_delivery(delivery: Delivery, error: str | None, at: datetime) -> None:
    """The provider did not take it."""
    move(delivery, DeliveryStatus.FAILED)
    delivery.failed_at, delivery.error_message = earliest(delivery.failed_at, at), error


def move(delivery: Delivery, status: DeliveryStatus) -> None:
    delivery.status = delivery.status.joined(status)


def earliest(known: datetime | None, new: datetime) -> datetime:
    return new if known is None else min(known, new)


async def add_links(crm: Crm, delivery_id: UUID, urls: Sequence[tuple[str, str]]) -> list[Link]:
    """Addresses in a message and the words that carry them, to be followed through us."""
    delivery = await crm.deliveries.get(delivery_id)
    for url, _ in urls:
        if not url.lower().startswith(("https://", "http://")):
            raise Invalid("Only web addresses can be followed.")
    links = [
        Link(delivery_id=delivery.id, tracking_key=new_key(), url=url, label=label, position=place)
        for place, (url, label) in enumerate(urls, start=1)
    ]
    crm.session.add_all(links)
    await crm.flush()
    return links
