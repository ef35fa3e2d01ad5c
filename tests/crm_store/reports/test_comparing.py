"""A period beside an earlier one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crm_store.reports.periods import Comparison
from crm_store.reports.views import ColumnKind
from tests.crm_store.reports.conftest import ask
from tests.crm_store.reports.reckoning import Slip, net
from tests.crm_store.reports.world import World


def raised(world: World, first: date, last: date, currency: str = "EUR") -> Decimal:
    received = Slip(world, first, last, first, last).received
    return sum((net(gift) for gift in received if gift["currency"] == currency), Decimal(0))


async def test_each_figure_stands_beside_what_it_was_with_the_change(world: World):
    report = await ask(world.house, "raised", period="FY2025", compare_to=Comparison.PREVIOUS)
    now = raised(world, date(2024, 7, 1), date(2025, 6, 30))
    before = raised(world, date(2023, 7, 1), date(2024, 6, 30))
    row = report.rows[0]
    assert (row["currency"], row["raised"], row["raised_before"]) == ("EUR", now, before)
    assert row["raised_change"] == now - before
    assert row["raised_change_rate"] == ((now - before) / before).quantize(Decimal("0.0001"))
    assert report.compared_with is not None
    assert report.compared_with.words == "1 July 2023 to 30 June 2024"
    assert [column.kind for column in report.columns if column.name.startswith("raised")] == [
        ColumnKind.MEASURE, ColumnKind.BEFORE, ColumnKind.CHANGE, ColumnKind.CHANGE_RATE,
    ]  # fmt: skip


async def test_a_year_to_date_is_compared_to_the_same_day(world: World):
    report = await ask(
        world.house, "raised", period="fiscal_year_to_date", compare_to=Comparison.SAME_LAST_YEAR
    )
    assert report.rows[0]["raised_before"] == raised(world, date(2024, 7, 1), date(2025, 5, 21))


async def test_months_stand_beside_the_same_months(world: World):
    report = await ask(
        world.house, "raised", by=("month",), period="2025", compare_to=Comparison.SAME_LAST_YEAR
    )
    for row in report.rows:
        year, month = map(int, str(row["month"]).split("-"))
        first = date(year - 1, month, 1)
        last = date(year - (month < 12), month % 12 + 1, 1).replace(day=1)
        expected = raised(world, first, last - (date(2, 1, 2) - date(2, 1, 1)), row["currency"])
        assert row["raised_before"] == expected, row


async def test_a_fund_that_had_gifts_only_before_is_there_with_nought(world: World):
    report = await ask(
        world.house, "gifts", by=("fund",), period="2025-07-01", compare_to=Comparison.PREVIOUS
    )
    lost = [row for row in report.rows if row["gifts"] == 0]
    assert all(row["gifts_before"] for row in lost)
    assert all(row["gifts_change"] == -row["gifts_before"] for row in lost)


async def test_growth_from_nothing_has_no_rate(world: World):
    report = await ask(world.house, "gifts", period="FY2023", compare_to=Comparison.PREVIOUS)
    row = report.rows[0]
    assert row["gifts_before"] == 0
    assert row["gifts_change"] == row["gifts"]
    assert row["gifts_change_rate"] is None


async def test_rates_are_compared_as_they_are(world: World):
    report = await ask(
        world.house, "retention_rate", period="FY2025", compare_to=Comparison.PREVIOUS
    )
    row = report.rows[0]
    assert row["retention_rate_change"] == row["retention_rate"] - row["retention_rate_before"]


async def test_what_is_as_of_today_has_nothing_to_be_compared_with(world: World):
    report = await ask(world.house, "pledge_balance", compare_to=Comparison.PREVIOUS)
    assert report.compared_with is None
    assert not any("before" in column.name for column in report.columns)
    assert any("nothing to compare" in note for note in report.notes)


async def test_what_stands_at_the_end_is_compared_with_what_stood_then(world: World):
    report = await ask(world.house, "active_plans", period="FY2026", compare_to=Comparison.PREVIOUS)
    earlier = await ask(world.house, "active_plans", period="FY2025")
    assert report.rows[0]["active_plans_before"] == earlier.rows[0]["active_plans"]
