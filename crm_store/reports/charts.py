"""Which drawing shows a report best, and why."""

from __future__ import annotations

from collections.abc import Sequence

from crm_store.reports.views import Chart, ChartKind, Column, ColumnKind, Outcome, Value

MOST_LINES, MOST_BARS, FEWEST_POINTS = 6, 25, 3


def suggest(
    columns: Sequence[Column],
    rows: Sequence[dict[str, Value]],
    time: str | None,
    outcome: Outcome,
    totals: frozenset[str],
) -> Chart:
    """The chart for these rows; time names the column that is a step of time, if there is one."""
    if outcome is not Outcome.ROWS:
        return Chart(kind=ChartKind.NONE, why="There is nothing to draw.")
    measures = [each for each in columns if each.kind is ColumnKind.MEASURE]
    split = [each.name for each in columns if each.kind is ColumnKind.DIMENSION]
    y = tuple(each.name for each in measures)
    if set(split) <= {"currency"}:
        why = "A figure that is not split is best read as a number."
        return Chart(kind=ChartKind.NUMBER, why=why, y=y)
    if len({each.unit for each in measures}) > 1:
        why = "The figures are in different units, which one chart cannot compare."
        return Chart(kind=ChartKind.TABLE, why=why, y=y)
    if time is not None:
        return _over_time(time, [name for name in split if name != time], y, rows)
    return _by_kind(split, y, rows, all(name in totals for name in y))


def _over_time(
    time: str, others: Sequence[str], y: tuple[str, ...], rows: Sequence[dict[str, Value]]
) -> Chart:
    if len(others) > 1 or (others and len(y) > 1):
        return _table([time, *others], y)
    series = others[0] if others else None
    lines = _count(rows, series) if series else len(y)
    if lines > MOST_LINES:
        why = f"{lines} lines cannot be told apart; a table can be read."
        return Chart(kind=ChartKind.TABLE, why=why, x=time, y=y, series=series)
    if _count(rows, time) < FEWEST_POINTS:
        why = "Two points in time compare better as bars than as a line."
        return Chart(kind=ChartKind.GROUPED_BAR, why=why, x=time, y=y, series=series)
    why = "A line shows how a figure moves over time."
    return Chart(kind=ChartKind.LINE, why=why, x=time, y=y, series=series)


def _by_kind(
    split: Sequence[str], y: tuple[str, ...], rows: Sequence[dict[str, Value]], adds_up: bool
) -> Chart:
    x, *rest = split
    if len(rest) > 1 or (rest and len(y) > 1):
        return _table(split, y)
    if _count(rows, x) > MOST_BARS:
        why = f"{_count(rows, x)} bars are too many to compare; a table can be sorted."
        return Chart(kind=ChartKind.TABLE, why=why, x=x, y=y)
    if not rest:
        why = "Bars compare a figure between groups."
        kind = ChartKind.BAR if len(y) == 1 else ChartKind.GROUPED_BAR
        return Chart(kind=kind, why=why, x=x, y=y)
    series = rest[0]
    if _count(rows, series) > MOST_LINES:
        return _table(split, y)
    if adds_up and series != "currency":
        why = "Stacked bars show each group's total and its parts, which add up."
        return Chart(kind=ChartKind.STACKED_BAR, why=why, x=x, y=y, series=series)
    why = "Bars side by side compare figures that do not add up."
    return Chart(kind=ChartKind.GROUPED_BAR, why=why, x=x, y=y, series=series)


def _table(split: Sequence[str], y: tuple[str, ...]) -> Chart:
    why = "So many splits and figures at once are clearer in a table."
    return Chart(kind=ChartKind.TABLE, why=why, x=split[0], y=y)


def _count(rows: Sequence[dict[str, Value]], column: str) -> int:
    return len({row.get(column) for row in rows})
