"""What people agree to, and the organisation's rule for how often they are written to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm_store.base import now
from crm_store.channel import Channel, Purpose
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.outreach.models import Consent, ConsentSource, ConsentState, ContactPolicy
from crm_store.outreach.suppressing import hold_homes

SETTABLE = frozenset(
    {
        "max_per_period",
        "period_days",
        "min_days_between",
        "max_per_household",
        "quiet_from_minute",
        "quiet_to_minute",
        "quiet_channels",
        "opt_in_channels",
        "partner_opt_out_counts",
        "bereavement_days",
    }
)


async def give_consent(
    crm: Crm,
    person_id: UUID,
    purpose: Purpose,
    source: ConsentSource,
    *,
    channel: Channel | None = None,
    words: str | None = None,
    text_version: str | None = None,
    proof: str | None = None,
    at: datetime | None = None,
    expires_at: datetime | None = None,
) -> Consent:
    """Record that somebody agreed, to what, in which words and how we know."""
    return await _record(
        crm,
        person_id,
        ConsentState.GIVEN,
        purpose=purpose,
        source=source,
        channel=channel,
        text=words,
        text_version=text_version,
        proof=proof,
        at=at or now(),
        expires_at=expires_at,
    )


async def withdraw_consent(
    crm: Crm,
    person_id: UUID,
    source: ConsentSource,
    *,
    purpose: Purpose = Purpose.MARKETING,
    channel: Channel | None = None,
    covers_household: bool = False,
    words: str | None = None,
    proof: str | None = None,
    at: datetime | None = None,
) -> Consent:
    """Record that somebody no longer wants this; for everybody at home if they said so."""
    return await _record(
        crm,
        person_id,
        ConsentState.WITHDRAWN,
        purpose=purpose,
        source=source,
        channel=channel,
        covers_household=covers_household,
        text=words,
        proof=proof,
        at=at or now(),
    )


async def change_contact_policy(crm: Crm, **changes: Any) -> ContactPolicy:
    """A new version of the rule; decisions keep the number of the one they were made under."""
    if unknown := changes.keys() - SETTABLE:
        raise Invalid(f"A contact policy has no {', '.join(sorted(unknown))}.")
    current = await crm.contact_policies.current()
    facts = {name: getattr(current, name) for name in SETTABLE} | changes
    for name in ("quiet_channels", "opt_in_channels"):
        facts[name] = [Channel(channel).value for channel in facts[name]]
    for name in ("quiet_from_minute", "quiet_to_minute"):
        if not 0 <= facts[name] <= 1440:
            raise Invalid("Quiet hours are given in minutes of the day, 0 to 1440.")
    if facts["period_days"] < 1 or any(
        facts[name] < 0
        for name in ("max_per_period", "min_days_between", "max_per_household", "bereavement_days")
    ):
        raise Invalid("Limits cannot be negative, and a period is at least a day.")
    made = crm.contact_policies.add(ContactPolicy(version=current.version + 1, **facts))
    await crm.flush()
    return made


async def _record(crm: Crm, person_id: UUID, state: ConsentState, **facts: Any) -> Consent:
    if facts["at"] > now() + timedelta(minutes=1):
        raise Invalid("Nobody can have said this already at a time still to come.")
    person = await crm.people.get(person_id)
    await hold_homes(crm, {person.household_id or person.id})
    made = crm.consents.add(
        Consent(person_id=person.id, state=state, member_id=crm.actor.member_id, **facts)
    )
    await crm.flush()
    return made
