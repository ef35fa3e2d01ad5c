"""Every flush is checked against the actor's rights and written down with before and after."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import PassiveFlag, Session

from crm_store.actor import Actor, Kind
from crm_store.base import TenantRow
from crm_store.errors import Refused

STAMPS = frozenset({"org_id", "created_at", "updated_at", "created_by", "updated_by"})
LONGEST = 2_000


def watch(session_class: type[Session]) -> None:
    """Stamp, check and record whatever the sessions of this class write."""
    event.listen(session_class, "before_flush", _before_flush)


def note(
    session: Session, action: str, table: str, row_id: UUID | None, changes: dict[str, Any]
) -> None:
    """Record a change that did not go through a flush, such as a bulk statement."""
    trail: list[dict[str, Any]] = session.info.setdefault("trail", [])
    trail.append(
        {
            "action": action,
            "table": table,
            "row_id": str(row_id) if row_id else None,
            "changes": {name: _plain(value) for name, value in changes.items()},
        }
    )


def forget(session: Session, rows: Collection[UUID]) -> None:
    """What this transaction has done to these rows so far is recorded without its content."""
    names = {str(row) for row in rows}
    for entry in session.info.get("trail", []):
        if entry["row_id"] in names:
            entry["changes"] = {}


async def write(session: AsyncSession, actor: Actor) -> None:
    """Append what this transaction did to the organisation's chain; called just before commit."""
    trail = session.info.pop("trail", [])
    if trail and actor.org_id:
        await session.execute(
            select(
                func.audit_append(
                    actor.kind.value,
                    str(actor.id) if actor.id else None,
                    actor.door.value,
                    json.dumps(trail, ensure_ascii=False),
                )
            )
        )


def _before_flush(session: Session, *_: Any) -> None:
    actor: Actor = session.info["actor"]
    for row in session.new:
        _stamp_new(row, actor)
        _record(session, actor, "created", row, _values(row))
    for row in session.dirty:
        changes = _changes(row)
        if changes:
            if isinstance(row, TenantRow):
                row.updated_by = actor.id
            _record(session, actor, "changed", row, changes)
    for row in session.deleted:
        _record(session, actor, "deleted", row, _values(row, side="before"))


def _stamp_new(row: Any, actor: Actor) -> None:
    if isinstance(row, TenantRow):
        given: UUID | None = row.org_id
        if given is None:
            row.org_id = actor.org
        elif given != actor.org_id:
            raise Refused("This belongs to another organisation.")
        row.created_by = row.created_by or actor.id
        row.updated_by = actor.id


def _record(session: Session, actor: Actor, action: str, row: Any, changes: dict[str, Any]) -> None:
    if not (hasattr(row, "org_id") or hasattr(row, "tenant_key")):
        return
    if actor.kind is not Kind.SYSTEM:
        actor.need(f"{row.__domain__}:write")
    if getattr(row, "audited", True):
        trail: list[dict[str, Any]] = session.info.setdefault("trail", [])
        trail.append(
            {
                "action": action,
                "table": row.__tablename__,
                "row_id": str(row.id),
                "changes": changes,
            }
        )


def _recorded(row: Any) -> Iterable[tuple[str, bool]]:
    """Column names worth recording, and whether the value may be shown."""
    skipped: frozenset[str] = getattr(row, "audit_skip", frozenset())
    for attribute in inspect(row).mapper.column_attrs:
        if attribute.key not in STAMPS and attribute.key != "id":
            sealed = bool(attribute.columns[0].info.get("sealed"))
            yield attribute.key, not sealed and attribute.key not in skipped


def _values(row: Any, side: str = "after") -> dict[str, Any]:
    values = {}
    for name, shown in _recorded(row):
        value = inspect(row).attrs[name].loaded_value
        if value is not None and type(value).__name__ != "LoaderCallableStatus":
            values[name] = {side: _plain(value) if shown else "(not recorded)"}
    return values


def _changes(row: Any) -> dict[str, Any]:
    changes = {}
    for name, shown in _recorded(row):
        history = inspect(row).get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE)
        if history.has_changes():
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            changes[name] = (
                {"before": _plain(before), "after": _plain(after)} if shown else "(not recorded)"
            )
    return changes


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value)} characters)"
    if isinstance(value, bytes):
        return "(bytes)"
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    return value
