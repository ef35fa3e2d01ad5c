"""Recency, frequency and money: each donor scored from 1 to 5 on each, by rules one can say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, Integer, String, Uuid, and_, case, cast, column, func, literal, select

from crm_store.gifts.fiscal import fiscal_year
from crm_store.gifts.models import GivingYear
from crm_store.reports.plan import ORG, TODAY, Plan

SEGMENTS = {
    "champions": "champions: often, and within six months",
    "loyal": "loyal: three gifts or more, and within a year",
    "new": "new: one gift, within six months",
    "promising": "promising: one or two gifts, and within a year",
    "at_risk": "at risk: three gifts or more, none for a year",
    "slipping": "slipping: one or two gifts, none for a year",
    "lost_loyal": "lost loyal: three gifts or more, none for two years",
    "lost": "lost: one or two gifts, none for two years",
}
YEARS = 5

SCORED = column("scored_id", Uuid())
IN_CURRENCY = column("scored_in", String())
RECENCY = column("recency", Integer())
FREQUENCY = column("frequency", Integer())
MONETARY = column("monetary", Integer())

SEGMENT = case(
    (and_(RECENCY >= 4, FREQUENCY >= 4), "champions"),
    (and_(RECENCY >= 3, FREQUENCY >= 3), "loyal"),
    (and_(RECENCY >= 4, FREQUENCY == 1), "new"),
    (RECENCY >= 3, "promising"),
    (and_(RECENCY == 2, FREQUENCY >= 3), "at_risk"),
    (RECENCY == 2, "slipping"),
    (FREQUENCY >= 3, "lost_loyal"),
    else_="lost",
)


def scores(plan: Plan) -> Any:
    """Everybody who gave in this fiscal year or the four before it, once for each currency.

    Fifths are of all donors of the organisation, whoever is looking.
    """
    this_year = fiscal_year(plan.today, plan.house.starts)
    given = (
        select(
            GivingYear.donor_id,
            GivingYear.currency,
            func.max(GivingYear.last_on).label("last_on"),
            func.sum(GivingYear.gifts).label("gifts"),
            func.sum(GivingYear.total).label("total"),
        )
        .where(GivingYear.org_id == ORG, GivingYear.fiscal_year > this_year - YEARS)
        .group_by(GivingYear.donor_id, GivingYear.currency)
        .subquery("given")
    )
    days = cast(TODAY, Date) - given.c.last_on
    rank = func.percent_rank().over(partition_by=given.c.currency, order_by=given.c.total)
    return select(
        given.c.donor_id.label(SCORED.name),
        given.c.currency.label(IN_CURRENCY.name),
        _score(days, ((90, 5), (180, 4), (365, 3), (730, 2))).label(RECENCY.name),
        _score(given.c.gifts, ((1, 1), (2, 2), (4, 3), (9, 4)), above=5).label(FREQUENCY.name),
        func.least(5, 1 + cast(func.floor(rank * 5), Integer)).label(MONETARY.name),
    ).subquery("scores")


def _score(value: Any, steps: tuple[tuple[int, int], ...], above: int = 1) -> Any:
    """The score of the first step that is not exceeded."""
    return case(*((value <= most, literal(score)) for most, score in steps), else_=literal(above))
