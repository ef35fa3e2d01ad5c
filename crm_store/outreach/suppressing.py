"""Not writing to an address: why, since when, and who may end it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from crm_store.base import now
from crm_store.channel import Channel, Purpose
from crm_store.contacts.models import Identifier, Person
from crm_store.crm import Crm
from crm_store.errors import Invalid, Refused
from crm_store.outreach.addresses import KINDS, hash_of, locking_key, normalise
from crm_store.outreach.models import (
    Consent,
    ConsentSource,
    ConsentState,
    Delivery,
    Suppression,
    SuppressionReason,
)

SAID_BY = {Channel.WHATSAPP: ConsentSource.WHATSAPP, Channel.PHONE: ConsentSource.PHONE}


class OnlyTheContact(Refused):
    """They answered STOP, so only they can take it back, by answering START."""


async def suppress(
    crm: Crm,
    channel: Channel,
    address: str,
    reason: SuppressionReason,
    *,
    note: str | None = None,
    person_id: UUID | None = None,
    delivery: Delivery | None = None,
    at: datetime | None = None,
) -> Suppression:
    """Stop writing to an address. Said again, it is the same suppression."""
    crm.actor.need("outreach:write")
    plain = normalise(channel, address)
    await hold_homes(crm, await _homes_of(crm, channel, plain))
    standing = await crm.suppressions.standing(channel, plain)
    known = next((found for found in standing if found.reason is reason), None)
    if known is not None:
        return known
    made = crm.suppressions.add(
        Suppression(
            channel=channel,
            address=plain,
            address_hash=hash_of(crm.actor.org, channel, plain),
            reason=reason,
            note=note,
            person_id=person_id or (delivery.person_id if delivery else None),
            campaign_id=delivery.campaign_id if delivery else None,
            delivery_id=delivery.id if delivery else None,
            at=at or now(),
        )
    )
    await crm.flush()
    return made


async def lift_suppression(
    crm: Crm, suppression_id: UUID, because: str, *, at: datetime | None = None
) -> Suppression:
    """Write to an address again; the suppression stays on record with who ended it and why."""
    found = await crm.suppressions.get(suppression_id, lock=True)
    if not because.strip():
        raise Invalid("Say why this address may be written to again.")
    if found.reason is SuppressionReason.KEYWORD:
        raise OnlyTheContact
    if found.reason is SuppressionReason.ERASED:
        raise Refused("They asked to be forgotten; this cannot be lifted.")
    if found.lifted_at is None:
        found.lifted_at, found.lifted_because = at or now(), because.strip()
    await crm.flush()
    return found


async def reopen(crm: Crm, channel: Channel, address: str, *, word: str = "START") -> int:
    """The contact wrote START: their own STOP no longer holds. Says how many were lifted."""
    crm.actor.need("outreach:write")
    lifted = 0
    for found in await crm.suppressions.standing(channel, address):
        if found.reason is SuppressionReason.KEYWORD:
            found.lifted_at, found.lifted_by_contact = now(), True
            found.lifted_because = f"They answered {word}."
            lifted += 1
    await crm.flush()
    return lifted


async def opt_out(
    crm: Crm, delivery: Delivery, *, note: str | None = None, at: datetime
) -> Suppression:
    """Somebody used the way out of a message we sent: nothing unasked for follows."""
    made = await suppress(
        crm,
        delivery.channel,
        delivery.to_address,
        SuppressionReason.UNSUBSCRIBED,
        note=note,
        delivery=delivery,
        at=at,
    )
    proof = f"delivery {delivery.id}"
    if delivery.person_id is not None and not await _has_said(crm, delivery.person_id, proof):
        crm.consents.add(
            Consent(
                person_id=delivery.person_id,
                purpose=Purpose.MARKETING,
                channel=delivery.channel,
                state=ConsentState.WITHDRAWN,
                source=SAID_BY.get(delivery.channel, ConsentSource.EMAIL),
                proof=proof,
                at=at,
            )
        )
    await crm.flush()
    return made


async def _has_said(crm: Crm, person_id: UUID, proof: str) -> bool:
    same = crm.consents.everything().where(Consent.person_id == person_id, Consent.proof == proof)
    return await crm.consents.first(same) is not None


async def forget_address(crm: Crm, channel: Channel, address: str) -> Suppression:
    """Erasure: of this address only a hash stays, so that it is never written to again."""
    made = await suppress(crm, channel, address, SuppressionReason.ERASED)
    plain = normalise(channel, address)
    same = crm.suppressions.everything().where(
        Suppression.channel == channel,
        Suppression.address_hash == hash_of(crm.actor.org, channel, plain),
    )
    for found in await crm.suppressions.all(same):
        found.address = found.note = found.person_id = found.delivery_id = None
    await crm.flush()
    return made


async def hold_homes(crm: Crm, homes: set[UUID]) -> None:
    """Until commit nobody else decides about these households and people."""
    keys = sorted(locking_key("home", crm.actor.org, home) for home in homes)
    if keys:
        await crm.session.execute(
            text("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(:keys AS bigint[])) AS k"),
            {"keys": keys},
        )


async def _homes_of(crm: Crm, channel: Channel, normalised: str) -> set[UUID]:
    """The households, or people living alone, that this address belongs to."""
    if channel not in KINDS:
        return set()
    found = await crm.session.execute(
        select(Person.household_id, Person.id)
        .join(Identifier, Identifier.person_id == Person.id)
        .where(
            Person.org_id == crm.actor.org,
            Identifier.org_id == crm.actor.org,
            Identifier.normalised == normalised,
        )
    )
    return {household_id or person_id for household_id, person_id in found}
