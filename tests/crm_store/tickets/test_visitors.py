import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Actor
from crm_store.base import new_id
from crm_store.channel import Channel
from crm_store.conversations.models import Conversation, Visitor
from crm_store.errors import NotFound
from crm_store.tickets.actions import add_note
from crm_store.tickets.models import Ticket
from crm_store.tickets.sla import start_clocks
from crm_store.tickets.testing import make_ticket
from crm_store.tickets.views import OwnTicketView


async def a_visitor(house):
    """A visitor with a conversation: who they are, and its id."""
    async with house.begin() as crm:
        visitor = Visitor()
        crm.session.add(visitor)
        await crm.flush()
        conversation = Conversation(channel=Channel.WIDGET, visitor_id=visitor.id)
        crm.session.add(conversation)
    scopes = {"tickets:read", "tickets:write", "conversations:read"}
    return Actor.visitor(house.org_id, visitor.id, scopes), conversation.id


async def test_a_visitor_opens_a_ticket_and_sees_it_and_what_is_said_to_them(house):
    visitor, conversation = await a_visitor(house)
    async with house.begin(visitor) as crm:
        ticket = await make_ticket(crm, channel=Channel.WIDGET, conversation_id=conversation)
        assert ticket.number == 1
    async with house.begin() as crm:
        assert [one.id for one in await start_clocks(crm)] == [ticket.id]
        await add_note(crm, ticket.id, "She is a major donor.")
        await add_note(crm, ticket.id, "We are on it.", is_private=False)
    async with house.begin(visitor) as crm:
        view = OwnTicketView.of(await crm.tickets.by_number(1))
        assert view.subject == "My receipt did not arrive"
        assert [note.body for note in await crm.ticket_notes.of(ticket.id)] == ["We are on it."]
        assert len((await crm.tickets.newest()).rows) == 1


async def test_a_visitor_sees_nobody_elses_ticket(house, neighbour):
    first, _ = await a_visitor(house)
    second, _ = await a_visitor(house)
    stranger, _ = await a_visitor(neighbour)
    async with house.begin(first) as crm:
        ticket = await make_ticket(crm)
    async with house.begin() as crm:
        await add_note(crm, ticket.id, "For the first.", is_private=False)
    for where, other in ((house, second), (neighbour, stranger)):
        async with where.begin(other) as crm:
            for missing in (ticket.id, new_id()):
                with pytest.raises(NotFound, match="There is no such ticket"):
                    await crm.tickets.get(missing)
                assert await crm.ticket_notes.of(missing) == []
            assert (await crm.session.scalars(text("SELECT id FROM tickets"))).all() == []
            assert (await crm.session.scalars(text("SELECT id FROM ticket_notes"))).all() == []


async def test_a_visitor_cannot_open_a_ticket_in_another_ones_conversation(house):
    visitor, _ = await a_visitor(house)
    _, others = await a_visitor(house)
    with pytest.raises(NotFound, match="There is no such conversation"):
        async with house.begin(visitor) as crm:
            await make_ticket(crm, conversation_id=others)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with house.begin(visitor) as crm:
            crm.tickets.add(
                Ticket(subject="Sly", visitor_id=visitor.visitor_id, conversation_id=others)
            )


@pytest.mark.parametrize(
    "more", [{"priority": "urgent"}, {"status": "solved"}, {"person_id": new_id()}]
)
async def test_a_visitor_cannot_push_themselves_forward(house, more):
    visitor, _ = await a_visitor(house)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with house.begin(visitor) as crm:
            crm.tickets.add(Ticket(subject="Now", visitor_id=visitor.visitor_id, **more))


async def test_a_visitor_cannot_choose_a_number(house):
    visitor, _ = await a_visitor(house)
    async with house.begin(visitor) as crm:
        await make_ticket(crm, number=900_000)
        assert await crm.session.scalar(text("SELECT number FROM tickets")) == 1
    async with house.begin() as crm:
        assert (await make_ticket(crm)).number == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tickets SET priority = 'urgent'",
        "DELETE FROM tickets",
        "SELECT * FROM ticket_activities",
        "SELECT * FROM macros",
        "SELECT * FROM sla_policies",
        "SELECT * FROM ticket_tags",
        "INSERT INTO ticket_notes (org_id) VALUES (app_org())",
    ],
)
async def test_a_visitor_may_do_nothing_else(house, statement):
    visitor, _ = await a_visitor(house)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with house.begin(visitor) as crm:
            await crm.session.execute(text(statement))
