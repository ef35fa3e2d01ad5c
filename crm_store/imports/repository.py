"""Questions about imports: how far each has come, what became of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from crm_store.imports.models import ExternalId, ImportColumn, ImportJob, ImportRow, RowStatus
from crm_store.repository import Page, Repository


class ImportJobRepository(Repository[ImportJob]):
    model = ImportJob

    async def recent(self, limit: int = 20) -> Page[ImportJob]:
        return await self.page(limit=limit)

    async def columns_of(self, job_id: UUID) -> Sequence[ImportColumn]:
        """How its columns were understood, in their order."""
        job = await self.get(job_id)
        query = select(ImportColumn).where(
            ImportColumn.org_id == self.actor.org, ImportColumn.job_id == job.id
        )
        return (await self.session.scalars(query.order_by(ImportColumn.position))).all()

    async def remembered(self, noun: str, headers_key: str) -> dict[str, str | None]:
        """What the same headers were taken for the last time they came."""
        found = await self.session.scalars(
            self.rows()
            .where(ImportJob.noun == noun, ImportJob.dry_run.is_(False))
            .where(ImportJob.options["headers_key"].astext == headers_key)
            .order_by(ImportJob.id.desc())
            .limit(1)
        )
        job = found.first()
        return dict(job.mapping) if job else {}


class ImportRowRepository(Repository[ImportRow]):
    model = ImportRow

    async def of(
        self, job_id: UUID, status: RowStatus, after: int = 0, limit: int = 1_000
    ) -> Sequence[ImportRow]:
        """Rows of one fate, in the order of the file."""
        return await self.all(
            self.rows()
            .where(ImportRow.job_id == job_id, ImportRow.status == status)
            .where(ImportRow.number > after)
            .order_by(ImportRow.number)
            .limit(limit)
        )

    async def reasons(self, job_id: UUID, status: RowStatus) -> Sequence[tuple[str, int]]:
        """Why rows are bad or known, most frequent first."""
        found: Any = await self.session.execute(
            self.rows()
            .where(ImportRow.job_id == job_id, ImportRow.status == status)
            .with_only_columns(ImportRow.reason, func.count())
            .group_by(ImportRow.reason)
            .order_by(func.count().desc(), ImportRow.reason)
        )
        return [(reason or "", count) for reason, count in found]


class ExternalIdRepository(Repository[ExternalId]):
    model = ExternalId

    async def of(self, table: str, row_id: UUID) -> Sequence[ExternalId]:
        """What other systems call one of our rows."""
        return await self.all(
            self.rows()
            .where(ExternalId.table_name == table, ExternalId.row_id == row_id)
            .order_by(ExternalId.source, ExternalId.kind)
        )
