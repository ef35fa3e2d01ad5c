"""What is done with a lead: taken down, brought along, won, lost, taken up again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm_store.actor import Kind
from crm_store.base import now
from crm_store.contacts import reaching
from crm_store.crm import Crm
from crm_store.deals.actions import org_currency
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.leads.models import OPEN, Lead, LeadAssignment, LeadSource, LeadStatus
from crm_store.leads.rescoring import rescore
from crm_store.money import Money
from crm_store.references import check_references

FACTS = frozenset(
    {"given_name", "family_name", "email", "phone", "company_name", "job_title", "source",
     "source_detail", "expected_value", "currency", "notes", "stage_id", "project_id",
     "workspace_id"}
)  # fmt: skip


class Nobody(Invalid):
    """A lead needs a name, a company, or a way to be reached."""


class AlreadyALead(Conflict):
    """There is an open lead with this address or number already."""

    def __init__(self, lead_id: UUID | None = None) -> None:
        super().__init__()
        self.lead_id = lead_id


class NeedsReason(Invalid):
    """Say why the lead was lost."""


class IsDecided(Refused):
    """This lead has been decided; reopen it first."""


class IsConverted(Refused):
    """This lead has become a contact; undo that first."""


async def create_lead(
    crm: Crm, *, source: LeadSource = LeadSource.MANUAL, owner_id: UUID | None = None,
    at: datetime | None = None, even_if_known: bool = False, **facts: Any,
) -> Lead:  # fmt: skip
    """Take a lead down, scored; refused where an open one has the same address or number."""
    lead = Lead(source=source, owner_id=owner_id, created_at=at or now(), score_reasons=[])
    await apply_facts(crm, lead, facts)
    if not even_if_known:
        await _refuse_known(crm, lead)
    crm.leads.add(lead)
    await crm.flush()
    if owner_id is not None:
        crm.lead_assignments.add(
            LeadAssignment(lead_id=lead.id, member_id=owner_id, assigned_by_id=crm.actor.member_id)
        )
    await rescore(crm, [lead])
    return lead


async def edit_lead(crm: Crm, lead_id: UUID, **facts: Any) -> Lead:
    """Correct what is known; the score follows."""
    lead = await crm.leads.get(lead_id, lock=True)
    await apply_facts(crm, lead, facts)
    await crm.flush()
    await rescore(crm, [lead])
    return lead


async def advance_lead(crm: Crm, lead_id: UUID, status: LeadStatus) -> Lead:
    """Contacted, qualified, proposed to: any step on the way, in either direction."""
    if status not in OPEN:
        raise Invalid("A lead is won or lost with a reason, not moved there.")
    lead = await crm.leads.get(lead_id, lock=True)
    if not lead.is_open:
        raise IsDecided
    lead.status = status
    await crm.flush()
    await rescore(crm, [lead])
    return lead


async def win_lead(
    crm: Crm, lead_id: UUID, reason: str | None = None, *, at: datetime | None = None
) -> Lead:
    """It came to something."""
    return await _decide(crm, lead_id, LeadStatus.WON, reason, at or now())


async def lose_lead(crm: Crm, lead_id: UUID, reason: str, *, at: datetime | None = None) -> Lead:
    """It came to nothing, and for this reason."""
    if not reason.strip():
        raise NeedsReason
    return await _decide(crm, lead_id, LeadStatus.LOST, reason, at or now())


async def reopen_lead(
    crm: Crm, lead_id: UUID, *, status: LeadStatus = LeadStatus.CONTACTED
) -> Lead:
    """Take up a decided lead again; one that was converted stays so until that is undone."""
    if status not in OPEN:
        raise Invalid("An open lead is new, contacted, qualified or at the proposal.")
    lead = await crm.leads.get(lead_id, lock=True)
    if lead.is_open:
        return lead
    if await crm.lead_conversions.standing(lead.id):
        raise IsConverted
    lead.status, lead.closed_at, lead.close_reason = status, None, None
    await crm.flush()
    await rescore(crm, [lead])
    return lead


async def delete_lead(crm: Crm, lead_id: UUID) -> Lead:
    lead = await crm.leads.get(lead_id, lock=True)
    lead.deleted_at = now()
    await crm.flush()
    return lead


async def apply_facts(crm: Crm, lead: Lead, facts: dict[str, Any]) -> None:
    """Set what is known, in the form in which it can be compared."""
    unknown = facts.keys() - FACTS
    if unknown:
        raise Invalid(f"A lead's {', '.join(sorted(unknown))} cannot be set like this.")
    with crm.session.no_autoflush:
        await _set(crm, lead, facts)
    await check_references(crm, lead)


async def _set(crm: Crm, lead: Lead, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        setattr(lead, name, value.strip() if isinstance(value, str) else value)
    lead.given_name, lead.family_name = lead.given_name or "", lead.family_name or ""
    lead.email = reaching.email(lead.email) if lead.email else None
    if "phone" in facts:
        lead.phone = await normal_phone(crm, lead.phone)
    if lead.expected_value is not None:
        money = Money.of(lead.expected_value, lead.currency or await org_currency(crm))
        if money.amount < 0:
            raise Invalid("A lead is worth nothing or more.")
        lead.expected_value, lead.currency = money.amount, money.currency
    if not (lead.name or lead.company_name or lead.email or lead.phone):
        raise Nobody


async def normal_phone(crm: Crm, value: str | None) -> str | None:
    """E.164; staff may leave out the code of the organisation's own country."""
    if not value:
        return None
    is_visitor = crm.actor.kind is Kind.VISITOR
    return reaching.phone(value, None if is_visitor else await crm.identifiers.country())


async def _refuse_known(crm: Crm, lead: Lead) -> None:
    known = await crm.leads.same_as(lead.email, lead.phone)
    if known:
        seen = await crm.leads.first(crm.leads.rows().where(Lead.id == known[0].id))
        raise AlreadyALead(seen.id if seen else None)


async def _decide(
    crm: Crm, lead_id: UUID, status: LeadStatus, reason: str | None, at: datetime
) -> Lead:
    lead = await crm.leads.get(lead_id, lock=True)
    if not lead.is_open:
        raise IsDecided
    lead.status, lead.closed_at = status, at
    lead.close_reason = (reason or "").strip() or None
    await crm.flush()
    await rescore(crm, [lead])
    return lead
