"""What may leave about places; where people live is for those who may see personal details."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from crm_store.places.models import LocationCategory
from crm_store.places.repository import Near, Neighbour
from crm_store.view import PERSONAL, View


class LocationView(View):
    id: UUID
    name: str
    address: str | None = None
    latitude: float
    longitude: float
    category: LocationCategory
    notes: str | None = None
    km: float | None = None

    @classmethod
    def from_near(cls, near: Near) -> LocationView:
        return cls.of(near.location, km=round(near.km, 1))


class TerritoryView(View):
    id: UUID
    name: str
    description: str | None = None
    color: str
    geometry: dict[str, object]
    member_id: UUID | None = None


class NeighbourView(View):
    person_id: UUID
    name: str
    km: Annotated[float | None, PERSONAL] = None

    @classmethod
    def from_neighbour(cls, neighbour: Neighbour) -> NeighbourView:
        return cls.of(
            neighbour.person,
            person_id=neighbour.person.id,
            name=neighbour.person.name,
            km=round(neighbour.km, 1),
        )


class GeocodeView(View):
    address: str
    latitude: float | None = None
    longitude: float | None = None
    formatted_address: str | None = None
