"""How donors of steps are found: by the year where steps are fiscal years, else by the day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crm_store.reports import giving_by_day, giving_by_year
from crm_store.reports.periods import Grain, Span, Window
from crm_store.reports.plan import Plan

DAY = timedelta(days=1)


def givers(plan: Plan) -> Any:
    """Donors of each step of the period and of the step before."""
    if are_years(plan, plan.windows):
        return giving_by_year.givers_of(plan.windows)
    return giving_by_day.givers_of(plan, plan.windows)


def givers_by_fiscal_year(plan: Plan) -> Any:
    """Everybody who had given by the end of each fiscal year, whatever the period's own steps."""
    windows = fiscal_windows(plan)
    if plan.gifts:
        return giving_by_day.everybody_until(plan, windows)
    return giving_by_year.givers_of(windows)


def compared(plan: Plan) -> Any:
    """What donors gave in a step and in the one before, currency by currency."""
    if are_years(plan, plan.windows):
        return giving_by_year.compared_in(plan.windows)
    return giving_by_day.compared_in(plan, plan.windows)


def missing_by_fiscal_year(plan: Plan) -> Any:
    """What those gave in the year before who gave nothing in this one."""
    windows = fiscal_windows(plan)
    if plan.gifts:
        return giving_by_day.missing_in(plan, windows)
    return giving_by_year.missing_in(windows)


def fiscal_windows(plan: Plan) -> list[Window]:
    """The fiscal years a period touches; without steps, the one in which it ends."""
    starts, year = plan.house.starts, plan.fiscal_year
    if plan.grain is None:
        return year.windows(Grain.FISCAL_YEAR, starts)
    first = Grain.FISCAL_YEAR.start(plan.span.first, starts)
    return Span(first, year.last).windows(Grain.FISCAL_YEAR, starts)


def are_years(plan: Plan, windows: list[Window]) -> bool:
    """Whether every step is a whole fiscal year, the one before it too, and all gifts count."""
    starts = plan.house.starts
    return not plan.gifts and all(
        window.first == Grain.FISCAL_YEAR.start(window.first, starts)
        and window.last == window.first + Grain.FISCAL_YEAR.length - DAY
        and window.before_first == Grain.FISCAL_YEAR.start(window.before_last, starts)
        for window in windows
    )
