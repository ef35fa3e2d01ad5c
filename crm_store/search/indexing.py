"""The index follows every change in the same transaction, and can be made again from nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import PassiveFlag, Session

from crm_store.actor import Actor
from crm_store.search import sources
from crm_store.search.likeness import keys
from crm_store.search.models import Findable
from crm_store.search.sources import Entry

PENDING = "search_pending"
MANY = 200
SHOWN = ("label", "place", "year", "note", "donor_id", "owner_id", "workspace_id", "weight")
Pending = dict[str, set[UUID]]

# Whose entries a change to a table concerns, by the column that names them.
CONCERNED: dict[str, tuple[tuple[str, str], ...]] = {
    "donors": (("donor", "id"),),
    "people": (("person", "id"),),
    "companies": (("company", "id"),),
    "leads": (("lead", "id"),),
    "tickets": (("ticket", "id"),),
    "donor_people": (("donor", "donor_id"), ("person", "person_id")),
    "identifiers": (("person", "person_id"), ("company", "company_id")),
    "addresses": (("person", "person_id"), ("company", "company_id"), ("address", "id")),
    "gifts": (("giver", "donor_id"),),
    "refunds": (("gift", "gift_id"),),
}

RELATED = text(
    """
    SELECT 'person' AS noun, l.person_id AS id FROM donor_people l
    WHERE l.org_id = :org AND l.donor_id = ANY(CAST(:donor AS uuid[]))
    UNION
    SELECT 'donor', l.donor_id FROM donor_people l
    WHERE l.org_id = :org AND l.person_id = ANY(CAST(:person AS uuid[]))
    UNION
    SELECT 'donor', d.id FROM donors d
    WHERE d.org_id = :org AND d.address_id = ANY(CAST(:address AS uuid[]))
    UNION
    SELECT 'donor', g.donor_id FROM gifts g
    WHERE g.org_id = :org AND g.id = ANY(CAST(:gift AS uuid[]))
    """
)
# Of those who gave, the few whose weight or last year is another now; weight() says the same.
MOVED = text(
    """
    SELECT e.id FROM search_entries e
    LEFT JOIN LATERAL (
        SELECT max(s.total) AS total, sum(s.gifts) AS gifts,
               extract(year FROM max(s.last_on))::int AS year
        FROM donor_giving s WHERE s.org_id = e.org_id AND s.donor_id = e.id
    ) g ON true
    WHERE e.org_id = :org AND e.id = ANY(CAST(:ids AS uuid[]))
      AND (e.year, e.weight) IS DISTINCT FROM (g.year, coalesce(least(100, 5 * round(
          (10 * log(1 + g.total) + 4 * ln(1 + g.gifts) / ln(2)) / 5)), 0))
    """
)
LOCK = text(
    "SELECT * FROM search_entries WHERE org_id = :org AND id = ANY(CAST(:ids AS uuid[]))"
    " ORDER BY id FOR UPDATE"
)
COLUMNS = (
    "CAST(:id AS uuid[]), CAST(:kind AS text[]), CAST(:label AS text[]), CAST(:place AS text[]),"
    " CAST(:year AS smallint[]), CAST(:note AS text[]), CAST(:donor_id AS uuid[]),"
    " CAST(:owner_id AS uuid[]), CAST(:workspace_id AS uuid[]), CAST(:weight AS smallint[]),"
    " CAST(:terms AS text[])"
)
FILE = text(f"SELECT search_file({COLUMNS})")
LOAD = text(f"SELECT search_load({COLUMNS})")
LEARN = text("SELECT search_learn(CAST(:keys AS text[]), CAST(:words AS text[]))")
FORGET = text("SELECT search_forget(CAST(:ids AS uuid[]))")


def watch(session_class: type[Session]) -> None:
    """Remember which entries every flush concerns."""
    event.listen(session_class, "after_flush", _after_flush)


def touch(session: AsyncSession, noun: str, ids: Iterable[UUID | None]) -> None:
    """Name records that a bulk statement changed: donor, person, company, lead, ticket, gift.

    giver: a donor of whom only the gifts changed.
    """
    _pending(session.sync_session)[noun].update(row_id for row_id in ids if row_id)


async def follow(session: AsyncSession) -> None:
    """Bring the index up to what this transaction has written so far."""
    pending = unfinished(session)
    if pending is None:
        return
    actor: Actor = session.info["actor"]
    if givers := pending.pop("giver", None):
        moved = {"org": actor.org, "ids": [str(row_id) for row_id in givers]}
        pending["donor"].update(await session.scalars(MOVED, moved))
    if not any(pending.values()):
        return
    named = {
        noun: [str(row_id) for row_id in pending.get(noun, ())]
        for noun in ("donor", "person", "address", "gift")
    }
    for noun, row_id in await session.execute(RELATED, {"org": actor.org, **named}):
        pending[noun].add(row_id)
    wanted = {kind: sorted(pending[kind]) for kind in sources.INDEXED if pending.get(kind)}
    await refresh(session, actor.org, wanted)


def unfinished(session: AsyncSession) -> Pending | None:
    """What a transaction wrote that no entry tells of yet."""
    pending: Pending | None = session.info.pop(PENDING, None)
    return pending if pending and any(pending.values()) else None


async def refresh(
    session: AsyncSession, org_id: UUID, wanted: Mapping[Findable, Sequence[UUID]]
) -> None:
    """These entries as their records are now. Locked first, so that two writers see each other."""
    ids = [str(row_id) for row_ids in wanted.values() for row_id in row_ids]
    known = {row.id: row for row in await session.execute(LOCK, {"org": org_id, "ids": ids})}
    entries = [
        entry
        for kind, row_ids in wanted.items()
        for entry in await sources.read(session, org_id, kind, row_ids)
    ]
    gone = known.keys() - {entry.id for entry in entries}
    if gone:
        await session.execute(FORGET, {"ids": sorted(map(str, gone))})
    changed = [entry for entry in entries if not is_up_to_date(entry, known.get(entry.id))]
    put = load if not known and len(changed) >= MANY else file
    await put(session, changed)


def is_up_to_date(entry: Entry, stored: Row[Any] | None) -> bool:
    """Whether the index has it so already."""
    return stored is not None and all(
        getattr(entry, name) == getattr(stored, name) for name in SHOWN
    ) and list(entry.terms) == stored.terms  # fmt: skip


async def file(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Put entries in, or correct them."""
    if entries:
        await _learn(session, await session.scalars(FILE, _columns(entries)))


async def load(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Put entries in that are not there yet."""
    if entries:
        await _learn(session, await session.scalars(LOAD, _columns(entries)))


async def _learn(session: AsyncSession, words: Iterable[str]) -> None:
    """Make new words findable by what resembles them."""
    new = [(key, word) for word in words for key in keys(word)]
    if new:
        await session.execute(
            LEARN, {"keys": [key for key, _ in new], "words": [word for _, word in new]}
        )


def _columns(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    plain: dict[str, list[Any]] = {
        name: [getattr(entry, name) for entry in entries]
        for name in ("label", "place", "year", "note", "weight")
    }
    for name in ("id", "donor_id", "owner_id", "workspace_id"):
        plain[name] = [_text(getattr(entry, name)) for entry in entries]
    plain["kind"] = [entry.kind.value for entry in entries]
    plain["terms"] = [" ".join(entry.terms) for entry in entries]
    return plain


def _text(row_id: UUID | None) -> str | None:
    return None if row_id is None else str(row_id)


def _after_flush(session: Session, *_: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        for noun, column in CONCERNED.get(getattr(row, "__tablename__", ""), ()):
            _pending(session)[noun].update(_values(row, column))


def _values(row: Any, column: str) -> Iterator[UUID]:
    """What the column holds and, where it was changed, what it held."""
    history = inspect(row).get_history(column, PassiveFlag.PASSIVE_NO_INITIALIZE)
    for value in (*(history.added or ()), *(history.unchanged or ()), *(history.deleted or ())):
        if value is not None:
            yield value


def _pending(session: Session) -> Pending:
    pending: Pending = session.info.setdefault(PENDING, defaultdict(set))
    return pending
