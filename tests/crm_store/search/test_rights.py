"""Whom a search shows: those within reach, the rest as a number, the neighbours never."""

from __future__ import annotations

import pytest

from crm_store.actor import Actor, Reach
from crm_store.base import new_id
from crm_store.conversations.models import Visitor
from crm_store.donors.testing import make_donor
from crm_store.errors import Refused
from crm_store.gifts.testing import make_gift
from crm_store.identity.testing import make_member
from crm_store.leads.testing import make_lead
from crm_store.orgs.models import Workspace
from crm_store.search.models import Findable
from crm_store.tickets.testing import make_ticket

DONORS = [Findable.DONOR]


async def test_another_organisation_never_shows_through(world):
    async with world.neighbour.begin() as crm:
        ruth = await crm.search.find("Ruth Cohen", DONORS)
        assert [hit.id for hit in ruth.hits] == [world.made["their Ruth"].id]
        for theirs in ("Goldstein", "4417", "TX-50000", "D-10023"):
            assert (await crm.search.find(theirs)).hits == ()


async def test_records_out_of_reach_are_counted_and_not_shown(house):
    officer = await make_member(house, "Noa Mizrahi")
    async with house.begin() as crm:
        mine = await make_donor(crm, "Ruth Cohen", owner_id=officer.id)
        await make_donor(crm, "Ruth Cohen")
        theirs = await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        await make_gift(crm, theirs, 500, reference_number="CHQ 7")
    async with house.begin(house.actor(member_id=officer.id, reach=Reach.OWN)) as crm:
        result = await crm.search.find("ruth cohen", DONORS)
        assert [hit.id for hit in result.hits] == [mine.id]
        assert result.hidden == 2
        assert result.summary == "1 found; 2 more are not visible to you."
        gifts = await crm.search.find("CHQ 7")
        assert (gifts.hits, gifts.hidden) == ((), 1)
        assert gifts.summary == "Nothing found; 1 more is not visible to you."


async def test_nothing_looser_is_offered_where_what_was_meant_is_hidden(house):
    async with house.begin() as crm:
        await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        await make_donor(crm, "Ruth Levi")
    stranger = house.actor(member_id=new_id(), reach=Reach.OWN)
    async with house.begin(stranger) as crm:
        result = await crm.search.find("Ruth Cohen", DONORS)
    assert (result.hits, result.hidden) == ((), 1)


async def test_a_team_and_a_workspace_widen_what_is_found(house):
    async with house.begin() as crm:
        haifa = Workspace(name="Haifa")
        crm.session.add(haifa)
        await crm.flush()
        lead = await make_lead(crm, "Ruth Cohen", workspace_id=haifa.id)
        donor = await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
    outsider = {"member_id": new_id()}
    team = house.actor(**outsider, reach=Reach.TEAM, team_ids=frozenset({house.director.member_id}))
    there = house.actor(**outsider, reach=Reach.WORKSPACE, workspace_ids=frozenset({haifa.id}))
    for actor, found in ((team, donor.id), (there, lead.id)):
        async with house.begin(actor) as crm:
            result = await crm.search.find("Ruth Cohen", [Findable.DONOR, Findable.LEAD])
            assert [hit.id for hit in result.hits] == [found]
            assert result.hidden == 1


async def test_kinds_that_may_not_be_read_are_left_out_or_refused(house):
    async with house.begin() as crm:
        await make_donor(crm, "Ruth Cohen")
        await make_lead(crm, "Ruth Cohen")
    few = house.actor(scopes=frozenset({"search:read", "leads:read"}))
    async with house.begin(few) as crm:
        hits = (await crm.search.find("Ruth Cohen")).hits
        assert [hit.kind for hit in hits] == [Findable.LEAD]
        with pytest.raises(Refused, match="may not see donors"):
            await crm.search.find("Ruth Cohen", DONORS)
    async with house.begin(house.actor(scopes=frozenset({"leads:read"}))) as crm:
        with pytest.raises(Refused):
            await crm.search.find("Ruth Cohen")


async def test_ones_own_portfolio_comes_first_among_equals(house):
    officer = await make_member(house)
    async with house.begin() as crm:
        rich = await make_donor(crm, "Ruth Cohen")
        await make_gift(crm, rich, 90_000)
        mine = await make_donor(crm, "Ruth Cohen", owner_id=officer.id)
        small = await make_donor(crm, "Ruth Cohen")
        await make_gift(crm, small, 5)
    async with house.begin(house.actor(member_id=officer.id)) as crm:
        hits = (await crm.search.find("Ruth Cohen", DONORS)).hits
    assert [hit.id for hit in hits] == [mine.id, rich.id, small.id]


async def test_what_a_visitor_writes_is_found_though_visitors_may_not_touch_the_index(house):
    async with house.begin() as crm:
        visitor = Visitor(visitor_key="browser 1")
        crm.session.add(visitor)
    scopes = {"tickets:write", "tickets:read"}
    async with house.begin(Actor.visitor(house.org_id, visitor.id, scopes)) as crm:
        ticket = await make_ticket(crm, "The widget ate my donation")
    async with house.begin() as crm:
        hits = (await crm.search.find("widget donation")).hits
        assert [hit.id for hit in hits] == [ticket.id]
    async with house.begin(Actor.visitor(house.org_id, visitor.id, scopes)) as crm:
        with pytest.raises(Refused):
            await crm.search.find("widget")
