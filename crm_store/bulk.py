"""Many rows at once: COPY into a private table, then one INSERT that row security looks at.

PostgreSQL refuses COPY straight into a table whose rows it must check.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb
from sqlalchemy import Column, Table, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor

AT_ONCE = 500
ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
UNSAFE = re.compile(r"[\\\n\r\t]")
STAMPS = ("created_by", "updated_by")
_DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]


async def load(
    session: AsyncSession,
    model: type[Any],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    shared: Mapping[str, Any] | None = None,
    skip_conflicts: bool = False,
) -> int:
    """Insert rows given as tuples of `columns`; answers how many were written.

    The organisation, the stamps and the models' plain defaults are filled in. Mapper events and
    the audit trail do not see these rows: the caller computes derived columns and notes the load.
    """
    table: Table = model.__table__
    constants = _constants(table, columns, session.info["actor"]) | dict(shared or {})
    connection = await raw(session)
    staging = sql.Identifier(f"bulk_{table.name}")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    async with connection.cursor() as cursor:
        await cursor.execute(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                staging, names, sql.Identifier(table.name)
            )
        )
        json_at = [at for at, n in enumerate(columns) if isinstance(table.columns[n].type, JSONB)]
        copying = sql.SQL("COPY {} ({}) FROM STDIN").format(staging, names)
        async with cursor.copy(copying) as copy:
            unread = iter(rows)
            while part := [*islice(unread, AT_ONCE)]:
                await copy.write("".join([_line(row, json_at) for row in part]))
        await cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} {}").format(
                sql.Identifier(table.name),
                sql.SQL(", ").join(map(sql.Identifier, (*columns, *constants))),
                sql.SQL(", ").join([names, *_literals(table, constants)]),
                staging,
                sql.SQL("ON CONFLICT DO NOTHING" if skip_conflicts else ""),
            )
        )
        written = cursor.rowcount
        await cursor.execute(sql.SQL("DROP TABLE {}").format(staging))
    return written


async def analyse(session: AsyncSession, *models: type[Any]) -> None:
    """After the first rows of many: plans made while a table was empty are made again."""
    names = [model.__tablename__ for model in models]
    await session.execute(select(func.refresh_statistics(*names)))


async def raw(session: AsyncSession) -> AsyncConnection[Any]:
    """psycopg's own connection, inside the session's transaction."""
    await session.flush()
    fairy = await (await session.connection()).get_raw_connection()
    connection: AsyncConnection[Any] = fairy.driver_connection  # type: ignore[assignment]
    return connection


def _line(row: Sequence[Any], json_at: Sequence[int]) -> str:
    """A row as COPY takes it; several times as fast as having each value adapted."""
    cells = [
        WRITTEN[value.__class__](value) if value.__class__ in WRITTEN else _unusual(value)
        for value in row
    ]
    for at in json_at:
        if row[at] is not None:
            cells[at] = json.dumps(row[at], ensure_ascii=False).translate(ESCAPED)
    return "\t".join(cells) + "\n"


def _unusual(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value._value_)
    if isinstance(value, list | tuple):
        quoted = (str(v).replace("\\", "\\\\").replace('"', '\\"') for v in value)
        return ("{" + ",".join(f'"{part}"' for part in quoted) + "}").translate(ESCAPED)
    if isinstance(value, dict):
        return ""
    return str(value).translate(ESCAPED)


WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "\\N",
    str: lambda value: value.translate(ESCAPED) if UNSAFE.search(value) else value,
    bool: lambda value: "t" if value else "f",
    int: str,
    UUID: lambda value: value.hex,
    Decimal: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    bytes: lambda value: f"\\\\x{value.hex()}",
}


def _constants(table: Table, columns: Sequence[str], actor: Actor) -> dict[str, Any]:
    constants: dict[str, Any] = {"org_id": actor.org}
    constants |= {name: actor.id for name in STAMPS if name in table.columns}
    for column in table.columns:
        default = column.default
        if not column.nullable and default is not None and column.server_default is None:
            if default.is_scalar:
                constants[column.name] = default.arg  # type: ignore[attr-defined]
            elif column.name != "id" and default.is_callable:
                constants[column.name] = default.arg(None)  # type: ignore[attr-defined]
    return {name: value for name, value in constants.items() if name not in columns}


def _literals(table: Table, constants: Mapping[str, Any]) -> list[sql.Composable]:
    return [
        sql.SQL("{}::{}").format(
            sql.Literal(_wire(value, isinstance(table.columns[name].type, JSONB))),
            sql.SQL(_type(table.columns[name])),
        )
        for name, value in constants.items()
    ]


def _type(column: Column[Any]) -> Any:
    return str(column.type.compile(dialect=_DIALECT))


def _wire(value: Any, is_json: bool) -> Any:
    if is_json and value is not None:
        return Jsonb(value)
    return value.value if isinstance(value, Enum) else value
