"""By what somebody is recognised: given, shared, verified, no longer theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError

from crm_store.base import now
from crm_store.contacts.models import Company, Identifier, IdentifierKind, Person
from crm_store.contacts.reaching import NUMBERS, normalise
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid


class Taken(Conflict):
    """This already belongs to somebody else."""

    def __init__(self, sentence: str, bearer_id: UUID | None = None) -> None:
        super().__init__(sentence)
        self.bearer_id = bearer_id


async def add_identifier(
    crm: Crm,
    bearer: Person | Company,
    kind: IdentifierKind,
    value: str,
    *,
    source: str = "",
    label: str | None = None,
    shared: bool = False,
    primary: bool | None = None,
    verified_at: datetime | None = None,
) -> Identifier:
    """Recognise somebody by this from now on; what they have already is returned as it is.

    shared: others may answer to it too, and then nobody is recognised by it alone.
    """
    column = _column(bearer)
    facts = {column: bearer.id, "label": label, "is_shared": shared, "verified_at": verified_at}
    found = await _read(crm, kind, value, source, **facts)
    mine, others = await _bearers(crm, found, column, bearer.id)
    if mine is not None:
        mine.verified_at = mine.verified_at or verified_at
        return mine
    if others:
        if not shared and not all(other.is_shared for other in others):
            raise await _taken(crm, others[0])
        for other in others:
            other.is_shared = True
        found.is_shared = True
        await crm.flush()
    await _settle_primary(crm, found, column, bearer.id, primary)
    crm.identifiers.add(found)
    try:
        await crm.flush()
    except IntegrityError as error:
        raise Taken("Somebody else was given this a moment ago.") from error
    return found


async def share_identifier(crm: Crm, identifier_id: UUID) -> Identifier:
    """Say that several people answer to this."""
    identifier: Identifier = await crm.identifiers.get(identifier_id, lock=True)
    identifier.is_shared = True
    await crm.flush()
    return identifier


async def verify_identifier(
    crm: Crm, identifier_id: UUID, at: datetime | None = None
) -> Identifier:
    """They have shown that it is theirs."""
    identifier: Identifier = await crm.identifiers.get(identifier_id, lock=True)
    identifier.verified_at, identifier.bounced_at = at or now(), None
    await crm.flush()
    return identifier


async def mark_bounced(
    crm: Crm, kind: IdentifierKind, value: str, at: datetime | None = None
) -> int:
    """It reaches nobody any more, whoever it is of. Returns how many records it was on."""
    crm.actor.need("contacts:write")
    query = await crm.identifiers.bearing(kind, value)
    found = await crm.identifiers.all(query)
    for identifier in found:
        identifier.bounced_at = at or now()
    await crm.flush()
    return len(found)


async def make_primary(crm: Crm, identifier_id: UUID) -> Identifier:
    """Use this one first of its kind."""
    identifier: Identifier = await crm.identifiers.get(identifier_id, lock=True)
    column = "person_id" if identifier.person_id else "company_id"
    await _step_down(crm, identifier, column, getattr(identifier, column))
    identifier.is_primary = True
    await crm.flush()
    return identifier


async def remove_identifier(crm: Crm, identifier_id: UUID) -> Identifier:
    identifier: Identifier = await crm.identifiers.get(identifier_id, lock=True)
    identifier.deleted_at, identifier.is_primary = now(), False
    await crm.flush()
    return identifier


async def refuse_taken(
    crm: Crm, kind: IdentifierKind, value: str, source: str = "", *, shared: bool = False
) -> None:
    """Stop, before anything is written, where this is somebody's own already."""
    found = await _read(crm, kind, value, source, is_shared=shared)
    if kind is not IdentifierKind.FAX and not shared:
        own = _same(crm, found).where(Identifier.is_shared.is_(False))
        if other := await crm.identifiers.first(own):
            raise await _taken(crm, other)


async def _read(
    crm: Crm, kind: IdentifierKind, value: str, source: str, **facts: Any
) -> Identifier:
    """An identifier as it will be stored, of nobody yet."""
    if kind is IdentifierKind.EXTERNAL and not source.strip():
        raise Invalid("An outside id needs the name of the system it comes from.")
    country = await crm.identifiers.country() if kind in NUMBERS else None
    found = Identifier(
        kind=kind,
        value=value.strip(),
        normalised=normalise(kind, value, country),
        source=source.strip().casefold(),
        **facts,
    )
    if kind is IdentifierKind.VISITOR:
        found.visitor_id = UUID(found.normalised)
    return found


async def _bearers(
    crm: Crm, found: Identifier, column: str, bearer_id: UUID
) -> tuple[Identifier | None, list[Identifier]]:
    """The bearer's own of this value, and those of others."""
    same = list(await crm.identifiers.all(_same(crm, found)))
    mine = [row for row in same if getattr(row, column) == bearer_id]
    others = [] if found.kind is IdentifierKind.FAX else [row for row in same if row not in mine]
    return (mine[0] if mine else None), others


def _same(crm: Crm, identifier: Identifier) -> Select[Identifier]:
    return crm.identifiers.everything().where(
        Identifier.kind == identifier.kind,
        Identifier.normalised == identifier.normalised,
        Identifier.source == identifier.source,
    )


async def _settle_primary(
    crm: Crm, found: Identifier, column: str, bearer_id: UUID, primary: bool | None
) -> None:
    if primary:
        await _step_down(crm, found, column, bearer_id)
    elif primary is None:
        primary = await _primary(crm, found, column, bearer_id) is None
    found.is_primary = primary


async def _step_down(crm: Crm, found: Identifier, column: str, bearer_id: UUID) -> None:
    before = await _primary(crm, found, column, bearer_id)
    if before is not None:
        before.is_primary = False
        await crm.flush()


async def _primary(crm: Crm, found: Identifier, column: str, bearer_id: UUID) -> Identifier | None:
    row: Identifier | None = await crm.identifiers.first(
        crm.identifiers.everything().where(
            getattr(Identifier, column) == bearer_id,
            Identifier.kind == found.kind,
            Identifier.is_primary,
        )
    )
    return row


async def _taken(crm: Crm, other: Identifier) -> Taken:
    """Who has it, by name where the asker may see them."""
    what = other.kind.value.replace("_", " ")
    bearer: Person | Company | None
    if other.person_id:
        bearer = await crm.people.first(crm.people.rows().where(Person.id == other.person_id))
    else:
        mine = crm.companies.rows().where(Company.id == other.company_id)
        bearer = await crm.companies.first(mine)
    who = bearer.name if bearer else "a record that is not visible to you"
    return Taken(
        f"This {what} already belongs to {who}; if both use it, share it.",
        bearer.id if bearer else None,
    )


def _column(bearer: Person | Company) -> str:
    return "person_id" if isinstance(bearer, Person) else "company_id"
