"""Figures split by every dimension that fits them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from crm_store.reports.dimensions import DIMENSIONS
from crm_store.reports.measure import Figure, Unit
from crm_store.reports.query import Query
from crm_store.reports.registry import (
    MEASURES,
    Misfit,
    UnknownDimension,
    dimensions_of,
    find_dimension,
    is_per_currency,
)
from crm_store.reports.repository import Reports
from tests.crm_store.reports.conftest import ask
from tests.crm_store.reports.reckoning import Slip, net, scored, where_we_are
from tests.crm_store.reports.world import AT, World

YEAR = (date(2024, 7, 1), date(2025, 6, 30), date(2023, 7, 1), date(2024, 6, 30))


def additive() -> dict[str, Figure]:
    """For each fact one figure whose parts add up to its whole."""
    found: dict[Any, Figure] = {}
    for measure in MEASURES.values():
        if isinstance(measure, Figure) and measure.is_total and measure.distinct is None:
            found.setdefault(measure.fact, measure)
    return {figure.name: figure for figure in found.values()}


# What stands or is looked back at in one step does so in the next as well.
NOT_PARTS = {
    "donors_before",
    "upgraded_donors",
    "recurring_per_month",
    "plans_at_start",
    "ticket_backlog",
}


@pytest.mark.parametrize("name", additive())
async def test_the_parts_of_a_figure_add_up_to_the_whole(world: World, name: str):
    async with world.house.store.read(world.house.director) as session:
        reports = Reports(session)
        whole = await reports.ask(Query(measures=(name,), period="FY2025"), at=AT)
        for dimension in dimensions_of(MEASURES[name]):
            is_time = DIMENSIONS[dimension].grain is not None
            if dimension == "segment" or (is_time and name in NOT_PARTS):
                continue
            query = Query(measures=(name,), by=(dimension,), period="FY2025")
            parts = await reports.ask(query, at=AT)
            assert total(parts, name) == total(whole, name), dimension
            keys = [(row[dimension], row.get("currency")) for row in parts.rows]
            assert len(keys) == len(set(keys)), dimension


def total(report: Any, name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = defaultdict(Decimal)
    for row in report.rows:
        one = row.get("currency", report.currency) if is_per_currency(MEASURES[name]) else None
        found[one] += row[name]
    return {currency: value for currency, value in found.items() if value}


async def by(world: World, measure: str, dimension: str, **query: Any) -> dict[Any, Any]:
    """Value by label and currency."""
    query.setdefault("period", "FY2025")
    report = await ask(world.house, measure, by=(dimension,), **query)
    return {
        (row[dimension], row["currency"]) if "currency" in row else row[dimension]: row[measure]
        for row in report.rows
    }


def reckoned(world: World, label: Any) -> dict[Any, Decimal]:
    """Raised in the year by a label worked out for each gift."""
    found: dict[Any, Decimal] = defaultdict(Decimal)
    for gift in Slip(world, *YEAR).received:
        found[label(gift), gift["currency"]] += net(gift)
    return {key: value for key, value in found.items() if value}


def filled(told: dict[Any, Any]) -> dict[Any, Any]:
    """Without the rows of nought."""
    return {key: value for key, value in told.items() if value}


async def test_money_by_fund_names_the_funds_and_what_has_none(world: World):
    names = {fund["id"]: fund["name"] for fund in world.rows["funds"]}
    expected = reckoned(world, lambda gift: names.get(gift["fund_id"], "no fund"))
    assert filled(await by(world, "raised", "fund")) == expected
    assert ("Σχολείο", "EUR") in expected


async def test_a_fund_in_a_row_can_be_followed_by_its_id(world: World):
    report = await ask(world.house, "raised", by=("fund",), period="FY2025")
    ids = {row["id"]: row["name"] for row in world.rows["funds"]}
    for row in report.rows:
        assert ids.get(row["fund_id"], "no fund") == row["fund"]


async def test_the_officer_is_the_donors_officer_of_today(world: World):
    names = {member["id"]: member["name"] for member in world.rows["members"]}
    owners = {donor["id"]: donor["owner_id"] for donor in world.rows["donors"]}
    expected = reckoned(world, lambda gift: names.get(owners[gift["donor_id"]], "nobody"))
    assert filled(await by(world, "raised", "officer")) == expected


async def test_a_city_is_one_however_it_is_spelt(world: World):
    counts = await by(world, "donors_on_file", "city")
    addresses = world.by_id("addresses")
    spelt = Counter(
        addresses[donor["address_id"]]["city"] if donor["address_id"] else None
        for donor in world.live("donors")
    )
    athens = [label for label in counts if label.casefold() == "athens"]
    assert len(athens) == 1
    assert counts[athens[0]] == spelt["Athens"] + spelt["ATHENS"]
    assert counts["חיפה"] == spelt["חיפה"]
    assert counts["no city"] == spelt[None]


async def test_a_country_has_its_name(world: World):
    assert {"Greece", "Israel", "Norway", "no country"} == set(
        await by(world, "donors_on_file", "country")
    )


async def test_months_without_gifts_are_there_and_are_nought(world: World):
    report = await ask(
        world.house, "raised", "median_gift", by=("month",), period="2022-11..2023-08"
    )
    months = [row["month"] for row in report.rows if row["currency"] == "EUR"]
    assert months[0], months[-1] == ("2022-11", "2023-08")
    assert len(months) == 10
    empty = [row for row in report.rows if row["raised"] == 0]
    assert all(row["median_gift"] is None for row in empty)


async def test_a_step_that_has_not_begun_is_left_out(world: World):
    report = await ask(world.house, "leads", by=("month",), period="this_fiscal_year")
    assert report.rows[-1]["month"] == "2026-05"


async def test_fiscal_months_and_quarters_are_numbered_from_july(world: World):
    def month(gift: dict[str, Any]) -> str:
        return f"FY2025 M{(gift['received_on'].month - 7) % 12 + 1:02}"

    def quarter(gift: dict[str, Any]) -> str:
        return f"FY2025 Q{(gift['received_on'].month - 7) % 12 // 3 + 1}"

    for dimension, label in (("fiscal_month", month), ("fiscal_quarter", quarter)):
        told = await by(world, "raised", dimension)
        assert filled(told) == reckoned(world, label)


async def test_weeks_are_iso_weeks(world: World):
    def week(gift: dict[str, Any]) -> str:
        iso = gift["received_on"].isocalendar()
        return f"{iso.year}-W{iso.week:02}"

    told = await by(world, "raised", "week")
    assert filled(told) == reckoned(world, week)


async def test_a_moment_belongs_to_the_day_where_the_organisation_is(world: World):
    """These came at a quarter past eleven in the evening, Greenwich: the next day in Athens."""
    told = await by(world, "leads", "day", period="2025-06-20..2025-08-20")
    expected = Counter(where_we_are(lead["created_at"]).isoformat() for lead in world.live("leads"))
    assert filled(told) == {
        day: n for day, n in expected.items() if "2025-06-20" <= day <= "2025-08-20"
    }
    first = min(world.live("leads"), key=lambda lead: lead["created_at"])["created_at"]
    assert told[(first.date() + timedelta(days=1)).isoformat()] == 1


async def test_sizes_of_gifts_are_in_their_own_order(world: World):
    report = await ask(world.house, "gifts", by=("gift_size",), period="FY2025", order="gift_size")
    euros = [row["gift_size"] for row in report.rows if row["currency"] == "EUR"]
    assert euros[0] == "under 10"
    assert euros == sorted(euros, key=lambda label: 0 if label[0] == "u" else float(
        label.split()[0].replace(",", "")
    ))  # fmt: skip
    expected = Counter(
        gift["currency"] for gift in Slip(world, *YEAR).received_kept if gift["amount"] < 10
    )
    assert {
        row["currency"]: row["gifts"] for row in report.rows if row["gift_size"] == "under 10"
    } == expected


async def test_a_donor_counts_in_every_segment_they_are_in(world: World):
    board = {row["donor_id"] for row in world.rows["segment_members"]}
    kinds = {donor["id"]: donor["kind"] for donor in world.live("donors")}
    expected: dict[str, int] = Counter()
    for donor, kind in kinds.items():
        own = [*(["Board"] if donor in board else []), *(["Couples"] if kind == "couple" else [])]
        expected.update(own or ["no segment"])
    assert await by(world, "donors_on_file", "segment") == expected


async def test_a_segment_that_needs_contact_data_is_left_out_and_said_so(world: World):
    report = await ask(world.house, "donors_on_file", by=("segment",))
    assert any("“Givers by name”" in note for note in report.notes)


async def test_donors_by_rfm_segment_are_those_of_the_rules(world: World):
    def segment(row: dict[str, Any]) -> str:
        recent, often = row["recency"], row["frequency"]
        if recent >= 4 and often >= 4:
            return "champions"
        if recent >= 3:
            return "loyal" if often >= 3 else "new" if recent >= 4 and often == 1 else "promising"
        if recent == 2:
            return "at risk" if often >= 3 else "slipping"
        return "lost loyal" if often >= 3 else "lost"

    expected = Counter((segment(row), row["currency"]) for row in scored(Slip(world, *YEAR)))
    told = await by(world, "rfm_donors", "rfm_segment")
    assert {(label.split(":")[0], c): n for (label, c), n in told.items()} == expected


async def test_a_journey_stage_has_the_name_the_organisation_gave_it(world: World):
    told = await by(world, "stage_changes", "journey_stage", period="2025-06-20..2025-07-31")
    names = {
        stage["id"]: stage["name"]
        for journey in world.rows["journeys"]
        for stage in journey["graph"]["stages"]
    }
    assert "Cultivation" in names.values()
    first, last = date(2025, 6, 20), date(2025, 7, 31)
    there = {donor["id"] for donor in world.live("donors")}
    assert told == Counter(
        names.get(change["to_stage"], change["to_stage"])
        for change in world.rows["stage_changes"]
        if first <= where_we_are(change["at"]) <= last and change["donor_id"] in there
    )


async def test_two_dimensions_cross(world: World):
    report = await ask(world.house, "leads", by=("lead_source", "lead_status"), period="2025")
    slip = Slip(world, date(2025, 1, 1), date(2025, 12, 31), date(2024, 1, 1), date(2024, 12, 31))
    expected = Counter((lead["source"], lead["status"]) for lead in slip.leads)
    assert {
        (row["lead_source"], row["lead_status"]): row["leads"] for row in report.rows
    } == expected


async def test_figures_of_different_facts_stand_side_by_side(world: World):
    """Money has a row for each currency; what has none, a row of its own."""
    report = await ask(
        world.house, "raised", "retained_donors", by=("fiscal_year",), period="FY2025"
    )
    assert [(row["currency"], row["raised"] is None) for row in report.rows] == [
        ("EUR", False), ("USD", False), (None, True),
    ]  # fmt: skip
    assert report.rows[2]["retained_donors"] > 0
    assert report.rows[0]["retained_donors"] is None
    assert any("for all currencies at once" in note for note in report.notes)


async def test_one_currency_needs_no_column_of_its_own(world: World):
    report = await ask(
        world.house, "raised", "donors", "retained_donors",
        period="FY2025", only={"currency": ("USD",)},
    )  # fmt: skip
    assert report.currency == "USD"
    assert [column.name for column in report.columns] == ["raised", "donors", "retained_donors"]
    assert len(report.rows) == 1


@pytest.mark.parametrize("name", ["retention_rate", "ticket_backlog", "pipeline_value", "lybunt"])
async def test_a_misfit_names_what_fits(world: World, name: str):
    unfit = next(d for d in DIMENSIONS if d not in dimensions_of(MEASURES[name]))
    with pytest.raises(Misfit) as caught:
        await ask(world.house, name, by=(unfit,))
    for fitting in dimensions_of(MEASURES[name]):
        assert fitting in str(caught.value)


def test_a_dimension_nearly_named_is_suggested():
    with pytest.raises(UnknownDimension, match="Perhaps fund"):
        find_dimension("funds")


async def test_two_steps_of_time_at_once_are_refused(world: World):
    with pytest.raises(Exception, match="one step of time"):
        await ask(world.house, "raised", by=("year", "month"))


def test_money_is_never_added_across_currencies():
    """Whatever has an amount in it can be split by currency, and therefore always is."""
    for measure in MEASURES.values():
        if isinstance(measure, Figure) and measure.unit is Unit.MONEY:
            assert "currency" in measure.fact.cuts, measure.name
