"""When the next message may go: exact across clock changes, and never more than the limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Invalid, Refused
from crm_store.outreach.models import SendSlot, SendWindow

HORIZON = timedelta(days=400)


class NoSlot(Refused):
    """There is no free moment for sending; it is paused, or every day is full."""


def next_slot(
    window: SendWindow,
    after: datetime,
    taken: Sequence[datetime] = (),
    theirs: Sequence[datetime] = (),
) -> datetime | None:
    """The first moment from `after` on that the window leaves free, in UTC, or None.

    taken: moments already given away in this window; theirs: messages to the same person.
    """
    if not window.is_active or window.paused_at is not None or window.daily_limit < 1:
        return None
    zone = ZoneInfo(window.timezone)
    gaps = [
        (timedelta(seconds=window.spacing_seconds), _in_utc(taken)),
        (timedelta(hours=window.min_gap_hours), _in_utc(theirs)),
    ]
    full = _full_days(window, taken, zone)
    moment, last = after.astimezone(UTC), after.astimezone(UTC) + HORIZON
    while moment < last:
        opening = _opening(window, moment, zone, full)
        if opening is None:
            return None
        moment = _clear_of(opening, gaps)
        if moment == opening:
            return moment
    return None


async def reserve_slot(
    crm: Crm,
    *,
    session_id: UUID | None = None,
    person_id: UUID | None = None,
    draft_id: UUID | None = None,
    after: datetime | None = None,
) -> SendSlot:
    """Set a moment aside. The window is held until commit, so no limit can be overrun."""
    crm.actor.need("outreach:write")
    window = await crm.send_windows.holding(session_id, lock=True)
    after = max(after or now(), now())
    taken = await crm.session.scalars(
        crm.send_slots.everything()
        .where(SendSlot.window_id == window.id, SendSlot.at > after - timedelta(days=2))
        .with_only_columns(SendSlot.at)
    )
    theirs: Sequence[datetime] = ()
    if person_id is not None:
        theirs = (
            await crm.session.scalars(
                crm.send_slots.everything()
                .where(SendSlot.person_id == person_id)
                .with_only_columns(SendSlot.at)
            )
        ).all()
    at = next_slot(window, after, taken.all(), theirs)
    if at is None:
        raise NoSlot
    slot = crm.send_slots.add(
        SendSlot(window_id=window.id, at=at, day=at.date(), person_id=person_id, draft_id=draft_id)
    )
    await crm.flush()
    return slot


async def release_slot(crm: Crm, draft_id: UUID) -> None:
    """Give back the moment set aside for a draft."""
    for slot in await crm.send_slots.all(
        crm.send_slots.everything().where(SendSlot.draft_id == draft_id)
    ):
        await crm.session.delete(slot)
    await crm.flush()


async def set_window(crm: Crm, session_id: UUID | None = None, **changes: object) -> SendWindow:
    """Change when and how fast messages go, for the organisation or for one session."""
    found = await crm.send_windows.first(
        crm.send_windows.rows().where(
            SendWindow.session_id == session_id if session_id else SendWindow.session_id.is_(None)
        )
    )
    if found is None:
        house = await crm.send_windows.holding()
        found = crm.send_windows.add(
            SendWindow(session_id=session_id, **{name: getattr(house, name) for name in HOURS})
        )
    for name, value in changes.items():
        if name not in HOURS:
            raise Invalid(f"Hours for sending have no {name.replace('_', ' ')}.")
        setattr(found, name, value)
    _check(found)
    await crm.flush()
    return found


async def pause_window(crm: Crm, session_id: UUID | None = None, *, paused: bool = True) -> None:
    """Stop giving out moments, or go on."""
    window = await crm.send_windows.holding(session_id, lock=True)
    window.paused_at = now() if paused else None
    await crm.flush()


HOURS = (
    "daily_limit",
    "min_gap_hours",
    "spacing_seconds",
    "timezone",
    "start_minute",
    "end_minute",
    "days",
    "is_active",
)


def _check(window: SendWindow) -> None:
    try:
        ZoneInfo(window.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(f"“{window.timezone}” is not a timezone.") from error
    if not 0 <= window.start_minute < window.end_minute <= 1440:
        raise Invalid("The hours for sending must begin before they end, within one day.")
    if not window.days or not set(window.days) <= set(range(1, 8)):
        raise Invalid("Days are numbered 1 (Monday) to 7 (Sunday), and at least one is needed.")
    if min(window.daily_limit, window.min_gap_hours, window.spacing_seconds) < 0:
        raise Invalid("Limits cannot be negative.")


def _in_utc(moments: Sequence[datetime]) -> list[datetime]:
    """In order; local times that come twice in a night cannot be compared as they are."""
    return sorted(moment.astimezone(UTC) for moment in moments)


def _full_days(window: SendWindow, taken: Sequence[datetime], zone: ZoneInfo) -> set[date]:
    counted: dict[date, int] = {}
    for moment in taken:
        day = moment.astimezone(zone).date()
        counted[day] = counted.get(day, 0) + 1
    return {day for day, count in counted.items() if count >= window.daily_limit}


def _opening(
    window: SendWindow, moment: datetime, zone: ZoneInfo, full: set[date]
) -> datetime | None:
    """The first instant from `moment` on at which the local clock is within the hours."""
    day = moment.astimezone(zone).date()
    for ahead in range(HORIZON.days + 2):
        today = day + timedelta(days=ahead)
        if today in full or today.isoweekday() not in window.days:
            continue
        for instant in sorted({moment, *_beginnings(window, today, zone)}):
            if instant >= moment and _is_open(window, instant, today, zone):
                return instant
    return None


def _beginnings(window: SendWindow, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Every instant of a day at which its hours may begin: as written, and where clocks change."""
    hour, minute = divmod(window.start_minute, 60)
    for fold in (0, 1):
        yield datetime.combine(day, time(hour, minute, fold=fold), zone).astimezone(UTC)
    yield from _changes(day, zone)


def _changes(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    start = datetime.combine(day, time(), zone).astimezone(UTC) - timedelta(hours=3)
    marks = [start + timedelta(hours=hour) for hour in range(31)]
    for before, after in pairwise(marks):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = before, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high.replace(microsecond=0)


def _is_open(window: SendWindow, instant: datetime, day: date, zone: ZoneInfo) -> bool:
    local = instant.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return local.date() == day and window.start_minute <= minute < window.end_minute


def _clear_of(moment: datetime, gaps: Sequence[tuple[timedelta, Sequence[datetime]]]) -> datetime:
    """The first instant from `moment` on that keeps its distance from everything before it."""
    settled = False
    while not settled:
        settled = True
        for gap, others in gaps:
            for other in others:
                if abs(moment - other) < gap:
                    moment, settled = other + gap, False
    return moment
