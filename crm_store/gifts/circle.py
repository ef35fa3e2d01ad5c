"""Hard and soft credit of some people taken together, each gift once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from crm_store.gifts.models import Gift, SoftCredit


@dataclass(frozen=True, slots=True)
class Credit:
    """What some people gave and helped to bring in, in one currency, net of what was returned."""

    currency: str
    hard: Decimal
    soft: Decimal
    hard_gifts: int
    soft_gifts: int
    first_on: date
    last_on: date
    largest: Decimal

    @property
    def combined(self) -> Decimal:
        """Both, which is no gift twice: what one gave oneself is never soft."""
        return self.hard + self.soft

    @property
    def gifts(self) -> int:
        return self.hard_gifts + self.soft_gifts


@dataclass(frozen=True, slots=True)
class Credits:
    """A credit for each currency, and how many gifts were left out as not visible."""

    by_currency: tuple[Credit, ...]
    hidden: int = 0

    def in_(self, currency: str) -> Credit | None:
        return next((each for each in self.by_currency if each.currency == currency), None)


@dataclass(frozen=True, slots=True)
class Circle:
    """Whose giving is asked for: donors whose gifts are theirs, and whom credit may name."""

    givers: tuple[tuple[UUID, date | None], ...]
    people: frozenset[UUID]

    @property
    def donors(self) -> frozenset[UUID]:
        return frozenset(donor_id for donor_id, _ in self.givers)


def gave(circle: Circle) -> ColumnElement[bool]:
    whole = [donor_id for donor_id, until in circle.givers if until is None]
    for_a_time = [
        and_(Gift.donor_id == donor_id, Gift.received_on <= until)
        for donor_id, until in circle.givers
        if until is not None
    ]
    return or_(Gift.donor_id.in_(whole) if whole else false(), *for_a_time)


def thanked(circle: Circle) -> ColumnElement[bool]:
    return or_(
        SoftCredit.person_id.in_(circle.people) if circle.people else false(),
        SoftCredit.donor_id.in_(circle.donors) if circle.donors else false(),
    )


def summed(credit: Any) -> Any:
    amount, is_hard = credit.c.credit, credit.c.is_hard
    nothing = Decimal(0)
    return (
        select(
            credit.c.currency,
            func.coalesce(func.sum(amount).filter(is_hard), nothing).label("hard"),
            func.coalesce(func.sum(amount).filter(~is_hard), nothing).label("soft"),
            func.count().filter(is_hard).label("hard_gifts"),
            func.count().filter(~is_hard).label("soft_gifts"),
            func.min(credit.c.received_on).label("first_on"),
            func.max(credit.c.received_on).label("last_on"),
            func.max(amount).label("largest"),
        )
        .group_by(credit.c.currency)
        .order_by(credit.c.currency)
    )
