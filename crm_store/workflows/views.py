"""What may leave of workflows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm_store.view import View
from crm_store.workflows.models import (
    LogLevel,
    NodeGroup,
    NodeRunStatus,
    RunStatus,
    VersionState,
)


class NodeTypeView(View):
    key: str
    group: NodeGroup
    name: str
    description: str
    inputs: list[str]
    outputs: list[str]
    outputs_from: str | None
    config_schema: dict[str, Any]


class WorkflowView(View):
    id: UUID
    name: str
    description: str | None
    is_active: bool
    trigger_type: str | None
    workspace_id: UUID | None
    created_at: datetime
    updated_at: datetime


class WorkflowVersionView(View):
    id: UUID
    workflow_id: UUID
    number: int
    state: VersionState
    graph: dict[str, Any]
    notes: str | None
    published_at: datetime | None
    published_by: UUID | None


class WorkflowRunView(View):
    id: UUID
    workflow_id: UUID
    version_id: UUID
    status: RunStatus
    trigger_key: str
    donor_id: UUID | None
    person_id: UUID | None
    lead_id: UUID | None
    ticket_id: UUID | None
    conversation_id: UUID | None
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None


class WorkflowNodeRunView(View):
    id: UUID
    run_id: UUID
    node_key: str
    node_type: str
    iteration: int
    attempt: int
    status: NodeRunStatus
    port: str | None
    output: dict[str, Any]
    error: str | None
    started_at: datetime
    finished_at: datetime | None


class WorkflowLogView(View):
    at: datetime
    level: LogLevel
    message: str
    data: dict[str, Any]
