"""Exact money: an amount and its currency, never a float, never two currencies in one sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import total_ordering

from babel.core import get_global
from babel.numbers import format_currency, list_currencies

from crm_store.errors import Invalid

LARGEST = Decimal(10) ** 14
KNOWN = frozenset(list_currencies())


class MixedCurrencies(Invalid):
    """Amounts in different currencies cannot be put together."""


class NotMoney(Invalid):
    """This is not an amount of money."""


def digits(currency: str) -> int:
    """How many decimal places a currency has: 2 for EUR, 0 for JPY, 3 for KWD."""
    fractions = get_global("currency_fractions")
    return int(fractions.get(currency, fractions["DEFAULT"])[0])


def known_currency(code: str) -> str:
    """The code in capitals, if there is such a currency."""
    currency = code.strip().upper()
    if currency not in KNOWN:
        raise Invalid(f"There is no currency {code!r}.")
    return currency


def exact(amount: Decimal | int | str) -> Decimal:
    """A decimal from what a person or a file gave; refuses floats, which are not exact."""
    if isinstance(amount, float | bool):
        raise NotMoney(f"{amount!r} is not exact: amounts are decimals or text.")
    try:
        found = Decimal(amount)
    except InvalidOperation as error:
        raise NotMoney(f"{amount!r} is not an amount.") from error
    if not found.is_finite() or abs(found) >= LARGEST:
        raise NotMoney(f"{amount} is not an amount we can keep.")
    return found


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the smallest coin of the currency, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), rounding=ROUND_HALF_UP)


def tidy(amount: Decimal, currency: str) -> Decimal:
    """The same amount with the currency's own places, so that 100.0000 reads 100.00."""
    short = rounded(amount, currency)
    return short if short == amount else amount


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency, at that currency's own precision."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        currency = known_currency(self.currency)
        object.__setattr__(self, "currency", currency)
        object.__setattr__(self, "amount", rounded(exact(self.amount), currency))

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Money as somebody stated it: refused where it has more places than the currency."""
        stated = exact(amount)
        money = cls(stated, currency)
        if money.amount != stated:
            places = digits(money.currency)
            raise NotMoney(f"{money.currency} has {places} decimal places, not as in {stated}.")
        return money

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def split(self, parts: int) -> list[Money]:
        """Equal parts that sum exactly to the whole; the last bears the rounding."""
        if parts < 1:
            raise Invalid("Money is split into one part or more.")
        coin = Decimal(1).scaleb(-digits(self.currency))
        part = self.amount / parts // coin * coin
        rest = self.amount - part * (parts - 1)
        return [*(Money(part, self.currency) for _ in range(parts - 1)), Money(rest, self.currency)]

    def words(self, locale: str = "en") -> str:
        """As people of this language write it: €1,250.00 or 1.250,00 €."""
        return format_currency(self.amount, self.currency, locale=locale.replace("-", "_"))

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency} cannot be put together.")


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts in one currency; nothing at all is zero of it."""
    return sum(amounts, start=Money.zero(currency))


def totals(amounts: Iterable[Money]) -> dict[str, Money]:
    """A sum for each currency, in the order of their codes."""
    sums: dict[str, Money] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, Money.zero(money.currency)) + money
    return dict(sorted(sums.items()))
