"""Saved locations, territories, and where addresses turned out to be."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, TenantRow, ref

ON_EARTH = "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180"


class LocationCategory(StrEnum):
    OFFICE = "office"
    WAREHOUSE = "warehouse"
    COMPETITOR = "competitor"
    OTHER = "other"


class Location(TenantRow):
    """A place worth a pin on the map."""

    __tablename__ = "locations"
    __table_args__ = (
        CheckConstraint(ON_EARTH, name="on_earth"),
        Index(None, "org_id", "latitude", "longitude"),
    )

    name: Mapped[str]
    address: Mapped[str | None]
    latitude: Mapped[float]
    longitude: Mapped[float]
    category: Mapped[LocationCategory] = mapped_column(default=LocationCategory.OTHER)
    notes: Mapped[str | None]


class Territory(TenantRow):
    """An area on the map that somebody looks after."""

    __tablename__ = "territories"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        Index(None, "org_id", "south", "north"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    color: Mapped[str] = mapped_column(default="#3B82F6")
    geometry: Mapped[Json] = mapped_column(comment="crm_store.places.shapes.Shape.")
    south: Mapped[float] = mapped_column(comment="The box around it, for asking quickly.")
    north: Mapped[float]
    west: Mapped[float]
    east: Mapped[float]
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")


class Geocode(TenantRow):
    """What an address turned out to be; one that could not be found is remembered too."""

    __tablename__ = "geocodes"
    __table_args__ = (
        UniqueConstraint("org_id", "key"),
        CheckConstraint(ON_EARTH, name="on_earth"),
        CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name="both_coordinates_or_neither"
        ),
    )

    address: Mapped[str]
    key: Mapped[str] = mapped_column(comment="The address without case, accents and punctuation.")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    formatted_address: Mapped[str | None]
    provider: Mapped[str | None]
