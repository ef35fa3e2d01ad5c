"""Who takes part in a conversation."""

from __future__ import annotations

from uuid import UUID

from crm_store.base import now
from crm_store.conversations.models import Participant, ParticipantRole
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid


class AlreadyThere(Conflict):
    """They take part in this conversation already."""


async def add_participant(
    crm: Crm,
    conversation_id: UUID,
    *,
    member_id: UUID | None = None,
    person_id: UUID | None = None,
    visitor_id: UUID | None = None,
    role: ParticipantRole = ParticipantRole.PARTICIPANT,
) -> Participant:
    """Bring somebody into a conversation, again if they had left."""
    conversation = await crm.conversations.get(conversation_id)
    if sum(one is not None for one in (member_id, person_id, visitor_id)) != 1:
        raise Invalid("Name one member, one person or one visitor.")
    for known in await crm.participants.of(conversation.id):
        if (known.member_id, known.person_id, known.visitor_id) == (
            member_id,
            person_id,
            visitor_id,
        ):
            if known.left_at is None:
                raise AlreadyThere
            known.left_at, known.role = None, role
            await crm.flush()
            return known
    participant = crm.participants.add(
        Participant(
            conversation_id=conversation.id,
            member_id=member_id,
            person_id=person_id,
            visitor_id=visitor_id,
            role=role,
        )
    )
    await crm.flush()
    return participant


async def remove_participant(crm: Crm, participant_id: UUID) -> Participant:
    """Somebody leaves; that they were there stays on record."""
    participant = await crm.participants.get(participant_id, lock=True)
    participant.left_at = participant.left_at or now()
    await crm.flush()
    return participant
