"""Colleagues, runs and proposals for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from crm_store.actor import Actor, Door, Reach
from crm_store.assistants.journal import begin_run
from crm_store.assistants.ledger import decide, propose
from crm_store.assistants.models import Effect, Proposal, Run, Verdict
from crm_store.base import new_id
from crm_store.crm import Crm
from crm_store.identity.models import Member, Role, User
from crm_store.testing import House


async def make_colleague(house: House, name: str = "Noa", scopes: Iterable[str] = ()) -> Actor:
    """Another member of staff of the same organisation, with just these scopes."""
    user = User(id=new_id(), email=f"{new_id()}@harbour.example", name=name)
    role = Role(id=new_id(), name=f"{name} {user.id}", level=1, permissions=[])
    member = Member(user_id=user.id, role_id=role.id, name=name, email=user.email)
    async with house.store.begin(Actor.system(house.org_id, Door.CLI)) as crm:
        await crm.session.execute(select(func.set_config("app.user_id", str(user.id), True)))
        crm.session.add_all([user, role, member])
    return house.actor(
        member_id=member.id, user_id=user.id, scopes=frozenset(scopes), level=1, reach=Reach.ALL
    )


async def make_run(crm: Crm, **more: Any) -> Run:
    return await begin_run(crm, **more)


async def make_proposal(crm: Crm, *, approved: bool = False, **more: Any) -> Proposal:
    """As `tag_donors` might be proposed; approved by whoever asks, when wanted."""
    facts: dict[str, Any] = {
        "tool": "tag_donors",
        "arguments": {"tag": "Gala", "count": 40},
        "diff": "Put the tag Gala on 40 donors.",
        "effect": Effect.WRITE,
    }
    proposal = await propose(crm, **{**facts, **more})
    if approved:
        await decide(crm, proposal.number, Verdict.APPROVE, proposal.arguments_hash)
    return proposal
