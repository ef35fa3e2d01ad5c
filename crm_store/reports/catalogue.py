"""What can be asked for: every measure and dimension with its definition."""

from __future__ import annotations

from crm_store.reports.dimensions import DIMENSIONS
from crm_store.reports.measure import Measure
from crm_store.reports.registry import MEASURES, dimensions_of, find_measure, tells_amounts
from crm_store.reports.views import DimensionView, MeasureView


def measures() -> list[MeasureView]:
    """All measures, those that belong together side by side."""
    return [_view(measure) for measure in MEASURES.values()]


def explain(name: str) -> MeasureView:
    """One measure by its name or another it goes by; a near miss is told what is near."""
    return _view(find_measure(name))


def dimensions() -> list[DimensionView]:
    return [
        DimensionView(name=each.name, title=each.title, definition=each.definition)
        for each in DIMENSIONS.values()
    ]


def _view(measure: Measure) -> MeasureView:
    amounts = ("amounts:read",) if tells_amounts(measure) else ()
    return MeasureView(
        name=measure.name,
        title=measure.heading,
        definition=measure.definition,
        unit=measure.unit,
        dimensions=dimensions_of(measure),
        also=measure.also,
        needs=("reports:read", *amounts),
    )
