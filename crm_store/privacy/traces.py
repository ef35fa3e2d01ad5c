"""What passes by and is kept on the way: the journal, the log, the index, files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from crm_store.audit.models import AuditDetail, AuditEntry
from crm_store.crm import Crm
from crm_store.privacy.fates import emptied
from crm_store.privacy.holdings import NAMED_BY, Holdings, escaped, is_one_of
from crm_store.privacy.links import table_of
from crm_store.privacy.redacting import words_of
from crm_store.search import indexing

FILES = (
    ("attachments", "blob_path"), ("phone_calls", "recording_path"),
    ("phone_calls", "recording_url"), ("email_details", "raw_path"), ("images", "url"),
    ("people", "avatar_url"),
)  # fmt: skip
SEARCHED = {"donors": "donor", "people": "person", "leads": "lead", "tickets": "ticket"}
Erased = dict[str, set[UUID]]


async def empty_journal(crm: Crm, held: Holdings) -> None:
    """Calls that are over go; what was proposed stays decided, but says nothing any more."""
    org = crm.actor.org
    calls, proposals, decisions = map(table_of, ("tool_calls", "proposals", "decisions"))
    asked = held.own["proposals"] | held.mentioned["proposals"]
    here = (proposals.c.org_id == org, is_one_of(proposals.c.id, asked))
    waiting = update(proposals).where(*here, proposals.c.status == "pending")
    await crm.session.execute(waiting.values(status="expired"))
    decided = update(proposals).where(*here, proposals.c.status != "approved")
    await crm.session.execute(decided.values(arguments={}, diff="", reason=None, outcome=None))
    said = update(decisions).where(
        decisions.c.org_id == org, is_one_of(decisions.c.proposal_id, asked)
    )
    await crm.session.execute(said.where(decisions.c.comment.is_not(None)).values(comment=None))
    over = (
        calls.c.org_id == org,
        is_one_of(calls.c.id, held.mentioned["tool_calls"]),
        calls.c.status != "started",
    )
    await crm.session.execute(delete(calls).where(*over))
    for name in ("webhook_events", "product_events"):
        await remove(crm, name, held.mentioned[name])
    await change(crm, "import_rows", held.mentioned["import_rows"], emptied("import_rows"))
    await _empty_samples(crm, held)


async def _empty_samples(crm: Crm, held: Holdings) -> None:
    """Values of theirs that were kept to show what a file's columns hold."""
    columns = table_of("import_columns")
    words = [word.casefold() for word in words_of(held)]
    query = select(columns.c.id, columns.c.samples).where(
        columns.c.org_id == crm.actor.org,
        cast(columns.c.samples, Text).ilike(
            func.any(cast([f"%{escaped(word)}%" for word in words], ARRAY(Text)))
        ),
    )
    for row in (await crm.session.execute(query)).all():
        left = [one for one in row.samples if not any(word in one.casefold() for word in words)]
        await change(crm, "import_columns", {row.id}, {"samples": left})


async def mentioned_in_log(crm: Crm, held: Holdings, known: Erased) -> Erased:
    """Records long gone of which the log still says whose they were."""
    keys = [str(row_id) for name in NAMED_BY for row_id in held.own[name]]
    like = [f"%{escaped(word)}%" for word in (*keys, *held.addresses)]
    query = (
        select(AuditEntry.table_name, AuditEntry.row_id)
        .join(
            AuditDetail,
            (AuditDetail.org_id == AuditEntry.org_id) & (AuditDetail.seq == AuditEntry.seq),
        )
        .where(
            AuditEntry.org_id == crm.actor.org,
            AuditEntry.row_id.is_not(None),
            cast(AuditDetail.changes, Text).ilike(func.any(cast(like, ARRAY(Text)))),
        )
        .distinct()
    )
    found: Erased = {name: set(ids) for name, ids in known.items()}
    for name, row_id in await crm.session.execute(query):
        if row_id is not None:
            found.setdefault(name, set()).add(row_id)
    return found


async def filed_under(crm: Crm, held: Holdings) -> set[str]:
    """The words by which they could be searched for."""
    entries = table_of("search_entries")
    ids = {row_id for rows in (held.own, held.shared) for name in SEARCHED for row_id in rows[name]}
    query = select(entries.c.terms).where(
        entries.c.org_id == crm.actor.org, is_one_of(entries.c.id, ids)
    )
    return {term for terms in await crm.session.scalars(query) for term in terms}


async def forget_search(crm: Crm, held: Holdings, filed: set[str]) -> None:
    for name, noun in SEARCHED.items():
        indexing.touch(crm.session, noun, held.own[name] | held.shared[name])
    await indexing.follow(crm.session)
    await crm.session.execute(select(func.privacy_unlearn(cast(sorted(filed), ARRAY(Text)))))


async def files_of(crm: Crm, held: Holdings) -> tuple[str, ...]:
    found: list[str] = []
    for name, column in FILES:
        table = table_of(name)
        query = select(table.c[column]).where(
            table.c.org_id == crm.actor.org,
            is_one_of(table.c.id, held.own[name]),
            table.c[column].is_not(None),
        )
        found += await crm.session.scalars(query)
    return tuple(sorted(set(found)))


async def change(crm: Crm, name: str, ids: set[UUID], values: dict[str, Any]) -> None:
    table = table_of(name)
    if ids and values:
        here = (table.c.org_id == crm.actor.org, is_one_of(table.c.id, ids))
        await crm.session.execute(update(table).where(*here).values(**values))


async def remove(crm: Crm, name: str, ids: set[UUID]) -> None:
    table = table_of(name)
    if ids:
        here = (table.c.org_id == crm.actor.org, is_one_of(table.c.id, ids))
        await crm.session.execute(delete(table).where(*here))
