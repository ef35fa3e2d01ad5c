"""A question with its names looked up, and whether it may be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm_store.actor import Actor, Reach
from crm_store.errors import Invalid, Refused
from crm_store.reports.cuts import GIFT_CUTS
from crm_store.reports.dimensions import DIMENSIONS, Dimension
from crm_store.reports.facts import Fact
from crm_store.reports.measure import Figure, Measure
from crm_store.reports.periods import Grain
from crm_store.reports.query import Query
from crm_store.reports.registry import (
    Misfit,
    figures_of,
    find_dimension,
    find_measure,
    is_per_currency,
    listed,
    require_fit,
    tells_amounts,
)


class AmountsHidden(Refused):
    """You may not see amounts."""


class PartialView(Refused):
    """This figure needs everybody's records, and only some are visible to you."""


@dataclass(frozen=True)
class Asked:
    """The measures, the dimensions and the facts a query comes to."""

    query: Query
    measures: Sequence[Measure]
    dimensions: Sequence[Dimension]

    @classmethod
    def of(cls, query: Query) -> Asked:
        measures = [find_measure(name) for name in query.measures]
        dimensions = [find_dimension(name) for name in query.by]
        asked = cls(query, list(dict.fromkeys(measures)), list(dict.fromkeys(dimensions)))
        if sum(dimension.grain is not None for dimension in asked.dimensions) > 1:
            raise Invalid("A report is split by one step of time at once; choose the shorter.")
        for measure in asked.measures:
            for dimension in asked.dimensions:
                require_fit(measure, dimension)
        asked._require_narrowing()
        return asked

    @property
    def figures(self) -> list[Figure]:
        return list(dict.fromkeys(f for measure in self.measures for f in figures_of(measure)))

    @property
    def facts(self) -> list[Fact]:
        return list(dict.fromkeys(figure.fact for figure in self.figures))

    @property
    def grain(self) -> Grain | None:
        return next((d.grain for d in self.dimensions if d.grain is not None), None)

    @property
    def has_time(self) -> bool:
        return any(fact.has_time for fact in self.facts)

    @property
    def is_split(self) -> bool:
        """Whether money or sizes keep the currencies apart."""
        money = any(is_per_currency(measure) for measure in self.measures)
        return money or any(dimension.tells_amounts for dimension in self.dimensions)

    @property
    def grouping(self) -> list[Dimension]:
        """The dimensions asked for, and currency where that keeps rows apart."""
        currency = DIMENSIONS["currency"]
        if self.is_split and currency not in self.dimensions:
            return [*self.dimensions, currency]
        return list(self.dimensions)

    def check_rights(self, actor: Actor) -> None:
        actor.need("reports:read")
        telling = [measure.heading for measure in self.measures if tells_amounts(measure)]
        telling += [d.title for d in map(find_dimension, self._names) if d.tells_amounts]
        if self.query.amount_from is not None or self.query.amount_to is not None:
            telling.append("A filter by amount")
        if telling and not actor.may("amounts:read"):
            raise AmountsHidden(f"You may not see amounts, and {telling[0]} would tell them.")
        if actor.reach is not Reach.ALL and any(fact.needs_everything for fact in self.facts):
            raise PartialView

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.query.by, *self.query.only)

    def _require_narrowing(self) -> None:
        """Every figure must be able to leave out what the question leaves out."""
        query = self.query
        for measure in self.measures:
            for figure in figures_of(measure):
                _narrowed(measure, figure.fact, query)


def _narrowed(measure: Measure, fact: Fact, query: Query) -> None:
    fitting = narrowers_of(fact)
    for name in query.only:
        dimension = find_dimension(name)
        if dimension.grain is not None:
            raise Misfit("Days are chosen by the period, not by only.")
        if dimension.name not in fitting:
            raise Misfit(
                f"{measure.heading} cannot be narrowed by {dimension.name}. "
                f"It can be narrowed by {listed(fitting)}."
            )
    by_amount = query.amount_from is not None or query.amount_to is not None
    if by_amount and not fact.made_of_gifts:
        raise Misfit(f"{measure.heading} is not made of gifts, so no amount can narrow it.")
    if query.filter is not None and fact.donor_id is None:
        raise Misfit(f"{measure.heading} is not about donors, so no filter of donors fits it.")


def narrowers_of(fact: Fact) -> tuple[str, ...]:
    """The dimensions whose values a fact can be narrowed to."""
    names: set[Any] = {*fact.cuts, *(GIFT_CUTS if fact.made_of_gifts else ())}
    if fact.donor_id is not None:
        names.add("segment")
    return tuple(name for name in DIMENSIONS if name in names)
