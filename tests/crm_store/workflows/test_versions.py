"""Drawn, published, switched on and off."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.errors import NotFound, Refused
from crm_store.workflows.actions import (
    NothingToPublish,
    NotPublished,
    activate_workflow,
    create_workflow,
    deactivate_workflow,
    delete_workflow,
    publish_workflow,
    save_draft,
)
from crm_store.workflows.graph import BadGraph
from crm_store.workflows.models import VersionState
from crm_store.workflows.testing import THANK, line, make_workflow
from crm_store.workflows.views import WorkflowVersionView, WorkflowView

MORNING = line(
    ("clock", "schedule", {"every": "day", "at": "09:00", "timezone": "Europe/Athens"}),
    ("task", "create_task", {"title": "Look at the board"}),
)


async def test_an_unfinished_drawing_is_kept_but_not_published(crm):
    workflow = await create_workflow(crm, "Later")
    await save_draft(crm, workflow.id, {"nodes": [{"key": "x", "type": "not yet"}]})
    with pytest.raises(BadGraph, match="exactly one trigger") as refused:
        await publish_workflow(crm, workflow.id)
    assert len(refused.value.faults) == 2
    with pytest.raises(NotPublished):
        await activate_workflow(crm, workflow.id)


async def test_editing_what_is_published_begins_another_version(crm):
    workflow = await make_workflow(crm)
    changed = line(("gift", "gift_received", {}), ("stop", "stop", {}))
    draft = await save_draft(crm, workflow.id, changed)
    live = await crm.workflow_versions.of(workflow.id, VersionState.PUBLISHED)
    assert (live.number, draft.number) == (1, 2)
    assert len(live.graph["nodes"]) == 2
    await publish_workflow(crm, workflow.id)
    states = [(v.number, v.state) for v in await crm.workflow_versions.history(workflow.id)]
    assert states == [(2, "published"), (1, "retired")]


async def test_publishing_twice_says_that_nothing_changed(crm):
    workflow = await make_workflow(crm)
    with pytest.raises(NothingToPublish):
        await publish_workflow(crm, workflow.id)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE workflow_versions SET graph = '{}' WHERE workflow_id = :id",
        "UPDATE workflow_versions SET state = 'working' WHERE workflow_id = :id",
    ],
)
async def test_the_database_keeps_what_was_published_as_it_was(house, change):
    async with house.begin() as crm:
        workflow = await make_workflow(crm)
    with pytest.raises(DBAPIError, match="version"):
        async with house.begin() as crm:
            await crm.session.execute(text(change), {"id": workflow.id})


async def test_events_find_the_active_workflows_that_listen(crm):
    on = await make_workflow(crm, name="On")
    off = await make_workflow(crm, name="Off", active=False)
    assert [w.id for w in await crm.workflows.listening("gift_received")] == [on.id]
    await activate_workflow(crm, off.id)
    await deactivate_workflow(crm, on.id)
    assert [w.id for w in await crm.workflows.listening("gift_received")] == [off.id]
    assert await crm.workflows.listening("manual") == []


async def test_a_scheduled_workflow_waits_for_its_hour_only_while_it_is_on(crm):
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
    workflow = await make_workflow(crm, MORNING, active=False)
    assert await crm.workflow_timers.pending_for(workflow_id=workflow.id) == []
    await activate_workflow(crm, workflow.id, at=noon)
    [timer] = await crm.workflow_timers.pending_for(workflow_id=workflow.id)
    assert timer.due_at == datetime(2026, 3, 29, 6, tzinfo=UTC), "summer time began that night"
    await delete_workflow(crm, workflow.id)
    assert await crm.workflow_timers.pending_for(workflow_id=workflow.id) == []
    with pytest.raises(NotFound):
        await crm.workflows.get(workflow.id)


async def test_a_deleted_workflows_name_may_be_used_again(crm):
    workflow = await create_workflow(crm, "Ευχαριστώ")
    await delete_workflow(crm, workflow.id)
    assert (await create_workflow(crm, "Ευχαριστώ")).id != workflow.id


async def test_without_the_right_nothing_is_drawn(house):
    reader = house.actor(scopes=frozenset({"workflows:read"}))
    with pytest.raises(Refused):
        async with house.begin(reader) as crm:
            await create_workflow(crm, "Mine")


async def test_another_organisations_workflow_is_as_good_as_missing(house, neighbour):
    async with house.begin() as crm:
        workflow = await make_workflow(crm)
    async with neighbour.begin() as crm:
        with pytest.raises(NotFound, match=r"There is no such workflow\."):
            await save_draft(crm, workflow.id, THANK)


async def test_views_show_a_workflow_and_its_drawing(crm):
    workflow = await make_workflow(crm)
    version = await crm.workflow_versions.of(workflow.id, VersionState.PUBLISHED)
    assert WorkflowView.of(workflow).trigger_type == "gift_received"
    assert WorkflowVersionView.of(version).graph["edges"] == THANK["edges"]
