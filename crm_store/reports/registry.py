"""Finding measures and dimensions by name, and which of them fit together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from crm_store.errors import Invalid
from crm_store.reports.dimensions import DIMENSIONS, GRAINS, Dimension
from crm_store.reports.facts import Fact
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.measures import (
    appeals,
    campaigns,
    deals,
    giving,
    leads,
    lifetime,
    loyalty,
    pledges,
    recurring,
    tickets,
    work,
)
from crm_store.reports.periods import Grain

FAMILIES = (
    giving, loyalty, lifetime, recurring, pledges, appeals, campaigns, leads, deals, tickets, work,
)  # fmt: skip

MEASURES: Mapping[str, Measure] = {
    measure.name: measure for family in FAMILIES for measure in family.MEASURES
}
_ALIASES = {alias: measure for measure in MEASURES.values() for alias in measure.also}


class UnknownMeasure(Invalid):
    """There is no such measure."""


class UnknownDimension(Invalid):
    """There is no such dimension."""


class Misfit(Invalid):
    """This measure cannot be split or narrowed like that."""


def find_measure(name: str) -> Measure:
    """A measure by its name or another it goes by; a near miss is told what is near."""
    key = _key(name)
    found = MEASURES.get(key) or _ALIASES.get(key)
    if found is None:
        raise UnknownMeasure(_unknown("measure", name, key, (*MEASURES, *_ALIASES)))
    return found


def find_dimension(name: str) -> Dimension:
    key = _key(name)
    if key not in DIMENSIONS:
        raise UnknownDimension(_unknown("dimension", name, key, DIMENSIONS))
    return DIMENSIONS[key]


def figures_of(measure: Measure) -> tuple[Figure, ...]:
    """The figures it is made of: itself, or the two it divides."""
    if isinstance(measure, Ratio):
        return (*figures_of(MEASURES[measure.of]), *figures_of(MEASURES[measure.per]))
    assert isinstance(measure, Figure)
    return (measure,)


def is_per_currency(measure: Measure) -> bool:
    return any(figure.is_per_currency for figure in figures_of(measure))


def tells_amounts(measure: Measure) -> bool:
    """Whether it may be shown only to those who may see what people gave."""
    return any(f.unit is Unit.MONEY or f.tells_amounts for f in figures_of(measure))


def dimensions_of(measure: Measure) -> tuple[str, ...]:
    """What a measure can be split by, in the order dimensions are listed."""
    each = [set(_cuts(figure.fact)) for figure in figures_of(measure)]
    shared = set.intersection(*each)
    return tuple(name for name in DIMENSIONS if name in shared)


def require_fit(measure: Measure, dimension: Dimension) -> None:
    fitting = dimensions_of(measure)
    if dimension.name not in fitting:
        raise Misfit(
            f"{measure.heading} cannot be split by {dimension.name}. "
            f"It can be split by {listed(fitting)}."
        )


def listed(names: Iterable[str], last: str = "or") -> str:
    """As in day, week or month."""
    words = list(names)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _cuts(fact: Fact) -> Iterable[str]:
    yield from fact.cuts
    if fact.donor_id is not None:
        yield "segment"
    if fact.only_fiscal_years:
        yield Grain.FISCAL_YEAR
    elif fact.has_time:
        yield from GRAINS


def _key(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


def _unknown(kind: str, name: str, key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, list(known), n=3, cutoff=0.6)
    hint = f" Perhaps {listed(near)}?" if near else ""
    return f"There is no {kind} “{name}”.{hint}"
