"""What may leave of assistants, the ledger and spending."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from crm_store.actor import Door
from crm_store.assistants.models import (
    AssistantScope,
    Audience,
    CallStatus,
    DeploymentStatus,
    Effect,
    MemoryKind,
    MemoryScope,
    Period,
    ProposalStatus,
    RunStatus,
    Verdict,
)
from crm_store.view import Sensitive, View

CONFIGURED = Sensitive("assistants:write")


class AssistantView(View):
    id: UUID
    name: str
    description: str | None
    audience: Audience
    scope: AssistantScope
    workspace_id: UUID | None
    is_active: bool
    is_default: bool
    model: str | None
    system_prompt: Annotated[str | None, CONFIGURED]
    widget_code: str | None


class DeploymentView(View):
    id: UUID
    assistant_id: UUID
    door: Door
    channel_account_id: UUID | None
    status: DeploymentStatus
    deployed_at: datetime | None


class RunView(View):
    id: UUID
    conversation_id: UUID | None
    assistant_id: UUID | None
    member_id: UUID | None
    door: Door
    model: str | None
    status: RunStatus
    is_tainted: bool
    input_tokens: int
    output_tokens: int
    cost: Decimal
    currency: str
    started_at: datetime
    finished_at: datetime | None
    error: str | None


class ToolCallView(View):
    """What was called; arguments and answer may hold what only its asker might read."""

    id: UUID
    run_id: UUID
    tool: str
    effect: Effect
    status: CallStatus
    arguments: Annotated[dict[str, Any] | None, CONFIGURED]
    answer: Annotated[dict[str, Any] | None, CONFIGURED]
    proposal_id: UUID | None
    duration_ms: int | None


class ProposalView(View):
    """Everything one needs to decide; the hash goes back with the decision."""

    id: UUID
    number: int
    revision: int
    tool: str
    arguments: dict[str, Any]
    arguments_hash: str
    diff: str
    reason: str | None
    effect: Effect
    scope: str
    quorum: int
    needs_another: bool
    asked_by: UUID | None
    asked_door: Door
    status: ProposalStatus
    expires_at: datetime
    decided_at: datetime | None
    executed_at: datetime | None
    outcome: dict[str, Any] | None


class DecisionView(View):
    id: UUID
    proposal_id: UUID
    member_id: UUID
    door: Door
    verdict: Verdict
    comment: str | None
    decided_at: datetime


class MemoryView(View):
    id: UUID
    scope: MemoryScope
    kind: MemoryKind
    member_id: UUID | None
    donor_id: UUID | None
    person_id: UUID | None
    content: str
    is_tainted: bool
    created_at: datetime
    last_used_at: datetime | None


class UsageView(View):
    at: datetime
    member_id: UUID | None
    door: Door
    purpose: str
    model: str
    input_tokens: int
    output_tokens: int
    cost: Decimal
    currency: str
    is_estimated: bool


class BudgetView(View):
    id: UUID
    member_id: UUID | None
    role_id: UUID | None
    door: Door | None
    period: Period
    money_limit: Decimal | None
    token_limit: int | None
    currency: str
    is_active: bool
