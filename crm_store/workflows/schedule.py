"""When a schedule comes round next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, HOURLY, MONTHLY, WEEKLY, rrule

EVERY: Mapping[str, Any] = {"hour": HOURLY, "day": DAILY, "week": WEEKLY, "month": MONTHLY}


def next_time(config: Mapping[str, Any], after: datetime, timezone: str) -> datetime:
    """The first time after `after`, by the wall clock of the schedule's place.

    A month without the day asked for has its last day instead.
    """
    zone = ZoneInfo(config.get("timezone") or timezone)
    hour, minute = (int(part) for part in str(config.get("at") or "09:00").split(":"))
    every = config["every"]
    start = after.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    rule: dict[str, Any] = {"byminute": minute, "bysecond": 0}
    if every != "hour":
        rule["byhour"] = hour
    if every == "week":
        rule["byweekday"] = [day - 1 for day in config.get("weekdays") or [1]]
    if every == "month":
        day = config.get("day") or 1
        rule |= {"bymonthday": list(range(min(day, 28), day + 1)), "bysetpos": -1}
        start = start.replace(day=1)
    for local in rrule(EVERY[every], dtstart=start, **rule):
        found = local.replace(tzinfo=zone).astimezone(UTC)
        if found > after:
            return found
    raise AssertionError("a schedule always comes round")
