"""How the command line speaks: tables, progress, JSON, and faults as sentences."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from crm_store.database import Database
from crm_store.settings import store_settings
from crm_store.store import Store

Answer = TypeVar("Answer")

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print data for programs instead of people.")]
OrgOption = Annotated[
    str | None,
    typer.Option("--org", help="The organisation's short name; needed where there are several."),
]
AsOption = Annotated[
    str | None,
    typer.Option("--as", help="E-mail of the member of staff whose rights apply."),
]


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    return asyncio.run(work)


@asynccontextmanager
async def opened() -> AsyncIterator[Store]:
    """The installation's store, started and migrated before."""
    store = await Database.of(store_settings()).open()
    try:
        yield store
    finally:
        await store.close()


def fail(sentence: str, code: int = 1) -> NoReturn:
    err.print(Text(sentence, style="red"))
    raise typer.Exit(code)


def say(sentence: str, style: str = "") -> None:
    out.print(Text(sentence, style=style), soft_wrap=not out.is_terminal)


def as_json(value: Any) -> None:
    """Exactly one JSON document on standard output, whatever the terminal."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="python"))
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def table(
    title: str | None,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    right: Sequence[bool] = (),
) -> None:
    """Columns of numbers stand to the right; text of either direction is left as it is."""
    kept = [list(row) for row in rows]
    drawn = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for place, heading in enumerate(headings):
        numeric = (
            right[place]
            if place < len(right)
            else bool(kept) and all(isinstance(row[place], int | Decimal | None) for row in kept)
        )
        drawn.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in kept:
        drawn.add_row(*(Text("" if cell is None else _cell(cell)) for cell in row))
    out.print(drawn)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral()):
        return f"{value:,.0f}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)


@contextmanager
def progress(words: str, total: int | None = None) -> Iterator[Any]:
    """`step(n)` moves a bar on standard error; nothing is drawn where nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(words, total=total)

        def step(amount: int = 1, *, of: int | None = None, words: str | None = None) -> None:
            bar.update(task, advance=amount, total=of, description=words)

        yield step
