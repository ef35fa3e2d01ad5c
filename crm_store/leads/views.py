"""What may leave about leads; visitors get back what they left and nothing we made of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from crm_store.leads.models import AssignmentMethod, LeadQuality, LeadSource, LeadStatus
from crm_store.view import AMOUNTS, View


class ReasonView(View):
    """A rule that held, and what it gave."""

    name: str
    points: int


class LeadView(View):
    id: UUID
    given_name: str
    family_name: str
    email: str | None = None
    phone: str | None = None
    company_name: str | None = None
    job_title: str | None = None
    source: LeadSource
    source_detail: str | None = None
    status: LeadStatus
    closed_at: datetime | None = None
    close_reason: str | None = None
    score: int
    scored_at: datetime | None = None
    expected_value: Annotated[Decimal | None, AMOUNTS] = None
    currency: str | None = None
    notes: str | None = None
    owner_id: UUID | None = None
    stage_id: UUID | None = None
    project_id: UUID | None = None
    visitor_id: UUID | None = None
    conversation_id: UUID | None = None
    created_at: datetime
    reasons: tuple[ReasonView, ...] = ()


class LeftLeadView(View):
    """A lead as the visitor who left it may see it."""

    given_name: str
    family_name: str
    email: str | None = None
    phone: str | None = None
    company_name: str | None = None
    notes: str | None = None
    created_at: datetime


class LeadAssignmentView(View):
    member_id: UUID | None = None
    assigned_by_id: UUID | None = None
    assigned_at: datetime
    method: AssignmentMethod
    reason: str | None = None


class LeadConversionView(View):
    lead_id: UUID
    person_id: UUID | None = None
    company_id: UUID | None = None
    donor_id: UUID | None = None
    deal_id: UUID | None = None
    created: tuple[str, ...] = ()
    converted_at: datetime
    undone_at: datetime | None = None


class ScoringRuleView(View):
    id: UUID
    name: str
    description: str | None = None
    points: int
    condition: dict[str, object]
    is_active: bool


class ProspectView(View):
    id: UUID
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    company_name: str | None = None
    lead_quality: LeadQuality | None = None
    notes: str | None = None
    lead_id: UUID | None = None
    conversation_id: UUID | None = None
    created_at: datetime
