"""What may be shown of drafts, sending and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from crm_store.channel import Channel, Purpose
from crm_store.outreach.models import (
    ConsentSource,
    ConsentState,
    DeliveryStatus,
    DraftStatus,
    OutboxKind,
    OutboxState,
    SessionStatus,
    SuppressionReason,
    TrackingKind,
)
from crm_store.view import PERSONAL, View


class DraftingSessionView(View):
    id: UUID
    name: str
    description: str | None
    status: SessionStatus
    channel: Channel
    purpose: Purpose
    instructions: str | None
    total_count: int
    generated_count: int
    failed_count: int


class DraftSourceView(View):
    place: int
    sentence: str
    source_table: str | None
    source_row_id: UUID | None
    source_url: str | None
    quote: str | None


class DraftView(View):
    id: UUID
    session_id: UUID | None
    donor_id: UUID | None
    person_id: UUID | None
    channel: Channel
    purpose: Purpose
    status: DraftStatus
    subject: str | None
    body_plain: str
    language: str | None
    version: int
    scheduled_at: datetime | None
    sent_at: datetime | None
    rejected_reason: str | None
    sources: tuple[DraftSourceView, ...] = ()


class DecisionView(View):
    """Whether somebody may be written to, and why."""

    person_id: UUID
    channel: Channel
    purpose: Purpose
    at: datetime
    allowed: bool
    reasons: list[str]
    not_before: datetime | None
    policy_version: int


class OutboxView(View):
    id: UUID
    kind: OutboxKind
    channel: Channel
    purpose: Purpose
    state: OutboxState
    person_id: UUID | None
    to_address: Annotated[str | None, PERSONAL]
    subject: str | None
    not_before: datetime
    attempts: int
    sent_at: datetime | None
    error_message: str | None


class DeliveryView(View):
    id: UUID
    person_id: UUID | None
    channel: Channel
    purpose: Purpose
    status: DeliveryStatus
    to_address: Annotated[str | None, PERSONAL]
    queued_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    bounced_at: datetime | None
    error_message: str | None


class TrackingEventView(View):
    kind: TrackingKind
    at: datetime
    is_machine: bool
    link_url: str | None


class SuppressionView(View):
    id: UUID
    channel: Channel
    address: Annotated[str | None, PERSONAL]
    reason: SuppressionReason
    note: str | None
    at: datetime
    lifted_at: datetime | None
    lifted_because: str | None


class ConsentView(View):
    id: UUID
    person_id: UUID
    purpose: Purpose
    channel: Channel | None
    state: ConsentState
    covers_household: bool
    at: datetime
    source: ConsentSource
    text: str | None
    text_version: str | None
    proof: str | None


class MailboxView(View):
    id: UUID
    provider: str
    address: str
    display_name: str | None
    member_id: UUID | None
    is_active: bool
    is_default: bool
    daily_limit: int | None
    sent_today: int
    last_error: str | None


class SendWindowView(View):
    daily_limit: int
    min_gap_hours: int
    spacing_seconds: int
    timezone: str
    start_minute: int
    end_minute: int
    days: list[int]
    is_active: bool
    paused_at: datetime | None
