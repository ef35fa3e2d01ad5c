"""CSV and its relatives: which letters, which separator, and the rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from crm_store.importers.encoding import encoding_of, wide

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAMPLE = 200
LONGEST_CELL = 10_000_000
NAMES = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16", "cp1253": "Greek (Windows-1253)", "cp1255": "Hebrew (Windows-1255)",
    "cp1252": "Western (Windows-1252)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written."""

    encoding: str
    separator: str

    @property
    def words(self) -> str:
        return f"{NAMES[self.encoding]}, {SEPARATORS[self.separator]}"


def form_of(path: Path) -> Form:
    encoding = encoding_of(path)
    fits = {mark: _fit(path, Form(encoding, mark)) for mark in SEPARATORS}
    return Form(encoding, max(fits, key=lambda mark: fits[mark]))


def rows(path: Path, form: Form) -> Iterator[tuple[int, list[str]]]:
    """Numbered records; line breaks inside quotes belong to their cell."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=form.encoding, errors="replace", newline="") as file:
        lines = (line.replace("\0", "") if "\0" in line else line for line in file)
        yield from enumerate(csv.reader(lines, delimiter=form.separator), 1)


def is_binary(head: bytes) -> bool:
    """Control characters that no text has; UTF-16 is let pass."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or wide(head):
        return False
    control = sum(byte < 32 and byte not in b"\t\n\r\f\0" for byte in head)
    return 0 in head or control > 0.02 * len(head)


def _fit(path: Path, form: Form) -> tuple[int, int]:
    """How many rows agree on a width above one, and that width."""
    widths = Counter(
        len(cells) for _, cells in islice(rows(path, form), SAMPLE) if len(cells) > 1 and any(cells)
    )
    if not widths:
        return 0, 0
    width, agreeing = max(widths.items(), key=lambda item: (item[1] * min(item[0], 4), item[0]))
    return agreeing * min(width, 4), width
