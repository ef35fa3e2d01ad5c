"""Where the headers of a table are, below whatever titles stand above them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from crm_store.importers.fields import is_known

VALUE = re.compile(r"^[\d\s.,/:+()€$£₪%-]+$|@")


@dataclass(frozen=True, slots=True)
class Heading:
    """The headers made unique, the row they stand in (0: none), and that row as it is."""

    number: int
    headers: tuple[str, ...]
    cells: tuple[str, ...]


def find_heading(rows: Sequence[tuple[int, list[str]]]) -> Heading | None:
    """The row whose cells read most like headers; a table without any gets Column 1, Column 2…"""
    filled = [(number, [cell.strip() for cell in cells]) for number, cells in rows if any(cells)]
    if not filled:
        return None
    widths = Counter(_width(cells) for _, cells in filled)
    width = max(widths, key=lambda found: (widths[found], found))
    likely = [(number, cells) for number, cells in filled[:25] if _could_be(cells, width)]
    if not likely:
        widest = max(_width(cells) for _, cells in filled)
        return Heading(0, unique([""] * widest), ())
    number, cells = max(likely, key=lambda row: (sum(map(is_known, row[1])), -row[0]))
    trimmed = cells[: _width(cells)]
    padded = trimmed + [""] * (min(width, 500) - len(trimmed))
    return Heading(number, unique(padded), tuple(cells))


def unique(headers: Sequence[str]) -> tuple[str, ...]:
    """Headers that can be told apart: a second Email is Email (2), an empty one Column 4."""
    seen: Counter[str] = Counter()
    found = []
    for place, header in enumerate(headers, 1):
        name = " ".join(header.split()) or f"Column {place}"
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)


def _width(cells: Sequence[str]) -> int:
    return next((place for place in range(len(cells), 0, -1) if cells[place - 1]), 0)


def _could_be(cells: Sequence[str], width: int) -> bool:
    """Wide enough, and words rather than values."""
    named = [cell for cell in cells if cell]
    if width == 1:
        return len(named) == 1 and is_known(named[0])
    words = sum(not VALUE.search(cell) for cell in named)
    return (
        len(named) >= max(2, width // 2)
        and words == len(named)
        and (any(map(is_known, named)) or len(set(named)) == len(named))
    )
