"""Pipelines and their stages, and the deals that travel through them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Live, Owned, TenantRow, now, ref
from crm_store.deals.products import (
    DiscountKind,
    Offer,
    Product,
    ProductCategory,
    ProductType,
)

__all__ = [
    "Deal",
    "DealStatus",
    "DiscountKind",
    "InterestLevel",
    "Offer",
    "Pipeline",
    "Product",
    "ProductCategory",
    "ProductType",
    "Stage",
    "StageKind",
    "StageMove",
]


class StageKind(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class DealStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Pipeline(TenantRow):
    """One way from a first talk to a decision."""

    __tablename__ = "pipelines"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        Index("uq_pipelines_default", "org_id", unique=True, postgresql_where=text("is_default")),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")


class Stage(TenantRow):
    """A step of a pipeline, with how likely a deal that stands there is to be won."""

    __tablename__ = "stages"
    __table_args__ = (
        UniqueConstraint("org_id", "pipeline_id", "name"),
        UniqueConstraint(
            "org_id", "pipeline_id", "position", deferrable=True, initially="DEFERRED"
        ),
        CheckConstraint("probability BETWEEN 0 AND 100", name="probability_in_range"),
    )

    pipeline_id: Mapped[UUID] = ref("pipelines", on_delete="CASCADE", index=False)
    name: Mapped[str]
    description: Mapped[str | None]
    position: Mapped[int]
    probability: Mapped[int] = mapped_column(default=0, comment="Percent.")
    kind: Mapped[StageKind] = mapped_column(default=StageKind.OPEN)
    is_active: Mapped[bool] = mapped_column(
        default=True, comment="Retired ones keep their history."
    )
    color: Mapped[str | None]
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")


class InterestLevel(TenantRow):
    """How warm somebody is towards a deal, in the organisation's own words."""

    __tablename__ = "interest_levels"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    name: Mapped[str]
    description: Mapped[str | None]
    position: Mapped[int] = mapped_column(default=0)


class Deal(Live, Owned, TenantRow):
    """An opportunity with a value, somewhere on its way to being won or lost."""

    __tablename__ = "deals"
    __table_args__ = (
        CheckConstraint("probability BETWEEN 0 AND 100", name="probability_in_range"),
        CheckConstraint("value >= 0", name="value_not_negative"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "(status IN ('won', 'lost')) = (closed_at IS NOT NULL)", name="closed_when_decided"
        ),
        Index(
            "ix_deals_board",
            "org_id",
            "stage_id",
            "stage_since",
            postgresql_include=["currency", "value", "probability", "owner_id", "workspace_id"],
            postgresql_where=text("status = 'open' AND deleted_at IS NULL"),
        ),
        Index(None, "org_id", "status", "expected_close_on"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    value: Mapped[Decimal] = mapped_column(default=Decimal(0))
    currency: Mapped[str]
    probability: Mapped[int] = mapped_column(comment="Percent; the stage's unless someone said.")
    probability_is_own: Mapped[bool] = mapped_column(
        default=False, comment="Somebody set it for this deal, so moving does not change it."
    )
    status: Mapped[DealStatus] = mapped_column(default=DealStatus.OPEN)
    stage_id: Mapped[UUID] = ref("stages")
    stage_since: Mapped[datetime] = mapped_column(default=now)
    expected_close_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    person_id: Mapped[UUID | None] = ref("people", on_delete="SET NULL")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="SET NULL")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    product_id: Mapped[UUID | None] = ref("products", on_delete="SET NULL")
    quantity: Mapped[int] = mapped_column(default=1)
    offer_id: Mapped[UUID | None] = ref("offers", on_delete="SET NULL")
    interest_level_id: Mapped[UUID | None] = ref("interest_levels", on_delete="SET NULL")
    supervisor_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")

    @property
    def weighted(self) -> Decimal:
        """What it is worth today: its value times its chance."""
        return self.value * self.probability / 100


class StageMove(TenantRow):
    """One step of a deal, written by the database; the time is what it spent where it was."""

    __tablename__ = "stage_moves"
    __table_args__ = (Index(None, "org_id", "deal_id", "moved_at"),)
    audited: ClassVar[bool] = False
    written_by_functions: ClassVar[bool] = True

    deal_id: Mapped[UUID] = ref("deals", on_delete="CASCADE", index=False)
    from_stage_id: Mapped[UUID | None] = ref("stages")
    to_stage_id: Mapped[UUID] = ref("stages")
    status: Mapped[DealStatus]
    moved_at: Mapped[datetime]
    moved_by_id: Mapped[UUID | None] = mapped_column(comment="A member; bare, as in the log.")
    seconds_in_stage: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None]
