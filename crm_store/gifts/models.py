"""Gifts, what was returned of them, who else is thanked for them, and the totals they make."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Live, TenantRow, ref
from crm_store.gifts.method import Method
from crm_store.gifts.promise_models import (
    ExpectedGift,
    ExpectedStatus,
    Frequency,
    Instalment,
    InstalmentStatus,
    PlanStatus,
    Pledge,
    PledgeStatus,
    RecurringPlan,
)
from crm_store.gifts.purpose_models import Appeal, Fund, Project, ProjectStatus
from crm_store.gifts.receipt_models import Receipt, ReceiptGift, ReceiptKind, ReceiptNumber

__all__ = [
    "Appeal",
    "CreditKind",
    "DonorGiving",
    "ExpectedGift",
    "ExpectedStatus",
    "Frequency",
    "Fund",
    "Gift",
    "GivingYear",
    "Instalment",
    "InstalmentStatus",
    "Method",
    "PlanStatus",
    "Pledge",
    "PledgeStatus",
    "Project",
    "ProjectStatus",
    "Receipt",
    "ReceiptGift",
    "ReceiptKind",
    "ReceiptNumber",
    "RecurringPlan",
    "Refund",
    "SoftCredit",
    "TributeKind",
]


class TributeKind(StrEnum):
    HONOUR = "honour"
    MEMORY = "memory"


class CreditKind(StrEnum):
    SPOUSE = "spouse"
    SOLICITOR = "solicitor"
    NOTIFIED = "notified"
    MATCH = "match"
    FACILITATOR = "facilitator"


def _when(column: str) -> dict[str, Any]:
    return {"postgresql_where": text(f"{column} IS NOT NULL")}


class Gift(Live, TenantRow):
    """Money or goods given once, on a date, by one donor."""

    __tablename__ = "gifts"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
        CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded_within"),
        CheckConstraint("deductible_amount BETWEEN 0 AND amount", name="deductible_within"),
        CheckConstraint("(tribute_kind IS NULL) = (tribute_name IS NULL)", name="tribute_whole"),
        Index("ix_gifts_donor", "org_id", "donor_id", text("received_on DESC")),
        Index(
            "ix_gifts_recent",
            "org_id",
            text("received_on DESC"),
            text("id DESC"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "ix_gifts_largest",
            "org_id",
            "currency",
            text("amount DESC"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("ix_gifts_fund", "org_id", "fund_id", "received_on", **_when("fund_id")),
        Index("ix_gifts_project", "org_id", "project_id", "received_on", **_when("project_id")),
        Index("ix_gifts_appeal", "org_id", "appeal_id", "received_on", **_when("appeal_id")),
        Index("ix_gifts_plan", "org_id", "recurring_plan_id", **_when("recurring_plan_id")),
        Index("ix_gifts_instalment", "org_id", "instalment_id", **_when("instalment_id")),
        Index("ix_gifts_reference", "org_id", "reference_number", **_when("reference_number")),
        Index(
            "uq_gifts_external",
            "org_id",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    donor_id: Mapped[UUID] = ref("donors", index=False)
    amount: Mapped[Decimal]
    currency: Mapped[str]
    received_on: Mapped[date]
    method: Mapped[Method] = mapped_column(default=Method.OTHER)
    refunded: Mapped[Decimal] = mapped_column(
        default=Decimal(0), server_default="0", comment="Sum of its refunds; kept by trigger."
    )
    reference_number: Mapped[str | None] = mapped_column(comment="Cheque, transfer or card slip.")
    notes: Mapped[str | None]
    fund_id: Mapped[UUID | None] = ref("funds", index=False)
    project_id: Mapped[UUID | None] = ref("projects", index=False)
    appeal_id: Mapped[UUID | None] = ref("appeals", index=False)
    recurring_plan_id: Mapped[UUID | None] = ref("recurring_plans", index=False)
    instalment_id: Mapped[UUID | None] = ref(
        "instalments", index=False, comment="Of the pledge it pays."
    )
    is_tax_deductible: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    deductible_amount: Mapped[Decimal | None] = mapped_column(
        comment="Where goods were given in return; empty means all of it."
    )
    is_anonymous: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    tribute_kind: Mapped[TributeKind | None]
    tribute_name: Mapped[str | None]
    outside_receipt_on: Mapped[date | None] = mapped_column(
        comment="Receipted in a former system on this day: no receipt is due from us."
    )
    source: Mapped[str | None] = mapped_column(comment="The system or door it came from.")
    external_id: Mapped[str | None] = mapped_column(comment="Its key there.")

    @property
    def net(self) -> Decimal:
        return self.amount - self.refunded

    @property
    def net_deductible(self) -> Decimal:
        """What of the remainder may be deducted; what was returned comes off the rest first."""
        if not self.is_tax_deductible:
            return Decimal(0)
        return self.net if self.deductible_amount is None else min(self.deductible_amount, self.net)


class Refund(Live, TenantRow):
    """What was returned of a gift, recorded beside it."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index(
            "uq_refunds_external",
            "org_id",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    gift_id: Mapped[UUID] = ref("gifts")
    amount: Mapped[Decimal] = mapped_column(comment="In the gift's currency.")
    refunded_on: Mapped[date]
    reason: Mapped[str | None]
    method: Mapped[Method | None]
    reference_number: Mapped[str | None]
    source: Mapped[str | None]
    external_id: Mapped[str | None]


class SoftCredit(TenantRow):
    """Recognition of another for a gift; never added to money received."""

    __tablename__ = "soft_credits"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("num_nonnulls(person_id, donor_id) = 1", name="one_recipient"),
        Index(
            "uq_soft_credits_recipient",
            "org_id",
            "gift_id",
            "kind",
            "person_id",
            "donor_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_soft_credits_person", "org_id", "person_id", **_when("person_id")),
        Index("ix_soft_credits_donor", "org_id", "donor_id", **_when("donor_id")),
    )

    gift_id: Mapped[UUID] = ref("gifts", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE", index=False)
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE", index=False)
    kind: Mapped[CreditKind]
    amount: Mapped[Decimal] = mapped_column(comment="In the gift's currency, at most the gift.")
    notes: Mapped[str | None]


class GivingYear(Base):
    """What a donor gave in a fiscal year, net of refunds; kept by trigger, not by hand."""

    __tablename__ = "giving_years"
    __table_args__ = (
        Index("ix_giving_years_top", "org_id", "fiscal_year", "currency", text("total DESC")),
    )
    audited: ClassVar[bool] = False
    derived: ClassVar[bool] = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    donor_id: Mapped[UUID] = ref("donors", on_delete="CASCADE", index=False, primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    gifts: Mapped[int] = mapped_column(default=0)
    total: Mapped[Decimal]
    largest: Mapped[Decimal]
    first_on: Mapped[date]
    first_amount: Mapped[Decimal]
    last_on: Mapped[date]
    last_amount: Mapped[Decimal]


class DonorGiving(Base):
    """What a donor has given in a lifetime, net of refunds; kept by trigger."""

    __tablename__ = "donor_giving"
    __table_args__ = (
        Index("ix_donor_giving_top", "org_id", "currency", text("total DESC")),
        Index("ix_donor_giving_last", "org_id", "last_on"),
    )
    audited: ClassVar[bool] = False
    derived: ClassVar[bool] = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    donor_id: Mapped[UUID] = ref("donors", on_delete="CASCADE", index=False, primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    gifts: Mapped[int] = mapped_column(default=0)
    total: Mapped[Decimal]
    largest: Mapped[Decimal]
    first_on: Mapped[date]
    first_amount: Mapped[Decimal] = mapped_column(comment="The largest of that day.")
    last_on: Mapped[date]
    last_amount: Mapped[Decimal] = mapped_column(comment="The largest of that day.")
