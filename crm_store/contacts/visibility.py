"""What belongs to a record is seen by those who see the record."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from crm_store.actor import Actor, Reach
from crm_store.base import Base, Owned
from crm_store.repository import reach_of

BACKGROUND = frozenset({"members", "workspaces", "tags", "custom_fields", "activity_types"})


def seen_with_parents(actor: Actor, part: type[Any]) -> ColumnElement[bool]:
    """Every owned record the row points at must be within reach.

    A row that points at none is seen by whoever it is of (its member_id), or else by all.
    """
    if actor.reach is Reach.ALL:
        return true()
    parents: list[tuple[Any, Any]] = [
        (getattr(part, name), model)
        for name, model in parent_models(part)
        if issubclass(model, Owned)
    ]
    reachable = [
        or_(
            column.is_(None),
            column.in_(select(model.id).where(model.org_id == actor.org, reach_of(actor, model))),
        )
        for column, model in parents
    ]
    if not hasattr(part, "member_id"):
        return and_(true(), *reachable)
    own = part.member_id == actor.member_id if actor.member_id else false()
    linked = or_(*(column.is_not(None) for column, _ in parents))
    return and_(or_(own, linked), *reachable)


def parent_models(part: type[Any]) -> tuple[tuple[str, type[Any]], ...]:
    """What a row can be about: its reference columns and the models they point at."""
    return _parents(part.__tablename__)


@lru_cache(maxsize=64)
def _parents(table: str) -> tuple[tuple[str, type[Any]], ...]:
    return tuple(
        (column.key, model_of(column.info["ref"][0]))
        for column in model_of(table).__table__.columns
        if "ref" in column.info and column.info["ref"][0] not in BACKGROUND
    )


@lru_cache(maxsize=512)
def model_of(table: str) -> type[Any]:
    """The model that keeps a table."""
    found: type[Any] = next(
        mapper.class_
        for mapper in Base.registry.mappers
        if getattr(mapper.local_table, "name", None) == table
    )
    return found
