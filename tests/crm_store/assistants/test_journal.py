"""A tool call is done once, however often it is replayed."""

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Actor, Reach
from crm_store.assistants.journal import (
    OtherArguments,
    begin_call,
    begin_run,
    finish_call,
    finish_run,
    rate_answer,
    record_usage,
)
from crm_store.assistants.models import CallStatus, Effect, Rating, RunStatus
from crm_store.assistants.testing import make_proposal, make_run
from crm_store.assistants.views import RunView, ToolCallView
from crm_store.conversations.models import Visitor
from crm_store.conversations.testing import make_conversation, make_visitor
from crm_store.errors import Conflict, Invalid, NotFound, NotVisible

ARGUMENTS = {"donor": "Ruth Cohen", "amount": "18.00"}
EVERYDAY = frozenset({"assistants:read"})


async def _call(crm, run, **more):
    facts = {"tool_call_id": "call_1", "tool": "log_gift", "arguments": ARGUMENTS}
    return await begin_call(crm, run.id, **{**facts, "effect": Effect.WRITE, **more})


async def _visitor(house):
    async with house.begin() as crm:
        visitor = Visitor(visitor_key="browser")
        crm.session.add(visitor)
    return Actor.visitor(house.org_id, visitor.id, EVERYDAY)


async def test_a_replay_returns_the_recorded_answer(house):
    async with house.begin() as crm:
        run = await make_run(crm)
        begun = await _call(crm, run)
        assert not begun.is_replay
        await finish_call(crm, begun.call, {"said": "Recorded."})
    async with house.begin() as crm:
        again = await _call(crm, run)
        assert again.is_replay
        assert again.call.answer == {"answer": {"said": "Recorded."}}


async def test_a_call_that_failed_was_never_made(house):
    async with house.begin() as crm:
        run = await make_run(crm)
    with pytest.raises(ZeroDivisionError):
        async with house.begin() as crm:
            await _call(crm, run)
            raise ZeroDivisionError
    async with house.begin() as crm:
        assert not (await _call(crm, run)).is_replay


async def test_the_same_call_at_once_is_done_by_one(house):
    async with house.begin() as crm:
        run = await make_run(crm)

    async def work():
        async with house.begin() as crm:
            begun = await _call(crm, run)
            if not begun.is_replay:
                await asyncio.sleep(0.05)
                await finish_call(crm, begun.call, "done")
            return begun.is_replay, begun.call.answer

    answers = await asyncio.gather(*(work() for _ in range(8)))
    assert sorted(replay for replay, _ in answers) == [False] + [True] * 7
    assert {answer["answer"] for _, answer in answers} == {"done"}


async def test_one_name_for_two_calls_is_refused(crm):
    run = await make_run(crm)
    await _call(crm, run)
    with pytest.raises(OtherArguments):
        await _call(crm, run, arguments={**ARGUMENTS, "amount": "1800.00"})
    with pytest.raises(OtherArguments):
        await _call(crm, run, tool="erase_donor")


async def test_an_answer_is_recorded_once(house):
    async with house.begin() as crm:
        run = await make_run(crm)
        call = (await _call(crm, run)).call
        await finish_call(crm, call, None)
        with pytest.raises(Conflict, match="has been answered"):
            await finish_call(crm, call, "Something else.")
    with pytest.raises(DBAPIError, match="a recorded call does not change"):
        async with house.begin() as crm:
            await crm.session.execute(text("UPDATE tool_calls SET answer = '{}'"))


async def test_a_call_that_was_proposed_says_under_which_number(crm):
    run = await make_run(crm)
    call = (await _call(crm, run)).call
    proposal = await make_proposal(crm, run_id=run.id)
    await finish_call(
        crm, call, f"proposed as #{proposal.number}", status=CallStatus.PROPOSED,
        proposal_id=proposal.id,
    )  # fmt: skip
    [kept] = await crm.tool_calls.of_run(run.id)
    assert (kept.status, kept.proposal_id) == (CallStatus.PROPOSED, proposal.id)


async def test_everyday_staff_may_use_an_assistant_without_being_able_to_set_it_up(house):
    async with house.begin(house.actor(scopes=EVERYDAY, reach=Reach.OWN)) as crm:
        run = await make_run(crm)
        call = (await _call(crm, run)).call
        await finish_call(crm, call, "done")
        await finish_run(crm, run.id)
        shown = ToolCallView.of(call)
        assert (shown.arguments, shown.answer) == (None, None)
        assert shown.hidden == ("answer", "arguments")


async def test_a_visitor_runs_in_their_own_name_and_sees_no_other(house):
    visitor, other = await _visitor(house), None
    async with house.begin() as crm:
        staff_run = await make_run(crm)
        stranger = Visitor(visitor_key="another browser")
        crm.session.add(stranger)
        other = Actor.visitor(house.org_id, stranger.id, EVERYDAY)
    async with house.store.begin(visitor) as crm:
        run = await begin_run(crm)
        call = (await _call(crm, run)).call
        await finish_call(crm, call, "Welcome.")
        await rate_answer(crm, run.id, Rating.UP)
        await finish_run(crm, run.id)
    async with house.store.begin(other) as crm:
        for hidden in (run, staff_run):
            with pytest.raises((NotFound, NotVisible)):
                await crm.runs.get(hidden.id)
            with pytest.raises((NotFound, NotVisible)):
                await _call(crm, hidden, tool_call_id="mine")
        seen = await crm.session.scalar(text("SELECT count(*) FROM runs, tool_calls, feedback"))
        assert seen == 0


async def test_a_visitor_cannot_write_in_anothers_name(house):
    visitor, other = await _visitor(house), None
    async with house.begin() as crm:
        stranger = Visitor(visitor_key="another browser")
        crm.session.add(stranger)
        other = stranger.id
    with pytest.raises(DBAPIError, match="row-level security"):
        async with house.store.begin(visitor) as crm:
            await crm.session.execute(
                text(
                    "INSERT INTO runs (org_id, id, visitor_id, door, status, is_tainted,"
                    " input_tokens, output_tokens, cost, currency, started_at)"
                    " VALUES (:org, gen_random_uuid(), :other, 'widget', 'running', false,"
                    " 0, 0, 0, 'USD', now())"
                ),
                {"org": house.org_id, "other": other},
            )


async def test_a_run_takes_place_only_in_a_conversation_one_can_see(house, neighbour):
    async with house.begin() as crm:
        visitor, other = await make_visitor(crm), await make_visitor(crm)
        mine = await make_conversation(crm, visitor_id=visitor.id)
        hers = await make_conversation(crm, visitor_id=other.id)
    actor = Actor.visitor(house.org_id, visitor.id, EVERYDAY)
    async with house.store.begin(actor) as crm:
        assert (await begin_run(crm, conversation_id=mine.id)).visitor_id == visitor.id
        with pytest.raises(NotFound):
            await begin_run(crm, conversation_id=hers.id)
    async with neighbour.begin() as crm:
        with pytest.raises(NotFound, match=r"There is no such conversation\."):
            await begin_run(crm, conversation_id=mine.id)


async def test_a_run_ends_once_and_taint_stays(crm):
    run = await make_run(crm, model="small")
    await finish_run(crm, run.id, is_tainted=True)
    assert RunView.of(run).is_tainted
    assert run.duration_ms >= 0
    with pytest.raises(Conflict, match="completed already"):
        await finish_run(crm, run.id, status=RunStatus.FAILED)
    with pytest.raises(Invalid):
        await finish_run(crm, run.id, status=RunStatus.RUNNING)


async def test_runs_a_crash_left_open_can_be_found(crm):
    open_run, ended = await make_run(crm), await make_run(crm)
    await finish_run(crm, ended.id, status=RunStatus.CANCELLED)
    assert [run.id for run in await crm.runs.unfinished()] == [open_run.id]


async def test_usage_adds_up_in_its_run(crm):
    run = await make_run(crm)
    for _ in range(3):
        await record_usage(
            crm,
            purpose="turn",
            model="small",
            input_tokens=100,
            output_tokens=7,
            cost=Decimal("0.0012"),
            run_id=run.id,
        )
    await crm.session.refresh(run)
    assert (run.input_tokens, run.output_tokens, run.cost) == (300, 21, Decimal("0.0036"))
    with pytest.raises(Invalid):
        await record_usage(crm, purpose="turn", model="m", input_tokens=-1, output_tokens=0)


async def test_people_see_their_own_usage_and_directors_all(house):
    async with house.begin() as crm:
        await record_usage(crm, purpose="turn", model="m", input_tokens=1, output_tokens=1)
        assert await crm.usage.count() == 1
    async with house.begin(house.actor(member_id=None, reach=Reach.OWN)) as crm:
        assert await crm.usage.all() == []


async def test_rating_again_changes_ones_mind(crm):
    run = await make_run(crm)
    await rate_answer(crm, run.id, Rating.UP)
    await rate_answer(crm, run.id, Rating.DOWN, correction="Ruth gave 36.")
    [rated] = await crm.feedback.all()
    assert (rated.rating, rated.correction) == (Rating.DOWN, "Ruth gave 36.")


async def test_colleagues_runs_are_hidden_from_those_who_see_only_their_own(house):
    async with house.begin() as crm:
        run = await make_run(crm)
    async with house.begin(house.actor(member_id=None, reach=Reach.OWN)) as crm:
        with pytest.raises(NotVisible):
            await crm.runs.get(run.id)
        assert await crm.tool_calls.of_run(run.id) == []
