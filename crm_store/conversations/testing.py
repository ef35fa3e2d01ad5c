"""Conversations, visitors and messages for tests, with as few words as a test has."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from crm_store.actor import Actor
from crm_store.channel import Channel
from crm_store.conversations import actions
from crm_store.conversations.accounts import add_widget, connect_account
from crm_store.conversations.models import (
    ChannelAccount,
    Conversation,
    Message,
    Visitor,
    Widget,
)
from crm_store.conversations.visiting import meet_visitor
from crm_store.crm import Crm

VISITOR_SCOPES = frozenset({"conversations:read", "conversations:write"})


async def make_widget(crm: Crm, name: str = "Website", **more: Any) -> Widget:
    return await add_widget(crm, name, more.pop("domains", ["harbour.example"]), **more)


async def make_visitor(crm: Crm, **more: Any) -> Visitor:
    return await meet_visitor(crm, more.pop("visitor_key", str(uuid4())), **more)


async def make_account(
    crm: Crm, channel: Channel = Channel.WHATSAPP, address: str = "+302101234567", **more: Any
) -> ChannelAccount:
    return await connect_account(crm, channel, address, **more)


async def make_conversation(
    crm: Crm, channel: Channel = Channel.EMAIL, **more: Any
) -> Conversation:
    return await actions.open_conversation(crm, channel, **more)


async def make_message(
    crm: Crm, conversation: Conversation, content: str = "Good morning", **more: Any
) -> Message:
    """Something the other side wrote."""
    message, _ = await actions.receive(crm, conversation.id, content, **more)
    return message


def as_visitor(crm: Crm, visitor: Visitor) -> Actor:
    """The website visitor as the widget's door would make them."""
    return Actor.visitor(crm.actor.org, visitor.id, VISITOR_SCOPES)
