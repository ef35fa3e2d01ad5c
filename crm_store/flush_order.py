"""Rows are written after the rows they point at, though models hold ids and no relationships."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.unitofwork import UOWTransaction, _DeleteAll, _SaveUpdateAll

from crm_store import schema
from crm_store.base import Base


def watch(session_class: type[Session]) -> None:
    event.listen(session_class, "before_flush", _order)


def _order(session: Session, context: UOWTransaction, _: Any) -> None:
    """What SQLAlchemy does for each relationship, done once for every foreign key."""
    saved = _by_rank({inspect(row).mapper.base_mapper for row in (*session.new, *session.dirty)})
    for first, then in pairwise(saved):
        context.dependencies.add((_SaveUpdateAll(context, first), _SaveUpdateAll(context, then)))  # type: ignore[no-untyped-call]
    gone = _by_rank({inspect(row).mapper.base_mapper for row in session.deleted})
    for first, then in pairwise(gone):
        context.dependencies.add((_DeleteAll(context, then), _DeleteAll(context, first)))  # type: ignore[no-untyped-call]
    for mapper in saved:
        for doomed in gone:
            context.dependencies.add((_SaveUpdateAll(context, mapper), _DeleteAll(context, doomed)))  # type: ignore[no-untyped-call]


def _by_rank(mappers: set[Mapper[Any]]) -> list[Mapper[Any]]:
    rank = _ranks()
    return sorted(mappers, key=lambda mapper: rank[str(mapper.local_table)])


@lru_cache
def _ranks() -> dict[str, int]:
    schema.load_models()
    return {str(table): place for place, table in enumerate(Base.metadata.sorted_tables)}
