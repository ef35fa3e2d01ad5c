"""A new encryption key under live traffic: every secret is wrapped anew, then the old key goes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, sql
from sqlalchemy import URL

from crm_store import schema
from crm_store.base import PersonRow
from crm_store.crypto import VERSION, Keyring, Place, Unreadable
from crm_store.errors import Conflict

Progress = Callable[[int], None]
PAUSE = 0.05


class AlreadyRotating(Conflict):
    """Another rotation is under way."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done. `left` secrets could not be rewrapped: with any, the old keys stay."""

    active: str
    rewrapped: int
    left: int
    retired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of secrets, and the setting that shows the rows of its table."""

    table: str
    name: str
    is_personal: bool

    @property
    def setting(self) -> str:
        return "app.user_id" if self.is_personal else "app.org_id"

    def place(self, owner: UUID, row_id: UUID) -> Place:
        return Place(None if self.is_personal else owner, self.table, row_id, self.name)


async def rotate(
    owner: URL,
    path: Path,
    *,
    batch: int = 500,
    patience: float = 60,
    progress: Progress | None = None,
) -> Rotated:
    """Begin a rotation, or finish the one that was interrupted: a ring of several keys says so.

    The old keys are retired once nothing uses them and every transaction that could has ended.
    """
    async with _alone(owner) as connection:
        ring = Keyring.at(path)
        if len(ring.names) == 1:
            ring = ring.with_new(_next(ring.active))
            ring.write(path)
        walk = Rewrapping(connection, ring, batch, patience, progress)
        await walk.everything()
        have_ended = await _outlast(connection, patience)
        left = await walk.everything()
        old = ring.names[1:] if have_ended and not left else ()
        if old:
            ring.only_active().write(path)
        return Rotated(ring.active, walk.rewrapped, left, old)


async def rewrap(
    owner: URL,
    ring: Keyring,
    *,
    batch: int = 500,
    patience: float = 60,
    progress: Progress | None = None,
) -> Rotated:
    """For keys kept elsewhere than in a file of ours: wrap everything under the first of them."""
    async with _alone(owner) as connection:
        walk = Rewrapping(connection, ring, batch, patience, progress)
        left = await walk.everything()
        return Rotated(ring.active, walk.rewrapped, left)


class Rewrapping:
    """Walks over every secret of every organisation and every person."""

    def __init__(
        self,
        connection: AsyncConnection[Any],
        ring: Keyring,
        batch: int,
        patience: float,
        progress: Progress | None,
    ) -> None:
        self.connection = connection
        self.ring = ring
        self.batch = batch
        self.patience = patience
        self.progress = progress
        self.rewrapped = 0
        name = ring.active.encode()
        self.mark = VERSION + bytes([len(name)]) + name

    async def everything(self) -> int:
        """Again and again until nothing is left, or only what cannot be opened or stays locked."""
        deadline = time.monotonic() + self.patience
        while True:
            before = self.rewrapped
            left, unreadable = await self._walk()
            if left == unreadable or (self.rewrapped == before and time.monotonic() > deadline):
                return left
            await asyncio.sleep(PAUSE)

    async def _walk(self) -> tuple[int, int]:
        columns = sealed_columns()
        left = unreadable = 0
        for setting, kind in (("app.org_id", "org"), ("app.user_id", "user_email")):
            here = [column for column in columns if column.setting == setting]
            for owner in await self._owners(kind) if here else []:
                before = self.rewrapped
                for column in here:
                    if await self._count(column, owner):
                        unreadable += await self._column(column, owner)
                        left += await self._count(column, owner)
                if setting == "app.org_id":
                    await self._record(owner, self.rewrapped - before)
        return left, unreadable

    async def _column(self, column: Column, owner: UUID) -> int:
        """Batch after batch; rows somebody is writing are left for the next walk."""
        unreadable, last = 0, UUID(int=0)
        while rows := await self._batch(column, owner, last):
            unreadable += sum(new is None for _, _, new in rows)
            last = rows[-1][0]
        return unreadable

    async def _batch(
        self, column: Column, owner: UUID, after: UUID
    ) -> list[tuple[UUID, bytes, bytes | None]]:
        async with self._of(column.setting, owner):
            found = await self.connection.execute(
                _select(column, locked=True), [len(self.mark), self.mark, after, self.batch]
            )
            rows = [
                (row_id, old, self._wrapped(old, column.place(owner, row_id)))
                for row_id, old in await found.fetchall()
            ]
            swaps = [(new, row_id, old) for row_id, old, new in rows if new is not None]
            async with self.connection.cursor() as cursor:
                await cursor.executemany(_swap(column), swaps)
        self.rewrapped += len(swaps)
        if self.progress:
            self.progress(len(swaps))
        return rows

    def _wrapped(self, old: bytes, place: Place) -> bytes | None:
        try:
            return self.ring.rewrap(old, place)
        except Unreadable:
            return None

    async def _count(self, column: Column, owner: UUID) -> int:
        async with self._of(column.setting, owner):
            found = await self.connection.execute(
                _select(column, locked=False), [len(self.mark), self.mark]
            )
            row = await found.fetchone()
        return int(row[0]) if row else 0

    async def _owners(self, kind: str) -> list[UUID]:
        """Every organisation or person: the directory belongs to the owner's role."""
        found = await self.connection.execute(
            "SELECT coalesce(org_id, user_id) FROM directory WHERE kind = %s", [kind]
        )
        return [row[0] for row in await found.fetchall()]

    async def _record(self, org_id: UUID, count: int) -> None:
        if count:
            changes = {"key": self.ring.active, "secrets": count}
            entry = {
                "action": "rewrapped",
                "table": "orgs",
                "row_id": str(org_id),
                "changes": changes,
            }
            async with self._of("app.org_id", org_id):
                await self.connection.execute(
                    "SELECT audit_append('system', NULL, 'cli', %s)", [json.dumps([entry])]
                )

    @asynccontextmanager
    async def _of(self, setting: str, owner: UUID) -> AsyncIterator[None]:
        async with self.connection.transaction():
            await self.connection.execute("SELECT set_config(%s, %s, true)", [setting, str(owner)])
            yield


def sealed_columns() -> list[Column]:
    return [
        Column(model.__tablename__, column.name, issubclass(model, PersonRow))
        for model in schema.models()
        for column in model.__table__.columns
        if column.info.get("sealed")
    ]


def _select(column: Column, *, locked: bool) -> sql.Composed:
    """The secrets that another key than the active one protects."""
    some = sql.SQL(
        "FROM {table} WHERE {name} IS NOT NULL AND substring({name} FROM 1 FOR %s) <> %s"
    ).format(table=sql.Identifier(column.table), name=sql.Identifier(column.name))
    if not locked:
        return sql.SQL("SELECT count(*) ") + some
    return sql.SQL(
        "SELECT id, {name} {some} AND id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"
    ).format(name=sql.Identifier(column.name), some=some)


def _swap(column: Column) -> sql.Composed:
    return sql.SQL("UPDATE {table} SET {name} = %s WHERE id = %s AND {name} = %s").format(
        table=sql.Identifier(column.table), name=sql.Identifier(column.name)
    )


def _next(name: str) -> str:
    """k1, k2, …"""
    digits = "".join(filter(str.isdigit, name))
    return f"k{int(digits or 1) + 1}"


@asynccontextmanager
async def _alone(owner: URL) -> AsyncIterator[AsyncConnection[Any]]:
    """A connection of the owner's, if no other rotation has one."""
    address = owner.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await AsyncConnection.connect(address, autocommit=True) as connection:
        found = await connection.execute(
            "SELECT pg_try_advisory_lock(hashtext('almoner rotation'))"
        )
        row = await found.fetchone()
        if not row or not row[0]:
            raise AlreadyRotating
        yield connection


async def _outlast(connection: AsyncConnection[Any], patience: float) -> bool:
    """Wait for the transactions that run now: one of them may yet store an old key's secret."""
    deadline = time.monotonic() + patience
    running = await _running(connection)
    while running:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(PAUSE)
        running &= await _running(connection)
    return True


async def _running(connection: AsyncConnection[Any]) -> set[str]:
    found = await connection.execute(
        """
        SELECT l.virtualxid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'virtualxid' AND l.mode = 'ExclusiveLock' AND l.granted
          AND a.datname = current_database() AND a.usename IS NOT NULL
          AND l.pid <> pg_backend_pid()
        """
    )
    return {row[0] for row in await found.fetchall()}
