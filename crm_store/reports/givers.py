"""Donors laid out against the steps of a period: who gave in each, in the one before, ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    Integer,
    Numeric,
    String,
    Uuid,
    cast,
    column,
    func,
    select,
    true,
)

from crm_store.gifts.models import DonorGiving, Gift, GivingYear
from crm_store.reports.facts import kept
from crm_store.reports.periods import Grain, Span, Window
from crm_store.reports.plan import BEFORE_CLOSES, BEFORE_OPENS, CLOSES, OPENS, ORG, STEP, Plan

DAY = timedelta(days=1)
NET = Gift.amount - Gift.refunded
COUNTS = Gift.amount > Gift.refunded

GIVER = column("giver_id", Uuid())
BEGAN_ON = column("began_on", Date())
GIFT_COUNT = column("gift_count", Integer())
GAVE_NOW = column("gave_now", Boolean())
GAVE_BEFORE = column("gave_before", Boolean())
GAVE_EVER = column("gave_ever", Boolean())
WAS_NEW = column("was_new", Boolean())
IN_CURRENCY = column("given_in", String())
GIVEN_NOW = column("given_now", Numeric(18, 4))
GIVEN_BEFORE = column("given_before", Numeric(18, 4))

YEAR = cast(func.extract("year", CLOSES), Integer)
IS_NOW = Gift.received_on.between(OPENS, CLOSES)
IS_BEFORE = Gift.received_on.between(BEFORE_OPENS, BEFORE_CLOSES)


def first_gifts(plan: Plan) -> Any:
    """Each donor's first gift and how many there have been; of some gifts only, where so asked."""
    if plan.gifts:
        query = select(
            Gift.donor_id.label(GIVER.name),
            func.min(Gift.received_on).label(BEGAN_ON.name),
            func.count().label(GIFT_COUNT.name),
        ).where(*kept(Gift), COUNTS, *plan.gifts)
    else:
        query = select(
            DonorGiving.donor_id.label(GIVER.name),
            func.min(DonorGiving.first_on).label(BEGAN_ON.name),
            func.sum(DonorGiving.gifts).label(GIFT_COUNT.name),
        ).where(DonorGiving.org_id == ORG)
    return query.group_by(query.selected_columns[0]).subquery("first_gifts")


def givers(plan: Plan) -> Any:
    """Donors of each step and of the one before it."""
    windows = plan.windows
    if _are_years(plan, windows):
        return _by_years(plan, windows)
    given = (
        select(
            Gift.donor_id.label(GIVER.name),
            func.bool_or(IS_NOW).label(GAVE_NOW.name),
            func.bool_or(IS_BEFORE).label(GAVE_BEFORE.name),
        )
        .where(*kept(Gift), COUNTS, Gift.received_on.between(BEFORE_OPENS, CLOSES), *plan.gifts)
        .group_by(Gift.donor_id)
        .lateral("given")
    )
    firsts = first_gifts(plan)
    began_on = firsts.c[BEGAN_ON.name]
    return (
        select(
            STEP,
            given,
            (began_on < OPENS).label(GAVE_EVER.name),
            began_on.between(BEFORE_OPENS, BEFORE_CLOSES).label(WAS_NEW.name),
        )
        .select_from(plan.steps(windows).join(given, true()))
        .join(firsts, firsts.c[GIVER.name] == given.c[GIVER.name])
        .subquery("givers")
    )


def givers_by_fiscal_year(plan: Plan) -> Any:
    """Everybody who had given by the end of each fiscal year, whatever the period's own steps."""
    windows = fiscal_windows(plan)
    if not plan.gifts:
        return _by_years(plan, windows)
    ever = select(
        Gift.donor_id.label(GIVER.name),
        func.bool_or(IS_NOW).label(GAVE_NOW.name),
        func.bool_or(IS_BEFORE).label(GAVE_BEFORE.name),
        func.bool_or(Gift.received_on < OPENS).label(GAVE_EVER.name),
    ).where(*kept(Gift), COUNTS, Gift.received_on <= CLOSES, *plan.gifts)
    return _laid_out(plan, windows, ever.group_by(Gift.donor_id))


def compared(plan: Plan) -> Any:
    """What each donor gave in a step and in the one before, currency by currency."""
    return _compared(plan, plan.windows)


def compared_by_fiscal_year(plan: Plan) -> Any:
    return _compared(plan, fiscal_windows(plan))


def fiscal_windows(plan: Plan) -> list[Window]:
    """The fiscal years a period touches; without steps, the one in which it ends."""
    starts, year = plan.house.starts, plan.fiscal_year
    if plan.grain is None:
        return year.windows(Grain.FISCAL_YEAR, starts)
    first = Grain.FISCAL_YEAR.start(plan.span.first, starts)
    return Span(first, year.last).windows(Grain.FISCAL_YEAR, starts)


def _compared(plan: Plan, windows: list[Window]) -> Any:
    if _are_years(plan, windows):
        owner: Any = GivingYear
        amount, now, before = (
            GivingYear.total,
            GivingYear.fiscal_year == YEAR,
            GivingYear.fiscal_year == YEAR - 1,
        )
        within = (GivingYear.org_id == ORG, GivingYear.fiscal_year.between(YEAR - 1, YEAR))
    else:
        owner = Gift
        amount, now, before = NET, IS_NOW, IS_BEFORE
        within = (*kept(Gift), COUNTS, Gift.received_on.between(BEFORE_OPENS, CLOSES), *plan.gifts)
    in_any = func.bool_or(func.bool_or(now)).over(partition_by=owner.donor_id)
    query = select(
        owner.donor_id.label(GIVER.name),
        owner.currency.label(IN_CURRENCY.name),
        func.sum(amount).filter(now).label(GIVEN_NOW.name),
        func.sum(amount).filter(before).label(GIVEN_BEFORE.name),
        in_any.label(GAVE_NOW.name),
    ).where(*within)
    return _laid_out(plan, windows, query.group_by(owner.donor_id, owner.currency))


def _by_years(plan: Plan, windows: list[Window]) -> Any:
    """From the totals kept by fiscal year: an index alone answers it."""
    year = GivingYear.fiscal_year
    query = select(
        GivingYear.donor_id.label(GIVER.name),
        func.bool_or(year == YEAR).label(GAVE_NOW.name),
        func.bool_or(year == YEAR - 1).label(GAVE_BEFORE.name),
        func.bool_or(year < YEAR).label(GAVE_EVER.name),
        (func.min(year) == YEAR - 1).label(WAS_NEW.name),
    ).where(GivingYear.org_id == ORG, year <= YEAR)
    return _laid_out(plan, windows, query.group_by(GivingYear.donor_id))


def _laid_out(plan: Plan, windows: list[Window], query: Any) -> Any:
    """The query once for each window."""
    each = query.lateral("given")
    return select(STEP, each).select_from(plan.steps(windows).join(each, true())).subquery("givers")


def _are_years(plan: Plan, windows: list[Window]) -> bool:
    starts = plan.house.starts
    return not plan.gifts and all(
        window.first == Grain.FISCAL_YEAR.start(window.first, starts)
        and window.last == window.first + Grain.FISCAL_YEAR.length - DAY
        and window.before_first == Grain.FISCAL_YEAR.start(window.before_last, starts)
        for window in windows
    )
