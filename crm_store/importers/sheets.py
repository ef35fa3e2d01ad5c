"""A file as a table: its headers, and its rows one after another, never all at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from crm_store.errors import Invalid
from crm_store.importers import delimited, workbook
from crm_store.importers.headings import Heading, find_heading
from crm_store.imports.models import SourceKind

LOOKED_AT = 60
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
OTHERS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"SQLite format",
    b"7z\xbc\xaf",
)
Cells = list[str]
Rows = Iterator[tuple[int, Cells]]


class NotATable(Invalid):
    """This file does not hold a table of rows and columns."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table; rows are numbered as a spreadsheet numbers them."""

    path: Path
    kind: SourceKind
    details: str
    heading: Heading
    read: Callable[[], Rows]

    @property
    def headers(self) -> tuple[str, ...]:
        return self.heading.headers

    def rows(self, after: int = 0) -> Rows:
        """What stands below the headers; blank lines and repeated headers are passed over."""
        repeated = self.heading.cells
        for number, cells in self.read():
            if number <= self.heading.number or number <= after or not any(cells):
                continue
            if repeated and tuple(cell.strip() for cell in cells) == repeated:
                continue
            yield number, cells


def open_sheet(path: Path, sheet: str | None = None) -> Sheet:
    """The table in a file, or one sentence about why there is none."""
    kind = _kind(path)
    if kind is SourceKind.XLSX:
        book = workbook.choose(path, sheet)
        read: Callable[[], Rows] = lambda: workbook.rows(path, book)  # noqa: E731
        details = f"Excel, sheet “{book}”"
    else:
        form = delimited.form_of(path)
        read = lambda: delimited.rows(path, form)  # noqa: E731
        details = f"CSV, {form.words}"
    heading = find_heading(list(islice(read(), LOOKED_AT)))
    if heading is None:
        raise NotATable(f"{path.name} has no rows.")
    return Sheet(path, kind, details, heading, read)


def fingerprint(path: Path) -> str:
    """The same for the same bytes, whatever the file is called."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kind(path: Path) -> SourceKind:
    if not path.is_file():
        raise NotATable(f"There is no file {path.name}.")
    with path.open("rb") as file:
        head = file.read(8_192)
    if not head.strip():
        raise NotATable(f"{path.name} is empty.")
    if head.startswith(OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
        raise NotATable(
            f"{path.name} is protected by a password; save it without one."
            if locked
            else f"{path.name} is in the old .xls format; save it as .xlsx or CSV."
        )
    if head.startswith(ZIP):
        workbook.refuse_other_archives(path)
        return SourceKind.XLSX
    if head.startswith(OTHERS) or delimited.is_binary(head):
        raise NotATable(f"{path.name} is not a table; give a CSV or an .xlsx file.")
    return SourceKind.CSV
