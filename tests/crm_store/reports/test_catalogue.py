"""Finding out what can be asked, and what each figure means."""

from __future__ import annotations

from collections import Counter

import pytest

from crm_store.reports.catalogue import dimensions, explain, measures
from crm_store.reports.dimensions import DIMENSIONS
from crm_store.reports.facts import Fact
from crm_store.reports.measure import Figure, Ratio
from crm_store.reports.registry import (
    FAMILIES,
    MEASURES,
    UnknownMeasure,
    figures_of,
    find_measure,
)


def test_each_measure_says_what_it_counts():
    for view in measures():
        assert view.definition.endswith("."), view.name
        assert len(view.definition) > 40, view.name
        assert view.dimensions, view.name


def test_names_and_other_names_mean_one_thing_each():
    names = Counter(
        name for family in FAMILIES for m in family.MEASURES for name in (m.name, *m.also)
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_what_a_ratio_divides_is_there():
    for measure in MEASURES.values():
        if isinstance(measure, Ratio):
            assert all(isinstance(figure, Figure) for figure in figures_of(measure))


def test_every_dimension_splits_something():
    used = {name for view in measures() for name in view.dimensions}
    assert used == DIMENSIONS.keys()


def test_a_measure_goes_by_the_names_people_use():
    for said, meant in (
        ("MRR", "recurring_per_month"),
        ("LYBUNT", "lybunt"),
        ("lifetime value", "lifetime_value"),
        ("Retention", "retention_rate"),
        ("cost-per-euro", "cost_per_raised"),
        ("open tickets", "ticket_backlog"),
        ("human open rate", "open_rate"),
    ):
        assert find_measure(said).name == meant
        assert explain(said).name == meant


@pytest.mark.parametrize(
    ("typed", "near"),
    [("rasied", "raised"), ("retension_rate", "retention_rate"), ("lybnt", "lybunt")],
)
def test_a_slip_of_the_pen_is_told_what_is_near(typed, near):
    with pytest.raises(UnknownMeasure, match=near):
        find_measure(typed)


@pytest.mark.parametrize("typed", ["", "🎄", "דוח", "x" * 5_000])
def test_what_is_like_nothing_is_simply_unknown(typed):
    with pytest.raises(UnknownMeasure, match="There is no measure"):
        find_measure(typed)


def test_an_explanation_tells_which_rights_it_takes():
    assert explain("raised").needs == ("reports:read", "amounts:read")
    assert explain("gifts").needs == ("reports:read",)


def test_dimensions_are_explained_too():
    assert {view.name for view in dimensions()} == DIMENSIONS.keys()
    assert all(view.definition.endswith(".") for view in dimensions())


def test_every_fact_says_whose_visibility_it_follows():
    facts: set[Fact] = {f.fact for m in MEASURES.values() for f in figures_of(m)}
    assert len(facts) > 25
    assert all(fact.noun and fact.subject.plural for fact in facts)
