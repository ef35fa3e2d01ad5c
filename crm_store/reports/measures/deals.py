"""Deals: what is in the pipelines, what was won and lost."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func

from crm_store.deals.models import Deal, DealStatus, Stage
from crm_store.reports.cuts import owner_cuts
from crm_store.reports.facts import AsOfToday, Cut, Happening, linked, owned
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.repository import reach_of

AT_STAGE = (linked(Stage, Deal.stage_id),)
OF_DEALS: dict[str, Any] = {
    "model": Deal,
    "subject": owned("deals", Deal),
    "seen": lambda actor: reach_of(actor, Deal),
    "donor_id": Deal.donor_id,
    "cuts": {
        **owner_cuts(Deal),
        "pipeline": Cut(Stage.pipeline_id, AT_STAGE),
        "deal_stage": Cut(Deal.stage_id),
        "product": Cut(Deal.product_id),
        "project": Cut(Deal.project_id),
        "currency": Cut(Deal.currency),
    },
}
CREATED = Happening(noun="deals", moment=Deal.created_at, **OF_DEALS)
OPEN_DEALS = AsOfToday(noun="open deals", where=(Deal.status == DealStatus.OPEN,), **OF_DEALS)
DECIDED = Happening(
    noun="decided deals",
    moment=Deal.closed_at,
    where=(Deal.status != DealStatus.OPEN,),
    **OF_DEALS,
)
WON = Deal.status == DealStatus.WON
TAKEN = func.extract("epoch", Deal.closed_at - Deal.created_at) / 86400

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="deals_created",
        also=("new_deals", "deals"),
        definition="Deals begun in the period, by the day they were recorded.",
        fact=CREATED,
        value=func.count(),
    ),
    Figure(
        name="open_deals",
        definition="Deals that are neither won nor lost as of today.",
        fact=OPEN_DEALS,
        value=func.count(),
    ),
    Figure(
        name="pipeline_value",
        also=("pipeline", "open_deal_value"),
        definition="The value of all deals that are neither won nor lost as of today, in each "
        "currency.",
        unit=Unit.MONEY,
        fact=OPEN_DEALS,
        value=func.sum(Deal.value),
    ),
    Figure(
        name="weighted_pipeline",
        also=("weighted_pipeline_value", "forecast"),
        definition="The value of each deal that is neither won nor lost as of today times its "
        "probability, added up in each currency.",
        unit=Unit.MONEY,
        fact=OPEN_DEALS,
        value=func.sum(Deal.value * Deal.probability / 100),
    ),
    Figure(
        name="deals_won",
        also=("won_deals",),
        definition="Deals won in the period, by the day of the decision.",
        fact=DECIDED,
        value=func.count().filter(WON),
    ),
    Figure(
        name="deals_lost",
        also=("lost_deals",),
        definition="Deals lost in the period, by the day of the decision.",
        fact=DECIDED,
        value=func.count().filter(Deal.status == DealStatus.LOST),
    ),
    Figure(
        name="deals_decided",
        definition="Deals won or lost in the period, by the day of the decision.",
        fact=DECIDED,
        value=func.count(),
    ),
    Ratio(
        name="win_rate",
        also=("deal_win_rate",),
        definition="Of the deals decided in the period, the share that was won, by number.",
        of="deals_won",
        per="deals_decided",
    ),
    Figure(
        name="won_value",
        also=("deals_won_value",),
        definition="The value of the deals won in the period, by the day of the decision, in each "
        "currency.",
        unit=Unit.MONEY,
        fact=DECIDED,
        value=func.sum(Deal.value).filter(WON),
    ),
    Figure(
        name="days_to_close",
        title="Days to decision",
        also=("sales_cycle", "time_to_close"),
        definition="The average number of days, to the hour, from when a deal was recorded until "
        "it was won or lost, over the deals decided in the period.",
        unit=Unit.DAYS,
        fact=DECIDED,
        value=func.avg(TAKEN),
        is_total=False,
    ),
)
