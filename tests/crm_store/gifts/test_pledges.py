from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_store.base import now
from crm_store.donors.testing import make_donor
from crm_store.errors import Invalid
from crm_store.gifts.actions import correct_gift, delete_gift, move_gift, record_gift
from crm_store.gifts.models import Frequency, InstalmentStatus, PledgeStatus
from crm_store.gifts.pledging import (
    NothingOpen,
    pay_pledge,
    pledge,
    pledge_in_parts,
    write_off_instalment,
    write_off_pledge,
)
from crm_store.gifts.refunding import refund_gift
from crm_store.gifts.testing import make_fund, make_pledge
from crm_store.money import Money, digits

DAY = date(2024, 1, 31)


async def parts(crm, row):
    return [int(part.paid) for part in await crm.pledges.instalments(row.id)]


async def test_instalments_sum_exactly_and_fall_on_month_ends(house):
    async with house.begin() as crm:
        row = await pledge(
            crm, (await make_donor(crm)).id, 100, "EUR", pledged_on=DAY, instalments=3
        )
        found = await crm.pledges.instalments(row.id)
        assert [str(part.amount)[:5] for part in found] == ["33.33", "33.33", "33.34"]
        assert [part.due_on for part in found] == [DAY, date(2024, 2, 29), date(2024, 3, 31)]
        assert (row.balance, row.status) == (100, PledgeStatus.ACTIVE)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amount=st.integers(1, 10**7),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    number=st.integers(1, 40),
    frequency=st.sampled_from(Frequency),
)
async def test_whatever_the_pledge_its_instalments_are_the_whole_of_it(
    crm, amount, currency, number, frequency
):
    donor = await make_donor(crm)
    whole = Decimal(amount) * number / 10 ** digits(currency)
    row = await pledge(
        crm, donor.id, whole, currency, pledged_on=DAY, instalments=number, frequency=frequency
    )
    found = await crm.pledges.instalments(row.id)
    assert [part.number for part in found] == list(range(1, number + 1))
    assert sum(part.amount for part in found) == row.amount == whole
    assert all(Money(part.amount, currency).amount == part.amount for part in found)


async def test_a_pledge_too_small_to_be_parted_is_refused(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        with pytest.raises(Invalid, match="above zero"):
            await pledge(crm, donor.id, "0.02", "EUR", pledged_on=DAY, instalments=3)
        for number in (0, 601):
            with pytest.raises(Invalid):
                await pledge(crm, donor.id, 9, "EUR", pledged_on=DAY, instalments=number)
        with pytest.raises(Invalid):
            await pledge_in_parts(crm, donor.id, [], "EUR", pledged_on=DAY)
        with pytest.raises(Invalid, match="before"):
            earlier = [(date(2023, 1, 1), Decimal(5))]
            await pledge_in_parts(crm, donor.id, earlier, "EUR", pledged_on=DAY)


async def test_a_payment_fills_the_oldest_instalments_first(house):
    async with house.begin() as crm:
        fund = await make_fund(crm)
        row = await make_pledge(crm, await make_donor(crm), 40, 40, 40, fund_id=fund.id)
        gift = await pay_pledge(crm, row.id, received_on=DAY)
        assert (gift.amount, gift.fund_id) == (40, fund.id)
        assert await parts(crm, row) == [40, 0, 0]
        await pay_pledge(crm, row.id, 10, received_on=DAY)
        assert await parts(crm, row) == [40, 10, 0]
        await pay_pledge(crm, row.id, received_on=DAY)
        assert await parts(crm, row) == [40, 40, 0]
        assert (row.paid, row.balance, row.status) == (80, 40, PledgeStatus.ACTIVE)


async def test_what_exceeds_an_instalment_pays_the_next_and_what_exceeds_all_is_shown(house):
    async with house.begin() as crm:
        row = await make_pledge(crm, await make_donor(crm), 40, 40, 40)
        await pay_pledge(crm, row.id, 50, received_on=DAY)
        assert await parts(crm, row) == [40, 10, 0]
        await pay_pledge(crm, row.id, 100, received_on=DAY)
        assert await parts(crm, row) == [40, 40, 40]
        assert (row.status, row.balance, row.overpaid) == (PledgeStatus.FULFILLED, 0, 30)
        with pytest.raises(NothingOpen):
            await pay_pledge(crm, row.id)


async def test_what_is_refunded_deleted_or_moved_is_owed_again(house):
    async with house.begin() as crm:
        donor, other = await make_donor(crm), await make_donor(crm, "Noa Levi")
        row = await make_pledge(crm, donor, 40, 40)
        first, second, third = [
            await pay_pledge(crm, row.id, 20, received_on=date(2024, 1, n)) for n in (1, 2, 3)
        ]
        assert await parts(crm, row) == [40, 20]
        await refund_gift(crm, first.id, 5)
        assert await parts(crm, row) == [40, 15]
        await delete_gift(crm, second.id)
        assert await parts(crm, row) == [35, 0]
        await move_gift(crm, third.id, other.id)
        assert await parts(crm, row) == [15, 0]
        await correct_gift(crm, first.id, amount=Decimal(85))
        assert await parts(crm, row) == [40, 40]
        assert row.status is PledgeStatus.FULFILLED
        await correct_gift(crm, first.id, instalment_id=None)
        assert (await parts(crm, row), row.paid) == ([0, 0], 0)
        assert row.status is PledgeStatus.ACTIVE


async def test_another_donor_may_pay_and_has_the_credit_of_it(house):
    async with house.begin() as crm:
        firm = await make_donor(crm, company="Aegean Foods")
        row = await make_pledge(crm, await make_donor(crm), 40)
        await pay_pledge(crm, row.id, donor_id=firm.id, received_on=DAY)
        assert row.status is PledgeStatus.FULFILLED
        assert (await crm.giving.lifetime(firm.id))[0].total == 40
        assert await crm.giving.lifetime(row.donor_id) == []


async def test_what_is_written_off_is_not_owed_and_what_was_paid_stays_paid(house):
    async with house.begin() as crm:
        row = await make_pledge(crm, await make_donor(crm), 40, 40, 40)
        await pay_pledge(crm, row.id, 50, received_on=DAY)
        _, second, third = await crm.pledges.instalments(row.id)
        await write_off_instalment(crm, third.id, "Lost her job")
        assert third.status is InstalmentStatus.WRITTEN_OFF
        assert (row.balance, row.written_off, row.status) == (30, 40, PledgeStatus.ACTIVE)
        await write_off_pledge(crm, row.id, "Lost her job")
        assert (second.paid, second.written_off) == (10, 30)
        assert (row.balance, row.paid, row.status) == (0, 50, PledgeStatus.WRITTEN_OFF)
        for verb in (
            lambda: write_off_pledge(crm, row.id, "Again"),
            lambda: write_off_instalment(crm, third.id, "Again"),
        ):
            with pytest.raises(NothingOpen):
                await verb()


async def test_a_gift_in_another_currency_pays_nothing_however_it_got_there(house):
    async with house.begin() as crm:
        row = await make_pledge(crm, await make_donor(crm), 40)
        gift = await pay_pledge(crm, row.id, received_on=DAY)
        await correct_gift(crm, gift.id, instalment_id=None)
        with pytest.raises(Invalid):
            await correct_gift(
                crm, gift.id, currency="USD", instalment_id=(await first(crm, row)).id
            )


async def first(crm, row):
    return (await crm.pledges.instalments(row.id))[0]


async def test_what_is_overdue_is_told_the_oldest_first(house):
    async with house.begin() as crm:
        row = await make_pledge(crm, await make_donor(crm), 40, 40, 40, pledged_on=DAY)
        await pay_pledge(crm, row.id, received_on=DAY)
        found = await crm.pledges.overdue(date(2026, 2, 1))
        assert [(part.number, of.id) for part, of in found] == [(2, row.id), (3, row.id)]
        assert await crm.pledges.overdue(date(2025, 1, 31)) == []


async def test_balances_are_told_by_currency(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        euros = await make_pledge(crm, donor, 40, 40)
        await make_pledge(crm, await make_donor(crm, "Noa Levi"), 10)
        await make_pledge(crm, donor, 7, currency="ILS")
        gone = await make_pledge(crm, donor, 1000)
        gone.deleted_at = now()
        await pay_pledge(crm, euros.id, 15, received_on=DAY)
        assert [
            (each.currency, each.pledges, each.promised, each.paid, each.balance)
            for each in await crm.pledges.outstanding()
        ] == [("EUR", 2, 90, 15, 75), ("ILS", 1, 7, 0, 7)]
        assert (await crm.pledges.outstanding(donor.id))[0].balance == 65


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    promised=st.lists(st.integers(1, 50), min_size=1, max_size=5),
    paid=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), max_size=5),
)
async def test_however_it_is_paid_the_instalments_hold_what_came_and_no_more(crm, promised, paid):
    row = await make_pledge(crm, await make_donor(crm), *promised)
    part = await first(crm, row)
    net = 0
    for amount, returned in paid:
        gift = await record_gift(
            crm, row.donor_id, amount, "EUR", DAY, instalment_id=part.id, even_if_duplicate=True
        )
        returned = min(amount, returned)
        if returned:
            await refund_gift(crm, gift.id, returned)
        net += amount - returned
    found = await crm.pledges.instalments(row.id)
    assert row.paid == net
    assert sum(each.paid for each in found) == min(net, sum(promised))
    assert row.balance + min(row.paid, row.amount) == row.amount
    unpaid = [each for each in found if each.paid < each.amount]
    assert all(each.paid == 0 for each in unpaid[1:])
    assert {each.status for each in unpaid} <= {InstalmentStatus.OPEN}
    assert (row.status is PledgeStatus.FULFILLED) == (not unpaid)
