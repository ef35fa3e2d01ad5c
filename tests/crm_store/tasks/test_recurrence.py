from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.errors import Invalid
from crm_store.tasks.models import Repeat
from crm_store.tasks.recurrence import Rule, check_rule

ATHENS = ZoneInfo("Europe/Athens")


def athens(*parts):
    return datetime(*parts, tzinfo=ATHENS)


def times(rule, how_many=5):
    """The moments after its first at which it comes round, by the clock in Athens."""
    found, at = [], rule.first
    for _ in range(how_many):
        at = rule.after(at)
        if at is None:
            break
        found.append(at.astimezone(ATHENS).strftime("%y-%m-%d %H:%M"))
    return found


def test_nine_in_the_morning_stays_nine_in_the_morning_when_the_clocks_change():
    rule = Rule(athens(2026, 3, 27, 9), ATHENS, Repeat.DAILY)
    assert times(rule, 3) == ["26-03-28 09:00", "26-03-29 09:00", "26-03-30 09:00"]


def test_every_other_week_on_some_days():
    rule = Rule(athens(2026, 1, 6, 9), ATHENS, Repeat.WEEKLY, every=2, on=["thu", "tue"])
    assert times(rule, 4) == [
        "26-01-08 09:00", "26-01-20 09:00", "26-01-22 09:00", "26-02-03 09:00",
    ]  # fmt: skip


def test_weekly_without_days_keeps_its_own():
    rule = Rule(athens(2026, 1, 9, 9), ATHENS, Repeat.WEEKLY)
    assert times(rule, 2) == ["26-01-16 09:00", "26-01-23 09:00"]


def test_the_last_of_the_month_does_not_slip():
    rule = Rule(athens(2026, 1, 31, 9), ATHENS, Repeat.MONTHLY)
    assert times(rule, 3) == ["26-02-28 09:00", "26-03-31 09:00", "26-04-30 09:00"]


def test_a_leap_day_comes_round_every_year():
    rule = Rule(athens(2024, 2, 29, 9), ATHENS, Repeat.YEARLY)
    assert times(rule, 4) == [
        "25-02-28 09:00", "26-02-28 09:00", "27-02-28 09:00", "28-02-29 09:00",
    ]  # fmt: skip


def test_it_ends_when_it_is_to_end():
    rule = Rule(athens(2026, 1, 1, 9), ATHENS, Repeat.DAILY, until=athens(2026, 1, 3, 9))
    assert times(rule) == ["26-01-02 09:00", "26-01-03 09:00"]


def test_long_after_it_began_the_next_time_is_still_found_at_once():
    rule = Rule(athens(1990, 1, 31, 9), ATHENS, Repeat.MONTHLY)
    assert rule.after(athens(2026, 2, 10)) == athens(2026, 2, 28, 9)
    rule = Rule(athens(1990, 1, 1, 9), ATHENS, Repeat.DAILY, every=3)
    assert athens(2026, 2, 10) < rule.after(athens(2026, 2, 10)) < athens(2026, 2, 13, 9)


@pytest.mark.parametrize(
    ("repeat", "every", "on"),
    [
        (Repeat.DAILY, 0, ()),
        (Repeat.DAILY, 1, ("mon",)),
        (Repeat.WEEKLY, 1, ("someday",)),
        (None, 1, ("mon",)),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(repeat, every, on):
    with pytest.raises(Invalid):
        check_rule(repeat, every, on)


FIRST = datetime(2024, 1, 1, tzinfo=UTC)
moments = st.integers(0, 3 * 366 * 86400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
rules = st.builds(
    Rule,
    moments,
    st.sampled_from([ATHENS, ZoneInfo("America/New_York"), ZoneInfo("Asia/Jerusalem")]),
    st.sampled_from(Repeat),
    st.integers(1, 5),
)


@settings(max_examples=50, deadline=None)
@given(rules, moments)
def test_what_comes_next_is_later_and_nothing_is_skipped_on_the_way(rule, moment):
    found = rule.after(moment)
    assert found > moment
    assert found > rule.first
    between = moment + (found - moment) / 2
    assert rule.after(between) == found or between < rule.first


@settings(max_examples=50, deadline=None)
@given(rules)
def test_it_comes_round_in_order(rule):
    found = [rule.first]
    for _ in range(6):
        found.append(rule.after(found[-1]))
    assert all(before < after for before, after in pairwise(found))
