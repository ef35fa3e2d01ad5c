"""Expected gifts meet the gifts that come, or are missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from crm_store.crm import Crm
from crm_store.gifts.models import (
    ExpectedGift,
    ExpectedStatus,
    Frequency,
    Gift,
    RecurringPlan,
)

GRACE = 7
NEAR = {
    Frequency.WEEKLY: 3,
    Frequency.MONTHLY: 15,
    Frequency.QUARTERLY: 45,
    Frequency.YEARLY: 180,
}


async def mark_missed(crm: Crm, on: date, *, grace_days: int = GRACE) -> int:
    """Mark what should have come more than so many days ago and did not; answers how many."""
    crm.actor.need("gifts:write")
    late = (
        update(ExpectedGift)
        .where(
            ExpectedGift.org_id == crm.actor.org,
            ExpectedGift.status == ExpectedStatus.EXPECTED,
            ExpectedGift.due_on < on - timedelta(days=grace_days),
            crm.expected_gifts.visible(),
        )
        .values(status=ExpectedStatus.MISSED)
        .returning(ExpectedGift.plan_id)
        .execution_options(synchronize_session=False)
    )
    plans = (await crm.session.scalars(late)).all()
    if plans:
        crm.note("missed", "expected_gifts", gifts=len(plans), due_before=on)
        await look_ahead(crm, list(set(plans)))
    return len(plans)


async def plan_of_gift(crm: Crm, gift: Gift) -> RecurringPlan | None:
    """The one running plan that a gift nobody assigned clearly belongs to."""
    plans = await crm.plans.matching(gift.donor_id, gift.amount, gift.currency)
    awaited = [
        plan
        for plan in plans
        if await crm.expected_gifts.nearest(
            plan.id, gift.received_on, within=min(NEAR[plan.frequency], GRACE)
        )
    ]
    return awaited[0] if len(awaited) == 1 else None


async def settle(crm: Crm, gift: Gift) -> ExpectedGift | None:
    """Mark the expectation that a gift under a plan fulfils: the open one nearest in time."""
    if gift.recurring_plan_id is None:
        return None
    plan = await crm.plans.get(gift.recurring_plan_id)
    expected = await crm.expected_gifts.nearest(
        plan.id, gift.received_on, within=NEAR[plan.frequency]
    )
    if expected is not None:
        expected.status, expected.gift_id = ExpectedStatus.RECEIVED, gift.id
        await crm.flush()
        await look_ahead(crm, [plan.id])
    return expected


async def unsettle(crm: Crm, gift: Gift) -> None:
    """What a gift had fulfilled is awaited again, as when it bounced."""
    expected = await crm.expected_gifts.of_gift(gift.id)
    if expected is not None:
        expected.status, expected.gift_id = ExpectedStatus.EXPECTED, None
        await crm.flush()
        await look_ahead(crm, [expected.plan_id])


async def look_ahead(crm: Crm, plan_ids: Sequence[UUID], until: date | None = None) -> None:
    """Plans say when their next gift is expected, and how far that is known."""
    next_on = (
        select(func.min(ExpectedGift.due_on))
        .where(
            ExpectedGift.org_id == RecurringPlan.org_id,
            ExpectedGift.plan_id == RecurringPlan.id,
            ExpectedGift.status == ExpectedStatus.EXPECTED,
        )
        .scalar_subquery()
    )
    known = {} if until is None else {"expected_until": until}
    await crm.session.execute(
        update(RecurringPlan)
        .where(RecurringPlan.org_id == crm.actor.org, RecurringPlan.id.in_(plan_ids))
        .values(next_on=next_on, **known)
        .execution_options(synchronize_session=False)
    )
    at_hand = [
        row.id for row in crm.session.identity_map.values() if isinstance(row, RecurringPlan)
    ]
    await crm.session.scalars(
        select(RecurringPlan)
        .where(RecurringPlan.org_id == crm.actor.org, RecurringPlan.id.in_(at_hand))
        .execution_options(populate_existing=True)
    )
