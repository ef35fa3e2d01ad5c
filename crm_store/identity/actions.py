"""Roles, and what happens to the people who hold them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from crm_store.actor import Actor, Reach
from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.identity.models import (
    Invitation,
    Member,
    MemberWorkspace,
    Preferences,
    Role,
    Theme,
)
from crm_store.identity.rights import ALL_SCOPES, DIRECTOR, reach_of, scopes_of

WIDTH = (Reach.OWN, Reach.TEAM, Reach.WORKSPACE, Reach.ALL)


class MoreThanYouHold(Refused):
    """Nobody can give away rights they do not hold themselves."""


class LastDirector(Conflict):
    """An organisation always has a director; appoint another one first."""


class StandardRoleFixed(Refused):
    """The roles every organisation begins with stay as they are; make one of your own instead."""


class RoleInUse(Conflict):
    """People still hold this role; give them another one first."""


class ManagesInACircle(Invalid):
    """Somebody cannot be managed by a person they manage themselves."""


def need_to_hold(
    actor: Actor, scopes: Collection[str], reach: Reach = Reach.OWN, level: int = 1
) -> None:
    """Refuse to hand out more than one has. Who may do everything may appoint at any level."""
    if not all(actor.may(scope) for scope in scopes) or WIDTH.index(reach) > WIDTH.index(
        actor.reach
    ):
        raise MoreThanYouHold
    if level > actor.level and not all(actor.may(scope) for scope in ALL_SCOPES):
        raise MoreThanYouHold("Nobody can appoint somebody above their own level.")


def need_to_hold_role(actor: Actor, role: Role) -> None:
    need_to_hold(
        actor, scopes_of(role.permissions, role.scopes), reach_of(role.permissions), role.level
    )


def need_to_reach(
    actor: Actor, members: Collection[UUID | None], workspaces: Collection[UUID | None]
) -> None:
    """Refuse to rearrange what lies beyond one's own reach: it could bring it within."""
    if actor.reach is not Reach.ALL and not (
        {*members} <= {None, *actor.team_ids, *(set(members) & {actor.member_id})}
        and {*workspaces} <= {None, *actor.workspace_ids}
    ):
        raise MoreThanYouHold("You can only place people of your team, in your own workspaces.")


async def create_role(
    crm: Crm,
    name: str,
    *,
    level: int = 1,
    permissions: Iterable[str] = (),
    scopes: Iterable[str] = (),
    description: str | None = None,
) -> Role:
    """A set of rights of the organisation's own, such as volunteers who see no amounts."""
    if not 1 <= level <= 6:
        raise Invalid("A role's level is a number from 1 to 6.")
    role = Role(
        name=_named(name),
        level=level,
        permissions=sorted(set(permissions)),
        scopes=sorted(set(scopes)),
        description=description,
    )
    need_to_hold_role(crm.actor, role)
    crm.roles.add(role)
    await crm.flush()
    return role


async def change_role(crm: Crm, role_id: UUID, **changes: Any) -> Role:
    """Rename a role of the organisation's own or change what it may."""
    role = await crm.roles.get(role_id, lock=True)
    if role.key is not None:
        raise StandardRoleFixed
    need_to_hold_role(crm.actor, role)
    for name, value in changes.items():
        if name not in {"name", "level", "permissions", "scopes", "description"}:
            raise Invalid(f"A role has no {name.replace('_', ' ')} to change.")
        setattr(role, name, sorted(set(value)) if name in {"permissions", "scopes"} else value)
    need_to_hold_role(crm.actor, role)
    await crm.flush()
    return role


async def remove_role(crm: Crm, role_id: UUID) -> None:
    role = await crm.roles.get(role_id, lock=True)
    if role.key is not None:
        raise StandardRoleFixed
    holders = crm.members.everything().where(Member.role_id == role.id)
    offered = crm.invitations.rows().where(Invitation.role_id == role.id)
    if await crm.members.count(holders) or await crm.invitations.count(offered):
        raise RoleInUse
    await crm.session.delete(role)
    await crm.flush()


async def give_role(crm: Crm, member_id: UUID, role_id: UUID) -> Member:
    """Another role for a member; the last director keeps theirs."""
    member = await _another(crm, member_id)
    role = await crm.roles.get(role_id)
    need_to_hold_role(crm.actor, role)
    if role.key != DIRECTOR:
        await _keep_a_director(crm, member)
    member.role_id = role.id
    await crm.flush()
    return member


async def give_scopes(crm: Crm, member_id: UUID, scopes: Iterable[str]) -> Member:
    """What one member may beyond their role; replaces what was given before."""
    member = await _another(crm, member_id)
    extra = sorted(set(scopes))
    need_to_hold(crm.actor, scopes_of((), extra))
    member.extra_scopes = extra
    await crm.flush()
    return member


async def place_member(
    crm: Crm,
    member_id: UUID,
    *,
    manager_id: UUID | None,
    workspace_id: UUID | None,
    more_workspaces: Iterable[UUID] = (),
) -> Member:
    """Whom somebody answers to and where they work, which decides whose records they see."""
    member = await _another(crm, member_id)
    more = [(await crm.workspaces.get(each)).id for each in more_workspaces]
    need_to_reach(crm.actor, {member.id, manager_id}, {workspace_id, *more})
    if manager_id is not None:
        await crm.members.get(manager_id)
        if member.id in {manager_id, *await crm.members.chain_above(manager_id)}:
            raise ManagesInACircle
    member.manager_id, member.workspace_id = manager_id, workspace_id
    before = set(await crm.members.workspaces_of(member.id))
    after = set(more)
    await crm.session.execute(
        delete(MemberWorkspace).where(
            MemberWorkspace.org_id == crm.actor.org,
            MemberWorkspace.member_id == member.id,
            MemberWorkspace.workspace_id.in_(before - after),
        )
    )
    crm.session.add_all(
        MemberWorkspace(member_id=member.id, workspace_id=each) for each in after - before
    )
    if before != after:
        crm.note("placed", "members", member.id, before=before, after=after)
    await crm.flush()
    return member


async def deactivate_member(crm: Crm, member_id: UUID) -> Member:
    """Close the doors to somebody who leaves: sessions, keys and telephones end at once."""
    member = await _another(crm, member_id)
    await _keep_a_director(crm, member)
    member.is_active, member.deactivated_at = False, now()
    for key in await crm.api_keys.of(member.id):
        key.revoked_at = key.revoked_at or now()
    for phone in await crm.staff_phones.of(member.id):
        phone.is_allowed = False
    await crm.flush()
    return member


async def remove_member(crm: Crm, member_id: UUID) -> Member:
    """Take somebody off the list of members; what they did keeps their name."""
    member = await deactivate_member(crm, member_id)
    member.deleted_at = now()
    await crm.flush()
    return member


async def reactivate_member(crm: Crm, member_id: UUID) -> Member:
    """Let somebody back in, with the role they had; keys and telephones stay closed."""
    member = await _another(crm, member_id)
    member.is_active, member.deactivated_at = True, None
    await crm.flush()
    return member


async def update_preferences(
    crm: Crm,
    *,
    theme: Theme | None = None,
    language: str | None = None,
    timezone: str | None = None,
    notifications: Mapping[str, bool] | None = None,
    email_signature: str | None = None,
) -> Preferences:
    """Change how the product looks and calls for the asker; what is not given stays."""
    crm.actor.need("profile:write")
    mine = await crm.preferences.mine()
    chosen = {
        "theme": theme,
        "language": language,
        "timezone": timezone,
        "email_signature": email_signature,
        "notifications": {**(mine.notifications or {}), **(notifications or {})},
    }
    async with crm.granted("identity:write"):
        for name, value in chosen.items():
            if value is not None:
                setattr(mine, name, value)
        crm.session.add(mine)
    return mine


async def _keep_a_director(crm: Crm, leaving: Member) -> None:
    """Refuse what would leave nobody in charge."""
    role = await crm.roles.by_key(DIRECTOR)
    others = [each for each in await crm.members.directors() if each.id != leaving.id]
    if leaving.role_id == role.id and leaving.is_active and not others:
        raise LastDirector


async def _another(crm: Crm, member_id: UUID) -> Member:
    """A member to be changed: not one who may more than whoever is changing them.

    Changes take turns: two directors who leave at once would leave nobody in charge.
    """
    crm.actor.need("identity:write")
    await crm.roles.by_key(DIRECTOR, lock=True)
    member = await crm.members.get(member_id, lock=True)
    role = await crm.roles.get(member.role_id)
    if member.id != crm.actor.member_id:
        need_to_hold_role(crm.actor, role)
        need_to_hold(crm.actor, member.extra_scopes)
    return member


def _named(name: str) -> str:
    if not name.strip():
        raise Invalid("A role needs a name.")
    return name.strip()
