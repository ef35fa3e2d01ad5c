"""Periods in a filter: those of the reports, and open ones as in "since 2025-03-01"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from crm_store.errors import Invalid
from crm_store.gifts.fiscal import fiscal_year, period_of
from crm_store.reports.periods import ALL_TIME, resolve

OPEN = re.compile(r"(?P<side>since|after|before|until)[ _](?P<day>\d{4}-\d{2}-\d{2})")
DAY = timedelta(days=1)
SOME_DAY = date(2025, 6, 15)


@dataclass(frozen=True, slots=True)
class Between:
    """The first and the last day, where there is one."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def fiscal_years(self, starts: int) -> tuple[int | None, int | None] | None:
        """The fiscal years it consists of, or nothing if it cuts one in two."""
        opening = closing = None
        if self.first is not None:
            opening = fiscal_year(self.first, starts)
            if period_of(opening, starts).first != self.first:
                return None
        if self.last is not None:
            closing = fiscal_year(self.last, starts)
            if period_of(closing, starts).last != self.last:
                return None
        return opening, closing


def between(text: str | None, today: date, starts: int) -> Between:
    """The days a period means today."""
    plain = (text or ALL_TIME).strip().lower()
    if plain.replace(" ", "_") == ALL_TIME:
        return Between()
    if found := OPEN.fullmatch(plain):
        return _open(found)
    span = resolve(plain, today, starts)
    return Between(span.first, span.last)


def check(text: str) -> str:
    """The period as it was given, if it is one."""
    between(text, SOME_DAY, 1)
    return text.strip()


def in_words(text: str | None, locale: str = "en") -> str:
    """As it stands after a verb: "last fiscal year", "in March 2025", "since 1 March 2025"."""
    if text is None or text.replace(" ", "_") == ALL_TIME:
        return ""
    plain = text.strip().lower().replace(" ", "_")
    if found := OPEN.fullmatch(text.strip().lower()):
        return f"{found['side']} {_spoken(date.fromisoformat(found['day']), locale)}"
    words = plain.replace("_", " ")
    if plain.endswith("_to_date"):
        return f"this {words.removesuffix(' to date')} so far"
    if re.fullmatch(r"last_\d+_\w+", plain):
        return f"in the {words}"
    if re.match(r"(this|last|previous)_|today|yesterday", plain):
        return words
    return _written(plain, locale)


def _open(found: re.Match[str]) -> Between:
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        raise Invalid(f"{found['day']} is not a day of the calendar.") from None
    match found["side"]:
        case "since":
            return Between(first=day)
        case "after":
            return Between(first=day + DAY)
        case "before":
            return Between(last=day - DAY)
        case _:
            return Between(last=day)


def _written(plain: str, locale: str) -> str:
    first, dots, last = plain.partition("..")
    if dots:
        span = resolve(plain, SOME_DAY, 1)
        if not (first.startswith("fy") or last.startswith("fy")):
            return f"from {_spoken(span.first, locale)} to {_spoken(span.last, locale)}"
        return f"from {first.upper()} to {last.upper()}"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", plain):
        return f"on {_spoken(date.fromisoformat(plain), locale)}"
    if re.fullmatch(r"\d{4}-\d{2}", plain):
        return f"in {format_date(date.fromisoformat(f'{plain}-01'), 'MMMM y', locale)}"
    if found := re.fullmatch(r"fy(\d{4})", plain):
        return f"in fiscal year {found[1]}"
    return f"in {plain.upper()}"


def _spoken(day: date, locale: str) -> str:
    return format_date(day, "long", locale) if locale != "en" else f"{day.day} {day:%B %Y}"
