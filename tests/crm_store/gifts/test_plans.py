from datetime import date
from decimal import Decimal

import pytest

from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid
from crm_store.gifts.actions import delete_gift, record_gift, restore_gift
from crm_store.gifts.fiscal import Period
from crm_store.gifts.models import ExpectedStatus, Frequency, PlanStatus
from crm_store.gifts.planning import (
    NotPaused,
    PlanEnded,
    change_plan_amount,
    end_plan,
    foresee_gifts,
    pause_plan,
    resume_plan,
    skip_expected,
    start_plan,
)
from crm_store.gifts.refunding import refund_gift
from crm_store.gifts.settling import mark_missed
from crm_store.gifts.testing import make_plan

JAN = date(2024, 1, 31)
DEC = date(2024, 12, 31)


async def dates(crm, plan, *statuses):
    wanted = statuses or tuple(ExpectedStatus)
    found = await crm.expected_gifts.of_plan(plan.id)
    return [f"{row.due_on:%m-%d}" for row in found if row.status in wanted]


async def foreseen(crm, **more):
    """A monthly plan on the last of the month with the gifts of 2024 foreseen."""
    plan = await make_plan(crm, await make_donor(crm), 25, JAN, **more)
    assert await foresee_gifts(crm, DEC) == 1
    return plan


async def test_foreseeing_twice_changes_nothing(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        before = [row.id for row in await crm.expected_gifts.of_plan(plan.id)]
        assert len(before) == 12
        assert await foresee_gifts(crm, DEC) == 0
        plan.expected_until = None
        await crm.flush()
        assert await foresee_gifts(crm, DEC) == 1
        assert [row.id for row in await crm.expected_gifts.of_plan(plan.id)] == before
        assert plan.next_on == JAN


async def test_a_later_horizon_adds_what_lies_beyond_the_first(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        assert await foresee_gifts(crm, date(2025, 2, 28)) == 1
        assert (await dates(crm, plan))[-3:] == ["12-31", "01-31", "02-28"]


async def test_many_plans_are_foreseen_a_few_at_a_time(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        plans = [await make_plan(crm, donor, 10 + n, JAN) for n in range(5)]
    done = []
    while True:
        async with house.begin() as crm:
            done.append(await foresee_gifts(crm, DEC, limit=2))
        if not done[-1]:
            break
    assert done == [2, 2, 1, 0]
    async with house.begin() as crm:
        assert {len(await crm.expected_gifts.of_plan(plan.id)) for plan in plans} == {12}


async def test_no_gift_is_foreseen_after_the_end_of_a_plan(house):
    async with house.begin() as crm:
        plan = await foreseen(crm, ends_on=date(2024, 3, 31))
        assert await dates(crm, plan) == ["01-31", "02-29", "03-31"]
        assert await foresee_gifts(crm, date(2030, 1, 1)) == 0


async def test_a_new_plan_says_when_its_first_gift_is_expected(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        plan = await start_plan(crm, donor.id, 18, "ILS", starts_on=JAN)
        assert (plan.next_on, plan.day, plan.status) == (JAN, 31, PlanStatus.ACTIVE)
        weekly = await start_plan(
            crm, donor.id, 5, starts_on=date(2024, 1, 1), frequency=Frequency.WEEKLY, day=5
        )
        assert weekly.next_on == date(2024, 1, 5)
        assert [row.id for row in await crm.plans.of_donor(donor.id)] == [plan.id, weekly.id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"day": 32},
        {"day": 0},
        {"frequency": Frequency.WEEKLY, "day": 8},
        {"ends_on": date(2023, 1, 1)},
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(house, wrong):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        with pytest.raises(Invalid):
            await start_plan(crm, donor.id, **{"amount": 5, "starts_on": JAN, **wrong})


async def test_while_a_plan_is_paused_nothing_is_expected(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        await pause_plan(crm, plan.id, date(2024, 3, 1), reason="Between jobs")
        assert await dates(crm, plan) == ["01-31", "02-29"]
        assert await foresee_gifts(crm, DEC) == 0
        with pytest.raises(Conflict):
            await pause_plan(crm, plan.id, date(2024, 3, 1))
        await resume_plan(crm, plan.id, date(2024, 6, 1))
        found = await dates(crm, plan)
        assert found[:4] == ["01-31", "02-29", "06-30", "07-31"]
        assert (plan.status, plan.status_reason) == (PlanStatus.ACTIVE, None)
        with pytest.raises(NotPaused):
            await resume_plan(crm, plan.id, date(2024, 6, 1))


async def test_a_quarterly_plan_keeps_its_months_over_a_pause(house):
    async with house.begin() as crm:
        plan = await foreseen(crm, frequency=Frequency.QUARTERLY)
        await pause_plan(crm, plan.id, date(2024, 2, 1))
        await resume_plan(crm, plan.id, date(2024, 5, 15))
        assert (await dates(crm, plan))[:3] == ["01-31", "07-31", "10-31"]


async def test_an_ended_plan_expects_nothing_more_and_stays_ended(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        await end_plan(crm, plan.id, date(2024, 4, 30), reason="Moved away")
        assert (await dates(crm, plan))[-1] == "04-30"
        assert (plan.status, plan.ends_on) == (PlanStatus.ENDED, date(2024, 4, 30))
        for verb in (
            lambda: end_plan(crm, plan.id, DEC),
            lambda: pause_plan(crm, plan.id, DEC),
            lambda: change_plan_amount(crm, plan.id, 5, DEC),
        ):
            with pytest.raises(PlanEnded):
                await verb()


async def test_another_amount_is_expected_from_the_day_it_changes(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        await change_plan_amount(crm, plan.id, 40, date(2024, 7, 1))
        amounts = [int(row.amount) for row in await crm.expected_gifts.of_plan(plan.id)]
        assert amounts == [25] * 6 + [40] * 6


async def test_a_gift_under_a_plan_settles_the_nearest_expectation(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        gift = await record_gift(
            crm, plan.donor_id, 25, "EUR", date(2024, 3, 4), recurring_plan_id=plan.id
        )
        assert await dates(crm, plan, ExpectedStatus.RECEIVED) == ["02-29"]
        assert (await crm.expected_gifts.of_gift(gift.id)).gift_id == gift.id
        assert plan.next_on == JAN


async def test_a_gift_nobody_assigned_finds_the_one_plan_it_fits(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        fits = await record_gift(crm, plan.donor_id, 25, "EUR", date(2024, 3, 4))
        assert fits.recurring_plan_id == plan.id
        for amount, currency, day in (
            (26, "EUR", date(2024, 4, 30)),
            (25, "USD", date(2024, 4, 30)),
            (25, "EUR", date(2024, 4, 15)),
        ):
            other = await record_gift(crm, plan.donor_id, amount, currency, day)
            assert other.recurring_plan_id is None
        await make_plan(crm, await crm.plans.donor(plan.donor_id), 25, JAN)
        await foresee_gifts(crm, DEC)
        unclear = await record_gift(crm, plan.donor_id, 25, "EUR", date(2024, 6, 30))
        assert unclear.recurring_plan_id is None


async def test_a_gift_that_bounced_is_expected_again(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        first = await record_gift(crm, plan.donor_id, 25, "EUR", JAN)
        await delete_gift(crm, first.id)
        assert "01-31" in await dates(crm, plan, ExpectedStatus.EXPECTED)
        await restore_gift(crm, first.id)
        assert await dates(crm, plan, ExpectedStatus.RECEIVED) == ["01-31"]
        await refund_gift(crm, first.id, 5)
        assert await dates(crm, plan, ExpectedStatus.RECEIVED) == ["01-31"]
        await refund_gift(crm, first.id)
        assert await dates(crm, plan, ExpectedStatus.RECEIVED) == []


async def test_what_did_not_come_in_time_is_missed_and_may_still_come_late(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        assert await mark_missed(crm, date(2024, 3, 7)) == 1
        assert await dates(crm, plan, ExpectedStatus.MISSED) == ["01-31"]
        assert plan.next_on == date(2024, 2, 29)
        assert await mark_missed(crm, date(2024, 3, 8)) == 1
        assert await mark_missed(crm, date(2024, 3, 8)) == 0
        late = await record_gift(
            crm, plan.donor_id, 25, "EUR", date(2024, 3, 10), recurring_plan_id=plan.id
        )
        assert (await crm.expected_gifts.of_gift(late.id)).due_on == date(2024, 2, 29)
        assert [row.due_on for row in await crm.expected_gifts.missed()] == [JAN]


async def test_a_skipped_gift_is_neither_expected_nor_missed(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        first = (await crm.expected_gifts.of_plan(plan.id))[0]
        await skip_expected(crm, first.id)
        assert plan.next_on == date(2024, 2, 29)
        assert await mark_missed(crm, date(2024, 2, 20)) == 0
        gift = await record_gift(
            crm, plan.donor_id, 25, "EUR", date(2024, 3, 1), recurring_plan_id=plan.id
        )
        settled = await crm.expected_gifts.of_gift(gift.id)
        with pytest.raises(Conflict):
            await skip_expected(crm, settled.id)


async def test_what_was_expected_stands_beside_what_came(house):
    async with house.begin() as crm:
        plan = await foreseen(crm)
        await record_gift(crm, plan.donor_id, 25, "EUR", JAN)
        came = await record_gift(crm, plan.donor_id, 25, "EUR", date(2024, 2, 29))
        await refund_gift(crm, came.id, 5)
        await skip_expected(crm, (await crm.expected_gifts.of_plan(plan.id))[3].id)
        await mark_missed(crm, date(2024, 4, 30))
        months = await crm.expected_gifts.against_received(Period(JAN, date(2024, 5, 31)))
        told = [(m.month.month, m.expected, m.received, m.missed) for m in months]
        assert told == [(1, 25, 25, 0), (2, 25, 20, 0), (3, 25, 0, 25), (5, 25, 0, 0)]
        assert all(isinstance(month.received, Decimal) for month in months)
