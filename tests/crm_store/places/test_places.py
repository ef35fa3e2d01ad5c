import asyncio
from random import Random

import pytest

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.contacts.actions import add_address, mark_deceased
from crm_store.contacts.testing import make_household, make_person
from crm_store.errors import Invalid, NotFound, Refused
from crm_store.places.actions import (
    NameTaken,
    draw_territory,
    locate_address,
    remember_place,
    remove_location,
    remove_territory,
    save_location,
)
from crm_store.places.earth import Point
from crm_store.places.models import LocationCategory
from crm_store.places.repository import TooFar
from crm_store.places.shapes import read_shape
from crm_store.places.views import GeocodeView, LocationView, NeighbourView, TerritoryView

ATHENS = Point(37.9838, 23.7275)
SQUARE = {"type": "Polygon", "coordinates": [[[23, 37], [24, 37], [24, 38.5], [23, 38.5]]]}
HOLED = {
    "type": "Polygon",
    "coordinates": [
        [[23, 37], [24, 37], [24, 38.5], [23, 38.5]],
        [[23.4, 37.4], [23.8, 37.4], [23.6, 38]],
    ],
}


async def a_resident(crm, name="Ruth Cohen", latitude=37.99, longitude=23.73, **more):
    person = await make_person(crm, name, **more)
    await add_address(crm, person, city="Athens", latitude=latitude, longitude=longitude)
    return person


async def test_a_place_is_pinned_moved_and_taken_off(crm):
    pin = await save_location(crm, " Office ", ATHENS, category=LocationCategory.OFFICE)
    assert LocationView.of(pin).name == "Office"
    moved = await save_location(crm, "Office", Point(38, 23.7), location_id=pin.id, notes="New")
    assert (moved.id, moved.latitude) == (pin.id, 38)
    assert await crm.locations.listed(LocationCategory.OFFICE) == []
    await remove_location(crm, pin.id)
    assert await crm.locations.listed() == []
    with pytest.raises(Invalid):
        await save_location(crm, " ", ATHENS)


async def test_saved_places_nearby_come_nearest_first(crm):
    for name, latitude in (("Far", 38.6), ("Near", 38.0), ("Nearest", 37.99)):
        await save_location(crm, name, Point(latitude, 23.7275))
    near = await crm.locations.near(ATHENS, 20)
    assert [one.location.name for one in near] == ["Nearest", "Near"]
    assert LocationView.from_near(near[1]).km == 1.8
    for km in (0, -1, 501):
        with pytest.raises(TooFar):
            await crm.locations.near(ATHENS, km)


async def test_what_is_near_is_near_across_the_date_line_too(crm):
    await save_location(crm, "Fiji", Point(-17, -179.95))
    assert len(await crm.locations.near(Point(-17, 179.95), 20)) == 1


async def test_the_database_measures_as_we_do(crm):
    random = Random(7)
    centre = Point(64.1, -21.9)
    spots = [Point(64.1 + random.uniform(-4, 4), -21.9 + random.uniform(-9, 9)) for _ in range(60)]
    for number, spot in enumerate(spots):
        await save_location(crm, f"{number}", spot)
    near = await crm.locations.near(centre, 300, limit=100)
    assert [int(one.location.name) for one in near] == sorted(
        (n for n, spot in enumerate(spots) if centre.km_to(spot) <= 300),
        key=lambda n: centre.km_to(spots[n]),
    )
    assert all(one.km == pytest.approx(centre.km_to(spots[int(one.location.name)])) for one in near)


async def test_who_lives_near_is_found_by_their_own_home_or_their_households(crm):
    ruth = await a_resident(crm, "Ruth Cohen")
    david = await make_person(crm, "David Cohen")
    household = await make_household(crm, david)
    await add_address(crm, household, city="Athens", latitude=38.0, longitude=23.73)
    dead = await a_resident(crm, "Old Friend")
    await mark_deceased(crm, dead.id)
    await a_resident(crm, "Too Far", latitude=39.5)
    worker = await make_person(crm, "Works Here")
    await add_address(crm, worker, city="Athens", kind="work", latitude=37.9838, longitude=23.7275)
    near = await crm.locations.people_near(ATHENS, 5)
    assert [one.person.id for one in near.people] == [ruth.id, david.id]
    view = NeighbourView.from_neighbour(near.people[1])
    assert (view.name, view.km) == ("David Cohen", 1.8)


async def test_somebody_with_two_homes_is_named_once(crm):
    ruth = await a_resident(crm)
    await add_address(crm, ruth, city="Piraeus", latitude=37.985, longitude=23.7275)
    (found,) = (await crm.locations.people_near(ATHENS, 5)).people
    assert found.km == pytest.approx(0.13, abs=0.02)


async def test_who_lives_where_is_for_those_who_may_see_it_and_the_rest_is_counted(house):
    async with house.begin() as crm:
        await a_resident(crm, "Hidden")
        mine = await a_resident(crm, "Mine", owner_id=crm.actor.member_id)
        territory = await draw_territory(crm, "Attica", SQUARE)
    scopes = frozenset({"places:read", "contacts:read"})
    async with house.begin(house.actor(scopes=scopes)) as crm:
        with pytest.raises(Refused, match="where people live"):
            await crm.locations.people_near(ATHENS, 5)
        with pytest.raises(Refused, match="where people live"):
            await crm.locations.people_in(territory)
    limited = house.actor(scopes=scopes | {"personal:read"}, reach=Reach.OWN)
    async with house.begin(limited) as crm:
        for found in (
            await crm.locations.people_near(ATHENS, 5),
            await crm.locations.people_in(territory),
        ):
            assert ([one.person.id for one in found.people], found.hidden) == ([mine.id], 1)


async def test_who_lives_next_door_to_us_is_not_our_neighbours(house, neighbour):
    async with neighbour.begin() as crm:
        await a_resident(crm)
        territory = await draw_territory(crm, "Attica", SQUARE)
        await save_location(crm, "Theirs", ATHENS)
        await remember_place(crm, "1 Ermou, Athens", ATHENS)
    async with house.begin() as crm:
        assert (await crm.locations.people_near(ATHENS, 5)).people == []
        assert (await crm.locations.people_in(territory)).people == []
        assert await crm.locations.near(ATHENS, 5) == []
        assert await crm.territories.around(ATHENS) == []
        assert await crm.geocodes.of("1 Ermou, Athens") is None
        for missing in (territory.id, new_id()):
            with pytest.raises(NotFound, match="There is no such territory"):
                await remove_territory(crm, missing)


async def test_a_territory_has_a_name_of_its_own_and_somebody_who_is_there(crm):
    me = crm.actor.member_id
    territory = await draw_territory(crm, "Attica", SQUARE, member_id=me)
    assert TerritoryView.of(territory).color == "#3B82F6"
    with pytest.raises(NameTaken):
        await draw_territory(crm, "Attica ", SQUARE)
    with pytest.raises(NotFound, match="There is no such member"):
        await draw_territory(crm, "Crete", SQUARE, member_id=new_id())
    changed = await draw_territory(
        crm, "Attica", HOLED, territory_id=territory.id, member_id=me, color="#ff0000"
    )
    assert (changed.id, changed.color) == (territory.id, "#ff0000")
    assert [one.id for one in await crm.territories.of_member(me)] == [territory.id]
    await remove_territory(crm, territory.id)
    assert await crm.territories.listed() == []


async def test_a_point_is_in_the_smallest_territory_first(crm):
    region = await draw_territory(crm, "Attica", SQUARE)
    centre = await draw_territory(
        crm, "Centre", {"type": "Circle", "center": [23.7275, 37.9838], "radius": 3000}
    )
    await draw_territory(crm, "Fiji", {"type": "Circle", "center": [180, -17], "radius": 90_000})
    assert [one.id for one in await crm.territories.around(ATHENS)] == [centre.id, region.id]
    assert [one.id for one in await crm.territories.around(Point(37.5, 23.1))] == [region.id]
    assert [one.name for one in await crm.territories.around(Point(-17, -179.9))] == ["Fiji"]


@pytest.mark.parametrize(
    "shape", [SQUARE, HOLED, {"type": "Circle", "center": [23.5, 37.7], "radius": 40_000}]
)
async def test_the_database_finds_in_a_territory_whom_we_would_find(crm, shape):
    random = Random(11)
    territory = await draw_territory(crm, "Here", shape)
    spots = {}
    for _ in range(40):
        spot = Point(random.uniform(36.8, 38.7), random.uniform(22.8, 24.2))
        person = await a_resident(crm, latitude=spot.latitude, longitude=spot.longitude)
        spots[person.id] = spot
    found = await crm.locations.people_in(territory, limit=100)
    inside = {one for one, spot in spots.items() if read_shape(shape).contains(spot)}
    assert {one.person.id for one in found.people} == inside
    assert 0 < len(inside) < 40


async def test_an_address_is_looked_up_once_however_it_is_typed(crm):
    await remember_place(crm, "1 Ermou, Athens", ATHENS, provider="map")
    known = await crm.geocodes.of("1  ermou ATHENS")
    assert (known.latitude, GeocodeView.of(known).address) == (37.9838, "1 Ermou, Athens")
    again = await remember_place(crm, "1 ERMOU, Athens", Point(38, 23.7))
    assert (again.id, again.latitude) == (known.id, 38)
    nowhere = await remember_place(crm, "Οδός Ονείρων", None)
    assert (await crm.geocodes.of("οδος ονειρων")).id == nowhere.id
    assert nowhere.latitude is None
    with pytest.raises(Invalid):
        await remember_place(crm, " , ", ATHENS)


async def test_two_who_look_up_the_same_address_at_once_remember_it_once(house):
    async def look():
        async with house.begin() as crm:
            return (await remember_place(crm, "1 Ermou, Athens", ATHENS)).id

    assert len(set(await asyncio.gather(*(look() for _ in range(6))))) == 1


async def test_a_recorded_address_gets_the_coordinates_that_are_remembered(crm):
    person = await make_person(crm)
    address = await add_address(crm, person, street="1 Ermou", city="Athens", country="GR")
    assert (await locate_address(crm, address.id)).latitude is None
    await remember_place(crm, address.line, ATHENS)
    located = await locate_address(crm, address.id)
    assert (located.latitude, located.longitude) == (37.9838, 23.7275)
    assert located.geocoded_at is not None


async def test_without_the_right_nothing_is_changed(house):
    for attempt in (
        lambda crm: save_location(crm, "Office", ATHENS),
        lambda crm: draw_territory(crm, "Attica", SQUARE),
        lambda crm: remember_place(crm, "1 Ermou", ATHENS),
    ):
        with pytest.raises(Refused):
            async with house.begin(house.actor(scopes=frozenset({"places:read"}))) as crm:
                await attempt(crm)
