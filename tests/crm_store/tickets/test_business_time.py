from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.tickets.business_time import (
    WEEKDAYS,
    AroundTheClock,
    BadHours,
    NeverOpen,
    WorkingTime,
)

ATHENS = ZoneInfo("Europe/Athens")
OFFICE = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}


def calendar(hours=OFFICE, zone="Europe/Athens", holidays=()):
    return WorkingTime.parse(zone, hours, dict.fromkeys(holidays, "Holiday"))


def athens(*parts):
    return datetime(*parts, tzinfo=ATHENS)


def test_a_weekend_does_not_count():
    friday, monday = athens(2026, 1, 16, 16), athens(2026, 1, 19, 10)
    assert calendar().between(friday, monday) == 2 * 3600
    assert calendar().add(friday, 2 * 3600) == monday


def test_a_holiday_does_not_count():
    before, after = athens(2026, 1, 5, 16), athens(2026, 1, 7, 10)
    assert calendar(holidays=["2026-01-06"]).between(before, after) == 2 * 3600
    assert calendar(holidays=["2026-01-06"]).add(before, 2 * 3600) == after


def test_time_that_ends_at_closing_is_due_at_closing_and_not_the_next_morning():
    assert calendar().add(athens(2026, 1, 14, 9), 8 * 3600) == athens(2026, 1, 14, 17)


def test_a_ticket_that_comes_in_at_night_begins_in_the_morning():
    assert calendar().add(athens(2026, 1, 14, 22), 60) == athens(2026, 1, 15, 9, 1)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 28), 24)]
)
def test_a_day_is_as_long_as_the_clocks_make_it(day, hours):
    whole = calendar({name: [["00:00", "24:00"]] for name in WEEKDAYS})
    midnight = datetime.combine(day, time(), ATHENS)
    after = datetime.combine(day + timedelta(days=1), time(), ATHENS)
    assert whole.between(midnight, after) == hours * 3600
    assert whole.add(midnight, hours * 3600) == after


@pytest.mark.parametrize(("day", "minutes"), [(date(2026, 3, 29), 60), (date(2026, 10, 25), 150)])
def test_opening_hours_across_a_clock_change_count_what_really_passed(day, minutes):
    night = calendar({name: [["02:00", "03:30"]] for name in WEEKDAYS})
    midnight = datetime.combine(day, time(), ATHENS)
    assert night.between(midnight, midnight + timedelta(hours=12)) == minutes * 60


def test_office_hours_follow_the_wall_clock_through_summer_time():
    before, after = athens(2026, 3, 27, 16), athens(2026, 3, 30, 10)
    assert calendar().between(before, after) == 2 * 3600


def test_a_zone_that_changes_its_clocks_at_midnight_counts_no_hour_twice():
    whole = calendar({name: [["00:00", "24:00"]] for name in WEEKDAYS}, zone="America/Havana")
    zone = ZoneInfo("America/Havana")
    start, end = datetime(2025, 10, 30, tzinfo=zone), datetime(2025, 11, 5, tzinfo=zone)
    real = (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()
    assert whole.between(start, end) == real == (6 * 24 + 1) * 3600


def test_the_sunday_week_of_jerusalem():
    week = {day: [["08:30", "12:00"], ["13:00", "16:00"]] for day in ("sun", "mon", "thu")}
    zone = ZoneInfo("Asia/Jerusalem")
    friday = datetime(2026, 1, 16, 9, tzinfo=zone)
    assert calendar(week, "Asia/Jerusalem").add(friday, 4 * 3600) == datetime(
        2026, 1, 18, 13, 30, tzinfo=zone
    )


@pytest.mark.parametrize(
    "hours",
    [
        {"someday": [["09:00", "17:00"]]},
        {"mon": [["17:00", "09:00"]]},
        {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]},
        {"mon": [["09:00", "24:00"], ["10:00", "11:00"]]},
        {"mon": [["nine", "five"]]},
        {"mon": "09:00"},
    ],
)
def test_hours_that_make_no_sense_are_refused(hours):
    with pytest.raises(BadHours):
        calendar(hours)


def test_a_calendar_that_never_opens_is_refused():
    with pytest.raises(NeverOpen):
        calendar({"mon": []})
    with pytest.raises(BadHours):
        calendar(zone="Mars/Olympus")


FIRST, SECONDS = athens(2024, 1, 1), 4 * 366 * 86400
moments = st.integers(0, SECONDS).map(lambda seconds: FIRST + timedelta(seconds=seconds))
calendars = st.builds(
    calendar,
    st.fixed_dictionaries(
        {
            name: st.sampled_from(
                [
                    [],
                    [["09:00", "17:00"]],
                    [["00:00", "24:00"]],
                    [["01:30", "02:30"], ["22:00", "24:00"]],
                ]
            )
            for name in WEEKDAYS
        }
    ).filter(lambda hours: any(hours.values())),
    st.sampled_from(
        ["Europe/Athens", "America/New_York", "America/Havana", "Asia/Jerusalem", "UTC"]
    ),
    st.lists(st.dates(date(2024, 1, 1), date(2027, 12, 31)).map(str), max_size=5),
)


@settings(max_examples=50, deadline=None)
@given(calendars, moments, st.integers(-400_000, 400_000))
def test_what_is_added_is_what_lies_between(week, start, seconds):
    end = week.add(start, seconds)
    assert week.between(start, end) == seconds
    assert (end >= start) if seconds >= 0 else (end < start)


@settings(max_examples=50, deadline=None)
@given(calendars, moments, st.integers(0, 2_000_000), st.integers(0, 2_000_000))
def test_time_passed_adds_up(week, start, first, second):
    middle, end = start + timedelta(seconds=first), start + timedelta(seconds=first + second)
    assert week.between(start, end) == week.between(start, middle) + week.between(middle, end)
    assert 0 <= week.between(start, end) <= first + second


def test_around_the_clock_every_second_counts():
    start = athens(2026, 3, 28, 12)
    assert AroundTheClock().add(start, 86400) == start.astimezone(UTC) + timedelta(days=1)
    assert AroundTheClock().between(start, AroundTheClock().add(start, -90)) == -90
