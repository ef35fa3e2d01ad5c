"""What may leave of research, and only to those who may read research."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from crm_store.research.models import (
    DossierKind,
    DossierStatus,
    FactTopic,
    GivingCapacity,
    MatchGrade,
    MatchVerdict,
)
from crm_store.view import RESEARCH, View


class DossierView(View):
    id: UUID
    donor_id: UUID | None
    person_id: UUID | None
    version: int
    kind: DossierKind
    status: DossierStatus
    summary: Annotated[str | None, RESEARCH]
    age: Annotated[int | None, RESEARCH]
    estimated_income: Annotated[str | None, RESEARCH]
    employer: Annotated[str | None, RESEARCH]
    job_title: Annotated[str | None, RESEARCH]
    interests: Annotated[list[str] | None, RESEARCH]
    giving_capacity: Annotated[GivingCapacity | None, RESEARCH]
    sources: Annotated[list[Any] | None, RESEARCH]
    finished_at: datetime | None
    error: str | None


class FactView(View):
    id: UUID
    dossier_id: UUID
    topic: FactTopic
    claim: Annotated[str | None, RESEARCH]
    quote: Annotated[str | None, RESEARCH]
    source_url: Annotated[str | None, RESEARCH]
    source_title: Annotated[str | None, RESEARCH]
    source_date: date | None
    retrieved_at: datetime
    confidence: Decimal
    contradicts_id: UUID | None
    expires_on: date | None
    withdrawn_at: datetime | None


class IdentityMatchView(View):
    id: UUID
    dossier_id: UUID
    person_id: UUID | None
    grade: MatchGrade
    score: Decimal
    source_url: Annotated[str | None, RESEARCH]
    found_name: Annotated[str | None, RESEARCH]
    evidence: Annotated[list[Any] | None, RESEARCH]
    verdict: MatchVerdict
