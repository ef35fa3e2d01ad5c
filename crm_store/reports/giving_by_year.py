"""Givers of fiscal years, from the totals kept for each donor, year and currency."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, and_, cast, column, func, literal, select, values

from crm_store.errors import Invalid
from crm_store.gifts.models import GivingYear
from crm_store.reports.givers import (
    GAVE_BEFORE,
    GAVE_EVER,
    GAVE_NOW,
    GIVEN_BEFORE,
    GIVEN_NOW,
    GIVER,
    IN_CURRENCY,
    WAS_NEW,
)
from crm_store.reports.periods import Window
from crm_store.reports.plan import ORG, STEP

MOST_YEARS = 60
YEARS = column("years", BigInteger())


def givers_of(windows: list[Window]) -> Any:
    """Everybody who had given by the end of each year.

    Their years are the bits of one number: a single pass in the order of the primary key answers
    for any number of years.
    """
    base = _base(windows)
    donors = (
        select(GivingYear.donor_id, func.bit_or(_bit(base)).label(YEARS.name))
        .where(GivingYear.org_id == ORG, GivingYear.fiscal_year <= _year(windows[-1]))
        .group_by(GivingYear.donor_id)
        .subquery("donors")
    )
    bits = donors.c[YEARS.name]
    steps = _steps(windows, base)
    in_year, before = steps.c.in_year, steps.c.before
    earlier = in_year - 1
    return (
        select(
            steps.c[STEP.name],
            donors.c.donor_id.label(GIVER.name),
            _has(bits, in_year).label(GAVE_NOW.name),
            _has(bits, before).label(GAVE_BEFORE.name),
            _has(bits, earlier).label(GAVE_EVER.name),
            and_(_has(bits, before), ~_has(bits, before - 1)).label(WAS_NEW.name),
        )
        .select_from(donors)
        .join(steps, _has(bits, in_year) | _has(bits, earlier))
        .subquery("givers")
    )


def compared_in(windows: list[Window]) -> Any:
    """What those gave who gave in a year and in the one before it, currency by currency."""
    year, total = GivingYear.fiscal_year, GivingYear.total
    order: dict[str, Any] = {
        "partition_by": (GivingYear.donor_id, GivingYear.currency),
        "order_by": year,
    }
    given = (
        select(
            GivingYear.donor_id,
            GivingYear.currency,
            year.label("year"),
            total.label("total"),
            func.lag(year).over(**order).label("year_before"),
            func.lag(total).over(**order).label("total_before"),
        )
        .where(GivingYear.org_id == ORG, _within(windows))
        .subquery("given")
    )
    steps = _steps(windows, _base(windows))
    in_both = and_(given.c.year == steps.c.year, given.c.year_before == steps.c.year - 1)
    return (
        select(
            steps.c[STEP.name],
            given.c.donor_id.label(GIVER.name),
            given.c.currency.label(IN_CURRENCY.name),
            given.c.total.label(GIVEN_NOW.name),
            given.c.total_before.label(GIVEN_BEFORE.name),
        )
        .select_from(given.join(steps, in_both))
        .subquery("compared")
    )


def missing_in(windows: list[Window]) -> Any:
    """What those gave in the year before who gave nothing in this one, in any currency."""
    base = _base(windows)
    given = (
        select(
            GivingYear.donor_id,
            GivingYear.currency,
            GivingYear.fiscal_year.label("year"),
            GivingYear.total.label("total"),
            func.bit_or(_bit(base)).over(partition_by=GivingYear.donor_id).label(YEARS.name),
        )
        .where(GivingYear.org_id == ORG, _within(windows))
        .subquery("given")
    )
    steps = _steps(windows, base)
    missing = and_(given.c.year == steps.c.year - 1, ~_has(given.c[YEARS.name], steps.c.in_year))
    return (
        select(
            steps.c[STEP.name],
            given.c.donor_id.label(GIVER.name),
            given.c.currency.label(IN_CURRENCY.name),
            given.c.total.label(GIVEN_BEFORE.name),
        )
        .select_from(given.join(steps, missing))
        .subquery("missing")
    )


def _steps(windows: list[Window], base: int) -> Any:
    """Each year as a step, with the bit that stands for it and the one for the year before."""
    names: tuple[Any, ...] = (
        STEP,
        column("year"),
        column("in_year", BigInteger()),
        column("before", BigInteger()),
    )
    rows = [
        (window.key, _year(window), 1 << _year(window) - base, 1 << _year(window) - base - 1)
        for window in windows
    ]
    own = (column(each.name, each.type) for each in names)
    return values(*own, name="steps").data(rows)


def _bit(base: int) -> Any:
    """The bit of a row's year; all years long gone share the lowest."""
    place = func.greatest(GivingYear.fiscal_year - base, 0)
    return cast(literal(1), BigInteger).op("<<")(place)


def _has(bits: Any, wanted: Any) -> Any:
    return bits.op("&")(wanted) != 0


def _within(windows: list[Window]) -> Any:
    return GivingYear.fiscal_year.between(_year(windows[0]) - 1, _year(windows[-1]))


def _base(windows: list[Window]) -> int:
    if len(windows) > MOST_YEARS:
        raise Invalid(f"That is more than {MOST_YEARS} years; choose a shorter period.")
    return _year(windows[0]) - 2


def _year(window: Window) -> int:
    """A fiscal year is named by the calendar year in which it ends."""
    return window.last.year
