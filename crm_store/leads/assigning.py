"""Giving leads to people: by hand, in turn, or to whoever has fewest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Refused
from crm_store.identity.models import Member, Role
from crm_store.identity.rights import scopes_of
from crm_store.leads.models import AssignmentMethod, Lead, LeadAssignment
from crm_store.references import check_references

NEVER = datetime.min.replace(tzinfo=UTC)


class NobodyToGiveItTo(Refused):
    """There is nobody this lead could be given to."""


async def assign_lead(
    crm: Crm, lead_id: UUID, member_id: UUID | None, *, reason: str | None = None,
    at: datetime | None = None,
) -> Lead:  # fmt: skip
    """Give it to somebody, or to nobody, and say why."""
    lead = await crm.leads.get(lead_id, lock=True)
    return await _give(crm, lead, member_id, AssignmentMethod.MANUAL, reason, at or now())


async def assign_in_turn(
    crm: Crm, lead_id: UUID, *, among: Collection[UUID] = (), at: datetime | None = None
) -> Lead:
    """Give it to whoever has waited longest for one."""
    lead = await crm.leads.get(lead_id, lock=True)
    members = await _candidates(crm, among)
    last = await crm.lead_assignments.last_given(members)
    chosen = min(members, key=lambda member: (last.get(member, NEVER), member))
    return await _give(crm, lead, chosen, AssignmentMethod.ROUND_ROBIN, "Their turn.", at or now())


async def assign_to_least_loaded(
    crm: Crm, lead_id: UUID, *, among: Collection[UUID] = (), at: datetime | None = None
) -> Lead:
    """Give it to whoever has the fewest open leads; of equals, who has waited longest."""
    lead = await crm.leads.get(lead_id, lock=True)
    members = await _candidates(crm, among)
    loads = await crm.leads.loads(members)
    last = await crm.lead_assignments.last_given(members)
    chosen = min(members, key=lambda one: (loads[one], last.get(one, NEVER), one))
    reason = f"Fewest open leads: {loads[chosen]}."
    return await _give(crm, lead, chosen, AssignmentMethod.LEAST_LOADED, reason, at or now())


async def _give(
    crm: Crm, lead: Lead, member_id: UUID | None, method: AssignmentMethod, reason: str | None,
    at: datetime,
) -> Lead:  # fmt: skip
    if lead.owner_id == member_id:
        return lead
    lead.owner_id = member_id
    await check_references(crm, lead)
    crm.lead_assignments.add(
        LeadAssignment(
            lead_id=lead.id,
            member_id=member_id,
            assigned_by_id=crm.actor.member_id,
            assigned_at=at,
            method=method,
            reason=reason,
        )
    )
    await crm.flush()
    return lead


async def _candidates(crm: Crm, among: Collection[UUID]) -> Sequence[UUID]:
    """Active members who work on leads; one assignment is weighed at a time."""
    turn = func.hashtextextended(f"leads are assigned in {crm.actor.org}", 0)
    await crm.session.execute(select(func.pg_advisory_xact_lock(turn)))
    query = (
        select(Member.id, Role.permissions, Role.scopes, Member.extra_scopes)
        .join(Role, (Role.org_id == Member.org_id) & (Role.id == Member.role_id))
        .where(Member.org_id == crm.actor.org, Member.is_active, Member.deleted_at.is_(None))
    )
    if among:
        query = query.where(Member.id.in_(among))
    found = [
        member
        for member, permissions, scopes, extra in await crm.session.execute(query)
        if "leads:write" in scopes_of(permissions, [*scopes, *extra])
    ]
    if not found:
        raise NobodyToGiveItTo
    return found
