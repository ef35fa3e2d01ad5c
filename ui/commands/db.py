"""`almoner db`: migrate, back up, restore, and the address of each role."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm_store import backup, migrating
from crm_store.actor import DatabaseRole
from crm_store.database import Database
from crm_store.settings import store_settings
from ui.terminal import AsJson, as_json, err, fail, out, say

app = typer.Typer(help="The database: migrations, backups, addresses.", no_args_is_help=True)

AdminUrl = Annotated[
    str | None,
    typer.Option(
        "--admin-url",
        envvar="DATABASE_ADMIN_URL",
        help="A role that may read every organisation; only for an external database.",
    ),
]


@app.command()
def migrate(json: AsJson = False) -> None:
    """Bring the tables to what this version expects. Safe to repeat."""
    database = Database.of(store_settings())
    with err.status("Migrating…"):
        applied = migrating.migrate(database.urls[DatabaseRole.OWNER])
    if json:
        as_json({"applied": applied})
    elif applied:
        say(f"Applied {len(applied)}: {', '.join(applied)}.")
    else:
        say("Nothing to do: the database is up to date.")


@app.command()
def url(
    role: Annotated[DatabaseRole, typer.Option(help="Whose address to print.")],
) -> None:
    """Print how one database role connects, password and all."""
    database = Database.of(store_settings())
    out.print(
        database.urls[role].render_as_string(hide_password=False),
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


@app.command("backup")
def back_up(
    file: Annotated[Path, typer.Argument(help="Where to write; an existing file is not touched.")],
    admin_url: AdminUrl = None,
) -> None:
    """Write everything to one file, and its keys to a second beside it."""
    if file.exists():
        fail(f"{file} exists already; choose another name.")
    with err.status("Backing up…"):
        keys = backup.back_up(Database.of(store_settings()), file, admin_url)
    say(f"Wrote {file} ({file.stat().st_size / 1_048_576:,.1f} MB).")
    say(
        f"Wrote {keys}: without these keys the secrets in the backup cannot be read. Keep it apart."
    )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `almoner db backup` wrote.")],
    keys: Annotated[
        Path | None, typer.Option(help="The keys written beside it; found by name if left out.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Throw away what is in the database now.")
    ] = False,
    admin_url: AdminUrl = None,
) -> None:
    """Put a backup back. Nothing is sent to anyone until you allow it again."""
    if not file.is_file():
        fail(f"There is no file {file}.")
    with err.status("Restoring…"):
        backup.restore(Database.of(store_settings()), file, keys, admin_url, replace=replace)
    say(f"Restored {file}.")
    say("Sending is held: what was waiting when the backup was made may have gone out since.")
    say("Look through the outbox, then run `almoner db allow-sending`.")


@app.command("allow-sending")
def allow_sending() -> None:
    """Let messages leave again after a restore."""
    backup.allow_sending(Database.of(store_settings()))
    say("Messages may leave again.")
