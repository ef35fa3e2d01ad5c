"""From figures to a report: rows people can read, and everything said about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crm_store.actor import Reach
from crm_store.reports import words
from crm_store.reports.asking import Asked
from crm_store.reports.audience import Audience
from crm_store.reports.charts import suggest
from crm_store.reports.dimensions import DIMENSIONS
from crm_store.reports.measure import Figure
from crm_store.reports.naming import Names
from crm_store.reports.plan import Plan
from crm_store.reports.rows import Sheet
from crm_store.reports.table import Cells
from crm_store.reports.views import Outcome, PeriodView, Report


@dataclass(frozen=True)
class Findings:
    """What was found, for which period, beside which earlier one, and how much is hidden."""

    plan: Plan
    cells: Cells
    earlier: tuple[Plan, Cells] | None
    hidden: Sequence[tuple[str, int]]
    audience: Audience

    @property
    def outcome(self) -> Outcome:
        before = self.earlier[1].found if self.earlier else 0
        if self.cells.found or before:
            return Outcome.ROWS
        return Outcome.HIDDEN if any(count for _, count in self.hidden) else Outcome.NONE


async def tell(asked: Asked, found: Findings, names: Names) -> Report:
    """The report as it may leave."""
    outcome = found.outcome
    sheet = Sheet(asked, found.plan, found.cells, found.earlier[1] if found.earlier else None)
    sheet.complete(outcome)
    rows = await sheet.rows(names)
    columns = tuple(sheet.columns())
    span = found.plan.span if asked.has_time else None
    totals = frozenset(
        m.name
        for m in asked.measures
        if isinstance(m, Figure) and m.is_total and m.distinct is None
    )
    time = asked.grain.value if asked.grain else None
    return Report.seen_by(
        found.plan.actor,
        title=words.title(asked.measures, asked.dimensions, span),
        outcome=outcome,
        rows=tuple(rows),
        columns=columns,
        definitions={measure.name: measure.definition for measure in asked.measures},
        period=_period(found.plan) if span else None,
        compared_with=_period(found.earlier[0]) if found.earlier else None,
        filter=words.filter_words(asked.query, _told(asked, found.audience)),
        currency=sheet.currency,
        chart=suggest(columns, rows, time, outcome, totals),
        notes=tuple(_notes(asked, found, outcome, sheet)),
        total_rows=sheet.total,
    )


def _told(asked: Asked, audience: Audience) -> str | None:
    wanted = asked.query.filter
    return None if wanted is None else audience.words(wanted)


def _period(plan: Plan) -> PeriodView:
    return PeriodView(first=plan.span.first, last=plan.span.last, words=plan.span.words)


def _notes(asked: Asked, found: Findings, outcome: Outcome, sheet: Sheet) -> Iterator[str]:
    """What one must know to read the figures rightly."""
    plan = found.plan
    if outcome is not Outcome.ROWS:
        yield words.nothing(asked.facts, plan.span if asked.has_time else None, outcome)
    if plan.actor.reach is not Reach.ALL:
        yield words.reach(plan.actor, found.hidden)
    yield from words.timing(plan, asked)
    if len(sheet.currencies) > 1:
        yield from words.currencies(asked)
    if DIMENSIONS["segment"] in asked.dimensions:
        yield "A donor in several segments counts in each of them."
    if found.audience.left_out:
        yield words.left_out(found.audience.left_out)
    if sheet.shown < sheet.total:
        yield words.cut_off(sheet.shown, sheet.total, len(sheet.currencies) > 1)
    if asked.query.compare_to is not None and found.earlier is None:
        yield "There is nothing to compare: these figures are as of today."
