"""Moving all that refers to one record over to another, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from crm_store.base import Base, Live, now
from crm_store.contacts.references import OUTSIDE, Reference, outside, references, tally
from crm_store.contacts.visibility import model_of
from crm_store.crm import Crm
from crm_store.search import indexing

NEXT = "next"
NOUNS = {"donors": "donor", "people": "person", "companies": "company"}


@dataclass(slots=True)
class Moved:
    """What one move did, in enough detail to take it back."""

    rows: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    conflicts: list[dict[str, Any]] = field(default_factory=list)


async def move(crm: Crm, target: str, lose: UUID, keep: UUID) -> Moved:
    """Point every reference at the survivor; what cannot stand beside its twin stays, put aside."""
    done = Moved()
    await crm.flush()
    counted = await tally(crm, target, lose)
    for one in references(target):
        if one.name in counted:
            ids = [row_id for row_id in await _ids(crm, one, lose) if row_id != keep]
            await _move_rows(crm, one, ids, keep, done)
    if OUTSIDE in counted:
        await _move_outside(crm, target, lose, keep, done)
    await _rename_in_lists(crm, target, lose, keep, done)
    _touch(crm, done.rows)
    return done


async def move_back(crm: Crm, target: str, keep: UUID, lose: UUID, moved: dict[str, Any]) -> None:
    """Return each row that is still where the merge put it."""
    by_name = {one.name: one for one in references(target)}
    for name, ids in moved.items():
        rows = [UUID(row_id) for row_id in ids]
        if name == OUTSIDE:
            table = Base.metadata.tables["external_ids"]
            column: Any = table.c.row_id
        elif name in by_name:
            table, column = by_name[name].table, by_name[name].column
        else:
            continue
        await _point(crm, table, column, rows, keep, lose)
    _touch(crm, {name: [UUID(one) for one in ids] for name, ids in moved.items()})


async def put_back(crm: Crm, conflicts: Sequence[dict[str, Any]]) -> None:
    """Give rows that gave way, or were put aside, the values they had."""
    for conflict in conflicts:
        table = Base.metadata.tables[conflict["table"]]
        values = {
            name: _revived(table.c[name], value) for name, value in conflict["before"].items()
        }
        if values:
            await crm.session.execute(
                update(table)
                .where(table.c.org_id == crm.actor.org, table.c.id == UUID(conflict["row"]))
                .values(**values)
            )
            _show(crm, table.name, [UUID(conflict["row"])], values)


async def _move_rows(crm: Crm, one: Reference, ids: list[UUID], keep: UUID, done: Moved) -> None:
    """All at once; where some cannot, half by half until those alone are left."""
    if not ids:
        return
    try:
        async with crm.session.begin_nested():
            await _set(crm, one.table, ids, {one.column.name: keep})
    except IntegrityError as error:
        if len(ids) == 1:
            await _settle(crm, one, ids[0], keep, done, _constraint(error))
            return
        middle = len(ids) // 2
        await _move_rows(crm, one, ids[:middle], keep, done)
        await _move_rows(crm, one, ids[middle:], keep, done)
    else:
        done.rows[one.name] += ids


async def _settle(
    crm: Crm, one: Reference, row_id: UUID, keep: UUID, done: Moved, constraint: str
) -> None:
    """A row that clashes moves in second place if its table knows one; else it stays put aside."""
    yielding = await _yielding(crm, one, keep)
    aside = _put_aside(model_of(one.table.name))
    before = await _values(crm, one.table, row_id, [*yielding, *aside])
    if yielding and await _fits(crm, one.table, row_id, {**yielding, one.column.name: keep}):
        done.rows[one.name].append(row_id)
        rule, given = "moved in second place", yielding
    else:
        await _set(crm, one.table, [row_id], aside)
        rule, given = "stays with the merged record", aside
    done.conflicts.append(
        {
            "table": one.table.name,
            "row": str(row_id),
            "constraint": constraint,
            "rule": rule,
            "before": {name: before[name] for name in given},
        }
    )


async def _fits(crm: Crm, table: Table, row_id: UUID, values: dict[str, Any]) -> bool:
    try:
        async with crm.session.begin_nested():
            await _set(crm, table, [row_id], values)
    except IntegrityError:
        return False
    return True


async def _yielding(crm: Crm, one: Reference, keep: UUID) -> dict[str, Any]:
    """What the table says a row in second place looks like; NEXT is the next free number."""
    wanted: dict[str, Any] = getattr(model_of(one.table.name), "gives_way", {})
    values = {}
    for name, value in wanted.items():
        if value == NEXT:
            latest = select(func.max(one.table.c[name])).where(
                one.table.c.org_id == crm.actor.org, one.column == keep
            )
            values[name] = (await crm.session.scalar(latest) or 0) + 1
        else:
            values[name] = value() if callable(value) else value
    return values


async def _rename_in_lists(crm: Crm, target: str, lose: UUID, keep: UUID, done: Moved) -> None:
    """Lists of ids kept in one column name the survivor instead, once."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith(f"{NOUNS.get(target, '-')}_ids"):
                found = await crm.session.execute(
                    select(table.c.id, column).where(
                        table.c.org_id == crm.actor.org, column.contains([lose])
                    )
                )
                for row_id, ids in found.all():
                    renamed = list(dict.fromkeys(keep if one == lose else one for one in ids))
                    await _set(crm, table, [row_id], {column.name: renamed})
                    done.conflicts.append(
                        {
                            "table": table.name,
                            "row": str(row_id),
                            "rule": "names the survivor",
                            "before": {column.name: [str(one) for one in ids]},
                        }
                    )


def _put_aside(model: type[Any]) -> dict[str, Any]:
    aside: dict[str, Any] = getattr(model, "put_aside", {})
    if not aside and issubclass(model, Live):
        return {"deleted_at": now()}
    return {name: value() if callable(value) else value for name, value in aside.items()}


async def _ids(crm: Crm, one: Reference, row_id: UUID) -> list[UUID]:
    found = await crm.session.scalars(
        select(one.table.c.id)
        .where(one.table.c.org_id == crm.actor.org, one.column == row_id)
        .order_by(one.table.c.id)
    )
    return list(found.all())


async def _set(crm: Crm, table: Table, ids: Sequence[UUID], values: dict[str, Any]) -> None:
    if not values:
        return
    await crm.session.execute(
        update(table).where(table.c.org_id == crm.actor.org, table.c.id.in_(ids)).values(**values)
    )
    _show(crm, table.name, ids, values)


async def _point(
    crm: Crm, table: Table, column: Any, ids: Sequence[UUID], at: UUID, to: UUID
) -> None:
    found = await crm.session.scalars(
        update(table)
        .where(table.c.org_id == crm.actor.org, table.c.id.in_(ids), column == at)
        .values({column.name: to})
        .returning(table.c.id)
    )
    _show(crm, table.name, found.all(), {column.name: to})


async def _values(crm: Crm, table: Table, row_id: UUID, names: list[str]) -> dict[str, Any]:
    """As JSON can keep them."""
    if not names:
        return {}
    row = (
        await crm.session.execute(
            select(*(table.c[name] for name in names)).where(
                table.c.org_id == crm.actor.org, table.c.id == row_id
            )
        )
    ).one()
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row._mapping.items()
    }


async def _move_outside(crm: Crm, target: str, lose: UUID, keep: UUID, done: Moved) -> None:
    """The ids by which other systems know the record find the survivor from now on."""
    table = Base.metadata.tables["external_ids"]
    found = await crm.session.scalars(
        update(table)
        .where(*outside(target, lose, crm.actor.org))
        .values(row_id=keep)
        .returning(table.c.id)
    )
    done.rows[OUTSIDE] += found.all()
    _show(crm, table.name, done.rows[OUTSIDE], {"row_id": keep})


def _constraint(error: IntegrityError) -> str:
    return str(getattr(getattr(error.orig, "diag", None), "constraint_name", None) or "unknown")


def _revived(column: Column[Any], value: Any) -> Any:
    if isinstance(value, list):
        return [UUID(one) for one in value]
    kind = column.type.python_type
    revive = getattr(kind, "fromisoformat", None)
    return revive(value) if revive and isinstance(value, str) else value


def _show(crm: Crm, table: str, ids: Sequence[UUID], values: dict[str, Any]) -> None:
    """Rows this session holds show what a bulk statement made of them."""
    changed = set(ids)
    held: list[Any] = list(crm.session.identity_map.values())
    for row in held:
        if row.__tablename__ == table and getattr(row, "id", None) in changed:
            for name, value in values.items():
                set_committed_value(row, name, value)


def _touch(crm: Crm, rows: dict[str, list[UUID]]) -> None:
    """The search index follows what bulk statements changed."""
    for name, ids in rows.items():
        if noun := NOUNS.get(name.split(".")[0]):
            indexing.touch(crm.session, noun, ids)
