"""What gifts are for and what they answer: funds, projects, appeals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, TenantRow, ref


class Fund(TenantRow):
    """What the money may be used for."""

    __tablename__ = "funds"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    name: Mapped[str]
    code: Mapped[str | None] = mapped_column(comment="As the bookkeepers call it.")
    description: Mapped[str | None]
    is_restricted: Mapped[bool] = mapped_column(
        default=False, comment="The giver's wish binds the use of the money."
    )
    is_active: Mapped[bool] = mapped_column(default=True)


class ProjectStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Project(Live, TenantRow):
    """A piece of the organisation's work that gifts can be given for."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("target_amount > 0", name="target_positive"),
        CheckConstraint("(target_amount IS NULL) = (currency IS NULL)", name="target_whole"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    target_amount: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(comment="Of the target.")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    status: Mapped[ProjectStatus] = mapped_column(default=ProjectStatus.DRAFT)
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    settings: Mapped[Json] = mapped_column(default=dict)


class Appeal(TenantRow):
    """The asking that a gift answers: a mailing, an evening, a call day."""

    __tablename__ = "appeals"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
    )

    name: Mapped[str]
    code: Mapped[str | None] = mapped_column(comment="What is printed on the reply slip.")
    description: Mapped[str | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    goal_amount: Mapped[Decimal | None]
    cost_amount: Mapped[Decimal | None] = mapped_column(comment="What the asking cost us.")
    currency: Mapped[str | None] = mapped_column(comment="Of the goal and the cost.")
    fund_id: Mapped[UUID | None] = ref("funds", on_delete="SET NULL")
    is_active: Mapped[bool] = mapped_column(default=True)
