"""What may be asked of the reports."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from crm_store.reports.periods import Comparison
from crm_store.segments.language import Filter

MOST_ROWS = 1_000


class Query(BaseModel):
    """A question in figures: which, split by what, over which period, of whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measures: Annotated[
        tuple[str, ...],
        Field(min_length=1, max_length=12, description="Names of measures, as in raised."),
    ]
    by: Annotated[
        tuple[str, ...],
        Field(max_length=3, description="Dimensions to split by, as in month or fund."),
    ] = ()
    period: Annotated[
        str, Field(description="As in last_fiscal_year, 2025-Q1, FY2025 or 2025-01-01..2025-03-31.")
    ] = "this_fiscal_year"
    compare_to: Annotated[
        Comparison | None, Field(description="Also show an earlier period and the change since.")
    ] = None
    filter: Annotated[
        Filter | None, Field(description="Only donors that fit, in the language of segments.")
    ] = None
    only: Annotated[
        dict[str, tuple[str, ...]],
        Field(description="Only these values of a dimension, as in {fund: [Building]}."),
    ] = {}
    amount_from: Annotated[
        Decimal | None, Field(ge=0, description="Only gifts of at least this much.")
    ] = None
    amount_to: Annotated[
        Decimal | None, Field(ge=0, description="Only gifts of at most this much.")
    ] = None
    order: Annotated[
        str | None, Field(description="A column to sort by, as in -raised for largest first.")
    ] = None
    limit: Annotated[int | None, Field(ge=1, le=MOST_ROWS, description="How many rows.")] = None
    quiet_days: Annotated[
        int, Field(ge=1, le=3650, description="How long without contact counts as quiet.")
    ] = 180
