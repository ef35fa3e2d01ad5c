"""People, companies and households, and every way they are known and reached."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Live, Owned, TenantRow, ref
from crm_store.contacts import names
from crm_store.contacts.merge_models import Merge, MergeKind
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


Key = Annotated[str, mapped_column(Text(collation="C"), default="")]


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


class IdentifierKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    FAX = "fax"
    WHATSAPP = "whatsapp"
    WHATSAPP_USER = "whatsapp_user"
    VISITOR = "visitor"
    EXTERNAL = "external"
    LINKEDIN = "linkedin"
    TWITTER = "twitter"


class AddressKind(StrEnum):
    HOME = "home"
    WORK = "work"
    MAILING = "mailing"
    BILLING = "billing"
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
        Index(None, "org_id", "family_key", "given_key", "id"),
        Index(None, "org_id", "sound_key"),
        Index(None, "org_id", "birthday"),
        Index(None, "org_id", "birthday_key"),
        Index(None, "org_id", "afm"),
    )

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


class Identifier(Live, TenantRow):
    """One e-mail address, number or outside id by which somebody is recognised."""

    __tablename__ = "identifiers"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, company_id) = 1", name="one_bearer"),
        CheckConstraint("(kind = 'visitor') = (visitor_id IS NOT NULL)", name="visitor_known"),
        CheckConstraint("(kind = 'external') = (source <> '')", name="source_named"),
        Index(
            "uq_identifiers_one_bearer", "org_id", "kind", "normalised", "source", unique=True,
            postgresql_where="deleted_at IS NULL AND NOT is_shared AND kind <> 'fax'",
        ),
        Index(
            "uq_identifiers_person", "org_id", "person_id", "kind", "normalised", "source",
            unique=True, postgresql_where="deleted_at IS NULL AND person_id IS NOT NULL",
        ),
        Index(
            "uq_identifiers_company", "org_id", "company_id", "kind", "normalised", "source",
            unique=True, postgresql_where="deleted_at IS NULL AND company_id IS NOT NULL",
        ),
        Index(
            "uq_identifiers_primary_of_person", "org_id", "person_id", "kind", unique=True,
            postgresql_where="deleted_at IS NULL AND is_primary AND person_id IS NOT NULL",
        ),
        Index(
            "uq_identifiers_primary_of_company", "org_id", "company_id", "kind", unique=True,
            postgresql_where="deleted_at IS NULL AND is_primary AND company_id IS NOT NULL",
        ),
        Index(None, "org_id", "normalised"),
        Index(None, "org_id", "tail", postgresql_where="tail IS NOT NULL"),
    )  # fmt: skip
    gives_way: ClassVar[dict[str, Any]] = {"is_primary": False}

    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE")
    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="CASCADE")
    kind: Mapped[IdentifierKind]
    source: Mapped[str] = mapped_column(default="", comment="Whose id an external id is.")
    value: Mapped[str] = mapped_column(comment="As it was given.")
    normalised: Mapped[str] = mapped_column(Text(collation="C"))
    tail: Mapped[str | None] = mapped_column(
        Text(collation="C"),
        Computed(
            "CASE WHEN kind IN ('phone', 'whatsapp')"
            " THEN right(split_part(normalised, ';', 1), 7) END",
            persisted=True,
        ),
        comment="The last seven digits of a number.",
    )
    label: Mapped[str | None] = mapped_column(comment="As in home, work, mobile.")
    is_primary: Mapped[bool] = mapped_column(default=False)
    is_shared: Mapped[bool] = mapped_column(default=False, comment="Several people answer to it.")
    verified_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None] = mapped_column(comment="It no longer reaches anybody.")


class Address(TenantRow):
    """A place where post arrives."""

    __tablename__ = "addresses"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, company_id, household_id) = 1", name="one_bearer"),
        Index(None, "org_id", "place_key"),
        Index(None, "org_id", "city_key"),
        Index(
            "uq_addresses_primary", "org_id", "person_id", "company_id", "household_id",
            unique=True, postgresql_nulls_not_distinct=True, postgresql_where="is_primary",
        ),
    )  # fmt: skip
    gives_way: ClassVar[dict[str, Any]] = {"is_primary": False}
    parts: ClassVar[tuple[str, ...]] = ("street", "street_2", "postal_code", "city", "state")

    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE")
    household_id: Mapped[UUID | None] = ref("households", on_delete="CASCADE")
    kind: Mapped[AddressKind] = mapped_column(default=AddressKind.HOME)
    street: Mapped[str | None]
    street_2: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None] = mapped_column(comment="Two letters, ISO 3166.")
    city_key: Mapped[Key] = mapped_column(comment="Folded, for finding.")
    place_key: Mapped[Key] = mapped_column(comment="Street and postal code, folded.")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    geocoded_at: Mapped[datetime | None]
    is_primary: Mapped[bool] = mapped_column(default=True)

    @property
    def line(self) -> str:
        """The whole address on one line."""
        given = [getattr(self, name) for name in self.parts]
        return ", ".join(part for part in (*given, self.country) if part)


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


@event.listens_for(Address, "before_insert")
@event.listens_for(Address, "before_update")
def _key_address(_mapper: Any, _connection: Any, row: Address) -> None:
    row.city_key = names.name_key(row.city)
    row.place_key = names.place_key(row.street, row.postal_code)
