from datetime import date, timedelta

import pytest
from sqlalchemy import text

from crm_store.gifts.fiscal import fiscal_year, period_of

MONTHS = range(1, 13)


@pytest.mark.parametrize("starts", MONTHS)
def test_a_fiscal_year_is_named_by_the_year_it_ends_in(starts):
    period = period_of(2025, starts)
    assert period.first == (date(2025, 1, 1) if starts == 1 else date(2024, starts, 1))
    assert period.last.year == 2025
    assert (period.last + timedelta(days=1)).month == starts
    assert fiscal_year(period.first, starts) == fiscal_year(period.last, starts) == 2025
    assert fiscal_year(period.first - timedelta(days=1), starts) == 2024
    assert fiscal_year(period.last + timedelta(days=1), starts) == 2026


def test_a_leap_day_has_its_year():
    assert fiscal_year(date(2024, 2, 29), 3) == 2024
    assert fiscal_year(date(2024, 3, 1), 3) == 2025
    assert period_of(2024, 3).last == date(2024, 2, 29)


async def test_the_database_counts_years_as_python_does(house):
    days = [date(2023, 12, 25) + timedelta(days=n) for n in range(0, 800, 3)]
    async with house.begin() as crm:
        for starts in MONTHS:
            found = await crm.session.scalars(
                text("SELECT fiscal_year(d, :starts) FROM unnest(CAST(:days AS date[])) AS d"),
                {"starts": starts, "days": days},
            )
            assert found.all() == [fiscal_year(day, starts) for day in days]


async def test_the_year_of_an_organisation_follows_its_setting(house):
    async with house.begin() as crm:
        org = await crm.orgs.current()
        org.fiscal_year_starts = 9
        await crm.flush()
        assert await crm.giving.fiscal_year_of(date(2025, 9, 1)) == 2026
        assert (await crm.giving.fiscal_period(2026)).first == date(2025, 9, 1)
