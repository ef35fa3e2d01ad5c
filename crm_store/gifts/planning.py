"""What one can do with recurring plans and the gifts they lead us to expect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.dialects.postgresql import insert

from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.gifts.models import (
    ExpectedGift,
    ExpectedStatus,
    Frequency,
    Method,
    PlanStatus,
    RecurringPlan,
)
from crm_store.gifts.schedule import day_of, due_days
from crm_store.gifts.settling import look_ahead
from crm_store.money import Money

AHEAD = timedelta(days=366)


class PlanEnded(Conflict):
    """This plan has ended; start another."""


class NotPaused(Conflict):
    """This plan is not paused."""


class PlanFacts(TypedDict, total=False):
    """What may be said of a plan besides."""

    method: Method
    fund_id: UUID | None
    project_id: UUID | None
    appeal_id: UUID | None
    notes: str | None
    source: str | None
    external_id: str | None


async def start_plan(
    crm: Crm,
    donor_id: UUID,
    amount: Decimal | int | str,
    currency: str | None = None,
    *,
    starts_on: date,
    frequency: Frequency = Frequency.MONTHLY,
    day: int | None = None,
    ends_on: date | None = None,
    **facts: Unpack[PlanFacts],
) -> RecurringPlan:
    """A standing promise, with the gifts of the coming year foreseen."""
    donor = await crm.plans.donor(donor_id)
    money = Money.of(amount, currency or (await crm.orgs.current()).currency)
    day = day_of(frequency, starts_on) if day is None else day
    if money.amount <= 0:
        raise Invalid("A plan needs an amount above zero.")
    if not 1 <= day <= (7 if frequency is Frequency.WEEKLY else 31):
        span = "week" if frequency is Frequency.WEEKLY else "month"
        raise Invalid(f"There is no day {day} in a {span}.")
    if ends_on is not None and ends_on < starts_on:
        raise Invalid("A plan cannot end before it starts.")
    plan = RecurringPlan(
        donor_id=donor.id,
        amount=money.amount,
        currency=money.currency,
        frequency=frequency,
        day=day,
        starts_on=starts_on,
        ends_on=ends_on,
        expected_from=starts_on,
        status=PlanStatus.ACTIVE,
        **facts,
    )
    crm.plans.add(plan)
    await crm.flush()
    await _foresee(crm, [plan], max(now().date(), starts_on) + AHEAD)
    return plan


async def foresee_gifts(crm: Crm, until: date, *, limit: int = 1000) -> int:
    """Write down the gifts that active plans lead us to expect up to a day.

    Takes the plans that lack them, so many at a time, and answers how many there were: call it
    until it answers 0. Doing it twice changes nothing.
    """
    plans = await crm.plans.to_foresee(until, limit=limit)
    gifts = await _foresee(crm, plans, until)
    if plans:
        crm.note("foreseen", "expected_gifts", plans=len(plans), gifts=gifts, until=until)
    return len(plans)


async def pause_plan(
    crm: Crm, plan_id: UUID, on: date, *, reason: str | None = None
) -> RecurringPlan:
    """From this day on no gift is expected, until the plan is resumed."""
    plan = await _running(crm, plan_id)
    plan.status, plan.status_reason = PlanStatus.PAUSED, reason
    await _forget_from(crm, plan, on)
    return plan


async def resume_plan(crm: Crm, plan_id: UUID, on: date) -> RecurringPlan:
    """Gifts are expected again from this day on, on the same days as before."""
    plan = await crm.plans.get(plan_id, lock=True)
    if plan.status is not PlanStatus.PAUSED:
        raise NotPaused
    plan.status, plan.status_reason = PlanStatus.ACTIVE, None
    plan.expected_from, plan.expected_until = on, None
    await crm.flush()
    await _foresee(crm, [plan], max(now().date(), on) + AHEAD)
    return plan


async def end_plan(
    crm: Crm, plan_id: UUID, on: date, *, reason: str | None = None
) -> RecurringPlan:
    """The last gift is the one due on this day or before it."""
    plan = await crm.plans.get(plan_id, lock=True)
    if plan.status is PlanStatus.ENDED:
        raise PlanEnded
    plan.status, plan.status_reason = PlanStatus.ENDED, reason
    plan.ends_on = max(on, plan.starts_on)
    await _forget_from(crm, plan, on + timedelta(days=1))
    return plan


async def change_plan_amount(
    crm: Crm, plan_id: UUID, amount: Decimal | int | str, from_: date
) -> RecurringPlan:
    """Another amount for the gifts due from this day on."""
    plan = await crm.plans.get(plan_id, lock=True)
    if plan.status is PlanStatus.ENDED:
        raise PlanEnded
    money = Money.of(amount, plan.currency)
    if money.amount <= 0:
        raise Invalid("A plan needs an amount above zero.")
    plan.amount = money.amount
    await crm.flush()
    await crm.session.execute(
        update(ExpectedGift)
        .where(*_open_from(plan, from_))
        .values(amount=money.amount)
        .execution_options(synchronize_session="fetch")
    )
    return plan


async def skip_expected(crm: Crm, expected_id: UUID) -> ExpectedGift:
    """This one is not coming, by agreement; the plan goes on."""
    expected = await crm.expected_gifts.get(expected_id, lock=True)
    if expected.status is ExpectedStatus.RECEIVED:
        raise Conflict("This gift has already come.")
    expected.status = ExpectedStatus.SKIPPED
    await crm.flush()
    await look_ahead(crm, [expected.plan_id])
    return expected


async def _running(crm: Crm, plan_id: UUID) -> RecurringPlan:
    plan = await crm.plans.get(plan_id, lock=True)
    if plan.status is PlanStatus.ENDED:
        raise PlanEnded
    if plan.status is PlanStatus.PAUSED:
        raise Conflict("This plan is already paused.")
    return plan


async def _foresee(crm: Crm, plans: Sequence[RecurringPlan], until: date) -> int:
    rows = [row for plan in plans for row in _expectations(plan, until)]
    if rows:
        await crm.session.execute(
            insert(ExpectedGift).on_conflict_do_nothing(
                index_elements=["org_id", "plan_id", "due_on"]
            ),
            rows,
        )
    await look_ahead(crm, [plan.id for plan in plans], until)
    return len(rows)


def _expectations(plan: RecurringPlan, until: date) -> list[dict[str, object]]:
    known = plan.expected_until or date.min
    last = min(until, plan.ends_on or date.max)
    return [
        {
            "org_id": plan.org_id,
            "id": new_id(),
            "plan_id": plan.id,
            "due_on": due,
            "amount": plan.amount,
            "currency": plan.currency,
            "status": ExpectedStatus.EXPECTED,
        }
        for due in due_days(plan.frequency, plan.day, plan.starts_on, last)
        if due >= plan.expected_from and due > known
    ]


async def _forget_from(crm: Crm, plan: RecurringPlan, day: date) -> None:
    """Gifts due from this day on are no longer expected."""
    plan.expected_until = min(plan.expected_until or date.max, day - timedelta(days=1))
    await crm.flush()
    await crm.session.execute(
        delete(ExpectedGift)
        .where(*_open_from(plan, day))
        .execution_options(synchronize_session="fetch")
    )
    await look_ahead(crm, [plan.id])


def _open_from(plan: RecurringPlan, day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        ExpectedGift.org_id == plan.org_id,
        ExpectedGift.plan_id == plan.id,
        ExpectedGift.status == ExpectedStatus.EXPECTED,
        ExpectedGift.due_on >= day,
    )
