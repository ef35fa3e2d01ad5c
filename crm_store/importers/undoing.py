"""Taking a whole import back: what it made goes, what has been used since stays and is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_store.actor import Actor
from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Refused
from crm_store.importers.entering import enter
from crm_store.importers.fields import Noun
from crm_store.importers.keeping import reasons_to_keep
from crm_store.importers.loading import hold, need_rights
from crm_store.importers.writing import recount
from crm_store.imports.models import ImportJob, ImportStatus
from crm_store.search import indexing
from crm_store.store import Store

AT_ONCE = 5_000
FIRST = 2**31 - 1
Step = Callable[[int], None]

ROWS = text(
    """
    SELECT r.id, r.number, r.target_table, r.target_id, r.created_target, r.before, r.created_at
    FROM import_rows r
    WHERE r.org_id = :org AND r.job_id = :job AND r.status = 'loaded' AND r.number < :before
    ORDER BY r.number DESC LIMIT :most
    """
)
TAKE_GIFTS = text(
    """
    UPDATE gifts SET deleted_at = :at, updated_at = :at, updated_by = :by, external_id = NULL,
                     fund_id = NULL, appeal_id = NULL, project_id = NULL
    WHERE org_id = :org AND id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL
    RETURNING donor_id, currency, received_on
    """
)
TAKE = (
    "UPDATE {table} SET deleted_at = :at, updated_at = :at, updated_by = :by"
    " WHERE org_id = :org AND id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL"
)
PARTS = (
    "SELECT person_id FROM donor_people"
    " WHERE org_id = :org AND donor_id = ANY(CAST(:ids AS uuid[]))"
)
TAKE_WITH = {
    "donors": ("DELETE FROM donor_people WHERE org_id = :org"
               " AND donor_id = ANY(CAST(:ids AS uuid[]))",),
    "people": ("DELETE FROM employments WHERE org_id = :org"
               " AND person_id = ANY(CAST(:ids AS uuid[]))",
               "UPDATE identifiers SET deleted_at = :at, is_primary = false WHERE org_id = :org"
               " AND person_id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL"),
    "companies": ("UPDATE identifiers SET deleted_at = :at, is_primary = false WHERE org_id = :org"
                  " AND company_id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL",),
}  # fmt: skip
SAID = {
    "taggings": ("donor_id", "person_id", "company_id", "lead_id"),
    "notes": ("donor_id", "person_id", "company_id"),
    "custom_values": ("donor_id", "person_id", "company_id", "lead_id"),
}
BEARER = {"donors": "donor_id", "people": "person_id", "companies": "company_id",
          "leads": "lead_id"}  # fmt: skip
UNSHARE = text(
    """
    UPDATE identifiers i SET is_shared = false
    WHERE i.org_id = :org AND i.id = ANY(CAST(:ids AS uuid[])) AND i.deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM identifiers o
                      WHERE o.org_id = i.org_id AND o.kind = i.kind AND o.source = i.source
                        AND o.normalised = i.normalised AND o.id <> i.id AND o.deleted_at IS NULL)
    """
)
MARK = text(
    """
    UPDATE import_rows r SET status = CASE WHEN w.reason IS NULL THEN 'undone' ELSE r.status END,
           reason = coalesce(w.reason, r.reason)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS w (id, reason)
    WHERE r.org_id = :org AND r.id = w.id
    """
)


@dataclass(slots=True)
class Undone:
    """What was taken back, by table, and what had to stay with the reason."""

    taken: dict[str, int] = field(default_factory=dict)
    kept: list[tuple[int, str]] = field(default_factory=list)
    was_undone: bool = False

    def count(self, table: str, ids: Sequence[Any]) -> None:
        if ids:
            self.taken[table] = self.taken.get(table, 0) + len(ids)


async def undo(store: Store, actor: Actor, job_id: UUID, step: Step = lambda _: None) -> Undone:
    """From the last row to the first, in whole batches; begun again, it goes on."""
    done = Undone()
    before = FIRST
    async with store.begin(actor) as crm:
        job = await crm.import_jobs.get(job_id, lock=True)
        need_rights(actor, Noun(job.noun))
        if job.status is ImportStatus.UNDONE:
            return Undone(was_undone=True)
        if job.status is ImportStatus.PREVIEW:
            raise Refused("Nothing of this import was ever loaded.")
        job.status = ImportStatus.UNDOING
    while True:
        async with store.begin(actor) as crm:
            await hold(crm)
            job = await crm.import_jobs.get(job_id, lock=True)
            found = (
                await crm.session.execute(
                    ROWS,
                    {"org": actor.org, "job": job_id, "before": before, "most": AT_ONCE},
                )
            ).all()
            if found:
                await _take_back(crm, job, found, done)
                before = found[-1].number
            else:
                await _close(crm, job, done)
        if not found:
            break
        step(len(found))
    await enter(store, actor, job_id)
    return done


async def _take_back(crm: Crm, job: ImportJob, rows: Sequence[Any], done: Undone) -> None:
    kept: dict[UUID, str] = {}
    gifts = [r.target_id for r in rows if r.created_target and r.target_table == "gifts"]
    await _take(crm, "gifts", gifts, kept, done)
    await _take_what_was_said(crm, rows)
    for table in ("leads", "donors", "people", "companies"):
        made = [UUID(i) for r in rows for i in ((r.before or {}).get("made") or {}).get(table, ())]
        await _take(crm, table, made, kept, done)
    shared = [i for r in rows for i in (r.before or {}).get("shared", ())]
    if shared:
        await crm.session.execute(UNSHARE, {"org": crm.actor.org, "ids": shared})
    await _take_purposes(crm, rows, done)
    reasons = {r.id: _why_kept(r, kept) for r in rows}
    await crm.session.execute(
        MARK,
        {"org": crm.actor.org, "ids": [str(i) for i in reasons], "reasons": list(reasons.values())},
    )
    done.kept += [(r.number, reason) for r in rows if (reason := reasons[r.id])]
    job.undone_rows += sum(reason is None for reason in reasons.values())
    numbers = [r.number for r in rows]
    crm.note("import undone", "import_jobs", job.id, first=min(numbers), last=max(numbers))


def _why_kept(row: Any, kept: dict[UUID, str]) -> str | None:
    """Of the gift itself first; a giver who stays is told of beside it."""
    if row.target_id in kept:
        return f"Kept: {kept[row.target_id]}"
    made = [UUID(i) for ids in ((row.before or {}).get("made") or {}).values() for i in ids]
    reason = next((kept[i] for i in made if i in kept), None)
    return f"Kept: {reason}" if reason else None


async def _take(
    crm: Crm, table: str, ids: Sequence[UUID], kept: dict[UUID, str], done: Undone
) -> None:
    if not ids:
        return
    held = await reasons_to_keep(crm, table, ids)
    kept |= held
    free = [str(i) for i in ids if i not in held]
    asked = {"org": crm.actor.org, "ids": free, "at": now(), "by": crm.actor.id}
    if table == "gifts":
        paid = (await crm.session.execute(TAKE_GIFTS, asked)).all()
        await recount(crm, list({(row[0], row[1], row[2]) for row in paid}))
    else:
        if table == "donors":
            parts = await crm.session.scalars(text(PARTS), asked)
            indexing.touch(crm.session, "person", parts)
        await crm.session.execute(text(TAKE.format(table=table)), asked)
        for statement in TAKE_WITH.get(table, ()):
            await crm.session.execute(text(statement), asked)
    await crm.session.execute(
        text("DELETE FROM external_ids WHERE org_id = :org AND table_name = :table"
             " AND row_id = ANY(CAST(:ids AS uuid[]))"),
        {"org": crm.actor.org, "ids": free, "table": table},
    )  # fmt: skip
    done.count(table, free)


async def _take_what_was_said(crm: Crm, rows: Sequence[Any]) -> None:
    """Tags, notes and custom values: written in the same moment as the rows that brought them."""
    moments = sorted({r.created_at for r in rows})
    bearers: dict[str, list[str]] = {}
    for row in rows:
        if row.target_table in BEARER and row.target_id:
            bearers.setdefault(BEARER[row.target_table], []).append(str(row.target_id))
    gifts = [str(r.target_id) for r in rows if r.target_table == "gifts"]
    if gifts:
        asked = {"org": crm.actor.org, "ids": gifts, "moments": moments}
        bearers["donor_id"] = [
            str(i) for i in await crm.session.scalars(
                text("SELECT DISTINCT donor_id FROM gifts WHERE org_id = :org"
                     " AND id = ANY(CAST(:ids AS uuid[]))"), asked)
        ]  # fmt: skip
        await crm.session.execute(
            text("DELETE FROM custom_values c USING gifts g WHERE c.org_id = :org"
                 " AND c.gift_id = ANY(CAST(:ids AS uuid[])) AND g.org_id = c.org_id"
                 " AND g.id = c.gift_id AND g.deleted_at IS NOT NULL"), asked)  # fmt: skip
    for table, columns in SAID.items():
        for column in columns:
            if ids := bearers.get(column):
                await crm.session.execute(
                    text(f"DELETE FROM {table} WHERE org_id = :org"
                         f" AND {column} = ANY(CAST(:ids AS uuid[]))"
                         " AND created_at = ANY(CAST(:moments AS timestamptz[]))"
                         + (" AND updated_at = created_at" if table != "taggings" else "")),
                    {"org": crm.actor.org, "ids": ids, "moments": moments},
                )  # fmt: skip


async def _take_purposes(crm: Crm, rows: Sequence[Any], done: Undone) -> None:
    """Funds, appeals, projects and tags that nobody uses any more."""
    for row in rows:
        for table, ids in ((row.before or {}).get("purposes") or {}).items():
            held = await reasons_to_keep(crm, table, [UUID(i) for i in ids])
            free = [i for i in ids if UUID(i) not in held]
            await crm.session.execute(
                text(f"DELETE FROM {table} WHERE org_id = :org AND id = ANY(CAST(:ids AS uuid[]))"),
                {"org": crm.actor.org, "ids": free},
            )
            done.count(table, free)


async def _close(crm: Crm, job: ImportJob, done: Undone) -> None:
    if not done.kept:
        await crm.session.execute(
            text("DELETE FROM external_ids WHERE org_id = :org AND job_id = :job"),
            {"org": crm.actor.org, "job": job.id},
        )
    job.status, job.undone_at = ImportStatus.UNDONE, now()
    job.undone_by = crm.actor.member_id
