"""`almoner keys`: change the keys that secrets are kept under."""

from __future__ import annotations

import typer

from crm_store import rotation
from crm_store.actor import DatabaseRole
from crm_store.database import Database, keyring
from crm_store.rotation import Rotated
from crm_store.settings import store_settings
from ui.terminal import AsJson, as_json, fail, progress, run, say

app = typer.Typer(help="Encryption keys.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Encryption keys."""


@app.command()
def rotate(json: AsJson = False) -> None:
    """Wrap every secret under a new key while people go on working; safe to run again."""
    settings = store_settings()
    database = Database.of(settings)
    owner = database.urls[DatabaseRole.OWNER]
    with progress("Rewrapping secrets") as step:
        if settings.keys is None:
            path = settings.home / "secrets" / "keys"
            done = run(rotation.rotate(owner, path, progress=step))
        else:
            done = run(rotation.rewrap(owner, keyring(settings), progress=step))
    if json:
        as_json(done)
    else:
        _show(done, kept_elsewhere=settings.keys is not None)
    if done.left:
        raise typer.Exit(1)


def _show(done: Rotated, *, kept_elsewhere: bool) -> None:
    say(f"{done.rewrapped:,} secrets are now under {done.active!r}.")
    if done.left:
        fail(f"{done.left:,} could not be rewrapped; the old keys stay. Run `almoner doctor`.")
    if done.retired:
        say(f"Retired: {', '.join(done.retired)}.")
    elif kept_elsewhere:
        say("Once every process has the new ALMONER_KEYS, the old ones may be dropped from it.")
