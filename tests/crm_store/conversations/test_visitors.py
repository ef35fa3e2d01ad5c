"""What a website visitor may see and write, whatever the model it talks to tries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from crm_store.base import new_id, now
from crm_store.channel import Channel, Direction
from crm_store.contacts.testing import make_person
from crm_store.conversations import actions
from crm_store.conversations.details import attach
from crm_store.conversations.models import (
    Attachment,
    Conversation,
    Message,
    MessageRole,
    MessageStatus,
    Visitor,
    WidgetDetail,
)
from crm_store.conversations.testing import (
    as_visitor,
    make_conversation,
    make_message,
    make_visitor,
    make_widget,
)
from crm_store.conversations.visiting import (
    Blocked,
    block_visitor,
    end_sessions,
    meet_visitor,
    open_session,
    verify_visitor,
)
from crm_store.errors import Conflict, NotFound


@pytest.fixture
async def two(house):
    """Two visitors, each with a conversation, and their actors."""
    async with house.begin() as crm:
        anna, boris = await make_visitor(crm, name="Anna"), await make_visitor(crm, name="Boris")
        hers = await make_conversation(crm, Channel.WIDGET, visitor_id=anna.id)
        his = await make_conversation(crm, Channel.WIDGET, visitor_id=boris.id)
        await make_message(crm, hers, "Anna's question")
        await make_message(crm, his, "Boris's secret")
        return as_visitor(crm, anna), as_visitor(crm, boris), hers.id, his.id


def said(visitor, conversation_id, **changes):
    """A row as a visitor's own chat would write it."""
    return {
        "org_id": visitor.org_id,
        "id": new_id(),
        "conversation_id": conversation_id,
        "direction": Direction.INBOUND,
        "role": MessageRole.USER,
        "channel": Channel.WIDGET,
        "status": MessageStatus.DELIVERED,
        "is_tainted": True,
        "content": "hello",
    } | changes


async def test_a_visitor_sees_their_own_conversation_and_no_other(house, two):
    anna, _, hers, his = two
    async with house.begin(anna) as crm:
        assert [c.id for c in await crm.conversations.all()] == [hers]
        assert [m.content for m in await crm.messages.all()] == ["Anna's question"]
        assert (await crm.session.scalars(select(Message.content))).all() == ["Anna's question"]
        assert (await crm.session.scalars(select(Visitor.name))).all() == ["Anna"]
        with pytest.raises(NotFound):
            await crm.conversations.get(his)


async def test_a_visitor_opens_a_conversation_and_writes_in_it(house):
    async with house.begin() as crm:
        visitor = await make_visitor(crm)
        actor = as_visitor(crm, visitor)
    async with house.begin(actor) as crm:
        thread = await actions.open_conversation(crm, Channel.WIDGET)
        message, _ = await actions.receive(crm, thread.id, "שלום")
        assert message.visitor_id == visitor.id
        assert thread.last_message_preview == "שלום"
    async with house.begin() as crm:
        assert (await crm.conversations.of_visitor(visitor.id)).unread_count == 1


async def test_a_visitor_cannot_write_into_another_visitors_conversation(house, two):
    anna, _, _, his = two
    row = said(anna, his, visitor_id=anna.visitor_id)
    async with house.begin(anna) as crm:
        with pytest.raises(ProgrammingError, match="row-level security"):
            await crm.session.execute(insert(Message).values(row))
        await crm.session.rollback()


@pytest.mark.parametrize(
    "pretence",
    [
        {"role": MessageRole.STAFF},
        {"role": MessageRole.ASSISTANT},
        {"role": MessageRole.SYSTEM},
        {"direction": Direction.OUTBOUND},
        {"is_tainted": False},
        {"channel": Channel.WHATSAPP},
        {"status": MessageStatus.SCHEDULED},
        {"is_internal": True},
    ],
    ids=str,
)
async def test_a_visitor_cannot_write_as_anybody_else(house, two, pretence):
    anna, _, hers, _ = two
    async with house.begin(anna) as crm:
        with pytest.raises(ProgrammingError, match="row-level security"):
            await crm.session.execute(insert(Message).values(said(anna, hers, **pretence)))
        await crm.session.rollback()


async def test_a_visitor_never_sees_notes_tags_or_what_tools_said(house, two):
    anna, _, hers, _ = two
    async with house.begin() as crm:
        await actions.add_internal_note(crm, hers, "A difficult one.")
        await actions.reply(crm, hers, "looked up", role=MessageRole.TOOL)
        thread = await crm.conversations.get(hers)
        thread.tags, thread.internal_notes = ["difficult"], "Careful."
    async with house.begin(anna) as crm:
        assert [m.content for m in await crm.messages.recent(hers)] == ["Anna's question"]
        with pytest.raises(ProgrammingError, match="permission denied"):
            await crm.session.execute(select(Conversation.internal_notes))
        await crm.session.rollback()


@pytest.mark.parametrize("column", ["person_id", "verified_at", "is_blocked", "visitor_key"])
async def test_a_visitor_cannot_say_that_they_are_verified(house, two, column):
    anna, *_ = two
    async with house.begin(anna) as crm:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await crm.session.execute(update(Visitor).values({column: None}))
        await crm.session.rollback()


async def test_a_visitor_may_tell_their_name(house, two):
    anna, *_ = two
    async with house.begin(anna) as crm:
        (await crm.visitors.get(anna.visitor_id)).name = "Anna K."
    async with house.begin() as crm:
        assert (await crm.visitors.get(anna.visitor_id)).name == "Anna K."


@pytest.mark.parametrize("table", ["people", "donors", "gifts", "members", "outbox", "deliveries"])
async def test_a_visitor_reads_nothing_of_the_house(house, two, table):
    async with house.begin(two[0]) as crm:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await crm.session.execute(text(f"SELECT 1 FROM {table}"))
        await crm.session.rollback()


async def test_files_and_details_belong_to_the_visitor_of_their_message(house, two):
    anna, boris, hers, his = two
    async with house.begin() as crm:
        for thread in (hers, his):
            message = (await crm.messages.recent(thread))[0]
            await attach(crm, message.id, "../a/letter.pdf", "application/pdf", data=b"pdf")
            crm.widget_details.add(WidgetDetail(message_id=message.id, visitor_id=anna.visitor_id))
        await crm.flush()
    async with house.begin(boris) as crm:
        files = (await crm.session.scalars(select(Attachment))).all()
        details = (await crm.session.scalars(select(WidgetDetail))).all()
    assert [file.file_name for file in files] == ["letter.pdf"]
    assert {file.visitor_id for file in files} == {boris.visitor_id}
    assert {detail.visitor_id for detail in details} == {boris.visitor_id}


async def test_a_session_is_proven_by_its_token_alone_and_ends_when_it_ends(crm):
    widget = await make_widget(crm, session_days=2)
    visitor, start = await make_visitor(crm, widget_id=widget.id), now()
    opened = await open_session(crm, visitor.id, at=start)
    assert opened.token.encode() not in opened.session.token_hash
    found = await crm.visitor_sessions.by_token(opened.token, start + timedelta(days=1, hours=23))
    assert found.visitor_id == visitor.id
    for token, at in ((opened.token, start + timedelta(days=2)), ("guess", start)):
        with pytest.raises(NotFound):
            await crm.visitor_sessions.by_token(token, at)
    assert await end_sessions(crm, visitor.id) == 1
    with pytest.raises(NotFound):
        await crm.visitor_sessions.by_token(opened.token, start)


async def test_a_session_of_another_organisation_proves_nothing(house, neighbour):
    async with neighbour.begin() as crm:
        token = (await open_session(crm, (await make_visitor(crm)).id)).token
    async with house.begin() as crm:
        with pytest.raises(NotFound):
            await crm.visitor_sessions.by_token(token)


async def test_the_same_browser_is_the_same_visitor(crm):
    first = await meet_visitor(crm, "browser-1", first_page="/")
    again = await meet_visitor(crm, "browser-1", last_page="/give")
    assert (again.id, again.visits, again.last_page) == (first.id, 2, "/give")


async def test_proof_is_never_overwritten_by_another(crm):
    visitor = await make_visitor(crm)
    thread = await make_conversation(crm, Channel.WIDGET, visitor_id=visitor.id)
    ruth, dana = await make_person(crm), await make_person(crm, "Dana Levi")
    await verify_visitor(crm, visitor.id, ruth.id, by="email_code")
    assert thread.person_id == ruth.id
    with pytest.raises(Conflict):
        await verify_visitor(crm, visitor.id, dana.id, by="email_code")


async def test_a_blocked_visitor_gets_no_session(crm):
    visitor = await make_visitor(crm)
    opened = await open_session(crm, visitor.id)
    await block_visitor(crm, visitor.id)
    with pytest.raises(Blocked):
        await open_session(crm, visitor.id)
    with pytest.raises(NotFound):
        await crm.visitor_sessions.by_token(opened.token)
