"""Files for tests, and a whole import in one call."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crm_store.importers.loading import load_rows
from crm_store.importers.preview import Preview, preview
from crm_store.importers.understanding import Understood, Wanted, look, understand
from crm_store.imports.actions import begin_import

if TYPE_CHECKING:
    from crm_store.testing import House

GIFT_HEADERS = ("Gift ID", "Date", "Amount", "First Name", "Last Name", "Email", "City")


def write_csv(path: Path, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        writer.writerows(rows)
    return path


def gift_rows(count: int, donors: int = 50, start: int = 0) -> list[tuple[Any, ...]]:
    """Believable gifts of some donors, each with an id of its own."""
    families = ("Cohen", "Levi", "Παπαδάκης", "Smith", "כהן", "Νικολάου", "Brown")
    given = ("Ruth", "David", "Μαρία", "Anna", "רות", "Γιώργος", "John", "Eleni")
    found = []
    for number in range(start, start + count):
        donor = number * 7919 % donors
        name, family = given[donor % len(given)], families[donor // 3 % len(families)]
        day = f"{number % 28 + 1:02}/{number % 12 + 1:02}/{2021 + number % 4}"
        mail = f"donor{donor}@example.org"
        found.append((f"G{number}", day, f"{number % 90 + 10}.50", name, family, mail, "Athens"))
    return found


async def understood(house: House, path: Path, **wanted: Any) -> Understood:
    wish = Wanted(path, **wanted)
    async with house.begin(read_only=True) as crm:
        return await understand(crm, wish, look(wish))


async def look_at(house: House, path: Path, **wanted: Any) -> Preview:
    return await preview(house.store, house.director, await understood(house, path, **wanted))


async def bring_in(house: House, path: Path, **wanted: Any) -> UUID:
    """Import a file to the end; answers the job."""
    found = await understood(house, path, **wanted)
    async with house.begin() as crm:
        job_id = (await begin_import(crm, found)).id
    await load_rows(house.store, house.director, job_id, found)
    return job_id
