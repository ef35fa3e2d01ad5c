"""What each channel adds to a message, and the files that come with it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from crm_store.base import now
from crm_store.conversations.models import (
    Attachment,
    CallStatus,
    EmailDetail,
    PhoneCall,
    PhoneDetail,
    WhatsappDetail,
    WidgetDetail,
)
from crm_store.crm import Crm
from crm_store.errors import Invalid

BIGGEST = 25 * 1024 * 1024

Detail = TypeVar("Detail", EmailDetail, WhatsappDetail, WidgetDetail, PhoneDetail)

ENDED = frozenset(set(CallStatus) - {CallStatus.RINGING, CallStatus.IN_PROGRESS})


async def add_detail(crm: Crm, detail: Detail) -> Detail:
    """Keep what the channel says of a message beside it."""
    await crm.messages.get(detail.message_id)
    detail.org_id = crm.actor.org
    crm.session.add(detail)
    await crm.flush()
    return detail


async def attach(
    crm: Crm,
    message_id: UUID,
    file_name: str,
    mime_type: str,
    *,
    data: bytes | None = None,
    blob_path: str | None = None,
    size_bytes: int | None = None,
    digest: bytes | None = None,
    **facts: Any,
) -> Attachment:
    """Keep a file with a message: its bytes, or where they lie with their size and SHA-256."""
    message = await crm.messages.get(message_id)
    if data is not None:
        if len(data) > BIGGEST:
            raise Invalid("A file kept with a message may be 25 MB at most.")
        size_bytes, digest = len(data), sha256(data).digest()
    if size_bytes is None or digest is None or (data is None and blob_path is None):
        raise Invalid("Give the file's bytes, or its place, size and SHA-256.")
    made = crm.attachments.add(
        Attachment(
            message_id=message.id,
            file_name=_plain_name(file_name),
            mime_type=mime_type.casefold(),
            size_bytes=size_bytes,
            sha256=digest,
            data=data,
            blob_path=blob_path,
            **facts,
        )
    )
    await crm.flush()
    return made


async def record_call(crm: Crm, provider_call_id: str | None = None, **facts: Any) -> PhoneCall:
    """A call, or the next thing known of one: reports may come in any order and more than once."""
    known = None
    if provider_call_id is not None:
        known = await crm.phone_calls.by_provider_id(provider_call_id)
    if known is None:
        call = crm.phone_calls.add(PhoneCall(provider_call_id=provider_call_id, **facts))
    else:
        call = await crm.phone_calls.get(known.id, lock=True)
        status = facts.pop("status", call.status)
        if call.status not in ENDED:
            call.status = status
        for name, value in facts.items():
            if value is not None:
                setattr(call, name, value)
    await crm.flush()
    if call.status in ENDED:
        call.ended_at = call.ended_at or now()
    if call.duration_seconds is None and call.answered_at and call.ended_at:
        call.duration_seconds = int((call.ended_at - call.answered_at).total_seconds())
    await crm.flush()
    return call


def _plain_name(file_name: str) -> str:
    """The name alone, without a path and without what a terminal or a header would obey."""
    base = file_name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in base if c.isprintable()).strip(". ")
    return kept[:200] or "file"
