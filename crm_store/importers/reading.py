"""Cells as values: dates, amounts, yes and no, each with a plain reason where it fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache

from babel.numbers import get_currency_name

from crm_store.errors import Invalid
from crm_store.gifts.models import Method, TributeKind
from crm_store.importers import spelling
from crm_store.money import KNOWN as CURRENCIES
from crm_store.search.text import fold

SYMBOLS = {"US$": "USD", "ש״ח": "ILS", 'ש"ח': "ILS", "€": "EUR", "$": "USD", "£": "GBP", "₪": "ILS",
           "¥": "JPY"}  # fmt: skip
EXCEL_EPOCH = date(1899, 12, 30)
EARLIEST = date(1850, 1, 1)
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
DATE = re.compile(r"(\d{1,4})[./\-\s](\d{1,2})[./\-\s](\d{1,4})(?:[T\s,].*)?")
SOLID = re.compile(r"(?:19|20)\d{6}")
WORDY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.\-/]+([^\W\d]+)\.?[\s.,\-/]+(\d{2,4})")
MONTH_FIRST = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{2,4})")
NUMBER = re.compile(r"[+-]?[\d.,'’\s]*\d[\d.,'’\s]*")
NOTHING = frozenset(
    {"", "-", "--", "—", "–", "n/a", "na", "none", "null", "nil", "#n/a", "?", "nan"}
)


class DateOrder(StrEnum):
    """Which comes first in 03/04/2025."""

    DAY = "day"
    MONTH = "month"


class Mark(StrEnum):
    """What parts the whole from its fraction."""

    POINT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True)
class Amount:
    value: Decimal
    currency: str | None


def is_nothing(cell: str) -> bool:
    return not cell or cell.strip().casefold() in NOTHING


@lru_cache(maxsize=50_000)
def read_date(cell: str, order: DateOrder) -> date:
    """A day, however it is written; Excel's serial numbers too."""
    text = cell.strip().translate(DIGITS)
    try:
        if found := DATE.fullmatch(text):
            return _from_parts(found[1], found[2], found[3], order)
        if SOLID.fullmatch(text):
            return _sensible(date(int(text[:4]), int(text[4:6]), int(text[6:])), cell)
        if found := WORDY.match(text):
            return _sensible(_named(found[1], found[2], found[3]), cell)
        if found := MONTH_FIRST.match(text):
            return _sensible(_named(found[2], found[1], found[3]), cell)
        if re.fullmatch(r"\d{5}(\.\d+)?", text):
            return _sensible(EXCEL_EPOCH + timedelta(days=int(float(text))), cell)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"“{cell}” is not a day of the calendar.") from error
    raise Invalid(f"“{cell[:40]}” is not a date.")


def _from_parts(first: str, second: str, third: str, order: DateOrder) -> date:
    whole = f"{first}/{second}/{third}"
    if len(first) > 2:
        return _sensible(date(int(first), int(second), int(third)), whole)
    one, two, year = int(first), int(second), _year(third)
    day, month = (two, one) if order is DateOrder.MONTH else (one, two)
    if month > 12 >= day:
        day, month = month, day
    return _sensible(date(year, month, day), whole)


def _named(day: str, month: str, year: str) -> date:
    number = spelling.month(month)
    if number is None:
        raise Invalid(f"“{month}” is not a month.")
    return date(_year(year), number, int(day))


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year < 70 else 1900)


def _sensible(day: date, cell: str) -> date:
    if day < EARLIEST or day.year > 2200:
        raise Invalid(f"“{cell}” is too far away to be meant.")
    return day


@lru_cache(maxsize=50_000)
def read_amount(cell: str, mark: Mark) -> Amount:
    """A number with its currency where the cell says one: 1.234,50 € or $1,234.50 or (50.00)."""
    text = cell.strip().translate(DIGITS).replace("\u200f", "").replace("\u200e", "")
    negative = text.startswith("(") and text.endswith(")")
    text = text.strip("()").replace("−", "-")
    currency, text = _split_currency(text)
    if text.endswith("-"):
        negative, text = True, text[:-1]
    if not NUMBER.fullmatch(text.strip()):
        raise Invalid(f"“{cell[:40]}” is not an amount.")
    try:
        value = Decimal(_plain_number(text.strip(), mark))
    except InvalidOperation as error:
        raise Invalid(f"“{cell[:40]}” is not an amount.") from error
    return Amount(-value if negative else value, currency)


def _split_currency(text: str) -> tuple[str | None, str]:
    for symbol, code in SYMBOLS.items():
        if symbol in text:
            return code, text.replace(symbol, "")
    if found := re.search(r"[^\W\d_]+\.?", text):
        said = currency_code(found[0].strip("."))
        if said is None:
            raise Invalid(f"“{text[:40]}” is not an amount.")
        return said, text.replace(found[0], "")
    return None, text


def _plain_number(text: str, mark: Mark) -> str:
    """As Python reads it. Where a cell leaves no doubt it is believed over its column."""
    bare = re.sub(r"[\s'’]", "", text)
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        decimal = max(".,", key=bare.rfind)
    elif points + commas == 1:
        only = "." if points else ","
        whole, _, fraction = bare.partition(only)
        doubtful = len(fraction) == 3 and 0 < len(whole.lstrip("+-")) <= 3 and whole != "0"
        decimal = str(mark) if doubtful else only
    elif points + commas > 1:
        decimal = "," if points else "."
    else:
        return bare
    other = "," if decimal == "." else "."
    return bare.replace(other, "").replace(decimal, ".")


@lru_cache(maxsize=2_000)
def currency_code(cell: str) -> str | None:
    """A code, a symbol or a name as the three-letter code."""
    text = cell.strip()
    if text in SYMBOLS:
        return SYMBOLS[text]
    if text.upper() in CURRENCIES:
        return text.upper()
    known = spelling.CURRENCIES.get(fold(text))
    if known:
        return known
    usual = ("EUR", "USD", "GBP", "ILS", "CHF", "CAD", "AUD")
    names = {fold(get_currency_name(code, locale="en")): code for code in usual}
    return names.get(fold(text))


def read_yes_no(cell: str) -> bool:
    said = fold(cell)
    if said in spelling.YES:
        return True
    if said in spelling.NO:
        return False
    raise Invalid(f"“{cell[:40]}” is neither yes nor no.")


@lru_cache(maxsize=5_000)
def read_country(cell: str) -> str:
    code = spelling.country(cell)
    if code is None:
        raise Invalid(f"“{cell[:40]}” is not a country.")
    return code


@lru_cache(maxsize=2_000)
def read_method(cell: str) -> Method:
    """How it was paid; what nobody has heard of is other, for money is not refused over a word."""
    said = fold(cell)
    for method, words in spelling.METHODS.items():
        if said == method.value.replace("_", " ") or any(word in said for word in words):
            return Method(method)
    return Method.OTHER


def read_tribute(cell: str) -> TributeKind:
    said = fold(cell)
    if any(word in said for word in spelling.MEMORY):
        return TributeKind.MEMORY
    if any(word in said for word in spelling.HONOUR):
        return TributeKind.HONOUR
    raise Invalid(f"“{cell[:40]}” is neither in honour nor in memory.")


def read_tax_number(cell: str) -> str:
    number = re.sub(r"[^0-9A-Za-z]", "", cell)
    if number[:2].upper() in ("EL", "GR"):
        number = number[2:]
    if len(number) == 8 and number.isdigit():
        number = f"0{number}"
    if not 6 <= len(number) <= 15:
        raise Invalid(f"“{cell[:40]}” is not a tax number.")
    return number.upper()


def is_afm(number: str) -> bool:
    """Whether the check digit of a Greek tax number holds."""
    if len(number) != 9 or not number.isdigit() or number == "000000000":
        return False
    total = sum(int(digit) << (8 - place) for place, digit in enumerate(number[:8]))
    return total % 11 % 10 == int(number[8])


def read_tags(cell: str) -> tuple[str, ...]:
    parts = re.split(r"[,;|\n]+", cell)
    return tuple(dict.fromkeys(part.strip().lstrip("#") for part in parts if part.strip(" #")))


@lru_cache(maxsize=500)
def read_language(cell: str) -> str | None:
    """The two letters; an unknown language is left out rather than refused."""
    said = fold(cell).split(" ")[0]
    return spelling.LANGUAGES.get(said)
