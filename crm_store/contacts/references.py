"""Everything in the database that points at a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, func, literal, select, union_all

from crm_store.base import Base
from crm_store.contacts.visibility import model_of
from crm_store.crm import Crm

OWN_STORY = frozenset({"merges"})
CHAIN = "merged_into_id"
OUTSIDE = "external_ids.row_id"


@dataclass(frozen=True, slots=True)
class Reference:
    """A column somewhere that may point at the record."""

    table: Table
    column: Column[Any]

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"


def references(target: str) -> tuple[Reference, ...]:
    """Every column of every table that points at this table; new tables are found by themselves."""
    return _references(target, len(Base.metadata.tables))


@lru_cache(maxsize=16)
def _references(target: str, _tables: int) -> tuple[Reference, ...]:
    return tuple(_walk(target))


def _walk(target: str) -> Iterator[Reference]:
    for table in Base.metadata.sorted_tables:
        if table.name in OWN_STORY or getattr(model_of(table.name), "derived", False):
            continue
        for column in table.columns:
            points_at = column.info.get("ref", (None,))[0]
            if points_at == target and column.name != CHAIN:
                yield Reference(table, column)


async def tally(crm: Crm, target: str, row_id: UUID) -> dict[str, int]:
    """How many rows refer to a record, by table and column, in one round trip."""
    org = crm.actor.org
    counts = [
        select(literal(one.name).label("name"), func.count().label("rows"))
        .select_from(one.table)
        .where(one.table.c.org_id == org, one.column == row_id)
        for one in references(target)
    ]
    known = outside(target, row_id, org)
    counts.append(select(literal(OUTSIDE), func.count()).where(*known))
    found = await crm.session.execute(union_all(*counts))
    return {name: rows for name, rows in found if rows}


def outside(target: str, row_id: UUID, org: UUID) -> tuple[Any, ...]:
    """The rows of other systems' ids that name a record, which no foreign key can."""
    table = Base.metadata.tables["external_ids"]
    return (table.c.org_id == org, table.c.table_name == target, table.c.row_id == row_id)
