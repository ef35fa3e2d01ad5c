"""Figures from several SELECTs put side by side, worked out, compared and sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crm_store.money import rounded, tidy
from crm_store.reports.compile import FOUND, Part
from crm_store.reports.dimensions import Dimension
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.periods import Window
from crm_store.reports.registry import MEASURES

Key = tuple[Any, ...]
PLACES = {
    Unit.SHARE: Decimal("0.0001"),
    Unit.NUMBER: Decimal("0.0001"),
    Unit.DAYS: Decimal("0.01"),
    Unit.HOURS: Decimal("0.01"),
}


@dataclass
class Cells:
    """The figures of one period by their keys; currency is a key of its own where it splits."""

    dimensions: Sequence[Dimension]
    split: bool
    rows: dict[Key, dict[str, Any]] = field(default_factory=dict)
    found: int = 0
    groups: int | None = None

    def take(self, part: Part, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add what one SELECT answered; what has no currency stands in a row without one."""
        places = {dimension.name: place for place, dimension in enumerate(part.dimensions)}
        for row in rows:
            key = tuple(
                row[f"key_{places[d.name]}"] if d.name in places else None for d in self.dimensions
            )
            mine = self.rows.setdefault(key, {})
            mine.update({figure.name: row[figure.name] for figure in part.figures})
            self.found += row[FOUND]

    @property
    def currencies(self) -> list[str]:
        """Those money was found in."""
        if not self.split:
            return []
        place = self._currency_place
        return sorted({key[place] for key in self.rows if key[place] is not None})

    @property
    def _currency_place(self) -> int:
        return next(i for i, d in enumerate(self.dimensions) if d.name == "currency")

    def without_currency(self) -> Cells:
        """The same where there is one currency at most: rows with and without it are one."""
        place = self._currency_place
        merged: dict[Key, dict[str, Any]] = {}
        for key, row in self.rows.items():
            merged.setdefault(key[:place] + key[place + 1 :], {}).update(row)
        rest = [d for d in self.dimensions if d.name != "currency"]
        return Cells(rest, False, merged, self.found, self.groups)

    def shifted(self, windows: Sequence[Window], onto: Sequence[Window]) -> Cells:
        """An earlier period's rows under the steps of a later one, first upon first."""
        steps = {old.key: new.key for old, new in zip(windows, onto, strict=False)}
        places = {i for i, d in enumerate(self.dimensions) if d.grain is not None}
        moved = {
            tuple(steps.get(one) if i in places else one for i, one in enumerate(key)): row
            for key, row in self.rows.items()
            if all(key[i] in steps for i in places)
        }
        return Cells(self.dimensions, self.split, moved, self.found)

    def fill(self, steps: Sequence[Any]) -> None:
        """Rows for steps in which nothing happened, where steps are all there is to split by."""
        if any(d.grain is None and d.name != "currency" for d in self.dimensions):
            return
        (place,) = (i for i, d in enumerate(self.dimensions) if d.grain is not None)
        kinds = {key[:place] + key[place + 1 :] for key in self.rows}
        for step in steps:
            for kind in kinds:
                self.rows.setdefault((*kind[:place], step, *kind[place:]), {})


def value(measure: Measure, row: Mapping[str, Any], currency: str | None, *, split: bool) -> Any:
    """A measure's figure in a row: exact, nought where there was nothing, None where unknown."""
    raw = _raw(measure, row, currency, split=split)
    if raw is None or measure.unit is Unit.COUNT:
        return raw
    return _tidied(measure, Decimal(raw), currency)


def _raw(measure: Measure, row: Mapping[str, Any], currency: str | None, *, split: bool) -> Any:
    if isinstance(measure, Ratio):
        of = _raw(MEASURES[measure.of], row, currency, split=split)
        per = _raw(MEASURES[measure.per], row, currency, split=split)
        return Decimal(of) / Decimal(per) if of is not None and per else None
    assert isinstance(measure, Figure)
    belongs = not split or ("currency" in measure.fact.cuts) == (currency is not None)
    found = row.get(measure.name)
    return 0 if found is None and measure.is_total and belongs else found


def _tidied(measure: Measure, raw: Decimal, currency: str | None) -> Decimal:
    if measure.unit is not Unit.MONEY:
        return raw.quantize(PLACES[measure.unit])
    if currency is None:
        return raw
    is_sum = isinstance(measure, Figure) and measure.is_total
    return tidy(raw, currency) if is_sum else rounded(raw, currency)


def changed(measure: Measure, now: Any, before: Any) -> Iterator[tuple[str, Any]]:
    """The columns of a comparison: what it was, by how much it changed, and by what share."""
    known = now is not None and before is not None
    yield f"{measure.name}_before", before
    yield f"{measure.name}_change", now - before if known else None
    rate = (Decimal(now) - before) / abs(Decimal(before)) if known and before else None
    yield f"{measure.name}_change_rate", rate if rate is None else rate.quantize(PLACES[Unit.SHARE])
