"""What a report says besides its figures."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from crm_store.errors import Invalid
from crm_store.reports import repository
from crm_store.reports.donor_names import with_donor_names
from crm_store.reports.query import Query
from crm_store.reports.repository import Reports, TooManyRows, TooSlow
from crm_store.reports.views import ChartKind, ColumnKind, Report
from crm_store.segments.language import read_filter
from tests.crm_store.reports.conftest import ask
from tests.crm_store.reports.world import World


async def test_a_report_carries_its_definitions_and_its_days(world: World):
    report = await ask(world.house, "raised", "donors", by=("fund",), period="last_fiscal_year")
    assert report.title == "Raised and donors by fund, last fiscal year"
    assert set(report.definitions) == {"raised", "donors"}
    assert "less whatever of it has been returned" in report.definitions["raised"]
    assert report.period is not None
    assert report.period.words == "last fiscal year (1 July 2024 to 30 June 2025)"
    assert (report.period.first, report.period.last) == (date(2024, 7, 1), date(2025, 6, 30))


async def test_a_report_is_json_and_exact(world: World):
    report = await ask(world.house, "raised", "average_gift", by=("fund", "month"), period="FY2025")
    again = Report.model_validate_json(report.model_dump_json())
    assert json.loads(report.model_dump_json())["rows"]
    assert [row["month"] for row in again.rows] == [row["month"] for row in report.rows]
    assert [Decimal(str(row["raised"])) for row in again.rows] == [
        row["raised"] for row in report.rows
    ]


async def test_money_has_the_places_of_its_currency(world: World):
    report = await ask(world.house, "average_gift", "largest_gift", period="FY2025")
    for row in report.rows:
        assert all(-row[name].as_tuple().exponent == 2 for name in ("average_gift", "largest_gift"))


@pytest.mark.parametrize(
    ("query", "kind", "x", "series"),
    [
        ({"measures": ("retention_rate",)}, ChartKind.NUMBER, None, None),
        ({"measures": ("raised", "donors")}, ChartKind.NUMBER, None, None),
        ({"measures": ("leads",), "by": ("month",)}, ChartKind.LINE, "month", None),
        ({"measures": ("raised",), "by": ("month",)}, ChartKind.LINE, "month", "currency"),
        ({"measures": ("leads",), "by": ("year",)}, ChartKind.GROUPED_BAR, "year", None),
        ({"measures": ("leads",), "by": ("lead_source",)}, ChartKind.BAR, "lead_source", None),
        ({"measures": ("leads", "leads_lost"), "by": ("lead_source",)},
         ChartKind.GROUPED_BAR, "lead_source", None),
        ({"measures": ("leads",), "by": ("lead_source", "lead_status")},
         ChartKind.STACKED_BAR, "lead_source", "lead_status"),
        ({"measures": ("raised",), "by": ("fund",)}, ChartKind.GROUPED_BAR, "fund", "currency"),
        ({"measures": ("leads", "lead_conversion_rate"), "by": ("month",)},
         ChartKind.TABLE, None, None),
        ({"measures": ("donors_on_file",), "by": ("donor",)}, ChartKind.TABLE, "donor", None),
        ({"measures": ("raised",), "by": ("month", "officer")}, ChartKind.TABLE, "month", None),
        ({"measures": ("raised",), "period": "2019", "by": ("fund",)}, ChartKind.NONE, None, None),
    ],
)  # fmt: skip
async def test_the_chart_suits_the_figures(world: World, query, kind, x, series):
    query.setdefault("period", "FY2026")
    report = await ask(world.house, *query.pop("measures"), **query)
    assert (report.chart.kind, report.chart.x, report.chart.series) == (kind, x, series)
    assert report.chart.why.endswith(".")


async def test_the_largest_comes_first_and_ours_before_other_currencies(world: World):
    report = await ask(world.house, "raised", by=("fund",), period="FY2025")
    currencies = [row["currency"] for row in report.rows]
    assert currencies == sorted(currencies)
    for currency in ("EUR", "USD"):
        sums = [row["raised"] for row in report.rows if row["currency"] == currency]
        assert sums == sorted(sums, reverse=True)


@pytest.mark.parametrize("others", [(), ("donors",)])
async def test_a_limit_takes_the_first_of_each_currency(world: World, others: tuple[str, ...]):
    """Whether the database cuts off or we do: with another fact beside it, we do."""
    whole = await ask(world.house, "raised", *others, by=("donor",), period="FY2025")
    top = await ask(world.house, "raised", *others, by=("donor",), period="FY2025", limit=3)
    assert top.total_rows == whole.total_rows == len(whole.rows)
    for currency in ("EUR", "USD"):
        best = [row["raised"] for row in whole.rows if row["currency"] == currency][:3]
        assert [row["raised"] for row in top.rows if row["currency"] == currency] == best
    assert any(f"of {len(whole.rows)} rows, as many of each currency" in n for n in top.notes)


async def test_rows_are_sorted_by_any_column(world: World):
    report = await ask(
        world.house, "leads", "leads_lost", by=("lead_source",), period="all_time",
        order="lead_source",
    )  # fmt: skip
    labels = [row["lead_source"] for row in report.rows]
    assert labels == ["website", "referral", "import", "manual"]
    smallest = await ask(
        world.house, "lead_conversion_rate", by=("lead_status",), period="all_time",
        order="lead_conversion_rate", limit=2,
    )  # fmt: skip
    rates = [row["lead_conversion_rate"] for row in smallest.rows]
    assert rates == sorted(rates)
    with pytest.raises(Invalid, match="no column “size” to sort by; there are fund"):
        await ask(world.house, "gifts", by=("fund",), order="size")


async def test_what_is_as_of_today_says_so(world: World):
    report = await ask(world.house, "pledge_balance", "open_tasks")
    assert report.period is None
    assert (
        "Pledge balance and open tasks are as of 21 May 2026, whatever the period." in report.notes
    )


async def test_lybunt_names_the_year_it_looks_at(world: World):
    report = await ask(world.house, "lybunt", period="2025-10")
    assert any("fiscal year 2026 (1 July 2025 to 30 June 2026)" in note for note in report.notes)


async def test_a_period_that_is_not_over_is_said_to_be_so(world: World):
    report = await ask(world.house, "raised", period="this_fiscal_year")
    assert "The period is not over: it ends on 30 June 2026." in report.notes
    assert not any(
        "not over" in n for n in (await ask(world.house, "raised", period="FY2025")).notes
    )


async def test_the_day_is_that_of_the_organisation(world: World):
    """It is still the twentieth in Greenwich."""
    report = await ask(world.house, "gifts", period="today")
    assert report.period is not None
    assert report.period.words == "today (21 May 2026)"
    assert sum(row["gifts"] for row in report.rows) > 0


async def test_quiet_is_as_long_as_one_says(world: World):
    whole = await ask(world.house, "donors_without_contact", quiet_days=1)
    few = await ask(world.house, "donors_without_contact", quiet_days=3650)
    assert whole.rows[0]["donors_without_contact"] > few.rows[0]["donors_without_contact"] > 0


async def test_donors_are_called_by_name_by_those_who_may_read_names(world: World):
    report = await ask(world.house, "raised", by=("donor",), period="FY2025", limit=3)
    assert all(isinstance(row["donor_id"], UUID) for row in report.rows)
    assert any(c.kind is ColumnKind.KEY and c.name == "donor_id" for c in report.columns)
    async with world.house.begin() as crm:
        named = await with_donor_names(crm, report)
    names = {donor["id"]: donor["name"] for donor in world.rows["donors"]}
    deleted = {donor["id"] for donor in world.rows["donors"] if donor["deleted_at"]}
    for row in named.rows:
        expected = str(row["donor_id"]) if row["donor_id"] in deleted else names[row["donor_id"]]
        assert row["donor"] == expected


async def test_more_rows_than_anybody_reads_are_refused(world: World, monkeypatch):
    monkeypatch.setattr(repository, "MOST_GROUPS", 10)
    with pytest.raises(TooManyRows, match="one figure and a limit"):
        await ask(world.house, "raised", by=("donor",), period="FY2025")
    assert (await ask(world.house, "raised", by=("donor",), period="FY2025", limit=5)).rows


async def test_a_question_that_takes_too_long_ends_in_a_sentence(world: World):
    async with world.house.store.read(world.house.director) as session:
        reports = Reports(session)
        await session.execute(select(func.set_config("statement_timeout", "1", True)))
        with pytest.raises(TooSlow, match="shorter period"):
            await reports._run(select(func.pg_sleep(1)))


@pytest.mark.parametrize(
    "query",
    [
        {"measures": ()},
        {"measures": ("raised",), "limit": 0},
        {"measures": ("raised",), "amount_from": -1},
        {"measures": ("raised",), "colour": "red"},
        {"measures": ("raised",), "compare_to": "never"},
        {"measures": ("raised",), "by": ("a", "b", "c", "d")},
    ],
)
def test_a_malformed_query_is_refused(query: dict[str, Any]):
    with pytest.raises(ValidationError):
        Query(**query)


def test_a_query_is_json():
    wanted = read_filter({"kind": "gave", "period": "FY2024"})
    query = Query(measures=("raised",), by=("fund",), filter=wanted, only={"fund": ("Bread",)})
    assert Query.model_validate_json(query.model_dump_json(by_alias=True)) == query
