"""Every figure, over periods with every kind of edge, against the same reckoned by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crm_store.reports.measure import Unit
from crm_store.reports.query import Query
from crm_store.reports.registry import MEASURES, is_per_currency
from crm_store.reports.repository import Reports
from crm_store.reports.views import Outcome, Report
from tests.crm_store.reports.reckoning import BY_HAND, Slip
from tests.crm_store.reports.world import AT

PERIODS = {
    "FY2025": (date(2024, 7, 1), date(2025, 6, 30), date(2023, 7, 1), date(2024, 6, 30)),
    "2025": (date(2025, 1, 1), date(2025, 12, 31), date(2024, 1, 1), date(2024, 12, 31)),
    "2025-10": (date(2025, 10, 1), date(2025, 10, 31), date(2025, 9, 1), date(2025, 9, 30)),
    "2025-06-15..2025-10-14": (
        date(2025, 6, 15), date(2025, 10, 14), date(2025, 2, 13), date(2025, 6, 14),
    ),
    "this_fiscal_year": (date(2025, 7, 1), date(2026, 6, 30), date(2024, 7, 1), date(2025, 6, 30)),
    "fiscal_year_to_date": (
        date(2025, 7, 1), date(2026, 5, 21), date(2024, 7, 1), date(2025, 6, 30),
    ),
    "2025-07-01": (date(2025, 7, 1), date(2025, 7, 1), date(2025, 6, 30), date(2025, 6, 30)),
    "2019": (date(2019, 1, 1), date(2019, 12, 31), date(2018, 1, 1), date(2018, 12, 31)),
}  # fmt: skip

COARSENESS = {
    Unit.COUNT: 0,
    Unit.MONEY: Decimal("0.005"),
    Unit.SHARE: Decimal("0.00005"),
    Unit.NUMBER: Decimal("0.00005"),
    Unit.DAYS: Decimal("0.005"),
    Unit.HOURS: Decimal("0.005"),
}


def test_every_measure_is_reckoned_by_hand_as_well():
    assert BY_HAND.keys() == MEASURES.keys()


def test_there_are_at_least_forty_measures():
    assert len(MEASURES) >= 40


@pytest.mark.parametrize("name", MEASURES)
async def test_a_figure_is_what_one_reckons_by_hand(world, name):
    async with world.house.store.read(world.house.director) as session:
        for period, days in PERIODS.items():
            report = await Reports(session).ask(Query(measures=(name,), period=period), at=AT)
            compare(report, name, BY_HAND[name](Slip(world, *days)))


def compare(report: Report, name: str, by_hand: dict[str | None, Any]) -> None:
    if report.outcome is Outcome.NONE:
        assert all(row[name] in (0, None) for row in report.rows)
        assert all(value in (0, None) for value in by_hand.values())
        return
    told = figures(report, name)
    assert by_hand.keys() <= told.keys()
    for currency, figure in told.items():
        if currency in by_hand:
            coarseness = COARSENESS[MEASURES[name].unit]
            assert figure == pytest.approx(by_hand[currency], abs=coarseness), report.period
        else:
            assert figure in (0, None), report.period


@pytest.mark.parametrize("name", MEASURES)
def test_a_reckoning_finds_something_somewhere(world, name):
    """A check that only ever compares nothing with nothing proves nothing."""
    found = [BY_HAND[name](Slip(world, *days)) for days in PERIODS.values()]
    assert any(value for answer in found for value in answer.values())


def figures(report: Report, name: str) -> dict[str | None, Any]:
    """The figure by currency."""
    if not is_per_currency(MEASURES[name]):
        assert len(report.rows) == 1
        return {None: report.rows[0][name]}
    return {row.get("currency", report.currency): row[name] for row in report.rows}
