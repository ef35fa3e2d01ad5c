"""Pledges, what is still owed on them, and receipts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func

from crm_store.gifts.models import Instalment, InstalmentStatus, Pledge, Receipt
from crm_store.reports.cuts import donor_cuts, purpose_cuts
from crm_store.reports.facts import DONORS, AsOfToday, Cut, Happening, kept, linked, of_donor
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.plan import TODAY

OF_PLEDGES: dict[str, Any] = {
    "subject": DONORS,
    "seen": of_donor(Pledge.donor_id),
    "donor_id": Pledge.donor_id,
    "cuts": {
        **purpose_cuts(Pledge),
        **donor_cuts(Pledge.donor_id),
        "currency": Cut(Pledge.currency),
    },
}
MADE = Happening(noun="pledges", model=Pledge, day=Pledge.pledged_on, **OF_PLEDGES)
OPEN_PLEDGES = AsOfToday(noun="pledges", model=Pledge, **OF_PLEDGES)
OVERDUE = AsOfToday(
    noun="overdue instalments",
    model=Instalment,
    parents=(linked(Pledge, Instalment.pledge_id),),
    where=(
        *kept(Pledge),
        Instalment.status == InstalmentStatus.OPEN,
        Instalment.due_on < TODAY,
    ),
    **OF_PLEDGES,
)
RECEIPTS = Happening(
    noun="receipts",
    model=Receipt,
    day=Receipt.issued_on,
    subject=DONORS,
    seen=of_donor(Receipt.donor_id),
    donor_id=Receipt.donor_id,
    cuts={**donor_cuts(Receipt.donor_id), "receipt_kind": Cut(Receipt.kind)},
)
OWED = func.greatest(Pledge.amount - Pledge.written_off - Pledge.paid, 0)

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="pledges",
        also=("pledge_count",),
        definition="Pledges made in the period, by the day of the promise.",
        fact=MADE,
        value=func.count(),
    ),
    Figure(
        name="pledged",
        also=("pledged_amount", "pledge_total"),
        definition="What was promised in the period, by the day of the promise, before anything "
        "was written off. A promise is not money raised.",
        unit=Unit.MONEY,
        fact=MADE,
        value=func.sum(Pledge.amount),
    ),
    Figure(
        name="pledges_paid",
        definition="Of what was promised in the period, the part that has been paid by now, at "
        "most each promise.",
        unit=Unit.MONEY,
        fact=MADE,
        value=func.sum(func.least(Pledge.paid, Pledge.amount)),
    ),
    Ratio(
        name="pledge_fulfilment",
        also=("fulfilment_rate", "pledge_fulfillment"),
        definition="Of what was promised in the period, the share that has been paid by now, in "
        "each currency.",
        of="pledges_paid",
        per="pledged",
    ),
    Figure(
        name="pledge_balance",
        also=("outstanding_pledges", "pledges_outstanding"),
        definition="What is still to come on all pledges as of today: promised, less paid, less "
        "written off, and never below nought for a pledge paid in excess.",
        unit=Unit.MONEY,
        fact=OPEN_PLEDGES,
        value=func.sum(OWED),
    ),
    Figure(
        name="open_pledges",
        definition="Pledges on which something is still to come as of today.",
        fact=OPEN_PLEDGES,
        value=func.count().filter(OWED > 0),
    ),
    Figure(
        name="written_off",
        definition="What has been written off of pledges by today and will not come.",
        unit=Unit.MONEY,
        fact=OPEN_PLEDGES,
        value=func.sum(Pledge.written_off),
    ),
    Figure(
        name="overdue_instalments",
        also=("late_instalments",),
        definition="Instalments of pledges that were due before today and are not yet paid in full "
        "or written off.",
        fact=OVERDUE,
        value=func.count(),
    ),
    Figure(
        name="overdue_amount",
        definition="What is still unpaid on instalments that were due before today.",
        unit=Unit.MONEY,
        fact=OVERDUE,
        value=func.sum(Instalment.amount - Instalment.written_off - Instalment.paid),
    ),
    Figure(
        name="receipts_issued",
        also=("receipts",),
        definition="Receipts issued in the period, by the day of issue, that have not been "
        "declared void since. Copies of one receipt count once.",
        fact=RECEIPTS,
        value=func.count().filter(Receipt.voided_at.is_(None)),
    ),
    Figure(
        name="receipts_voided",
        definition="Receipts issued in the period, by the day of issue, that have been declared "
        "void since.",
        fact=RECEIPTS,
        value=func.count().filter(Receipt.voided_at.is_not(None)),
    ),
)
