"""Walking an organisation's chain from its first entry, to find what was changed unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from crm_store.audit.models import AuditEntry, AuditHead
from crm_store.crm import Crm
from crm_store.errors import NotFound
from crm_store.orgs.models import Org

BATCH = 5_000
SHOWN = 100

WALK = text(
    """
    WITH batch AS (
        SELECT l.*, d.salt, d.changes, d.seq IS NULL AS is_bare
        FROM audit_log l LEFT JOIN audit_details d ON d.org_id = l.org_id AND d.seq = l.seq
        WHERE l.org_id = (SELECT app_org()) AND l.seq > :after AND l.seq <= :until
        ORDER BY l.seq LIMIT :size
    ), checked AS (
        SELECT org_id, seq, hash, row_id,
               seq - lag(seq, 1, :after) OVER in_order - 1 AS missing,
               prev_hash <> lag(hash, 1, :hash) OVER in_order AS is_unlinked,
               hash <> audit_link(prev_hash, org_id, seq, at, actor_kind, actor_id, door, action,
                                  table_name, row_id, digest) AS is_edited,
               NOT is_bare AND digest <> sha256(salt || convert_to(changes::text, 'UTF8'))
                   AS has_edited_details,
               is_bare AND NOT EXISTS (
                   SELECT FROM audit_log e
                   WHERE e.org_id = batch.org_id AND e.row_id = batch.row_id
                     AND e.seq > batch.seq AND e.action = 'erased'
               ) AS lacks_details
        FROM batch WINDOW in_order AS (ORDER BY seq)
    )
    SELECT * FROM checked
    WHERE missing > 0 OR is_unlinked OR is_edited OR has_edited_details OR lacks_details
       OR seq = (SELECT max(seq) FROM batch)
    ORDER BY seq
    """
)


class Fault(StrEnum):
    EDITED = "edited"
    DETAILS_EDITED = "details_edited"
    DETAILS_MISSING = "details_missing"
    DELETED = "deleted"
    UNLINKED = "unlinked"
    WRONG_HEAD = "wrong_head"
    WRONG_ANCHOR = "wrong_anchor"


SENTENCES = {
    Fault.EDITED: "Entry {first} was changed after it was written.",
    Fault.DETAILS_EDITED: "What entry {first} says was changed after it was written.",
    Fault.DETAILS_MISSING: "What entry {first} said is gone, though nobody was erased.",
    Fault.DELETED: "Entries {first} to {last} are gone.",
    Fault.UNLINKED: "Entry {first} does not follow from the one before it.",
    Fault.WRONG_HEAD: "The chain ends at entry {first} in another way than was recorded.",
    Fault.WRONG_ANCHOR: "Entry {first} is not the one that was noted earlier.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, from one entry to another."""

    fault: Fault
    first: int
    last: int

    def __str__(self) -> str:
        return SENTENCES[self.fault].format(first=self.first, last=self.last)


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry and its hash, to be noted elsewhere: a chain cut short is found by it."""

    seq: int
    hash: bytes


START = Anchor(0, hashlib.sha256().digest())


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries there are, the last one walked, and the first hundred faults."""

    org_id: UUID
    entries: int
    last: Anchor
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        return not self.findings


async def verify(crm: Crm, *, noted: Anchor | None = None, batch: int = BATCH) -> Verdict:
    """Whether the log is as it was written. What is appended meanwhile is left for next time."""
    crm.actor.need("audit:read")
    head, last = await _ends(crm)
    at: Anchor = START
    findings: list[Finding] = []
    while at.seq < last and len(findings) < SHOWN:
        asked = {"after": at.seq, "hash": at.hash, "until": last, "size": batch}
        rows = (await crm.session.execute(WALK, asked)).all()
        findings += [fault for row in rows for fault in _faults(row)]
        at = Anchor(rows[-1].seq, rows[-1].hash)
    if last < max(head.seq, 1):
        findings.append(Finding(Fault.DELETED, last + 1, max(head.seq, 1)))
    elif last > head.seq or (at.seq == last and at != head):
        findings.append(Finding(Fault.WRONG_HEAD, last, last))
    if noted is not None and await _hash_at(crm, noted.seq) != noted.hash:
        findings.append(Finding(Fault.WRONG_ANCHOR, noted.seq, noted.seq))
    return Verdict(crm.actor.org, last, at, tuple(findings[:SHOWN]))


def _faults(row: Any) -> Iterator[Finding]:
    if row.missing > 0:
        yield Finding(Fault.DELETED, row.seq - row.missing, row.seq - 1)
    elif row.is_unlinked:
        yield Finding(Fault.UNLINKED, row.seq, row.seq)
    for fault, is_so in (
        (Fault.EDITED, row.is_edited),
        (Fault.DETAILS_EDITED, row.has_edited_details),
        (Fault.DETAILS_MISSING, row.lacks_details),
    ):
        if is_so:
            yield Finding(fault, row.seq, row.seq)


async def _ends(crm: Crm) -> tuple[Anchor, int]:
    """Where the chain is said to end and where it does, both at one moment."""
    org = crm.actor.org
    last = select(func.max(AuditEntry.seq)).where(AuditEntry.org_id == org).scalar_subquery()
    found = await crm.session.execute(
        select(AuditHead.seq, AuditHead.hash, last.label("last"))
        .select_from(Org)
        .outerjoin(AuditHead, AuditHead.org_id == Org.id)
        .where(Org.id == org)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("There is no such organisation.")
    return (Anchor(row.seq, row.hash) if row.hash else START), row.last or 0


async def _hash_at(crm: Crm, seq: int) -> bytes | None:
    found: bytes | None = await crm.session.scalar(
        select(AuditEntry.hash).where(AuditEntry.org_id == crm.actor.org, AuditEntry.seq == seq)
    )
    return found
