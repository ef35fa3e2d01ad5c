"""What somebody sees of records with an owner is exactly what their reach says, for everybody."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.contacts.models import Company
from crm_store.errors import NotFound, NotVisible, Refused
from crm_store.identity.testing import actor_of, make_member
from crm_store.orgs.actions import create_workspace

PEOPLE = ("me", "below", "far below", "stranger")
PLACES = ("mine", "also mine", "elsewhere")


@pytest.fixture
async def world(house):
    """One company for every owner and workspace there can be, none included."""
    me = await make_member(house, "Me", "sales_manager")
    below = await make_member(house, "Below", manager_id=me.id)
    far = await make_member(house, "Far below", manager_id=below.id)
    stranger = await make_member(house, "Stranger")
    people = dict(zip(PEOPLE, (m.id for m in (me, below, far, stranger)), strict=True))
    rows = {}
    async with house.begin() as crm:
        places = {name: (await create_workspace(crm, name)).id for name in PLACES}
        for owner, place in product((None, *PEOPLE), (None, *PLACES)):
            company = Company(
                name=f"{owner} at {place}",
                owner_id=people.get(owner),
                workspace_id=places.get(place),
            )
            rows[owner, place] = crm.companies.add(company)
        await crm.flush()
    return people, places, {key: row.id for key, row in rows.items()}


def seen(reach, team, mine, owner, place):
    """The rule, said again in other words than the store's."""
    if reach is Reach.ALL:
        return True
    in_hand = owner == "me" or (owner in team and reach is not Reach.OWN)
    if reach is Reach.WORKSPACE:
        return in_hand or place in mine or (owner is None and place is None)
    return in_hand


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    reach=st.sampled_from(Reach),
    team=st.sets(st.sampled_from(PEOPLE[1:])),
    mine=st.sets(st.sampled_from(PLACES)),
)
async def test_reach_decides_what_is_seen(house, neighbour, world, reach, team, mine):
    people, places, rows = world
    actor = house.actor(
        member_id=people["me"],
        reach=reach,
        team_ids=frozenset(people[name] for name in team),
        workspace_ids=frozenset(places[name] for name in mine),
    )
    expected = {row for key, row in rows.items() if seen(reach, team, mine, *key)}
    async with house.begin(actor) as crm:
        assert {row.id for row in await crm.companies.all()} == expected
        page = await crm.companies.page(limit=3)
        assert (page.total, page.hidden) == (len(expected), len(rows) - len(expected))
        assert len(page.rows) == min(3, len(expected))
        for row_id in rows.values():
            if row_id in expected:
                assert (await crm.companies.get(row_id)).id == row_id
            else:
                with pytest.raises(NotVisible):
                    await crm.companies.get(row_id, lock=True)
    async with neighbour.begin(replace(actor, org_id=neighbour.org_id)) as crm:
        assert (await crm.companies.page()).total == 0


async def test_foreign_and_missing_are_answered_alike_and_hidden_is_not(house, neighbour, world):
    people, _, rows = world
    async with neighbour.begin() as crm:
        foreign = crm.companies.add(Company(name="Theirs"))
        await crm.flush()
    answers = []
    for reach in Reach:
        async with house.begin(house.actor(reach=reach, member_id=people["me"])) as crm:
            for row_id in (foreign.id, new_id()):
                with pytest.raises(NotFound) as absent:
                    await crm.companies.get(row_id)
                answers.append((type(absent.value), str(absent.value)))
    assert set(answers) == {(NotFound, "There is no such company.")}
    async with house.begin(house.actor(reach=Reach.OWN, member_id=people["me"])) as crm:
        with pytest.raises(NotVisible, match="not visible to you"):
            await crm.companies.get(rows["stranger", None])


async def test_without_the_scope_nothing_is_seen_or_counted(house, world):
    _, _, rows = world
    async with house.begin(house.actor(scopes=frozenset({"gifts:read"}))) as crm:
        for question in (crm.companies.all, crm.companies.page, crm.companies.count):
            with pytest.raises(Refused, match="may not see contacts"):
                await question()
        with pytest.raises(Refused):
            await crm.companies.get(next(iter(rows.values())))


async def test_who_may_see_may_not_yet_change(house, world):
    _, _, rows = world
    reader = house.actor(scopes=frozenset({"contacts:read"}))
    row_id = rows["me", "mine"]
    async with house.begin(reader) as crm:
        company = await crm.companies.get(row_id)
        with pytest.raises(Refused, match="may not change contacts"):
            await crm.companies.get(row_id, lock=True)
    with pytest.raises(Refused, match="may not change contacts"):
        async with house.begin(reader) as crm:
            company = await crm.companies.get(row_id)
            company.name = "Renamed"
    async with house.begin() as crm:
        assert (await crm.companies.get(row_id)).name == "me at mine"


async def test_a_member_sees_the_records_of_those_below_as_soon_as_they_are(house, world):
    people, _, rows = world
    async with house.begin() as crm:
        boss = await crm.members.get(people["me"])
    async with house.begin(await actor_of(house, boss)) as crm:
        assert {row.id for row in await crm.companies.all()} == {
            row for (owner, _), row in rows.items() if owner in {"me", "below", "far below"}
        }
