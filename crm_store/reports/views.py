"""A report as it may leave: figures with their definitions and everything needed to read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crm_store.reports.measure import Unit
from crm_store.view import View

Value = Decimal | int | UUID | str | None


class Outcome(StrEnum):
    """Whether there is something, nothing, or nothing this person may see."""

    ROWS = "rows"
    NONE = "none"
    HIDDEN = "hidden"


class ColumnKind(StrEnum):
    DIMENSION = "dimension"
    KEY = "key"
    MEASURE = "measure"
    BEFORE = "before"
    CHANGE = "change"
    CHANGE_RATE = "change_rate"


class ChartKind(StrEnum):
    NUMBER = "number"
    LINE = "line"
    BAR = "bar"
    GROUPED_BAR = "grouped_bar"
    STACKED_BAR = "stacked_bar"
    TABLE = "table"
    NONE = "none"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Column(_Frozen):
    """One column of the rows; a key names the record that the dimension beside it is."""

    name: str
    title: str
    kind: ColumnKind
    unit: Unit | None = None


class Chart(_Frozen):
    """How the figures are best drawn, and why."""

    kind: ChartKind
    why: str
    x: str | None = None
    y: tuple[str, ...] = ()
    series: str | None = None


class PeriodView(_Frozen):
    first: date
    last: date
    words: str


class Report(View):
    """An answer in figures. Rows hold exact decimals; None is unknown, never nought."""

    title: str
    outcome: Outcome
    rows: tuple[dict[str, Value], ...]
    columns: tuple[Column, ...]
    definitions: dict[str, str]
    period: PeriodView | None
    compared_with: PeriodView | None
    filter: str
    currency: str | None
    chart: Chart
    notes: tuple[str, ...]
    total_rows: int


class MeasureView(View):
    """A measure explained: what it counts, and what it can be split by."""

    name: str
    title: str
    definition: str
    unit: Unit
    dimensions: tuple[str, ...]
    also: tuple[str, ...]
    needs: tuple[str, ...]


class DimensionView(View):
    name: str
    title: str
    definition: str
