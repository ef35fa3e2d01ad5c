"""Records that the command line itself has no command for."""

from __future__ import annotations

import asyncio
from itertools import count

from crm_store.contacts.testing import make_person
from ui.asking import asker
from ui.terminal import opened

_serial = count(1)


def add_person(org: str, name: str) -> str:
    """Somebody in this organisation, whose whole name nobody else has."""
    whole = f"{name}{'abcdefghij'[next(_serial) % 10]}"

    async def work() -> None:
        async with opened() as store, store.begin(await asker(store, org)) as crm:
            await make_person(crm, whole)

    asyncio.run(work())
    return whole
