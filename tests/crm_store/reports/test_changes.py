"""What becomes of figures when records change: refunds, deletions, merges, clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from crm_store.base import now
from crm_store.contacts.merging import merge_people
from crm_store.donors.testing import make_donor
from crm_store.gifts.refunding import refund_gift
from crm_store.gifts.testing import make_fund, make_gift
from crm_store.leads.models import Lead
from crm_store.orgs.models import Org
from crm_store.reports.query import Query
from crm_store.reports.repository import Reports
from crm_store.testing import House

DAY = date(2025, 3, 14)


async def one(house: House, *measures: str, period: str = "2025", **query):
    """The only row there is."""
    async with house.store.read(house.director) as session:
        report = await Reports(session).ask(Query(measures=measures, period=period, **query))
    (row,) = report.rows
    return tuple(row[name] for name in measures)


async def test_a_refund_lowers_what_was_raised_on_the_day_of_the_gift(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift = await make_gift(crm, donor, 100, DAY)
        await refund_gift(crm, gift.id, Decimal(40), refunded_on=date(2026, 1, 2))
    assert await one(house, "raised", "gross", "gifts", "refunded") == (60, 100, 1, 0)
    assert await one(house, "raised", "refunded", "refunds", period="2026") == (0, 40, 1)


async def test_a_gift_returned_in_full_makes_no_donor(house):
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm), 100, DAY)
        await refund_gift(crm, gift.id, Decimal(100), refunded_on=DAY)
    told = await one(house, "raised", "gross", "gifts", "donors", "new_donors", "average_gift")
    assert told == (0, 100, 0, 0, 0, None)


async def test_a_deleted_gift_is_as_if_it_had_never_been(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        kept = await make_gift(crm, donor, 10, DAY)
        gone = await make_gift(crm, donor, 500, DAY)
        gone.deleted_at = now()
        assert kept.id != gone.id
    assert await one(house, "raised", "gifts", "largest_gift", "lifetime_value") == (10, 1, 10, 10)


async def test_a_deleted_donors_gifts_stay_in_the_books(house):
    """What was received was received; the donor is no longer on file."""
    async with house.begin() as crm:
        donor = await make_donor(crm)
        await make_gift(crm, donor, 100, DAY)
        donor.deleted_at = now()
    assert await one(house, "raised", "donors", "donors_on_file") == (100, 1, 0)


async def test_two_donors_who_turn_out_to_be_one_count_once(house):
    async with house.begin() as crm:
        first, second = await make_donor(crm, "Ruth Cohen"), await make_donor(crm, "Ruth Kohen")
        await make_gift(crm, first, 100, date(2024, 3, 1))
        await make_gift(crm, second, 50, DAY)
    measures = ("donors", "retained_donors", "new_donors", "donors_on_file", "raised")
    assert await one(house, *measures) == (1, 0, 1, 2, 50)
    async with house.begin() as crm:
        people = await crm.donors.people_of([first.id, second.id])
        await merge_people(crm, people[first.id][0].id, people[second.id][0].id)
    assert await one(house, *measures) == (1, 1, 0, 1, 50)


async def test_a_couple_gives_as_one(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        await make_gift(crm, couple, 100, DAY)
        await make_gift(crm, couple, 100, date(2025, 9, 9))
    assert await one(house, "donors", "gifts_per_donor", "raised") == (1, 2, 200)


@pytest.mark.parametrize(
    ("starts", "year", "raised"), [(1, "FY2025", 60), (7, "FY2025", 30), (7, "FY2026", 40)]
)
async def test_a_fiscal_year_begins_when_the_organisation_says(house, starts, year, raised):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        for amount, day in (
            (10, date(2024, 7, 1)), (20, date(2025, 6, 30)), (40, date(2025, 7, 1)),
        ):  # fmt: skip
            await make_gift(crm, donor, amount, day)
        (await crm.session.get(Org, house.org_id)).fiscal_year_starts = starts
    assert await one(house, "raised", "donors", period=year) == (raised, 1)


async def test_the_day_the_clocks_go_back_has_twenty_five_hours(house):
    """In Athens the 26th of October 2025 lasts from nine in the evening till ten, Greenwich."""
    async with house.begin() as crm:
        (await crm.session.get(Org, house.org_id)).timezone = "Europe/Athens"
        for moment in (
            datetime(2025, 10, 25, 20, 59, tzinfo=UTC), datetime(2025, 10, 25, 21, 0, tzinfo=UTC),
            datetime(2025, 10, 26, 21, 59, tzinfo=UTC), datetime(2025, 10, 26, 22, 0, tzinfo=UTC),
        ):  # fmt: skip
            crm.session.add(Lead(given_name="A", created_at=moment))
    async with house.store.read(house.director) as session:
        query = Query(measures=("leads",), by=("day",), period="2025-10-24..2025-10-27")
        report = await Reports(session).ask(query)
    assert [row["leads"] for row in report.rows] == [0, 1, 2, 1]


async def test_a_zone_ahead_and_a_zone_behind_disagree_on_the_day(house, neighbour):
    for place, zone in ((house, "Pacific/Auckland"), (neighbour, "America/Los_Angeles")):
        async with place.begin() as crm:
            (await crm.session.get(Org, place.org_id)).timezone = zone
            moment = datetime(2025, 7, 1, 2, tzinfo=UTC)
            crm.session.add(Lead(given_name="A", created_at=moment))
    assert await one(house, "leads", period="2025-07-01") == (1,)
    assert await one(neighbour, "leads", period="2025-07-01") == (0,)
    assert await one(neighbour, "leads", period="2025-06-30") == (1,)


async def test_names_in_any_script_come_back_as_they_were_given(house):
    names = ("Σχολείο", "בית ספר", "🎄 'Winter' %s; DROP TABLE", "x" * 500)
    async with house.begin() as crm:
        donor = await make_donor(crm)
        for name in names:
            fund = await make_fund(crm, name)
            await make_gift(crm, donor, 10, DAY, fund_id=fund.id)
    for name in names:
        assert await one(house, "raised", only={"fund": (name,)}) == (10,)
