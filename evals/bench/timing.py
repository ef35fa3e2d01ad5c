"""Percentiles of how long something takes."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """In milliseconds."""

    p50: float
    p95: float
    worst: float
    rounds: int


async def timed(work: Callable[[], Awaitable[object]], rounds: int, warm: int = 5) -> Timing:
    """Each round from the first statement to the commit, after a few that do not count."""
    for _ in range(warm):
        await work()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - begun) * 1000)
    return of(taken)


def of(taken: list[float]) -> Timing:
    ordered = sorted(taken)

    def at(share: float) -> float:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 3)

    return Timing(at(0.5), at(0.95), round(ordered[-1], 3), len(ordered))
