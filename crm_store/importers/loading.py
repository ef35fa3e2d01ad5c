"""Loading a file in batches, each of them whole or not at all; begun again, it goes on."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from uuid import UUID

from sqlalchemy import text

from crm_store import bulk
from crm_store.actor import Actor
from crm_store.base import new_id, now
from crm_store.contacts.models import Address, Company, Identifier, Person
from crm_store.crm import Crm
from crm_store.donors.models import Donor, DonorPerson, StageChange
from crm_store.errors import Conflict, Refused
from crm_store.gifts.models import DonorGiving, Gift, GivingYear
from crm_store.importers.entering import enter
from crm_store.importers.fields import Noun
from crm_store.importers.judging import Judge
from crm_store.importers.rows import Draft, RowReader
from crm_store.importers.sheets import fingerprint
from crm_store.importers.understanding import Understood, headers_key
from crm_store.importers.writing import write_batch
from crm_store.imports.models import ExternalId, ImportColumn, ImportJob, ImportRow, ImportStatus
from crm_store.leads.models import Lead
from crm_store.store import Store

BATCH, FIRST = 5_000, 500
GROWING = (
    Address, Company, Donor, DonorGiving, DonorPerson, ExternalId, Gift, GivingYear, Identifier,
    ImportRow, Lead, Person, StageChange,
)  # fmt: skip
SCOPES = {
    Noun.GIFTS: ("gifts", "donors", "contacts"),
    Noun.DONORS: ("donors", "contacts"),
    Noun.PEOPLE: ("contacts",),
    Noun.COMPANIES: ("contacts",),
    Noun.LEADS: ("leads", "contacts"),
}
Step = Callable[[int], None]


class Moved(Conflict):
    """Somebody else has been loading this import meanwhile."""


class OtherFile(Conflict):
    """This is not the file the import was begun with."""


def need_rights(actor: Actor, noun: Noun) -> None:
    """Whoever imports may do by hand what the import does for them."""
    actor.need("imports:write")
    for domain in SCOPES[noun]:
        actor.need(f"{domain}:write")
    if noun is Noun.GIFTS:
        actor.need("amounts:read")


async def start(crm: Crm, understood: Understood) -> ImportJob:
    """Write down what is to be done and how the columns were understood."""
    need_rights(crm.actor, understood.noun)
    path = understood.wanted.path.resolve()
    job = crm.import_jobs.add(
        ImportJob(
            id=new_id(),
            file_name=path.name,
            sha256=understood.sha256,
            size_bytes=path.stat().st_size,
            kind=understood.sheet.kind,
            source=understood.source,
            noun=understood.noun.value,
            mapping=understood.mapping,
            options={
                "path": str(path),
                "sheet": understood.wanted.sheet,
                "headers_key": headers_key(understood.sheet.headers),
                "orders": {p.header: p.order.value for p in understood.plans},
                "marks": {p.header: p.mark.value for p in understood.plans},
            },
            status=ImportStatus.RUNNING,
            total_rows=understood.survey.rows,
            started_at=now(),
        )
    )
    await crm.flush()
    for plan in understood.plans:
        crm.session.add(
            ImportColumn(
                job_id=job.id,
                position=plan.position,
                header=plan.header,
                target=plan.target,
                matched_by=plan.matched_by,
                confidence=Decimal(str(round(plan.confidence, 2))),
                samples=list(plan.samples),
                filled=plan.filled,
            )
        )
    return job


async def load_rows(
    store: Store, actor: Actor, job_id: UUID, understood: Understood, step: Step = lambda _: None
) -> None:
    """From wherever the import stands to the end. While one batch is written the next is read."""
    async with store.begin(actor) as crm:
        job = await crm.import_jobs.get(job_id)
        need_rights(actor, understood.noun)
        if job.status is ImportStatus.COMPLETED:
            return
        if job.status is not ImportStatus.RUNNING:
            raise Refused(f"This import is {job.status.value} and cannot go on.")
        cursor, done = job.cursor, job.loaded_rows + job.duplicate_rows + job.bad_rows
    if fingerprint(understood.wanted.path) != understood.sha256:
        raise OtherFile
    step(done)
    with unhurried_collector():
        await _load_from(store, actor, job_id, understood, cursor, done, step)
    await enter(store, actor, job_id)
    await finish(store, actor, job_id)


async def _load_from(
    store: Store, actor: Actor, job_id: UUID, understood: Understood, cursor: int, done: int,
    step: Step,
) -> None:  # fmt: skip
    reader = understood.reader()
    judge = Judge(understood.noun, understood.source, job_id, str(job_id))
    rows = understood.sheet.rows(after=cursor)
    measured = _Measuring(done)
    drafts = await asyncio.to_thread(_read, reader, rows, BATCH if cursor else min(FIRST, BATCH))
    while drafts:
        reading = asyncio.create_task(asyncio.to_thread(_read, reader, rows, BATCH))
        try:
            await load_batch(store, actor, job_id, judge, drafts, cursor)
        except BaseException:
            await asyncio.gather(reading, return_exceptions=True)
            raise
        step(len(drafts))
        cursor = drafts[-1].number
        await measured.after(store, actor, len(drafts))
        drafts = await reading


async def load_batch(
    store: Store,
    actor: Actor,
    job_id: UUID,
    judge: Judge,
    drafts: Sequence[Draft],
    cursor: int | None,
) -> None:
    """One transaction: judged, written, marked, and the cursor moved; or nothing of it."""
    async with store.begin(actor) as crm:
        await hold(crm)
        job = await crm.import_jobs.get(job_id, lock=True)
        if cursor is not None and (job.cursor != cursor or job.status is not ImportStatus.RUNNING):
            raise Moved
        verdicts = await judge.judge(crm, drafts)
        await write_batch(crm, job, judge, verdicts)
        if cursor is not None:
            job.cursor = drafts[-1].number


async def finish(store: Store, actor: Actor, job_id: UUID) -> None:
    async with store.begin(actor) as crm:
        job = await crm.import_jobs.get(job_id, lock=True)
        job.status, job.finished_at = ImportStatus.COMPLETED, now()
        job.total_rows = job.loaded_rows + job.duplicate_rows + job.bad_rows


@contextmanager
def unhurried_collector() -> Iterator[None]:
    """Batches are full of small objects and free of cycles: looking for those costs a third."""
    usual = gc.get_threshold()
    gc.set_threshold(500_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


async def hold(crm: Crm) -> None:
    """Batches take turns, may take their time, and leave the totals to be counted at their end."""
    await crm.session.execute(
        text("SELECT set_config('statement_timeout', '0', true),"
             " set_config('app.bulk', 'on', true)")
    )  # fmt: skip
    await crm.session.execute(text("SELECT pg_advisory_xact_lock(import_key())"))


def _read(reader: RowReader, rows: Iterator[tuple[int, list[str]]], most: int) -> list[Draft]:
    return [reader.read(number, cells) for number, cells in islice(rows, most)]


@dataclass(slots=True)
class _Measuring:
    """Lets the planner look at its tables after the first, small batch and whenever they double."""

    rows: int
    last: int = 0

    async def after(self, store: Store, actor: Actor, rows: int) -> None:
        self.rows += rows
        if self.rows >= 2 * self.last and rows >= FIRST:
            self.last = self.rows
            async with store.begin(actor) as crm:
                await crm.session.execute(text("SELECT set_config('statement_timeout', '0', true)"))
                await bulk.analyse(crm.session, *GROWING)
