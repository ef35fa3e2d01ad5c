"""What something costs on a day: its price, less the one offer that helps the buyer most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crm_store.deals.models import DiscountKind, Offer, Product
from crm_store.errors import Invalid
from crm_store.money import Money, rounded


class Buyer(StrEnum):
    PERSON = "person"
    COMPANY = "company"
    DONOR = "donor"


class Conditions(BaseModel):
    """When an offer holds; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_quantity: int | None = Field(None, ge=1)
    max_quantity: int | None = Field(None, ge=1)
    min_amount: Decimal | None = Field(None, gt=0)
    buyers: tuple[Buyer, ...] = ()

    def hold(self, quantity: int, amount: Decimal, buyers: frozenset[Buyer]) -> bool:
        return (
            quantity >= (self.min_quantity or 1)
            and (self.max_quantity is None or quantity <= self.max_quantity)
            and amount >= (self.min_amount or 0)
            and (not self.buyers or not buyers.isdisjoint(self.buyers))
        )


class BadConditions(Invalid):
    """These conditions are not ones an offer can have."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A price worked out: what it would cost, what it does cost, and by which offer."""

    product: Product
    quantity: int
    full: Money
    total: Money
    offer: Offer | None = None

    @property
    def discount(self) -> Money:
        return self.full - self.total


def quote(
    product: Product, offers: Iterable[Offer], quantity: int, at: datetime,
    buyers: frozenset[Buyer] = frozenset(),
) -> Quote:  # fmt: skip
    """The lowest total that a single offer gives; offers never add up. Of equals the older wins."""
    if quantity < 1:
        raise Invalid("A quantity is one or more.")
    amount = product.price * quantity
    full = Money(amount, product.currency)
    holding = [
        offer
        for offer in sorted(offers, key=lambda offer: offer.id)
        if is_running(offer, at) and _holds(offer, quantity, amount, buyers)
    ]
    best = min(holding, key=lambda offer: _reduced(product, offer, quantity), default=None)
    if best is None:
        return Quote(product, quantity, full, full)
    total = Money(_reduced(product, best, quantity), product.currency)
    return Quote(product, quantity, full, total, best)


def is_running(offer: Offer, at: datetime) -> bool:
    begun = offer.starts_at is None or offer.starts_at <= at
    return offer.is_active and begun and (offer.ends_at is None or at < offer.ends_at)


def read_conditions(stored: Any) -> Conditions:
    try:
        return Conditions.model_validate(stored or {})
    except ValidationError as error:
        raise BadConditions from error


def _holds(offer: Offer, quantity: int, amount: Decimal, buyers: frozenset[Buyer]) -> bool:
    """Conditions nobody can read do not hold: a discount is never given by mistake."""
    try:
        return read_conditions(offer.conditions).hold(quantity, amount, buyers)
    except BadConditions:
        return False


def _reduced(product: Product, offer: Offer, quantity: int) -> Decimal:
    """The whole line with this offer; a fixed amount comes off each piece, down to nothing."""
    if offer.discount_kind is DiscountKind.PERCENTAGE:
        return rounded(
            product.price * quantity * (100 - offer.discount_value) / 100, product.currency
        )
    return rounded(
        max(product.price - offer.discount_value, Decimal(0)) * quantity, product.currency
    )
