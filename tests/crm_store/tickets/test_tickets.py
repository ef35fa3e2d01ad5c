import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Reach
from crm_store.base import new_id, now
from crm_store.errors import Invalid, NotFound, NotVisible, Refused
from crm_store.tickets.actions import (
    IsClosed,
    NoSubject,
    add_note,
    assign_ticket,
    delete_ticket,
    edit_ticket,
    escalate_ticket,
    open_ticket,
    reopen_ticket,
    requester_wrote,
    set_priority,
    set_status,
)
from crm_store.tickets.models import (
    Ticket,
    TicketActivity,
    TicketActivityKind,
    TicketPriority,
    TicketStatus,
)
from crm_store.tickets.tagging import tag_ticket, untag_ticket
from crm_store.tickets.testing import make_ticket
from crm_store.tickets.views import TicketView

KIND = TicketActivityKind


async def told(crm, ticket):
    """What the store wrote down about a ticket: kind, before, after."""
    return [(one.kind, one.before, one.after) for one in await crm.ticket_activities.of(ticket.id)]


async def test_numbers_count_from_one_in_each_organisation(house, neighbour):
    for where in (house, neighbour):
        async with where.begin() as crm:
            assert [(await make_ticket(crm)).number for _ in range(3)] == [1, 2, 3]


async def test_tickets_opened_at_once_never_share_a_number(house):
    async def one():
        async with house.begin() as crm:
            return (await make_ticket(crm)).number

    numbers = await asyncio.gather(*(one() for _ in range(20)))
    assert sorted(numbers) == list(range(1, 21))


async def test_a_number_is_not_lost_where_a_ticket_was_not_kept(house):
    with pytest.raises(RuntimeError):
        async with house.begin() as crm:
            await make_ticket(crm)
            raise RuntimeError
    async with house.begin() as crm:
        assert (await make_ticket(crm)).number == 1


async def test_tickets_that_bring_their_numbers_push_the_counter_on(house):
    async with house.begin() as crm:
        assert (await make_ticket(crm, number=500)).number == 500
        assert (await make_ticket(crm)).number == 501
        assert (await make_ticket(crm, number=7)).number == 7
        assert (await make_ticket(crm)).number == 502


async def test_a_ticket_keeps_its_number(house):
    async with house.begin() as crm:
        ticket = await make_ticket(crm)
    with pytest.raises(DBAPIError, match="keeps its number"):
        async with house.begin() as crm:
            await crm.session.execute(
                update(Ticket).where(Ticket.id == ticket.id).values(number=99)
            )


async def test_opening_a_ticket_is_written_down_by_the_store(crm):
    ticket = await make_ticket(crm)
    activities = await crm.ticket_activities.of(ticket.id)
    assert [(one.kind, one.after) for one in activities] == [(KIND.CREATED, "desk")]
    assert activities[0].actor_id == crm.actor.member_id


async def test_every_change_is_written_down_in_order(crm):
    me = crm.actor.member_id
    ticket = await make_ticket(crm)
    await assign_ticket(crm, ticket.id, me)
    await set_priority(crm, ticket.id, TicketPriority.HIGH)
    await tag_ticket(crm, ticket.id, "Receipts")
    await untag_ticket(crm, ticket.id, "receipts")
    await add_note(crm, ticket.id, "Rang her.", is_private=True)
    await edit_ticket(crm, ticket.id, subject="Receipt missing")
    await set_status(crm, ticket.id, TicketStatus.SOLVED)
    await reopen_ticket(crm, ticket.id)
    await delete_ticket(crm, ticket.id)
    assert await told(crm, ticket) == [
        (KIND.CREATED, None, "desk"),
        (KIND.ASSIGNED, None, str(me)),
        (KIND.PRIORITY_CHANGED, "normal", "high"),
        (KIND.TAGGED, None, "Receipts"),
        (KIND.UNTAGGED, "Receipts", None),
        (KIND.NOTED, None, "private"),
        (KIND.SUBJECT_CHANGED, "My receipt did not arrive", "Receipt missing"),
        (KIND.STATUS_CHANGED, "open", "solved"),
        (KIND.REOPENED, "solved", "open"),
        (KIND.DELETED, None, None),
    ]


async def test_a_statement_that_goes_past_the_verbs_is_written_down_too(crm):
    ticket = await make_ticket(crm)
    await crm.session.execute(
        text("UPDATE tickets SET status = 'pending', priority = 'low' WHERE id = :id"),
        {"id": ticket.id},
    )
    assert (await told(crm, ticket))[1:] == [
        (KIND.STATUS_CHANGED, "open", "pending"),
        (KIND.PRIORITY_CHANGED, "normal", "low"),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ticket_activities",
        "UPDATE ticket_activities SET after = 'phone'",
        "INSERT INTO ticket_activities (org_id, id, ticket_id, kind, at)"
        " SELECT org_id, gen_random_uuid(), id, 'merged', now() FROM tickets",
        "UPDATE ticket_counters SET last_number = 0",
        "SELECT ticket_log(org_id, id, 'merged', '', '') FROM tickets",
    ],
)
async def test_nobody_can_rewrite_what_happened(house, statement):
    async with house.begin() as crm:
        await make_ticket(crm)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with house.begin() as crm:
            await crm.session.execute(text(statement))


async def test_a_change_that_changes_nothing_is_not_written_down(crm):
    ticket = await make_ticket(crm)
    await set_status(crm, ticket.id, TicketStatus.OPEN)
    await set_priority(crm, ticket.id, TicketPriority.NORMAL)
    assert len(await told(crm, ticket)) == 1


@pytest.mark.parametrize("subject", ["", "   ", "\n"])
async def test_a_ticket_needs_a_subject(crm, subject):
    with pytest.raises(NoSubject):
        await open_ticket(crm, subject)
    ticket = await make_ticket(crm)
    with pytest.raises(NoSubject):
        await edit_ticket(crm, ticket.id, subject=subject)


async def test_subjects_in_any_script_come_back_as_written(crm):
    for subject in ("Η απόδειξή μου", "הקבלה שלי לא הגיעה", "🎁🎂", "x" * 20_000):
        ticket = await make_ticket(crm, subject)
        assert (await crm.tickets.by_number(ticket.number)).subject == subject


async def test_only_what_may_be_edited_is_edited(crm):
    ticket = await make_ticket(crm)
    with pytest.raises(Invalid, match="status"):
        await edit_ticket(crm, ticket.id, status="solved")
    with pytest.raises(Invalid, match="solved_at"):
        await make_ticket(crm, solved_at=now())


async def test_a_closed_ticket_can_only_be_reopened(crm):
    ticket = await make_ticket(crm)
    await set_status(crm, ticket.id, TicketStatus.CLOSED)
    assert ticket.closed_at is not None
    assert ticket.solved_at is not None
    with pytest.raises(IsClosed):
        await set_status(crm, ticket.id, TicketStatus.PENDING)
    await reopen_ticket(crm, ticket.id)
    assert (ticket.status, ticket.reopened_count) == (TicketStatus.OPEN, 1)
    assert ticket.closed_at is None
    assert ticket.solved_at is None


@pytest.mark.parametrize(
    ("status", "after"),
    [
        (TicketStatus.PENDING, TicketStatus.OPEN),
        (TicketStatus.ON_HOLD, TicketStatus.OPEN),
        (TicketStatus.SOLVED, TicketStatus.OPEN),
        (TicketStatus.CLOSED, TicketStatus.CLOSED),
    ],
)
async def test_when_the_requester_writes_it_is_our_turn_again(crm, status, after):
    ticket = await make_ticket(crm)
    await set_status(crm, ticket.id, status)
    assert (await requester_wrote(crm, ticket.id)).status is after


async def test_escalating_makes_it_urgent_and_says_why(crm):
    ticket = await make_ticket(crm)
    await escalate_ticket(crm, ticket.id, "A board member is waiting.")
    assert ticket.priority is TicketPriority.URGENT
    assert (KIND.ESCALATED, None, "A board member is waiting.") in await told(crm, ticket)
    with pytest.raises(Invalid):
        await escalate_ticket(crm, ticket.id, " ")
    await set_status(crm, ticket.id, TicketStatus.SOLVED)
    with pytest.raises(Refused):
        await escalate_ticket(crm, ticket.id, "Too late.")


async def test_a_ticket_is_given_only_to_somebody_who_is_there(house, neighbour):
    async with house.begin() as crm:
        ticket = await make_ticket(crm)
    for stranger in (neighbour.director.member_id, new_id()):
        with pytest.raises(NotFound, match="There is no such member"):
            async with house.begin() as crm:
                await assign_ticket(crm, ticket.id, stranger)


async def test_a_foreign_ticket_and_a_missing_one_are_answered_alike(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = await make_ticket(crm)
    async with house.begin() as crm:
        for ticket_id in (foreign.id, new_id()):
            with pytest.raises(NotFound, match="There is no such ticket"):
                await set_status(crm, ticket_id, TicketStatus.SOLVED)
            assert await crm.ticket_activities.of(ticket_id) == []
            assert await crm.ticket_notes.of(ticket_id) == []
        with pytest.raises(NotFound):
            await crm.tickets.by_number(foreign.number)


async def test_those_who_see_only_their_own_see_nothing_of_the_rest(house):
    async with house.begin() as crm:
        theirs = await make_ticket(crm)
        mine = await make_ticket(crm, owner_id=house.director.member_id)
        for ticket in (theirs, mine):
            await add_note(crm, ticket.id, "Note.")
            await tag_ticket(crm, ticket.id, "Gala")
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        page = await crm.tickets.newest()
        assert ([one.id for one in page.rows], page.total, page.hidden) == ([mine.id], 1, 1)
        with pytest.raises(NotVisible):
            await crm.tickets.get(theirs.id)
        assert await crm.ticket_notes.of(theirs.id) == []
        assert await crm.ticket_activities.of(theirs.id) == []
        assert await crm.ticket_tags.of(theirs.id) == []
        assert [use.tickets for use in await crm.ticket_tags.used()] == [1]
        assert {due.ticket.id for due in await crm.tickets.due_next()} == {mine.id}
        assert (await crm.tickets.counts())[TicketStatus.OPEN] == 1


async def test_without_the_right_nothing_is_changed(house):
    async with house.begin() as crm:
        ticket = await make_ticket(crm)
    reader = house.actor(scopes=frozenset({"tickets:read"}))
    async with house.begin(reader) as crm:
        assert (await crm.tickets.get(ticket.id)).number == ticket.number
    for attempt in (
        lambda crm: set_status(crm, ticket.id, TicketStatus.SOLVED),
        lambda crm: make_ticket(crm),
        lambda crm: add_note(crm, ticket.id, "Mine."),
        lambda crm: tag_ticket(crm, ticket.id, "New"),
    ):
        with pytest.raises(Refused):
            async with house.begin(reader) as crm:
                await attempt(crm)


async def test_tags_are_one_word_however_they_are_typed(crm):
    ticket = await make_ticket(crm)
    await tag_ticket(crm, ticket.id, "VIP", "vip", " ViP ", "ΔΩΡΕΆ", "δωρεά")
    assert [tag.name for tag in await crm.ticket_tags.of(ticket.id)] == ["VIP", "ΔΩΡΕΆ"]
    with pytest.raises(Invalid):
        await tag_ticket(crm, ticket.id, "  ")


async def test_a_tag_invented_twice_at_once_is_one_tag(house):
    async with house.begin() as crm:
        tickets = [await make_ticket(crm) for _ in range(6)]

    async def tag(ticket):
        async with house.begin() as crm:
            await tag_ticket(crm, ticket.id, "Gala 2026")

    await asyncio.gather(*(tag(ticket) for ticket in tickets))
    async with house.begin() as crm:
        assert [(use.tag.name, use.tickets) for use in await crm.ticket_tags.used()] == [
            ("Gala 2026", 6)
        ]


async def test_a_ticket_leaves_with_its_history_and_nothing_remains(house):
    async with house.begin() as crm:
        ticket = await make_ticket(crm)
        await tag_ticket(crm, ticket.id, "Gala")
        await add_note(crm, ticket.id, "Note.")
    async with house.begin() as crm:
        await crm.session.delete(await crm.tickets.get(ticket.id))
    async with house.begin() as crm:
        assert (await crm.session.scalars(select(TicketActivity))).all() == []


async def test_counts_name_every_status(crm):
    ticket = await make_ticket(crm)
    await make_ticket(crm)
    await set_status(crm, ticket.id, TicketStatus.PENDING)
    counts = await crm.tickets.counts()
    assert set(counts) == set(TicketStatus)
    assert counts[TicketStatus.OPEN] == counts[TicketStatus.PENDING] == 1
    assert await crm.tickets.loads() == {None: 2}


async def test_a_view_carries_what_was_looked_up(crm):
    ticket = await make_ticket(crm)
    view = TicketView.of(ticket, tags=("Gala",))
    assert (view.number, view.status, view.tags) == (ticket.number, TicketStatus.OPEN, ("Gala",))
    assert "org_id" not in view.model_dump()


async def test_pages_of_tickets_go_on_where_they_ended(crm):
    numbers = [(await make_ticket(crm)).number for _ in range(5)]
    first = await crm.tickets.newest(limit=2)
    second = await crm.tickets.newest(limit=2, after=first.next)
    third = await crm.tickets.newest(limit=2, after=second.next)
    read = [one.number for page in (first, second, third) for one in page.rows]
    assert read == sorted(numbers, reverse=True)
    assert (first.total, third.next) == (5, None)


async def test_a_ticket_says_when_it_came_in(crm):
    long_ago = datetime(2024, 2, 29, 12, tzinfo=UTC)
    ticket = await make_ticket(crm, at=long_ago)
    assert ticket.created_at == long_ago
    assert now() - (await make_ticket(crm)).created_at < timedelta(minutes=1)
