"""Bad rows once more: with a better mapping here, or as a file to be mended and brought again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from crm_store.actor import Actor
from crm_store.crm import Crm
from crm_store.errors import Refused
from crm_store.importers.entering import enter
from crm_store.importers.fields import Noun, compact, fields_of
from crm_store.importers.judging import Judge
from crm_store.importers.loading import hold, need_rights
from crm_store.importers.mapping import NoSuchColumn, Plan, as_field, custom_field, named_field
from crm_store.importers.reading import DateOrder, Mark
from crm_store.importers.rows import RowReader
from crm_store.importers.understanding import custom_fields, usual_of
from crm_store.importers.writing import write_batch
from crm_store.imports.models import ImportJob, ImportRow, ImportStatus, MatchedBy, RowStatus
from crm_store.orgs.models import Org
from crm_store.store import Store

AT_ONCE = 2_000
Step = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Retried:
    """How many of the bad rows are good by now."""

    tried: int
    still_bad: int


async def retry_bad(
    store: Store,
    actor: Actor,
    job_id: UUID,
    overrides: Mapping[str, str] | None = None,
    step: Step = lambda _: None,
) -> Retried:
    """Read the bad rows again as they were kept; what is still bad keeps its new reason."""
    tried, after = 0, 0
    async with store.begin(actor) as crm:
        job = await crm.import_jobs.get(job_id, lock=True)
        need_rights(actor, Noun(job.noun))
        if job.status is not ImportStatus.COMPLETED:
            raise Refused(f"This import is {job.status.value}; its bad rows can wait.")
        reader = await _reader(crm, job, overrides or {})
        job.mapping = {**job.mapping, **reader.mapping}
    judge = Judge(reader.noun, reader.source, job_id, str(job_id))
    while True:
        async with store.begin(actor) as crm:
            await hold(crm)
            job = await crm.import_jobs.get(job_id, lock=True)
            rows = await crm.import_rows.of(job_id, RowStatus.BAD, after, AT_ONCE)
            if not rows:
                break
            drafts = [reader.again(row.number, row.raw) for row in rows]
            after = rows[-1].number
            ids = [row.id for row in rows]
            await crm.session.execute(
                delete(ImportRow).where(ImportRow.org_id == actor.org, ImportRow.id.in_(ids))
            )
            job.bad_rows -= len(rows)
            await write_batch(crm, job, judge, await judge.judge(crm, drafts))
            still_bad = job.bad_rows
        tried += len(drafts)
        step(len(drafts))
    if tried:
        await enter(store, actor, job_id)
    return Retried(tried, still_bad if tried else 0)


async def _reader(crm: Crm, job: ImportJob, overrides: Mapping[str, str]) -> RowReader:
    """The mapping of the import as it was, but for what is said otherwise now."""
    noun = Noun(job.noun)
    custom = await custom_fields(crm, noun)
    known = fields_of(noun) | {field.key: field for field in map(custom_field, custom)}
    columns = await crm.import_jobs.columns_of(job.id)
    told = {compact(header): key for header, key in overrides.items()}
    if unknown := told.keys() - {compact(column.header) for column in columns}:
        raise NoSuchColumn(f"The import had no column “{', '.join(sorted(unknown))}”.")
    plans = []
    for column in columns:
        plan = Plan(
            column.position,
            column.header,
            as_field(job.mapping.get(column.header), known),
            column.matched_by,
            order=DateOrder(job.options["orders"][column.header]),
            mark=Mark(job.options["marks"][column.header]),
        )
        if compact(column.header) in told:
            plan = replace(
                plan,
                field=named_field(told[compact(column.header)], known),
                matched_by=MatchedBy.PERSON,
            )
        plans.append(plan)
    org = (await crm.session.scalars(select(Org).where(Org.id == crm.actor.org))).one()
    return RowReader(noun, job.source or "", plans, usual_of(org), custom)


async def write_bad_rows(store: Store, actor: Actor, job_id: UUID, path: Path) -> int:
    """The bad rows as a CSV that can be mended and imported as it is."""
    async with store.begin(actor, read_only=True) as crm:
        headers = [column.header for column in await crm.import_jobs.columns_of(job_id)]
        written, after = 0, 0
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow([*headers, "Row", "Reason"])
            while rows := await crm.import_rows.of(job_id, RowStatus.BAD, after):
                for row in rows:
                    cells: list[Any] = [row.raw.get(header, "") for header in headers]
                    writer.writerow([*cells, row.number, row.reason])
                written, after = written + len(rows), rows[-1].number
    return written
