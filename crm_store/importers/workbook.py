"""Excel workbooks, read as a stream; formulas come as the values last computed."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from crm_store.errors import Invalid

LOOKED_AT = 50


class NoSuchSheet(Invalid):
    """The workbook has no sheet of this name."""


def refuse_other_archives(path: Path) -> None:
    """Word files, ODS and plain archives look alike from outside."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise Invalid(f"{path.name} is damaged or incomplete.") from error
    if "xl/workbook.xml" not in names:
        raise Invalid(f"{path.name} is not an Excel workbook; save it as .xlsx or CSV.")


def choose(path: Path, wanted: str | None) -> str:
    """The sheet asked for, or the one with the most in its first rows."""
    with _opened(path) as book:
        names = [str(sheet.title) for sheet in book.worksheets]
        if wanted is not None:
            found = next((n for n in names if n.casefold() == wanted.strip().casefold()), None)
            if found is None:
                known = ", ".join(names)
                raise NoSuchSheet(f"{path.name} has no sheet “{wanted}”. There are: {known}.")
            return found
        filled = {str(sheet.title): _filled(sheet) for sheet in book.worksheets}
    if not filled:
        raise Invalid(f"{path.name} has no sheets.")
    return max(filled, key=lambda name: filled[name])


def rows(path: Path, sheet: str) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows, every cell as text: dates as ISO, numbers with a point."""
    with _opened(path) as book:
        for number, cells in enumerate(_cells(book[sheet]), 1):
            yield number, [as_text(cell) for cell in cells]


def as_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return "" if isinstance(cell, timedelta) else str(cell)


def _filled(sheet: Any) -> int:
    return sum(
        sum(cell not in (None, "") for cell in cells) for cells in islice(_cells(sheet), LOOKED_AT)
    )


def _cells(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """Some programs write a wrong size into the sheet, so it is not believed."""
    sheet.reset_dimensions()
    found: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True)
    return found


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(path, read_only=True, data_only=True)
        except (KeyError, ValueError, zipfile.BadZipFile, SyntaxError) as error:
            raise Invalid(f"{path.name} is damaged or incomplete.") from error
    try:
        yield book
    finally:
        book.close()
