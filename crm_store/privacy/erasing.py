"""Erasing a person: what is left is a fingerprint of each address and the papers the law asks for.

What a couple or a household holds together stays with the others, without this person's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import cast, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from crm_store.actor import Reach
from crm_store.audit import actions as audit
from crm_store.audit.models import AuditEntry
from crm_store.base import Base, now
from crm_store.channel import Channel
from crm_store.contacts.models import IdentifierKind
from crm_store.crm import Crm
from crm_store.donors import naming
from crm_store.donors.models import Donor, DonorStatus
from crm_store.errors import Invalid, NotFound, Refused
from crm_store.outreach.suppressing import forget_address
from crm_store.privacy import fates
from crm_store.privacy.fates import BY_HAND, ERASED_DONOR, FOLLOWS, STANDS, STAYS, emptied
from crm_store.privacy.holdings import Holdings, find_holdings, is_one_of
from crm_store.privacy.links import table_of
from crm_store.privacy.planning import CannotErase, ErasurePlan, donors_kept, plan_for
from crm_store.privacy.redacting import redact
from crm_store.privacy.traces import (
    Erased,
    change,
    empty_journal,
    filed_under,
    files_of,
    forget_search,
    mentioned_in_log,
    remove,
)
from crm_store.search.text import fold

REACHED_BY = {
    IdentifierKind.EMAIL: (Channel.EMAIL,),
    IdentifierKind.PHONE: (Channel.TEXT, Channel.PHONE, Channel.WHATSAPP),
    IdentifierKind.WHATSAPP: (Channel.WHATSAPP,),
}


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was done, and the files outside the database that must be removed with it."""

    plan: ErasurePlan
    fingerprints: int
    files: tuple[str, ...] = ()
    was_erased_before: bool = False


async def erase_person(
    crm: Crm, person_id: UUID, reason: str, *, at: datetime | None = None
) -> Erasure:
    """Forget a person for good, in this transaction. Said again, it changes nothing."""
    crm.actor.need("privacy:erase")
    if crm.actor.reach is not Reach.ALL:
        raise Refused("Only those who may see every record may erase a person.")
    if not reason.strip():
        raise Invalid("Say why they are erased, as in: asked by e-mail on 3 May.")
    await crm.session.execute(text("SELECT set_config('statement_timeout', '0', true)"))
    try:
        held = await _locked(crm, person_id)
    except NotFound:
        if await _was_erased(crm, person_id):
            return _again(person_id)
        raise
    plan = await plan_for(crm, held, at or now())
    if plan.obstacles:
        raise CannotErase(plan.obstacles)
    return await _erase(crm, held, plan, reason.strip(), at or now())


async def _locked(crm: Crm, person_id: UUID) -> Holdings:
    """Held again under a lock, so that nothing is added meanwhile that would be missed."""
    people = table_of("people")
    found = await find_holdings(crm, person_id)
    await crm.session.execute(
        select(people.c.id)
        .where(people.c.org_id == crm.actor.org, is_one_of(people.c.id, found.own["people"]))
        .order_by(people.c.id)
        .with_for_update()
    )
    return await find_holdings(crm, person_id)


async def _was_erased(crm: Crm, person_id: UUID) -> bool:
    query = select(AuditEntry.seq).where(
        AuditEntry.org_id == crm.actor.org,
        AuditEntry.row_id == person_id,
        AuditEntry.table_name == "people",
        AuditEntry.action == audit.ERASED,
    )
    return (await crm.session.scalar(query.limit(1))) is not None


def _again(person_id: UUID) -> Erasure:
    nothing = ErasurePlan(person_id, fates.ERASED, (), (), (), (), ())
    return Erasure(nothing, fingerprints=0, was_erased_before=True)


async def _erase(crm: Crm, held: Holdings, plan: ErasurePlan, reason: str, at: datetime) -> Erasure:
    kept = await donors_kept(crm, held)
    filed = await filed_under(crm, held)
    files = await files_of(crm, held)
    forgotten: Erased = {name: set(ids) for name, ids in held.own.items()}
    for name, ids in held.mentioned.items():
        forgotten[name] = forgotten.get(name, set()) | ids
    forgotten |= await mentioned_in_log(crm, held, forgotten)
    fingerprints = await _leave_fingerprints(crm, held)
    forgotten["suppressions"] = forgotten.get("suppressions", set()) | fingerprints
    await empty_journal(crm, held)
    await _close_work(crm, held, at)
    await _empty_kept(crm, held, kept, fingerprints)
    for name, changed in (await redact(crm, held)).items():
        forgotten[name] = forgotten.get(name, set()) | set(changed)
    forgotten["donors"] = forgotten.get("donors", set()) | held.shared["donors"]
    await _delete(crm, held, kept)
    crm.session.expunge_all()
    await _name_the_rest(crm, held)
    await forget_search(crm, held, filed)
    gone = {name: sorted(ids) for name, ids in sorted(forgotten.items()) if ids}
    await audit.forget(crm, gone)
    crm.note("erasure", "people", None, reason=reason, records=sum(map(len, gone.values())))
    return Erasure(plan, len(fingerprints), files)


async def _leave_fingerprints(crm: Crm, held: Holdings) -> set[UUID]:
    """Each address becomes a hash that stops it from ever being written to again."""
    made: set[UUID] = set()
    async with crm.granted("outreach:read", "outreach:write"):
        for one in held.identifiers:
            for channel in REACHED_BY.get(one.kind, ()):
                with suppress(Invalid):
                    made.add((await forget_address(crm, channel, one.normalised)).id)
    rows = table_of("suppressions")
    known = held.own["suppressions"] | made
    here = (rows.c.org_id == crm.actor.org, is_one_of(rows.c.id, known))
    await crm.session.execute(
        update(rows).where(*here).values(address=None, note=None, person_id=None)
    )
    lifted = update(rows).where(*here, rows.c.lifted_because.is_not(None))
    await crm.session.execute(lifted.values(lifted_because=fates.ERASED))
    return known


async def _close_work(crm: Crm, held: Holdings, at: datetime) -> None:
    """Nobody waits any longer for what was being done with them."""
    open_ones: Iterable[tuple[str, tuple[str, ...], dict[str, Any]]] = (
        ("tasks", ("todo", "in_progress"), {"status": "cancelled"}),
        ("tickets", ("open", "pending", "solved"), {"status": "closed", "closed_at": at}),
        ("deals", ("open",), {"status": "lost", "closed_at": at}),
    )
    for name, states, values in open_ones:
        table = table_of(name)
        await crm.session.execute(
            update(table)
            .where(
                table.c.org_id == crm.actor.org,
                is_one_of(table.c.id, held.own[name]),
                table.c.status.in_(states),
            )
            .values(**values)
        )


async def _empty_kept(crm: Crm, held: Holdings, kept: set[UUID], marks: set[UUID]) -> None:
    for name in STAYS:
        if name in STANDS | BY_HAND or not held.own.get(name):
            continue
        values = emptied(name)
        if name == "donors":
            values |= _nobody()
        if values:
            await change(crm, name, kept if name == "donors" else held.own[name], values)
    await crm.session.execute(
        select(
            func.privacy_empty_histories(
                cast(sorted(held.own["tickets"]), ARRAY(table_of("tickets").c.id.type)),
                cast(sorted(held.own["deals"]), ARRAY(table_of("deals").c.id.type)),
            )
        )
    )
    await _forget_summaries(crm, held)


def _nobody() -> dict[str, Any]:
    """A donor that stands for money alone, and is never asked or named."""
    return {
        "name": ERASED_DONOR,
        "formal_salutation": ERASED_DONOR,
        "informal_salutation": ERASED_DONOR,
        "custom_names": [],
        "sort_key": fold(ERASED_DONOR),
        "status": DonorStatus.INACTIVE,
        "household_id": None,
        "address_id": None,
        "owner_id": None,
        "capacity": None,
        "stage_since": None,
        "contact_hold_until": None,
        "last_contacted_at": None,
        "next_follow_up_at": None,
        "external_source": "",
        "is_anonymous": True,
        "do_not_contact": True,
        "do_not_solicit": True,
    }


async def _forget_summaries(crm: Crm, held: Holdings) -> None:
    """A conversation among others that quotes what they wrote is summed up anew."""
    messages, conversations = table_of("messages"), table_of("conversations")
    where_they_wrote = select(messages.c.conversation_id).where(
        messages.c.org_id == crm.actor.org, is_one_of(messages.c.id, held.own["messages"])
    )
    await crm.session.execute(
        update(conversations)
        .where(conversations.c.org_id == crm.actor.org, conversations.c.id.in_(where_they_wrote))
        .values(summary=None, summary_through=None, last_message_preview=None)
    )


async def _delete(crm: Crm, held: Holdings, kept: set[UUID]) -> None:
    """Those that point go before those pointed at."""
    for table in reversed(Base.metadata.sorted_tables):
        ids = held.own.get(table.name, set())
        if table.name == "donors":
            ids = ids - kept
        elif table.name in STAYS or table.name in FOLLOWS:
            continue
        await remove(crm, table.name, ids)


async def _name_the_rest(crm: Crm, held: Holdings) -> None:
    """Who gave with them gives under their own name from now on."""
    query = select(Donor).where(
        Donor.org_id == crm.actor.org,
        is_one_of(Donor.id, held.shared["donors"]),
        Donor.deleted_at.is_(None),
    )
    async with crm.granted("donors:read", "donors:write", "contacts:read"):
        donors = (await crm.session.scalars(query)).all()
        for donor in donors:
            donor.custom_names = []
        await _promote(crm, held)
        await naming.refresh(crm, donors)


async def _promote(crm: Crm, held: Holdings) -> None:
    """Somebody who is left comes first where the erased person did."""
    await crm.session.execute(
        text(
            "UPDATE donor_people p SET is_primary = true FROM ("
            " SELECT DISTINCT ON (donor_id) id FROM donor_people"
            " WHERE org_id = :org AND donor_id = ANY(CAST(:ids AS uuid[])) AND left_at IS NULL"
            " ORDER BY donor_id, is_primary DESC, id) first"
            " WHERE p.org_id = :org AND p.id = first.id AND NOT p.is_primary"
        ),
        {"org": crm.actor.org, "ids": [str(row_id) for row_id in held.shared["donors"]]},
    )
