"""Donors laid out against the steps of a period: who gave in each, in the one before, ever.

Whole fiscal years are read off the totals kept for each year; any other steps off the gifts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Date, Integer, Numeric, String, Uuid, column, func, select

from crm_store.gifts.models import DonorGiving, Gift
from crm_store.reports.facts import kept
from crm_store.reports.plan import ORG, Plan

NET = Gift.amount - Gift.refunded
COUNTS = Gift.amount > Gift.refunded

GIVER = column("giver_id", Uuid())
BEGAN_ON = column("began_on", Date())
GIFT_COUNT = column("gift_count", Integer())
GAVE_NOW = column("gave_now", Boolean())
GAVE_BEFORE = column("gave_before", Boolean())
GAVE_EVER = column("gave_ever", Boolean())
WAS_NEW = column("was_new", Boolean())
IN_CURRENCY = column("given_in", String())
GIVEN_NOW = column("given_now", Numeric(18, 4))
GIVEN_BEFORE = column("given_before", Numeric(18, 4))


def first_gifts(plan: Plan) -> Any:
    """Each donor's first gift and how many there have been; of some gifts only, where so asked."""
    if plan.gifts:
        query = select(
            Gift.donor_id.label(GIVER.name),
            func.min(Gift.received_on).label(BEGAN_ON.name),
            func.count().label(GIFT_COUNT.name),
        ).where(*kept(Gift), COUNTS, *plan.gifts)
        return query.group_by(Gift.donor_id).subquery("first_gifts")
    query = select(
        DonorGiving.donor_id.label(GIVER.name),
        func.min(DonorGiving.first_on).label(BEGAN_ON.name),
        func.sum(DonorGiving.gifts).label(GIFT_COUNT.name),
    ).where(DonorGiving.org_id == ORG)
    return query.group_by(DonorGiving.donor_id).subquery("first_gifts")
