"""Who looks after whom, and the lists that follow from it."""

import pytest
from sqlalchemy import func, select

from crm_store.actor import Reach
from crm_store.base import Base, new_id
from crm_store.contacts.addressing import add_address, change_address
from crm_store.contacts.testing import make_tag
from crm_store.donors.actions import change_donor, remove_donor, restore_donor
from crm_store.donors.models import Donor
from crm_store.donors.portfolio import assign_officer, hand_over
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid, NotFound, NotVisible, Refused
from crm_store.identity.models import Member
from crm_store.identity.testing import make_member


async def test_every_officer_a_donor_had_is_on_record(house):
    noa = await make_member(house)
    async with house.begin() as crm:
        donor = await make_donor(crm)
        await assign_officer(crm, donor.id, house.director.member_id, "New")
        await assign_officer(crm, donor.id, noa.id, "Speaks Greek")
        with pytest.raises(Conflict):
            await assign_officer(crm, donor.id, noa.id)
        history = await crm.assignments.of(donor.id)
        assert [(a.member_id, a.reason, a.ended_at is None) for a in history] == [
            (noa.id, "Speaks Greek", True),
            (house.director.member_id, "New", False),
        ]
        await assign_officer(crm, donor.id, None)
        assert donor.owner_id is None


async def test_only_an_active_member_of_the_house_looks_after_donors(house, neighbour):
    noa = await make_member(house)
    async with house.begin() as crm:
        donor = await make_donor(crm)
        (await crm.session.get(Member, (house.org_id, noa.id))).is_active = False
        await crm.flush()
        for member_id in (noa.id, neighbour.director.member_id, new_id()):
            with pytest.raises(Invalid, match="no such active member"):
                await assign_officer(crm, donor.id, member_id)


async def test_a_whole_portfolio_changes_hands_in_one_go(house):
    noa = await make_member(house)
    async with house.begin() as crm:
        mine = [await make_donor(crm, owner_id=house.director.member_id) for _ in range(3)]
        other = await make_donor(crm)
    async with house.begin() as crm:
        assert await hand_over(crm, house.director.member_id, noa.id, "Leaving") == 3
    async with house.begin() as crm:
        page = await crm.donors.of_officer(noa.id)
        assert {d.id for d in page.rows} == {d.id for d in mine}
        assert (await crm.donors.get(other.id)).owner_id is None
        for donor in mine:
            assert [a.ended_at is None for a in await crm.assignments.of(donor.id)] == [True, False]
        log = Base.metadata.tables["audit_log"]
        noted = select(func.count()).where(log.c.action == "handed over")
        assert await crm.session.scalar(noted) == 1
        with pytest.raises(Invalid):
            await hand_over(crm, noa.id, noa.id)


async def test_an_officer_hands_over_only_what_they_may_see_and_change(house):
    noa = await make_member(house)
    async with house.begin() as crm:
        await make_donor(crm, owner_id=house.director.member_id)
    reader = house.actor(scopes=frozenset({"donors:read"}))
    async with house.begin(reader) as crm:
        with pytest.raises(Refused):
            await hand_over(crm, house.director.member_id, noa.id)
    another = house.actor(member_id=noa.id, reach=Reach.OWN)
    async with house.begin(another) as crm:
        assert await hand_over(crm, house.director.member_id, noa.id) == 0


async def test_pages_go_through_everybody_once_in_order(house):
    names = ["Zoe Adler", "Ruth Cohen", "David Cohen", "Άννα Βλάχου", "Dana Levi", "Ruth Cohen"]
    async with house.begin() as crm:
        for name in names:
            await make_donor(crm, name)
    async with house.begin() as crm:
        seen, after = [], None
        while True:
            page = await crm.donors.alphabetical(after=after, limit=2)
            seen += page.rows
            if after is None:
                assert page.total == 6
            if (after := page.next) is None:
                break
        assert [d.name for d in seen] == [
            "Zoe Adler", "David Cohen", "Ruth Cohen", "Ruth Cohen", "Dana Levi", "Άννα Βλάχου",
        ]  # fmt: skip
        with pytest.raises(Invalid):
            await crm.donors.alphabetical(after="nonsense")


async def test_lists_by_stage_city_and_tag(house):
    async with house.begin() as crm:
        here = await make_donor(crm, "Ruth Cohen", address={"city": "Θεσσαλονίκη"})
        await make_donor(crm, "Dana Levi", stage="major")
        await make_tag(crm, "Board", donor_id=here.id)
        tag = await crm.tags.named("board")
        assert [d.id for d in (await crm.donors.in_city("θεσσαλονικη")).rows] == [here.id]
        assert [d.name for d in (await crm.donors.at_stage("major")).rows] == ["Dana Levi"]
        assert [d.id for d in (await crm.donors.tagged(tag.id)).rows] == [here.id]


async def test_a_donor_s_city_follows_the_address(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, address={"city": "Haifa"})
        await change_address(crm, donor.address_id, city="Akko")
        city = select(Donor.city_key).where(Donor.id == donor.id)
        assert await crm.session.scalar(city) == "akko"
        await change_donor(crm, donor.id, address_id=None)
        assert donor.city_key == ""


async def test_what_is_hidden_is_counted_and_never_called_none(house):
    async with house.begin() as crm:
        await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        hidden = await make_donor(crm, "Dana Levi")
    officer = house.actor(reach=Reach.OWN)
    async with house.begin(officer) as crm:
        page = await crm.donors.alphabetical()
        assert ([d.name for d in page.rows], page.total, page.hidden) == (["Ruth Cohen"], 1, 1)
        with pytest.raises(NotVisible):
            await crm.donors.get(hidden.id)
        with pytest.raises(NotVisible):
            await crm.donors.card(hidden.id)
        with pytest.raises(NotVisible):
            await crm.timeline.of_donor(hidden.id)


async def test_a_donor_put_away_comes_back_as_it_was(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        await remove_donor(crm, donor.id)
        with pytest.raises(NotFound):
            await crm.donors.get(donor.id)
        await restore_donor(crm, donor.id)
        assert (await crm.donors.get(donor.id)).name == "Ruth Cohen"


async def test_the_first_address_somebody_gets_is_where_their_donor_is_written_to(house):
    async with house.begin() as crm:
        donor, other = await make_donor(crm), await make_donor(crm, "Dana Levi")
        (person,) = (await crm.donors.people_of([donor.id]))[donor.id]
        assert donor.address_id is None
    clerk = house.actor(scopes=frozenset({"contacts:read", "contacts:write"}))
    async with house.begin(clerk) as crm:
        await add_address(crm, await crm.people.get(person.id), city="Haifa")
        await add_address(crm, await crm.people.get(person.id), city="Akko")
    async with house.begin() as crm:
        assert (await crm.donors.get(donor.id)).city_key == "haifa"
        assert (await crm.donors.get(other.id)).address_id is None
