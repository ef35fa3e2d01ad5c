"""Questions about the organisation's ends of a conversation: visitors, calls, accounts, widgets."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, true

from crm_store.actor import Kind, Reach
from crm_store.base import now
from crm_store.channel import Channel
from crm_store.contacts.models import Person
from crm_store.conversations.models import (
    AllowedSender,
    CallStatus,
    ChannelAccount,
    PhoneCall,
    Visitor,
    VisitorSession,
    Widget,
)
from crm_store.errors import NotFound
from crm_store.following import follows
from crm_store.repository import Page, Repository


class VisitorRepository(Repository[Visitor]):
    model = Visitor

    def visible(self) -> ColumnElement[bool]:
        if self.actor.kind is Kind.VISITOR:
            return Visitor.id == self.actor.visitor_id
        return follows(self.actor, (Visitor.person_id, Person))

    async def by_key(self, visitor_key: str) -> Visitor | None:
        return await self.first(self.rows().where(Visitor.visitor_key == visitor_key))


class VisitorSessionRepository(Repository[VisitorSession]):
    model = VisitorSession

    async def by_token(self, token: str, at: datetime | None = None) -> VisitorSession:
        """The open session a token proves; an ended, expired or unknown one is not found."""
        return await self.one(
            self.rows().where(
                VisitorSession.token_hash == sha256(token.encode()).digest(),
                VisitorSession.ended_at.is_(None),
                VisitorSession.expires_at > (at or now()),
            )
        )


class PhoneCallRepository(Repository[PhoneCall]):
    model = PhoneCall

    def visible(self) -> ColumnElement[bool]:
        if self.actor.reach is Reach.ALL:
            return true()
        mine = PhoneCall.member_id == self.actor.member_id
        return or_(mine, follows(self.actor, (PhoneCall.person_id, Person)))

    async def by_provider_id(self, provider_call_id: str) -> PhoneCall | None:
        return await self.first(self.rows().where(PhoneCall.provider_call_id == provider_call_id))

    async def missed(self, since: datetime, limit: int = 20) -> Page[PhoneCall]:
        """Calls nobody took, newest first."""
        return await self.page(
            PhoneCall.status.in_([CallStatus.MISSED, CallStatus.VOICEMAIL]),
            PhoneCall.started_at >= since,
            limit=limit,
            order=PhoneCall.started_at.desc(),
        )


class ChannelAccountRepository(Repository[ChannelAccount]):
    model = ChannelAccount

    async def for_sending(self, channel: Channel, *, for_staff: bool = False) -> ChannelAccount:
        """The sender to use on a channel."""
        found = await self.first(
            self.rows()
            .where(
                ChannelAccount.channel == channel,
                ChannelAccount.is_active,
                ChannelAccount.is_for_staff.is_(for_staff),
            )
            .order_by(ChannelAccount.is_default.desc(), ChannelAccount.id)
        )
        if found is None:
            raise NotFound(f"No {channel.value.replace('_', ' ')} account is connected.")
        return found


class WidgetRepository(Repository[Widget]):
    model = Widget

    async def by_embed_key(self, embed_key: str) -> Widget:
        return await self.one(self.rows().where(Widget.embed_key == embed_key, Widget.is_active))


class AllowedSenderRepository(Repository[AllowedSender]):
    model = AllowedSender

    async def may_write(self, address: str, account_id: UUID | None = None) -> bool:
        """Whether mail from this address is taken in; an address outweighs its domain, and where
        nobody is named, everybody may."""
        address = address.strip().casefold()
        listed = self.everything().where(
            or_(
                AllowedSender.channel_account_id.is_(None),
                AllowedSender.channel_account_id == account_id,
            )
        )
        domain = f"@{address.rpartition('@')[2]}"
        named = await self.first(
            listed.where(AllowedSender.pattern.in_([address, domain])).order_by(
                func.starts_with(AllowedSender.pattern, "@"), AllowedSender.is_allowed
            )
        )
        if named is not None:
            return named.is_allowed
        return await self.first(listed.where(AllowedSender.is_allowed)) is None
