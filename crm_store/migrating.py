"""Bring a database to the schema this version expects, or back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import LockNotAvailable
from sqlalchemy import URL, Connection, create_engine, text

from crm_store.errors import CrmError

LOCK_TIMEOUT = "5s"


class Busy(CrmError):
    """Somebody is using the tables that had to change; nothing was changed. Try again."""


def run(script: str) -> None:
    """One migration's SQL, giving up rather than queueing behind a long transaction."""
    connection: Any = op.get_bind().connection.driver_connection
    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    connection.execute(script)


def migrate(owner: URL, revision: str = "head") -> list[str]:
    """Apply what is missing and name it; does nothing on a database that is up to date."""
    with _connection(owner) as connection:
        before = set(_applied(connection))
        try:
            command.upgrade(_config(connection), revision)
        except LockNotAvailable as error:
            raise Busy from error
        return [name for name in _applied(connection) if name not in before]


def unmigrate(owner: URL, revision: str = "base") -> None:
    with _connection(owner) as connection:
        command.downgrade(_config(connection), revision)


def pending(owner: URL) -> list[str]:
    """Revisions this version knows that the database has not had."""
    with _connection(owner) as connection:
        applied = set(_applied(connection))
        return [name for name in _all_revisions() if name not in applied]


def _applied(connection: Connection) -> list[str]:
    head = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    names = _all_revisions()
    return [] if head is None else names[: names.index(head) + 1] if head in names else [head]


def _all_revisions() -> list[str]:
    scripts = ScriptDirectory(str(_folder()))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _folder() -> Path:
    return Path(__file__).parent / "migrations"


@contextmanager
def _connection(owner: URL) -> Iterator[Connection]:
    """One process migrates at a time; the others wait and then find nothing to do."""
    engine = create_engine(owner.set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(hashtext('almoner migrations'))"))
            connection.commit()
            yield connection
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(hashtext('almoner migrations'))"))
            connection.commit()
    finally:
        engine.dispose()
