"""What a report says of itself in sentences: its title, its filter, its notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from crm_store.actor import Actor, Reach
from crm_store.reports.asking import Asked
from crm_store.reports.dimensions import Dimension
from crm_store.reports.facts import Fact
from crm_store.reports.measure import Measure
from crm_store.reports.periods import Span, spoken
from crm_store.reports.plan import Plan
from crm_store.reports.query import Query
from crm_store.reports.registry import figures_of, listed
from crm_store.reports.views import Outcome

REACHES = {
    Reach.OWN: "your own portfolio",
    Reach.TEAM: "what you and your team look after",
    Reach.WORKSPACE: "your workspaces",
}


def title(measures: Sequence[Measure], dimensions: Sequence[Dimension], span: Span | None) -> str:
    """As in "Raised and donors by month, fiscal year 2025"."""
    names = [measure.heading for measure in measures]
    said = listed([names[0], *(lowered(name) for name in names[1:])], "and")
    by = f" by {listed([lowered(d.title) for d in dimensions], 'and')}" if dimensions else ""
    when = f", {span.name or span.words}" if span is not None else ""
    return f"{said}{by}{when}"


def lowered(heading: str) -> str:
    """A heading inside a sentence; abbreviations keep their capitals."""
    return heading if heading[:2].isupper() else heading[0].lower() + heading[1:]


def filter_words(query: Query, audience: str | None) -> str:
    """The whole filter, as in "only gifts of 100 or more; only fund Building"."""
    said = [f"only {audience}"] if audience else []
    for name, values in query.only.items():
        said.append(f"only {name.replace('_', ' ')} {listed(values)}")
    if query.amount_from is not None and query.amount_to is not None:
        said.append(f"only gifts of {_amount(query.amount_from)} to {_amount(query.amount_to)}")
    elif query.amount_from is not None:
        said.append(f"only gifts of {_amount(query.amount_from)} or more")
    elif query.amount_to is not None:
        said.append(f"only gifts of {_amount(query.amount_to)} or less")
    return "; ".join(said) or "everything"


def nothing(facts: Iterable[Fact], span: Span | None, outcome: Outcome) -> str:
    """That there was nothing to count, or nothing that may be seen."""
    nouns = listed(dict.fromkeys(fact.noun for fact in facts))
    when = f" in {span.words}" if span is not None else ""
    whose = "visible to you " if outcome is Outcome.HIDDEN else ""
    return f"There are no {nouns} {whose}that fit{when}."


def reach(actor: Actor, hidden: Sequence[tuple[str, int]]) -> str:
    """How far these figures reach, and how much lies beyond."""
    beyond = [f"{count:,} {plural}" for plural, count in hidden if count]
    tail = f"; {listed(beyond, 'and')} are not visible to you" if beyond else ""
    return f"This includes only {REACHES[actor.reach]}{tail}."


def timing(plan: Plan, asked: Asked) -> Iterator[str]:
    """Where a figure's days are not simply those of the period."""
    timeless = [m for m in asked.measures if not any(f.fact.has_time for f in figures_of(m))]
    if timeless:
        yield f"{_said_of(timeless)} as of {spoken(plan.today)}, whatever the period."
    fiscal = [m for m in asked.measures if any(f.fact.only_fiscal_years for f in figures_of(m))]
    if fiscal and plan.grain is None:
        yield f"{_said_of(fiscal)} of {plan.fiscal_year.words}."
    if asked.has_time and plan.span.first <= plan.today < plan.span.last:
        yield f"The period is not over: it ends on {spoken(plan.span.last)}."


def currencies(asked: Asked) -> Iterator[str]:
    """How several currencies stand beside each other."""
    yield "Each currency has rows of its own; currencies are never added together."
    whole = [
        measure
        for measure in asked.measures
        if not any("currency" in figure.fact.cuts for figure in figures_of(measure))
    ]
    if whole:
        yield f"{_said_of(whole)} for all currencies at once, in rows without one."
    if any(figure.distinct is not None for figure in asked.figures):
        yield "Whoever gave in two currencies counts in both."


def cut_off(shown: int, total: int, by_currency: bool) -> str:
    each = ", as many of each currency" if by_currency else ""
    return f"These are the first {shown:,} of {total:,} rows{each}."


def left_out(segments: Sequence[str]) -> str:
    which = listed((f"“{name}”" for name in segments), "and")
    return f"Left out: {which}, whose filter needs contact data or names that no longer exist."


def _said_of(measures: Sequence[Measure]) -> str:
    headings = [measures[0].heading, *(lowered(one.heading) for one in measures[1:])]
    return f"{listed(headings, 'and')} {'is' if len(headings) == 1 else 'are'}"


def _amount(amount: Decimal) -> str:
    return f"{amount:,f}"
