"""Large questions worked out once: their SQL is kept and only their values change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ClauseElement

from crm_store.actor import Actor, Door, Kind

DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it, with the values fixed when it was worked out."""

    sql: str
    fixed: dict[str, Any]

    @classmethod
    def of(cls, statement: ClauseElement) -> Prepared:
        """Values that vary are bindparams that begin as None; rows are read by column name."""
        options = {"render_postcompile": True}
        compiled = statement.compile(dialect=DIALECT, compile_kwargs=options)
        return cls(str(compiled), dict(compiled.params))

    async def rows(self, session: AsyncSession, **values: Any) -> list[dict[str, Any]]:
        await session.flush()
        connection = await session.connection()
        found = await connection.exec_driver_sql(self.sql, {**self.fixed, **values})
        return [dict(row) for row in found.mappings()]


def alike(actor: Actor, scopes: Iterable[str]) -> Actor:
    """Only what of an actor decides the answer, so that others like them share the statement."""
    return replace(
        actor,
        kind=Kind.STAFF,
        door=Door.JOB,
        level=0,
        user_id=None,
        scopes=frozenset(scope for scope in scopes if actor.may(scope)),
        team_ids=frozenset(actor.team_ids),
        workspace_ids=frozenset(actor.workspace_ids),
    )
