"""Colleagues, runs and proposals for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crm_store.actor import Actor
from crm_store.assistants.journal import begin_run
from crm_store.assistants.ledger import decide, propose
from crm_store.assistants.models import Effect, Proposal, Run, Verdict
from crm_store.crm import Crm
from crm_store.identity.testing import make_member
from crm_store.testing import House


async def make_colleague(house: House, name: str = "Noa", scopes: Iterable[str] = ()) -> Actor:
    """Another member of staff of the same organisation, with just these scopes."""
    member = await make_member(house, name)
    return house.actor(member_id=member.id, user_id=member.user_id, scopes=frozenset(scopes))


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
