"""Opening conversations, and everything that is said in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from crm_store.actor import Kind
from crm_store.base import now
from crm_store.channel import Channel, Direction
from crm_store.conversations.models import (
    Conversation,
    Handling,
    Message,
    MessageKind,
    MessageRole,
    MessageStatus,
)
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid

LONGEST = 100_000
KEPT_BY_TRIGGER = (
    "status",
    "epoch",
    "message_count",
    "unread_count",
    "last_message_at",
    "last_message_preview",
    "last_inbound_at",
    "language",
    "is_tainted",
    "snoozed_until",
    "resolved_at",
    "resolved_by",
    "updated_at",
)


async def open_conversation(
    crm: Crm,
    channel: Channel,
    *,
    person_id: UUID | None = None,
    visitor_id: UUID | None = None,
    thread_key: str | None = None,
    **facts: Any,
) -> Conversation:
    """Begin a conversation, or find the one this thread already is."""
    if thread_key is not None:
        known = await crm.conversations.by_thread(channel, thread_key)
        if known is not None:
            return known
    if person_id is not None:
        await crm.people.get(person_id)
    conversation = Conversation(
        channel=channel,
        person_id=person_id,
        visitor_id=visitor_id or crm.actor.visitor_id,
        thread_key=thread_key,
        **facts,
    )
    try:
        async with crm.session.begin_nested():
            crm.conversations.add(conversation)
    except IntegrityError as error:
        known = await crm.conversations.by_thread(channel, thread_key) if thread_key else None
        if known is None:
            raise Conflict("This conversation could not be opened.") from error
        return known
    return conversation


async def receive(
    crm: Crm,
    conversation_id: UUID,
    content: str,
    *,
    provider_message_id: str | None = None,
    is_tainted: bool = True,
    **facts: Any,
) -> tuple[Message, bool]:
    """Take in what somebody wrote, once; and whether it is new. After a resolved matter it opens
    a new epoch."""
    conversation = await crm.conversations.get(conversation_id)
    if provider_message_id is not None:
        known = await crm.messages.by_provider_id(conversation.channel, provider_message_id)
        if known is not None:
            return known, False
    message = Message(
        conversation_id=conversation.id,
        channel=conversation.channel,
        direction=Direction.INBOUND,
        role=MessageRole.USER,
        status=MessageStatus.DELIVERED,
        content=_fitting(content),
        provider_message_id=provider_message_id,
        is_tainted=is_tainted,
        **facts,
    )
    if crm.actor.kind is not Kind.VISITOR and message.person_id is None:
        message.person_id = conversation.person_id
    return await _say_once(crm, conversation, message)


async def reply(
    crm: Crm,
    conversation_id: UUID,
    content: str,
    *,
    role: MessageRole = MessageRole.STAFF,
    status: MessageStatus = MessageStatus.QUEUED,
    reply_to_id: UUID | None = None,
    **facts: Any,
) -> Message:
    """Answer, as staff or as the assistant. Sending it is the outbox's work."""
    conversation = await crm.conversations.get(conversation_id)
    if not content.strip():
        raise Invalid("A reply needs words.")
    if status is MessageStatus.SCHEDULED and facts.get("scheduled_at") is None:
        raise Invalid("Say when this reply should go.")
    if reply_to_id is not None:
        first = await crm.messages.get(reply_to_id)
        if first.conversation_id != conversation.id:
            raise Invalid("The message answered is in another conversation.")
    if role is MessageRole.STAFF:
        facts.setdefault("member_id", crm.actor.member_id)
    message = Message(
        conversation_id=conversation.id,
        channel=conversation.channel,
        direction=Direction.OUTBOUND,
        role=role,
        status=status,
        content=_fitting(content),
        reply_to_id=reply_to_id,
        **facts,
    )
    if role is MessageRole.STAFF and conversation.handling is not Handling.PERSON:
        conversation.handling = Handling.PERSON
    message, _ = await _say_once(crm, conversation, message)
    return message


async def add_internal_note(crm: Crm, conversation_id: UUID, content: str) -> Message:
    """Something for colleagues alone; the other side never sees it."""
    conversation = await crm.conversations.get(conversation_id)
    if not content.strip():
        raise Invalid("A note needs words.")
    message = Message(
        conversation_id=conversation.id,
        channel=conversation.channel,
        direction=Direction.OUTBOUND,
        role=MessageRole.STAFF,
        kind=MessageKind.NOTE,
        status=MessageStatus.DELIVERED,
        is_internal=True,
        content=_fitting(content),
        member_id=crm.actor.member_id,
    )
    message, _ = await _say_once(crm, conversation, message)
    return message


async def record_status(
    crm: Crm,
    channel: Channel,
    provider_message_id: str,
    status: MessageStatus,
    *,
    at: datetime | None = None,
    error_code: str | None = None,
    error: str | None = None,
) -> Message | None:
    """A provider's report on a message of ours, in whatever order reports arrive; None when the
    message is not known yet."""
    query = crm.messages.rows().where(
        Message.channel == channel, Message.provider_message_id == provider_message_id
    )
    message = await crm.messages.first(query.with_for_update())
    if message is None:
        return None
    at = at or now()
    message.status = message.status.joined(status)
    if status is MessageStatus.DELIVERED:
        message.delivered_at = _earliest(message.delivered_at, at)
    elif status is MessageStatus.READ:
        message.read_at = _earliest(message.read_at, at)
    elif status is MessageStatus.FAILED:
        report = (at, error_code or "", error or "")
        known = message.failed_at
        if known is None or report < (known, message.error_code or "", message.error or ""):
            message.failed_at, message.error_code, message.error = at, error_code, error
    await crm.flush()
    return message


async def _say_once(crm: Crm, conversation: Conversation, message: Message) -> tuple[Message, bool]:
    """Add a message; one that another process took in at the same moment is found instead."""
    try:
        async with crm.session.begin_nested():
            crm.messages.add(message)
    except IntegrityError as error:
        if message.provider_message_id is None:
            raise
        known = await crm.messages.by_provider_id(message.channel, message.provider_message_id)
        if known is None:
            raise Conflict("This message is known in another conversation.") from error
        return known, False
    await crm.session.refresh(conversation, KEPT_BY_TRIGGER)
    return message, True


def _fitting(content: str) -> str:
    """PostgreSQL keeps no NUL, and nobody reads a message longer than a book."""
    if len(content) > LONGEST:
        raise Invalid(f"A message may be {LONGEST:,} characters long at most.")
    return content.replace("\0", "")


def _earliest(known: datetime | None, new: datetime) -> datetime:
    return new if known is None else min(known, new)
