"""What the models cost, and how much may be spent by whom."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.actor import Door
from crm_store.base import TenantRow, now, ref


class Usage(TenantRow):
    """One call of a language model, and what it cost."""

    __tablename__ = "usage"
    __table_args__ = (
        Index("ix_usage_org_id_at", "org_id", "at"),
        Index("ix_usage_org_id_member_id", "org_id", "member_id", "at"),
    )
    audited: ClassVar[bool] = False

    at: Mapped[datetime] = mapped_column(default=now)
    run_id: Mapped[UUID | None] = ref("runs", on_delete="SET NULL")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    door: Mapped[Door]
    purpose: Mapped[str] = mapped_column(comment="turn, drafting, research, embedding…")
    model: Mapped[str]
    input_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    output_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    currency: Mapped[str] = mapped_column(default="USD")
    is_estimated: Mapped[bool] = mapped_column(default=False)
    duration_ms: Mapped[int | None]


class Period(StrEnum):
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class Budget(TenantRow):
    """How much may be spent in each period; what is not named applies to everybody."""

    __tablename__ = "budgets"
    __table_args__ = (
        CheckConstraint("num_nonnulls(role_id, member_id) <= 1", name="for_one"),
        CheckConstraint("num_nonnulls(money_limit, token_limit) >= 1", name="limits_something"),
        CheckConstraint("money_limit >= 0 AND token_limit >= 0", name="limits_are_sums"),
        Index(
            "uq_budgets_org_id_whom",
            "org_id",
            "role_id",
            "member_id",
            "door",
            "period",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    role_id: Mapped[UUID | None] = ref("roles", on_delete="CASCADE")
    member_id: Mapped[UUID | None] = ref("members", on_delete="CASCADE")
    door: Mapped[Door | None]
    period: Mapped[Period]
    money_limit: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(default="USD")
    token_limit: Mapped[int | None] = mapped_column(BigInteger)
    is_active: Mapped[bool] = mapped_column(default=True)


class BudgetPeriod(TenantRow):
    """What one budget has spent and promised since a period began."""

    __tablename__ = "budget_periods"
    __table_args__ = (
        UniqueConstraint("org_id", "budget_id", "starts_at"),
        CheckConstraint(
            "money_held >= 0 AND tokens_held >= 0 AND money_spent >= 0 AND tokens_spent >= 0",
            name="sums_are_not_negative",
        ),
    )
    audited: ClassVar[bool] = False

    budget_id: Mapped[UUID] = ref("budgets", on_delete="CASCADE", index=False)
    starts_at: Mapped[datetime]
    money_spent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    money_held: Mapped[Decimal] = mapped_column(default=Decimal(0))
    tokens_spent: Mapped[int] = mapped_column(BigInteger, default=0)
    tokens_held: Mapped[int] = mapped_column(BigInteger, default=0)


class ReservationStatus(StrEnum):
    HELD = "held"
    SETTLED = "settled"
    RELEASED = "released"


class Reservation(TenantRow):
    """A share of a budget set aside for one call, until what it cost is known."""

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("org_id", "key", "period_id"),
        Index("ix_reservations_org_id_status", "org_id", "status", "expires_at"),
    )
    audited: ClassVar[bool] = False

    key: Mapped[str] = mapped_column(comment="Names the call: reserving twice is once.")
    period_id: Mapped[UUID] = ref("budget_periods", on_delete="CASCADE")
    run_id: Mapped[UUID | None] = ref("runs", on_delete="CASCADE")
    money: Mapped[Decimal]
    tokens: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[ReservationStatus] = mapped_column(default=ReservationStatus.HELD)
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
