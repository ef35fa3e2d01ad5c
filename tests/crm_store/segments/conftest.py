from __future__ import annotations

import pytest_asyncio

from crm_store.store import Store
from crm_store.testing import new_house
from tests.crm_store.segments.world import Maker, World


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=[3, 11])
async def world(store: Store, request) -> World:
    """A small random organisation; one for each seed."""
    world = World(await new_house(store, f"World {request.param}"))
    async with world.house.begin() as crm:
        await Maker(crm, world, request.param).fill()
    return world
