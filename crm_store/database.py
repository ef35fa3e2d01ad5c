"""Which database this installation uses and how each role reaches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sqlalchemy import URL, make_url

from crm_store import roles
from crm_store.actor import DatabaseRole
from crm_store.crypto import Keyring, secret_at
from crm_store.embedded import EmbeddedServer
from crm_store.settings import StoreSettings
from crm_store.store import Pooling, Store

NAME = "almoner"


@dataclass(frozen=True)
class Database:
    """An address for each role, and the server behind it where that is ours to run."""

    urls: dict[DatabaseRole, URL]
    settings: StoreSettings
    server: EmbeddedServer | None = None

    @classmethod
    def of(cls, settings: StoreSettings) -> Self:
        """The external database that is configured, else the embedded one, started and made."""
        if settings.database_url is None:
            return cls._embedded(settings)
        owner = make_url(settings.database_url.get_secret_value())
        given = {
            DatabaseRole.STAFF: settings.database_staff_url,
            DatabaseRole.VISITOR: settings.database_visitor_url,
            DatabaseRole.READER: settings.database_reader_url,
        }
        urls = {DatabaseRole.OWNER: owner}
        for role, url in given.items():
            urls[role] = (
                make_url(url.get_secret_value())
                if url
                else _derived(owner, role, _secret(settings))
            )
        return cls(urls, settings)

    @classmethod
    def _embedded(cls, settings: StoreSettings) -> Self:
        server = EmbeddedServer(settings.home)
        server.start()
        secret = _secret(settings)
        made = settings.home / "database.made"
        if not made.exists():
            prepare(server, NAME, secret)
            made.touch()
        return cls(role_urls(server, NAME, secret), settings, server)

    async def open(self) -> Store:
        settings = self.settings
        pooling = Pooling(
            settings.pool_size, settings.pooler, settings.statement_timeout, settings.sending
        )
        return await Store.open(self.urls, keyring(settings), pooling)


def prepare(server: EmbeddedServer, name: str, secret: bytes) -> None:
    """Roles, a database of that name and its extensions, on a server of our own; repeatable."""
    roles.ensure_roles(server.superuser_url(), secret)
    roles.ensure_database(server.superuser_url(), name)
    roles.ensure_extensions(server.superuser_url(name))


def prepare_again(database: Database) -> None:
    """After the database itself was dropped and made anew."""
    if database.server is not None:
        name = database.urls[DatabaseRole.OWNER].database or NAME
        prepare(database.server, name, _secret(database.settings))


def role_urls(server: EmbeddedServer, name: str, secret: bytes) -> dict[DatabaseRole, URL]:
    base = make_url(server.superuser_url(name))
    return {role: _derived(base, role, secret) for role in DatabaseRole}


def keyring(settings: StoreSettings) -> Keyring:
    if settings.keys is not None:
        return Keyring.parse(settings.keys.get_secret_value())
    return Keyring.at(settings.home / "secrets" / "keys")


def _derived(base: URL, role: DatabaseRole, secret: bytes) -> URL:
    return base.set(username=roles.role_name(role), password=roles.password(secret, role))


def _secret(settings: StoreSettings) -> bytes:
    """What the run-time roles' passwords are derived from; outlives key rotation."""
    return secret_at(settings.home / "secrets" / "roles")
