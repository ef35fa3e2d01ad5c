"""One world for all report tests; they only read it."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from crm_store.actor import Actor
from crm_store.embedded import EmbeddedServer
from crm_store.reports.query import Query
from crm_store.reports.repository import Reports
from crm_store.reports.views import Report
from crm_store.store import Store
from crm_store.testing import House
from tests.crm_store.reports.world import AT, World, build


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(store: Store, server: EmbeddedServer, urls: dict[Any, Any]) -> World:
    database = next(iter(urls.values())).database
    return await build(store, server.superuser_url(database))


async def ask(house: House, *measures: str, actor: Actor | None = None, **query: Any) -> Report:
    """What the reports answer, at the moment the world stands still at."""
    async with house.store.read(actor or house.director) as session:
        return await Reports(session).ask(Query(measures=measures, **query), at=AT)
