"""Many entries at once: after an import or a merge, or the whole index from nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from crm_store.crm import Crm
from crm_store.search import indexing, sources
from crm_store.search.models import Findable
from crm_store.search.sources import INDEXED, TABLES, Entry

BATCH = 5_000
LOADED_AT_ONCE = 20_000
FIRST = UUID(int=0)

STORED = text("SELECT * FROM search_entries WHERE org_id = :org AND id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class Stale:
    """Records the index has wrong: not entered, entered as they were, or gone since."""

    missing: tuple[UUID, ...] = ()
    outdated: tuple[UUID, ...] = ()
    orphaned: tuple[UUID, ...] = ()

    @property
    def ids(self) -> tuple[UUID, ...]:
        return (*self.missing, *self.outdated, *self.orphaned)


async def reindex(crm: Crm, kind: Findable, ids: Iterable[UUID] | None = None) -> int:
    """Enter these records as they are now, or all of a kind; answers how many there are."""
    crm.actor.need("search:write")
    await crm.flush()
    if ids is None:
        return await _rebuild(crm, (kind,))
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), BATCH):
        part = {kind: wanted[start : start + BATCH]}
        await indexing.refresh(crm.session, crm.actor.org, part)
    return len(wanted)


async def rebuild(crm: Crm) -> int:
    """The whole index from nothing, with the words that nobody uses any more forgotten."""
    crm.actor.need("search:write")
    await crm.flush()
    return await _rebuild(crm, INDEXED)


async def stale(crm: Crm, kind: Findable) -> Stale:
    """Every record of a kind whose entry is not what it should be."""
    await indexing.follow(crm.session)
    missing: list[UUID] = []
    outdated: list[UUID] = []
    async for rows in _walk(crm, kind, BATCH):
        wanted = sources.entries(kind, rows)
        ids = [str(entry.id) for entry in wanted]
        found = await crm.session.execute(STORED, {"org": crm.actor.org, "ids": ids})
        stored = {row.id: row for row in found}
        missing += [entry.id for entry in wanted if entry.id not in stored]
        outdated += [
            entry.id
            for entry in wanted
            if entry.id in stored and not indexing.is_up_to_date(entry, stored[entry.id])
        ]
    return Stale(tuple(missing), tuple(outdated), await _orphaned(crm, kind))


async def _rebuild(crm: Crm, kinds: Sequence[Findable]) -> int:
    """While the database files one batch, the next is read into words."""
    await crm.session.execute(text("SELECT set_config('statement_timeout', '0', true)"))
    only = kinds[0].value if len(kinds) == 1 else None
    await crm.session.execute(text("SELECT search_wipe(:kind)"), {"kind": only})
    total = 0
    for kind in kinds:
        entries: list[Entry] = []
        async for rows in _walk(crm, kind, LOADED_AT_ONCE):
            _, entries = await asyncio.gather(
                indexing.load(crm.session, entries), asyncio.to_thread(sources.entries, kind, rows)
            )
            total += len(entries)
        await indexing.load(crm.session, entries)
    return total


async def _walk(crm: Crm, kind: Findable, most: int) -> AsyncIterator[Sequence[Row[Any]]]:
    after = FIRST
    while rows := await sources.read_on(crm.session, crm.actor.org, kind, after, most):
        yield rows
        after = rows[-1].id


async def _orphaned(crm: Crm, kind: Findable) -> tuple[UUID, ...]:
    found = await crm.session.scalars(
        text(
            "SELECT e.id FROM search_entries e WHERE e.org_id = :org AND e.kind = :kind"
            f" AND NOT EXISTS (SELECT 1 FROM {TABLES[kind]} r WHERE r.org_id = :org"
            " AND r.id = e.id AND r.deleted_at IS NULL)"
        ),
        {"org": crm.actor.org, "kind": kind.value},
    )
    return tuple(found)
