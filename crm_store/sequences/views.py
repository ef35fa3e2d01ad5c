"""What may be shown of sequences and automations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm_store.channel import Channel, Purpose
from crm_store.sequences.models import (
    EnrolmentStatus,
    HouseholdReply,
    RunStatus,
    SequenceStatus,
    StepType,
    Trigger,
)
from crm_store.view import View


class SequenceStepView(View):
    step_number: int
    channel: Channel
    delay_days: int
    delay_hours: int
    subject: str | None
    body: str | None
    template_id: UUID | None


class SequenceView(View):
    id: UUID
    name: str
    description: str | None
    status: SequenceStatus
    purpose: Purpose
    stops_on_reply: bool
    household_reply: HouseholdReply
    is_exclusive: bool
    steps: tuple[SequenceStepView, ...] = ()


class EnrolmentView(View):
    id: UUID
    sequence_id: UUID
    person_id: UUID
    person: str | None = None
    status: EnrolmentStatus
    current_step: int
    started_at: datetime
    next_due_at: datetime | None
    pause_until: datetime | None
    reason: str | None


class AutomationStepView(View):
    type: StepType
    config: dict[str, object]
    sort_order: int


class AutomationView(View):
    id: UUID
    name: str
    description: str | None
    trigger: Trigger
    trigger_config: dict[str, object]
    is_active: bool
    steps: tuple[AutomationStepView, ...] = ()


class AutomationRunView(View):
    id: UUID
    automation_id: UUID
    person_id: UUID
    status: RunStatus
    next_step: int
    due_at: datetime | None
    error_message: str | None
