"""Leads: how many come, what becomes of them, and how soon."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from crm_store.leads.models import OPEN, Lead, LeadConversion, LeadStatus
from crm_store.reports.cuts import owner_cuts
from crm_store.reports.facts import AsOfToday, Cut, Happening, kept, linked, owned
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.plan import ORG
from crm_store.repository import reach_of

OF_LEADS: dict[str, Any] = {
    "subject": owned("leads", Lead),
    "seen": lambda actor: reach_of(actor, Lead),
    "cuts": {
        **owner_cuts(Lead),
        "lead_source": Cut(Lead.source),
        "lead_status": Cut(Lead.status),
        "project": Cut(Lead.project_id),
    },
}
LEADS = Happening(noun="leads", model=Lead, moment=Lead.created_at, **OF_LEADS)
OPEN_LEADS = AsOfToday(noun="open leads", model=Lead, where=(Lead.status.in_(OPEN),), **OF_LEADS)
CONVERSIONS = Happening(
    noun="conversions",
    model=LeadConversion,
    parents=(linked(Lead, LeadConversion.lead_id),),
    moment=LeadConversion.converted_at,
    where=(*kept(Lead), LeadConversion.undone_at.is_(None)),
    **OF_LEADS,
)
IS_CONVERTED = (
    select(LeadConversion.id)
    .where(
        LeadConversion.org_id == ORG,
        LeadConversion.lead_id == Lead.id,
        LeadConversion.undone_at.is_(None),
    )
    .exists()
)
TAKEN = func.extract("epoch", LeadConversion.converted_at - Lead.created_at) / 86400

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="leads",
        also=("new_leads", "lead_count"),
        definition="Leads that came in during the period, by the day they were recorded.",
        fact=LEADS,
        value=func.count(),
    ),
    Figure(
        name="leads_converted",
        also=("converted_leads",),
        definition="Of the leads that came in during the period, those that have been made a "
        "contact, donor, company or deal by now; conversions taken back do not count.",
        fact=LEADS,
        value=func.count().filter(IS_CONVERTED),
    ),
    Ratio(
        name="lead_conversion_rate",
        also=("lead_conversion", "conversion_rate"),
        definition="Of the leads that came in during the period, the share that has been converted "
        "by now; conversions taken back do not count.",
        of="leads_converted",
        per="leads",
    ),
    Figure(
        name="leads_lost",
        also=("lost_leads",),
        definition="Of the leads that came in during the period, those that now stand as lost.",
        fact=LEADS,
        value=func.count().filter(Lead.status == LeadStatus.LOST),
    ),
    Figure(
        name="conversions",
        definition="Leads converted in the period, by the day of conversion, whenever they came "
        "in; conversions taken back do not count.",
        fact=CONVERSIONS,
        value=func.count(),
    ),
    Figure(
        name="days_to_convert",
        title="Days to conversion",
        also=("time_to_conversion", "time_to_convert"),
        definition="The average number of days, to the hour, from when a lead came in until it was "
        "converted, over the conversions of the period that were not taken back.",
        unit=Unit.DAYS,
        fact=CONVERSIONS,
        value=func.avg(TAKEN),
        is_total=False,
    ),
    Figure(
        name="open_leads",
        definition="Leads that are neither won nor lost as of today.",
        fact=OPEN_LEADS,
        value=func.count(),
    ),
    Figure(
        name="unassigned_leads",
        definition="Leads that are neither won nor lost as of today and that nobody looks after.",
        fact=OPEN_LEADS,
        value=func.count().filter(Lead.owner_id.is_(None)),
    ),
    Figure(
        name="lead_score",
        title="Average lead score",
        also=("average_lead_score",),
        definition="The average score, from 0 to 100, of the leads that are neither won nor lost "
        "as of today and have been scored.",
        unit=Unit.NUMBER,
        fact=OPEN_LEADS,
        value=func.avg(Lead.score).filter(Lead.scored_at.is_not(None)),
        is_total=False,
    ),
)
