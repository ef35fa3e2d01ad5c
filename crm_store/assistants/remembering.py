"""What assistants keep in mind: seen, changed and forgotten by whom it concerns."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm_store.assistants.models import Memory, MemoryKind, MemoryScope
from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Invalid

LONGEST = 4_000
KEEPING = ("assistants:read", "assistants:write")


async def remember(
    crm: Crm,
    content: str,
    *,
    donor_id: UUID | None = None,
    person_id: UUID | None = None,
    for_org: bool = False,
    kind: MemoryKind = MemoryKind.FACT,
    run_id: UUID | None = None,
    is_tainted: bool = False,
) -> Memory:
    """Keep one thing in mind: of a donor or a person, for the organisation, or else for oneself."""
    if sum((donor_id is not None, person_id is not None, for_org)) > 1:
        raise Invalid("A memory is of one donor or person, or of the organisation.")
    if kind is MemoryKind.INSTRUCTION and is_tainted:
        raise Invalid("What outsiders wrote is never an instruction.")
    memory = Memory(
        scope=_scope(donor_id, person_id, for_org),
        kind=kind,
        donor_id=donor_id,
        person_id=person_id,
        member_id=None if donor_id or person_id or for_org else crm.actor.member_id,
        content=_checked(content),
        run_id=run_id,
        is_tainted=is_tainted,
    )
    await _check_rights(crm, memory)
    async with crm.granted(*KEEPING):
        crm.memories.add(memory)
        await crm.flush()
    return memory


async def revise_memory(crm: Crm, memory_id: UUID, content: str) -> Memory:
    memory = await _own(crm, memory_id)
    async with crm.granted(*KEEPING):
        memory.content = _checked(content)
        await crm.flush()
    return memory


async def forget(crm: Crm, memory_id: UUID, *, at: datetime | None = None) -> None:
    memory = await _own(crm, memory_id)
    async with crm.granted(*KEEPING):
        memory.deleted_at = at or now()
        await crm.flush()


def _scope(donor_id: UUID | None, person_id: UUID | None, for_org: bool) -> MemoryScope:
    if donor_id is not None:
        return MemoryScope.DONOR
    if person_id is not None:
        return MemoryScope.PERSON
    return MemoryScope.ORG if for_org else MemoryScope.MEMBER


def _checked(content: str) -> str:
    content = content.strip()
    if not 0 < len(content) <= LONGEST:
        raise Invalid(f"A memory has 1 to {LONGEST} characters.")
    return content


async def _own(crm: Crm, memory_id: UUID) -> Memory:
    """One that this person may see, and therefore change: theirs, or of what they look after."""
    memory = await crm.memories.get(memory_id)
    await _check_rights(crm, memory)
    return memory


async def _check_rights(crm: Crm, memory: Memory) -> None:
    if memory.scope is MemoryScope.ORG:
        crm.actor.need("assistants:write")
    elif memory.scope is MemoryScope.MEMBER and crm.actor.member_id is None:
        raise Invalid("Only a member of staff has memories of their own.")
    elif memory.donor_id is not None:
        crm.actor.need("donors:write")
        await crm.donors.get(memory.donor_id)
    elif memory.person_id is not None:
        crm.actor.need("contacts:write")
        await crm.people.get(memory.person_id)
