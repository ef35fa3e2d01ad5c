"""Nobody grants more than they hold, and somebody is always in charge."""

import asyncio

import pytest
from sqlalchemy import select

from crm_store.actor import Reach
from crm_store.errors import Invalid, NotFound, Refused
from crm_store.identity import actions, rights
from crm_store.identity.actions import (
    LastDirector,
    ManagesInACircle,
    MoreThanYouHold,
    RoleInUse,
    StandardRoleFixed,
)
from crm_store.identity.models import Member, Role
from crm_store.identity.rights import PERMISSIONS, STANDARD_ROLES, UnknownRight, reach_of, scopes_of
from crm_store.identity.testing import actor_of, make_member
from crm_store.identity.views import MemberView, RoleView
from crm_store.orgs.actions import create_workspace

SIX = [(1, "Agent"), (2, "Sales Manager"), (3, "Super Admin"), (4, "Director"), (5, "Admin")]


async def role_id(crm, key):
    return (await crm.roles.by_key(key)).id


async def test_an_organisation_begins_with_six_roles(crm):
    roles = await crm.roles.ordered()
    assert [(role.level, role.name) for role in roles] == [*SIX, (6, "Workspace Admin")]
    assert RoleView.of(roles[3]).permissions == list(PERMISSIONS)


async def test_the_director_made_at_founding_is_the_one_the_roles_describe(house):
    async with house.begin() as crm:
        me = await crm.members.me()
    found = await actor_of(house, me, house.director.door)
    assert found.scopes == house.director.scopes
    assert (found.level, found.reach) == (4, Reach.ALL)
    assert (found.member_id, found.user_id) == (house.director.member_id, house.director.user_id)


def test_reach_is_the_widest_view_a_role_holds():
    widths = {role.key: reach_of(role.permissions) for role in STANDARD_ROLES}
    assert widths == {
        "agent": Reach.OWN,
        "sales_manager": Reach.TEAM,
        "super_admin": Reach.ALL,
        "director": Reach.ALL,
        "admin": Reach.ALL,
        "workspace_admin": Reach.WORKSPACE,
    }
    assert reach_of([]) is Reach.OWN


def test_every_scope_is_held_by_the_director_and_named_by_some_permission():
    assert scopes_of(rights.standard_role("director").permissions) == rights.ALL_SCOPES


def test_agents_see_amounts_but_no_research():
    scopes = scopes_of(rights.standard_role("agent").permissions)
    assert "amounts:read" in scopes
    assert not scopes & {"research:read", "reports:read", "exports:run", "identity:write"}


def test_the_log_is_read_by_directors_and_admins_alone():
    readers = {r.key for r in STANDARD_ROLES if "audit:read" in scopes_of(r.permissions)}
    assert readers == {"director", "admin"}


@pytest.mark.parametrize(
    ("name", "key"), [("owner", "director"), ("admin", "admin"), ("sales_rep", "agent")]
)
def test_roles_known_by_other_names_are_found(name, key):
    assert rights.standard_role(name).key == key


async def test_a_volunteer_who_sees_no_amounts_can_be_described(crm):
    role = await actions.create_role(
        crm, " Volunteer ", permissions=["view_own_data", "manage_activities"]
    )
    assert role.name == "Volunteer"
    assert "donors:read" in scopes_of(role.permissions)
    assert "amounts:read" not in scopes_of(role.permissions, role.scopes)


async def test_a_right_that_does_not_exist_is_named(crm):
    with pytest.raises(UnknownRight, match="manage_everything"):
        await actions.create_role(crm, "Wizard", permissions=["manage_everything"])
    with pytest.raises(UnknownRight, match="gifts:eat"):
        await actions.create_role(crm, "Wizard", scopes=["gifts:eat"])
    with pytest.raises(Invalid, match="1 to 6"):
        await actions.create_role(crm, "Wizard", level=7)


async def test_nobody_grants_a_scope_they_lack(house):
    helper = await make_member(house)
    boss = house.actor(scopes=rights.ALL_SCOPES - {"privacy:erase"}, level=5)
    async with house.begin(boss) as crm:
        with pytest.raises(MoreThanYouHold):
            await actions.give_role(crm, helper.id, await role_id(crm, "director"))
        with pytest.raises(MoreThanYouHold):
            await actions.give_scopes(crm, helper.id, ["privacy:erase"])
        with pytest.raises(MoreThanYouHold):
            await actions.create_role(crm, "Eraser", permissions=["erase_people"])
        await actions.give_role(crm, helper.id, await role_id(crm, "super_admin"))


async def test_nobody_appoints_above_their_level_or_beyond_their_reach(house):
    helper = await make_member(house)
    permissions = rights.standard_role("workspace_admin").permissions
    few = scopes_of(permissions)
    async with house.begin(house.actor(scopes=few, level=5, reach=Reach.WORKSPACE)) as crm:
        with pytest.raises(MoreThanYouHold, match="level"):
            await actions.give_role(crm, helper.id, await role_id(crm, "workspace_admin"))
    async with house.begin(house.actor(scopes=few, level=6, reach=Reach.TEAM)) as crm:
        with pytest.raises(MoreThanYouHold):
            await actions.give_role(crm, helper.id, await role_id(crm, "workspace_admin"))
    async with house.begin(house.actor(scopes=few, level=6, reach=Reach.WORKSPACE)) as crm:
        await actions.give_role(crm, helper.id, await role_id(crm, "workspace_admin"))


async def test_who_may_do_everything_appoints_at_any_level(house):
    helper = await make_member(house)
    async with house.begin() as crm:
        member = await actions.give_role(crm, helper.id, await role_id(crm, "workspace_admin"))
        assert MemberView.of(member, role="Workspace Admin").role == "Workspace Admin"


async def test_nobody_touches_a_member_who_may_more(house):
    few = scopes_of(rights.standard_role("workspace_admin").permissions)
    async with house.begin(house.actor(scopes=few, level=6, member_id=None)) as crm:
        with pytest.raises(MoreThanYouHold):
            await actions.deactivate_member(crm, house.director.member_id)


async def test_what_somebody_may_beyond_their_role_counts_too(house):
    helper = await make_member(house, extra_scopes=["privacy:erase"])
    boss = house.actor(scopes=rights.ALL_SCOPES - {"privacy:erase"}, level=5, member_id=None)
    async with house.begin(boss) as crm:
        with pytest.raises(MoreThanYouHold):
            await actions.deactivate_member(crm, helper.id)


async def test_an_agent_manages_nobody(house):
    helper = await make_member(house)
    async with house.begin(await actor_of(house, helper)) as crm:
        assert len(await crm.members.active()) == 2
        with pytest.raises(Refused):
            await actions.give_role(crm, helper.id, (await crm.roles.by_key("agent")).id)


async def test_the_last_director_can_neither_leave_nor_be_demoted(house):
    async with house.begin() as crm:
        with pytest.raises(LastDirector):
            await actions.deactivate_member(crm, house.director.member_id)
        with pytest.raises(LastDirector):
            await actions.give_role(crm, house.director.member_id, await role_id(crm, "agent"))
    second = await make_member(house, "Ilan Azoulay", "director")
    async with house.begin() as crm:
        await actions.give_role(crm, house.director.member_id, await role_id(crm, "agent"))
    async with house.begin(await actor_of(house, second)) as crm:
        with pytest.raises(LastDirector):
            await actions.remove_member(crm, second.id)


async def test_of_two_directors_who_leave_at_once_one_stays(house):
    second = await make_member(house, "Ilan Azoulay", "director")

    async def leave(member_id):
        async with house.begin() as crm:
            await actions.deactivate_member(crm, member_id)

    ends = await asyncio.gather(
        leave(second.id), leave(house.director.member_id), return_exceptions=True
    )
    assert sorted(type(end) for end in ends if end) == [LastDirector]
    async with house.begin() as crm:
        assert len(await crm.members.directors()) == 1


async def test_standard_roles_stay_as_they_are(crm):
    agent = await role_id(crm, "agent")
    with pytest.raises(StandardRoleFixed):
        await actions.change_role(crm, agent, permissions=["manage_users"])
    with pytest.raises(StandardRoleFixed):
        await actions.remove_role(crm, agent)


async def test_a_role_of_ones_own_changes_and_goes_when_nobody_holds_it(house):
    helper = await make_member(house)
    async with house.begin() as crm:
        role = await actions.create_role(crm, "Volunteer", permissions=["view_own_data"])
        await actions.change_role(crm, role.id, permissions=["view_team_data"], name="Guide")
        with pytest.raises(Invalid, match="colour"):
            await actions.change_role(crm, role.id, colour="red")
        await actions.give_role(crm, helper.id, role.id)
        with pytest.raises(RoleInUse):
            await actions.remove_role(crm, role.id)
        await actions.give_role(crm, helper.id, await role_id(crm, "agent"))
        await actions.remove_role(crm, role.id)
        assert await crm.session.scalar(select(Role).where(Role.name == "Guide")) is None


async def test_rights_follow_a_change_of_role_at_once(house):
    helper = await make_member(house)
    assert (await actor_of(house, helper)).reach is Reach.OWN
    async with house.begin() as crm:
        await actions.give_role(crm, helper.id, await role_id(crm, "admin"))
        await actions.give_scopes(crm, helper.id, ["privacy:erase"])
    now = await actor_of(house, helper)
    assert (now.reach, now.level) == (Reach.ALL, 5)
    assert now.may("privacy:erase")


async def test_a_team_is_everybody_below(house):
    top = await make_member(house, "Top", "sales_manager")
    middle = await make_member(house, "Middle", manager_id=top.id)
    low = await make_member(house, "Low", manager_id=middle.id)
    beside = await make_member(house, "Beside", manager_id=house.director.member_id)
    team = (await actor_of(house, top)).team_ids
    assert team == {middle.id, low.id}
    assert beside.id not in team
    async with house.begin() as crm:
        assert set(await crm.members.chain_above(low.id)) == {middle.id, top.id}
        with pytest.raises(ManagesInACircle):
            await actions.place_member(crm, top.id, manager_id=low.id, workspace_id=None)


async def test_two_do_not_become_each_others_managers_at_once(house):
    one, two = await make_member(house, "One"), await make_member(house, "Two")

    async def place(member, under):
        async with house.begin() as crm:
            await actions.place_member(crm, member.id, manager_id=under.id, workspace_id=None)

    ends = await asyncio.gather(place(one, two), place(two, one), return_exceptions=True)
    assert [type(end) for end in ends if end] == [ManagesInACircle]


async def test_a_circle_of_managers_in_old_data_ends_somewhere(house):
    one = await make_member(house, "One", "sales_manager")
    two = await make_member(house, "Two", manager_id=one.id)
    async with house.begin() as crm:
        (await crm.members.get(one.id)).manager_id = two.id
    assert (await actor_of(house, one)).team_ids == {two.id}


async def test_people_work_in_several_workspaces(house):
    helper = await make_member(house)
    async with house.begin() as crm:
        main, north, south = [
            (await create_workspace(crm, name)).id for name in ("Centre", "North", "South")
        ]
        await actions.place_member(
            crm, helper.id, manager_id=None, workspace_id=main, more_workspaces=[north]
        )
        await actions.place_member(
            crm, helper.id, manager_id=None, workspace_id=main, more_workspaces=[south]
        )
    assert (await actor_of(house, helper)).workspace_ids == {main, south}


async def test_a_manager_cannot_widen_what_they_see_by_placing_people(house):
    boss = await make_member(house, "Boss", "sales_manager", extra_scopes=["identity:write"])
    mine = await make_member(house, "Mine", manager_id=boss.id)
    other = await make_member(house, "Other")
    async with house.begin() as crm:
        north = (await create_workspace(crm, "North")).id
    async with house.begin(await actor_of(house, boss)) as crm:
        for member_id, workspace_id in ((other.id, None), (boss.id, north), (mine.id, north)):
            with pytest.raises(MoreThanYouHold):
                await actions.place_member(
                    crm, member_id, manager_id=boss.id, workspace_id=workspace_id
                )
        await actions.place_member(crm, mine.id, manager_id=boss.id, workspace_id=None)


async def test_members_of_another_organisation_are_as_good_as_missing(house, neighbour):
    stranger = await make_member(neighbour)
    async with house.begin() as crm:
        with pytest.raises(NotFound):
            await actions.deactivate_member(crm, stranger.id)
        with pytest.raises(NotFound):
            await actions.give_role(
                crm, house.director.member_id, (await _role(neighbour, "agent")).id
            )


async def test_colleagues_are_found_by_the_start_of_their_name(house):
    for name in ("Dana Levi-Strauss", "Danae Papadaki", "Ρένα Δανέζη"):
        await make_member(house, name)
    async with house.begin() as crm:
        assert {each.name for each in await crm.members.named("dana")} == {
            "Dana Levi",
            "Dana Levi-Strauss",
        }
        assert [each.name for each in await crm.members.named("ΡΈΝΑ")] == ["Ρένα Δανέζη"]
        assert await crm.members.named("%") == []


async def _role(house, key):
    async with house.begin() as crm:
        return await crm.roles.by_key(key)


async def test_someone_who_leaves_stays_in_the_books(house):
    helper = await make_member(house)
    async with house.begin() as crm:
        gone = await actions.remove_member(crm, helper.id)
        assert gone.deleted_at is not None
        assert await crm.session.get(Member, (house.org_id, helper.id)) is gone
        with pytest.raises(NotFound):
            await crm.members.get(helper.id)
