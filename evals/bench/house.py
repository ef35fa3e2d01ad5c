"""One large organisation among many small ones, made once and kept for the next run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import URL

from crm_store import migrating, roles
from crm_store.actor import Actor, DatabaseRole, Door
from crm_store.crypto import Keyring, secret_at
from crm_store.database import prepare, role_urls
from crm_store.demo.world import HARBOUR, Organisation, load
from crm_store.embedded import EmbeddedServer
from crm_store.identity import lookup
from crm_store.store import Pooling, Store

TODAY = date(2026, 11, 20)
SMALL = 100
OPEN = "almoner_bench_open"


@dataclass(frozen=True)
class BenchHouse:
    """Two ways to the same rows: as the product goes, and with row security out of the way."""

    store: Store
    unguarded: Store
    superuser: str
    org_id: UUID

    @property
    def actor(self) -> Actor:
        return Actor.system(self.org_id, Door.CLI)


@asynccontextmanager
async def bench_house(home: Path, donors: int, organisations: int) -> AsyncIterator[BenchHouse]:
    server = EmbeddedServer(home)
    server.start()
    secret = secret_at(home / "secrets" / "roles")
    name = f"bench_{donors}_{organisations}"
    prepare(server, name, secret)
    urls = role_urls(server, name, secret)
    migrating.migrate(urls[DatabaseRole.OWNER])
    store = await Store.open(urls, Keyring.at(home / "secrets" / "keys"), Pooling(size=4))
    try:
        await _fill(store, donors, organisations)
        await asyncio.to_thread(_settle, server.superuser_url(name))
        org_id = await lookup.org_by_slug(store, Door.CLI, HARBOUR.slug)
        assert org_id is not None
        with _unguarded(server.superuser_url(name), urls) as open_urls:
            beside = Store(open_urls, store.keyring, Pooling(size=4))
            try:
                yield BenchHouse(store, beside, server.superuser_url(name), org_id)
            finally:
                await beside.close()
    finally:
        await store.close()


async def _fill(store: Store, donors: int, organisations: int) -> None:
    await load(store, HARBOUR, donors, TODAY)
    for number in range(1, organisations):
        small = Organisation(f"Small {number}", f"small-{number}", "Rosa Klein", (), f"s{number}")
        await load(store, small, SMALL, TODAY, with_work=False)


def _settle(superuser: str) -> None:
    """As a server is after its nightly rest: statistics fresh, nothing left to write."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


@contextmanager
def _unguarded(superuser: str, urls: dict[DatabaseRole, URL]) -> Iterator[dict[DatabaseRole, URL]]:
    """A role that row security does not hold, which the product itself would refuse to use."""
    name, word = sql.Identifier(OPEN), "only-for-benchmarks"
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS PASSWORD {} IN ROLE {}, {}").format(
                name,
                sql.Literal(word),
                sql.Identifier(roles.role_name(DatabaseRole.STAFF)),
                sql.Identifier(roles.role_name(DatabaseRole.READER)),
            )
        )
        try:
            yield {role: url.set(username=OPEN, password=word) for role, url in urls.items()}
        finally:
            connection.execute(
                sql.SQL(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {}"
                ).format(sql.Literal(OPEN))
            )
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


@contextmanager
def owner_unguarded(superuser: str) -> Iterator[None]:
    """Report views run as their owner; this lifts row security from them for one measurement."""
    owner = sql.Identifier(roles.role_name(DatabaseRole.OWNER))
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(owner))
        try:
            yield
        finally:
            connection.execute(sql.SQL("ALTER ROLE {} NOBYPASSRLS").format(owner))
