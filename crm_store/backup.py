"""Everything in one file, and back; a restored installation holds its tongue at first."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from crm_store import roles
from crm_store.actor import DatabaseRole
from crm_store.crypto import Keyring, write_private
from crm_store.database import Database, keyring, prepare_again
from crm_store.embedded import EmbeddedServer
from crm_store.errors import Conflict, CrmError
from crm_store.outreach.holding import SETTING


class BackupFailed(CrmError):
    """The backup could not be written or read."""


def back_up(database: Database, file: Path, admin_url: str | None = None) -> Path:
    """The whole database to `file`, its encryption keys to `<file>.keys`; both private."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.partial")
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    _run(
        database,
        admin_url,
        ["pg_dump", "--format=custom", f"--file={partial}"],
    )
    keys = keys_beside(file)
    write_private(keys, keyring(database.settings).dump())
    partial.rename(file)
    return keys


def restore(
    database: Database,
    file: Path,
    keys: Path | None,
    admin_url: str | None = None,
    *,
    replace: bool = False,
) -> None:
    """Into an empty database, or over the one there is if `replace`; sending is held."""
    if _has_tables(database) and not replace:
        raise Conflict("The database is not empty. Add --replace to throw away what is in it.")
    ring = _ring(keys or keys_beside(file))
    _check_readable(database, file)
    _empty(database, admin_url)
    _run(
        database,
        admin_url,
        ["pg_restore", "--exit-on-error", "--single-transaction", "--no-comments", str(file)],
        into=True,
    )
    if ring is not None and database.settings.keys is None:
        ring.write(database.settings.home / "secrets" / "keys")
    _set_sending(database, admin_url, allowed=False)


def allow_sending(database: Database, admin_url: str | None = None) -> None:
    _set_sending(database, admin_url, allowed=True)


def keys_beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.keys")


def _ring(path: Path) -> Keyring | None:
    return Keyring.parse(path.read_text()) if path.is_file() else None


def _has_tables(database: Database) -> bool:
    with psycopg.connect(_dsn(database.urls[DatabaseRole.OWNER])) as connection:
        found = connection.execute("SELECT to_regclass('public.orgs') IS NOT NULL").fetchone()
    return bool(found and found[0])


def _check_readable(database: Database, file: Path) -> None:
    """Before anything is thrown away."""
    listed = subprocess.run(
        [_program(database, "pg_restore"), "--list", str(file)], capture_output=True, check=False
    )
    if listed.returncode:
        raise BackupFailed(f"{file} is not a backup this version can read.")


def _empty(database: Database, admin_url: str | None) -> None:
    admin = _admin(database, admin_url)
    name = admin.database or ""
    with psycopg.connect(_dsn(admin.set(database="postgres")), autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(roles.role_name(DatabaseRole.OWNER))
            )
        )
    prepare_again(database)


def _set_sending(database: Database, admin_url: str | None, *, allowed: bool) -> None:
    admin = _admin(database, admin_url) if admin_url or database.server else None
    url = admin or database.urls[DatabaseRole.OWNER]
    with psycopg.connect(_dsn(url), autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                sql.Identifier(url.database or ""),
                sql.SQL(SETTING),
                sql.Literal("on" if allowed else "off"),
            )
        )


def _run(
    database: Database,
    admin_url: str | None,
    command: list[str],
    *,
    into: bool = False,
) -> None:
    admin = _admin(database, admin_url)
    env = {**os.environ, "PGPASSWORD": admin.password or ""}
    where = f"--dbname={admin._replace(password=None).render_as_string()}"
    program, *arguments = command
    target = [*arguments[:-1], where, arguments[-1]] if into else [*arguments, where]
    done = subprocess.run(
        [_program(database, program), *target], capture_output=True, text=True, env=env, check=False
    )
    if done.returncode:
        raise BackupFailed(f"{program} stopped: {done.stderr.strip().splitlines()[-1:] or ['?']}")


def _admin(database: Database, admin_url: str | None) -> URL:
    """Row security binds even the owner, so copying every organisation takes a higher role."""
    if admin_url:
        return make_url(admin_url).set(drivername="postgresql")
    if database.server is None:
        raise CrmError(
            "On an external database this needs --admin-url: a role that may read every "
            "organisation's rows (a superuser, or one with BYPASSRLS)."
        )
    name = database.urls[DatabaseRole.OWNER].database or ""
    return make_url(database.server.superuser_url(name))


def _program(database: Database, name: str) -> str:
    return str((database.server or EmbeddedServer(database.settings.home)).bin(name))


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
