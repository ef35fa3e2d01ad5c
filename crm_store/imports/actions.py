"""Beginning an import, giving it up, and what it was told about its columns."""

from __future__ import annotations

from uuid import UUID

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Refused
from crm_store.importers.loading import start
from crm_store.importers.understanding import Understood
from crm_store.imports.models import ImportJob, ImportStatus


class SeenBefore(Refused):
    """This very file is being imported already; resume that import instead."""


async def begin_import(crm: Crm, understood: Understood) -> ImportJob:
    """A job for this file; a stopped one of the same file must be resumed or cancelled first."""
    running = crm.import_jobs.rows().where(
        ImportJob.sha256 == understood.sha256,
        ImportJob.noun == understood.noun.value,
        ImportJob.status == ImportStatus.RUNNING,
    )
    if other := await crm.import_jobs.first(running):
        raise SeenBefore(
            f"This file is being imported already, or its import was interrupted: go on with"
            f" --resume {other.id}, or take it back with --undo {other.id}."
        )
    return await start(crm, understood)


async def cancel_import(crm: Crm, job_id: UUID) -> ImportJob:
    """Stop where it stands: what is loaded stays, and can still be undone."""
    job = await crm.import_jobs.get(job_id, lock=True)
    if job.status is not ImportStatus.RUNNING:
        raise Refused(f"This import is {job.status.value}; there is nothing to stop.")
    job.status, job.finished_at = ImportStatus.CANCELLED, now()
    await crm.flush()
    return job
