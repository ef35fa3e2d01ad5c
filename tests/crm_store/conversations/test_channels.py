"""Widgets, numbers, calls, and who may write in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm_store.actor import Actor, Door, Kind
from crm_store.base import now
from crm_store.channel import Channel, Direction
from crm_store.conversations.accounts import (
    add_widget,
    allow_sender,
    change_widget,
    disconnect_account,
    may_stand_on,
    new_embed_key,
)
from crm_store.conversations.details import add_detail, attach, record_call
from crm_store.conversations.models import CallStatus, EmailDetail, Widget
from crm_store.conversations.testing import (
    make_account,
    make_conversation,
    make_message,
    make_widget,
)
from crm_store.conversations.views import ConversationView, MessageView, VisitorView, WidgetView
from crm_store.conversations.visiting import meet_visitor
from crm_store.errors import Invalid, NotFound

SIGNING_IN = Actor(Kind.SIGNING_IN, Door.WIDGET)


async def found_by(store, function, key):
    async with store.begin(SIGNING_IN) as crm:
        return (await crm.session.execute(select(func.__getattr__(function)(key)))).scalars().all()


async def test_a_widget_is_found_before_its_organisation_is_known(store, house):
    async with house.begin() as crm:
        widget = await make_widget(crm)
        old = widget.embed_key
    assert str(house.org_id) in str(await found_by(store, "org_by_embed_key", old))
    async with house.begin() as crm:
        new = (await new_embed_key(crm, widget.id)).embed_key
    assert await found_by(store, "org_by_embed_key", old) == []
    assert str(widget.id) in str(await found_by(store, "org_by_embed_key", new))
    async with house.begin() as crm:
        await change_widget(crm, widget.id, is_active=False)
    assert await found_by(store, "org_by_embed_key", new) == []


async def test_a_webhook_finds_its_account_until_it_is_disconnected(store, house):
    async with house.begin() as crm:
        account = await make_account(crm, secret={"auth_token": "t"})
    found = await found_by(store, "org_by_channel_key", account.channel_key)
    assert str(account.id) in str(found)
    async with house.begin() as crm:
        gone = await disconnect_account(crm, account.id)
        assert gone.auth_token is None
        with pytest.raises(NotFound):
            await crm.channel_accounts.for_sending(Channel.WHATSAPP)
    assert await found_by(store, "org_by_channel_key", account.channel_key) == []


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("harbour.example", True),
        ("HARBOUR.example:443", True),
        ("www.harbour.example", False),
        ("shop.light.example", True),
        ("light.example", False),
        ("evil-light.example", False),
        ("harbour.example.evil.example", False),
        ("", False),
    ],
)
def test_a_widget_stands_only_where_it_may(host, allowed):
    widget = Widget(allowed_domains=["harbour.example", "*.light.example"])
    assert may_stand_on(widget, host) is allowed


async def test_domains_are_kept_bare(crm):
    widget = await add_widget(crm, "Site", ["https://Harbour.example/give?x=1"])
    assert widget.allowed_domains == ["harbour.example"]
    for bad in ("", "a b.example", "*evil.example"):
        with pytest.raises(Invalid):
            await change_widget(crm, widget.id, allowed_domains=[bad])
    with pytest.raises(Invalid):
        await change_widget(crm, widget.id, embed_key="mine")


async def test_an_address_outweighs_its_domain(crm):
    assert await crm.allowed_senders.may_write("anyone@anywhere.example") is True
    await allow_sender(crm, "@Friends.example")
    await allow_sender(crm, "spam@friends.example", allowed=False)
    may = crm.allowed_senders.may_write
    assert await may("Ruth@friends.example") is True
    assert await may("spam@friends.example") is False
    assert await may("ruth@others.example") is False
    with pytest.raises(Invalid):
        await allow_sender(crm, "@nowhere")


async def test_an_account_may_have_senders_of_its_own(crm):
    account = await make_account(crm, Channel.EMAIL, "help@harbour.example")
    await allow_sender(crm, "@friends.example", account_id=account.id)
    assert await crm.allowed_senders.may_write("a@others.example") is True
    assert await crm.allowed_senders.may_write("a@others.example", account.id) is False


async def test_reports_of_a_call_make_one_call_in_any_order(crm):
    start = now()
    facts = {"direction": Direction.INBOUND, "from_number": "+306912345678"}
    await record_call(crm, "CA1", status=CallStatus.COMPLETED, ended_at=start, **facts)
    call = await record_call(crm, "CA1", status=CallStatus.RINGING, **facts)
    call = await record_call(crm, "CA1", answered_at=start - timedelta(seconds=90), **facts)
    assert (call.status, call.duration_seconds) == (CallStatus.COMPLETED, 90)
    assert await crm.phone_calls.count() == 1


async def test_missed_calls_are_found(crm):
    await record_call(crm, "CA2", direction=Direction.INBOUND, status=CallStatus.MISSED)
    page = await crm.phone_calls.missed(now() - timedelta(days=1))
    assert [call.provider_call_id for call in page.rows] == ["CA2"]


async def test_a_mail_finds_its_conversation_by_the_ids_it_answers(crm):
    thread = await make_conversation(crm)
    message = await make_message(crm, thread)
    await add_detail(crm, EmailDetail(message_id=message.id, rfc_message_id="<1@x.example>"))
    assert await crm.email_details.thread_of("<0@x.example>", "<1@x.example>") == thread.id
    assert await crm.email_details.thread_of("<2@x.example>") is None


async def test_a_file_needs_its_bytes_or_its_place(crm):
    message = await make_message(crm, await make_conversation(crm))
    for facts in ({}, {"blob_path": "a/b"}, {"data": b"x" * (25 * 1024 * 1024 + 1)}):
        with pytest.raises(Invalid):
            await attach(crm, message.id, "a.pdf", "application/pdf", **facts)


async def test_views_hide_what_a_visitor_said_of_themselves(house):
    async with house.begin() as crm:
        visitor = await meet_visitor(crm, "k", name="Anna", email="anna@x.example")
    plain = house.actor(scopes=house.director.scopes - {"personal:read"})
    async with house.begin(plain) as crm:
        view = VisitorView.of(await crm.visitors.get(visitor.id))
    assert (view.name, view.email, view.hidden) == ("Anna", None, ("email",))


async def test_views_carry_what_lists_show(crm):
    thread = await make_conversation(crm)
    message = await make_message(crm, thread, "Γεια σας")
    assert ConversationView.of(thread, with_whom="Ruth").last_message_preview == "Γεια σας"
    assert MessageView.of(message).seq == 1
    assert "embed_key" not in WidgetView.of(await make_widget(crm)).model_dump()
