"""What a row points at must exist for the person who points: foreign and missing are one answer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, exists, inspect, select

from crm_store.actor import Actor, Kind
from crm_store.base import Base, Live, TenantRow
from crm_store.crm import Crm
from crm_store.errors import NotFound
from crm_store.repository import reach_of


async def check_references(crm: Crm, row: TenantRow) -> None:
    """Refuse newly set ids of rows that are not there, deleted, or out of the actor's reach.

    To be called before the row is added or flushed, after whatever it points at was.
    """
    wanted = {
        column.key: (_model(column.info["ref"][0]), value)
        for column in row.__table__.columns
        if "ref" in column.info and (value := _newly_set(row, column.key)) is not None
    }
    if not wanted:
        return
    there = [
        exists(select(model.id).where(*_within_reach(crm.actor, model), model.id == value)).label(
            name
        )
        for name, (model, value) in wanted.items()
    ]
    with crm.session.no_autoflush:
        found = (await crm.session.execute(select(*there))).one()._mapping
    for name, (model, _) in wanted.items():
        if not found[name]:
            before = inspect(row).attrs[name].history.deleted
            setattr(row, name, before[0] if before else None)
            raise NotFound(f"There is no such {_noun(model)}.")


def _newly_set(row: TenantRow, name: str) -> Any:
    added = inspect(row).attrs[name].history.added
    return added[0] if added else None


def _within_reach(actor: Actor, model: type[Any]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [model.org_id == actor.org]
    if actor.kind is not Kind.VISITOR:
        conditions.append(reach_of(actor, model))
    if issubclass(model, Live):
        conditions.append(model.deleted_at.is_(None))
    if model.__tablename__ == "members":
        conditions.append(model.is_active)
    return conditions


def _noun(model: type[Any]) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in model.__name__)
    return words.strip()


@lru_cache(maxsize=512)
def _model(table: str) -> type[Any]:
    return next(m.class_ for m in Base.registry.mappers if str(m.local_table) == table)
