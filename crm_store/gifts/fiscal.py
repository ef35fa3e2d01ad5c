"""The fiscal year of a day; the database has the same function under the same name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


def fiscal_year(day: date, starts: int) -> int:
    """The year a day is counted in, named by the year in which it ends."""
    return day.year + (1 < starts <= day.month)


@dataclass(frozen=True, slots=True)
class Period:
    """Two days and what lies between, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def period_of(year: int, starts: int) -> Period:
    """The first and last day of a fiscal year."""
    first = date(year - (starts > 1), starts, 1)
    return Period(first, date(first.year + 1, starts, 1) - timedelta(days=1))
