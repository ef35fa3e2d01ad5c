"""What is well with an installation, what is not, and how to mend it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.exc import OperationalError

from crm_store import isolation, migrating, roles
from crm_store.actor import DatabaseRole
from crm_store.crypto import Keyring, Place
from crm_store.database import Database, keyring
from crm_store.embedded import ServerError
from crm_store.errors import CrmError
from crm_store.outreach.holding import may_leave
from crm_store.rotation import sealed_columns
from crm_store.settings import StoreSettings
from crm_store.store import UNSAFE

OLDEST = 16
_NOBODY = UUID(int=0)


class State(StrEnum):
    WELL = "well"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and the sentence that says how to mend it."""

    name: str
    state: State
    finding: str
    remedy: str = ""


def examine(settings: StoreSettings) -> list[Check]:
    """Look at everything that can be looked at; a fault early on hides what stands on it."""
    found: list[Check] = []
    try:
        database = Database.of(settings)
    except (ServerError, CrmError, OSError) as error:
        return [Check("server", State.FAULT, str(error), "Mend that and run doctor again.")]
    checks: tuple[Callable[[Database], Iterator[Check]], ...] = (
        _server, _migrations, _roles, _isolation, _keys, _sending, _model, _mail, _channels,
    )  # fmt: skip
    for check in checks:
        found += check(database)
        if check is _server and found[-1].state is State.FAULT:
            break
    return found


def _server(database: Database) -> Iterator[Check]:
    where = "the embedded server" if database.server else "the server in DATABASE_URL"
    try:
        with _owner(database) as connection:
            version = int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000
            have = set(connection.scalars(text("SELECT extname FROM pg_extension")))
    except OperationalError as error:
        yield Check(
            "server",
            State.FAULT,
            f"{where} does not answer: {str(error.orig).strip().splitlines()[0]}",
            "Start it, or correct DATABASE_URL.",
        )
        return
    if version < OLDEST:
        yield Check("server", State.FAULT, f"PostgreSQL {version} is too old.",
                    f"Use PostgreSQL {OLDEST} or later.")  # fmt: skip
    missing = [name for name in roles.EXTENSIONS if name not in have]
    if missing:
        yield Check("extensions", State.FAULT, f"Missing: {', '.join(missing)}.",
                    "As a superuser, CREATE EXTENSION each of them in this database.")  # fmt: skip
    else:
        yield Check("extensions", State.WELL, f"All {len(roles.EXTENSIONS)} are there.")
    yield Check("server", State.WELL, f"PostgreSQL {version}, {where}.")


def _migrations(database: Database) -> Iterator[Check]:
    missing = migrating.pending(database.urls[DatabaseRole.OWNER])
    if missing:
        yield Check("migrations", State.FAULT, f"{len(missing)} not applied yet.",
                    "Run `almoner db migrate`.")  # fmt: skip
    else:
        yield Check("migrations", State.WELL, "The tables are what this version expects.")


def _roles(database: Database) -> Iterator[Check]:
    for role in (DatabaseRole.STAFF, DatabaseRole.VISITOR, DatabaseRole.READER):
        engine = create_engine(database.urls[role].set(drivername="postgresql+psycopg"))
        try:
            with engine.connect() as connection:
                unsafe = connection.execute(UNSAFE).one()
        except OperationalError as error:
            yield Check(
                f"role {role.value}",
                State.FAULT,
                f"Cannot sign in: {str(error.orig).strip().splitlines()[-1]}",
                f"Correct DATABASE_{role.name}_URL, or the password of {roles.role_name(role)}.",
            )
            continue
        finally:
            engine.dispose()
        if unsafe.superuser or unsafe.bypasses or unsafe.owns:
            yield Check(
                f"role {role.value}",
                State.FAULT,
                f"{unsafe.rolname} could read across organisations.",
                f"ALTER ROLE {unsafe.rolname} NOSUPERUSER NOBYPASSRLS, and let it own nothing.",
            )
        else:
            yield Check(f"role {role.value}", State.WELL, f"{unsafe.rolname} is held by its rules.")


def _isolation(database: Database) -> Iterator[Check]:
    with _owner(database) as connection:
        faults = isolation.faults(connection)
    for fault in faults:
        yield Check("isolation", State.FAULT, f"{fault.place} {fault.sentence}.",
                    "Run `almoner db migrate`; if it stays, restore its policy.")  # fmt: skip
    if not faults:
        yield Check("isolation", State.WELL, "Every table keeps organisations apart.")


def _keys(database: Database) -> Iterator[Check]:
    settings = database.settings
    path = settings.home / "secrets" / "keys"
    try:
        ring = keyring(settings)
        place = Place(None, "doctor", _NOBODY, "sample")
        well = ring.open(ring.seal("sample", place), place) == "sample"
    except CrmError as error:
        yield Check("keys", State.FAULT, str(error), "Correct ALMONER_KEYS, or restore the file.")
        return
    if settings.keys is None and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        yield Check("keys", State.FAULT, f"{path} can be read by others.", f"chmod 600 {path}")
    elif well:
        yield Check("keys", State.WELL, f"New secrets are wrapped with {ring.active!r}.")
    yield from _sealed(database, ring)


def _sealed(database: Database, ring: Keyring) -> Iterator[Check]:
    """Keys that stored secrets still need but the ring has lost."""
    lost = {name for name in _keys_in_use(database) if name not in ring.names}
    if lost:
        yield Check("keys", State.FAULT, f"Secrets are wrapped with missing keys: {sorted(lost)}.",
                    "Put those keys back into ALMONER_KEYS or the key file.")  # fmt: skip


def _sending(database: Database) -> Iterator[Check]:
    with _owner(database) as connection:
        held = not connection.scalar(select(may_leave()))
    if held:
        yield Check("sending", State.NOTE, "Held since a restore: nothing leaves.",
                    "Look through the outbox, then run `almoner db allow-sending`.")  # fmt: skip
    elif not database.settings.sending:
        yield Check("sending", State.NOTE, "Switched off by ALMONER_SENDING.",
                    "Set ALMONER_SENDING=true.")  # fmt: skip
    else:
        yield Check("sending", State.WELL, "Messages may leave.")


def _model(database: Database) -> Iterator[Check]:
    named = os.environ.get("ALMONER_MODEL") or os.environ.get("OPENAI_BASE_URL")
    keyed = bool(os.environ.get("OPENAI_API_KEY"))
    if named and not keyed:
        yield Check("model", State.NOTE, "A model is named but OPENAI_API_KEY is empty.",
                    "Set OPENAI_API_KEY, or unset ALMONER_MODEL and OPENAI_BASE_URL.")  # fmt: skip
    else:
        yield Check("model", State.NOTE, "No conversation runs in this version, so none is used.")


def _mail(database: Database) -> Iterator[Check]:
    yield _configured(
        database, "mail", "mailboxes", "No mailbox is connected, so no mail can be sent."
    )


def _channels(database: Database) -> Iterator[Check]:
    yield _configured(
        database, "channels", "channel_accounts", "No WhatsApp or phone account is connected."
    )


def _configured(database: Database, name: str, table: str, empty: str) -> Check:
    number = sum(
        connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0
        for connection in _each_org(database)
    )
    if number:
        return Check(name, State.WELL, f"{number} connected.")
    return Check(name, State.NOTE, empty, "Nothing to mend until you want it.")


def _keys_in_use(database: Database) -> set[str]:
    """Read from the first bytes of each organisation's sealed values."""
    asked = " UNION ".join(
        f"SELECT DISTINCT encode(substring({name} FROM 3 FOR get_byte({name}, 1)), 'escape') "
        f"FROM {table} WHERE {name} IS NOT NULL"
        for table, name in (
            (column.table, column.name) for column in sealed_columns() if not column.is_personal
        )
    )
    if not asked:
        return set()
    return {
        str(name) for connection in _each_org(database) for name in connection.scalars(text(asked))
    }


def _each_org(database: Database) -> Iterator[Connection]:
    """The owner's connection, introduced as each organisation in turn."""
    with _owner(database) as connection:
        known = text("SELECT org_id FROM directory WHERE kind = 'org'")
        for org_id in connection.scalars(known).all():
            connection.execute(
                text("SELECT set_config('app.org_id', :org, true)"), {"org": str(org_id)}
            )
            yield connection


@contextmanager
def _owner(database: Database) -> Iterator[Connection]:
    url = database.urls[DatabaseRole.OWNER].set(drivername="postgresql+psycopg")
    engine = create_engine(url, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
