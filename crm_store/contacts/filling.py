"""Which columns of a record people may fill, and with whose ids."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, select

from crm_store.base import Live, Owned, TenantRow
from crm_store.contacts.visibility import model_of
from crm_store.crm import Crm
from crm_store.errors import Invalid, NotFound
from crm_store.repository import reach_of

KEPT_APART = frozenset(
    {"org_id", "id", "created_at", "updated_at", "created_by", "updated_by", "deleted_at",
     "merged_into_id", "given_key", "family_key", "sound_key", "name_key", "birthday_key"}
)  # fmt: skip


def checked_facts(model: type[Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Only columns that people may fill; anything else is a mistake worth hearing of."""
    columns = set(inspect(model).column_attrs.keys()) - KEPT_APART
    if unknown := facts.keys() - columns:
        raise Invalid(f"A {model.__name__.lower()} has no {', '.join(sorted(unknown))}.")
    return {
        name: value.strip() or None if isinstance(value, str) else value
        for name, value in facts.items()
    }


def fill(row: TenantRow, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        setattr(row, name, value)


async def sound_facts(crm: Crm, model: type[Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Columns that people may fill, with ids of records that are there for the asker to see."""
    known = checked_facts(model, facts)
    await refuse_unseen(crm, model, known)
    return known


async def refuse_unseen(crm: Crm, model: type[Any], facts: dict[str, Any]) -> None:
    """Nobody points a record at one they cannot see, nor at one that is not there."""
    columns = inspect(model).columns
    for name, row_id in facts.items():
        target = columns[name].info.get("ref", (None,))[0] if name in columns else None
        if target is None or row_id is None:
            continue
        other = model_of(target)
        query = select(other.id).where(other.org_id == crm.actor.org, other.id == row_id)
        if issubclass(other, Live):
            query = query.where(other.deleted_at.is_(None))
        if issubclass(other, Owned):
            query = query.where(reach_of(crm.actor, other))
        if await crm.session.scalar(query) is None:
            raise NotFound(f"There is no such {other.__name__.lower()}.")
