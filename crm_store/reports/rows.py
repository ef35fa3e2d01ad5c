"""The rows of a report: labelled, worked out, compared, sorted and cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any

from crm_store.errors import Invalid
from crm_store.reports.asking import Asked
from crm_store.reports.dimensions import Dimension
from crm_store.reports.measure import Measure, Unit
from crm_store.reports.naming import Names
from crm_store.reports.plan import Plan
from crm_store.reports.registry import listed
from crm_store.reports.table import Cells, Key, changed, value
from crm_store.reports.views import Column, ColumnKind, Outcome, Value

Row = dict[str, Value]
CHANGES = (
    ("before", "{} before", ColumnKind.BEFORE),
    ("change", "Change in {}", ColumnKind.CHANGE),
    ("change_rate", "Relative change in {}", ColumnKind.CHANGE_RATE),
)


class Sheet:
    """Rows in the making: total counts them all, shown those that are left after the limit."""

    def __init__(self, asked: Asked, plan: Plan, cells: Cells, earlier: Cells | None) -> None:
        self.asked = asked
        self.plan = plan
        self.cells = cells
        self.earlier = earlier
        self.currencies = sorted({*cells.currencies, *(earlier.currencies if earlier else ())})
        self.total = self.shown = 0
        if self._is_of_one_currency:
            self.cells = cells.without_currency()
            self.earlier = earlier.without_currency() if earlier else None

    @property
    def currency(self) -> str | None:
        """The one currency all money here is in."""
        if len(self.currencies) > 1 or not self.asked.is_split:
            return None
        return self.currencies[0] if self.currencies else self.plan.house.currency

    @property
    def _is_of_one_currency(self) -> bool:
        asked = any(dimension.name == "currency" for dimension in self.asked.dimensions)
        return self.asked.is_split and not asked and len(self.currencies) < 2

    @property
    def dimensions(self) -> list[Dimension]:
        return list(self.cells.dimensions)

    def complete(self, outcome: Outcome) -> None:
        """Rows where nothing happened, wherever nothing is an answer."""
        if outcome is Outcome.ROWS and self.asked.grain is not None:
            begun = [w.key for w in self.plan.windows if w.first <= self.plan.today]
            self.cells.fill(begun)
        if outcome is not Outcome.HIDDEN and not self.dimensions:
            self.cells.rows.setdefault((), {})
        for key in self.earlier.rows if self.earlier else ():
            self.cells.rows.setdefault(key, {})

    async def rows(self, names: Names) -> list[Row]:
        labels = [
            await names.label(dimension, {key[place] for key in self.cells.rows})
            for place, dimension in enumerate(self.dimensions)
        ]
        made = [(key, self._row(key, labels)) for key in self.cells.rows]
        made.sort(key=lambda one: self._by_default(*one))
        if self.asked.query.order is not None:
            self._order(made, self.asked.query.order)
        self.total = max(len(made), self.cells.groups or 0)
        kept = self._first(made)
        self.shown = len(kept)
        return kept

    def columns(self) -> Iterator[Column]:
        for dimension in self.dimensions:
            yield Column(name=dimension.name, title=dimension.title, kind=ColumnKind.DIMENSION)
            if dimension.has_records:
                yield Column(
                    name=f"{dimension.name}_id",
                    title=f"{dimension.title} id",
                    kind=ColumnKind.KEY,
                )
        for measure in self.asked.measures:
            yield Column(
                name=measure.name,
                title=measure.heading,
                kind=ColumnKind.MEASURE,
                unit=measure.unit,
            )
            for suffix, title, kind in CHANGES if self.earlier is not None else ():
                unit = Unit.SHARE if kind is ColumnKind.CHANGE_RATE else measure.unit
                name = f"{measure.name}_{suffix}"
                yield Column(name=name, title=title.format(measure.heading), kind=kind, unit=unit)

    def _row(self, key: Key, labels: list[dict[Any, str]]) -> Row:
        row: Row = {}
        for dimension, one, named in zip(self.dimensions, key, labels, strict=True):
            row[dimension.name] = self._label(dimension, one, named)
            if dimension.has_records:
                row[f"{dimension.name}_id"] = one
        for measure in self.asked.measures:
            now = self._value(measure, self.cells, key)
            row[measure.name] = now
            if self.earlier is not None:
                row.update(changed(measure, now, self._value(measure, self.earlier, key)))
        return row

    def _value(self, measure: Measure, cells: Cells, key: Key) -> Any:
        currency = self.currency
        if self._currency_place is not None:
            currency = key[self._currency_place]
        return value(measure, cells.rows.get(key, {}), currency, split=cells.split)

    @cached_property
    def _currency_place(self) -> int | None:
        places = (i for i, d in enumerate(self.dimensions) if d.name == "currency")
        return next(places, None)

    def _label(self, dimension: Dimension, key: Any, named: dict[Any, str]) -> str | None:
        if dimension.grain is not None:
            return dimension.grain.label(key, self.plan.house.starts)
        if dimension.name == "currency":
            return None if key is None else str(key)
        return named[key]

    def _by_default(self, key: Key, row: Row) -> Any:
        """By time where there is time; then by currency, the largest figure first, by name."""
        steps = [one for d, one in zip(self.dimensions, key, strict=True) if d.grain]
        rest = [
            (one is None, dimension.position(one), str(row[dimension.name]).casefold())
            for dimension, one in zip(self.dimensions, key, strict=True)
            if not dimension.grain
        ]
        size = row[self.asked.measures[0].name] if not steps else None
        largest = -size if isinstance(size, Decimal | int) else 0
        return steps, self._purse(key), size is None, largest, rest

    def _purse(self, key: Key) -> tuple[bool, bool, str]:
        """The order of currencies: our own first, what has none last."""
        currency = None if self._currency_place is None else key[self._currency_place]
        return currency is None, currency != self.plan.house.currency, currency or ""

    def _order(self, made: list[tuple[Key, Row]], order: str) -> None:
        """By one column, what is unknown last; rows alike in it stay as they were.

        Amounts are lined up within each currency.
        """
        name = order.removeprefix("-")
        columns = {column.name: column for column in self.columns()}
        if name not in columns:
            names = [each for each, c in columns.items() if c.kind is not ColumnKind.KEY]
            raise Invalid(f"There is no column “{name}” to sort by; there are {listed(names)}.")
        known = [one for one in made if one[1][name] is not None]
        unknown = [one for one in made if one[1][name] is None]
        known.sort(key=lambda one: self._sortable(name, *one), reverse=order.startswith("-"))
        made[:] = [*known, *unknown]
        if columns[name].unit is Unit.MONEY:
            made.sort(key=lambda one: self._purse(one[0]))

    def _first(self, made: list[tuple[Key, Row]]) -> list[Row]:
        """As many as were asked for, of each currency."""
        limit = self.asked.query.limit
        taken: Counter[Any] = Counter()
        kept = []
        for key, row in made:
            purse = self._purse(key)
            taken[purse] += 1
            if limit is None or taken[purse] <= limit:
                kept.append(row)
        return kept

    def _sortable(self, name: str, key: Key, row: Row) -> Any:
        for dimension, one in zip(self.dimensions, key, strict=True):
            if dimension.name == name and dimension.grain is None:
                return dimension.position(one), str(row[name]).casefold()
        return row[name]
