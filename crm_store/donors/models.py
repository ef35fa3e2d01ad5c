"""Donors, the people who give together, their journey and their officers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, Owned, TenantRow, now, ref
from crm_store.contacts.reach_models import Key

LIVE = "deleted_at IS NULL"


class DonorKind(StrEnum):
    INDIVIDUAL = "individual"
    COUPLE = "couple"
    COMPANY = "company"


class DonorStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    DECEASED = "deceased"


class GivingCapacity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    MAJOR = "major"


class Donor(Live, Owned, TenantRow):
    """Who gives as one and is thanked once: somebody, a couple or a company."""

    __tablename__ = "donors"
    __table_args__ = (
        CheckConstraint("(kind = 'company') = (company_id IS NOT NULL)", name="company_named"),
        Index(
            "uq_donors_external", "org_id", "external_source", "external_id", unique=True,
            postgresql_where="deleted_at IS NULL AND external_id IS NOT NULL",
        ),
        Index("ix_donors_name", "org_id", "sort_key", "id", postgresql_where=LIVE),
        Index("ix_donors_owner", "org_id", "owner_id", "sort_key", "id", postgresql_where=LIVE),
        Index(
            "ix_donors_stage", "org_id", "journey_stage", "sort_key", "id",
            postgresql_where=LIVE, postgresql_include=["status"],
        ),
        Index("ix_donors_city", "org_id", "city_key", "sort_key", "id", postgresql_where=LIVE),
        Index(None, "org_id", "last_contacted_at"),
    )  # fmt: skip

    owner_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    kind: Mapped[DonorKind] = mapped_column(default=DonorKind.INDIVIDUAL)
    name: Mapped[str] = mapped_column(comment="As on an envelope: Ruth and David Cohen.")
    formal_salutation: Mapped[str]
    informal_salutation: Mapped[str]
    custom_names: Mapped[list[str]] = mapped_column(
        default=list, comment="Which of the three names above somebody wrote by hand."
    )
    sort_key: Mapped[Key] = mapped_column(comment="Family name first, folded.")
    status: Mapped[DonorStatus] = mapped_column(default=DonorStatus.ACTIVE)
    company_id: Mapped[UUID | None] = ref("companies")
    household_id: Mapped[UUID | None] = ref("households", on_delete="SET NULL")
    address_id: Mapped[UUID | None] = ref("addresses", on_delete="SET NULL")
    city_key: Mapped[Key] = mapped_column(comment="Follows the address; kept by trigger.")
    journey_stage: Mapped[str | None] = mapped_column(comment="A stage id of the active journey.")
    stage_since: Mapped[datetime | None]
    classification: Mapped[str | None] = mapped_column(comment="As in High-value or Regular.")
    capacity: Mapped[GivingCapacity | None]
    external_source: Mapped[str] = mapped_column(default="")
    external_id: Mapped[str | None]
    language: Mapped[str | None]
    is_anonymous: Mapped[bool] = mapped_column(default=False, comment="Never named in public.")
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    do_not_solicit: Mapped[bool] = mapped_column(default=False)
    contact_hold_until: Mapped[date | None] = mapped_column(comment="As after a bereavement.")
    contact_hold_reason: Mapped[str | None]
    last_contacted_at: Mapped[datetime | None]
    next_follow_up_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")


class DonorPerson(TenantRow):
    """Somebody's place in a giving unit."""

    __tablename__ = "donor_people"
    __table_args__ = (
        Index(
            "uq_donor_people_current", "org_id", "donor_id", "person_id", unique=True,
            postgresql_where="left_at IS NULL",
        ),
        Index(None, "org_id", "donor_id"),
        Index(
            "uq_donor_people_primary", "org_id", "donor_id", unique=True,
            postgresql_where="is_primary AND left_at IS NULL",
        ),
    )  # fmt: skip
    gives_way: ClassVar[dict[str, Any]] = {"is_primary": False}
    put_aside: ClassVar[dict[str, Any]] = {"is_primary": False, "left_at": now}

    donor_id: Mapped[UUID] = ref("donors", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID] = ref("people")
    is_primary: Mapped[bool] = mapped_column(default=False)
    left_at: Mapped[datetime | None] = mapped_column(comment="When they stopped giving together.")


class Journey(TenantRow):
    """One version of the organisation's map of donor stages."""

    __tablename__ = "journeys"
    __table_args__ = (
        UniqueConstraint("org_id", "version"),
        Index("uq_journeys_active", "org_id", unique=True, postgresql_where="is_active"),
    )

    version: Mapped[int]
    graph: Mapped[Json]
    is_active: Mapped[bool] = mapped_column(default=True)


class StageChange(TenantRow):
    """One step of a donor along the journey, and why."""

    __tablename__ = "stage_changes"
    __table_args__ = (
        Index(None, "org_id", "donor_id", "at"),
        Index(None, "org_id", "to_stage", "at"),
    )

    donor_id: Mapped[UUID] = ref("donors", on_delete="CASCADE", index=False)
    journey_id: Mapped[UUID | None] = ref("journeys", on_delete="SET NULL")
    from_stage: Mapped[str | None]
    to_stage: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=now)
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    was_forced: Mapped[bool] = mapped_column(default=False)
    seconds_before: Mapped[int | None] = mapped_column(comment="Time spent in the stage left.")


class DonorAssignment(TenantRow):
    """Who looked after a donor, from when until when."""

    __tablename__ = "donor_assignments"
    __table_args__ = (
        Index(None, "org_id", "donor_id", "started_at"),
        Index(
            "uq_donor_assignments_current", "org_id", "donor_id", unique=True,
            postgresql_where="ended_at IS NULL",
        ),
    )  # fmt: skip
    gives_way: ClassVar[dict[str, Any]] = {"ended_at": now}

    donor_id: Mapped[UUID] = ref("donors", on_delete="CASCADE", index=False)
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    assigned_by_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
