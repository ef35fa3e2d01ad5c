"""Working time: how many working seconds lie between two moments, and when so many will be over.

Everything is measured in real seconds (UTC); only where a working day begins and ends is read from
the wall clock of the calendar's zone, so weekends, holidays and clock changes come out exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from crm_store.errors import Invalid

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_SEARCH = timedelta(days=3660)
MIDNIGHT = time()

Hours: TypeAlias = tuple[tuple[time, time], ...]


class BadHours(Invalid):
    """These opening hours do not make sense."""


class NeverOpen(Invalid):
    """This calendar has no working time left to count."""


class AroundTheClock:
    """Every second counts."""

    def between(self, start: datetime, end: datetime) -> int:
        return int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds())

    def add(self, start: datetime, seconds: int) -> datetime:
        return start.astimezone(UTC) + timedelta(seconds=seconds)


@dataclass(frozen=True)
class WorkingTime:
    """The hours of each weekday in one zone, less holidays. An end at 00:00 is midnight."""

    zone: ZoneInfo
    week: tuple[Hours, ...]
    holidays: frozenset[date] = frozenset()

    @classmethod
    def parse(
        cls, timezone: str, hours: Mapping[str, Any], holidays: Mapping[str, str]
    ) -> WorkingTime:
        """As stored: {"mon": [["09:00", "17:00"]]} and {"2026-12-25": "Christmas"}."""
        unknown = set(hours) - set(WEEKDAYS)
        if unknown:
            raise BadHours(f"There is no weekday called {', '.join(sorted(unknown))}.")
        week = tuple(_day(hours.get(name, ())) for name in WEEKDAYS)
        if not any(week):
            raise NeverOpen("A calendar needs working hours on at least one weekday.")
        try:
            return cls(ZoneInfo(timezone), week, frozenset(map(date.fromisoformat, holidays)))
        except (KeyError, ValueError, OSError) as error:
            raise BadHours("The time zone or one of the holidays could not be read.") from error

    def between(self, start: datetime, end: datetime) -> int:
        """Working seconds from one moment to another; negative when it lies before."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end < start:
            return -self.between(end, start)
        total = timedelta()
        for opens, closes in self._forward(start):
            if opens >= end:
                break
            total += min(closes, end) - max(opens, start)
        return int(total.total_seconds())

    def add(self, start: datetime, seconds: int) -> datetime:
        """The first moment by which so many working seconds have passed; back when negative."""
        start = start.astimezone(UTC)
        if seconds < 0:
            return self._back(start, timedelta(seconds=-seconds))
        left = timedelta(seconds=seconds)
        for opens, closes in self._forward(start):
            begins = max(opens, start)
            if closes - begins >= left:
                return begins + left
            left -= closes - begins
        raise NeverOpen

    def _back(self, start: datetime, left: timedelta) -> datetime:
        for opens, closes in self._backward(start):
            ends = min(closes, start)
            if ends - opens >= left:
                return ends - left
            left -= ends - opens
        raise NeverOpen

    def _forward(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working stretches that end after a moment, in order."""
        day = start.astimezone(self.zone).date() - timedelta(days=1)
        last = day + LONGEST_SEARCH
        while day <= last:
            for opens, closes in _stretches(self, day):
                if closes > start:
                    yield opens, closes
            day += timedelta(days=1)

    def _backward(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working stretches that begin before a moment, latest first."""
        day = start.astimezone(self.zone).date() + timedelta(days=1)
        last = day - LONGEST_SEARCH
        while day >= last:
            for opens, closes in reversed(_stretches(self, day)):
                if opens < start:
                    yield opens, closes
            day -= timedelta(days=1)


Pace: TypeAlias = AroundTheClock | WorkingTime


@lru_cache(maxsize=4096)
def _stretches(calendar: WorkingTime, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """One day's working time as moments; a clock put forward or back shortens or lengthens it."""
    if day in calendar.holidays:
        return ()
    found: list[tuple[datetime, datetime]] = []
    for opens, closes in calendar.week[day.weekday()]:
        begins = _moment(day, opens, calendar.zone)
        if closes == MIDNIGHT:
            ends = _moment(day + timedelta(days=1), MIDNIGHT, calendar.zone)
        else:
            ends = _moment(day, closes, calendar.zone, last=True)
        if found:
            begins = max(begins, found[-1][1])
        if ends > begins:
            found.append((begins, ends))
    return tuple(found)


def _moment(day: date, at: time, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """When a clock on the wall shows a time: the first or last of two, or when it skips it."""
    wall = datetime.combine(day, at, zone)
    first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if second < first:
        return _change(second, first, zone)
    return second if last else first


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second between two moments at which the clocks were put forward."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before).total_seconds() // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _day(stretches: Any) -> Hours:
    """The day's stretches in order, checked."""
    try:
        hours = sorted((_clock(opens), _clock(closes)) for opens, closes in stretches)
    except (TypeError, ValueError) as error:
        raise BadHours("Hours are written as 09:00 and 17:30.") from error
    ends_before = MIDNIGHT
    for index, (opens, closes) in enumerate(hours):
        if closes != MIDNIGHT and closes <= opens:
            raise BadHours(
                f"A working day cannot end at {closes:%H:%M} and begin at {opens:%H:%M}."
            )
        if index and (opens < ends_before or ends_before == MIDNIGHT):
            raise BadHours("Two stretches of a day overlap.")
        ends_before = closes
    return tuple(hours)


def _clock(text: str) -> time:
    return MIDNIGHT if text == "24:00" else time.fromisoformat(text)
