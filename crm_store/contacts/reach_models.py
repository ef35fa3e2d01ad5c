"""Every way somebody is known and reached: identifiers across channels, and addresses."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Live, TenantRow, ref
from crm_store.contacts import names

Key = Annotated[str, mapped_column(Text(collation="C"), default="")]


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
            None, "org_id", "latitude", "longitude", postgresql_where="latitude IS NOT NULL",
        ),
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


@event.listens_for(Address, "before_insert")
@event.listens_for(Address, "before_update")
def _key_address(_mapper: Any, _connection: Any, row: Address) -> None:
    row.city_key = names.name_key(row.city)
    row.place_key = names.place_key(row.street, row.postal_code)
