"""Questions about places: what is near, in whose territory, who lives there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, func, select, union_all

from crm_store.actor import Reach
from crm_store.contacts.models import Address, AddressKind, Person
from crm_store.contacts.names import name_key
from crm_store.errors import Invalid, Refused
from crm_store.places.earth import Box, Point, km_between
from crm_store.places.models import Geocode, Location, LocationCategory, Territory
from crm_store.places.shapes import read_shape
from crm_store.repository import Repository, reach_of

FARTHEST_KM = 500


class TooFar(Invalid):
    """Near is up to 500 kilometres."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody, and how far from the place they live."""

    person: Person
    km: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Those who live there, nearest first, and how many more are not visible to the asker."""

    people: Sequence[Neighbour]
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Near:
    location: Location
    km: float


class LocationRepository(Repository[Location]):
    model = Location

    async def listed(self, category: LocationCategory | None = None) -> Sequence[Location]:
        query = self.rows().order_by(Location.name, Location.id)
        return await self.all(query.where(Location.category == category) if category else query)

    async def near(self, centre: Point, km: float, limit: int = 20) -> list[Near]:
        """Saved locations within so many kilometres, nearest first."""
        box = _box(centre, km)
        distance = km_between(centre, Location.latitude, Location.longitude)
        query = (
            self.rows()
            .add_columns(distance)
            .where(box.holds(Location.latitude, Location.longitude), distance <= km)
            .order_by(distance, Location.id)
            .limit(limit)
        )
        return [Near(location, away) for location, away in await self.session.execute(query)]

    async def people_near(self, centre: Point, km: float, limit: int = 50) -> Neighbours:
        """Who lives within so many kilometres of a place."""
        distance = km_between(centre, Address.latitude, Address.longitude)
        homes = self._homes(_box(centre, km), distance <= km, distance)
        return await self._who_lives(homes, limit)

    async def people_in(self, territory: Territory, limit: int = 50) -> Neighbours:
        """Who lives in a territory; distances are from its middle."""
        shape = read_shape(territory.geometry)
        box = Box(territory.south, territory.north, territory.west, territory.east)
        middle = Point((box.south + box.north) / 2, (box.west + box.east) / 2)
        inside = shape.condition(Address.latitude, Address.longitude)
        homes = self._homes(box, inside, km_between(middle, Address.latitude, Address.longitude))
        return await self._who_lives(homes, limit)

    def _homes(self, box: Box, there: ColumnElement[bool], distance: ColumnElement[float]) -> CTE:
        return (
            select(Address.person_id, Address.household_id, distance.label("km"))
            .where(
                Address.org_id == self.actor.org,
                box.holds(Address.latitude, Address.longitude),
                Address.kind != AddressKind.WORK,
                there,
            )
            .cte("homes")
        )

    async def _who_lives(self, homes: CTE, limit: int) -> Neighbours:
        """People at these addresses, their own or their household's."""
        if not (self.actor.may("contacts:read") and self.actor.may("personal:read")):
            raise Refused("You may not see where people live.")
        themselves = select(homes.c.person_id, homes.c.km).where(homes.c.person_id.is_not(None))
        together = select(Person.id, homes.c.km).join(
            homes,
            (Person.org_id == self.actor.org) & (Person.household_id == homes.c.household_id),
        )
        found = union_all(themselves, together).subquery()
        nearest = (
            select(found.c.person_id, func.min(found.c.km).label("km"))
            .group_by(found.c.person_id)
            .subquery()
        )
        everybody = (
            select(Person, nearest.c.km)
            .join(nearest, (Person.org_id == self.actor.org) & (Person.id == nearest.c.person_id))
            .where(Person.deleted_at.is_(None), Person.is_deceased.is_(False))
        )
        visible = everybody.where(reach_of(self.actor, Person))
        rows = await self.session.execute(visible.order_by(nearest.c.km, Person.id).limit(limit))
        people = [Neighbour(person, km) for person, km in rows]
        hidden = 0
        if self.actor.reach is not Reach.ALL:
            hidden = await self._count(everybody) - await self._count(visible)
        return Neighbours(people, hidden)

    async def _count(self, query: Any) -> int:
        inner = query.with_only_columns(Person.id).subquery()
        return int(await self.session.scalar(select(func.count()).select_from(inner)) or 0)


class TerritoryRepository(Repository[Territory]):
    model = Territory

    async def listed(self) -> Sequence[Territory]:
        return await self.all(self.rows().order_by(Territory.name))

    async def of_member(self, member_id: UUID) -> Sequence[Territory]:
        return await self.all(
            self.rows().where(Territory.member_id == member_id).order_by(Territory.name)
        )

    async def around(self, point: Point) -> list[Territory]:
        """The territories a point lies in, the smallest first."""
        eastwards = (Territory.west <= point.longitude) & (Territory.east >= point.longitude)
        across = (Territory.west > Territory.east) & (
            (Territory.west <= point.longitude) | (Territory.east >= point.longitude)
        )
        near = await self.all(
            self.rows().where(
                Territory.south <= point.latitude,
                Territory.north >= point.latitude,
                eastwards | across,
            )
        )
        shapes = [(territory, read_shape(territory.geometry)) for territory in near]
        holding = [(shape.size, territory) for territory, shape in shapes if shape.contains(point)]
        return [territory for _, territory in sorted(holding, key=lambda one: (one[0], one[1].id))]


class GeocodeRepository(Repository[Geocode]):
    model = Geocode

    async def of(self, address: str) -> Geocode | None:
        """What an address turned out to be, if anybody asked before."""
        return await self.first(self.rows().where(Geocode.key == name_key(address)))


def _box(centre: Point, km: float) -> Box:
    if not 0 < km <= FARTHEST_KM:
        raise TooFar
    return Box.around(centre, km)
