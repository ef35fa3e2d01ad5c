"""Promises of gifts: recurring plans with what they lead us to expect, pledges with instalments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Live, TenantRow, ref
from crm_store.gifts.method import Method


class Frequency(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class PlanStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class ExpectedStatus(StrEnum):
    EXPECTED = "expected"
    RECEIVED = "received"
    MISSED = "missed"
    SKIPPED = "skipped"


class PledgeStatus(StrEnum):
    ACTIVE = "active"
    FULFILLED = "fulfilled"
    WRITTEN_OFF = "written_off"


class InstalmentStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    WRITTEN_OFF = "written_off"


class RecurringPlan(TenantRow):
    """A standing promise to give an amount at an interval until stopped."""

    __tablename__ = "recurring_plans"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
        CheckConstraint("day BETWEEN 1 AND 31", name="day_of_month"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        Index(
            "uq_recurring_plans_external",
            "org_id",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    donor_id: Mapped[UUID] = ref("donors")
    amount: Mapped[Decimal]
    currency: Mapped[str]
    frequency: Mapped[Frequency] = mapped_column(default=Frequency.MONTHLY)
    day: Mapped[int] = mapped_column(
        comment="Of the month, 31 meaning its last; of the week, 1 for Monday, when weekly."
    )
    method: Mapped[Method] = mapped_column(default=Method.DIRECT_DEBIT)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    expected_from: Mapped[date] = mapped_column(
        comment="No gift is expected before this day: the start, or the last resumption."
    )
    expected_until: Mapped[date | None] = mapped_column(comment="How far gifts have been foreseen.")
    next_on: Mapped[date | None] = mapped_column(comment="When the next gift is expected.")
    status: Mapped[PlanStatus] = mapped_column(default=PlanStatus.ACTIVE)
    status_reason: Mapped[str | None]
    fund_id: Mapped[UUID | None] = ref("funds")
    project_id: Mapped[UUID | None] = ref("projects")
    appeal_id: Mapped[UUID | None] = ref("appeals")
    notes: Mapped[str | None]
    source: Mapped[str | None]
    external_id: Mapped[str | None]


class ExpectedGift(TenantRow):
    """One gift that a recurring plan leads us to expect, and what became of it."""

    __tablename__ = "expected_gifts"
    __table_args__ = (
        UniqueConstraint("org_id", "plan_id", "due_on"),
        CheckConstraint("(status = 'received') = (gift_id IS NOT NULL)", name="received_by_gift"),
        Index(
            "ix_expected_gifts_open",
            "org_id",
            "due_on",
            postgresql_where=text("status IN ('expected', 'missed')"),
        ),
        Index(
            "uq_expected_gifts_gift",
            "org_id",
            "gift_id",
            unique=True,
            postgresql_where=text("gift_id IS NOT NULL"),
        ),
    )

    plan_id: Mapped[UUID] = ref("recurring_plans", on_delete="CASCADE", index=False)
    due_on: Mapped[date]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    status: Mapped[ExpectedStatus] = mapped_column(default=ExpectedStatus.EXPECTED)
    gift_id: Mapped[UUID | None] = ref("gifts", index=False)


class Pledge(Live, TenantRow):
    """A promise of a total, to be paid in instalments."""

    __tablename__ = "pledges"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
        CheckConstraint("written_off BETWEEN 0 AND amount", name="written_off_within"),
        Index(
            "uq_pledges_external",
            "org_id",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    donor_id: Mapped[UUID] = ref("donors")
    amount: Mapped[Decimal]
    currency: Mapped[str]
    pledged_on: Mapped[date]
    status: Mapped[PledgeStatus] = mapped_column(default=PledgeStatus.ACTIVE)
    paid: Mapped[Decimal] = mapped_column(
        default=Decimal(0), server_default="0", comment="By gifts; kept by trigger."
    )
    written_off: Mapped[Decimal] = mapped_column(
        default=Decimal(0), server_default="0", comment="Of its instalments; kept by trigger."
    )
    fund_id: Mapped[UUID | None] = ref("funds")
    project_id: Mapped[UUID | None] = ref("projects")
    appeal_id: Mapped[UUID | None] = ref("appeals")
    notes: Mapped[str | None]
    source: Mapped[str | None]
    external_id: Mapped[str | None]

    @property
    def balance(self) -> Decimal:
        """What is still to come; nothing once paid in full or more."""
        return max(self.amount - self.written_off - self.paid, Decimal(0))

    @property
    def overpaid(self) -> Decimal:
        return max(self.paid - (self.amount - self.written_off), Decimal(0))


class Instalment(TenantRow):
    """One dated part of a pledge; payments fill the oldest parts first."""

    __tablename__ = "instalments"
    __table_args__ = (
        UniqueConstraint("org_id", "pledge_id", "number"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("written_off BETWEEN 0 AND amount", name="written_off_within"),
        CheckConstraint("paid BETWEEN 0 AND amount - written_off", name="paid_within"),
        Index(
            "ix_instalments_open",
            "org_id",
            "due_on",
            postgresql_where=text("status = 'open'"),
        ),
    )

    pledge_id: Mapped[UUID] = ref("pledges", on_delete="CASCADE", index=False)
    number: Mapped[int] = mapped_column(comment="First is 1.")
    due_on: Mapped[date]
    amount: Mapped[Decimal]
    paid: Mapped[Decimal] = mapped_column(
        default=Decimal(0), server_default="0", comment="Kept by trigger."
    )
    written_off: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    status: Mapped[InstalmentStatus] = mapped_column(
        default=InstalmentStatus.OPEN, comment="Kept by trigger."
    )
    write_off_reason: Mapped[str | None]

    @property
    def open_amount(self) -> Decimal:
        return self.amount - self.written_off - self.paid
