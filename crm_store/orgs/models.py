"""Organisations, their workspaces, settings and features, and the fields they add of their own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Json, Registry, Stamped, TenantRow, new_id


class Org(Stamped, Base):
    """A nonprofit: everything else belongs to one."""

    __tablename__ = "orgs"
    __table_args__ = (
        CheckConstraint(
            "fiscal_year_starts BETWEEN 1 AND 12", name="fiscal_year_starts_is_a_month"
        ),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
    )
    tenant_key: ClassVar[str] = "id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True, comment="The short name in addresses.")
    subdomain: Mapped[str | None] = mapped_column(unique=True)
    logo_url: Mapped[str | None]
    currency: Mapped[str] = mapped_column(default="EUR")
    timezone: Mapped[str] = mapped_column(default="Europe/Athens")
    locale: Mapped[str] = mapped_column(default="en", comment="BCP 47, as in el or en-GB.")
    date_format: Mapped[str] = mapped_column(default="dd/MM/yyyy")
    time_format: Mapped[str] = mapped_column(default="HH:mm")
    fiscal_year_starts: Mapped[int] = mapped_column(default=1, comment="Month, 1 to 12.")
    subscription_tier: Mapped[str] = mapped_column(default="free")
    legal_name: Mapped[str | None] = mapped_column(comment="As receipts must print it.")
    tax_id: Mapped[str | None]
    registration_number: Mapped[str | None]
    address: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None] = mapped_column(comment="ISO 3166-1 alpha-2.")
    phone: Mapped[str | None]
    email: Mapped[str | None]
    website_url: Mapped[str | None]
    website_data: Mapped[Json | None] = mapped_column(comment="What the last crawl found.")
    website_crawled_at: Mapped[datetime | None]
    ai_instructions: Mapped[str | None]
    settings: Mapped[Json] = mapped_column(default=dict)


class Workspace(TenantRow):
    """A department or branch whose people share a view of the records."""

    __tablename__ = "workspaces"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    name: Mapped[str]
    description: Mapped[str | None]


class OrgSetting(TenantRow):
    """One thing an organisation has decided, by its key."""

    __tablename__ = "org_settings"
    __table_args__ = (UniqueConstraint("org_id", "key"),)

    key: Mapped[str]
    value: Mapped[Any] = mapped_column(JSONB)


class Feature(Registry):
    """A part of the product that an organisation can have switched on."""

    __tablename__ = "features"

    name: Mapped[str]
    description: Mapped[str]
    is_default: Mapped[bool] = mapped_column(comment="On from the day of founding.")
    sort_order: Mapped[int]


class OrgFeature(TenantRow):
    """Whether one organisation has a feature."""

    __tablename__ = "org_features"
    __table_args__ = (UniqueConstraint("org_id", "feature_key"),)

    feature_key: Mapped[str] = mapped_column(ForeignKey("features.key"))
    is_enabled: Mapped[bool]


class FieldNoun(StrEnum):
    """What a custom field can be a field of."""

    PERSON = "person"
    COMPANY = "company"
    HOUSEHOLD = "household"
    DONOR = "donor"
    GIFT = "gift"
    LEAD = "lead"
    DEAL = "deal"
    TICKET = "ticket"
    TASK = "task"
    PROJECT = "project"


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    SELECT = "select"
    MULTISELECT = "multiselect"
    CHECKBOX = "checkbox"


class CustomField(TenantRow):
    """A field an organisation has added to one of its nouns."""

    __tablename__ = "custom_fields"
    __table_args__ = (UniqueConstraint("org_id", "noun", "name"),)

    noun: Mapped[FieldNoun]
    name: Mapped[str] = mapped_column(comment="Lower case, as filters and imports know it.")
    label: Mapped[str]
    type: Mapped[FieldType]
    options: Mapped[list[str]] = mapped_column(default=list)
    is_required: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    sort_order: Mapped[int] = mapped_column(default=0)
    description: Mapped[str | None]
