"""Periods as people name them, the steps they fall into, and what each is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from crm_store.errors import Invalid
from crm_store.gifts.fiscal import Period, fiscal_year

DAY = timedelta(days=1)
MOST_STEPS = 1_000


class Grain(StrEnum):
    """A step of time; fiscal steps begin with the organisation's own year."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    FISCAL_MONTH = "fiscal_month"
    FISCAL_QUARTER = "fiscal_quarter"
    FISCAL_YEAR = "fiscal_year"

    @property
    def months(self) -> int:
        """How many calendar months it lasts; none for days and weeks."""
        return {"month": 1, "quarter": 3, "year": 12}.get(self.value.removeprefix("fiscal_"), 0)

    @property
    def is_fiscal(self) -> bool:
        return self.value.startswith("fiscal_")

    @property
    def length(self) -> relativedelta:
        if self.months:
            return relativedelta(months=self.months)
        return relativedelta(days=7 if self is Grain.WEEK else 1)

    def start(self, day: date, starts: int) -> date:
        """The first day of the step that holds this day."""
        if self is Grain.DAY:
            return day
        if self is Grain.WEEK:
            return day - timedelta(days=day.weekday())
        offset = starts - 1 if self.is_fiscal else 0
        back = (day.month - 1 - offset) % self.months
        return day.replace(day=1) - relativedelta(months=back)

    def label(self, start: date, starts: int) -> str:
        """A short name that sorts as time does, as in 2025-03, 2025 Q1 or FY2025."""
        year = fiscal_year(start, starts) if self.is_fiscal else start.year
        month = (start.month - (starts if self.is_fiscal else 1)) % 12
        match self:
            case Grain.DAY:
                return start.isoformat()
            case Grain.WEEK:
                iso = start.isocalendar()
                return f"{iso.year}-W{iso.week:02}"
            case Grain.MONTH:
                return f"{year}-{month + 1:02}"
            case Grain.QUARTER:
                return f"{year} Q{month // 3 + 1}"
            case Grain.YEAR:
                return f"{year}"
            case Grain.FISCAL_MONTH:
                return f"FY{year} M{month + 1:02}"
            case Grain.FISCAL_QUARTER:
                return f"FY{year} Q{month // 3 + 1}"
            case Grain.FISCAL_YEAR:
                return f"FY{year}"


class Comparison(StrEnum):
    PREVIOUS = "previous"
    SAME_LAST_YEAR = "same_last_year"


@dataclass(frozen=True, slots=True)
class Window:
    """One step of a period, and the step before it that donors are compared with."""

    key: date
    first: date
    last: date
    before_first: date
    before_last: date


@dataclass(frozen=True, slots=True)
class Span(Period):
    """A period, the unit it was named by, and what it is called."""

    unit: Grain | None = None
    name: str = ""

    @property
    def words(self) -> str:
        """What it is called with its exact days, as in "fiscal year 2025 (1 July 2024 to …)"."""
        if self.first == self.last:
            dates = spoken(self.first)
        else:
            dates = f"{spoken(self.first)} to {spoken(self.last)}"
        return f"{self.name} ({dates})" if self.name else dates

    def windows(self, grain: Grain | None, starts: int) -> list[Window]:
        """The steps the period falls into, or the whole of it as one."""
        if grain is None:
            before = self.preceding(starts)
            return [Window(self.first, self.first, self.last, before.first, before.last)]
        if (self.last - self.first).days > MOST_STEPS * _shortest(grain):
            raise Invalid(
                f"{self.words} is more than {MOST_STEPS:,} steps of a {spoken_grain(grain)}; "
                "choose a longer step or a shorter period."
            )
        return list(self._steps(grain, starts))

    def _steps(self, grain: Grain, starts: int) -> Iterator[Window]:
        start = grain.start(self.first, starts)
        while start <= self.last:
            following = start + grain.length
            yield Window(
                start,
                max(start, self.first),
                min(following - DAY, self.last),
                grain.start(start - DAY, starts),
                start - DAY,
            )
            start = following

    def preceding(self, starts: int) -> Span:
        """What donors of this period are held against: the unit before it, or as many days."""
        last = self.first - DAY
        if self.unit and self.unit.start(self.first, starts) == self.first:
            return Span(self.unit.start(last, starts), last, self.unit)
        if months := self._whole_months():
            return Span(self.first - relativedelta(months=months), last)
        return Span(last - (self.last - self.first), last)

    def compared(self, to: Comparison, starts: int) -> Span:
        """An equally long period earlier on; a year to date with the last one to the same day."""
        if to is Comparison.SAME_LAST_YEAR:
            if self.unit is Grain.WEEK:
                return self._shifted(relativedelta(days=364))
            return self._shifted(relativedelta(months=12))
        if self.unit:
            return self._shifted(self.unit.length)
        if months := self._whole_months():
            return self._shifted(relativedelta(months=months))
        return self._shifted(relativedelta(days=(self.last - self.first).days + 1))

    def _shifted(self, by: relativedelta) -> Span:
        if self._whole_months() and not by.days:
            return Span(self.first - by, self.last + DAY - by - DAY, self.unit)
        return Span(self.first - by, self.last - by, self.unit)

    def _whole_months(self) -> int:
        """How many calendar months it is made of; none if it begins or ends within one."""
        after = self.last + DAY
        if self.first.day != 1 or after.day != 1:
            return 0
        return (after.year - self.first.year) * 12 + after.month - self.first.month


def spoken(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def spoken_grain(grain: Grain) -> str:
    return grain.value.replace("_", " ")


def _shortest(grain: Grain) -> int:
    return 28 * grain.months or grain.length.days


RELATIVE = (
    "today", "yesterday", "this_week", "last_week", "this_month", "last_month", "month_to_date",
    "this_quarter", "last_quarter", "quarter_to_date", "this_year", "last_year", "year_to_date",
    "this_fiscal_quarter", "last_fiscal_quarter", "this_fiscal_year", "last_fiscal_year",
    "fiscal_year_to_date", "last_30_days", "last_12_months",
)  # fmt: skip
ABSOLUTE = ("2025", "2025-03", "2025-Q1", "2025-W07", "FY2025", "FY2025-Q1", "2025-03-14")
ALL_TIME = "all_time"

_UNITS = "day|week|month|quarter|year|fiscal_month|fiscal_quarter|fiscal_year"
_NAMED = re.compile(rf"(?P<which>this|last|previous)_(?P<unit>{_UNITS})")
_TO_DATE = re.compile(rf"(?P<unit>{_UNITS})_to_date")
_LAST_SOME = re.compile(r"last_(?P<count>[1-9]\d{0,3})_(?P<unit>days|weeks|months|years)")
_WRITTEN = re.compile(
    r"(?P<fiscal>fy)?(?P<year>\d{4})(?:[-_ ]?(?:q(?P<quarter>[1-4])|w(?P<week>\d{1,2})|"
    r"(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?))?"
)


class UnknownPeriod(Invalid):
    """This is not a period we know."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"“{text}” is not a period. Say one of {', '.join(RELATIVE)}, {ALL_TIME}, or write it "
            f"out as in {', '.join(ABSOLUTE)}, or as two of these with .. between them."
        )


def resolve(text: str, today: date, starts: int) -> Span:
    """The days a period means today, for an organisation whose year starts in this month."""
    asked = text.strip().lower().replace(" ", "_")
    first, dots, last = asked.partition("..")
    if dots:
        return _between(text, _written(first), _written(last), starts)
    return _relative(asked, today, starts) or _absolute(text, _written(asked), starts)


def _relative(asked: str, today: date, starts: int) -> Span | None:
    words = asked.replace("_", " ")
    if asked in ("today", "yesterday"):
        day = today - DAY if asked == "yesterday" else today
        return Span(day, day, Grain.DAY, asked)
    if found := _NAMED.fullmatch(asked):
        grain = Grain(found["unit"])
        start = grain.start(today, starts)
        if found["which"] != "this":
            start = grain.start(start - DAY, starts)
        return Span(start, start + grain.length - DAY, grain, words)
    if found := _TO_DATE.fullmatch(asked):
        grain = Grain(found["unit"])
        return Span(grain.start(today, starts), today, grain, words)
    if found := _LAST_SOME.fullmatch(asked):
        try:
            back = _length(found["unit"], int(found["count"]))
            return Span(today - back + DAY, today, None, words)
        except (ValueError, OverflowError):
            raise UnknownPeriod(words) from None
    return None


def _length(unit: str, count: int) -> relativedelta:
    match unit:
        case "days":
            return relativedelta(days=count)
        case "weeks":
            return relativedelta(weeks=count)
        case "months":
            return relativedelta(months=count)
        case _:
            return relativedelta(years=count)


def _written(text: str) -> re.Match[str]:
    found = _WRITTEN.fullmatch(text)
    if found is None or (found["fiscal"] and (found["week"] or found["month"])):
        raise UnknownPeriod(text)
    return found


def _absolute(text: str, found: re.Match[str], starts: int) -> Span:
    grain = _grain_of(found)
    try:
        start = _start_of(found, starts)
        last = start + grain.length - DAY
    except (ValueError, OverflowError):
        raise UnknownPeriod(text) from None
    return Span(start, last, grain, "" if grain is Grain.DAY else grain.label(start, starts))


def _between(text: str, first: re.Match[str], last: re.Match[str], starts: int) -> Span:
    opening, closing = _absolute(text, first, starts), _absolute(text, last, starts)
    if closing.last < opening.first:
        raise Invalid(
            f"A period cannot end ({spoken(closing.last)}) before it begins "
            f"({spoken(opening.first)})."
        )
    return Span(opening.first, closing.last)


def _grain_of(found: re.Match[str]) -> Grain:
    if found["quarter"]:
        return Grain.FISCAL_QUARTER if found["fiscal"] else Grain.QUARTER
    if found["week"]:
        return Grain.WEEK
    if found["day"]:
        return Grain.DAY
    if found["month"]:
        return Grain.MONTH
    return Grain.FISCAL_YEAR if found["fiscal"] else Grain.YEAR


def _start_of(found: re.Match[str], starts: int) -> date:
    year = int(found["year"])
    if found["week"]:
        return date.fromisocalendar(year, int(found["week"]), 1)
    if found["month"]:
        return date(year, int(found["month"]), int(found["day"] or 1))
    start = date(year - (starts > 1), starts, 1) if found["fiscal"] else date(year, 1, 1)
    return start + relativedelta(months=3 * (int(found["quarter"] or 1) - 1))
