"""Who deals with a conversation, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm_store.base import now
from crm_store.conversations.models import Conversation, ConversationStatus, Handling
from crm_store.crm import Crm
from crm_store.errors import Invalid


async def assign(crm: Crm, conversation_id: UUID, member_id: UUID | None) -> Conversation:
    """Give a conversation to a member of staff, or to nobody."""
    conversation = await crm.conversations.get(conversation_id, lock=True)
    if member_id is not None:
        await crm.members.get(member_id)
        conversation.handling = Handling.PERSON
    conversation.owner_id = member_id
    await crm.flush()
    return conversation


async def ask_for_person(crm: Crm, conversation_id: UUID) -> Conversation:
    """The other side wants somebody, not the assistant."""
    conversation = await crm.conversations.get(conversation_id, lock=True)
    if conversation.handling is Handling.ASSISTANT:
        conversation.handling = Handling.PERSON_WANTED
    await crm.flush()
    return conversation


async def hand_back(crm: Crm, conversation_id: UUID) -> Conversation:
    """Let the assistant answer again."""
    conversation = await crm.conversations.get(conversation_id, lock=True)
    conversation.handling = Handling.ASSISTANT
    await crm.flush()
    return conversation


async def resolve(crm: Crm, conversation_id: UUID, *, at: datetime | None = None) -> Conversation:
    """The matter is dealt with. Whatever they write next begins a new one."""
    conversation = await crm.conversations.get(conversation_id, lock=True)
    if conversation.status is not ConversationStatus.RESOLVED:
        conversation.status = ConversationStatus.RESOLVED
        conversation.resolved_at, conversation.resolved_by = at or now(), crm.actor.id
        conversation.snoozed_until, conversation.unread_count = None, 0
    await crm.flush()
    return conversation


async def reopen(crm: Crm, conversation_id: UUID) -> Conversation:
    """It was not dealt with after all: the same matter goes on."""
    conversation = await crm.conversations.get(conversation_id, lock=True)
    conversation.status = ConversationStatus.ACTIVE
    conversation.resolved_at = conversation.resolved_by = conversation.snoozed_until = None
    await crm.flush()
    return conversation


async def archive(crm: Crm, conversation_id: UUID) -> Conversation:
    """Put a conversation away; it stays findable."""
    conversation = await crm.conversations.get(conversation_id, lock=True)
    conversation.status, conversation.snoozed_until = ConversationStatus.ARCHIVED, None
    await crm.flush()
    return conversation


async def snooze(crm: Crm, conversation_id: UUID, until: datetime) -> Conversation:
    """Out of sight until then, or until they write."""
    conversation = await crm.conversations.get(conversation_id, lock=True)
    if until <= now():
        raise Invalid("Choose a time that is still to come.")
    conversation.status, conversation.snoozed_until = ConversationStatus.SNOOZED, until
    await crm.flush()
    return conversation


async def mark_read(crm: Crm, conversation_id: UUID) -> Conversation:
    """Everything here has been seen, by the organisation and by this member."""
    conversation = await crm.conversations.get(conversation_id, lock=True)
    conversation.unread_count = 0
    for participant in await crm.participants.of(conversation.id):
        if participant.member_id is not None and participant.member_id == crm.actor.member_id:
            participant.last_read_seq = conversation.message_count
    await crm.flush()
    return conversation


async def rate(crm: Crm, conversation_id: UUID, stars: int, words: str | None = None) -> None:
    """What the other side thought of the help they got."""
    if not 1 <= stars <= 5:
        raise Invalid("A rating is 1 to 5.")
    conversation = await crm.conversations.get(conversation_id, lock=True)
    conversation.rating, conversation.rating_comment = stars, words
    await crm.flush()
