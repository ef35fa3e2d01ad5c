"""What a run does, step by step: started once, moved only as its graph allows, ended once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.workflows.actions import reschedule
from crm_store.workflows.graph import Edge, Graph, Node, ports
from crm_store.workflows.models import (
    LogLevel,
    NodeRunStatus,
    RunStatus,
    TimerStatus,
    VersionState,
    Workflow,
    WorkflowLog,
    WorkflowNodeRun,
    WorkflowRun,
    WorkflowTimer,
    WrongMove,
)

SUBJECTS = frozenset({"donor_id", "person_id", "lead_id", "ticket_id", "conversation_id"})


class SwitchedOff(Refused):
    """This workflow is switched off."""


class NotReached(Conflict):
    """No way that was taken leads to this node."""


async def start_run(
    crm: Crm,
    workflow_id: UUID,
    trigger_key: str,
    *,
    data: Mapping[str, Any] | None = None,
    **subjects: UUID | None,
) -> WorkflowRun:
    """One run for one event, however often the event is told."""
    if unknown := subjects.keys() - SUBJECTS:
        raise Invalid(f"A run cannot be about {', '.join(sorted(unknown))}.")
    if (known := await crm.workflow_runs.by_trigger(workflow_id, trigger_key)) is not None:
        return known
    workflow = await crm.workflows.get(workflow_id)
    version = await crm.workflow_versions.of(workflow_id, VersionState.PUBLISHED)
    if not workflow.is_active or version is None:
        raise SwitchedOff
    crm.actor.need("workflows:write")
    await crm.session.execute(
        insert(WorkflowRun)
        .values(
            org_id=crm.actor.org,
            id=new_id(),
            workflow_id=workflow_id,
            version_id=version.id,
            trigger_key=trigger_key,
            trigger_data=dict(data or {}),
            created_by=crm.actor.id,
            **subjects,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "workflow_id", "trigger_key"])
    )
    run = await crm.workflow_runs.by_trigger(workflow_id, trigger_key)
    if run is None:
        raise Conflict("The run could not be started; try again.")
    return run


async def start_node(
    crm: Crm,
    run_id: UUID,
    node_key: str,
    *,
    given: Mapping[str, Any] | None = None,
    iteration: int = 0,
    at: datetime | None = None,
) -> WorkflowNodeRun:
    """Enter a node that a taken way leads to; a failed attempt may be made again."""
    at = at or now()
    run = await crm.workflow_runs.get(run_id, lock=True)
    if run.status is not RunStatus.RUNNING:
        run.move(RunStatus.RUNNING, at)
    graph = await _graph(crm, run)
    node = graph.node(node_key)
    before = await crm.workflow_node_runs.of_run(run_id)
    if node is None or not _is_reached(graph, node, before):
        raise NotReached(f"No way that was taken leads to {node_key}.")
    tries = [r for r in before if r.node_key == node_key and r.iteration == iteration]
    if tries and tries[-1].status is not NodeRunStatus.FAILED:
        raise Conflict(f"{node_key} has already been entered.")
    node_run = crm.workflow_node_runs.add(
        WorkflowNodeRun(
            run_id=run_id,
            node_key=node_key,
            node_type=node.type,
            iteration=iteration,
            attempt=len(tries) + 1,
            status=NodeRunStatus.RUNNING,
            input=dict(given or {}),
            started_at=at,
        )
    )
    await crm.flush()
    return node_run


async def finish_node(
    crm: Crm,
    node_run_id: UUID,
    *,
    port: str | None = None,
    output: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> WorkflowNodeRun:
    """Record what a node gave and the way it left by, once."""
    node_run, run = await _open_node(crm, node_run_id)
    node = (await _graph(crm, run)).node(node_run.node_key)
    kinds = await crm.workflows.node_types()
    leads = ports(node, kinds[node.type]) if node else []
    if port is not None and port not in leads:
        raise Invalid(f"{node_run.node_key} has no way out called {port}.")
    if port is None and len(leads) == 1:
        port = leads[0]
    node_run.status, node_run.port = NodeRunStatus.COMPLETED, port
    node_run.output, node_run.finished_at = dict(output or {}), at or now()
    run.variables = {**run.variables, **(variables or {})}
    await crm.flush()
    return node_run


async def fail_node(
    crm: Crm, node_run_id: UUID, error: str, *, at: datetime | None = None
) -> WorkflowNodeRun:
    """Record why a node failed; the run stays open for another try or the error handler."""
    node_run, _ = await _open_node(crm, node_run_id)
    node_run.status, node_run.error = NodeRunStatus.FAILED, error
    node_run.finished_at = at or now()
    await crm.flush()
    await log(crm, node_run.run_id, error, level=LogLevel.ERROR, node_run_id=node_run_id)
    return node_run


async def wait_at(
    crm: Crm, node_run_id: UUID, until: datetime, *, at: datetime | None = None
) -> WorkflowTimer:
    """Let the run rest at this node until a time."""
    node_run, run = await _open_node(crm, node_run_id)
    node_run.status = NodeRunStatus.WAITING
    others = await crm.workflow_node_runs.of_run(run.id)
    if not any(other.status is NodeRunStatus.RUNNING for other in others):
        run.move(RunStatus.WAITING, at or now())
    timer = crm.workflow_timers.add(
        WorkflowTimer(
            workflow_id=run.workflow_id, run_id=run.id, node_key=node_run.node_key, due_at=until
        )
    )
    await crm.flush()
    return timer


async def fire_timer(crm: Crm, timer_id: UUID, *, at: datetime | None = None) -> WorkflowRun | None:
    """What a timer was set for, once: start the scheduled run, or let a waiting one go on."""
    at = at or now()
    timer = await crm.workflow_timers.get(timer_id, lock=True)
    if timer.status is not TimerStatus.PENDING:
        return None
    if timer.due_at > at:
        raise Conflict("It is not time yet.")
    timer.status, timer.fired_at = TimerStatus.FIRED, at
    await crm.flush()
    if timer.run_id is None:
        return await _scheduled(crm, timer, at)
    run = await crm.workflow_runs.get(timer.run_id, lock=True)
    if run.status is RunStatus.WAITING:
        run.move(RunStatus.RUNNING, at)
    for node_run in await crm.workflow_node_runs.of_run(run.id):
        if node_run.node_key == timer.node_key and node_run.status is NodeRunStatus.WAITING:
            node_run.status = NodeRunStatus.RUNNING
    await crm.flush()
    return run


async def finish_run(
    crm: Crm, run_id: UUID, *, error: str | None = None, at: datetime | None = None
) -> WorkflowRun:
    """End a run: completed, or failed with the reason."""
    run = await crm.workflow_runs.get(run_id, lock=True)
    if error is None and any(
        not node_run.status.is_over for node_run in await crm.workflow_node_runs.of_run(run_id)
    ):
        raise WrongMove("A node of this run is still at work.")
    run.move(RunStatus.COMPLETED if error is None else RunStatus.FAILED, at or now())
    run.error = error
    await _leave_waits(crm, run)
    return run


async def cancel_run(crm: Crm, run_id: UUID, *, at: datetime | None = None) -> WorkflowRun:
    """Stop a run where it stands."""
    run = await crm.workflow_runs.get(run_id, lock=True)
    run.move(RunStatus.CANCELLED, at or now())
    await _leave_waits(crm, run)
    return run


async def log(
    crm: Crm,
    run_id: UUID,
    message: str,
    *,
    level: LogLevel = LogLevel.INFO,
    node_run_id: UUID | None = None,
    **data: Any,
) -> WorkflowLog:
    line = WorkflowLog(
        run_id=run_id, node_run_id=node_run_id, level=level, message=message, data=data
    )
    crm.workflow_logs.add(line)
    await crm.flush()
    return line


async def _scheduled(crm: Crm, timer: WorkflowTimer, at: datetime) -> WorkflowRun | None:
    workflow: Workflow = await crm.workflows.get(timer.workflow_id, lock=True)
    await reschedule(crm, workflow, after=at)
    if not workflow.is_active:
        return None
    return await start_run(crm, workflow.id, f"schedule {timer.due_at.isoformat()}")


async def _open_node(crm: Crm, node_run_id: UUID) -> tuple[WorkflowNodeRun, WorkflowRun]:
    node_run = await crm.workflow_node_runs.get(node_run_id)
    run = await crm.workflow_runs.get(node_run.run_id, lock=True)
    await crm.session.refresh(node_run)
    if node_run.status is not NodeRunStatus.RUNNING or run.status is not RunStatus.RUNNING:
        raise WrongMove(f"{node_run.node_key} is {node_run.status} in a run that is {run.status}.")
    return node_run, run


async def _leave_waits(crm: Crm, run: WorkflowRun) -> None:
    for timer in await crm.workflow_timers.pending_for(run_id=run.id):
        timer.status = TimerStatus.CANCELLED
    for node_run in await crm.workflow_node_runs.of_run(run.id):
        if not node_run.status.is_over:
            node_run.status, node_run.finished_at = NodeRunStatus.SKIPPED, run.finished_at
    await crm.flush()


async def _graph(crm: Crm, run: WorkflowRun) -> Graph:
    return Graph.read((await crm.workflow_versions.get(run.version_id)).graph)


def _is_reached(graph: Graph, node: Node, before: Sequence[WorkflowNodeRun]) -> bool:
    left_by = {(r.node_key, r.port) for r in before if r.status is NodeRunStatus.COMPLETED}
    ways: list[Edge] = graph.into(node.key)
    if ways:
        return any((way.source, way.port) in left_by for way in ways)
    failed = any(r.status is NodeRunStatus.FAILED for r in before)
    return failed if node.type == "error_handler" else True
