"""The words of receipts and yearly letters: whole sentences, ready for other languages."""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list

from crm_store.gifts.fiscal import Period
from crm_store.gifts.models import Method
from crm_store.money import Money

TRANSLATIONS = Path(__file__).parent.parent / "locale"
DEFAULT = "en"


def N_(sentence: str) -> str:
    """Marks a sentence for the translators."""
    return sentence


METHODS = {
    Method.CASH: N_("in cash"),
    Method.CHECK: N_("by cheque"),
    Method.CREDIT_CARD: N_("by card"),
    Method.WIRE: N_("by bank transfer"),
    Method.DIRECT_DEBIT: N_("by direct debit"),
    Method.STOCK: N_("in securities"),
    Method.IN_KIND: N_("in kind"),
    Method.CRYPTO: N_("in crypto-currency"),
    Method.OTHER: N_("by other means"),
}


class Line(NamedTuple):
    """One gift as a paper states it."""

    received_on: date
    amount: Decimal
    deductible_amount: Decimal
    currency: str
    method: Method
    purpose: str | None
    receipt_number: str | None = None


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes to whom, and in which language."""

    issuer: str
    names: tuple[str, ...]
    address: str | None
    language: str
    closing: str | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """One language: its sentences, its dates and its money."""

    language: str
    locale: Locale
    gettext: gettext.NullTranslations

    def say(self, sentence: str, **values: str) -> str:
        return self.gettext.gettext(sentence).format(**values)

    def day(self, day: date) -> str:
        return _day(day, str(self.locale))

    def money(self, amount: Decimal, currency: str) -> str:
        return _money(amount, currency, str(self.locale))

    def names(self, names: Sequence[str]) -> str:
        return format_list(list(names), locale=self.locale)

    def sums(self, totals: Mapping[str, Decimal]) -> str:
        return self.names([self.money(amount, currency) for currency, amount in totals.items()])


@lru_cache(maxsize=64)
def speech(language: str) -> Speech:
    """A language as people name it, such as el or he-IL; English where we know no better."""
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse(DEFAULT)
    found = gettext.translation(
        "almoner", TRANSLATIONS, [str(locale), locale.language], fallback=True
    )
    return Speech(language, locale, found)


def receipt_text(
    head: Letterhead, number: str, issued_on: date, lines: Sequence[Line], covers: Period | None
) -> str:
    """The whole receipt; `covers` says of which period an annual one speaks."""
    tongue = speech(head.language)
    parts = [
        tongue.say(N_("Receipt {number}"), number=number),
        tongue.say(N_("Issued on {day}."), day=tongue.day(issued_on)),
        tongue.say(N_("Received with thanks from {names}."), names=tongue.names(head.names)),
        *([_covering(tongue, covers)] if covers else []),
        *(_line(tongue, line) for line in lines),
        tongue.say(N_("Total: {total}."), total=tongue.sums(totals_of(lines))),
        _deductible(tongue, deductible_of(lines)),
    ]
    return _page(head, parts)


def year_text(head: Letterhead, period: Period, lines: Sequence[Line]) -> str:
    """A yearly letter: every gift, the receipt it stands on, and a total for each currency."""
    tongue = speech(head.language)
    since = {"first": tongue.day(period.first), "last": tongue.day(period.last)}
    names = tongue.names(head.names)
    title = tongue.say(N_("Your giving from {first} to {last}"), **since)
    if not lines:
        return _page(head, [title, tongue.say(N_("We have received no gift in this time."))])
    parts = [
        title,
        tongue.say(N_("Thank you, {names}. These are the gifts we received."), names=names),
        *(_line(tongue, line) for line in lines),
        tongue.say(N_("Total: {total}."), total=tongue.sums(totals_of(lines))),
        tongue.say(N_("This letter is a summary and not a receipt.")),
    ]
    return _page(head, parts)


def copy_mark(language: str, copies: int) -> str:
    """What is printed across a receipt that has been issued again."""
    tongue = speech(language)
    return tongue.say(N_("DUPLICATE no. {count}"), count=str(copies))


def void_mark(language: str, day: date) -> str:
    tongue = speech(language)
    return tongue.say(N_("VOID since {day}"), day=tongue.day(day))


def totals_of(lines: Iterable[Line]) -> dict[str, Decimal]:
    """A total for each currency, in the order of their codes."""
    return _sums((line.currency, line.amount) for line in lines)


def deductible_of(lines: Iterable[Line]) -> dict[str, Decimal]:
    """The part of each that may be deducted from tax."""
    return _sums((line.currency, line.deductible_amount) for line in lines)


def _sums(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for currency, amount in amounts:
        totals[currency] = totals.get(currency, Decimal(0)) + amount
    return dict(sorted(totals.items()))


def _line(tongue: Speech, line: Line) -> str:
    facts = {
        "day": tongue.day(line.received_on),
        "amount": tongue.money(line.amount, line.currency),
        "method": tongue.say(METHODS[line.method]),
    }
    if line.purpose and line.receipt_number:
        sentence = N_("{day}: {amount} {method} for {purpose}, receipt {number}.")
    elif line.purpose:
        sentence = N_("{day}: {amount} {method} for {purpose}.")
    elif line.receipt_number:
        sentence = N_("{day}: {amount} {method}, receipt {number}.")
    else:
        sentence = N_("{day}: {amount} {method}.")
    return tongue.say(
        sentence, **facts, purpose=line.purpose or "", number=line.receipt_number or ""
    )


def _covering(tongue: Speech, covers: Period) -> str:
    return tongue.say(
        N_("For the gifts from {first} to {last} that no other receipt states."),
        first=tongue.day(covers.first),
        last=tongue.day(covers.last),
    )


def _deductible(tongue: Speech, totals: Mapping[str, Decimal]) -> str:
    some = {currency: amount for currency, amount in totals.items() if amount}
    if not some:
        return tongue.say(N_("None of this may be deducted from tax."))
    return tongue.say(N_("Of this may be deducted from tax: {total}."), total=tongue.sums(some))


def _page(head: Letterhead, parts: Sequence[str]) -> str:
    to = "\n".join([*head.names, *([head.address] if head.address else [])])
    closing = [head.closing] if head.closing else []
    return "\n\n".join([head.issuer, to, "\n".join(parts), *closing])


@lru_cache(maxsize=4096)
def _day(day: date, locale: str) -> str:
    return format_date(day, "long", locale=locale)


@lru_cache(maxsize=16_384)
def _money(amount: Decimal, currency: str, locale: str) -> str:
    return Money(amount, currency).words(locale)
