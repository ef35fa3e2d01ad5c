from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.gifts.models import Frequency
from crm_store.gifts.schedule import day_of, due_days

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def due(frequency, day, starts, until):
    return list(due_days(frequency, day, starts, until))


def test_the_31st_is_the_last_day_of_shorter_months_and_itself_again_after():
    found = due(Frequency.MONTHLY, 31, date(2023, 12, 31), date(2024, 5, 31))
    assert [f"{day:%m-%d}" for day in found] == [
        "12-31", "01-31", "02-29", "03-31", "04-30", "05-31",
    ]  # fmt: skip
    assert due(Frequency.MONTHLY, 30, date(2025, 1, 30), date(2025, 3, 30))[1] == date(2025, 2, 28)


def test_a_yearly_gift_on_a_leap_day_comes_on_the_28th_in_between():
    found = due(Frequency.YEARLY, 29, date(2024, 2, 29), date(2028, 3, 1))
    assert found == [
        date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28),
        date(2028, 2, 29),
    ]  # fmt: skip


def test_a_quarter_is_three_months_from_the_start():
    found = due(Frequency.QUARTERLY, 30, date(2024, 11, 30), date(2025, 12, 31))
    assert found == [
        date(2024, 11, 30), date(2025, 2, 28), date(2025, 5, 30), date(2025, 8, 30),
        date(2025, 11, 30),
    ]  # fmt: skip


def test_a_day_already_past_when_the_plan_starts_waits_for_the_next_month():
    assert due(Frequency.MONTHLY, 5, date(2025, 1, 20), date(2025, 2, 28)) == [date(2025, 2, 5)]


def test_a_weekly_gift_comes_on_its_weekday():
    found = due(Frequency.WEEKLY, 5, date(2025, 1, 1), date(2025, 1, 31))
    assert [day.day for day in found] == [3, 10, 17, 24, 31]


def test_nothing_falls_due_before_the_start_or_after_the_end():
    assert due(Frequency.MONTHLY, 1, date(2025, 2, 2), date(2025, 2, 28)) == []


@settings(max_examples=50, deadline=None)
@given(frequency=st.sampled_from(Frequency), starts=DAYS, length=st.integers(0, 900))
def test_days_rise_begin_at_the_start_and_stay_within(frequency, starts, length):
    until = starts + timedelta(days=length)
    found = due(frequency, day_of(frequency, starts), starts, until)
    assert found[0] == starts
    assert all(earlier < later for earlier, later in pairwise(found))
    assert all(starts <= day <= until for day in found)
    longest = {"weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}[frequency]
    assert (until - found[-1]).days < longest
    assert all((later - earlier).days <= longest for earlier, later in pairwise(found))
