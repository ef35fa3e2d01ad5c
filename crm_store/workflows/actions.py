"""Drawing a workflow, publishing it, and switching it on and off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.orgs.models import Org
from crm_store.workflows.graph import BadGraph, Graph, check
from crm_store.workflows.models import (
    NodeType,
    TimerStatus,
    VersionState,
    Workflow,
    WorkflowTimer,
    WorkflowVersion,
)
from crm_store.workflows.schedule import next_time


class NotPublished(Conflict):
    """This workflow has never been published, so there is nothing to switch on."""


class NothingToPublish(Conflict):
    """There are no changes since this workflow was last published."""


async def create_workflow(
    crm: Crm, name: str, *, description: str | None = None, workspace_id: UUID | None = None
) -> Workflow:
    """A new workflow, switched off, with an empty drawing to work on."""
    if not name.strip():
        raise Invalid("A workflow needs a name.")
    workflow = Workflow(name=name.strip(), description=description, workspace_id=workspace_id)
    crm.workflows.add(workflow)
    crm.workflow_versions.add(
        WorkflowVersion(workflow_id=workflow.id, number=1, graph=Graph().stored())
    )
    await crm.flush()
    return workflow


async def save_draft(
    crm: Crm, workflow_id: UUID, drawn: Mapping[str, Any], *, notes: str | None = None
) -> WorkflowVersion:
    """Keep a drawing, finished or not; what is published goes on as it was."""
    graph = Graph.read(drawn).stored()
    await crm.workflows.get(workflow_id, lock=True)
    version = await crm.workflow_versions.of(workflow_id, VersionState.WORKING)
    if version is None:
        number = (await crm.workflow_versions.history(workflow_id))[0].number + 1
        version = crm.workflow_versions.add(WorkflowVersion(workflow_id=workflow_id, number=number))
    version.graph = graph
    version.notes = notes if notes is not None else version.notes
    await crm.flush()
    return version


async def publish_workflow(
    crm: Crm, workflow_id: UUID, *, at: datetime | None = None
) -> WorkflowVersion:
    """Make the drawing the one that runs; refused, with every fault named, while it is unsound."""
    at = at or now()
    workflow = await crm.workflows.get(workflow_id, lock=True)
    working = await crm.workflow_versions.of(workflow_id, VersionState.WORKING)
    if working is None:
        raise NothingToPublish
    graph, kinds = Graph.read(working.graph), await crm.workflows.node_types()
    if faults := check(graph, kinds):
        raise BadGraph(faults)
    published = await crm.workflow_versions.of(workflow_id, VersionState.PUBLISHED)
    if published is not None:
        published.state = VersionState.RETIRED
        await crm.flush()
    working.state = VersionState.PUBLISHED
    working.published_at, working.published_by = at, crm.actor.member_id
    trigger = graph.trigger(kinds)
    workflow.trigger_type = trigger.type if trigger else None
    await crm.flush()
    await reschedule(crm, workflow, after=at)
    return working


async def activate_workflow(crm: Crm, workflow_id: UUID, *, at: datetime | None = None) -> Workflow:
    """Let events start it; a schedule gets its next time."""
    workflow = await crm.workflows.get(workflow_id, lock=True)
    if await crm.workflow_versions.of(workflow_id, VersionState.PUBLISHED) is None:
        raise NotPublished
    workflow.is_active = True
    await reschedule(crm, workflow, after=at or now())
    return workflow


async def deactivate_workflow(crm: Crm, workflow_id: UUID) -> Workflow:
    """Start no more runs; those under way go on to their end."""
    workflow = await crm.workflows.get(workflow_id, lock=True)
    workflow.is_active = False
    await reschedule(crm, workflow, after=now())
    return workflow


async def delete_workflow(crm: Crm, workflow_id: UUID, *, at: datetime | None = None) -> Workflow:
    workflow = await deactivate_workflow(crm, workflow_id)
    workflow.deleted_at = at or now()
    await crm.flush()
    return workflow


async def reschedule(crm: Crm, workflow: Workflow, *, after: datetime) -> WorkflowTimer | None:
    """Replace the time a scheduled workflow starts next; none while it is switched off."""
    for timer in await crm.workflow_timers.pending_for(workflow_id=workflow.id):
        timer.status = TimerStatus.CANCELLED
    await crm.flush()
    config = await _schedule_of(crm, workflow)
    if config is None or not workflow.is_active:
        return None
    timezone = await crm.session.scalar(select(Org.timezone).where(Org.id == crm.actor.org))
    due_at = next_time(config, after, timezone or "UTC")
    timer = crm.workflow_timers.add(WorkflowTimer(workflow_id=workflow.id, due_at=due_at))
    await crm.flush()
    return timer


async def _schedule_of(crm: Crm, workflow: Workflow) -> Mapping[str, Any] | None:
    published = await crm.workflow_versions.of(workflow.id, VersionState.PUBLISHED)
    if published is None or workflow.trigger_type != "schedule":
        return None
    kinds: Mapping[str, NodeType] = await crm.workflows.node_types()
    trigger = Graph.read(published.graph).trigger(kinds)
    return trigger.config if trigger else None
