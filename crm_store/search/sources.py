"""What each kind of record contributes to the index, read in batches straight from its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log2, log10
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.search.filing import (
    MOST,
    email_terms,
    name_terms,
    number_term,
    pairs,
    phone_terms,
    place_terms,
    words,
)
from crm_store.search.models import Findable

GIVING = """
LEFT JOIN LATERAL (
    SELECT max(s.total) AS total, sum(s.gifts) AS gifts,
           extract(year FROM max(s.last_on))::int AS year
    FROM donor_giving s WHERE s.org_id = {donor}.org_id AND s.donor_id = {donor}.{key}
) g ON true
"""

REACHED_BY = """
(SELECT array_agg(i.kind || ':' || i.normalised ORDER BY i.is_primary DESC, i.id)
 FROM identifiers i
 WHERE i.org_id = r.org_id AND i.{bearer} = r.id AND i.deleted_at IS NULL
   AND i.kind IN ('email', 'phone', 'whatsapp')) AS reached_by
"""

LIVES_IN = """
(SELECT a.city FROM addresses a
 WHERE a.org_id = r.org_id AND a.{bearer} = r.id AND a.city IS NOT NULL
 ORDER BY a.is_primary DESC, a.id LIMIT 1) AS place
"""

SOURCES = {
    Findable.DONOR: f"""
SELECT r.id, r.name AS label, a.city AS place, g.year, g.total, g.gifts,
       r.owner_id, r.workspace_id, r.external_id AS number,
       (SELECT array_agg(concat_ws(' ', p.given_name, p.middle_name, p.family_name, p.nickname)
                         ORDER BY l.is_primary DESC, l.id)
        FROM donor_people l JOIN people p ON p.org_id = l.org_id AND p.id = l.person_id
        WHERE l.org_id = r.org_id AND l.donor_id = r.id AND l.left_at IS NULL
          AND p.deleted_at IS NULL) AS names
FROM donors r
LEFT JOIN addresses a ON a.org_id = r.org_id AND a.id = r.address_id
{GIVING.format(donor="r", key="id")}
""",
    Findable.PERSON: f"""
SELECT r.id, concat_ws(' ', r.given_name, r.family_name) AS label,
       ARRAY[concat_ws(' ', r.given_name, r.middle_name, r.family_name, r.nickname)] AS names,
       {REACHED_BY.format(bearer="person_id")}, {LIVES_IN.format(bearer="person_id")},
       l.donor_id, g.year, g.total, g.gifts, r.owner_id, r.workspace_id
FROM people r
LEFT JOIN LATERAL (
    SELECT l.org_id, l.donor_id FROM donor_people l
    JOIN donors d ON d.org_id = l.org_id AND d.id = l.donor_id AND d.deleted_at IS NULL
    WHERE l.org_id = r.org_id AND l.person_id = r.id AND l.left_at IS NULL
    ORDER BY l.is_primary DESC, l.id LIMIT 1
) l ON true
{GIVING.format(donor="l", key="donor_id")}
""",
    Findable.COMPANY: f"""
SELECT r.id, r.name AS label, ARRAY[r.legal_name] AS names, r.domain, r.afm AS number,
       {REACHED_BY.format(bearer="company_id")}, {LIVES_IN.format(bearer="company_id")},
       r.owner_id, r.workspace_id
FROM companies r
""",
    Findable.LEAD: """
SELECT r.id, coalesce(nullif(trim(concat_ws(' ', r.given_name, r.family_name)), ''),
                      r.company_name, '') AS label,
       ARRAY[r.company_name] AS names, r.status AS note, r.owner_id, r.workspace_id,
       array_remove(ARRAY['email:' || r.email, 'phone:' || r.phone], NULL) AS reached_by
FROM leads r
""",
    Findable.TICKET: """
SELECT r.id, r.subject AS label, r.number::text AS number,
       '#' || r.number || ' · ' || replace(r.status, '_', ' ') AS note,
       r.owner_id, r.workspace_id
FROM tickets r
""",
}
INDEXED = tuple(SOURCES)
TABLES = {
    Findable.DONOR: "donors",
    Findable.PERSON: "people",
    Findable.COMPANY: "companies",
    Findable.LEAD: "leads",
    Findable.TICKET: "tickets",
}

THESE = "WHERE r.org_id = :org AND r.deleted_at IS NULL AND r.id = ANY(CAST(:ids AS uuid[]))"
ONWARD = (
    "WHERE r.org_id = :org AND r.deleted_at IS NULL AND r.id > :after ORDER BY r.id LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as it is to stand in the index."""

    id: UUID
    kind: Findable
    label: str
    place: str | None
    year: int | None
    note: str | None
    donor_id: UUID | None
    owner_id: UUID | None
    workspace_id: UUID | None
    weight: int
    terms: tuple[str, ...]


async def read(
    session: AsyncSession, org_id: UUID, kind: Findable, ids: Iterable[UUID]
) -> list[Entry]:
    """The entries of these records as they are now; what is deleted has none."""
    rows = await session.execute(
        text(f"{SOURCES[kind]} {THESE}"), {"org": org_id, "ids": [str(i) for i in ids]}
    )
    return entries(kind, rows.all())


async def read_on(
    session: AsyncSession, org_id: UUID, kind: Findable, after: UUID, most: int
) -> Sequence[Row[Any]]:
    """The next records of a kind after this id, for entries() to make something of."""
    rows = await session.execute(
        text(f"{SOURCES[kind]} {ONWARD}"), {"org": org_id, "after": after, "most": most}
    )
    return rows.all()


def entries(kind: Findable, rows: Sequence[Row[Any]]) -> list[Entry]:
    return [_entry(kind, row._asdict()) for row in rows]


def _entry(kind: Findable, row: dict[str, Any]) -> Entry:
    reached_by = [part.partition(":")[::2] for part in row.get("reached_by") or ()]
    label = row["label"].strip() or (reached_by[0][1] if reached_by else "Unnamed")
    return Entry(
        id=row["id"],
        kind=kind,
        label=label,
        place=row.get("place"),
        year=row.get("year"),
        note=row.get("note"),
        donor_id=row.get("donor_id"),
        owner_id=row["owner_id"],
        workspace_id=row["workspace_id"],
        weight=weight(row.get("total"), row.get("gifts")),
        terms=tuple(list(dict.fromkeys(_terms(label, row, reached_by)))[:MOST]),
    )


def weight(total: Any, gifts: Any) -> int:
    """How much somebody gave and how often, in steps of five so that it seldom changes."""
    if not gifts:
        return 0
    return min(100, 5 * round((10 * log10(1 + float(total)) + 4 * log2(1 + float(gifts))) / 5))


def _terms(label: str, row: dict[str, Any], reached_by: list[tuple[str, str]]) -> Iterator[str]:
    if row.get("number"):
        yield number_term(row["number"])
    for kind, value in reached_by:
        yield from email_terms(value) if kind == "email" else phone_terms(value)
    if row.get("domain"):
        yield from email_terms(row["domain"])
    names = [name for name in row.get("names") or () if name]
    for name in dict.fromkeys((label, *names)):
        yield from name_terms(name)
        yield from pairs(words(name))
    if row.get("place"):
        yield from place_terms(row["place"])
