"""People, companies and households, and where people work."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Computed, Index, event
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Live, Owned, TenantRow, ref
from crm_store.contacts import names
from crm_store.contacts.merge_models import Merge, MergeKind
from crm_store.contacts.reach_models import Address, AddressKind, Identifier, IdentifierKind, Key
from crm_store.contacts.remark_models import (
    Activity,
    ActivityKind,
    ActivityStatus,
    ActivityType,
    CustomValue,
    Image,
    ImageKind,
    Note,
    Priority,
    Tag,
    Tagging,
)

__all__ = [
    "Activity",
    "ActivityKind",
    "ActivityStatus",
    "ActivityType",
    "Address",
    "AddressKind",
    "Company",
    "CustomValue",
    "CustomerCategory",
    "Employment",
    "Household",
    "HouseholdRole",
    "Identifier",
    "IdentifierKind",
    "Image",
    "ImageKind",
    "LifecycleStage",
    "Merge",
    "MergeKind",
    "Note",
    "Person",
    "Priority",
    "Tag",
    "Tagging",
]


class LifecycleStage(StrEnum):
    NEW = "new"
    LEAD = "lead"
    PROSPECT = "prospect"
    CONTACTED = "contacted"
    ENGAGED = "engaged"
    QUALIFIED = "qualified"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    CHURNED = "churned"


class CustomerCategory(StrEnum):
    RETAIL = "retail"
    WHOLESALE = "wholesale"
    FLEET = "fleet"
    GARAGE = "garage"
    VIP = "vip"
    PREMIUM = "premium"
    STANDARD = "standard"
    BASIC = "basic"


class HouseholdRole(StrEnum):
    HEAD = "head"
    PARTNER = "partner"
    CHILD = "child"
    OTHER = "other"


class Trading:
    """What a person or a company is to us as a customer, and to the tax office."""

    afm: Mapped[str | None] = mapped_column(comment="Greek tax number.")
    doy: Mapped[str | None] = mapped_column(comment="Greek tax office.")
    gemh: Mapped[str | None] = mapped_column(comment="Greek business registry number.")
    activity_code: Mapped[str | None] = mapped_column(comment="Greek activity code (KAD).")
    legal_form: Mapped[str | None]
    category: Mapped[CustomerCategory | None]
    lifecycle_stage: Mapped[LifecycleStage | None]
    lead_source: Mapped[str | None]
    lead_score: Mapped[int] = mapped_column(default=0)
    revenue: Mapped[Decimal | None]
    credit_limit: Mapped[Decimal | None]
    currency: Mapped[str | None]
    payment_terms: Mapped[str | None]
    website: Mapped[str | None]
    is_vip: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    last_contacted_at: Mapped[datetime | None]
    next_follow_up_at: Mapped[datetime | None]
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    do_not_contact_reason: Mapped[str | None]
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")


class Household(Live, TenantRow):
    """People who live together and are written to once."""

    __tablename__ = "households"
    __table_args__ = (Index(None, "org_id", "name_key"),)

    name: Mapped[str]
    name_key: Mapped[Key] = mapped_column(comment="Folded, for finding and sorting.")
    salutation: Mapped[str | None]
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    merged_into_id: Mapped[UUID | None] = ref("households", on_delete="SET NULL")


class Company(Live, Trading, Owned, TenantRow):
    """An employer, a corporate donor, a customer: anything with a name that is not a person."""

    __tablename__ = "companies"
    __table_args__ = (
        Index(None, "org_id", "name_key", "id"),
        Index(None, "org_id", "domain"),
        Index(None, "org_id", "afm"),
    )

    name: Mapped[str]
    name_key: Mapped[Key] = mapped_column(comment="Folded, without the legal form.")
    legal_name: Mapped[str | None]
    company_type: Mapped[str | None]
    industry: Mapped[str | None]
    domain: Mapped[str | None] = mapped_column(comment="Lower case, without www.")
    employee_count: Mapped[str | None] = mapped_column(comment="A number or a band, as in 51-200.")
    annual_revenue: Mapped[Decimal | None]
    description: Mapped[str | None]
    logo_url: Mapped[str | None]
    parent_id: Mapped[UUID | None] = ref("companies", on_delete="SET NULL")
    merged_into_id: Mapped[UUID | None] = ref("companies", on_delete="SET NULL")


class Person(Live, Trading, Owned, TenantRow):
    """A human being, known once whatever channels they come by."""

    __tablename__ = "people"
    __table_args__ = (
        Index(
            "ix_people_name", "org_id", "family_key", "given_key", "id",
            postgresql_where="deleted_at IS NULL",
        ),
        Index(None, "org_id", "sound_key"),
        Index(None, "org_id", "birthday_key"),
        Index(None, "org_id", "afm", postgresql_where="afm IS NOT NULL"),
    )  # fmt: skip

    given_name: Mapped[str | None]
    middle_name: Mapped[str | None]
    family_name: Mapped[str | None]
    prefix: Mapped[str | None]
    suffix: Mapped[str | None]
    nickname: Mapped[str | None]
    given_key: Mapped[Key] = mapped_column(comment="Folded, for finding and sorting.")
    family_key: Mapped[Key] = mapped_column(comment="Folded, for finding and sorting.")
    sound_key: Mapped[Key] = mapped_column(comment="How the name sounds, in any order.")
    birthday: Mapped[date | None]
    birthday_key: Mapped[int | None] = mapped_column(
        Computed(
            "(extract(month FROM birthday) * 100 + extract(day FROM birthday))::int",
            persisted=True,
        ),
        comment="Month and day, as in 1224.",
    )
    gender: Mapped[str | None]
    pronouns: Mapped[str | None]
    language: Mapped[str | None] = mapped_column(comment="To be written to in, as in el or he.")
    timezone: Mapped[str | None] = mapped_column(comment="IANA; where none is known, ours.")
    is_deceased: Mapped[bool] = mapped_column(default=False)
    died_on: Mapped[date | None]
    avatar_url: Mapped[str | None]
    household_id: Mapped[UUID | None] = ref("households", on_delete="SET NULL")
    household_role: Mapped[HouseholdRole | None]
    supervisor_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    merged_into_id: Mapped[UUID | None] = ref("people", on_delete="SET NULL")

    @property
    def name(self) -> str:
        """Given and family name, as people say it."""
        return " ".join(part for part in (self.given_name, self.family_name) if part) or "Unnamed"


class Employment(TenantRow):
    """Where somebody works or worked, and as what."""

    __tablename__ = "employments"
    gives_way: ClassVar[dict[str, Any]] = {"is_primary": False}
    __table_args__ = (
        Index(
            "uq_employments_primary", "org_id", "person_id", unique=True,
            postgresql_where="is_primary",
        ),
    )  # fmt: skip

    person_id: Mapped[UUID] = ref("people", on_delete="CASCADE")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE")
    title: Mapped[str | None]
    department: Mapped[str | None]
    is_primary: Mapped[bool] = mapped_column(default=True)
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]


@event.listens_for(Person, "before_insert")
@event.listens_for(Person, "before_update")
def _key_person(_mapper: Any, _connection: Any, row: Person) -> None:
    row.given_key = names.name_key(row.given_name)
    row.family_key = names.name_key(row.family_name)
    row.sound_key = names.sound_key(row.given_name, row.family_name)


@event.listens_for(Company, "before_insert")
@event.listens_for(Company, "before_update")
def _key_company(_mapper: Any, _connection: Any, row: Company) -> None:
    row.name_key = names.company_key(row.name)


@event.listens_for(Household, "before_insert")
@event.listens_for(Household, "before_update")
@event.listens_for(Tag, "before_insert")
@event.listens_for(Tag, "before_update")
def _key_name(_mapper: Any, _connection: Any, row: Household | Tag) -> None:
    row.name_key = names.name_key(row.name)
