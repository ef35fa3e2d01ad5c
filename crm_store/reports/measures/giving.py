"""Money and gifts received, returned and credited."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Numeric, and_, cast, func, select

from crm_store.gifts.models import Gift, GivingYear, ReceiptGift, Refund, SoftCredit
from crm_store.reports.cuts import GIFT_CUTS, donor_cuts
from crm_store.reports.facts import DONORS, Cut, Happening, Link, Yearly, kept, of_donor
from crm_store.reports.givers import COUNTS, NET
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.plan import ORG

ABOUT_GIFTS: dict[str, Any] = {
    "subject": DONORS,
    "seen": of_donor(Gift.donor_id),
    "donor_id": Gift.donor_id,
    "made_of_gifts": True,
}
CUTS = {**GIFT_CUTS, **donor_cuts(Gift.donor_id)}


def gift_of(here: Any) -> Link:
    """The gift a row belongs to, while it is not deleted."""
    return Link(Gift, and_(*kept(Gift), Gift.id == here))


GIFTS = Happening(noun="gifts", model=Gift, day=Gift.received_on, cuts=CUTS, **ABOUT_GIFTS)

YEARS = Yearly(
    noun="gifts",
    model=GivingYear,
    subject=DONORS,
    seen=of_donor(GivingYear.donor_id),
    donor_id=GivingYear.donor_id,
    cuts={**donor_cuts(GivingYear.donor_id), "currency": Cut(GivingYear.currency)},
)

UNRECEIPTED = Happening(
    noun="gifts without a receipt",
    model=Gift,
    day=Gift.received_on,
    where=(
        COUNTS,
        Gift.outside_receipt_on.is_(None),
        ~select(ReceiptGift.id)
        .where(ReceiptGift.org_id == ORG, ReceiptGift.gift_id == Gift.id, ~ReceiptGift.is_void)
        .exists(),
    ),
    cuts=CUTS,
    **ABOUT_GIFTS,
)

REFUNDS = Happening(
    noun="refunds",
    model=Refund,
    parents=(gift_of(Refund.gift_id),),
    day=Refund.refunded_on,
    cuts=CUTS,
    **ABOUT_GIFTS,
)

SOFT_CREDITS = Happening(
    noun="soft credits",
    model=SoftCredit,
    parents=(gift_of(SoftCredit.gift_id),),
    where=(COUNTS,),
    day=Gift.received_on,
    cuts={**CUTS, "credit_kind": Cut(SoftCredit.kind)},
    **ABOUT_GIFTS,
)

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="raised",
        also=("net", "income", "giving", "donations", "net_raised"),
        definition="Money and goods received in the period, by the day received, less whatever of "
        "it has been returned by now. Soft credits and pledges are not in it; each currency is a "
        "sum of its own.",
        unit=Unit.MONEY,
        fact=GIFTS,
        value=func.sum(NET),
    ),
    Figure(
        name="gross",
        also=("gross_raised",),
        definition="Money and goods received in the period, by the day received, before anything "
        "was returned.",
        unit=Unit.MONEY,
        fact=GIFTS,
        value=func.sum(Gift.amount),
    ),
    Figure(
        name="gifts",
        also=("gift_count", "number_of_gifts"),
        definition="Gifts received in the period of which something has been kept: a gift returned "
        "in full no longer counts.",
        fact=GIFTS,
        value=func.count().filter(COUNTS),
    ),
    Figure(
        name="donors",
        also=("donor_count", "givers", "active_donors"),
        definition="Different donors with at least one gift in the period that was not returned in "
        "full. A couple is one donor; being thanked by soft credit does not make a donor.",
        fact=GIFTS,
        distinct=Gift.donor_id,
        where=COUNTS,
        by_year=(YEARS, GivingYear.donor_id),
    ),
    Ratio(
        name="average_gift",
        also=("average", "mean_gift"),
        definition="Money raised divided by the number of gifts, net of refunds, in each currency.",
        unit=Unit.MONEY,
        of="raised",
        per="gifts",
    ),
    Ratio(
        name="average_per_donor",
        also=("average_donor_value", "giving_per_donor"),
        definition="Money raised in the period divided by the number of donors who gave it, in "
        "each currency.",
        unit=Unit.MONEY,
        of="raised",
        per="donors",
    ),
    Ratio(
        name="gifts_per_donor",
        also=("gift_frequency",),
        definition="Gifts in the period divided by the number of donors who gave them.",
        unit=Unit.NUMBER,
        of="gifts",
        per="donors",
    ),
    Figure(
        name="median_gift",
        also=("median",),
        definition="The middle gift of the period when all are lined up by size, net of refunds; "
        "half way between the two middle ones where there are two.",
        unit=Unit.MONEY,
        fact=GIFTS,
        value=cast(func.percentile_cont(0.5).within_group(NET.asc()).filter(COUNTS), Numeric),
        is_total=False,
    ),
    Figure(
        name="largest_gift",
        also=("largest", "biggest_gift", "max_gift"),
        definition="The largest single gift received in the period, net of refunds.",
        unit=Unit.MONEY,
        fact=GIFTS,
        value=func.max(NET).filter(COUNTS),
        is_total=False,
    ),
    Figure(
        name="recurring_raised",
        definition="The part of the money raised that came through recurring plans, net of "
        "refunds, by the day received.",
        unit=Unit.MONEY,
        fact=GIFTS,
        value=func.sum(NET).filter(Gift.recurring_plan_id.is_not(None)),
    ),
    Ratio(
        name="recurring_share",
        definition="The share of the money raised in the period that came through recurring plans, "
        "in each currency.",
        of="recurring_raised",
        per="raised",
    ),
    Figure(
        name="tribute_gifts",
        definition="Gifts received in the period in somebody's honour or memory, unless returned "
        "in full.",
        fact=GIFTS,
        value=func.count().filter(and_(COUNTS, Gift.tribute_kind.is_not(None))),
    ),
    Figure(
        name="returned",
        definition="Of the money received in the period, what has been returned by now, whenever "
        "that was.",
        unit=Unit.MONEY,
        fact=GIFTS,
        value=func.sum(Gift.refunded),
    ),
    Ratio(
        name="refund_rate",
        definition="The share of the money received in the period, before refunds, that has been "
        "returned by now, in each currency.",
        of="returned",
        per="gross",
    ),
    Figure(
        name="refunds",
        definition="Refunds made in the period, by the day of the refund, whenever the gift had "
        "come.",
        fact=REFUNDS,
        value=func.count(),
    ),
    Figure(
        name="refunded",
        also=("refund_total",),
        definition="Money returned in the period, by the day of the refund, whenever the gift had "
        "come.",
        unit=Unit.MONEY,
        fact=REFUNDS,
        value=func.sum(Refund.amount),
    ),
    Figure(
        name="soft_credits",
        definition="Times somebody other than the giver was credited for a gift received in the "
        "period that was not returned in full.",
        fact=SOFT_CREDITS,
        value=func.count(),
    ),
    Figure(
        name="soft_credited",
        also=("soft_credit_total",),
        definition="What others are credited with for gifts received in the period, at most what "
        "is left of each gift. It is recognition, not money: never add it to money raised.",
        unit=Unit.MONEY,
        fact=SOFT_CREDITS,
        value=func.sum(func.least(SoftCredit.amount, NET)),
    ),
    Figure(
        name="gifts_without_receipt",
        also=("unreceipted_gifts", "receipts_due"),
        definition="Gifts received in the period, not returned in full, that stand on no valid "
        "receipt of ours and were not receipted in a former system.",
        fact=UNRECEIPTED,
        value=func.count(),
    ),
)
