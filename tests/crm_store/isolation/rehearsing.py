"""Calls that are looked at from every side and then undone."""

import datetime as dt
import enum
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store import schema
from crm_store.actor import Actor, DatabaseRole
from crm_store.base import Base
from crm_store.store import Store
from tests.crm_store.isolation.arguments import NoIdea

MARK = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}")
NOBODY = UUID(int=0)


class Undone(Exception):
    """Raised so that nothing of a rehearsal stays."""


class Rehearsal(Store):
    """A store whose transactions are all undone, after a look at what they would have done."""

    @asynccontextmanager
    async def _transaction(
        self, actor: Actor, role: DatabaseRole, *, read_only: bool
    ) -> AsyncIterator[AsyncSession]:
        async with super()._transaction(actor, role, read_only=read_only) as session:
            yield session
            await session.flush()
            await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            session.info["left"] = await self.look(session)
            raise Undone

    async def look(self, session: AsyncSession) -> dict[str, list[str]] | None:
        """All rows there would be, by organisation, read past row security."""
        if not session.info.get("to be looked at"):
            return None
        await session.execute(text("SET LOCAL ROLE NONE"))
        return rows_by_org((await session.execute(text(everything()))).all())


def everything() -> str:
    """Every row of every organisation as text, in one statement."""
    return " UNION ALL ".join(
        f"SELECT '{model.__tablename__}', t.{schema.tenant_key(model)}::text, to_jsonb(t)::text"
        f' FROM "{model.__tablename__}" t'
        for model in schema.tenant_models()
    )


def rows_by_org(rows: Iterable[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, org_id, row in rows:
        found.setdefault(org_id, []).append(f"{table} {row}")
    return {org_id: sorted(lines) for org_id, lines in found.items()}


def rows_of_everybody(connection: Connection) -> dict[str, list[str]]:
    return rows_by_org(connection.execute(text(everything())).all())


def marks_in(lines: Iterable[str]) -> set[str]:
    """Every id and every random word in some text."""
    return {mark.replace("-", "") for line in lines for mark in MARK.findall(line)}


@dataclass
class Outcome:
    """What came of a call: an answer or an error, and every value to be found in it."""

    answered: bool
    shape: Any
    ids: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    rows: set[tuple[str, str]] = field(default_factory=set)
    left: dict[str, list[str]] | None = None

    @property
    def is_something(self) -> bool:
        return self.answered and self.shape not in EMPTY

    @property
    def marks(self) -> set[str]:
        return self.ids | self.words

    def take_in(self, value: Any) -> None:
        """Every id, every word and every row there is in it, however deep."""
        if isinstance(value, UUID):
            self.ids.add(value.hex)
        elif isinstance(value, str):
            self.words |= marks_in([value])
        elif isinstance(value, bytes):
            self.words.add(value.hex())
        else:
            if isinstance(value, Base):
                self.rows.add((value.__tablename__, getattr(value, "id", NOBODY).hex))
            for part in _inside(value):
                self.take_in(part)


EMPTY = (None, False, 0, "0", (), "", ("list",), ("set",), ("map",))


async def rehearse(store: Rehearsal, actor: Actor, call: Any, *, look: bool = False) -> Outcome:
    """`call` is given a Crm and awaited; nothing of it stays."""
    outcome: Outcome | None = None
    info: dict[str, Any] = {}
    try:
        async with store.begin(actor) as crm:
            info = crm.session.info
            info["to be looked at"] = look
            answer = await call(crm)
            await crm.flush()
            outcome = Outcome(True, _shape(answer))
            outcome.take_in(answer)
    except Undone:
        assert outcome is not None
    except NoIdea:
        raise
    except Exception as error:
        outcome = _failure(error)
    outcome.left = info.get("left")
    return outcome


def _failure(error: Exception) -> Outcome:
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    outcome = Outcome(False, (type(error).__name__, MARK.sub("…", said)))
    outcome.take_in(said)
    return outcome


def _shape(value: Any) -> Any:
    """The answer with ids, times and secrets taken out, so that two can be compared."""
    if value is None or isinstance(value, bool | int | float | Decimal | enum.Enum):
        return value
    if isinstance(value, UUID | bytes | dt.datetime | dt.date | dt.time | dt.timedelta):
        return type(value).__name__
    if isinstance(value, str):
        return MARK.sub("…", value) if " " in value or len(value) < 16 else "…"
    if isinstance(value, Mapping):
        return ("map", *((_shape(k), _shape(v)) for k, v in value.items()))
    parts = _parts(value)
    if parts is not None:
        return (type(value).__name__, *((name, _shape(part)) for name, part in parts))
    if isinstance(value, list | tuple | set | frozenset) or hasattr(value, "_mapping"):
        name = "set" if isinstance(value, set | frozenset) else "list"
        return (name, *(_shape(part) for part in value))
    return type(value).__name__


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return [part for pair in value.items() for part in pair]
    if (parts := _parts(value)) is not None:
        return [part for _, part in parts]
    if isinstance(value, list | tuple | set | frozenset) or hasattr(value, "_mapping"):
        return list(value)
    return ()


def _parts(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, Base):
        state = inspect(value)
        names = [attribute.key for attribute in state.mapper.attrs]
        return [(name, state.dict[name]) for name in names if name in state.dict]
    if isinstance(value, BaseModel):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [(part.name, getattr(value, part.name)) for part in fields(value)]
    return None
