"""Workflows: the kinds of node, drawn graphs and their versions, and what each run did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, Registry, TenantRow, now, ref
from crm_store.errors import Conflict


class NodeGroup(StrEnum):
    TRIGGER = "trigger"
    LOGIC = "logic"
    AI = "ai"
    OUTPUT = "output"
    UTILITY = "utility"


class NodeType(Registry):
    """A kind of node: what it is for, how it is set up and where it leads."""

    __tablename__ = "node_types"

    group: Mapped[NodeGroup]
    name: Mapped[str]
    description: Mapped[str]
    config_schema: Mapped[Json]
    inputs: Mapped[list[str]]
    outputs: Mapped[list[str]]
    outputs_from: Mapped[str | None] = mapped_column(
        comment="The setting whose entries are further outputs, as with the cases of a switch."
    )
    sort_order: Mapped[int]


class Workflow(Live, TenantRow):
    """A rule with a name, switched on or off; its graph is in its versions."""

    __tablename__ = "workflows"
    __table_args__ = (
        Index(
            "uq_workflows_org_id_name",
            "org_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("ix_workflows_org_id_trigger_type", "org_id", "trigger_type", "is_active"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    is_active: Mapped[bool] = mapped_column(default=False)
    trigger_type: Mapped[str | None] = mapped_column(
        ForeignKey("node_types.key"), comment="Of the published graph."
    )
    settings: Mapped[Json] = mapped_column(default=dict)


class VersionState(StrEnum):
    WORKING = "working"
    PUBLISHED = "published"
    RETIRED = "retired"


class WorkflowVersion(TenantRow):
    """One state of a workflow's graph: worked on, published or past; fixed once published."""

    __tablename__ = "workflow_versions"
    __table_args__ = (
        UniqueConstraint("org_id", "workflow_id", "number"),
        Index(
            "uq_workflow_versions_org_id_workflow_id_current",
            "org_id",
            "workflow_id",
            "state",
            unique=True,
            postgresql_where=text("state IN ('working', 'published')"),
        ),
    )

    workflow_id: Mapped[UUID] = ref("workflows", on_delete="CASCADE", index=False)
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(default=VersionState.WORKING)
    graph: Mapped[Json] = mapped_column(default=dict, comment="nodes and edges")
    notes: Mapped[str | None]
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None] = ref("members", on_delete="SET NULL")


class WrongMove(Conflict):
    """This run is not in a state from which it can do that."""


class RunStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return not RUN_MOVES[self]


RUN_MOVES: Mapping[RunStatus, frozenset[RunStatus]] = {
    RunStatus.PENDING: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED}),
    RunStatus.RUNNING: frozenset(
        {RunStatus.WAITING, RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}
    ),
    RunStatus.WAITING: frozenset({RunStatus.RUNNING, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.COMPLETED: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}


class WorkflowRun(TenantRow):
    """One execution of a published version; a trigger key starts at most one."""

    __tablename__ = "workflow_runs"
    __table_args__ = (
        UniqueConstraint("org_id", "workflow_id", "trigger_key"),
        Index("ix_workflow_runs_org_id_status", "org_id", "status", "created_at"),
        Index("ix_workflow_runs_org_id_workflow_id", "org_id", "workflow_id", "created_at"),
    )
    audited: ClassVar[bool] = False

    workflow_id: Mapped[UUID] = ref("workflows", on_delete="CASCADE", index=False)
    version_id: Mapped[UUID] = ref("workflow_versions", on_delete="CASCADE")
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.PENDING)
    trigger_key: Mapped[str] = mapped_column(comment="Names the event; a repeat is the same run.")
    trigger_data: Mapped[Json] = mapped_column(default=dict)
    variables: Mapped[Json] = mapped_column(default=dict)
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    person_id: Mapped[UUID | None] = ref("people", on_delete="SET NULL")
    lead_id: Mapped[UUID | None] = ref("leads", on_delete="SET NULL")
    ticket_id: Mapped[UUID | None] = ref("tickets", on_delete="SET NULL")
    conversation_id: Mapped[UUID | None] = ref("conversations", on_delete="SET NULL")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]

    def move(self, to: RunStatus, at: datetime) -> None:
        if to not in RUN_MOVES[self.status]:
            raise WrongMove(f"A run that is {self.status} cannot become {to}.")
        self.status = to
        self.started_at = self.started_at or at
        self.finished_at = at if to.is_over else None


class NodeRunStatus(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def is_over(self) -> bool:
        return self not in (NodeRunStatus.RUNNING, NodeRunStatus.WAITING)


class WorkflowNodeRun(TenantRow):
    """What one node took in, gave out and which way it led, each time it was reached."""

    __tablename__ = "workflow_node_runs"
    __table_args__ = (UniqueConstraint("org_id", "run_id", "node_key", "iteration", "attempt"),)
    audited: ClassVar[bool] = False

    run_id: Mapped[UUID] = ref("workflow_runs", on_delete="CASCADE", index=False)
    node_key: Mapped[str] = mapped_column(comment="The node's name in the graph.")
    node_type: Mapped[str] = mapped_column(ForeignKey("node_types.key"))
    iteration: Mapped[int] = mapped_column(default=0, comment="Which turn of a loop.")
    attempt: Mapped[int] = mapped_column(default=1)
    status: Mapped[NodeRunStatus] = mapped_column(default=NodeRunStatus.RUNNING)
    port: Mapped[str | None] = mapped_column(comment="The output it left by.")
    input: Mapped[Json] = mapped_column(default=dict)
    output: Mapped[Json] = mapped_column(default=dict)
    error: Mapped[str | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class WorkflowLog(TenantRow):
    """A line a run wrote while it went."""

    __tablename__ = "workflow_logs"
    __table_args__ = (Index("ix_workflow_logs_org_id_run_id", "org_id", "run_id", "at"),)
    audited: ClassVar[bool] = False

    run_id: Mapped[UUID] = ref("workflow_runs", on_delete="CASCADE", index=False)
    node_run_id: Mapped[UUID | None] = ref("workflow_node_runs", on_delete="CASCADE")
    at: Mapped[datetime] = mapped_column(default=now)
    level: Mapped[LogLevel] = mapped_column(default=LogLevel.INFO)
    message: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TimerStatus(StrEnum):
    PENDING = "pending"
    FIRED = "fired"
    CANCELLED = "cancelled"


class WorkflowTimer(TenantRow):
    """When a schedule starts its workflow next, or a waiting run goes on."""

    __tablename__ = "workflow_timers"
    __table_args__ = (
        CheckConstraint("run_id IS NULL OR node_key IS NOT NULL", name="wait_names_its_node"),
        Index("ix_workflow_timers_org_id_due", "org_id", "status", "due_at"),
        Index(
            "uq_workflow_timers_org_id_schedule",
            "org_id",
            "workflow_id",
            unique=True,
            postgresql_where=text("run_id IS NULL AND status = 'pending'"),
        ),
    )
    audited: ClassVar[bool] = False

    workflow_id: Mapped[UUID] = ref("workflows", on_delete="CASCADE")
    run_id: Mapped[UUID | None] = ref("workflow_runs", on_delete="CASCADE")
    node_key: Mapped[str | None]
    due_at: Mapped[datetime]
    status: Mapped[TimerStatus] = mapped_column(default=TimerStatus.PENDING)
    fired_at: Mapped[datetime | None]
