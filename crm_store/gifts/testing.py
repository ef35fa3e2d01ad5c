"""Gifts, funds, plans and pledges for tests, written with as few words as a test has."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from crm_store.base import new_id
from crm_store.crm import Crm
from crm_store.donors.models import Donor
from crm_store.gifts.models import (
    Frequency,
    Fund,
    Gift,
    Instalment,
    Method,
    Pledge,
    RecurringPlan,
)

DAY = date(2025, 3, 14)


async def make_gift(
    crm: Crm,
    donor: Donor,
    amount: Decimal | str | int = 100,
    received_on: date = DAY,
    **more: Any,
) -> Gift:
    """A gift as it stands in the books, past every warning of the verb."""
    facts: dict[str, Any] = {"currency": "EUR", "method": Method.WIRE, **more}
    gift = Gift(donor_id=donor.id, amount=Decimal(amount), received_on=received_on, **facts)
    crm.session.add(gift)
    await crm.flush()
    return gift


async def make_fund(crm: Crm, name: str | None = None, **more: Any) -> Fund:
    fund = Fund(name=name or f"Fund {new_id().hex[-8:]}", **more)
    crm.session.add(fund)
    await crm.flush()
    return fund


async def make_plan(
    crm: Crm,
    donor: Donor,
    amount: Decimal | str | int = 25,
    starts_on: date = DAY,
    frequency: Frequency = Frequency.MONTHLY,
    **more: Any,
) -> RecurringPlan:
    """An active plan with nothing foreseen yet."""
    by_week = frequency is Frequency.WEEKLY
    facts: dict[str, Any] = {
        "currency": "EUR",
        "day": starts_on.isoweekday() if by_week else starts_on.day,
        "expected_from": starts_on,
        **more,
    }
    plan = RecurringPlan(
        donor_id=donor.id,
        amount=Decimal(amount),
        starts_on=starts_on,
        frequency=frequency,
        **facts,
    )
    crm.session.add(plan)
    await crm.flush()
    return plan


async def make_pledge(
    crm: Crm,
    donor: Donor,
    *amounts: Decimal | str | int,
    pledged_on: date = DAY,
    **more: Any,
) -> Pledge:
    """A pledge with one yearly instalment for each amount; 100 in one if none is said."""
    parts = [Decimal(amount) for amount in amounts or (100,)]
    facts: dict[str, Any] = {"currency": "EUR", **more}
    pledge = Pledge(
        donor_id=donor.id, amount=sum(parts, Decimal(0)), pledged_on=pledged_on, **facts
    )
    crm.session.add(pledge)
    crm.session.add_all(
        Instalment(
            pledge_id=pledge.id,
            number=number,
            due_on=pledged_on.replace(year=pledged_on.year + number - 1),
            amount=part,
        )
        for number, part in enumerate(parts, start=1)
    )
    await crm.flush()
    return pledge
