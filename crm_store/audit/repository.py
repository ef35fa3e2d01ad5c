"""Questions we ask the log: who did this, when, and through which door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor, Reach
from crm_store.audit.models import AuditDetail, AuditEntry
from crm_store.base import Json
from crm_store.errors import Refused


@dataclass(frozen=True, slots=True)
class Change:
    """One entry with its before and after, which are gone once a person was erased."""

    entry: AuditEntry
    changes: Json | None


class AuditRepository:
    """Newest first. Reading it takes `audit:read` and the right to see every record."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @property
    def actor(self) -> Actor:
        actor: Actor = self.session.info["actor"]
        return actor

    async def of_row(self, row_id: UUID, *, limit: int = 50) -> Sequence[Change]:
        """Everything that ever happened to one record."""
        return await self._changes(self._entries().where(AuditEntry.row_id == row_id), limit)

    async def by_actor(
        self, actor_id: UUID, *, since: datetime | None = None, limit: int = 50
    ) -> Sequence[Change]:
        """What one person did."""
        query = self._entries().where(AuditEntry.actor_id == actor_id)
        if since is not None:
            query = query.where(AuditEntry.at >= since)
        return await self._changes(query, limit)

    async def between(
        self,
        since: datetime,
        until: datetime,
        *,
        table: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[Change]:
        """What happened in a span of time; `before` is the last seq of the page already seen."""
        query = self._entries().where(AuditEntry.at >= since, AuditEntry.at < until)
        if table is not None:
            query = query.where(AuditEntry.table_name == table)
        if before is not None:
            query = query.where(AuditEntry.seq < before)
        return await self._changes(query, limit)

    def _entries(self) -> Select[AuditEntry, Json | None]:
        self.actor.need("audit:read")
        if self.actor.reach is not Reach.ALL:
            raise Refused("Only those who may see every record may read the log.")
        return (
            select(AuditEntry, AuditDetail.changes)
            .outerjoin(
                AuditDetail,
                (AuditDetail.org_id == AuditEntry.org_id) & (AuditDetail.seq == AuditEntry.seq),
            )
            .where(AuditEntry.org_id == self.actor.org)
            .order_by(AuditEntry.seq.desc())
        )

    async def _changes(
        self, query: Select[AuditEntry, Json | None], limit: int
    ) -> Sequence[Change]:
        found = await self.session.execute(query.limit(limit))
        return [Change(row[0], row[1]) for row in found]
