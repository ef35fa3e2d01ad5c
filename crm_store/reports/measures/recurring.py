"""Recurring plans: what they bring each month, how many run, end, and fail to come."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, func, or_

from crm_store.gifts.models import (
    ExpectedGift,
    ExpectedStatus,
    Frequency,
    PlanStatus,
    RecurringPlan,
)
from crm_store.reports.cuts import donor_cuts, purpose_cuts
from crm_store.reports.facts import DONORS, Cut, Happening, Standing, linked, of_donor
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.plan import CLOSES, OPENS, TODAY

OF_PLANS: dict[str, Any] = {
    "subject": DONORS,
    "seen": of_donor(RecurringPlan.donor_id),
    "donor_id": RecurringPlan.donor_id,
    "cuts": {
        **purpose_cuts(RecurringPlan),
        **donor_cuts(RecurringPlan.donor_id),
        "gift_method": Cut(RecurringPlan.method),
        "frequency": Cut(RecurringPlan.frequency),
        "currency": Cut(RecurringPlan.currency),
    },
}
REAL = or_(RecurringPlan.status != PlanStatus.ENDED, RecurringPlan.ends_on.is_not(None))

PLANS = Standing(
    noun="recurring plans",
    model=RecurringPlan,
    where=(REAL, RecurringPlan.status != PlanStatus.PAUSED),
    since=RecurringPlan.starts_on,
    stands=and_(
        RecurringPlan.starts_on <= CLOSES,
        or_(RecurringPlan.ends_on.is_(None), RecurringPlan.ends_on > CLOSES),
    ),
    **OF_PLANS,
)
PLANS_AT_START = Standing(
    noun="recurring plans at the beginning",
    model=RecurringPlan,
    where=(REAL,),
    since=RecurringPlan.starts_on,
    stands=and_(
        RecurringPlan.starts_on < OPENS,
        or_(RecurringPlan.ends_on.is_(None), RecurringPlan.ends_on >= OPENS),
    ),
    **OF_PLANS,
)
STARTED = Happening(
    noun="recurring plans that started",
    model=RecurringPlan,
    day=RecurringPlan.starts_on,
    **OF_PLANS,
)
ENDED = Happening(
    noun="recurring plans that ended",
    model=RecurringPlan,
    day=RecurringPlan.ends_on,
    where=(RecurringPlan.ends_on <= TODAY,),
    **OF_PLANS,
)
EXPECTED = Happening(
    noun="expected gifts",
    model=ExpectedGift,
    parents=(linked(RecurringPlan, ExpectedGift.plan_id),),
    day=ExpectedGift.due_on,
    where=(ExpectedGift.status != ExpectedStatus.SKIPPED,),
    **{**OF_PLANS, "cuts": {**OF_PLANS["cuts"], "currency": Cut(ExpectedGift.currency)}},
)

MISSED = ExpectedGift.status == ExpectedStatus.MISSED
A_MONTH = case(
    (RecurringPlan.frequency == Frequency.WEEKLY, RecurringPlan.amount * 52 / 12),
    (RecurringPlan.frequency == Frequency.QUARTERLY, RecurringPlan.amount / 3),
    (RecurringPlan.frequency == Frequency.YEARLY, RecurringPlan.amount / 12),
    else_=RecurringPlan.amount,
)

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="recurring_per_month",
        title="Recurring per month",
        also=("mrr", "monthly_recurring", "monthly_recurring_revenue"),
        definition="What the recurring plans that run at the end of the period, or today if that "
        "is earlier, promise in a month: monthly amounts as they are, weekly ones times 52 over "
        "12, quarterly ones over 3, yearly ones over 12. Plans paused now are left out.",
        unit=Unit.MONEY,
        fact=PLANS,
        value=func.sum(A_MONTH),
    ),
    Figure(
        name="active_plans",
        also=("active_recurring_plans", "recurring_plans"),
        definition="Recurring plans that run at the end of the period, or today if that is "
        "earlier: started by then, not ended by then, and not paused now.",
        fact=PLANS,
        value=func.count(),
    ),
    Figure(
        name="recurring_donors",
        also=("monthly_donors", "sustainers"),
        definition="Different donors with a recurring plan that runs at the end of the period, or "
        "today if that is earlier; plans paused now are left out.",
        fact=PLANS,
        distinct=RecurringPlan.donor_id,
    ),
    Figure(
        name="plans_started",
        also=("new_plans", "new_recurring_plans"),
        definition="Recurring plans whose first day falls in the period.",
        fact=STARTED,
        value=func.count(),
    ),
    Figure(
        name="plans_ended",
        also=("cancelled_plans",),
        definition="Recurring plans whose last day falls in the period and has been reached.",
        fact=ENDED,
        value=func.count(),
    ),
    Figure(
        name="plans_at_start",
        definition="Recurring plans that had started before the period and not ended before it, "
        "paused ones included.",
        fact=PLANS_AT_START,
        value=func.count(),
    ),
    Figure(
        name="plans_lost",
        definition="Of the recurring plans that ran when the period began, those whose last day "
        "falls in it and has been reached.",
        fact=PLANS_AT_START,
        value=func.count().filter(RecurringPlan.ends_on <= CLOSES),
    ),
    Ratio(
        name="recurring_churn",
        also=("recurring_churn_rate", "plan_churn", "churn"),
        definition="Of the recurring plans that ran when the period began, the share that ended in "
        "it.",
        of="plans_lost",
        per="plans_at_start",
    ),
    Figure(
        name="expected_gifts",
        definition="Gifts that recurring plans led us to expect in the period, by the day due, "
        "whether they came or not; skipped ones are left out.",
        fact=EXPECTED,
        value=func.count(),
    ),
    Figure(
        name="expected_amount",
        definition="What recurring plans led us to expect in the period, by the day due, whether "
        "it came or not; skipped gifts are left out.",
        unit=Unit.MONEY,
        fact=EXPECTED,
        value=func.sum(ExpectedGift.amount),
    ),
    Figure(
        name="missed_gifts",
        also=("missed_expected_gifts", "failed_gifts"),
        definition="Gifts expected from recurring plans in the period, by the day due, that have "
        "been marked as missed.",
        fact=EXPECTED,
        value=func.count().filter(MISSED),
    ),
    Figure(
        name="missed_amount",
        definition="What the expected gifts due in the period that were marked as missed would "
        "have brought.",
        unit=Unit.MONEY,
        fact=EXPECTED,
        value=func.sum(ExpectedGift.amount).filter(MISSED),
    ),
    Ratio(
        name="missed_rate",
        definition="Of the gifts expected from recurring plans in the period, the share that has "
        "been marked as missed.",
        of="missed_gifts",
        per="expected_gifts",
    ),
)
