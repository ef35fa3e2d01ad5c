"""A run is started once, goes only where its graph leads, and ends once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crm_store.actor import Actor, Reach
from crm_store.donors.models import Donor
from crm_store.errors import Conflict, Invalid, NotVisible
from crm_store.workflows.actions import deactivate_workflow, publish_workflow, save_draft
from crm_store.workflows.models import NodeRunStatus, RunStatus, WorkflowRun, WrongMove
from crm_store.workflows.running import (
    NotReached,
    SwitchedOff,
    cancel_run,
    fail_node,
    finish_node,
    finish_run,
    fire_timer,
    log,
    start_node,
    start_run,
    wait_at,
)
from crm_store.workflows.testing import line, make_workflow
from crm_store.workflows.views import WorkflowLogView, WorkflowNodeRunView, WorkflowRunView

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)

ASK = {
    "nodes": [
        {"key": "go", "type": "manual"},
        {
            "key": "big",
            "type": "if_else",
            "config": {"conditions": [{"left": "{{a}}", "operator": "more_than", "right": 1}]},
        },
        {"key": "yes", "type": "create_task", "config": {"title": "Ring"}},
        {"key": "no", "type": "stop"},
        {"key": "oops", "type": "error_handler"},
        {"key": "tell", "type": "create_task", "config": {"title": "Mend it"}},
    ],
    "edges": [
        {"from": "go", "to": "big"},
        {"from": "big", "port": "yes", "to": "yes"},
        {"from": "big", "port": "no", "to": "no"},
        {"from": "oops", "to": "tell"},
    ],
}
REST = line(
    ("go", "manual", {}),
    ("rest", "wait", {"amount": 2, "unit": "days"}),
    ("end", "stop", {}),
)


async def _run(crm, drawn=ASK):
    workflow = await make_workflow(crm, drawn)
    return await start_run(crm, workflow.id, "k")


async def _pass(crm, run, key, port=None, **more):
    node = await start_node(crm, run.id, key, **more)
    return await finish_node(crm, node.id, port=port)


async def test_one_event_is_one_run(house):
    async with house.begin() as crm:
        workflow = await make_workflow(crm)

    async def tell():
        async with house.begin() as crm:
            return (await start_run(crm, workflow.id, "gift 7", data={"amount": "18"})).id

    assert len(set(await asyncio.gather(*(tell() for _ in range(8))))) == 1
    async with house.begin() as crm:
        [run] = await crm.workflow_runs.all()
        assert (run.status, run.trigger_data) == (RunStatus.PENDING, {"amount": "18"})
        assert run.created_by == house.director.id


async def test_a_workflow_that_is_off_starts_nothing_but_knows_its_runs(crm):
    workflow = await make_workflow(crm)
    run = await start_run(crm, workflow.id, "first")
    await deactivate_workflow(crm, workflow.id)
    with pytest.raises(SwitchedOff):
        await start_run(crm, workflow.id, "second")
    assert (await start_run(crm, workflow.id, "first")).id == run.id


async def test_a_run_keeps_to_the_version_it_began_with(crm):
    run = await _run(crm)
    await save_draft(crm, run.workflow_id, REST)
    await publish_workflow(crm, run.workflow_id)
    await _pass(crm, run, "go")
    await _pass(crm, run, "big", "no")
    with pytest.raises(NotReached):
        await start_node(crm, run.id, "rest")


async def test_only_the_way_that_was_taken_leads_on(crm):
    run = await _run(crm)
    with pytest.raises(NotReached, match="leads to big"):
        await start_node(crm, run.id, "big")
    await _pass(crm, run, "go")
    with pytest.raises(NotReached):
        await start_node(crm, run.id, "yes")
    await _pass(crm, run, "big", "no")
    with pytest.raises(NotReached):
        await start_node(crm, run.id, "yes")
    await _pass(crm, run, "no")
    assert (await finish_run(crm, run.id)).status is RunStatus.COMPLETED


async def test_a_node_leaves_by_a_way_it_has(crm):
    run = await _run(crm)
    await _pass(crm, run, "go")
    node = await start_node(crm, run.id, "big")
    with pytest.raises(Invalid, match="no way out called perhaps"):
        await finish_node(crm, node.id, port="perhaps")


async def test_a_node_is_done_once(crm):
    run = await _run(crm)
    node = await start_node(crm, run.id, "go")
    with pytest.raises(Conflict, match="already been entered"):
        await start_node(crm, run.id, "go")
    await finish_node(crm, node.id, output={"a": 2}, variables={"a": 2})
    with pytest.raises(WrongMove):
        await finish_node(crm, node.id)
    assert run.variables == {"a": 2}


async def test_a_node_that_failed_is_tried_again_or_handled(crm):
    run = await _run(crm)
    with pytest.raises(NotReached):
        await start_node(crm, run.id, "oops")
    first = await start_node(crm, run.id, "go")
    await fail_node(crm, first.id, "The line was down.")
    await _pass(crm, run, "oops")
    await _pass(crm, run, "tell")
    again = await start_node(crm, run.id, "go")
    assert again.attempt == 2
    [line] = await crm.workflow_logs.of_run(run.id)
    assert (line.level, line.message) == ("error", "The line was down.")


async def test_a_run_does_not_end_well_while_a_node_is_at_work(crm):
    run = await _run(crm)
    node = await start_node(crm, run.id, "go")
    with pytest.raises(WrongMove, match="still at work"):
        await finish_run(crm, run.id)
    await finish_run(crm, run.id, error="Gave up.")
    assert (run.status, run.error) == (RunStatus.FAILED, "Gave up.")
    assert node.status is NodeRunStatus.SKIPPED


async def test_what_is_over_stays_over(crm):
    run = await _run(crm)
    await cancel_run(crm, run.id)
    for attempt in (
        cancel_run(crm, run.id),
        finish_run(crm, run.id),
        start_node(crm, run.id, "go"),
    ):
        with pytest.raises(WrongMove, match="cancelled"):
            await attempt


async def test_a_waiting_run_goes_on_when_its_time_comes_and_only_once(crm):
    run = await _run(crm, REST)
    await _pass(crm, run, "go")
    node = await start_node(crm, run.id, "rest")
    timer = await wait_at(crm, node.id, NOW + timedelta(days=2))
    assert run.status is RunStatus.WAITING
    assert await crm.workflow_timers.due(NOW) == []
    with pytest.raises(Conflict, match="not time yet"):
        await fire_timer(crm, timer.id, at=NOW)
    later = NOW + timedelta(days=3)
    assert [t.id for t in await crm.workflow_timers.due(later)] == [timer.id]
    await fire_timer(crm, timer.id, at=later)
    assert await fire_timer(crm, timer.id, at=later) is None
    assert run.status is RunStatus.RUNNING
    await finish_node(crm, node.id)
    await _pass(crm, run, "end")


async def test_cancelling_a_waiting_run_takes_its_timer_away(crm):
    run = await _run(crm, REST)
    await _pass(crm, run, "go")
    node = await start_node(crm, run.id, "rest")
    await wait_at(crm, node.id, NOW)
    await cancel_run(crm, run.id)
    assert await crm.workflow_timers.due(NOW + timedelta(days=9)) == []
    assert node.status is NodeRunStatus.SKIPPED


async def test_a_schedule_that_is_told_twice_starts_one_run_and_sets_the_next(house):
    drawn = line(
        ("c", "schedule", {"every": "week", "weekdays": [1], "at": "09:00"}), ("e", "stop", {})
    )
    async with house.begin() as crm:
        workflow = await make_workflow(crm, drawn)
        [timer] = await crm.workflow_timers.pending_for(workflow_id=workflow.id)

    async def fire():
        async with house.begin() as crm:
            return await fire_timer(crm, timer.id, at=timer.due_at)

    fired = await asyncio.gather(fire(), fire(), fire())
    assert sum(run is not None for run in fired) == 1
    async with house.begin() as crm:
        [following] = await crm.workflow_timers.pending_for(workflow_id=workflow.id)
        assert following.due_at.date() == timer.due_at.date() + timedelta(days=7)
        assert len(await crm.workflow_runs.all()) == 1


async def test_a_run_about_somebody_hidden_is_hidden_with_all_it_wrote(house):
    async with house.begin() as crm:
        donor = Donor(
            name="Ruth Cohen",
            formal_salutation="Dear Ms Cohen",
            informal_salutation="Dear Ruth",
            owner_id=house.director.member_id,
        )
        crm.session.add(donor)
        await crm.flush()
        workflow = await make_workflow(crm, ASK)
        run = await start_run(crm, workflow.id, "k", donor_id=donor.id)
        await _pass(crm, run, "go")
        await log(crm, run.id, "Ruth gave 18.")
    stranger = house.actor(member_id=None, reach=Reach.WORKSPACE)
    async with house.begin(stranger) as crm:
        with pytest.raises(NotVisible):
            await crm.workflow_runs.get(run.id)
        assert await crm.workflow_node_runs.of_run(run.id) == []
        assert await crm.workflow_logs.of_run(run.id) == []
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        assert len(await crm.workflow_logs.of_run(run.id)) == 1


async def test_a_run_is_about_something_there_is(crm):
    workflow = await make_workflow(crm)
    with pytest.raises(Invalid, match="shoe_id"):
        await start_run(crm, workflow.id, "k", shoe_id=workflow.id)


async def test_jobs_run_workflows_in_nobodys_name(house):
    async with house.begin() as crm:
        workflow = await make_workflow(crm)
    async with house.begin(Actor.system(house.org_id)) as crm:
        run: WorkflowRun = await start_run(crm, workflow.id, "k")
        node = await _pass(crm, run, "gift")
        assert run.created_by is None
        assert WorkflowRunView.of(run).status is RunStatus.RUNNING
        assert WorkflowNodeRunView.of(node).port == "next"
        assert WorkflowLogView.of(await log(crm, run.id, "Well.", took=3)).data == {"took": 3}
