"""Who came, stayed, left and came back, who gave more or less, and what second gifts tell."""

from __future__ import annotations

from sqlalchemy import and_, func, not_

from crm_store.gifts.models import Gift
from crm_store.reports.cuts import donor_cuts
from crm_store.reports.facts import DONORS, Cut, Derived, of_donor
from crm_store.reports.giver_steps import (
    compared,
    givers,
    givers_by_fiscal_year,
    missing_by_fiscal_year,
)
from crm_store.reports.givers import (
    BEGAN_ON,
    GAVE_BEFORE,
    GAVE_EVER,
    GAVE_NOW,
    GIFT_COUNT,
    GIVEN_BEFORE,
    GIVEN_NOW,
    GIVER,
    IN_CURRENCY,
    WAS_NEW,
    first_gifts,
)
from crm_store.reports.measure import Figure, Measure, Ratio, Unit

SEEN = of_donor(GIVER)
CUTS = donor_cuts(GIVER)
IN_MONEY = {**CUTS, "currency": Cut(IN_CURRENCY)}

FIRST_GIFTS = Derived(
    noun="first gifts",
    subject=DONORS,
    seen=SEEN,
    cuts=CUTS,
    donor_id=GIVER,
    made_of_gifts=True,
    since=Gift.received_on,
    rows=first_gifts,
    day=BEGAN_ON,
)
GIVERS = Derived(
    noun="donors of the period or the one before",
    subject=DONORS,
    seen=SEEN,
    cuts=CUTS,
    donor_id=GIVER,
    made_of_gifts=True,
    since=Gift.received_on,
    rows=givers,
)
FISCAL_GIVERS = Derived(
    noun="donors up to the end of the fiscal year",
    subject=DONORS,
    seen=SEEN,
    cuts=CUTS,
    donor_id=GIVER,
    made_of_gifts=True,
    since=Gift.received_on,
    only_fiscal_years=True,
    rows=givers_by_fiscal_year,
)
COMPARED = Derived(
    noun="donors of the period and the one before",
    subject=DONORS,
    seen=SEEN,
    cuts=IN_MONEY,
    donor_id=GIVER,
    made_of_gifts=True,
    since=Gift.received_on,
    rows=compared,
)
MISSING = Derived(
    noun="donors of the fiscal year before",
    subject=DONORS,
    seen=SEEN,
    cuts=IN_MONEY,
    donor_id=GIVER,
    made_of_gifts=True,
    since=Gift.received_on,
    only_fiscal_years=True,
    rows=missing_by_fiscal_year,
)

THE_ONE_BEFORE = (
    "The period before is the whole month, quarter or year before where the period is one of "
    "these, and otherwise as many days directly before it."
)

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="new_donors",
        also=("first_time_donors", "acquired_donors", "acquisition"),
        definition="Donors whose first gift ever, not counting what was returned in full, was "
        "received in the period.",
        fact=FIRST_GIFTS,
        value=func.count(),
        by_year=(GIVERS, func.count().filter(and_(GAVE_NOW, not_(GAVE_EVER)))),
    ),
    Figure(
        name="second_gift_donors",
        definition="Donors whose first gift ever was received in the period and who have given at "
        "least a second one by now.",
        fact=FIRST_GIFTS,
        value=func.count().filter(GIFT_COUNT > 1),
    ),
    Ratio(
        name="second_gift_rate",
        also=("second_gift_conversion", "conversion_to_second_gift"),
        definition="Of the donors whose first gift ever was received in the period, the share that "
        "has given at least a second one by now.",
        of="second_gift_donors",
        per="new_donors",
    ),
    Figure(
        name="donors_before",
        also=("previous_donors",),
        definition="Donors with a gift in the period before, not returned in full. "
        f"{THE_ONE_BEFORE}",
        fact=GIVERS,
        value=func.count().filter(GAVE_BEFORE),
    ),
    Figure(
        name="retained_donors",
        also=("retained", "repeat_donors"),
        definition="Donors who gave in the period and in the one before, in whatever currency. "
        f"{THE_ONE_BEFORE}",
        fact=GIVERS,
        value=func.count().filter(and_(GAVE_NOW, GAVE_BEFORE)),
    ),
    Figure(
        name="recovered_donors",
        also=("recovered", "reactivated_donors", "recaptured_donors"),
        definition="Donors who gave in the period and not in the one before, but had given "
        f"earlier. {THE_ONE_BEFORE}",
        fact=GIVERS,
        value=func.count().filter(and_(GAVE_NOW, not_(GAVE_BEFORE), GAVE_EVER)),
    ),
    Figure(
        name="lapsed_donors",
        also=("lapsed", "lost_donors", "churned_donors"),
        definition=f"Donors who gave in the period before and not in this one. {THE_ONE_BEFORE}",
        fact=GIVERS,
        value=func.count().filter(and_(GAVE_BEFORE, not_(GAVE_NOW))),
    ),
    Ratio(
        name="retention_rate",
        also=("retention", "donor_retention"),
        definition="Of the donors who gave in the period before, the share that gave again in this "
        f"one. {THE_ONE_BEFORE}",
        of="retained_donors",
        per="donors_before",
    ),
    Ratio(
        name="lapse_rate",
        also=("attrition", "attrition_rate", "donor_churn"),
        definition="Of the donors who gave in the period before, the share that did not give in "
        f"this one. {THE_ONE_BEFORE}",
        of="lapsed_donors",
        per="donors_before",
    ),
    Figure(
        name="new_donors_before",
        definition=f"Donors whose first gift ever fell in the period before. {THE_ONE_BEFORE}",
        fact=GIVERS,
        value=func.count().filter(WAS_NEW),
    ),
    Figure(
        name="new_donors_retained",
        definition="Donors whose first gift ever fell in the period before and who gave again in "
        f"this one. {THE_ONE_BEFORE}",
        fact=GIVERS,
        value=func.count().filter(and_(WAS_NEW, GAVE_NOW)),
    ),
    Ratio(
        name="new_donor_retention_rate",
        also=("first_year_retention",),
        definition="Of the donors whose first gift ever fell in the period before, the share that "
        f"gave again in this one. {THE_ONE_BEFORE}",
        of="new_donors_retained",
        per="new_donors_before",
    ),
    Figure(
        name="lybunt",
        title="LYBUNT donors",
        also=("lybunts", "last_year_but_not_this"),
        definition="Donors who gave last fiscal year but not (yet) this one. This year is the "
        "fiscal year in which the period ends.",
        fact=FISCAL_GIVERS,
        value=func.count().filter(and_(GAVE_BEFORE, not_(GAVE_NOW))),
    ),
    Figure(
        name="lybunt_amount",
        title="Given by LYBUNT donors last year",
        definition="What the donors who gave last fiscal year but not (yet) this one gave last "
        "year, net of refunds: what is at stake. This year is the fiscal year in which the period "
        "ends.",
        unit=Unit.MONEY,
        fact=MISSING,
        value=func.sum(GIVEN_BEFORE),
    ),
    Figure(
        name="sybunt",
        title="SYBUNT donors",
        also=("sybunts", "some_year_but_not_this"),
        definition="Donors who gave in any earlier fiscal year, the last one included, but not "
        "(yet) this one. This year is the fiscal year in which the period ends.",
        fact=FISCAL_GIVERS,
        value=func.count().filter(and_(GAVE_EVER, not_(GAVE_NOW))),
    ),
    Figure(
        name="upgraded_donors",
        also=("upgrades", "upgraded", "upgrade"),
        definition="Donors who gave in the period and in the one before, and more in this one, net "
        f"of refunds and within one currency. {THE_ONE_BEFORE}",
        fact=COMPARED,
        value=func.count().filter(GIVEN_NOW > GIVEN_BEFORE),
        by_currency=True,
        tells_amounts=True,
    ),
    Figure(
        name="downgraded_donors",
        also=("downgrades", "downgraded", "downgrade"),
        definition="Donors who gave in the period and in the one before, and less in this one, net "
        f"of refunds and within one currency. {THE_ONE_BEFORE}",
        fact=COMPARED,
        value=func.count().filter(GIVEN_NOW < GIVEN_BEFORE),
        by_currency=True,
        tells_amounts=True,
    ),
)
