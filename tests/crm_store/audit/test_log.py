"""Who did what and when, as the log tells it."""

from datetime import timedelta

import pytest

from crm_store.actor import Reach
from crm_store.audit import actions
from crm_store.audit.views import ChangeView
from crm_store.base import now
from crm_store.errors import Refused
from crm_store.identity.testing import actor_of, make_member
from crm_store.orgs.actions import create_workspace, rename_workspace


@pytest.fixture
async def branch(house):
    async with house.begin() as crm:
        return await create_workspace(crm, "Haifa")


async def test_a_records_story_is_told_newest_first(house, branch):
    async with house.begin() as crm:
        await rename_workspace(crm, branch.id, "Χάιφα")
    async with house.begin() as crm:
        told = [ChangeView.of_change(change) for change in await crm.audit.of_row(branch.id)]
    assert [each.action for each in told] == ["changed", "created"]
    assert told[0].changes == {"name": {"before": "Haifa", "after": "Χάιφα"}}
    assert told[0].actor_id == house.director.member_id
    assert (told[0].door, told[0].table_name) == ("cli", "workspaces")


async def test_it_says_who_did_what_since_when(house, branch):
    began = now()
    other = await make_member(house, "Ilan", "director")
    async with house.begin(await actor_of(house, other)) as crm:
        mine = await create_workspace(crm, "Eilat")
    async with house.begin() as crm:
        by_them = await crm.audit.by_actor(other.id, since=began)
        assert [each.entry.row_id for each in by_them] == [mine.id]
        assert await crm.audit.by_actor(other.id, since=now()) == []
        made = await crm.audit.between(began, now(), table="workspaces")
        assert [each.entry.row_id for each in made] == [mine.id]
        later = await crm.audit.between(began, now(), before=made[0].entry.seq)
        assert all(each.entry.seq < made[0].entry.seq for each in later)


async def test_another_organisations_log_is_not_there(house, neighbour, branch):
    async with neighbour.begin() as crm:
        assert await crm.audit.of_row(branch.id) == []
        assert await crm.audit.by_actor(house.director.member_id) == []


async def test_only_those_who_see_every_record_read_the_log(house, branch):
    for actor in (
        house.actor(scopes=frozenset({"orgs:read"})),
        house.actor(reach=Reach.WORKSPACE),
    ):
        async with house.begin(actor) as crm:
            with pytest.raises(Refused):
                await crm.audit.of_row(branch.id)


async def test_who_may_not_see_amounts_does_not_see_them_in_the_log_either(house, branch):
    reader = house.actor(scopes=house.director.scopes - {"amounts:read"})
    async with house.begin(reader) as crm:
        (change,) = await crm.audit.of_row(branch.id)
        view = ChangeView.of_change(change)
    assert (view.changes, view.hidden, view.was_erased) == (None, ("changes",), False)


async def test_erasing_takes_a_right(house, branch):
    async with house.begin(house.actor(scopes=frozenset({"orgs:write"}))) as crm:
        with pytest.raises(Refused):
            await actions.forget(crm, {"workspaces": [branch.id]})
    async with house.begin() as crm:
        assert await actions.forget(crm, {"workspaces": [branch.id]}) == 1
    async with house.begin() as crm:
        erased, created = [
            ChangeView.of_change(change) for change in await crm.audit.of_row(branch.id)
        ]
    assert (erased.action, erased.was_erased) == ("erased", False)
    assert (created.action, created.changes, created.was_erased) == ("created", None, True)


async def test_what_people_do_in_the_product_is_counted_for_whoever_they_are(house):
    agent = await actor_of(house, await make_member(house))
    async with house.begin(agent) as crm:
        event = await actions.record_event(
            crm, "page.view", source="web", properties={"page": "/donors"}
        )
    assert event.member_id == agent.member_id
    assert event.at - now() < timedelta(seconds=1)
