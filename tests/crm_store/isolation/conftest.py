"""Three organisations with one row in every table, in a database of their own."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import URL, Engine, create_engine

from crm_store import schema
from crm_store.actor import DatabaseRole
from crm_store.crypto import Keyring
from crm_store.store import Pooling
from crm_store.testing import copy_database, drop_database
from tests.crm_store.isolation.rehearsing import Rehearsal
from tests.crm_store.isolation.rows import Rows
from tests.crm_store.isolation.stage import Stage


@dataclass
class World:
    urls: dict[DatabaseRole, URL]
    superuser: URL
    orgs: list[UUID]
    users: dict[UUID, UUID]
    keys: dict[tuple[str, UUID], dict[str, Any]]
    engines: dict[str, Engine] = field(default_factory=dict)

    def engine(self, role: str) -> Engine:
        if role not in self.engines:
            url = self.superuser if role == "superuser" else self.urls[DatabaseRole(role)]
            self.engines[role] = create_engine(url.set(drivername="postgresql+psycopg"))
        return self.engines[role]


@pytest.fixture(scope="session")
def world(server) -> Iterator[World]:
    name = f"almoner_probes_{os.getpid()}"
    urls = copy_database(server, name)
    owner = create_engine(urls[DatabaseRole.OWNER].set(drivername="postgresql+psycopg"))
    with owner.begin() as connection:
        rows = Rows(connection)
        orgs = [rows.org() for _ in range(3)]
        for org_id in orgs:
            for model in schema.tenant_models():
                if not getattr(model, "closed", False):
                    rows.key(model.__table__, org_id)
    owner.dispose()
    superuser = urls[DatabaseRole.OWNER].set(username="postgres")
    secret = (server.home / "secrets" / "postgres").read_text().strip()
    found = World(urls, superuser.set(password=secret), orgs, rows.users, rows.made)
    for org_id in orgs:
        found.keys["orgs", org_id] = {"id": org_id}
    yield found
    for engine in found.engines.values():
        engine.dispose()
    drop_database(server, name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(world: World) -> AsyncIterator[Stage]:
    """The world, with a store whose transactions are undone and a director who asks."""
    as_staff = {"options": "-c role=almoner_staff"}
    urls = {**world.urls, DatabaseRole.STAFF: world.superuser.update_query_dict(as_staff)}
    store = await Rehearsal.open(urls, Keyring.fresh(), Pooling(size=2))
    with world.engine("superuser").connect() as connection:
        found = Stage.of(connection, store, world.orgs, world.keys, world.users)
    yield found
    await store.close()
