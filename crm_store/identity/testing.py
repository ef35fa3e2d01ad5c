"""Members for tests, in one line each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from crm_store.actor import Actor, Door, Kind, Reach
from crm_store.base import new_id
from crm_store.identity.models import Member, Role, User
from crm_store.identity.standing import actor_for
from crm_store.store import Store
from crm_store.testing import House


async def make_user(store: Store, name: str = "Noa Mizrahi", **more: Any) -> User:
    """An account that belongs to no organisation yet."""
    user_id = new_id()
    user = User(**{"id": user_id, "email": f"{user_id.hex}@people.example", "name": name, **more})
    async with store.begin(Actor.signing_in(user_id, Door.CLI)) as crm:
        crm.session.add(user)
    return user


async def make_member(
    house: House,
    name: str = "Noa Mizrahi",
    role: str = "agent",
    *,
    user: User | None = None,
    **more: Any,
) -> Member:
    """A colleague with one of the standard roles. More: columns of the member."""
    user = user or await make_user(house.store, name)
    joining = Actor(Kind.SYSTEM, Door.CLI, house.org_id, user_id=user.id, reach=Reach.ALL)
    async with house.store.begin(joining) as crm:
        role_id = await crm.session.scalar(select(Role.id).where(Role.key == role))
        member = Member(
            **{"user_id": user.id, "role_id": role_id, "name": name, "email": user.email, **more}
        )
        crm.session.add(member)
    return member


async def actor_of(house: House, member: Member, door: Door = Door.DESK) -> Actor:
    """The actor a door would make of them just now."""
    async with house.store.begin(Actor.system(house.org_id)) as crm:
        return await actor_for(crm.session, door, member_id=member.id)
