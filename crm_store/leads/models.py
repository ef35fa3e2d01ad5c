"""Leads, how they are scored and assigned, what they became, and prospects the widget caught."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, Owned, TenantRow, now, ref

OWN_ROWS = "visitor_id = (SELECT app_visitor())"


class LeadStatus(StrEnum):
    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    PROPOSAL = "proposal"
    WON = "won"
    LOST = "lost"


OPEN = (LeadStatus.NEW, LeadStatus.CONTACTED, LeadStatus.QUALIFIED, LeadStatus.PROPOSAL)


class LeadSource(StrEnum):
    WEBSITE = "website"
    REFERRAL = "referral"
    IMPORT = "import"
    MANUAL = "manual"
    WIDGET = "widget"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    PHONE = "phone"
    EVENT = "event"
    CAMPAIGN = "campaign"
    WORKFLOW = "workflow"
    API = "api"
    OTHER = "other"


class LeadQuality(StrEnum):
    HOT = "hot"
    WARM = "warm"
    COLD = "cold"
    UNQUALIFIED = "unqualified"


class AssignmentMethod(StrEnum):
    MANUAL = "manual"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    WORKFLOW = "workflow"
    IMPORT = "import"


class Lead(Live, Owned, TenantRow):
    """Somebody who showed interest and is not a contact yet."""

    __tablename__ = "leads"
    __table_args__ = (
        CheckConstraint("score BETWEEN 0 AND 100", name="score_in_range"),
        CheckConstraint(
            "(status IN ('won', 'lost')) = (closed_at IS NOT NULL)", name="closed_when_decided"
        ),
        Index(None, "org_id", "status", "id"),
        Index(
            "ix_leads_hottest",
            "org_id",
            "score",
            "id",
            postgresql_where=text("closed_at IS NULL AND deleted_at IS NULL"),
        ),
        Index(None, "org_id", "email"),
        Index(None, "org_id", "phone"),
        Index(
            "ix_leads_unscored",
            "org_id",
            "id",
            postgresql_where=text("scored_at IS NULL AND closed_at IS NULL AND deleted_at IS NULL"),
        ),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"notes", "score_reasons"})
    visitor_may: ClassVar[str] = "SELECT, INSERT"
    visitor_rows: ClassVar[str] = OWN_ROWS

    given_name: Mapped[str] = mapped_column(default="")
    family_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None] = mapped_column(comment="Lower case.")
    phone: Mapped[str | None] = mapped_column(comment="E.164 where it could be understood.")
    company_name: Mapped[str | None]
    job_title: Mapped[str | None]
    source: Mapped[LeadSource] = mapped_column(default=LeadSource.MANUAL)
    source_detail: Mapped[str | None] = mapped_column(comment="The page, campaign or referrer.")
    status: Mapped[LeadStatus] = mapped_column(default=LeadStatus.NEW)
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    score: Mapped[int] = mapped_column(default=0)
    score_reasons: Mapped[list[Any]] = mapped_column(
        default=list, comment="The rules behind the score as they stood: rule, name, points."
    )
    scored_at: Mapped[datetime | None]
    expected_value: Mapped[Decimal | None]
    currency: Mapped[str | None]
    notes: Mapped[str | None] = mapped_column(comment="What they said when they came.")
    stage_id: Mapped[UUID | None] = ref("stages", on_delete="SET NULL")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")
    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="SET NULL")
    conversation_id: Mapped[UUID | None] = ref("conversations", on_delete="SET NULL")

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.given_name, self.family_name) if part)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class LeadAssignment(TenantRow):
    """Who was given a lead, by whom, when and why; nobody once it was taken away."""

    __tablename__ = "lead_assignments"
    __table_args__ = (Index(None, "org_id", "member_id", "assigned_at"),)

    lead_id: Mapped[UUID] = ref("leads", on_delete="CASCADE")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    assigned_by_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    assigned_at: Mapped[datetime] = mapped_column(default=now)
    method: Mapped[AssignmentMethod] = mapped_column(default=AssignmentMethod.MANUAL)
    reason: Mapped[str | None]


class ScoringRule(TenantRow):
    """Points a lead gets or loses where one condition holds."""

    __tablename__ = "scoring_rules"
    __table_args__ = (
        CheckConstraint("points BETWEEN -100 AND 100", name="points_in_range"),
        Index(None, "org_id", "name", unique=True),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    points: Mapped[int]
    condition: Mapped[Json] = mapped_column(comment="One of crm_store.leads.scoring.Condition.")
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class LeadConversion(TenantRow):
    """What a lead became; one stands at a time, and taking it back leaves its trace."""

    __tablename__ = "lead_conversions"
    __table_args__ = (
        Index(
            "uq_lead_conversions_standing",
            "org_id",
            "lead_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    lead_id: Mapped[UUID] = ref("leads", on_delete="CASCADE")
    person_id: Mapped[UUID | None] = ref("people", on_delete="SET NULL")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="SET NULL")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    deal_id: Mapped[UUID | None] = ref("deals", on_delete="SET NULL")
    created: Mapped[list[str]] = mapped_column(
        default=list, comment="Which of person, company, donor and deal it brought into being."
    )
    carried: Mapped[Json] = mapped_column(
        default=dict, comment="Ids of the rows that moved along, by table."
    )
    status_before: Mapped[LeadStatus]
    converted_at: Mapped[datetime] = mapped_column(default=now)
    converted_by_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)


class Prospect(TenantRow):
    """Contact details an assistant took down in a conversation, before anyone judged them."""

    __tablename__ = "prospects"
    __table_args__ = (
        CheckConstraint("num_nonnulls(email, phone) > 0", name="can_be_reached"),
        Index(None, "org_id", "email"),
    )
    visitor_may: ClassVar[str] = "SELECT, INSERT"
    visitor_rows: ClassVar[str] = OWN_ROWS

    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="SET NULL")
    conversation_id: Mapped[UUID | None] = ref("conversations", on_delete="SET NULL")
    assistant_id: Mapped[UUID | None] = ref("assistants", on_delete="SET NULL")
    lead_id: Mapped[UUID | None] = ref("leads", on_delete="SET NULL")
    name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    company_name: Mapped[str | None]
    source: Mapped[LeadSource] = mapped_column(default=LeadSource.WIDGET)
    source_detail: Mapped[str | None]
    lead_quality: Mapped[LeadQuality | None]
    notes: Mapped[str | None]
