"""The database's own roles: one that owns the tables, three that run, none that can cheat."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from crm_store.actor import DatabaseRole

EXTENSIONS: tuple[LiteralString, ...] = (
    "vector", "pg_trgm", "unaccent", "fuzzystrmatch", "btree_gin", "citext",
)  # fmt: skip


def role_name(role: DatabaseRole) -> str:
    return f"almoner_{role.value}"


def password(secret: bytes, role: DatabaseRole) -> str:
    """The same for every process that knows the installation's secret, kept nowhere else."""
    return hmac.digest(secret, f"database role {role.value}".encode(), hashlib.sha256).hex()


def ensure_roles(superuser_url: str, secret: bytes) -> None:
    """Create or correct the four roles; safe to run again and from several processes."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('almoner roles'))")
        for role in DatabaseRole:
            name = sql.Identifier(role_name(role))
            known = connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [role_name(role)]
            ).fetchone()
            verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
            connection.execute(
                sql.SQL(
                    "{} {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}"
                ).format(verb, name, sql.Literal(password(secret, role)))
            )


def ensure_database(superuser_url: str, name: str) -> None:
    """A database of the owner's, closed to everybody else."""
    owner = sql.Identifier(role_name(DatabaseRole.OWNER))
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('almoner roles'))")
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if not known:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), owner)
            )


def ensure_extensions(superuser_url: str) -> None:
    """In the database the url names; also who may connect and create there."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for extension in EXTENSIONS:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
            )
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        connection.execute(
            sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(
                sql.Identifier(role_name(DatabaseRole.OWNER))
            )
        )
        keep_temporary_tables_to_staff(connection, connection.info.dbname)
        for role in DatabaseRole:
            connection.execute(
                sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(
                    sql.Identifier(role_name(role))
                )
            )


def keep_temporary_tables_to_staff(connection: psycopg.Connection[Any], database: str) -> None:
    """Loaders need them; anybody else could leave some on a connection that others are given."""
    name = sql.Identifier(database)
    staff = sql.Identifier(role_name(DatabaseRole.STAFF))
    connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(name, staff))
