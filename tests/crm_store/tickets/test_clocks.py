import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from crm_store.errors import Invalid
from crm_store.tickets.actions import (
    add_note,
    record_answer,
    set_priority,
    set_status,
)
from crm_store.tickets.business_time import NeverOpen
from crm_store.tickets.clocks import Clock, Face
from crm_store.tickets.models import TicketPriority, TicketStatus
from crm_store.tickets.sla import (
    AnswerAfterSolution,
    PromisesNothing,
    close_solved,
    save_calendar,
    save_policy,
    start_clocks,
)
from crm_store.tickets.testing import make_ticket
from crm_store.tickets.views import DueView

ATHENS = ZoneInfo("Europe/Athens")


def athens(*parts):
    return datetime(*parts, tzinfo=ATHENS)


WEDNESDAY = athens(2026, 1, 14, 10)
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


async def test_a_new_organisation_promises_an_answer_within_a_working_day(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    assert ticket.first_response_due_at == athens(2026, 1, 15, 10)
    assert ticket.resolution_due_at == athens(2026, 1, 21, 10)


async def test_urgent_tickets_are_promised_more(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY, priority=TicketPriority.URGENT)
    assert ticket.first_response_due_at == athens(2026, 1, 14, 11)
    assert ticket.resolution_due_at == athens(2026, 1, 15, 10)


async def test_due_times_pass_over_weekends_holidays_and_summer_time(crm):
    calendar = await save_calendar(
        crm, "Office hours", OFFICE, timezone="Europe/Athens", holidays={"2026-03-25": "Parade"}
    )
    await save_policy(
        crm, TicketPriority.NORMAL, resolution_minutes=5 * 8 * 60, calendar_id=calendar.id
    )
    ticket = await make_ticket(crm, at=athens(2026, 3, 23, 16))
    assert ticket.resolution_due_at == athens(2026, 3, 31, 16)
    assert ticket.first_response_due_at is None


async def test_clocks_stand_while_we_wait_for_the_requester(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    await set_status(crm, ticket.id, TicketStatus.PENDING, at=WEDNESDAY + timedelta(hours=3))
    assert ticket.resolution_due_at is None
    assert ticket.resolution_left == (5 * 8 - 3) * 3600
    await set_status(crm, ticket.id, TicketStatus.OPEN, at=athens(2026, 2, 2, 12))
    assert ticket.resolution_left is None
    assert ticket.resolution_due_at == athens(2026, 2, 6, 17)


async def test_pausing_and_resuming_at_once_changes_nothing(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    due = ticket.resolution_due_at, ticket.first_response_due_at
    for status in (TicketStatus.PENDING, TicketStatus.ON_HOLD, TicketStatus.OPEN):
        await set_status(crm, ticket.id, status, at=WEDNESDAY + timedelta(hours=2))
    assert (ticket.resolution_due_at, ticket.first_response_due_at) == due


async def test_a_ticket_that_was_late_when_it_stood_is_late_when_it_runs_again(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    late = athens(2026, 1, 21, 12)
    await set_status(crm, ticket.id, TicketStatus.PENDING, at=late)
    assert ticket.resolution_left == -2 * 3600
    assert Face(ticket, Clock.RESOLUTION).is_late(late)
    again = athens(2026, 1, 28, 15)
    await set_status(crm, ticket.id, TicketStatus.OPEN, at=again)
    assert ticket.resolution_due_at == athens(2026, 1, 28, 13)
    assert Face(ticket, Clock.RESOLUTION).is_late(again)


async def test_solving_in_time_is_remembered_and_reopening_goes_on_from_there(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    await set_status(crm, ticket.id, TicketStatus.SOLVED, at=WEDNESDAY + timedelta(hours=5))
    assert ticket.resolution_left == 35 * 3600
    assert not Face(ticket, Clock.RESOLUTION).is_late(athens(2027, 1, 1))
    await set_status(crm, ticket.id, TicketStatus.OPEN, at=athens(2026, 1, 19, 9))
    assert ticket.resolution_due_at == athens(2026, 1, 23, 12)


async def test_the_first_answer_stops_the_first_clock_for_good(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    answered = WEDNESDAY + timedelta(hours=1)
    await add_note(crm, ticket.id, "We are on it.", is_private=False, at=answered)
    assert ticket.first_responded_at == answered
    assert (ticket.first_response_due_at, ticket.first_response_left) == (None, 7 * 3600)
    await record_answer(crm, ticket.id, at=answered + timedelta(hours=1))
    assert ticket.first_responded_at == answered
    await set_status(crm, ticket.id, TicketStatus.PENDING, at=answered)
    await set_status(crm, ticket.id, TicketStatus.OPEN, at=answered)
    assert ticket.first_response_due_at is None


async def test_a_private_note_is_no_answer(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    await add_note(crm, ticket.id, "Ask Dana.")
    assert ticket.first_responded_at is None
    assert ticket.first_response_due_at is not None


async def test_another_priority_keeps_what_was_used_up(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY, priority=TicketPriority.NORMAL)
    await set_priority(crm, ticket.id, TicketPriority.URGENT, at=WEDNESDAY + timedelta(hours=3))
    assert ticket.first_response_due_at == athens(2026, 1, 14, 11)
    assert ticket.resolution_due_at == athens(2026, 1, 15, 10)
    await set_priority(crm, ticket.id, TicketPriority.NORMAL, at=WEDNESDAY + timedelta(hours=4))
    assert ticket.resolution_due_at == athens(2026, 1, 21, 10)


async def test_another_priority_while_standing_changes_what_is_left(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    await set_status(crm, ticket.id, TicketStatus.ON_HOLD, at=WEDNESDAY + timedelta(hours=1))
    await set_priority(crm, ticket.id, TicketPriority.HIGH, at=WEDNESDAY + timedelta(hours=6))
    assert ticket.resolution_due_at is None
    assert ticket.resolution_left == (16 - 1) * 3600


async def test_changing_a_policy_leaves_promises_already_made(crm):
    ticket = await make_ticket(crm, at=WEDNESDAY)
    due = ticket.resolution_due_at
    await save_policy(crm, TicketPriority.NORMAL, name="Relaxed", resolution_minutes=6000)
    assert ticket.resolution_due_at == due
    await set_status(crm, ticket.id, TicketStatus.PENDING, at=WEDNESDAY)
    await set_status(crm, ticket.id, TicketStatus.OPEN, at=WEDNESDAY)
    assert ticket.resolution_due_at == due
    around_the_clock = await make_ticket(crm, at=WEDNESDAY)
    assert around_the_clock.resolution_due_at == WEDNESDAY + timedelta(minutes=6000)


async def test_where_nothing_is_promised_nothing_is_due(crm):
    for policy in await crm.sla_policies.listed():
        policy.is_active = False
    ticket = await make_ticket(crm, at=WEDNESDAY)
    await set_status(crm, ticket.id, TicketStatus.PENDING)
    await set_status(crm, ticket.id, TicketStatus.OPEN)
    assert (ticket.first_response_due_at, ticket.resolution_due_at) == (None, None)
    assert await crm.tickets.due_next() == []


async def test_what_is_due_next_comes_first_whichever_clock_it_is(crm):
    normal = await make_ticket(crm, "Normal", at=WEDNESDAY)
    urgent = await make_ticket(crm, "Urgent", at=WEDNESDAY, priority=TicketPriority.URGENT)
    waiting = await make_ticket(crm, "Waiting", at=WEDNESDAY, priority=TicketPriority.URGENT)
    await set_status(crm, waiting.id, TicketStatus.PENDING, at=WEDNESDAY)
    due = [(one.ticket.subject, one.clock) for one in await crm.tickets.due_next()]
    assert due == [
        ("Urgent", Clock.FIRST_RESPONSE),
        ("Normal", Clock.FIRST_RESPONSE),
        ("Urgent", Clock.RESOLUTION),
        ("Normal", Clock.RESOLUTION),
    ]
    assert len(await crm.tickets.due_next(limit=1)) == 1
    late = await crm.tickets.late(athens(2026, 1, 14, 12))
    assert [(one.ticket.id, one.due_at) for one in late] == [(urgent.id, athens(2026, 1, 14, 11))]
    view = DueView.from_due(late[0])
    assert (view.number, view.clock) == (urgent.number, Clock.FIRST_RESPONSE)
    assert normal.number != urgent.number


async def test_a_policy_promises_something_and_in_order(crm):
    with pytest.raises(PromisesNothing):
        await save_policy(crm, TicketPriority.LOW)
    with pytest.raises(AnswerAfterSolution):
        await save_policy(crm, TicketPriority.LOW, first_response_minutes=90, resolution_minutes=60)
    with pytest.raises(Invalid):
        await save_policy(crm, TicketPriority.LOW, resolution_minutes=0)


async def test_one_policy_stands_for_each_priority(crm):
    await save_policy(crm, TicketPriority.LOW, name="Summer", resolution_minutes=10_000)
    await save_policy(crm, TicketPriority.LOW, name="Standard", resolution_minutes=9_000)
    active = [one for one in await crm.sla_policies.listed() if one.is_active]
    assert sorted(one.priority for one in active) == sorted(TicketPriority)
    promise = await crm.sla_policies.promise(TicketPriority.LOW)
    assert promise.minutes(Clock.RESOLUTION) == 9_000


async def test_a_calendar_takes_the_organisations_zone_and_one_is_the_default(crm):
    former = await crm.business_calendars.default()
    summer = await save_calendar(crm, "Summer", {"mon": [["08:00", "14:00"]]}, is_default=True)
    assert summer.timezone == "Europe/Athens"
    assert (await crm.business_calendars.default()).id == summer.id
    assert former.is_default is False
    with pytest.raises(NeverOpen):
        await save_calendar(crm, "Closed", {})


async def test_clocks_that_were_not_set_are_set_from_when_the_ticket_came(house):
    async with house.begin() as crm:
        ticket = await make_ticket(crm, at=WEDNESDAY)
        await crm.session.execute(
            text(
                "UPDATE tickets SET clock_started_at = NULL, resolution_due_at = NULL,"
                " first_response_due_at = NULL WHERE id = :id"
            ),
            {"id": ticket.id},
        )
    async with house.begin() as crm:
        assert [one.id for one in await start_clocks(crm)] == [ticket.id]
        assert (await crm.tickets.get(ticket.id)).resolution_due_at == athens(2026, 1, 21, 10)
        assert await start_clocks(crm) == []


async def test_two_workers_do_not_set_the_same_clocks(house):
    async with house.begin() as crm:
        for _ in range(10):
            await make_ticket(crm)
        await crm.session.execute(text("UPDATE tickets SET clock_started_at = NULL"))

    async def work():
        async with house.begin() as crm:
            taken = [one.id for one in await start_clocks(crm, limit=4)]
            await asyncio.sleep(0.1)
            return taken

    taken = [one for some in await asyncio.gather(work(), work()) for one in some]
    assert len(taken) == len(set(taken)) == 8


async def test_solved_tickets_close_when_nobody_came_back(crm):
    old, fresh = await make_ticket(crm), await make_ticket(crm)
    solved = datetime(2026, 1, 10, tzinfo=UTC)
    await set_status(crm, old.id, TicketStatus.SOLVED, at=solved)
    await set_status(crm, fresh.id, TicketStatus.SOLVED, at=solved + timedelta(days=5))
    closed = await close_solved(crm, solved + timedelta(days=3))
    assert [one.id for one in closed] == [old.id]
    assert (old.status, old.solved_at) == (TicketStatus.CLOSED, solved)
    assert fresh.status is TicketStatus.SOLVED
