"""Dossiers on donors, the facts in them, and whether a source speaks of the same person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import TenantRow, ref
from crm_store.errors import Conflict


class DossierStatus(StrEnum):
    PENDING = "pending"
    SEARCHING = "searching"
    ANALYZING = "analyzing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return not MOVES[self]


MOVES: Mapping[DossierStatus, frozenset[DossierStatus]] = {
    DossierStatus.PENDING: frozenset({DossierStatus.SEARCHING, DossierStatus.FAILED}),
    DossierStatus.SEARCHING: frozenset({DossierStatus.ANALYZING, DossierStatus.FAILED}),
    DossierStatus.ANALYZING: frozenset({DossierStatus.COMPLETED, DossierStatus.FAILED}),
    DossierStatus.COMPLETED: frozenset(),
    DossierStatus.FAILED: frozenset(),
}


class DossierKind(StrEnum):
    BASIC = "basic"
    STANDARD = "standard"
    COMPREHENSIVE = "comprehensive"


class GivingCapacity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    MAJOR = "major"


class Dossier(TenantRow):
    """One round of research on a donor or a person; a newer version replaces it, none is lost."""

    __tablename__ = "dossiers"
    __table_args__ = (
        CheckConstraint("num_nonnulls(donor_id, person_id) = 1", name="about_one"),
        UniqueConstraint("org_id", "donor_id", "version"),
        UniqueConstraint("org_id", "person_id", "version"),
        Index("ix_dossiers_org_id_status", "org_id", "status"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset(
        {"summary", "queries", "search_results", "data", "sources"}
    )
    gives_way: ClassVar[dict[str, str]] = {"version": "next"}

    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE", index=False)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[DossierKind] = mapped_column(default=DossierKind.STANDARD)
    status: Mapped[DossierStatus] = mapped_column(default=DossierStatus.PENDING)
    requested_by: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    queries: Mapped[list[str]] = mapped_column(default=list)
    search_results: Mapped[list[Any]] = mapped_column(default=list)
    summary: Mapped[str | None]
    age: Mapped[int | None]
    estimated_income: Mapped[str | None]
    employer: Mapped[str | None]
    job_title: Mapped[str | None]
    interests: Mapped[list[str]] = mapped_column(default=list)
    giving_capacity: Mapped[GivingCapacity | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sources: Mapped[list[Any]] = mapped_column(default=list)
    model: Mapped[str | None] = mapped_column(comment="Which language model wrote it.")
    tokens: Mapped[int | None]
    processing_ms: Mapped[int | None]
    error: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    def move(self, to: DossierStatus, at: datetime) -> None:
        if to not in MOVES[self.status]:
            raise Conflict(f"Research that is {self.status} cannot become {to}.")
        self.status = to
        self.started_at = self.started_at or at
        self.finished_at = at if to.is_over else None


class FactTopic(StrEnum):
    IDENTITY = "identity"
    EMPLOYMENT = "employment"
    EDUCATION = "education"
    FAMILY = "family"
    WEALTH = "wealth"
    PROPERTY = "property"
    PHILANTHROPY = "philanthropy"
    INTEREST = "interest"
    NEWS = "news"
    OTHER = "other"


class Fact(TenantRow):
    """A claim with the words and the place it was read in."""

    __tablename__ = "facts"
    __table_args__ = (
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence_is_a_share"),
        Index("ix_facts_org_id_dossier_id", "org_id", "dossier_id", "topic"),
        Index("ix_facts_org_id_expires_on", "org_id", "expires_on"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"claim", "quote"})

    dossier_id: Mapped[UUID] = ref("dossiers", on_delete="CASCADE", index=False)
    topic: Mapped[FactTopic] = mapped_column(default=FactTopic.OTHER)
    claim: Mapped[str]
    quote: Mapped[str] = mapped_column(comment="Verbatim, from the source.")
    source_url: Mapped[str]
    source_title: Mapped[str | None]
    source_date: Mapped[date | None]
    retrieved_at: Mapped[datetime]
    confidence: Mapped[Decimal]
    contradicts_id: Mapped[UUID | None] = ref("facts", on_delete="SET NULL")
    expires_on: Mapped[date | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]


class MatchGrade(StrEnum):
    EXACT = "exact"
    NEAR = "near"
    POSSIBLE = "possible"


class MatchVerdict(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class IdentityMatch(TenantRow):
    """Somebody a source speaks of who may be the person meant, and why one would think so."""

    __tablename__ = "identity_matches"
    __table_args__ = (
        Index(
            "uq_identity_matches_org_id_source",
            "org_id",
            "dossier_id",
            "person_id",
            "source_url",
            unique=True,
            postgresql_where=text("person_id IS NOT NULL"),
        ),
    )

    dossier_id: Mapped[UUID] = ref("dossiers", on_delete="CASCADE")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    grade: Mapped[MatchGrade]
    score: Mapped[Decimal]
    source_url: Mapped[str]
    found_name: Mapped[str]
    evidence: Mapped[list[Any]] = mapped_column(
        default=list, comment="One entry per field compared: ours, theirs, agreement."
    )
    verdict: Mapped[MatchVerdict] = mapped_column(default=MatchVerdict.OPEN)
    decided_by: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    decided_at: Mapped[datetime | None]
