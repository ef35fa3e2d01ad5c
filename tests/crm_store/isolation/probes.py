"""Attempts to reach another organisation's rows; each that succeeds is a leak."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from crm_store.base import new_id


def introduce(connection: Connection, org_id: UUID | None, user_id: UUID | None = None) -> None:
    connection.execute(
        text("SELECT set_config('app.org_id', :org, true), set_config('app.user_id', :u, true)"),
        {"org": str(org_id or ""), "u": str(user_id or "")},
    )


def leaks(
    connection: Connection, table: Table, ours: dict[str, Any], theirs: dict[str, Any], tenant: str
) -> Iterator[str]:
    """With the connection introduced as ours: what it could see or do of theirs."""
    foreign = and_(*(table.c[name] == value for name, value in theirs.items()))
    if _count(connection, table, foreign):
        yield "saw a foreign row"
    if _count(connection, table, table.c[tenant] != ours[tenant]):
        yield "saw foreign rows"
    if _changed(connection, update(table).where(foreign).values({tenant: theirs[tenant]})):
        yield "changed a foreign row"
    if _changed(connection, table.delete().where(foreign)):
        yield "deleted a foreign row"
    mine = and_(*(table.c[name] == value for name, value in ours.items()))
    if _changed(connection, update(table).where(mine).values({tenant: theirs[tenant]})):
        yield "gave its row to another organisation"
    yield from _insert_leaks(connection, table, ours, theirs, tenant)


def _insert_leaks(
    connection: Connection, table: Table, ours: dict[str, Any], theirs: dict[str, Any], tenant: str
) -> Iterator[str]:
    mine = and_(*(table.c[name] == value for name, value in ours.items()))
    row = _try(connection, select(table).where(mine))
    if row is None or (found := row.mappings().first()) is None:
        return
    copy = {c.name: found[c.name] for c in table.columns if c.computed is None}
    smuggled = {**copy, tenant: theirs[tenant]}
    if "id" in smuggled and tenant != "id":
        smuggled["id"] = new_id()
    if _changed(connection, insert(table).values(smuggled)):
        yield "wrote a row into another organisation"
    taken = insert(table).values({**copy, **theirs})
    key = [column.name for column in table.primary_key.columns]
    if _changed(connection, taken.on_conflict_do_update(index_elements=key, set_=theirs)):
        yield "took a foreign row over by upsert"


def reference_leaks(
    connection: Connection, table: Table, ours: dict[str, Any], theirs: dict[str, dict[str, Any]]
) -> Iterator[str]:
    """Whether our row can be made to point at a row of theirs."""
    mine = and_(*(table.c[name] == value for name, value in ours.items()))
    for column in table.columns:
        if "ref" in column.info:
            target = column.info["ref"][0]
            foreign = theirs[target]["id"]
            bent = update(table).where(mine).values({column.name: foreign}).returning(column)
            if foreign in _answers(connection, bent):
                yield f"made {column.name} point at a foreign row of {target}"


def _count(connection: Connection, table: Table, criterion: Any) -> int:
    result = _try(connection, select(func.count()).select_from(table).where(criterion))
    return int(result.scalar_one()) if result is not None else 0


def _answers(connection: Connection, statement: Any) -> list[Any]:
    """What it returned, once its constraints were looked at; undone at once either way."""
    savepoint = connection.begin_nested()
    try:
        found = list(connection.scalars(statement))
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        return found
    except DBAPIError as error:
        if _is_ours_to_judge(getattr(error.orig, "sqlstate", None)):
            raise
        return []
    finally:
        savepoint.rollback()


def _changed(connection: Connection, statement: Any) -> bool:
    """Whether it touched a row; undone at once either way."""
    savepoint = connection.begin_nested()
    try:
        result = connection.execute(statement)
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        return result.rowcount > 0
    except DBAPIError as error:
        if _is_ours_to_judge(getattr(error.orig, "sqlstate", None)):
            raise
        return False
    finally:
        savepoint.rollback()


def _is_ours_to_judge(state: str | None) -> bool:
    """A missing right, a broken rule of integrity or a domain's own trigger all stop the attempt,
    which is what counts; anything else is a fault of the probe."""
    return not (state or "").startswith(("42501", "23", "P0", "22"))


def _try(connection: Connection, statement: Any) -> Any:
    savepoint = connection.begin_nested()
    try:
        result = connection.execute(statement).freeze()
    except DBAPIError as error:
        savepoint.rollback()
        if getattr(error.orig, "sqlstate", None) == "42501":
            return None
        raise
    savepoint.commit()
    return result()
