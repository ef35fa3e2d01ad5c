"""What asking cost and what it brought."""

from __future__ import annotations

from sqlalchemy import Numeric, func, select, type_coerce

from crm_store.gifts.models import Appeal, Gift
from crm_store.reports.facts import DONORS, Cut, Happening, kept
from crm_store.reports.givers import NET
from crm_store.reports.measure import Figure, Measure, Ratio, Unit

BROUGHT = type_coerce(
    select(func.coalesce(func.sum(NET), 0))
    .where(*kept(Gift), Gift.appeal_id == Appeal.id, Gift.currency == Appeal.currency)
    .correlate(Appeal)
    .scalar_subquery(),
    Numeric(18, 4),
)

APPEALS = Happening(
    noun="appeals",
    model=Appeal,
    day=Appeal.starts_on,
    where=(Appeal.currency.is_not(None),),
    subject=DONORS,
    seen=lambda _: Appeal.id.is_not(None),
    needs_everything=True,
    cuts={
        "appeal": Cut(Appeal.id),
        "fund": Cut(Appeal.fund_id),
        "currency": Cut(Appeal.currency),
    },
)
WITH_COST = Appeal.cost_amount.is_not(None)
WITH_GOAL = Appeal.goal_amount.is_not(None)

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="appeal_cost",
        also=("fundraising_cost",),
        definition="What the appeals that began in the period have cost, where their cost is "
        "recorded, in the currency it is recorded in.",
        unit=Unit.MONEY,
        fact=APPEALS,
        value=func.sum(Appeal.cost_amount),
    ),
    Figure(
        name="appeal_raised",
        definition="What the appeals that began in the period and whose cost is recorded have "
        "brought by now, net of refunds, counting gifts in the currency of the cost alone.",
        unit=Unit.MONEY,
        fact=APPEALS,
        value=func.sum(BROUGHT).filter(WITH_COST),
    ),
    Ratio(
        name="cost_per_raised",
        title="Cost per unit raised",
        also=("cost_per_euro", "cost_per_dollar", "cost_to_raise", "cost_ratio"),
        definition="What appeals that began in the period cost for every euro, dollar … they have "
        "brought by now, net of refunds: 0.20 means twenty cents each. Appeals without a recorded "
        "cost are left out.",
        unit=Unit.NUMBER,
        of="appeal_cost",
        per="appeal_raised",
    ),
    Ratio(
        name="appeal_return",
        also=("return_on_investment", "roi"),
        definition="What appeals that began in the period have brought by now, net of refunds, for "
        "every euro, dollar … they cost. Appeals without a recorded cost are left out.",
        unit=Unit.NUMBER,
        of="appeal_raised",
        per="appeal_cost",
    ),
    Figure(
        name="appeal_goal",
        definition="The goals of the appeals that began in the period, added up.",
        unit=Unit.MONEY,
        fact=APPEALS,
        value=func.sum(Appeal.goal_amount),
    ),
    Figure(
        name="raised_towards_goal",
        definition="What the appeals that began in the period and have a goal have brought by now, "
        "net of refunds, counting gifts in the currency of the goal alone.",
        unit=Unit.MONEY,
        fact=APPEALS,
        value=func.sum(BROUGHT).filter(WITH_GOAL),
    ),
    Ratio(
        name="goal_reached",
        also=("progress_to_goal",),
        definition="The share of their goals that appeals that began in the period have brought by "
        "now, net of refunds.",
        of="raised_towards_goal",
        per="appeal_goal",
    ),
)
