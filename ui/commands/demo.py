"""`almoner demo`: an organisation to try everything on."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_store import migrating
from crm_store.actor import DatabaseRole
from crm_store.database import Database
from crm_store.demo.world import Loaded, load_demo
from crm_store.settings import store_settings
from ui.terminal import AsJson, as_json, opened, progress, run, say


def demo(
    donors: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many donors the organisation has.")
    ] = 600,
    json: AsJson = False,
) -> None:
    """Load the demo: four years of giving, and a neighbour that must never show through."""
    migrating.migrate(Database.of(store_settings()).urls[DatabaseRole.OWNER])
    loaded = load(donors)
    if json:
        as_json(loaded)
        return
    for one in loaded:
        state = "was there already" if one.was_there else "is ready"
        say(f"{one.slug} {state}: {one.donors:,} donors; {one.director_email} directs it.")


def load(donors: int) -> list[Loaded]:
    async def work() -> list[Loaded]:
        async with opened() as store:
            with progress("Loading the demo", donors + min(donors, 200)) as step:
                return await load_demo(store, donors, step=step)

    return run(work())
