"""Into the search index with what an import brought: each record once, when all of it is there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from crm_store.actor import Actor
from crm_store.crm import Crm
from crm_store.importers.arrays import array
from crm_store.search import indexing
from crm_store.search.models import Findable
from crm_store.store import Store

AT_ONCE = 4_000
FOUND = {"companies": Findable.COMPANY, "leads": Findable.LEAD, "people": Findable.PERSON,
         "donors": Findable.DONOR}  # fmt: skip

CONCERNED = text(
    """
    SELECT m.key AS noun, i.value::uuid AS id
    FROM import_rows r, jsonb_each(r.before -> 'made') m, jsonb_array_elements_text(m.value) i
    WHERE r.org_id = :org AND r.job_id = :job AND r.before IS NOT NULL
    UNION
    SELECT r.target_table, r.target_id FROM import_rows r
    WHERE r.org_id = :org AND r.job_id = :job AND r.status IN ('loaded', 'undone')
      AND r.target_table <> 'gifts'
    UNION
    SELECT 'donors', g.donor_id
    FROM import_rows r JOIN gifts g ON g.org_id = r.org_id AND g.id = r.target_id
    WHERE r.org_id = :org AND r.job_id = :job AND r.status IN ('loaded', 'undone')
      AND r.target_table = 'gifts'
    """
)
GIVING = text(
    "SELECT DISTINCT l.person_id FROM donor_people l WHERE l.org_id = :org"
    " AND l.donor_id = ANY(CAST(:ids AS uuid[]))"
)


async def enter(store: Store, actor: Actor, job_id: UUID) -> None:
    """Everybody the import made or brought money of; done again, it changes nothing."""
    async with store.begin(actor) as crm:
        concerned = await _concerned(crm, job_id)
    for noun, kind in FOUND.items():
        ids = sorted(concerned.get(noun, ()))
        for begin in range(0, len(ids), AT_ONCE):
            async with store.begin(actor) as crm:
                await crm.session.execute(text("SELECT set_config('statement_timeout', '0', true)"))
                part = ids[begin : begin + AT_ONCE]
                await indexing.refresh(crm.session, crm.actor.org, {kind: part})


async def _concerned(crm: Crm, job_id: UUID) -> dict[str, set[UUID]]:
    await crm.session.execute(text("SELECT set_config('statement_timeout', '0', true)"))
    asked = {"org": crm.actor.org, "job": job_id}
    found: dict[str, set[UUID]] = {}
    for noun, row_id in await crm.session.execute(CONCERNED, asked):
        found.setdefault(noun, set()).add(row_id)
    if donors := found.get("donors"):
        ids = array(donors)
        people = await crm.session.scalars(GIVING, {"org": crm.actor.org, "ids": ids})
        found.setdefault("people", set()).update(people)
    return found
