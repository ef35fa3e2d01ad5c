"""What one question comes to in an organisation: its days, its steps, its conditions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    String,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal,
    values,
)

from crm_store.actor import Actor
from crm_store.gifts.fiscal import fiscal_year
from crm_store.reports.periods import Grain, Span, Window

DAY = timedelta(days=1)

# Row security names the organisation too, but in a way that hides its value from the planner.
ORG = bindparam("org", type_=Uuid())
NOW = bindparam("now", type_=DateTime(timezone=True))
TODAY = bindparam("today", type_=Date())
TIMEZONE = bindparam("timezone", type_=String())
QUIET_DAYS = bindparam("quiet_days", type_=Integer())

# The steps of a period, wherever a fact is laid out against them.
STEP = column("step_on", Date())
OPENS = column("opens_on", Date())
CLOSES = column("closes_on", Date())
BEFORE_OPENS = column("before_opens_on", Date())
BEFORE_CLOSES = column("before_closes_on", Date())


def on_day(moment: Any) -> ColumnElement[date]:
    """The day a moment belongs to where the organisation is."""
    return cast(func.timezone(TIMEZONE, moment), Date)


@dataclass(frozen=True, slots=True)
class House:
    """What must be known of an organisation before its days and money can be counted."""

    id: UUID
    currency: str
    timezone: str
    starts: int

    def today(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.timezone)).date()

    def midnight(self, day: date) -> datetime:
        """When a day begins there."""
        return datetime.combine(day, time(), ZoneInfo(self.timezone))


@dataclass(frozen=True)
class Plan:
    """Everything a fact needs to find its rows."""

    actor: Actor
    house: House
    at: datetime
    span: Span
    grain: Grain | None = None
    gifts: tuple[ColumnElement[bool], ...] = ()
    quiet_days: int = 180

    @property
    def today(self) -> date:
        return self.house.today(self.at)

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "org": self.house.id,
            "now": self.at,
            "today": self.today,
            "timezone": self.house.timezone,
            "quiet_days": self.quiet_days,
        }

    @cached_property
    def windows(self) -> list[Window]:
        return self.span.windows(self.grain, self.house.starts)

    @property
    def fiscal_year(self) -> Span:
        """The fiscal year in which the period ends."""
        starts = self.house.starts
        first = Grain.FISCAL_YEAR.start(self.span.last, starts)
        name = f"fiscal year {fiscal_year(first, starts)}"
        return Span(first, first + Grain.FISCAL_YEAR.length - DAY, Grain.FISCAL_YEAR, name)

    @property
    def is_in_years(self) -> bool:
        """Whether it is of whole fiscal years and of all gifts, so that yearly totals answer it."""
        starts, after = self.house.starts, self.span.last + DAY
        return (
            not self.gifts
            and self.grain in (None, Grain.FISCAL_YEAR)
            and self.span.first == Grain.FISCAL_YEAR.start(self.span.first, starts)
            and after == Grain.FISCAL_YEAR.start(after, starts)
        )

    @property
    def is_year_by_year(self) -> bool:
        """Whether each row is of one fiscal year."""
        starts = self.house.starts
        one = fiscal_year(self.span.first, starts) == fiscal_year(self.span.last, starts)
        return one or self.grain is Grain.FISCAL_YEAR

    def step(self, day: Any) -> ColumnElement[date]:
        """The first day of the step a day falls into."""
        if self.grain is None:
            return literal(self.span.first, Date)
        if self.grain is Grain.DAY:
            return cast(day, Date)
        unit = self.grain.value.removeprefix("fiscal_")
        moment = cast(day, DateTime(timezone=False))
        if not self.grain.is_fiscal:
            return cast(func.date_trunc(unit, moment), Date)
        shift = func.make_interval(0, self.house.starts - 1)
        return cast(func.date_trunc(unit, moment - shift) + shift, Date)

    def steps(self, windows: list[Window]) -> FromClause:
        """Windows as a table to join with."""
        rows = [(w.key, w.first, w.last, w.before_first, w.before_last) for w in windows]
        names = (STEP, OPENS, CLOSES, BEFORE_OPENS, BEFORE_CLOSES)
        # A table takes the columns it is given for its own, so it is given others of these names.
        own = (column(each.name, Date()) for each in names)
        return values(*own, name="steps").data(rows)

    def during(self, moment: Any) -> ColumnElement[bool]:
        """That a moment lies in the period, in days as the organisation has them."""
        return and_(
            moment >= self.house.midnight(self.span.first),
            moment < self.house.midnight(self.span.last + DAY),
        )
