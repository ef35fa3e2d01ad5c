"""Questions about conversations, their messages, visitors, calls and channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, not_, or_, select, true
from sqlalchemy.orm import undefer_group

from crm_store.actor import Actor, Kind, Reach
from crm_store.channel import Channel
from crm_store.contacts.models import Person
from crm_store.conversations.models import (
    Attachment,
    Conversation,
    ConversationStatus,
    EmailDetail,
    Message,
    MessageRole,
    MessageStatus,
    Participant,
    PhoneDetail,
    WhatsappDetail,
    WidgetDetail,
)
from crm_store.donors.models import Donor, DonorPerson
from crm_store.following import follows
from crm_store.repository import Page, Repository, Row, reach_of

SPOKEN = (MessageRole.USER, MessageRole.ASSISTANT, MessageRole.STAFF)


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """A visitor's own; for staff: theirs to answer, those they take part in, those of people
    they may see, and what nobody has taken yet from somebody unknown."""
    if actor.kind is Kind.VISITOR:
        return Conversation.visitor_id == actor.visitor_id
    if actor.reach is Reach.ALL:
        return true()
    mine = select(Participant.conversation_id).where(
        Participant.org_id == actor.org, Participant.member_id == actor.member_id
    )
    parents = (Conversation.donor_id, Donor), (Conversation.person_id, Person)
    nobody = and_(*(column.is_(None) for column, _ in parents))
    unclaimed = and_(Conversation.owner_id.is_(None), nobody)
    known = and_(not_(nobody), follows(actor, *parents))
    shared = Conversation.channel != Channel.DESK
    return or_(
        reach_of(actor, Conversation),
        Conversation.id.in_(mine) if actor.member_id else false(),
        and_(shared, or_(unclaimed, known)),
    )


class ConversationRepository(Repository[Conversation]):
    model = Conversation

    def everything(self) -> Select[Conversation]:
        query = super().everything()
        visitor = self.actor.kind is Kind.VISITOR
        return query if visitor else query.options(undefer_group("staff_only"))

    def visible(self) -> ColumnElement[bool]:
        return within_reach(self.actor)

    async def inbox(
        self,
        *,
        status: ConversationStatus | None = ConversationStatus.ACTIVE,
        channel: Channel | None = None,
        owner_id: UUID | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> Page[Conversation]:
        """The latest first, as a list of conversations shows them."""
        criteria = [
            column == value
            for column, value in (
                (Conversation.status, status),
                (Conversation.channel, channel),
                (Conversation.owner_id, owner_id),
            )
            if value is not None
        ]
        order = (Conversation.last_message_at.desc().nulls_last(), Conversation.id.desc())
        return await self.page(*criteria, limit=limit, offset=offset, order=order)

    async def by_thread(self, channel: Channel, thread_key: str) -> Conversation | None:
        return await self.first(
            self.rows().where(
                Conversation.channel == channel, Conversation.thread_key == thread_key
            )
        )

    async def of_person(self, person_id: UUID, limit: int = 20) -> Page[Conversation]:
        """All that was said with somebody, on any channel, whoever else took part."""
        among = select(Participant.conversation_id).where(
            Participant.org_id == self.actor.org, Participant.person_id == person_id
        )
        return await self.page(
            or_(Conversation.person_id == person_id, Conversation.id.in_(among)), limit=limit
        )

    async def of_donor(self, donor_id: UUID, limit: int = 20) -> Page[Conversation]:
        """With a giving unit as such, or with anybody who gives with it."""
        people = select(DonorPerson.person_id).where(
            DonorPerson.org_id == self.actor.org,
            DonorPerson.donor_id == donor_id,
            DonorPerson.left_at.is_(None),
        )
        return await self.page(
            or_(Conversation.donor_id == donor_id, Conversation.person_id.in_(people)),
            limit=limit,
        )

    async def of_visitor(self, visitor_id: UUID) -> Conversation | None:
        """The one a visitor comes back to."""
        return await self.first(
            self.rows()
            .where(Conversation.visitor_id == visitor_id)
            .order_by(Conversation.id.desc())
        )

    async def due_to_wake(self, at: datetime) -> Sequence[Conversation]:
        return await self.all(
            self.rows().where(
                Conversation.status == ConversationStatus.SNOOZED, Conversation.snoozed_until <= at
            )
        )


class PartRepository(Repository[Row]):
    """What belongs to a conversation, seen with it."""

    def visible(self) -> ColumnElement[bool]:
        if self.actor.kind is not Kind.VISITOR and self.actor.reach is Reach.ALL:
            return true()
        seen = select(Conversation.id).where(
            Conversation.org_id == self.actor.org, within_reach(self.actor)
        )
        return self.model.conversation_id.in_(seen)  # type: ignore[no-any-return]


class ParticipantRepository(PartRepository[Participant]):
    model = Participant

    async def of(self, conversation_id: UUID) -> Sequence[Participant]:
        return await self.all(
            self.rows()
            .where(Participant.conversation_id == conversation_id)
            .order_by(Participant.joined_at, Participant.id)
        )


class MessageRepository(PartRepository[Message]):
    model = Message

    def visible(self) -> ColumnElement[bool]:
        if self.actor.kind is Kind.VISITOR:
            return and_(
                Message.visitor_id == self.actor.visitor_id,
                Message.is_internal.is_(False),
                Message.role.in_(SPOKEN),
            )
        return super().visible()

    async def recent(
        self, conversation_id: UUID, limit: int = 50, *, before: int | None = None
    ) -> Sequence[Message]:
        """The last so many in the order they were said; page back with `before`."""
        query = self.rows().where(Message.conversation_id == conversation_id)
        if before is not None:
            query = query.where(Message.seq < before)
        found = await self.all(query.order_by(Message.seq.desc()).limit(limit))
        return list(reversed(found))

    async def by_provider_id(self, channel: Channel, provider_message_id: str) -> Message | None:
        return await self.first(
            self.rows().where(
                Message.channel == channel, Message.provider_message_id == provider_message_id
            )
        )

    async def answer_to(self, message_id: UUID) -> Message | None:
        """What the assistant or staff replied to a message."""
        return await self.first(
            self.rows().where(Message.reply_to_id == message_id).order_by(Message.seq)
        )

    async def due(self, at: datetime, limit: int = 100) -> Sequence[Message]:
        """Scheduled messages whose time has come."""
        return await self.all(
            self.rows()
            .where(Message.status == MessageStatus.SCHEDULED, Message.scheduled_at <= at)
            .order_by(Message.scheduled_at, Message.id)
            .limit(limit)
        )


class OfMessageRepository(Repository[Row]):
    """What belongs to a message, seen with it."""

    def visible(self) -> ColumnElement[bool]:
        if self.actor.kind is not Kind.VISITOR and self.actor.reach is Reach.ALL:
            return true()
        seen = MessageRepository(self.session)
        ids = select(Message.id).where(Message.org_id == self.actor.org, seen.visible())
        return self.model.message_id.in_(ids)  # type: ignore[no-any-return]

    async def of(self, message_id: UUID) -> Sequence[Row]:
        return await self.all(
            self.rows().where(self.model.message_id == message_id).order_by(self.model.id)
        )


class EmailDetailRepository(OfMessageRepository[EmailDetail]):
    model = EmailDetail

    async def thread_of(self, *rfc_message_ids: str) -> UUID | None:
        """The conversation that any of these Message-IDs belongs to."""
        found: UUID | None = await self.session.scalar(
            select(Message.conversation_id)
            .join(EmailDetail, EmailDetail.message_id == Message.id)
            .where(
                Message.org_id == self.actor.org,
                EmailDetail.org_id == self.actor.org,
                EmailDetail.rfc_message_id.in_(rfc_message_ids),
            )
            .order_by(Message.seq.desc())
            .limit(1)
        )
        return found


class WhatsappDetailRepository(OfMessageRepository[WhatsappDetail]):
    model = WhatsappDetail


class WidgetDetailRepository(OfMessageRepository[WidgetDetail]):
    model = WidgetDetail


class PhoneDetailRepository(OfMessageRepository[PhoneDetail]):
    model = PhoneDetail


class AttachmentRepository(OfMessageRepository[Attachment]):
    model = Attachment
