"""The next moment for sending: exact when clocks change, and never one too many."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.base import now
from crm_store.contacts.testing import make_person
from crm_store.errors import Invalid
from crm_store.outreach.actions import (
    NoSlot,
    next_slot,
    pause_window,
    reserve_slot,
    set_window,
    start_session,
)
from crm_store.outreach.models import SendWindow

ATHENS = ZoneInfo("Europe/Athens")
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


def window(**more):
    facts = {
        "daily_limit": 100,
        "min_gap_hours": 24,
        "spacing_seconds": 60,
        "timezone": "Europe/Athens",
        "start_minute": 540,
        "end_minute": 1020,
        "days": [1, 2, 3, 4, 5],
        "is_active": True,
    }
    return SendWindow(**(facts | more))


def local(*parts, zone=ATHENS, fold=0):
    return datetime(*parts, tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("after", "slot"),
    [
        (local(2026, 3, 11, 11, 30), local(2026, 3, 11, 11, 30)),
        (local(2026, 3, 11, 7), local(2026, 3, 11, 9)),
        (local(2026, 3, 11, 16, 59, 59), local(2026, 3, 11, 16, 59, 59)),
        (local(2026, 3, 11, 17), local(2026, 3, 12, 9)),
        (local(2026, 3, 13, 18), local(2026, 3, 16, 9)),
        (local(2026, 3, 28, 10), local(2026, 3, 30, 9)),
    ],
)
def test_the_next_moment_within_the_hours(after, slot):
    assert next_slot(window(), after) == slot


@pytest.mark.parametrize(
    ("facts", "after", "slot"),
    [
        (  # 3:00 to 4:00 does not exist on this night: the hours begin where the clock lands.
            {"start_minute": 210, "end_minute": 300, "days": EVERY_DAY},
            local(2026, 3, 29, 0),
            datetime(2026, 3, 29, 1, tzinfo=UTC),
        ),
        (  # 3:00 to 4:00 comes twice on this night: the first time counts
            {"start_minute": 210, "end_minute": 300, "days": EVERY_DAY},
            local(2026, 10, 25, 0),
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ),
        (  # and between the two the window is shut for a while, then opens again
            {"start_minute": 210, "end_minute": 225, "days": EVERY_DAY},
            datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        ),
        (  # midnight itself is skipped in Beirut
            {"start_minute": 0, "end_minute": 60, "days": EVERY_DAY, "timezone": "Asia/Beirut"},
            datetime(2026, 3, 28, 22, tzinfo=UTC),
            datetime(2026, 3, 29, 21, tzinfo=UTC),
        ),
        (  # Lord Howe Island moves by half an hour
            {"start_minute": 135, "days": EVERY_DAY, "timezone": "Australia/Lord_Howe"},
            datetime(2026, 10, 3, 14, tzinfo=UTC),
            datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        ),
    ],
)
def test_hours_are_exact_when_the_clocks_change(facts, after, slot):
    assert next_slot(window(**facts), after) == slot


ZONES = [
    "Europe/Athens",
    "America/New_York",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Havana",
]


@given(
    zone=st.sampled_from(ZONES),
    minutes=st.integers(0, 365 * 24 * 60),
    start=st.integers(0, 1438),
    length=st.integers(1, 600),
    days=st.sets(st.integers(1, 7), min_size=1),
    taken=st.lists(st.integers(0, 3 * 24 * 60), max_size=8),
    limit=st.integers(1, 3),
)
@settings(max_examples=50, deadline=None)
def test_no_earlier_minute_would_have_done(zone, minutes, start, length, days, taken, limit):
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    hours = window(
        timezone=zone,
        start_minute=start,
        end_minute=min(1440, start + length),
        days=sorted(days),
        daily_limit=limit,
        spacing_seconds=1800,
    )
    given_away = [after + timedelta(minutes=m) for m in taken]
    slot = next_slot(hours, after, given_away)
    assert slot is not None
    assert slot >= after
    assert fits(hours, slot, given_away)
    minute = after
    while minute < min(slot, after + timedelta(days=2)):
        assert not fits(hours, minute, given_away)
        minute += timedelta(minutes=7)


def fits(hours, moment, taken):
    """The rule written the slow way."""
    zone = ZoneInfo(hours.timezone)
    at = moment.astimezone(zone)
    minute = at.hour * 60 + at.minute
    that_day = [t for t in taken if t.astimezone(zone).date() == at.date()]
    return (
        at.isoweekday() in hours.days
        and hours.start_minute <= minute < hours.end_minute
        and len(that_day) < hours.daily_limit
        and all(abs((moment - t).total_seconds()) >= hours.spacing_seconds for t in taken)
    )


def test_somebody_is_not_written_to_twice_in_a_day():
    after, theirs = local(2026, 3, 11, 10), [local(2026, 3, 11, 9, 30)]
    assert next_slot(window(), after, (), theirs) == local(2026, 3, 12, 9, 30)


@pytest.mark.parametrize(
    "facts", [{"is_active": False}, {"daily_limit": 0}, {"paused_at": local(2026, 1, 1)}], ids=str
)
def test_a_closed_window_has_no_moment(facts):
    assert next_slot(window(**facts), local(2026, 3, 11, 10)) is None


def test_a_full_year_has_no_moment_either():
    after = local(2026, 3, 11, 10)
    taken = [after + timedelta(days=n) for n in range(500)]
    assert next_slot(window(daily_limit=1, days=EVERY_DAY), after, taken) is None


async def test_fifty_at_once_never_exceed_the_days_limit(house):
    async with house.begin() as crm:
        await set_window(crm, daily_limit=10, days=EVERY_DAY, spacing_seconds=30)

    async def take() -> datetime:
        async with house.begin() as crm:
            slot = await reserve_slot(crm)
            return slot.at

    slots = await asyncio.gather(*(take() for _ in range(50)))
    assert len(set(slots)) == 50
    per_day = Counter(slot.astimezone(ATHENS).date() for slot in slots)
    assert max(per_day.values()) == 10
    ordered = sorted(slots)
    assert min(b - a for a, b in pairwise(ordered)) >= timedelta(seconds=30)


async def test_a_session_may_have_hours_of_its_own(crm):
    session = await start_session(crm, "Spring")
    own = await set_window(crm, session.id, daily_limit=3)
    house = await crm.send_windows.holding()
    assert (own.daily_limit, house.daily_limit) == (3, 100)
    assert (await crm.send_windows.holding(session.id)).id == own.id
    other = await start_session(crm, "Summer")
    assert (await crm.send_windows.holding(other.id)).id == house.id


async def test_a_paused_window_gives_nothing(crm):
    await pause_window(crm)
    with pytest.raises(NoSlot):
        await reserve_slot(crm)
    await pause_window(crm, paused=False)
    assert (await reserve_slot(crm)).at >= now() - timedelta(seconds=5)


async def test_the_same_person_waits_a_day(crm):
    ruth = await make_person(crm)
    await set_window(crm, days=EVERY_DAY)
    first = await reserve_slot(crm, person_id=ruth.id)
    second = await reserve_slot(crm, person_id=ruth.id)
    assert second.at - first.at >= timedelta(hours=24)


@pytest.mark.parametrize(
    "bad",
    [
        {"timezone": "Atlantis/Capital"},
        {"start_minute": 600, "end_minute": 600},
        {"days": []},
        {"days": [0]},
        {"daily_limit": -1},
        {"colour": "red"},
    ],
    ids=str,
)
async def test_impossible_hours_are_refused(house, bad):
    async with house.begin() as crm:
        with pytest.raises(Invalid):
            await set_window(crm, **bad)
        await crm.session.rollback()
