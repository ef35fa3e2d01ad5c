"""Pinning places on the map, drawing territories, and remembering where addresses are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from crm_store.base import new_id, now
from crm_store.contacts.models import Address
from crm_store.contacts.names import name_key
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.places.earth import Point
from crm_store.places.models import Geocode, Location, LocationCategory, Territory
from crm_store.places.shapes import read_shape
from crm_store.references import check_references


class NameTaken(Conflict):
    """There is a territory of this name already."""


async def save_location(
    crm: Crm, name: str, at: Point, *, location_id: UUID | None = None,
    category: LocationCategory = LocationCategory.OTHER, address: str | None = None,
    notes: str | None = None,
) -> Location:  # fmt: skip
    """Pin a place on the map, or move a pin."""
    if not name.strip():
        raise Invalid("A place needs a name.")
    location = await crm.locations.get(location_id, lock=True) if location_id else Location()
    location.name, location.category = name.strip(), category
    location.latitude, location.longitude = at.latitude, at.longitude
    location.address, location.notes = address, notes
    crm.locations.add(location)
    await crm.flush()
    return location


async def remove_location(crm: Crm, location_id: UUID) -> None:
    await crm.session.delete(await crm.locations.get(location_id, lock=True))
    await crm.flush()


async def draw_territory(
    crm: Crm, name: str, geometry: Any, *, territory_id: UUID | None = None,
    member_id: UUID | None = None, color: str | None = None, description: str | None = None,
) -> Territory:  # fmt: skip
    """An area on the map and who looks after it, or a change to one."""
    if not name.strip():
        raise Invalid("A territory needs a name.")
    shape = read_shape(geometry)
    same = crm.territories.rows().where(Territory.name == name.strip())
    if await crm.territories.count(same.where(Territory.id != territory_id)):
        raise NameTaken
    territory = await crm.territories.get(territory_id, lock=True) if territory_id else Territory()
    territory.name, territory.description = name.strip(), description
    territory.geometry = shape.model_dump(mode="json")
    territory.south, territory.north = shape.box.south, shape.box.north
    territory.west, territory.east = shape.box.west, shape.box.east
    if color:
        territory.color = color
    territory.member_id = member_id
    await check_references(crm, territory)
    crm.territories.add(territory)
    await crm.flush()
    return territory


async def remove_territory(crm: Crm, territory_id: UUID) -> None:
    await crm.session.delete(await crm.territories.get(territory_id, lock=True))
    await crm.flush()


async def remember_place(
    crm: Crm, address: str, at: Point | None, *, formatted_address: str | None = None,
    provider: str | None = None,
) -> Geocode:  # fmt: skip
    """Keep what an address turned out to be, in place of what was known; None: not to be found."""
    key = name_key(address)
    if not key:
        raise Invalid("The address is empty.")
    crm.actor.need("places:write")
    answer = {
        "address": address.strip(),
        "latitude": at.latitude if at else None,
        "longitude": at.longitude if at else None,
        "formatted_address": formatted_address,
        "provider": provider,
        "updated_at": now(),
        "updated_by": crm.actor.id,
    }
    query = insert(Geocode).values(
        org_id=crm.actor.org, id=new_id(), key=key, created_by=crm.actor.id, **answer
    )
    await crm.flush()
    row_id = await crm.session.scalar(
        query.on_conflict_do_update(index_elements=["org_id", "key"], set_=answer).returning(
            Geocode.id
        )
    )
    crm.note("changed", "geocodes", row_id, address=address.strip())
    found = crm.geocodes.rows().where(Geocode.key == key)
    return await crm.geocodes.one(found.execution_options(populate_existing=True))


async def locate_address(crm: Crm, address_id: UUID) -> Address:
    """Give a recorded address the coordinates that are remembered for it, if there are any."""
    async with crm.granted("contacts:read", "contacts:write"):
        address: Address = await crm.addresses.get(address_id, lock=True)
        known = await crm.geocodes.of(address.line)
        if known is not None:
            address.latitude, address.longitude = known.latitude, known.longitude
            address.geocoded_at = known.updated_at
    return address
