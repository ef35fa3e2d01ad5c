"""What donors are worth over the years, and how recently, often and much they gave."""

from __future__ import annotations

from sqlalchemy import func

from crm_store.gifts.models import DonorGiving
from crm_store.reports.cuts import donor_cuts
from crm_store.reports.facts import DONORS, AsOfToday, Cut, Derived, of_donor
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.rfm import (
    FREQUENCY,
    IN_CURRENCY,
    MONETARY,
    RECENCY,
    SCORED,
    SEGMENT,
    scores,
)

LIFETIMES = AsOfToday(
    noun="donors who ever gave",
    model=DonorGiving,
    subject=DONORS,
    seen=of_donor(DonorGiving.donor_id),
    donor_id=DonorGiving.donor_id,
    cuts={**donor_cuts(DonorGiving.donor_id), "currency": Cut(DonorGiving.currency)},
)
SCORES = Derived(
    noun="donors of the last five fiscal years",
    subject=DONORS,
    seen=of_donor(SCORED),
    donor_id=SCORED,
    cuts={
        **donor_cuts(SCORED),
        "currency": Cut(IN_CURRENCY),
        "recency": Cut(RECENCY),
        "frequency_score": Cut(FREQUENCY),
        "monetary": Cut(MONETARY),
        "rfm_segment": Cut(SEGMENT),
    },
    has_time=False,
    rows=scores,
)

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="lifetime_giving",
        also=("total_giving", "cumulative_giving"),
        definition="Everything donors have given up to today, net of refunds, in each currency.",
        unit=Unit.MONEY,
        fact=LIFETIMES,
        value=func.sum(DonorGiving.total),
    ),
    Figure(
        name="lifetime_donors",
        also=("ever_donors",),
        definition="Different donors who have ever given something that was not returned in full.",
        fact=LIFETIMES,
        distinct=DonorGiving.donor_id,
    ),
    Ratio(
        name="lifetime_value",
        also=("ltv", "donor_lifetime_value", "clv"),
        definition="What donors have given up to today, net of refunds, divided by how many donors "
        "gave it, in each currency. It is what was given, not a forecast.",
        unit=Unit.MONEY,
        of="lifetime_giving",
        per="lifetime_donors",
    ),
    Figure(
        name="rfm_donors",
        title="RFM donors",
        also=("rfm", "rfm_segments"),
        definition="Donors who gave in this fiscal year or the four before it, to be split by "
        "rfm_segment, recency, frequency_score or monetary. Recency: 5 gave within 90 days, 4 "
        "within 180, 3 within 365, 2 within 730, 1 longer ago. Frequency: 1 gift scores 1, 2 score "
        "2, 3 or 4 score 3, 5 to 9 score 4, 10 or more score 5. Monetary: fifths of all donors by "
        "what they gave, net of refunds. One who gave in two currencies is scored in each.",
        fact=SCORES,
        value=func.count(),
        by_currency=True,
    ),
    Figure(
        name="rfm_score",
        title="Average RFM score",
        definition="The average over donors of recency, frequency and monetary score added up, "
        "from 3 to 15, scored as for rfm_donors.",
        unit=Unit.NUMBER,
        fact=SCORES,
        value=func.avg(RECENCY + FREQUENCY + MONETARY),
        by_currency=True,
        is_total=False,
        tells_amounts=True,
    ),
)
