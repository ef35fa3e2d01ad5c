"""No budget is ever promised twice."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm_store.actor import Door
from crm_store.assistants.models import BudgetPeriod, Period
from crm_store.assistants.spending import (
    OverBudget,
    period_start,
    release,
    release_expired,
    reserve,
    set_budget,
    settle,
)
from crm_store.assistants.testing import make_colleague
from crm_store.assistants.views import BudgetView
from crm_store.base import new_id
from crm_store.errors import Invalid, NotFound, Refused
from crm_store.identity.models import Member

DAYS = count(1)
ANY = new_id()
NOW = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)


async def _periods(crm):
    crm.session.expire_all()
    return (await crm.session.scalars(select(BudgetPeriod).order_by(BudgetPeriod.id))).all()


async def _reserve(crm, key, money="1", tokens=0, **more):
    return await reserve(crm, key, money=Decimal(money), tokens=tokens, **{"at": NOW, **more})


async def test_two_hundred_at_once_never_exceed_a_budget(house):
    async with house.begin() as crm:
        await set_budget(crm, Period.DAY, money_limit=Decimal(10), token_limit=100_000)
        await set_budget(crm, Period.MONTH, token_limit=7_300)

    async def spend(n):
        try:
            async with house.begin() as crm:
                await _reserve(crm, f"call {n}", "0.35", 250)
        except OverBudget:
            return False
        async with house.begin() as crm:
            if n % 3 == 0:
                await release(crm, f"call {n}")
            else:
                await settle(crm, f"call {n}", money=Decimal("0.30"), tokens=240)
        return True

    allowed = await asyncio.gather(*(spend(n) for n in range(200)))
    async with house.begin() as crm:
        day, month = sorted(await _periods(crm), key=lambda p: p.starts_at, reverse=True)
        settled = sum(ok for n, ok in enumerate(allowed) if n % 3)
        assert 0 < settled < 200
        for period in (day, month):
            assert period.money_spent == settled * Decimal("0.30")
            assert period.tokens_spent == settled * 240
            assert (period.money_held, period.tokens_held) == (0, 0)
        assert day.money_spent <= 10
        assert month.tokens_spent <= 7_300


async def test_two_hundred_holding_at_once_stop_exactly_at_the_limit(house):
    async with house.begin() as crm:
        await set_budget(crm, Period.DAY, money_limit=Decimal(10))

    async def hold(n):
        async with house.begin() as crm:
            await _reserve(crm, f"call {n}", "0.30")

    held = await asyncio.gather(*(hold(n) for n in range(200)), return_exceptions=True)
    assert sum(each is None for each in held) == 33
    assert {type(each) for each in held if each} == {OverBudget}
    async with house.begin() as crm:
        [period] = await _periods(crm)
        assert period.money_held == Decimal("9.90")


async def test_what_was_not_used_can_be_spent(crm):
    await set_budget(crm, Period.DAY, money_limit=Decimal(1))
    await _reserve(crm, "a", "1")
    with pytest.raises(OverBudget, match="This day's budget is used up"):
        await _reserve(crm, "b", "0.5")
    await settle(crm, "a", money=Decimal("0.5"), tokens=0)
    await _reserve(crm, "b", "0.5")


async def test_the_same_call_is_reserved_and_settled_once(crm):
    await set_budget(crm, Period.DAY, money_limit=Decimal(10))
    for _ in range(3):
        await _reserve(crm, "a", "1", 5)
    for _ in range(3):
        await settle(crm, "a", money=Decimal("0.7"), tokens=4)
    [period] = await _periods(crm)
    assert (period.money_spent, period.money_held) == (Decimal("0.7"), 0)
    assert (period.tokens_spent, period.tokens_held) == (4, 0)
    await release(crm, "a")
    [period] = await _periods(crm)
    assert period.money_held == 0


async def test_the_same_call_reserved_by_many_at_once_is_reserved_once(house):
    async with house.begin() as crm:
        await set_budget(crm, Period.DAY, money_limit=Decimal(10))

    async def hold():
        async with house.begin() as crm:
            return len(await _reserve(crm, "one call", "3"))

    assert await asyncio.gather(*(hold() for _ in range(8))) == [1] * 8
    async with house.begin() as crm:
        [period] = await _periods(crm)
        assert period.money_held == 3


async def test_a_refusal_in_one_budget_holds_nothing_in_another(house):
    async with house.begin() as crm:
        await set_budget(crm, Period.MONTH, money_limit=Decimal(100))
        await set_budget(crm, Period.DAY, money_limit=Decimal(1))
    async with house.begin() as crm:
        with pytest.raises(OverBudget):
            await _reserve(crm, "a", "2")
    async with house.begin() as crm:
        assert all(period.money_held == 0 for period in await _periods(crm))


async def test_a_caller_that_died_gives_back_what_it_held(crm):
    await set_budget(crm, Period.DAY, money_limit=Decimal(1))
    await _reserve(crm, "a", "1", holds=timedelta(minutes=5))
    assert await release_expired(crm, at=NOW + timedelta(minutes=4)) == 0
    assert await release_expired(crm, at=NOW + timedelta(minutes=6)) == 1
    await _reserve(crm, "b", "0.9")
    await settle(crm, "a", money=Decimal("0.4"), tokens=3)
    [period] = await _periods(crm)
    assert (period.money_spent, period.money_held) == (Decimal("0.4"), Decimal("0.9"))


async def test_a_cost_above_what_was_held_is_recorded_as_it_was(crm):
    await set_budget(crm, Period.DAY, money_limit=Decimal(1))
    await _reserve(crm, "a", "1")
    await settle(crm, "a", money=Decimal("1.4"), tokens=0)
    with pytest.raises(OverBudget):
        await _reserve(crm, "b", "0.01")


async def test_every_limit_that_applies_is_kept(house):
    member_id = house.director.member_id
    colleague = await make_colleague(house)
    async with house.begin() as crm:
        role_id = await crm.session.scalar(select(Member.role_id).where(Member.id == member_id))
        await set_budget(crm, Period.DAY, token_limit=1000)
        await set_budget(crm, Period.DAY, token_limit=300, role_id=role_id)
        await set_budget(crm, Period.DAY, token_limit=200, member_id=member_id)
        await set_budget(crm, Period.DAY, token_limit=100, door=Door.WHATSAPP)
        await set_budget(crm, Period.HOUR, token_limit=1, member_id=colleague.member_id)
    async with house.begin(house.actor(door=Door.WHATSAPP)) as crm:
        assert len(await _reserve(crm, "a", "0", 100)) == 4
        with pytest.raises(OverBudget):
            await _reserve(crm, "b", "0", 1)
    async with house.begin(house.actor(door=Door.DESK)) as crm:
        assert len(await _reserve(crm, "c", "0", 100)) == 3
    with pytest.raises(OverBudget):
        async with house.begin(house.actor(door=Door.DESK)) as crm:
            await _reserve(crm, "d", "0", 1)


async def test_without_a_budget_nothing_is_limited(crm):
    assert await _reserve(crm, "a", "1000000") == []
    await settle(crm, "a", money=Decimal(1), tokens=1)


async def test_a_limit_of_nothing_lets_nothing_through(crm):
    await set_budget(crm, Period.DAY, money_limit=Decimal(0))
    with pytest.raises(OverBudget):
        await _reserve(crm, "a", "0.0001")


async def test_a_new_limit_of_the_same_kind_takes_the_place_of_the_old(crm):
    await set_budget(crm, Period.DAY, money_limit=Decimal(1))
    await _reserve(crm, "a", "1")
    budget = await set_budget(crm, Period.DAY, money_limit=Decimal(2))
    assert await crm.budgets.count() == 1
    assert BudgetView.of(budget).money_limit == 2
    await _reserve(crm, "b", "1")
    with pytest.raises(OverBudget):
        await _reserve(crm, "c", "0.1")


async def test_money_of_another_kind_is_not_guessed_at(crm):
    await set_budget(crm, Period.DAY, money_limit=Decimal(10), currency="EUR")
    with pytest.raises(OverBudget, match="The budget is in EUR, this costs USD"):
        await _reserve(crm, "a")


@pytest.mark.parametrize(
    ("period", "start"),
    [
        (Period.HOUR, "2026-03-29 00:00+02:00"),
        (Period.DAY, "2026-03-29 00:00+02:00"),
        (Period.MONTH, "2026-03-01 00:00+02:00"),
    ],
)
def test_a_day_begins_at_midnight_where_the_organisation_is(period, start):
    assert period_start(period, NOW, ZoneInfo("Europe/Athens")) == datetime.fromisoformat(start)


async def test_the_next_day_has_its_own_budget(crm):
    await set_budget(crm, Period.DAY, token_limit=10)
    await _reserve(crm, "a", "0", 10)
    await _reserve(crm, "b", "0", 10, at=NOW + timedelta(days=1))
    assert len(await _periods(crm)) == 2


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"money_limit": Decimal(-1)},
        {"token_limit": 1, "member_id": new_id(), "role_id": new_id()},
    ],
)
async def test_a_budget_makes_sense(crm, limits):
    with pytest.raises(Invalid):
        await set_budget(crm, Period.DAY, **limits)


async def test_only_those_who_run_the_product_set_budgets_but_all_keep_them(house):
    async with house.begin() as crm:
        await set_budget(crm, Period.DAY, token_limit=10)
    everyday = house.actor(scopes=frozenset({"assistants:read"}))
    with pytest.raises(Refused):
        async with house.begin(everyday) as crm:
            await set_budget(crm, Period.DAY, token_limit=10_000)
    with pytest.raises(OverBudget):
        async with house.begin(everyday) as crm:
            await _reserve(crm, "a", "0", 11)


async def test_a_foreign_budget_limits_nobody_here(house, neighbour):
    async with neighbour.begin() as crm:
        budget = await set_budget(crm, Period.DAY, token_limit=0)
    async with house.begin() as crm:
        assert await _reserve(crm, "a", "1", 1) == []
        with pytest.raises(NotFound):
            await crm.budgets.get(budget.id)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["reserve", "settle", "release"]), st.integers(0, 4),
                  st.integers(0, 60)),
        max_size=12,
    )
)  # fmt: skip
async def test_whatever_is_done_in_whatever_order_the_sums_are_true(house, steps):
    door = Door.API
    async with house.begin(house.actor(door=door)) as crm:
        budget = await set_budget(crm, Period.DAY, token_limit=100, door=door)
        moment = NOW + timedelta(days=next(DAYS))
        held, spent, over = {}, {}, set()
        for verb, n, tokens in steps:
            key = f"{moment.date()} {n}"
            if verb == "reserve" and key not in held and key not in over | spent.keys():
                room = 100 - sum(held.values()) - sum(spent.values())
                if tokens <= room:
                    await _reserve(crm, key, "0", tokens, at=moment)
                    held[key] = tokens
                else:
                    with pytest.raises(OverBudget):
                        await _reserve(crm, key, "0", tokens, at=moment)
            elif verb == "settle" and key in held:
                await settle(crm, key, money=Decimal(0), tokens=tokens)
                del held[key]
                spent[key] = tokens
            elif verb == "release" and key in held:
                await release(crm, key)
                del held[key]
                over.add(key)
        began = period_start(Period.DAY, moment, ZoneInfo("Europe/Athens"))
        found = await crm.session.scalar(
            select(BudgetPeriod)
            .where(BudgetPeriod.budget_id == budget.id, BudgetPeriod.starts_at == began)
            .execution_options(populate_existing=True)
        )
        sums = (found.tokens_held, found.tokens_spent) if found else (0, 0)
        assert sums == (sum(held.values()), sum(spent.values()))
