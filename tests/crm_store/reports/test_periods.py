"""Periods as people say them, and the steps and comparisons they give."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.errors import Invalid
from crm_store.gifts.fiscal import fiscal_year, period_of
from crm_store.reports.periods import (
    RELATIVE,
    Comparison,
    Grain,
    Span,
    UnknownPeriod,
    resolve,
)

TODAY = date(2026, 5, 21)
DAY = timedelta(days=1)
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
STARTS = st.integers(1, 12)


def days(text: str, today: date = TODAY, starts: int = 7) -> tuple[str, str]:
    span = resolve(text, today, starts)
    return span.first.isoformat(), span.last.isoformat()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2026-05-21", "2026-05-21"),
        ("yesterday", "2026-05-20", "2026-05-20"),
        ("this_week", "2026-05-18", "2026-05-24"),
        ("last_week", "2026-05-11", "2026-05-17"),
        ("last month", "2026-04-01", "2026-04-30"),
        ("month_to_date", "2026-05-01", "2026-05-21"),
        ("last_quarter", "2026-01-01", "2026-03-31"),
        ("This Year", "2026-01-01", "2026-12-31"),
        ("year_to_date", "2026-01-01", "2026-05-21"),
        ("this_fiscal_year", "2025-07-01", "2026-06-30"),
        ("last_fiscal_year", "2024-07-01", "2025-06-30"),
        ("previous_fiscal_quarter", "2026-01-01", "2026-03-31"),
        ("fiscal_year_to_date", "2025-07-01", "2026-05-21"),
        ("last_30_days", "2026-04-22", "2026-05-21"),
        ("last_2_weeks", "2026-05-08", "2026-05-21"),
        ("last_12_months", "2025-05-22", "2026-05-21"),
        ("last_1_years", "2025-05-22", "2026-05-21"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("2025-Q4", "2025-10-01", "2025-12-31"),
        ("2025 q4", "2025-10-01", "2025-12-31"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("FY2025", "2024-07-01", "2025-06-30"),
        ("fy2025-q2", "2024-10-01", "2024-12-31"),
        ("2024..2025", "2024-01-01", "2025-12-31"),
        ("2025-01-15..2025-02-03", "2025-01-15", "2025-02-03"),
        ("FY2024..2025-03", "2023-07-01", "2025-03-31"),
    ],
)
def test_a_period_means_these_days(text, first, last):
    assert days(text) == (first, last)


@pytest.mark.parametrize("text", RELATIVE)
def test_every_period_that_is_offered_is_understood(text):
    span = resolve(text, TODAY, 7)
    assert span.first <= span.last


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2025-13", "2025-02-30", "2025-W54", "FY2025-03", "..", "2025..", "last_0_days",
     "last_9999_years", "0000", "2025-Q5", "το 2025", "🎄"],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_those_that_are(text):
    with pytest.raises(UnknownPeriod, match="last_fiscal_year"):
        resolve(text, TODAY, 7)


def test_a_period_cannot_end_before_it_begins():
    with pytest.raises(Invalid, match="cannot end"):
        resolve("2025..2024", TODAY, 7)


@given(DAYS, STARTS)
@settings(deadline=None, max_examples=50)
def test_a_fiscal_year_is_the_one_gifts_are_counted_in(day, starts):
    span = resolve("this_fiscal_year", day, starts)
    year = fiscal_year(day, starts)
    assert (span.first, span.last) == (period_of(year, starts).first, period_of(year, starts).last)
    assert resolve(f"FY{year}", day, starts).first == span.first
    assert Grain.FISCAL_YEAR.label(span.first, starts) == f"FY{year}"


@given(DAYS, st.integers(0, 800), STARTS, st.sampled_from(Grain))
@settings(deadline=None, max_examples=50)
def test_steps_divide_a_period_without_gap_or_overlap(first, length, starts, grain):
    span = Span(first, first + timedelta(days=length))
    steps = span.windows(grain, starts)
    assert (steps[0].first, steps[-1].last) == (span.first, span.last)
    for one, following in pairwise(steps):
        assert following.first == one.last + DAY
        assert following.before_last == following.key - DAY
        assert following.before_first == one.key
    for step in steps:
        assert grain.start(step.first, starts) == step.key == grain.start(step.last, starts)


@given(DAYS, st.integers(0, 2000), STARTS, st.sampled_from(Grain))
@settings(deadline=None, max_examples=50)
def test_labels_sort_as_time_does(first, length, starts, grain):
    keys = [first, first + timedelta(days=length)]
    labels = [grain.label(grain.start(key, starts), starts) for key in keys]
    assert labels == sorted(labels)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-02", "2025-01-01", "2025-01-31"),
        ("2025-03", "2025-02-01", "2025-02-28"),
        ("FY2025", "2023-07-01", "2024-06-30"),
        ("fiscal_year_to_date", "2024-07-01", "2025-06-30"),
        ("month_to_date", "2026-04-01", "2026-04-30"),
        ("2025-01..2025-03", "2024-10-01", "2024-12-31"),
        ("2025-01-11..2025-01-20", "2025-01-01", "2025-01-10"),
        ("last_30_days", "2026-03-23", "2026-04-21"),
        ("today", "2026-05-20", "2026-05-20"),
        ("2026-W02", "2025-12-29", "2026-01-04"),
    ],
)
def test_donors_are_held_against_the_period_before(text, first, last):
    before = resolve(text, TODAY, 7).preceding(7)
    assert (before.first.isoformat(), before.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("text", "how", "first", "last"),
    [
        ("2025-03", Comparison.PREVIOUS, "2025-02-01", "2025-02-28"),
        ("2025-03", Comparison.SAME_LAST_YEAR, "2024-03-01", "2024-03-31"),
        ("2025-02", Comparison.SAME_LAST_YEAR, "2024-02-01", "2024-02-29"),
        ("2024-02", Comparison.SAME_LAST_YEAR, "2023-02-01", "2023-02-28"),
        ("2024-02-29", Comparison.SAME_LAST_YEAR, "2023-02-28", "2023-02-28"),
        ("FY2025", Comparison.PREVIOUS, "2023-07-01", "2024-06-30"),
        ("fiscal_year_to_date", Comparison.PREVIOUS, "2024-07-01", "2025-05-21"),
        ("fiscal_year_to_date", Comparison.SAME_LAST_YEAR, "2024-07-01", "2025-05-21"),
        ("month_to_date", Comparison.PREVIOUS, "2026-04-01", "2026-04-21"),
        ("2026-W20", Comparison.SAME_LAST_YEAR, "2025-05-12", "2025-05-18"),
        ("2025-01-11..2025-01-20", Comparison.PREVIOUS, "2025-01-01", "2025-01-10"),
    ],
)
def test_a_comparison_is_with_an_equal_stretch_of_time(text, how, first, last):
    before = resolve(text, TODAY, 7).compared(how, 7)
    assert (before.first.isoformat(), before.last.isoformat()) == (first, last)


def test_words_give_the_exact_days():
    assert resolve("last_fiscal_year", TODAY, 7).words == (
        "last fiscal year (1 July 2024 to 30 June 2025)"
    )
    assert resolve("2025-03-14", TODAY, 7).words == "14 March 2025"
    assert resolve("2025-03", TODAY, 1).words == "2025-03 (1 March 2025 to 31 March 2025)"


def test_more_steps_than_anybody_reads_are_refused():
    with pytest.raises(Invalid, match="longer step"):
        resolve("1990..2025", TODAY, 7).windows(Grain.DAY, 7)
