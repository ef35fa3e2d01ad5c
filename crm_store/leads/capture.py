"""What the public website takes down: leads that visitors leave, prospects an assistant noticed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from crm_store.actor import Kind
from crm_store.contacts import reaching
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.leads.actions import apply_facts, create_lead, normal_phone
from crm_store.leads.models import OPEN, Lead, LeadQuality, LeadSource, Prospect
from crm_store.references import check_references

LEFT_BY_VISITORS = frozenset(
    {"given_name", "family_name", "email", "phone", "company_name", "job_title", "notes",
     "source_detail"}
)  # fmt: skip


class NoWayBack(Invalid):
    """An e-mail address or a telephone number is needed, so that we can answer."""


async def capture_lead(crm: Crm, *, conversation_id: UUID | None = None, **facts: Any) -> Lead:
    """A visitor leaves their details; asked twice in one conversation, it is still one lead."""
    if crm.actor.kind is not Kind.VISITOR:
        raise Invalid("Only a visitor leaves a lead like this.")
    unknown = facts.keys() - LEFT_BY_VISITORS
    if unknown:
        raise Invalid(f"A visitor cannot say what {', '.join(sorted(unknown))} is.")
    left = crm.leads.rows().where(Lead.conversation_id == conversation_id, Lead.status.in_(OPEN))
    before = await crm.leads.first(left)
    if before is not None:
        return before
    lead = Lead(
        source=LeadSource.WIDGET,
        visitor_id=crm.actor.visitor_id,
        conversation_id=conversation_id,
        score=0,
        score_reasons=[],
    )
    await apply_facts(crm, lead, facts)
    if not (lead.email or lead.phone):
        raise NoWayBack
    crm.leads.add(lead)
    await crm.flush()
    return lead


async def capture_prospect(
    crm: Crm, *, email: str | None = None, phone: str | None = None, name: str | None = None,
    company_name: str | None = None, notes: str | None = None,
    lead_quality: LeadQuality | None = None, source: LeadSource = LeadSource.WIDGET,
    source_detail: str | None = None, conversation_id: UUID | None = None,
    visitor_id: UUID | None = None, assistant_id: UUID | None = None,
) -> Prospect:  # fmt: skip
    """Contact details that came up in a conversation, before anybody judged them."""
    if crm.actor.kind is Kind.VISITOR:
        visitor_id = crm.actor.visitor_id
    prospect = Prospect(
        email=reaching.email(email) if email and email.strip() else None,
        phone=await normal_phone(crm, (phone or "").strip()),
        name=(name or "").strip() or None,
        company_name=company_name,
        notes=notes,
        lead_quality=lead_quality,
        source=source,
        source_detail=source_detail,
        conversation_id=conversation_id,
        visitor_id=visitor_id,
        assistant_id=assistant_id,
    )
    if not (prospect.email or prospect.phone):
        raise NoWayBack
    await check_references(crm, prospect)
    crm.prospects.add(prospect)
    await crm.flush()
    return prospect


async def promote_prospect(crm: Crm, prospect_id: UUID, *, owner_id: UUID | None = None) -> Lead:
    """Make a lead of a prospect, once; where such a lead is open already, join it."""
    prospect = await crm.prospects.get(prospect_id, lock=True)
    if prospect.lead_id is not None:
        return await crm.leads.get(prospect.lead_id)
    known = await crm.leads.same_as(prospect.email, prospect.phone)
    if known:
        lead = await crm.leads.get(known[0].id)
    else:
        lead = await _lead_of(crm, prospect, owner_id)
    prospect.lead_id = lead.id
    await crm.flush()
    return lead


async def _lead_of(crm: Crm, prospect: Prospect, owner_id: UUID | None) -> Lead:
    given, _, family = (prospect.name or "").strip().rpartition(" ")
    lead = await create_lead(
        crm,
        source=prospect.source,
        owner_id=owner_id,
        even_if_known=True,
        given_name=given or family,
        family_name=family if given else "",
        email=prospect.email,
        phone=prospect.phone,
        company_name=prospect.company_name,
        source_detail=prospect.source_detail,
        notes=prospect.notes,
    )
    lead.visitor_id, lead.conversation_id = prospect.visitor_id, prospect.conversation_id
    await crm.flush()
    return lead
