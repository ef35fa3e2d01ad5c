"""When something that repeats comes round again, by the clock on the wall where its owner is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from crm_store.errors import Invalid
from crm_store.tasks.models import Repeat

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Rule:
    """From a first moment on: every so many days, weeks (on some days), months or years."""

    first: datetime
    zone: ZoneInfo
    repeat: Repeat
    every: int = 1
    on: Sequence[str] = ()
    until: datetime | None = None

    def after(self, moment: datetime) -> datetime | None:
        """The first time it comes round after a moment; None once it is over."""
        wall = self.first.astimezone(self.zone)
        for day in self._days(wall.date(), moment.astimezone(self.zone).date()):
            found = datetime.combine(day, wall.timetz()).astimezone(UTC)
            if self.until is not None and found > self.until:
                return None
            if found > moment and found > self.first:
                return found
        return None

    def _days(self, first: date, wanted: date) -> Iterator[date]:
        """Its days in order, from shortly before the one that is wanted."""
        passed = max(0, (wanted - first).days)
        if self.repeat is Repeat.DAILY:
            for step in count(passed // self.every):
                yield first + timedelta(days=step * self.every)
        elif self.repeat is Repeat.WEEKLY:
            days = sorted(WEEKDAYS.index(day) for day in self.on) or [first.weekday()]
            monday = first - timedelta(days=first.weekday())
            for step in count(passed // (7 * self.every)):
                week = monday + timedelta(weeks=step * self.every)
                yield from (week + timedelta(days=day) for day in days)
        else:
            months = self.every * (12 if self.repeat is Repeat.YEARLY else 1)
            for step in count(max(0, passed // (31 * months) - 1)):
                yield first + relativedelta(months=step * months)


def check_rule(repeat: Repeat | None, every: int, on: Sequence[str]) -> None:
    if every < 1:
        raise Invalid("It repeats every one or more days, weeks, months or years.")
    if on and repeat is not Repeat.WEEKLY:
        raise Invalid("Only what repeats weekly has days of the week.")
    unknown = set(on) - set(WEEKDAYS)
    if unknown:
        raise Invalid(f"There is no weekday called {', '.join(sorted(unknown))}.")
