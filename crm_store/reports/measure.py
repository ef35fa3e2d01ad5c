"""What a measure is: a figure counted from the rows of a fact, or one figure over another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crm_store.reports.facts import Fact


class Unit(StrEnum):
    MONEY = "money"
    COUNT = "count"
    SHARE = "share"
    NUMBER = "number"
    DAYS = "days"
    HOURS = "hours"


@dataclass(frozen=True, eq=False, kw_only=True)
class Measure:
    """A figure with a name to ask for it by and a definition anybody can check it against."""

    name: str
    definition: str
    unit: Unit = Unit.COUNT
    title: str = ""
    also: tuple[str, ...] = ()
    tells_amounts: bool = False

    @property
    def heading(self) -> str:
        return self.title or self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, eq=False, kw_only=True)
class Figure(Measure):
    """An aggregate over a fact's rows, or a number of different things among them.

    by_currency: it compares amounts, so there is one for each currency.
    is_total: where there are no rows it is nought; otherwise it is unknown.
    by_year: the same from totals kept by fiscal year, where only whole years are asked about.
    """

    fact: Fact
    value: Any = None
    distinct: Any = None
    where: Any = None
    by_currency: bool = False
    is_total: bool = True
    by_year: tuple[Fact, Any] | None = None

    @property
    def is_per_currency(self) -> bool:
        return self.by_currency or self.unit is Unit.MONEY


@dataclass(frozen=True, eq=False, kw_only=True)
class Ratio(Measure):
    """One figure divided by another; unknown where the other is nought."""

    of: str
    per: str
    unit: Unit = Unit.SHARE
