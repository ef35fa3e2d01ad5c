"""Givers of any steps, from the gifts themselves, and of some gifts only where so asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, true

from crm_store.gifts.models import Gift
from crm_store.reports.facts import kept
from crm_store.reports.givers import (
    BEGAN_ON,
    COUNTS,
    GAVE_BEFORE,
    GAVE_EVER,
    GAVE_NOW,
    GIVEN_BEFORE,
    GIVEN_NOW,
    GIVER,
    IN_CURRENCY,
    NET,
    WAS_NEW,
    first_gifts,
)
from crm_store.reports.periods import Window
from crm_store.reports.plan import BEFORE_CLOSES, BEFORE_OPENS, CLOSES, OPENS, STEP, Plan

IS_NOW = Gift.received_on.between(OPENS, CLOSES)
IS_BEFORE = Gift.received_on.between(BEFORE_OPENS, BEFORE_CLOSES)
IS_EITHER = Gift.received_on.between(BEFORE_OPENS, CLOSES)


def givers_of(plan: Plan, windows: list[Window]) -> Any:
    """Donors of each step and of the one before it."""
    given = (
        select(
            Gift.donor_id.label(GIVER.name),
            func.bool_or(IS_NOW).label(GAVE_NOW.name),
            func.bool_or(IS_BEFORE).label(GAVE_BEFORE.name),
        )
        .where(*kept(Gift), COUNTS, IS_EITHER, *plan.gifts)
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
        .outerjoin(firsts, firsts.c[GIVER.name] == given.c[GIVER.name])
        .subquery("givers")
    )


def everybody_until(plan: Plan, windows: list[Window]) -> Any:
    """Everybody who had given by the end of each step."""
    return _laid_out(
        plan,
        windows,
        select(
            Gift.donor_id.label(GIVER.name),
            func.bool_or(IS_NOW).label(GAVE_NOW.name),
            func.bool_or(IS_BEFORE).label(GAVE_BEFORE.name),
            func.bool_or(Gift.received_on < OPENS).label(GAVE_EVER.name),
        )
        .where(*kept(Gift), COUNTS, Gift.received_on <= CLOSES, *plan.gifts)
        .group_by(Gift.donor_id),
    )


def compared_in(plan: Plan, windows: list[Window]) -> Any:
    """What those gave who gave in a step and in the one before it, currency by currency."""
    in_both = (func.bool_or(IS_NOW), func.bool_or(IS_BEFORE))
    return _laid_out(plan, windows, _sums(plan).having(*in_both))


def missing_in(plan: Plan, windows: list[Window]) -> Any:
    """What those gave in the step before who gave nothing in this one, in any currency."""
    in_any = func.bool_or(func.bool_or(IS_NOW)).over(partition_by=Gift.donor_id)
    everybody = _laid_out(plan, windows, _sums(plan).add_columns(in_any.label(GAVE_NOW.name)))
    missing = ~everybody.c[GAVE_NOW.name]
    return select(everybody).where(missing).subquery("missing")


def _sums(plan: Plan) -> Any:
    return (
        select(
            Gift.donor_id.label(GIVER.name),
            Gift.currency.label(IN_CURRENCY.name),
            func.sum(NET).filter(IS_NOW).label(GIVEN_NOW.name),
            func.sum(NET).filter(IS_BEFORE).label(GIVEN_BEFORE.name),
        )
        .where(*kept(Gift), COUNTS, IS_EITHER, *plan.gifts)
        .group_by(Gift.donor_id, Gift.currency)
    )


def _laid_out(plan: Plan, windows: list[Window], query: Any) -> Any:
    """The query once for each step."""
    each = query.lateral("given")
    return select(STEP, each).select_from(plan.steps(windows).join(each, true())).subquery("givers")
