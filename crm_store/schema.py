"""What the models say the database should be: tables, row security, grants, functions."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, Table, text

import crm_store
from crm_store.base import Base, PersonRow, Registry

FIRST = ("ground.sql", "identity.sql")


def load_models() -> None:
    """Import every domain's models, so that the metadata is whole."""
    for package in pkgutil.iter_modules(crm_store.__path__):
        if package.ispkg and (files(crm_store) / package.name / "models.py").is_file():
            importlib.import_module(f"crm_store.{package.name}.models")


def models() -> list[type[Any]]:
    load_models()
    found = {mapper.class_ for mapper in Base.registry.mappers}
    return sorted(found, key=lambda model: str(model.__tablename__))


def tenant_models() -> list[type[Any]]:
    """The models whose rows belong to one organisation."""
    return [model for model in models() if tenant_key(model)]


def is_closed(model: type[Any]) -> bool:
    """True of tables that no run-time role may touch; only functions of the owner's do."""
    return bool(getattr(model, "closed", False))


def tenant_key(model: type[Any]) -> str | None:
    if is_closed(model):
        return None
    if "org_id" in model.__table__.columns:
        return "org_id"
    return getattr(model, "tenant_key", None)


def build(connection: Connection) -> None:
    """Make the whole schema in an empty database that has its roles and extensions."""
    load_models()
    _run(connection, _sql(FIRST[0]))
    Base.metadata.create_all(connection)
    for model in models():
        for statement in security(model):
            connection.execute(text(statement))
    for name in (*FIRST[1:], *sorted(set(_sql_names()) - set(FIRST))):
        _run(connection, _sql(name))
    for statement in function_grants():
        connection.execute(text(statement))


def security(model: type[Any]) -> Iterator[str]:
    """Row security and grants of one table."""
    table: Table = model.__table__
    name = table.name
    if issubclass(model, Registry):
        yield f"GRANT SELECT ON {name} TO almoner_staff, almoner_visitor, almoner_reader"
        return
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    if is_closed(model):
        return
    yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    if key := tenant_key(model):
        rule = f"{key} = (SELECT app_org())"
        yield f"CREATE POLICY org ON {name} USING ({rule}) WITH CHECK ({rule})"
    else:
        person = "user_id" if issubclass(model, PersonRow) else model.person_key
        rule = f"{person} = (SELECT app_user())"
        yield f"CREATE POLICY person ON {name} USING ({rule}) WITH CHECK ({rule})"
    reads_only = getattr(model, "written_by_functions", False)
    staff = "SELECT" if reads_only else "SELECT, INSERT, UPDATE, DELETE"
    yield f"GRANT {staff} ON {name} TO almoner_staff"
    if may := getattr(model, "visitor_may", None):
        rows = model.visitor_rows
        yield (
            f"CREATE POLICY visitor ON {name} AS RESTRICTIVE TO almoner_visitor "
            f"USING ({rows}) WITH CHECK ({rows})"
        )
        yield f"GRANT {may} ON {name} TO almoner_visitor"


def function_grants() -> Iterator[str]:
    """Nothing of ours is callable by default; each SQL file grants what it means to."""
    yield """
    DO $$ DECLARE f regprocedure; BEGIN
        FOR f IN SELECT p.oid::regprocedure FROM pg_proc p
                 WHERE p.pronamespace = 'public'::regnamespace
                   AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
        LOOP EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP;
    END $$
    """
    runtime = "almoner_staff, almoner_visitor, almoner_reader"
    asked = "app_org(), app_user(), app_visitor(), app_actor()"
    yield f"GRANT EXECUTE ON FUNCTION {asked} TO {runtime}"
    yield "GRANT USAGE ON SCHEMA public TO almoner_staff, almoner_visitor, almoner_reader"


def _sql_names() -> list[str]:
    folder = files(crm_store) / "sql"
    return [entry.name for entry in folder.iterdir() if entry.name.endswith(".sql")]


def _sql(name: str) -> str:
    return (files(crm_store) / "sql" / name).read_text(encoding="utf-8")


def _run(connection: Connection, script: str) -> None:
    """A whole script as the driver takes it: no parameters, so its percent signs are its own."""
    driver: Any = connection.connection.driver_connection
    driver.execute(script)
