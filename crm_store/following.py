"""Rows without an owner are seen with the record they are about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true

from crm_store.actor import Actor, Reach
from crm_store.repository import reach_of


def follows(actor: Actor, *parents: tuple[Any, type[Any]]) -> ColumnElement[bool]:
    """Seen with the first parent that is set, as (column, model); by all where none is."""
    if actor.reach is Reach.ALL:
        return true()
    condition: ColumnElement[bool] = true()
    for column, parent in reversed(parents):
        within = select(parent.id).where(parent.org_id == actor.org, reach_of(actor, parent))
        condition = or_(and_(column.is_(None), condition), column.in_(within))
    return condition
