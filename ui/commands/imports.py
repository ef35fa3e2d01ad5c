"""`almoner import`: a file brought in, looked at first, and taken back if need be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from crm_store.actor import Actor
from crm_store.errors import NotFound
from crm_store.importers.fields import Noun
from crm_store.importers.loading import load_rows
from crm_store.importers.preview import Preview, preview
from crm_store.importers.retrying import Retried, retry_bad, write_bad_rows
from crm_store.importers.understanding import (
    USUAL_SOURCE,
    Understood,
    Wanted,
    look,
    understand,
)
from crm_store.importers.undoing import Undone, undo
from crm_store.imports.actions import begin_import
from crm_store.imports.models import RowStatus
from crm_store.imports.views import ImportJobView
from crm_store.store import Store
from ui import imports as drawn
from ui.asking import asker
from ui.terminal import AsJson, AsOption, OrgOption, as_json, opened, progress, run, say

Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help='What a column is: "Header=field", or "Header=-" to leave it out. Repeatable.',
    ),
]


@dataclass(frozen=True, slots=True)
class Imported:
    """What a finished import says of itself."""

    job: ImportJobView
    reasons: list[tuple[str, int]]


def import_file(
    file: Annotated[Path | None, typer.Argument(help="A CSV or .xlsx file.")] = None,
    noun: Annotated[
        Noun | None, typer.Option(help="What a row is; guessed from the headers if left out.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; nothing is written.")
    ] = False,
    mapping: Mapped = None,
    source: Annotated[
        str, typer.Option(help="The system the file's ids belong to, as in blackbaud.")
    ] = USUAL_SOURCE,
    sheet: Annotated[str | None, typer.Option(help="Which sheet of a workbook.")] = None,
    resume: Annotated[
        UUID | None, typer.Option(help="Go on with an interrupted import.", metavar="JOB")
    ] = None,
    undo_job: Annotated[
        UUID | None, typer.Option("--undo", help="Take an import back.", metavar="JOB")
    ] = None,
    retry: Annotated[
        UUID | None,
        typer.Option("--retry-bad", help="Try the bad rows of an import again.", metavar="JOB"),
    ] = None,
    bad_rows: Annotated[
        Path | None, typer.Option(help="Write the bad rows with their reasons to this CSV.")
    ] = None,
    org: OrgOption = None,
    as_email: AsOption = None,
    json: AsJson = False,
) -> None:
    """Bring in gifts, donors, people, companies or leads from a CSV or Excel file."""
    overrides = _pairs(mapping or [])

    async def work() -> Preview | Imported | Undone | Retried:
        async with opened() as store:
            actor = await asker(store, org, as_email)
            if undo_job is not None:
                return await _undo(store, actor, undo_job)
            if retry is not None:
                return await _retry(store, actor, retry, overrides, bad_rows)
            wanted = await _wanted(store, actor, resume, file, noun, source, sheet, overrides)
            with progress("Reading") as step:
                seen = look(wanted, step)
            async with store.begin(actor, read_only=True) as crm:
                understood = await understand(crm, wanted, seen)
            if dry_run:
                with progress("Comparing", understood.survey.rows) as step:
                    return await preview(store, actor, understood, step)
            return await _load(store, actor, understood, resume, bad_rows)

    found = run(work())
    if json:
        as_json(found)
    else:
        drawn.show(found)


async def _load(
    store: Store, actor: Actor, understood: Understood, job_id: UUID | None, bad_rows: Path | None
) -> Imported:
    if job_id is None:
        async with store.begin(actor) as crm:
            job_id = (await begin_import(crm, understood)).id
    with progress("Importing", understood.survey.rows) as step:
        await load_rows(store, actor, job_id, understood, step)
    async with store.begin(actor, read_only=True) as crm:
        job = ImportJobView.of(await crm.import_jobs.get(job_id))
        reasons = [
            *await crm.import_rows.reasons(job_id, RowStatus.BAD),
            *await crm.import_rows.reasons(job_id, RowStatus.DUPLICATE),
        ]
    if bad_rows is not None:
        await write_bad_rows(store, actor, job_id, bad_rows)
    return Imported(job, reasons)


async def _wanted(
    store: Store, actor: Actor, resume: UUID | None, file: Path | None, noun: Noun | None,
    source: str, sheet: str | None, overrides: dict[str, str],
) -> Wanted:  # fmt: skip
    """The file as given, or as the import to be resumed remembers it."""
    if resume is None:
        if file is None:
            raise typer.BadParameter("Give a file, or --resume, --undo or --retry-bad.")
        return Wanted(file, noun, source, sheet, overrides)
    async with store.begin(actor, read_only=True) as crm:
        job = await crm.import_jobs.get(resume)
        told = {header: key or "-" for header, key in job.mapping.items()}
    path = file or Path(str(job.options["path"]))
    if not path.is_file():
        raise NotFound(f"{path} is not there any more: say where the file is now.")
    return Wanted(
        path, Noun(job.noun), job.source or USUAL_SOURCE, job.options.get("sheet"), told
    )  # fmt: skip


async def _undo(store: Store, actor: Actor, job_id: UUID) -> Undone:
    async with store.begin(actor, read_only=True) as crm:
        rows = (await crm.import_jobs.get(job_id)).loaded_rows
    with progress("Taking back", rows) as step:
        return await undo(store, actor, job_id, step)


async def _retry(
    store: Store, actor: Actor, job_id: UUID, overrides: dict[str, str], bad_rows: Path | None
) -> Retried:
    with progress("Trying again") as step:
        done = await retry_bad(store, actor, job_id, overrides, step)
    if bad_rows is not None:
        written = await write_bad_rows(store, actor, job_id, bad_rows)
        say(f"Wrote {written:,} bad rows to {bad_rows}.")
    return done


def _pairs(mapping: list[str]) -> dict[str, str]:
    pairs = {}
    for one in mapping:
        header, mark, key = one.rpartition("=")
        if not mark or not header.strip():
            raise typer.BadParameter(f'“{one}” is not of the form "Header=field".')
        pairs[header.strip()] = key.strip()
    return pairs
