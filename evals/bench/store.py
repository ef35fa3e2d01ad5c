"""How fast the store answers: `python -m evals.bench.store --donors 10000`, as JSON.

Every figure is a whole transaction through the product's own door, and stands beside the same
question asked with row security out of the way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import text

from crm_store.reports.query import Query
from crm_store.store import Store
from evals.bench import questions
from evals.bench.house import BenchHouse, bench_house, owner_unguarded
from evals.bench.questions import QUESTIONS, REPORTS, SEGMENTS, Ask, Subjects
from evals.bench.timing import Timing, timed

GOALS = {
    "donor 360": 10, "name search": 40, "misspelt name search": 40, "list": 20, "report": 1_000,
}  # fmt: skip


async def measure(house: BenchHouse, rounds: int) -> dict[str, Any]:
    of = await questions.subjects(house.store, house.actor)
    found: dict[str, Any] = {}
    for name, ask in QUESTIONS.items():
        found[name] = await _both(house, name, _asking(ask, of), rounds)
    for name, ask in SEGMENTS.items():
        found[name] = await _both(house, name, _asking(ask, of), max(5, rounds // 10))
    for name, query in REPORTS.items():
        found[name] = await _both(house, name, _reporting(query), max(5, rounds // 10))
    return found


Asker = Callable[[Store], Awaitable[object]]


def _asking(ask: Ask, of: Subjects) -> Callable[[BenchHouse], Asker]:
    def of_house(house: BenchHouse) -> Asker:
        async def once(store: Store) -> object:
            async with store.begin(house.actor, read_only=True) as crm:
                return await ask(crm, of)

        return once

    return of_house


def _reporting(query: Query) -> Callable[[BenchHouse], Asker]:
    def of_house(house: BenchHouse) -> Asker:
        async def once(store: Store) -> object:
            return await questions.report(store, house.actor, query)

        return once

    return of_house


async def _both(
    house: BenchHouse, name: str, asking: Callable[[BenchHouse], Asker], rounds: int
) -> dict[str, Any]:
    """Guarded and not, in turns, so that neither has the warmer cache."""
    ask = asking(house)
    _say(name)
    guarded = await timed(lambda: ask(house.store), rounds)
    lifted = owner_unguarded(house.superuser) if name.startswith("report") else nullcontext()
    with lifted:
        floor = await timed(lambda: ask(house.unguarded), rounds)
    again = await timed(lambda: ask(house.store), rounds, warm=1)
    best = min(guarded, again, key=lambda timing: timing.p50)
    return {
        **asdict(best),
        "floor_p50": floor.p50,
        "ratio": round(best.p50 / floor.p50, 3) if floor.p50 else None,
        **_goal(name, best),
    }


def _goal(name: str, timing: Timing) -> dict[str, Any]:
    goal = GOALS.get(name) or GOALS.get(name.partition(":")[0])
    return {"goal_p95": goal, "met": timing.p95 <= goal} if goal else {}


def _growth(found: dict[str, Any], against: Path) -> dict[str, float]:
    """How much slower than at the size of an earlier run."""
    earlier = json.loads(against.read_text())["questions"]
    return {
        name: round(found[name]["p50"] / earlier[name]["p50"], 2)
        for name in found
        if name in earlier and earlier[name]["p50"]
    }


async def _sizes(house: BenchHouse) -> dict[str, Any]:
    async with house.store.begin(house.actor, read_only=True) as crm:
        counts = {
            table: await crm.session.scalar(text(f"SELECT count(*) FROM {table}"))
            for table in ("donors", "people", "gifts", "search_terms")
        }
        counts["server"] = await crm.session.scalar(text("SHOW server_version"))
    return counts


async def main(arguments: argparse.Namespace) -> None:
    async with bench_house(arguments.home, arguments.donors, arguments.organisations) as house:
        found = await measure(house, arguments.rounds)
        report = {
            "bench": "store",
            "donors": arguments.donors,
            "organisations": arguments.organisations,
            "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            "rows": await _sizes(house),
            "questions": found,
            "slowest_ratio": max(one["ratio"] for one in found.values()),
        }
    if arguments.against:
        report["growth"] = _growth(found, arguments.against)
    json.dump(report, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--donors", type=int, default=10_000)
    parser.add_argument("--organisations", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--home", type=Path, default=Path(".almoner/bench"))
    parser.add_argument("--against", type=Path, help="JSON of a run at another size.")
    asyncio.run(main(parser.parse_args()))
