"""`almoner up`: everything set up and running, and a first look round."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from crm_store import migrating
from crm_store.actor import DatabaseRole
from crm_store.database import Database
from crm_store.settings import store_settings
from ui import tour
from ui.asking import organisations
from ui.commands import demo
from ui.terminal import err, opened, run, say


def up(
    once: Annotated[
        bool, typer.Option("--once", help="Set up, look round and stop; do not stay up.")
    ] = False,
    look: Annotated[bool, typer.Option("--tour/--no-tour", help="Print the first look.")] = True,
) -> None:
    """Start the database, migrate, load the demo where there is nothing yet, and stay up."""
    with err.status("Starting the database…"):
        database = Database.of(store_settings())
    with err.status("Bringing the tables up to date…"):
        migrating.migrate(database.urls[DatabaseRole.OWNER])
    if not run(_any_organisation()):
        demo.load(600)
    if look:
        tour.show()
    if once:
        return
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    say("")
    say("Almoner is up. Press Ctrl-C to stop it.", "bold")
    signal.sigwait(signals)
    if database.server is not None:
        with err.status("Stopping the database…"):
            database.server.stop()
    say("Stopped.")


async def _any_organisation() -> bool:
    async with opened() as store:
        return bool(await organisations(store))
