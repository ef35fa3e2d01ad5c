"""A real server and real roles for tests; each test has organisations of its own.

Transactions commit: what keeps one test from another is the isolation under test itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from sqlalchemy import URL, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from crm_store import roles, schema
from crm_store.actor import Actor, DatabaseRole, Door, Kind, Reach
from crm_store.crypto import Keyring
from crm_store.database import prepare, role_urls
from crm_store.embedded import EmbeddedServer
from crm_store.orgs.actions import found_org
from crm_store.store import Crm, Pooling, Store

SECRET = b"only for tests"
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
HOME = Path(os.environ.get("ALMONER_TEST_HOME", ".almoner/test"))


@dataclass
class House:
    """One organisation in a test, with the store to ask it through."""

    store: Store
    org_id: UUID
    director: Actor
    made: dict[str, Any] = field(default_factory=dict)

    def actor(self, **changes: Any) -> Actor:
        """A member of staff with other rights than the director's."""
        facts: dict[str, Any] = {
            "kind": Kind.STAFF,
            "door": Door.DESK,
            "org_id": self.org_id,
            "member_id": self.director.member_id,
            "user_id": self.director.user_id,
            "scopes": self.director.scopes,
            "reach": Reach.ALL,
            "level": 4,
        }
        return Actor(**{**facts, **changes})

    def begin(self, actor: Actor | None = None, **options: Any) -> Any:
        """`async with house.begin() as crm:` as the director, or as someone else."""
        return self.store.begin(actor or self.director, **options)


def fingerprint() -> str:
    """Changes whenever anything that makes the schema does, whichever files it is in."""
    folder = Path(schema.__file__).parent
    digest = hashlib.sha256()
    for model in schema.models():
        for statement in definition(model):
            digest.update(statement.encode())
    scripts = sorted((folder / "sql").glob("*.sql"))
    for path in (*scripts, folder / "schema.py", folder / "roles.py"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def definition(model: type[Any]) -> Iterator[str]:
    """A table as SQL, with its indexes and its security."""
    indexes = sorted(model.__table__.indexes, key=lambda index: str(index.name))
    yield str(CreateTable(model.__table__).compile(dialect=DIALECT))
    for index in indexes:
        yield str(CreateIndex(index).compile(dialect=DIALECT))
    yield from schema.security(model)


def template(server: EmbeddedServer) -> str:
    """A database with the whole schema, made once for each state of it."""
    name = f"almoner_template_{fingerprint()}"
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('almoner template'))")
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            _drop_older(connection)
            draft = f"{name}_draft"
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft))
            )
            prepare(server, draft, SECRET)
            fill(role_urls(server, draft, SECRET)[DatabaseRole.OWNER])
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(draft), sql.Identifier(name)
                )
            )
    return name


def _drop_older(connection: psycopg.Connection[Any]) -> None:
    """Templates of former schemas, and databases that killed test runs left behind."""
    left = connection.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE 'almoner\\_%' AND NOT EXISTS"
        " (SELECT 1 FROM pg_stat_activity a WHERE a.datname = pg_database.datname)"
    ).fetchall()
    for (name,) in left:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def fill(owner: URL) -> None:
    engine = create_engine(owner.set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            schema.build(connection)
    finally:
        engine.dispose()


def copy_database(server: EmbeddedServer, name: str) -> dict[DatabaseRole, URL]:
    """A fresh database with the schema and nothing in it; addresses for each role."""
    pattern = template(server)
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('almoner template'))")
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name),
                sql.Identifier(pattern),
                sql.Identifier(roles.role_name(DatabaseRole.OWNER)),
            )
        )
        roles.keep_temporary_tables_to_staff(connection, name)
    return role_urls(server, name, SECRET)


def drop_database(server: EmbeddedServer, name: str) -> None:
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


@pytest.fixture(scope="session")
def server() -> EmbeddedServer:
    """The test server; left running, so that the next run starts at once."""
    found = EmbeddedServer(HOME, durable=False)
    found.start()
    return found


@pytest.fixture(scope="session")
def urls(server: EmbeddedServer) -> Iterator[dict[DatabaseRole, URL]]:
    name = f"almoner_test_{os.getpid()}"
    yield copy_database(server, name)
    drop_database(server, name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def store(urls: dict[DatabaseRole, URL]) -> AsyncIterator[Store]:
    opened = await Store.open(urls, Keyring.fresh(), Pooling(size=8))
    yield opened
    await opened.close()


async def new_house(store: Store, name: str = "Harbour Light") -> House:
    """An organisation as `almoner org create` makes it, with a director."""
    founded = await found_org(store, name=name, director_name="Dana Levi")
    return House(store, founded.org_id, founded.director)


@pytest_asyncio.fixture(loop_scope="session")
async def house(store: Store) -> House:
    return await new_house(store)


@pytest_asyncio.fixture(loop_scope="session")
async def neighbour(store: Store) -> House:
    """Another organisation, which must never show through."""
    return await new_house(store, "Harbor Lights")


@pytest_asyncio.fixture(loop_scope="session")
async def crm(house: House) -> AsyncIterator[Crm]:
    async with house.begin() as opened:
        yield opened
