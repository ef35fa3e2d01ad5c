"""When a schedule comes round."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.workflows.schedule import next_time

ATHENS = ZoneInfo("Europe/Athens")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ATHENS)


@pytest.mark.parametrize(
    ("config", "after", "expected"),
    [
        ({"every": "hour", "at": "00:15"}, "2026-05-04 09:20", "2026-05-04 10:15"),
        ({"every": "day", "at": "09:00"}, "2026-05-04 08:59", "2026-05-04 09:00"),
        ({"every": "day", "at": "09:00"}, "2026-05-04 09:00", "2026-05-05 09:00"),
        ({"every": "week", "weekdays": [5, 1]}, "2026-05-04 10:00", "2026-05-08 09:00"),
        ({"every": "month", "day": 31}, "2026-01-31 10:00", "2026-02-28 09:00"),
        ({"every": "month", "day": 31}, "2028-02-01 10:00", "2028-02-29 09:00"),
        ({"every": "month"}, "2026-12-01 09:00", "2027-01-01 09:00"),
        ({"every": "day", "at": "09:00"}, "2026-10-24 10:00", "2026-10-25 09:00"),
    ],
)
def test_it_comes_round_by_the_wall_clock(config, after, expected):
    assert next_time(config, _at(after), "Europe/Athens") == _at(expected)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1_577_836_800, 2_051_222_400),
    st.sampled_from(["hour", "day", "week", "month"]),
    st.times(),
    st.integers(1, 31),
    st.sampled_from(["Europe/Athens", "Asia/Jerusalem", "America/New_York", "UTC"]),
)
def test_it_always_comes_later_and_never_too_late(moment, every, time, day, zone):
    after = datetime.fromtimestamp(moment, UTC)
    config = {"every": every, "at": f"{time:%H:%M}", "day": day}
    found = next_time(config, after, zone)
    longest = {"hour": 2 / 24, "day": 2, "week": 8, "month": 63}[every]
    assert after < found <= after + timedelta(days=longest)
    assert next_time(config, found, zone) > found
