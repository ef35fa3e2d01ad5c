"""From a fact, figures and dimensions to one SELECT over the report views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, literal_column, outerjoin, select

from crm_store.donors.models import Donor
from crm_store.reports.cuts import GIFT_CUTS
from crm_store.reports.dimensions import Dimension
from crm_store.reports.facts import Condition, Cut, Fact, Ground, Link, one_of
from crm_store.reports.measure import Figure
from crm_store.reports.narrowing import Narrower
from crm_store.reports.plan import ORG, Plan

FOUND, GROUPS = "rows_found", "groups_found"


@dataclass(frozen=True)
class Top:
    """Only so many rows, those first in which a figure is largest or smallest."""

    figure: str
    is_descending: bool
    limit: int


@dataclass(frozen=True)
class Part:
    """Figures of one fact that are counted in one go."""

    fact: Fact
    figures: Sequence[Figure]
    dimensions: Sequence[Dimension]

    @property
    def counts_distinct(self) -> bool:
        return any(figure.distinct is not None for figure in self.figures)


def parts_of(figures: Sequence[Figure], dimensions: Sequence[Dimension], plan: Plan) -> list[Part]:
    """One part for the figures of a fact, and one more for each that counts different things."""
    parts: dict[tuple[Fact, str], list[Figure]] = {}
    for figure in figures:
        quickest = _quickest(figure, dimensions, plan)
        key = (quickest.fact, quickest.name if quickest.distinct is not None else "")
        parts.setdefault(key, []).append(quickest)
    return [
        Part(fact, mine, [d for d in dimensions if d.name != "currency" or _fits(fact, d)])
        for (fact, _), mine in parts.items()
    ]


def _quickest(figure: Figure, dimensions: Sequence[Dimension], plan: Plan) -> Figure:
    """The figure from the totals kept by fiscal year, where these can tell."""
    if figure.by_year is None or not plan.is_in_years:
        return figure
    fact, counted = figure.by_year
    if not all(_fits(fact, each) for each in dimensions):
        return figure
    if figure.distinct is None:
        return replace(figure, fact=fact, value=counted)
    if plan.is_year_by_year and any(each.name == "currency" for each in dimensions):
        # A donor has one row for a year and a currency: there is nothing to tell apart.
        return replace(figure, fact=fact, value=func.count(), distinct=None)
    return replace(figure, fact=fact, distinct=counted, where=None)


def _fits(fact: Fact, dimension: Dimension) -> bool:
    return dimension.grain is not None or dimension.name in (*fact.cuts, "segment")


def statement(part: Part, plan: Plan, narrower: Narrower, top: Top | None = None) -> Select[Any]:
    """The part's figures, grouped by its dimensions, with how many rows stand behind each."""
    fact, ground = part.fact, part.fact.ground(plan)
    cuts = [_cut(fact, dimension, ground, narrower) for dimension in part.dimensions]
    narrowing = [
        (fact.cuts[name], keys)
        for name, keys in narrower.values
        if name in fact.cuts and not (fact.made_of_gifts and name in GIFT_CUTS)
    ]
    source = _joined(fact, ground, [*cuts, *(cut for cut, _ in narrowing)])
    where = (
        *ground.where,
        fact.seen(plan.actor),
        *(one_of(cut.key, keys) for cut, keys in narrowing),
        *(fact.donor_id.in_(_donors(condition)) for condition in narrower.donors),
    )
    keys = [cut.key.label(f"key_{place}") for place, cut in enumerate(cuts)]
    if part.counts_distinct:
        query = _count_distinct(part.figures[0], keys, source, where)
    else:
        query = (
            select(
                *keys,
                *(figure.value.label(figure.name) for figure in part.figures),
                func.count().label(FOUND),
            )
            .select_from(source)
            .where(*where)
        )
    # By place: a bound value in a key would be another parameter in each of its places.
    query = query.group_by(*(literal_column(str(place + 1)) for place in range(len(keys))))
    return query if top is None else _topmost(query, part, top)


def _count_distinct(figure: Figure, keys: Sequence[Any], source: Any, where: Any) -> Select[Any]:
    """Different things per group: once each in a subquery, which can be hashed, then counted."""
    counted = where if figure.where is None else (*where, figure.where)
    each = (
        select(*keys, figure.distinct.label("one"))
        .distinct()
        .select_from(source)
        .where(*counted)
        .subquery("each")
    )
    count = func.count()
    found = (each.c[key.name] for key in keys)
    return select(*found, count.label(figure.name), count.label(FOUND)).select_from(each)


def _topmost(query: Select[Any], part: Part, top: Top) -> Select[Any]:
    """The first rows of each currency, since amounts in different ones cannot be lined up."""
    found = query.add_columns(func.count().over().label(GROUPS)).subquery("found")
    keys = [found.c[f"key_{place}"] for place in range(len(part.dimensions))]
    apart = [k for k, d in zip(keys, part.dimensions, strict=True) if d.name == "currency"]
    figure = found.c[top.figure]
    order = figure.desc() if top.is_descending else figure.asc()
    place = func.row_number().over(partition_by=apart or None, order_by=[order.nulls_last(), *keys])
    ranked = select(found, place.label("place")).subquery("ranked")
    return select(ranked).where(ranked.c.place <= top.limit)


def _cut(fact: Fact, dimension: Dimension, ground: Ground, narrower: Narrower) -> Cut:
    if dimension.grain is not None:
        return Cut(ground.step)
    if dimension.name == "segment":
        members = narrower.memberships
        return Cut(members.c.segment_id, (Link(members, members.c.donor_id == fact.donor_id),))
    return fact.cuts[dimension.name]


def _joined(fact: Fact, ground: Ground, cuts: Sequence[Cut]) -> Any:
    source, there = ground.source, [*fact.tables]
    for cut in cuts:
        for link in cut.links:
            if not any(link.target is known for known in there):
                source = outerjoin(source, link.target, link.on)
                there.append(link.target)
    return source


def _donors(condition: Condition) -> Any:
    return select(Donor.id).where(Donor.org_id == ORG, Donor.deleted_at.is_(None), condition)
