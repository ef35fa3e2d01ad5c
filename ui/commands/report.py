"""`almoner report`: figures, each with its definition."""

from __future__ import annotations

import csv
import sys
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.text import Text

from crm_store.errors import Invalid
from crm_store.reports import catalogue
from crm_store.reports.measure import Unit
from crm_store.reports.periods import Comparison
from crm_store.reports.query import Query
from crm_store.reports.repository import Reports
from crm_store.reports.views import ChartKind, Column, ColumnKind, Outcome, Report, Value
from ui.asking import asker
from ui.terminal import AsJson, AsOption, OrgOption, as_json, opened, out, run, say, table

WIDEST = 40
SHOWN = (ColumnKind.DIMENSION, ColumnKind.MEASURE, ColumnKind.BEFORE, ColumnKind.CHANGE_RATE)


def report(
    measures: Annotated[
        list[str] | None, typer.Argument(help="Names of measures, as in raised; see --list.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Split by, as in month, fund, officer; up to three.")
    ] = None,
    period: Annotated[
        str, typer.Option(help="As in last_fiscal_year, 2025-Q1, FY2025, all_time.")
    ] = "this_fiscal_year",
    compare: Annotated[
        Comparison | None, typer.Option(help="Also an earlier period, and the change since.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="One value of a dimension, as in fund=Building.")
    ] = None,
    segment: Annotated[str | None, typer.Option(help="Only donors of this saved segment.")] = None,
    order: Annotated[
        str | None, typer.Option(help="A column to sort by; -raised for the largest first.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many rows.")] = None,
    list_all: Annotated[
        bool, typer.Option("--list", help="Every measure with its definition.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what the measures count, and stop.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Rows as CSV on standard output.")] = False,
    org: OrgOption = None,
    as_email: AsOption = None,
    json: AsJson = False,
) -> None:
    """Answer in figures: what was raised, by whom, compared with when."""
    if list_all or not measures:
        _list(json)
        return
    if explain:
        _explain(measures, json)
        return
    query = Query(
        measures=tuple(measures), by=tuple(by or ()), period=period, compare_to=compare,
        filter={"kind": "segment", "segment": segment} if segment else None,
        only=_only(only or []), order=order, limit=limit,
    )  # fmt: skip

    async def work() -> Report:
        async with opened() as store:
            actor = await asker(store, org, as_email)
            async with store.read(actor) as session:
                return await Reports(session).ask(query)

    found = run(work())
    if json:
        as_json(found)
    elif as_csv:
        _csv(found)
    else:
        _show(found)


def _show(found: Report) -> None:
    say(found.title, "bold")
    if found.period:
        say(found.period.words, "dim")
    if found.outcome is Outcome.ROWS:
        columns = [column for column in found.columns if column.kind in SHOWN]
        bars = _bars(found)
        headings = [*(column.title for column in columns), *([""] if bars else [])]
        rows = [
            [*(_cell(row[column.name], column) for column in columns), *bars[place : place + 1]]
            for place, row in enumerate(found.rows)
        ]
        table(None, headings, rows, right=[_is_figure(column) for column in columns])
    for note in found.notes:
        say(note)
    if found.filter:
        say(f"Counting: {found.filter}", "dim")
    for name, definition in found.definitions.items():
        out.print(Text.assemble((f"{name}: ", "bold dim"), (definition, "dim")))


def _bars(found: Report) -> list[str]:
    """A small picture beside the figures, where one figure runs down the rows."""
    if found.chart.kind in (ChartKind.NUMBER, ChartKind.TABLE, ChartKind.NONE):
        return []
    sizes = [_size(row.get(found.chart.y[0])) for row in found.rows] if found.chart.y else []
    largest = max(sizes, default=Decimal(0))
    return ["█" * int(WIDEST * size / largest) for size in sizes] if largest else []


def _size(value: Value) -> Decimal:
    return abs(Decimal(value)) if isinstance(value, int | Decimal) else Decimal(0)


def _cell(value: Any, column: Column) -> str:
    if value is None:
        return "–" if column.kind is not ColumnKind.DIMENSION else "none"
    if column.kind is ColumnKind.CHANGE_RATE or column.unit is Unit.SHARE:
        return f"{Decimal(value) * 100:.1f} %"
    if column.unit is Unit.MONEY:
        return f"{value:,.2f}"
    if isinstance(value, Decimal):
        return f"{value:,.0f}" if value == value.to_integral() else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _is_figure(column: Column) -> bool:
    return column.kind is not ColumnKind.DIMENSION


def _csv(found: Report) -> None:
    names = [column.name for column in found.columns]
    writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(found.rows)


def _list(json: bool) -> None:
    known = catalogue.measures()
    if json:
        as_json(known)
        return
    table(None, ("measure", "what it is"), [(one.name, one.definition) for one in known])
    say(f"{len(known)} measures. `almoner report raised --by month` for a start.", "dim")


def _explain(measures: list[str], json: bool) -> None:
    found = [catalogue.explain(name) for name in measures]
    if json:
        as_json(found)
        return
    for one in found:
        say(f"{one.title} ({one.name})", "bold")
        say(one.definition)
        say(f"By: {', '.join(one.dimensions)}.", "dim")


def _only(written: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in written:
        name, equals, value = one.partition("=")
        if not equals:
            raise Invalid(f"Write {one!r} as dimension=value, as in fund=Building.")
        found[name] = (*found.get(name, ()), value)
    return found
