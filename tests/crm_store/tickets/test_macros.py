import pytest

from crm_store.actor import Actor
from crm_store.base import new_id
from crm_store.errors import Invalid, NotFound
from crm_store.tickets.actions import IsClosed, set_status
from crm_store.tickets.macros import (
    AddTag,
    Assign,
    BadMacro,
    RemoveTag,
    Reply,
    SetPriority,
    SetStatus,
    apply_macro,
    save_macro,
)
from crm_store.tickets.models import TicketActivityKind, TicketPriority, TicketStatus
from crm_store.tickets.tagging import tag_ticket
from crm_store.tickets.testing import make_ticket

SOLVE = [
    SetPriority(priority=TicketPriority.LOW),
    Assign(to="me"),
    AddTag(name="Thanked"),
    RemoveTag(name="waiting"),
    Reply(text="Ticket #{number}, “{subject}”: done."),
    SetStatus(status=TicketStatus.SOLVED),
]


async def test_a_macro_makes_all_its_changes(crm):
    macro = await save_macro(crm, "Solve and thank", SOLVE)
    ticket = await make_ticket(crm)
    await tag_ticket(crm, ticket.id, "Waiting")
    applied = await apply_macro(crm, ticket.id, macro.id)
    assert applied.replies == ("Ticket #1, “My receipt did not arrive”: done.",)
    assert (ticket.status, ticket.priority) == (TicketStatus.SOLVED, TicketPriority.LOW)
    assert ticket.owner_id == crm.actor.member_id
    assert ticket.first_responded_at is not None
    assert [tag.name for tag in await crm.ticket_tags.of(ticket.id)] == ["Thanked"]
    (note,) = await crm.ticket_notes.of(ticket.id)
    assert (note.body, note.is_private) == (applied.replies[0], False)
    kinds = {(one.kind, one.after) for one in await crm.ticket_activities.of(ticket.id)}
    assert (TicketActivityKind.MACRO_APPLIED, "Solve and thank") in kinds


async def test_a_macro_that_fails_halfway_leaves_no_trace(house):
    async with house.begin() as crm:
        steps = [
            AddTag(name="Half"),
            Reply(text="Half."),
            SetStatus(status=TicketStatus.PENDING),
        ]
        macro = await save_macro(crm, "Half", steps)
        ticket = await make_ticket(crm)
        await set_status(crm, ticket.id, TicketStatus.CLOSED)
        before = len(await crm.ticket_activities.of(ticket.id))
    with pytest.raises(IsClosed):
        async with house.begin() as crm:
            await apply_macro(crm, ticket.id, macro.id)
    async with house.begin() as crm:
        assert await crm.ticket_tags.of(ticket.id) == []
        assert await crm.ticket_notes.of(ticket.id) == []
        assert len(await crm.ticket_activities.of(ticket.id)) == before


@pytest.mark.parametrize(
    "actions",
    [
        [{"do": "explode"}],
        [{"do": "set_status", "status": "forgotten"}],
        [{"do": "reply", "text": ""}],
        [{"do": "set_status", "status": "open", "and": "more"}],
        ["close it"],
    ],
)
async def test_a_macro_of_unknown_steps_is_refused(crm, actions):
    with pytest.raises(BadMacro):
        await save_macro(crm, "Odd", actions)


async def test_a_macro_has_a_name_and_a_step(crm):
    with pytest.raises(Invalid, match="at least one step"):
        await save_macro(crm, "Empty", [])
    with pytest.raises(Invalid, match="needs a name"):
        await save_macro(crm, " ", SOLVE)


async def test_a_macro_of_the_same_name_is_replaced(crm):
    first = await save_macro(crm, "Solve", SOLVE)
    second = await save_macro(crm, "Solve", SOLVE[:1])
    assert first.id == second.id
    assert len(second.actions) == 1


async def test_a_macro_of_ones_own_is_nobody_elses(house):
    async with house.begin() as crm:
        mine = await save_macro(crm, "Solve", SOLVE, is_shared=False)
        shared = await save_macro(crm, "Solve", SOLVE[:1])
        assert (await crm.macros.named("solve")).id == mine.id
    async with house.begin(house.actor(member_id=new_id())) as crm:
        assert (await crm.macros.named("solve")).id == shared.id
        with pytest.raises(NotFound):
            await crm.macros.get(mine.id)
        with pytest.raises(NotFound):
            await crm.macros.named("nothing like it")


async def test_a_new_organisation_begins_with_macros_that_work(house):
    async with house.begin() as crm:
        offered = await crm.macros.offered()
        assert len(offered) >= 4
        for macro in offered:
            ticket = await make_ticket(crm)
            assert (await apply_macro(crm, ticket.id, macro.id)).ticket is ticket


async def test_the_system_may_apply_a_macro_without_a_member_to_assign_to(house):
    async with house.begin() as crm:
        macro = await save_macro(crm, "Take", [Assign(to="me")])
        ticket = await make_ticket(crm, owner_id=crm.actor.member_id)
    async with house.begin(Actor.system(house.org_id)) as crm:
        assert (await apply_macro(crm, ticket.id, macro.id)).ticket.owner_id is None


async def test_a_macro_assigns_only_to_members(house, neighbour):
    async with house.begin() as crm:
        macro = await save_macro(crm, "Give", [Assign(to=neighbour.director.member_id)])
        ticket = await make_ticket(crm)
        with pytest.raises(NotFound):
            await apply_macro(crm, ticket.id, macro.id)
