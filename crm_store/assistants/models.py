"""Assistants, where they answer and what they did; the ledger, memory and spending lie beside."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.actor import Door
from crm_store.assistants.ledger_models import (
    AlreadyDecided,
    Decision,
    Effect,
    Proposal,
    ProposalStatus,
    Verdict,
)
from crm_store.assistants.memory_models import Memory, MemoryKind, MemoryScope
from crm_store.assistants.spending_models import (
    Budget,
    BudgetPeriod,
    Period,
    Reservation,
    ReservationStatus,
    Usage,
)
from crm_store.base import Json, Live, TenantRow, ref

__all__ = [
    "AlreadyDecided",
    "Assistant",
    "AssistantCollection",
    "AssistantScope",
    "Audience",
    "Budget",
    "BudgetPeriod",
    "CallStatus",
    "Decision",
    "Deployment",
    "DeploymentStatus",
    "Effect",
    "Feedback",
    "Memory",
    "MemoryKind",
    "MemoryScope",
    "Period",
    "Proposal",
    "ProposalStatus",
    "Rating",
    "Reservation",
    "ReservationStatus",
    "Run",
    "RunStatus",
    "ToolCall",
    "Usage",
    "Verdict",
]


class AssistantScope(StrEnum):
    ORGANISATION = "organisation"
    WORKSPACE = "workspace"


class Audience(StrEnum):
    STAFF = "staff"
    VISITORS = "visitors"


class Assistant(Live, TenantRow):
    """An assistant as configured: whom it serves, how it speaks, what it may use."""

    __tablename__ = "assistants"
    __table_args__ = (
        CheckConstraint(
            "scope <> 'workspace' OR workspace_id IS NOT NULL", name="workspace_is_named"
        ),
        Index(
            "uq_assistants_org_id_name",
            "org_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "uq_assistants_org_id_default",
            "org_id",
            "audience",
            unique=True,
            postgresql_where=text("is_default AND deleted_at IS NULL"),
        ),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    audience: Mapped[Audience] = mapped_column(default=Audience.STAFF)
    scope: Mapped[AssistantScope] = mapped_column(default=AssistantScope.ORGANISATION)
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="RESTRICT")
    system_prompt: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    widget_code: Mapped[str | None] = mapped_column(comment="What a website embeds.")
    model: Mapped[str | None] = mapped_column(comment="None: the installation's.")
    tools: Mapped[list[str]] = mapped_column(default=list, comment="Pinned ones; none: chosen.")
    settings: Mapped[Json] = mapped_column(default=dict)


class AssistantCollection(TenantRow):
    """A shelf of knowledge an assistant may quote from."""

    __tablename__ = "assistant_collections"
    __table_args__ = (UniqueConstraint("org_id", "assistant_id", "collection_id"),)

    assistant_id: Mapped[UUID] = ref("assistants", on_delete="CASCADE", index=False)
    collection_id: Mapped[UUID] = ref("collections", on_delete="CASCADE")


class DeploymentStatus(StrEnum):
    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    RETIRED = "retired"


class Deployment(TenantRow):
    """An assistant answering at one door."""

    __tablename__ = "deployments"
    __table_args__ = (
        Index(
            "uq_deployments_org_id_live",
            "org_id",
            "door",
            "channel_account_id",
            unique=True,
            postgresql_where=text("status = 'live'"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    assistant_id: Mapped[UUID] = ref("assistants", on_delete="CASCADE")
    door: Mapped[Door]
    channel_account_id: Mapped[UUID | None] = ref("channel_accounts", on_delete="CASCADE")
    status: Mapped[DeploymentStatus] = mapped_column(default=DeploymentStatus.DRAFT)
    settings: Mapped[Json] = mapped_column(default=dict)
    deployed_at: Mapped[datetime | None]
    deployed_by: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    retired_at: Mapped[datetime | None]


class RunStatus(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Run(TenantRow):
    """One turn of an assistant: from a message to its answer."""

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint("member_id IS NULL OR visitor_id IS NULL", name="for_one"),
        Index("ix_runs_org_id_conversation_id", "org_id", "conversation_id", "created_at"),
        Index("ix_runs_org_id_status", "org_id", "status", "created_at"),
    )
    audited: ClassVar[bool] = False
    visitor_may: ClassVar[str] = "SELECT, INSERT, UPDATE"
    visitor_rows: ClassVar[str] = "visitor_id = (SELECT app_visitor())"

    conversation_id: Mapped[UUID | None] = ref("conversations", on_delete="CASCADE", index=False)
    assistant_id: Mapped[UUID | None] = ref("assistants", on_delete="SET NULL")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="CASCADE")
    door: Mapped[Door]
    model: Mapped[str | None]
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.RUNNING)
    is_tainted: Mapped[bool] = mapped_column(
        default=False, comment="It has read what outsiders wrote."
    )
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    currency: Mapped[str] = mapped_column(default="USD")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    duration_ms: Mapped[int | None]
    query_kind: Mapped[str | None] = mapped_column(comment="What was asked for, in one word.")
    error: Mapped[str | None]


class CallStatus(StrEnum):
    STARTED = "started"
    FINISHED = "finished"
    REFUSED = "refused"
    PROPOSED = "proposed"


class ToolCall(TenantRow):
    """The call journal: one row per tool call, with the answer a replay is given."""

    __tablename__ = "tool_calls"
    __table_args__ = (UniqueConstraint("org_id", "run_id", "tool_call_id"),)
    audited: ClassVar[bool] = False
    visitor_may: ClassVar[str] = "SELECT, INSERT, UPDATE"
    visitor_rows: ClassVar[str] = "visitor_id = (SELECT app_visitor())"

    run_id: Mapped[UUID] = ref("runs", on_delete="CASCADE", index=False)
    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="CASCADE")
    tool_call_id: Mapped[str] = mapped_column(comment="As the model named it.")
    tool: Mapped[str]
    arguments: Mapped[Json] = mapped_column(default=dict)
    arguments_hash: Mapped[str]
    effect: Mapped[Effect]
    status: Mapped[CallStatus] = mapped_column(default=CallStatus.STARTED)
    answer: Mapped[Json | None]
    proposal_id: Mapped[UUID | None] = ref("proposals", on_delete="SET NULL")
    sql_generated: Mapped[str | None] = mapped_column(comment="For reports: what was asked.")
    finished_at: Mapped[datetime | None]
    duration_ms: Mapped[int | None]


class Rating(StrEnum):
    UP = "up"
    DOWN = "down"


class Feedback(TenantRow):
    """What somebody thought of an answer, and how they would have put it."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index(
            "uq_feedback_org_id_run_id_giver",
            "org_id",
            "run_id",
            "member_id",
            "visitor_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("num_nonnulls(member_id, visitor_id) = 1", name="from_one"),
    )
    visitor_may: ClassVar[str] = "SELECT, INSERT, UPDATE"
    visitor_rows: ClassVar[str] = "visitor_id = (SELECT app_visitor())"

    run_id: Mapped[UUID] = ref("runs", on_delete="CASCADE", index=False)
    message_id: Mapped[UUID | None] = ref("messages", on_delete="SET NULL")
    member_id: Mapped[UUID | None] = ref("members", on_delete="CASCADE")
    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="CASCADE")
    rating: Mapped[Rating]
    comment: Mapped[str | None]
    correction: Mapped[str | None]
