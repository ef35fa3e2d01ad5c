from datetime import date
from decimal import Decimal

import pytest

from crm_store.actor import Reach
from crm_store.donors.testing import make_donor
from crm_store.errors import Refused
from crm_store.gifts.actions import delete_gift
from crm_store.gifts.crediting import credit_softly
from crm_store.gifts.fiscal import Period
from crm_store.gifts.models import CreditKind
from crm_store.gifts.refunding import refund_gift
from crm_store.gifts.testing import make_gift, make_plan, make_pledge
from crm_store.gifts.views import (
    CreditView,
    DonorGivingView,
    GiftView,
    GivingYearView,
    OutstandingView,
    PlanView,
    PledgeView,
    RefundView,
    SoftCreditView,
    TopDonorView,
)

CLERK = frozenset({"gifts:read", "donors:read"})


async def givers(crm):
    """Ruth gives most in all, Noa most in 2025, Dan most at once."""
    ruth, noa, dan = [await make_donor(crm, name) for name in ("Ruth Cohen", "Noa Levi", "Dan Oz")]
    for donor, amount, year in (
        (ruth, 400, 2023), (ruth, 300, 2024), (ruth, 100, 2025),
        (noa, 150, 2025), (noa, 160, 2025), (dan, 500, 2022),
    ):  # fmt: skip
        await make_gift(crm, donor, amount, date(year, 5, 5))
    return ruth, noa, dan


def names(rows):
    return [row.name for row in rows]


async def test_top_donors_are_told_ever_in_a_year_and_in_a_period(house):
    async with house.begin() as crm:
        ruth, _, _ = await givers(crm)
        await make_gift(crm, ruth, 10_000, date(2025, 5, 5), currency="ILS")
        giving = crm.giving
        ever = await giving.top_donors("EUR")
        assert names(ever) == ["Ruth Cohen", "Dan Oz", "Noa Levi"]
        assert (ever[0].total, ever[0].gifts, ever[0].largest) == (800, 3, 400)
        in_2025 = await giving.top_donors("EUR", fiscal_year=2025)
        assert [(row.name, row.total) for row in in_2025] == [
            ("Noa Levi", 310),
            ("Ruth Cohen", 100),
        ]
        since = Period(date(2024, 1, 1), date(2025, 5, 4))
        assert names(await giving.top_donors("EUR", within=since)) == ["Ruth Cohen"]
        assert len(await giving.top_donors("EUR", limit=1)) == 1
        assert names(await giving.top_donors("ILS")) == ["Ruth Cohen"]


async def test_top_donors_are_those_within_reach(house):
    async with house.begin() as crm:
        mine = await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        for donor in (mine, await make_donor(crm, "Noa Levi")):
            await make_gift(crm, donor, 10, date(2025, 1, 1))
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        whole = Period(date(2025, 1, 1), date(2025, 12, 31))
        for how in ({}, {"fiscal_year": 2025}, {"within": whole}):
            assert names(await crm.giving.top_donors("EUR", **how)) == ["Ruth Cohen"]


async def test_the_largest_gifts_are_told_by_currency_and_period(house):
    async with house.begin() as crm:
        _, _, dan = await givers(crm)
        await make_gift(crm, dan, 9_999, currency="ILS")
        found = await crm.gifts.largest("EUR", limit=3)
        assert [gift.amount for gift in found] == [500, 400, 300]
        year = Period(date(2025, 1, 1), date(2025, 12, 31))
        found = await crm.gifts.largest("EUR", within=year)
        assert [gift.amount for gift in found] == [160, 150, 100]
        await delete_gift(crm, found[0].id)
        assert [gift.amount for gift in await crm.gifts.largest("EUR", within=year)] == [150, 100]


async def test_a_donors_years_are_told_latest_first(house):
    async with house.begin() as crm:
        ruth, _, _ = await givers(crm)
        years = await crm.giving.years(ruth.id)
        assert [(year.fiscal_year, year.total) for year in years] == [
            (2025, 100), (2024, 300), (2023, 400),
        ]  # fmt: skip
        (life,) = await crm.giving.lifetime(ruth.id)
        assert (life.first_on, life.first_amount) == (date(2023, 5, 5), 400)
        assert (life.last_on, life.last_amount) == (date(2025, 5, 5), 100)


async def test_amounts_are_shown_to_those_who_may_read_them_and_named_to_others(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        gift = await make_gift(crm, donor, 100)
        await refund_gift(crm, gift.id, 30)
        other = await make_donor(crm, "Noa Levi")
        await credit_softly(crm, gift.id, CreditKind.SOLICITOR, donor_id=other.id, amount=5)
        await make_plan(crm, donor)
        await make_pledge(crm, donor, 40)

    async def views(crm):
        gift = (await crm.gifts.of_donor(donor.id)).rows[0]
        (credit,) = (await crm.giving.of_donors(donor.id)).by_currency
        return [
            GiftView.of(gift),
            RefundView.of((await crm.refunds.of_gift(gift.id))[0], currency="EUR"),
            SoftCreditView.of((await crm.soft_credits.of_gift(gift.id))[0], currency="EUR"),
            PlanView.of((await crm.plans.of_donor(donor.id))[0]),
            PledgeView.of((await crm.pledges.of_donor(donor.id))[0]),
            GivingYearView.of((await crm.giving.years(donor.id))[0]),
            DonorGivingView.of((await crm.giving.lifetime(donor.id))[0]),
            CreditView.of(credit, crm.actor),
            TopDonorView.of((await crm.giving.top_donors("EUR"))[0], crm.actor),
            OutstandingView.of((await crm.pledges.outstanding())[0], crm.actor),
        ]

    async with house.begin() as crm:
        open_views = await views(crm)
        assert open_views[0].net == Decimal("70.00")
        assert str(open_views[0].amount) == "100.00"
        assert str(open_views[7].combined) == "70.00"
        assert all(not view.hidden for view in open_views)
    async with house.begin(house.actor(scopes=CLERK)) as crm:
        for view, open_view in zip(await views(crm), open_views, strict=True):
            told = view.model_dump()
            assert view.hidden
            assert all(told[name] is None for name in view.hidden)
            amounts = {
                name for name, value in open_view.model_dump().items() if isinstance(value, Decimal)
            }
            assert amounts <= set(view.hidden)
        assert not any(isinstance(value, Decimal) for value in told.values())


async def test_nothing_is_told_to_those_who_may_not_read_gifts(house):
    nobody = house.actor(scopes={"donors:read"})
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift = await make_gift(crm, donor)
    async with house.begin(nobody) as crm:
        for ask in (
            lambda: crm.gifts.recent(),
            lambda: crm.gifts.get(gift.id),
            lambda: crm.giving.of_donors(donor.id),
            lambda: crm.giving.of_people(donor.id),
            lambda: crm.giving.of_household(donor.id),
            lambda: crm.giving.top_donors("EUR"),
            lambda: crm.giving.years(donor.id),
            lambda: crm.pledges.overdue(date(2025, 1, 1)),
            lambda: crm.pledges.outstanding(),
            lambda: crm.receipts.last_serial(2025),
            lambda: crm.expected_gifts.missed(),
            lambda: crm.funds.named(),
        ):
            with pytest.raises(Refused, match="You may not see gifts"):
                await ask()
