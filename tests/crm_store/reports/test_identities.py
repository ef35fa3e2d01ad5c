"""What must hold of loyalty whatever the period and whatever the gifts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from crm_store.actor import Actor
from crm_store.base import new_id
from crm_store.reports.compile import parts_of, statement
from crm_store.reports.narrowing import Narrower
from crm_store.reports.periods import Grain, resolve
from crm_store.reports.plan import House, Plan
from crm_store.reports.query import Query
from crm_store.reports.registry import MEASURES, figures_of
from crm_store.reports.repository import Reports
from tests.crm_store.reports.conftest import ask
from tests.crm_store.reports.world import AT, World

LOYALTY = (
    "donors", "new_donors", "retained_donors", "recovered_donors", "lapsed_donors",
    "donors_before", "retention_rate", "lapse_rate",
)  # fmt: skip
FIRST, LAST = date(2022, 1, 1), date(2026, 5, 21)
SPANS = st.tuples(st.dates(FIRST, LAST), st.integers(0, 700), st.sampled_from([None, *Grain])).map(
    lambda drawn: (drawn[0], drawn[0] + timedelta(days=drawn[1]), drawn[2])
)
NARROWER = st.sampled_from(
    [{}, {"amount_from": Decimal(50)}, {"only": {"fund": ("Bread",)}},
     {"only": {"currency": ("USD",)}}, {"only": {"donor_type": ("couple",)}}]
)  # fmt: skip


@given(SPANS, NARROWER)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_donors_are_new_retained_or_recovered_and_those_before_retained_or_lapsed(
    world: World, span: Any, narrower: dict[str, Any]
):
    first, last, grain = span
    by = () if grain is None else (grain.value,)
    if grain in (Grain.DAY, Grain.WEEK):
        last = min(last, first + timedelta(days=60))
    report = await ask(world.house, *LOYALTY, by=by, period=f"{first}..{last}", **narrower)
    for row in report.rows:
        came = row["new_donors"] + row["retained_donors"] + row["recovered_donors"]
        assert row["donors"] == came, row
        assert row["donors_before"] == row["retained_donors"] + row["lapsed_donors"], row
        if row["donors_before"]:
            assert row["retention_rate"] + row["lapse_rate"] == pytest.approx(1, abs=1e-3)
        else:
            assert row["retention_rate"] is None


@pytest.mark.parametrize("year", range(2022, 2028))
async def test_totals_kept_by_year_and_the_gifts_themselves_agree(world: World, year: int):
    """A limit that every gift keeps makes the reports read the gifts."""
    measures = (*LOYALTY, "new_donors_before", "new_donors_retained", "lybunt", "sybunt")
    async with world.house.store.read(world.house.director) as session:
        for names in (measures, ("upgraded_donors", "downgraded_donors"), ("lybunt_amount",)):
            for by in ((), ("fiscal_year",), ("officer",)):
                query = Query(measures=names, period=f"FY{year}", by=by)
                quick = await Reports(session).ask(query, at=AT)
                slow = await Reports(session).ask(
                    query.model_copy(update={"amount_from": Decimal(0)}), at=AT
                )
                assert sorted(map(str, quick.rows)) == sorted(map(str, slow.rows)), names


async def test_years_asked_one_by_one_and_together_agree(world: World):
    together = await ask(
        world.house, *LOYALTY, "lybunt", "sybunt", by=("fiscal_year",), period="FY2022..FY2026"
    )
    for row in together.rows:
        year = row["fiscal_year"]
        alone = await ask(world.house, *LOYALTY, "lybunt", "sybunt", period=str(year))
        assert {**alone.rows[0], "fiscal_year": year} == row


async def test_amounts_of_years_asked_one_by_one_and_together_agree(world: World):
    measures = ("upgraded_donors", "downgraded_donors", "lybunt_amount")
    together = await ask(
        world.house, *measures, by=("fiscal_year", "currency"), period="FY2022..FY2026"
    )
    for row in together.rows:
        year = str(row["fiscal_year"])
        alone = await ask(world.house, *measures, by=("currency",), period=year)
        found = [one for one in alone.rows if one["currency"] == row["currency"]]
        assert [{**one, "fiscal_year": year} for one in found] == [row] or not any(
            row[name] for name in measures
        )


async def test_what_lybunt_and_lapsed_mean_is_one_thing_in_a_fiscal_year(world: World):
    report = await ask(world.house, "lybunt", "lapsed_donors", period="FY2025")
    assert report.rows[0]["lybunt"] == report.rows[0]["lapsed_donors"] > 0


@pytest.mark.parametrize(
    "name", ["retention_rate", "lybunt", "sybunt", "lybunt_amount", "upgraded_donors", "new_donors",
             "new_donor_retention_rate", "donors"],
)  # fmt: skip
def test_whole_fiscal_years_are_read_off_the_yearly_totals(name: str):
    """The gifts themselves are far too many to be gone through for a yearly figure."""
    house = House(new_id(), "EUR", "Europe/Athens", 7)
    plan = Plan(Actor.system(house.id), house, AT, resolve("FY2025", date(2026, 5, 21), 7))
    parts = parts_of(figures_of(MEASURES[name]), (), plan)
    for part in parts:
        written = str(statement(part, plan, Narrower()).compile(dialect=postgresql.dialect()))
        assert "giving_years" in written
        assert "FROM gifts" not in written
