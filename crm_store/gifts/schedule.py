"""On which days something promised falls due."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, takewhile

from crm_store.gifts.models import Frequency

MONTHS = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.YEARLY: 12}


def due_days(frequency: Frequency, day: int, starts: date, until: date) -> Iterator[date]:
    """Every due day from `starts` to `until`, both included; day 31 is the last of shorter months.

    Counted from the month of `starts`, so that a short month does not pull later ones forward.
    """
    by_week = frequency is Frequency.WEEKLY
    every = _weeks(day, starts) if by_week else _months(MONTHS[frequency], day, starts)
    return takewhile(lambda due: due <= until, (due for due in every if due >= starts))


def day_of(frequency: Frequency, starts: date) -> int:
    """The day a plan keeps when nobody says otherwise: that of its start."""
    return starts.isoweekday() if frequency is Frequency.WEEKLY else starts.day


def _weeks(weekday: int, starts: date) -> Iterator[date]:
    first = starts + timedelta(days=(weekday - starts.isoweekday()) % 7)
    return (first + timedelta(weeks=week) for week in count())


def _months(step: int, day: int, starts: date) -> Iterator[date]:
    first = starts.year * 12 + starts.month - 1
    for month in count(first, step):
        year, of_year = divmod(month, 12)
        yield date(year, of_year + 1, min(day, monthrange(year, of_year + 1)[1]))
