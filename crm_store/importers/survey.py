"""One look over a whole table: how much of each column is filled, and what stands in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from crm_store.contacts.reaching import EMAIL
from crm_store.importers import spelling
from crm_store.importers.fields import Kind
from crm_store.importers.reading import (
    DATE,
    SYMBOLS,
    DateOrder,
    Mark,
    currency_code,
    is_afm,
    is_nothing,
)
from crm_store.importers.sheets import Sheet
from crm_store.search.text import fold

SAMPLED = 1_000
SHOWN = 3
REPORT_EVERY = 5_000
PHONE = re.compile(r"\+?[\d\s().\-/]{7,20}")
MONEY = re.compile(r"[-(]?\s*[€$£₪]?\s*-?\d[\d.,'’\s]*\s*(€|\$|£|₪|[A-Z]{3})?\s*\)?")
SHORT_DATE = re.compile(r"(\d{1,2})[./\-](\d{1,2})[./\-](\d{2}|\d{4})(?:[T\s,].*)?")
SAYS_COMMA = re.compile(r"\.\d{3},\d+|,\d{1,2}\D*$|\.\d{3}\.\d{3}|,\d{4,}\D*$")
SAYS_POINT = re.compile(r",\d{3}\.\d+|\.\d{1,2}\D*$|,\d{3},\d{3}|\.\d{4,}\D*$")
Step = Callable[[int], None]


@dataclass(slots=True)
class Column:
    """What was seen in one column."""

    position: int
    header: str
    filled: int = 0
    samples: list[str] = field(default_factory=list)
    looks: Counter[Kind] = field(default_factory=Counter)
    sampled: int = 0
    orders: Counter[DateOrder] = field(default_factory=Counter)
    short_dates: int = 0
    marks: Counter[Mark] = field(default_factory=Counter)

    def see(self, cell: str) -> None:
        if is_nothing(cell):
            return
        self.filled += 1
        if self.sampled < SAMPLED:
            self._sample(cell.strip())
        if self.looks[Kind.DATE] * 2 >= self.sampled and (found := SHORT_DATE.match(cell.strip())):
            self.short_dates += 1
            if int(found[1]) > 12:
                self.orders[DateOrder.DAY] += 1
            elif int(found[2]) > 12:
                self.orders[DateOrder.MONTH] += 1
        elif self.looks[Kind.AMOUNT] * 2 >= self.sampled:
            if SAYS_COMMA.search(cell):
                self.marks[Mark.COMMA] += 1
            elif SAYS_POINT.search(cell):
                self.marks[Mark.POINT] += 1

    def _sample(self, cell: str) -> None:
        self.sampled += 1
        if len(self.samples) < SHOWN and cell[:80] not in self.samples:
            self.samples.append(cell[:80])
        for kind in looks_like(cell):
            self.looks[kind] += 1

    def share(self, kind: Kind) -> float:
        """How much of the sample reads as this."""
        return self.looks[kind] / self.sampled if self.sampled else 0.0


@dataclass(frozen=True, slots=True)
class Survey:
    """A table as a whole."""

    columns: tuple[Column, ...]
    rows: int


def survey(sheet: Sheet, step: Step = lambda _: None) -> Survey:
    """Every row once, nothing kept but the counts."""
    columns = tuple(Column(place, header) for place, header in enumerate(sheet.headers))
    rows = 0
    for _, cells in sheet.rows():
        rows += 1
        for column, cell in zip(columns, cells, strict=False):
            if cell:
                column.see(cell)
        if rows % REPORT_EVERY == 0:
            step(REPORT_EVERY)
    step(rows % REPORT_EVERY)
    return Survey(columns, rows)


def looks_like(cell: str) -> list[Kind]:
    """Everything a cell may be, by its shape alone."""
    found = []
    if "@" in cell and EMAIL.fullmatch(cell.split(";")[0].split(",")[0].strip().casefold()):
        return [Kind.EMAIL]
    if DATE.fullmatch(cell) or (cell[:1].isdigit() and spelling.month(_word_of(cell))):
        found.append(Kind.DATE)
    digits = sum(character.isdigit() for character in cell)
    if PHONE.fullmatch(cell) and digits >= 8 and not found:
        found.append(Kind.PHONE)
    if MONEY.fullmatch(cell) and not cell.startswith("0"):
        found.append(Kind.AMOUNT)
    if cell in SYMBOLS or (len(cell) == 3 and currency_code(cell)):
        found.append(Kind.CURRENCY)
    if is_afm(cell):
        found.append(Kind.TAX_NUMBER)
    if not digits:
        said = fold(cell)
        if said in spelling.YES | spelling.NO:
            found.append(Kind.YES_NO)
        if len(cell) > 3 and spelling.country(cell):
            found.append(Kind.COUNTRY)
    return found


def _word_of(cell: str) -> str:
    found = re.search(r"[^\W\d_]{3,}", cell)
    return found[0] if found else ""
