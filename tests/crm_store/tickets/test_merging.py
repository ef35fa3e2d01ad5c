import asyncio

import pytest

from crm_store.base import new_id
from crm_store.channel import Channel
from crm_store.contacts.models import Person
from crm_store.conversations.models import Conversation
from crm_store.errors import CrmError, NotFound
from crm_store.tasks.models import Task
from crm_store.tickets.actions import IsClosed, WasMerged, add_note, reopen_ticket, set_status
from crm_store.tickets.merging import DifferentRequesters, IntoItself, merge_tickets
from crm_store.tickets.models import TicketActivityKind, TicketStatus
from crm_store.tickets.tagging import tag_ticket
from crm_store.tickets.testing import make_ticket


async def a_person(crm, name):
    person = Person(given_name=name)
    crm.session.add(person)
    await crm.flush()
    return person.id


async def a_conversation(crm):
    conversation = Conversation(channel=Channel.EMAIL)
    crm.session.add(conversation)
    await crm.flush()
    return conversation.id


async def test_merging_moves_what_hangs_on_a_ticket_and_closes_it_with_a_pointer(crm):
    ruth = await a_person(crm, "Ruth")
    first, second = await a_conversation(crm), await a_conversation(crm)
    source = await make_ticket(crm, "Again", person_id=ruth, conversation_id=first)
    target = await make_ticket(crm, "Receipt", conversation_id=second)
    await add_note(crm, source.id, "Rang twice.")
    await tag_ticket(crm, source.id, "Receipt", "VIP")
    await tag_ticket(crm, target.id, "receipt")
    task = Task(title="Send it", ticket_id=source.id)
    crm.session.add(task)
    await crm.flush()

    merged = await merge_tickets(crm, source.id, target.id)

    assert merged is target
    assert (source.status, source.merged_into_id) == (TicketStatus.CLOSED, target.id)
    assert target.person_id == ruth
    assert [note.body for note in await crm.ticket_notes.of(target.id)] == ["Rang twice."]
    assert await crm.ticket_notes.of(source.id) == []
    assert [tag.key for tag in await crm.ticket_tags.of(target.id)] == ["receipt", "vip"]
    assert task.ticket_id == target.id
    assert await crm.tickets.threads(target) == [second, first]
    told = {(one.kind, one.before, one.after) for one in await crm.ticket_activities.of(target.id)}
    assert (TicketActivityKind.MERGED, str(source.number), None) in told
    told = {(one.kind, one.before, one.after) for one in await crm.ticket_activities.of(source.id)}
    assert (TicketActivityKind.MERGED, None, str(target.number)) in told


async def test_a_chain_of_merges_points_at_the_last(crm):
    first, second, third = [await make_ticket(crm) for _ in range(3)]
    await merge_tickets(crm, first.id, second.id)
    await merge_tickets(crm, second.id, third.id)
    assert {one.id for one in await crm.tickets.merged_into(third.id)} == {first.id, second.id}


async def test_a_merged_ticket_is_done_with(crm):
    first, second, third = [await make_ticket(crm) for _ in range(3)]
    await merge_tickets(crm, first.id, second.id)
    for attempt in (
        reopen_ticket(crm, first.id),
        merge_tickets(crm, first.id, third.id),
        merge_tickets(crm, third.id, first.id),
    ):
        with pytest.raises(WasMerged):
            await attempt


async def test_tickets_of_different_people_are_not_merged(crm):
    ruth, david = await a_person(crm, "Ruth"), await a_person(crm, "David")
    hers, his = await make_ticket(crm, person_id=ruth), await make_ticket(crm, person_id=david)
    with pytest.raises(DifferentRequesters):
        await merge_tickets(crm, hers.id, his.id)


async def test_a_ticket_is_not_merged_into_itself_nor_into_one_that_is_closed(crm):
    one, closed = await make_ticket(crm), await make_ticket(crm)
    with pytest.raises(IntoItself):
        await merge_tickets(crm, one.id, one.id)
    await set_status(crm, closed.id, TicketStatus.CLOSED)
    with pytest.raises(IsClosed):
        await merge_tickets(crm, one.id, closed.id)


async def test_merging_with_a_foreign_ticket_is_merging_with_none(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = await make_ticket(crm)
    async with house.begin() as crm:
        mine = await make_ticket(crm)
        for other in (foreign.id, new_id()):
            with pytest.raises(NotFound, match="There is no such ticket"):
                await merge_tickets(crm, mine.id, other)
            with pytest.raises(NotFound, match="There is no such ticket"):
                await merge_tickets(crm, other, mine.id)


async def test_two_tickets_merged_into_each_other_at_once_do_it_once(house):
    async with house.begin() as crm:
        one, other = await make_ticket(crm), await make_ticket(crm)

    async def merge(source, target):
        try:
            async with house.begin() as crm:
                await merge_tickets(crm, source.id, target.id)
        except CrmError as error:
            return error

    outcomes = await asyncio.gather(merge(one, other), merge(other, one))
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    async with house.begin() as crm:
        assert (await crm.tickets.counts())[TicketStatus.CLOSED] == 1
