"""The one door to the data: a transaction for an actor, or none at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import URL, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from crm_store import flush_order
from crm_store.actor import Actor, DatabaseRole, Kind
from crm_store.audit import trail
from crm_store.crm import Crm
from crm_store.crypto import Keyring
from crm_store.errors import Refused
from crm_store.outreach.holding import SETTING
from crm_store.search import indexing

__all__ = ["Crm", "Store", "UnsafeRole"]

RUNTIME = (DatabaseRole.STAFF, DatabaseRole.VISITOR, DatabaseRole.READER)

UNSAFE = text(
    """
    SELECT r.rolname,
           r.rolsuper AS superuser,
           r.rolbypassrls AS bypasses,
           EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname IN ('public', 'report') AND c.relkind IN ('r', 'p', 'v')
                     AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owns
    FROM pg_roles r WHERE r.rolname = current_user
    """
)


class UnsafeRole(Refused):
    """The database role could read across organisations, so the program will not start with it."""


class CrmSession(Session):
    """A session whose writes are stamped, checked and recorded."""


trail.watch(CrmSession)
indexing.watch(CrmSession)
flush_order.watch(CrmSession)


@dataclass(frozen=True, slots=True)
class Pooling:
    size: int = 10
    pooler: bool = False
    statement_timeout: int = 30_000
    sending: bool = True


class Store:
    """Pools per database role; every transaction names its actor first."""

    def __init__(
        self, urls: dict[DatabaseRole, URL], keyring: Keyring, pooling: Pooling | None = None
    ) -> None:
        pooling = pooling or Pooling()
        self.keyring = keyring
        self._pooling = pooling
        self._engines = {role: _engine(urls[role], pooling) for role in RUNTIME}
        # What the reader knows as a table is the view of that name in the schema report.
        self._engines[DatabaseRole.READER] = self._engines[DatabaseRole.READER].execution_options(
            schema_translate_map={None: "report"}
        )

    @classmethod
    async def open(
        cls, urls: dict[DatabaseRole, URL], keyring: Keyring, pooling: Pooling | None = None
    ) -> Self:
        """A store that has looked at its roles and found them safe."""
        store = cls(urls, keyring, pooling)
        try:
            await asyncio.gather(*(store._refuse_unsafe(role) for role in RUNTIME))
        except BaseException:
            await store.close()
            raise
        return store

    @asynccontextmanager
    async def begin(self, actor: Actor, *, read_only: bool = False) -> AsyncIterator[Crm]:
        """One transaction: committed when the block ends, undone when it raises."""
        async with self._transaction(actor, actor.role, read_only=read_only) as session:
            yield Crm(session, self.keyring)
            await session.flush()
            if actor.kind is not Kind.VISITOR:
                await indexing.follow(session)
            await trail.write(session, actor)
        await self._index_after(session, actor)

    @asynccontextmanager
    async def read(self, actor: Actor) -> AsyncIterator[AsyncSession]:
        """A read-only transaction over the report views."""
        async with self._transaction(actor, DatabaseRole.READER, read_only=True) as session:
            yield session

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.dispose()

    @asynccontextmanager
    async def _transaction(
        self, actor: Actor, role: DatabaseRole, *, read_only: bool
    ) -> AsyncIterator[AsyncSession]:
        session = AsyncSession(
            self._engines[role],
            sync_session_class=CrmSession,
            expire_on_commit=False,
            info={"actor": actor},
        )
        async with session, session.begin():
            await session.execute(_introduce(actor, self._pooling, read_only=read_only))
            yield session

    async def _index_after(self, session: AsyncSession, actor: Actor) -> None:
        """Visitors hold no rights on the index, so what they wrote is entered when it stands."""
        if pending := indexing.unfinished(session):
            system = Actor.system(actor.org, actor.door)
            async with self._transaction(system, system.role, read_only=False) as later:
                later.info[indexing.PENDING] = pending
                await indexing.follow(later)

    async def _refuse_unsafe(self, role: DatabaseRole) -> None:
        async with self._engines[role].connect() as connection:
            found = (await connection.execute(UNSAFE)).one()
        for fault, sentence in (
            (found.superuser, "is a superuser"),
            (found.bypasses, "bypasses row security"),
            (found.owns, "owns tables or is a member of a role that does"),
        ):
            if fault:
                raise UnsafeRole(f"The database role {found.rolname} {sentence}; use another.")


def _introduce(actor: Actor, pooling: Pooling, *, read_only: bool) -> Any:
    """Tell the database who is asking, for this transaction alone."""
    facts = {
        "app.org_id": actor.org_id,
        "app.user_id": actor.user_id,
        "app.visitor_id": actor.visitor_id,
        "app.actor_id": actor.id,
        # What an earlier transaction left in pg_temp comes last, whatever path it left behind.
        "search_path": "public, pg_temp",
        "statement_timeout": pooling.statement_timeout,
        "transaction_read_only": "on" if read_only else "off",
        **({} if pooling.sending else {SETTING: "off"}),
    }
    return select(
        *(
            func.set_config(name, "" if value is None else str(value), True)
            for name, value in facts.items()
        )
    )


def _engine(url: URL, pooling: Pooling) -> AsyncEngine:
    arguments: dict[str, Any] = {"connect_timeout": 10, "application_name": "almoner"}
    if pooling.pooler:
        arguments["prepare_threshold"] = None
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pooling.size,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args=arguments,
    )
