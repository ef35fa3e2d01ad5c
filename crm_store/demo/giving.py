"""How people give: a few large, many small, more in December, some for good and some once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random

YEARS = 4
# January to December: the High Holy Days, Christmas and the tax year's end; a quiet summer.
SEASONS = (6, 5, 9, 12, 6, 5, 3, 2, 9, 8, 9, 26)
SIZES = (10, 18, 20, 25, 36, 50, 50, 72, 100, 100, 120, 150, 180, 200, 250, 360, 500, 750, 1000)
MAJOR_SIZES = (5_000, 7_500, 10_000, 10_000, 15_000, 18_000, 25_000, 36_000, 50_000, 100_000)
MONTHLY_SIZES = (5, 10, 10, 15, 18, 20, 25, 30, 36, 50, 100)


class Habit(StrEnum):
    ONCE = "once"
    OCCASIONAL = "occasional"
    YEARLY = "yearly"
    MONTHLY = "monthly"
    LAPSED = "lapsed"
    RETURNED = "returned"
    NEW = "new"
    MAJOR = "major"
    NEVER = "never"


HABITS = (
    (Habit.ONCE, 26), (Habit.OCCASIONAL, 28), (Habit.YEARLY, 14), (Habit.MONTHLY, 4),
    (Habit.LAPSED, 12), (Habit.RETURNED, 4), (Habit.NEW, 7), (Habit.MAJOR, 2), (Habit.NEVER, 3),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    on: date
    amount: Decimal


def habit(dice: Random) -> Habit:
    kinds, weights = zip(*HABITS, strict=True)
    found: Habit = dice.choices(kinds, weights)[0]
    return found


def gifts(dice: Random, kind: Habit, today: date) -> Iterator[Given]:
    """Everything one donor gave in the years up to today, oldest first."""
    found = [given for given in _gifts(dice, kind, today) if given.on <= today]
    yield from sorted(found, key=lambda given: given.on)


def _gifts(dice: Random, kind: Habit, today: date) -> Iterator[Given]:
    usual = Decimal(dice.choice(MAJOR_SIZES if kind is Habit.MAJOR else SIZES))
    years = range(YEARS)
    match kind:
        case Habit.NEVER:
            return
        case Habit.MONTHLY:
            yield from monthly(dice, today)
            return
        case Habit.ONCE:
            years = range(one := dice.randrange(YEARS), one + 1)
        case Habit.NEW:
            years = range(1)
        case Habit.LAPSED:
            years = range(dice.randint(1, YEARS - 2), YEARS)
        case Habit.RETURNED:
            years = range(YEARS)
    for years_ago in reversed(years):
        if kind is Habit.RETURNED and years_ago in (1, 2):
            continue
        for _ in range(_how_often(dice, kind)):
            grown = usual * (1 + Decimal(dice.choice((0, 0, 0, 5, 10, 20, 50))) / 100)
            yield Given(_day(dice, today, years_ago), _round(grown))


def monthly(dice: Random, today: date) -> Iterator[Given]:
    """A standing order: the same day and sum each month since it began."""
    amount, day = Decimal(dice.choice(MONTHLY_SIZES)), dice.choice((1, 1, 5, 10, 15))
    months = dice.randint(4, YEARS * 12)
    stopped = dice.randint(1, months) if dice.random() < 0.2 else 0
    for ago in range(months, stopped, -1):
        month = today.year * 12 + today.month - 1 - ago + 1
        yield Given(date(month // 12, month % 12 + 1, day), amount)


def _how_often(dice: Random, kind: Habit) -> int:
    if kind is Habit.OCCASIONAL:
        return dice.choice((0, 0, 1, 1, 2))
    if kind is Habit.YEARLY:
        return dice.choice((1, 2, 2, 3, 4))
    if kind is Habit.MAJOR:
        return dice.choice((1, 1, 2))
    return dice.choice((1, 1, 2)) if kind is not Habit.ONCE else 1


def _day(dice: Random, today: date, years_ago: int) -> date:
    """A day of a calendar year, by the season; this year only what has passed."""
    year = today.year - years_ago
    (month,) = dice.choices(range(1, 13), SEASONS)
    first = date(year, month, 1)
    found = first + timedelta(days=dice.randrange(28))
    if years_ago == 0 and found > today:
        return date(year, 1, 1) + timedelta(days=dice.randrange(today.timetuple().tm_yday))
    return found


def _round(amount: Decimal) -> Decimal:
    step = Decimal(100 if amount >= 1000 else 1)
    return (amount / step).quantize(Decimal(1)) * step
