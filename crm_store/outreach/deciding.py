"""May we write to them? One answer for a person, a donor or a whole audience, on record."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as Uuid

from crm_store.base import now
from crm_store.channel import Channel, Purpose
from crm_store.crm import Crm
from crm_store.donors.models import DonorPerson
from crm_store.errors import Invalid, NotFound
from crm_store.orgs.models import Org
from crm_store.outreach.judging import Facts, Question, Verdict, judge, unknown
from crm_store.outreach.models import ContactDecision, ContactPolicy

AT_ONCE = 10_000
BEFORE_POLICIES = 0
SENT_ELSEWHERE = "Sent by another system, before decisions were kept."

PEOPLE = bindparam("people", type_=ARRAY(Uuid))
QUESTION = "SELECT * FROM contact_facts(:people, :channel, :purpose, :at, :days)"
FACTS = text(QUESTION).bindparams(PEOPLE)

RECORD = text(
    """
    INSERT INTO contact_decisions (org_id, id, person_id, donor_id, channel, purpose, at, allowed,
        reasons, codes, address, policy_version, not_before, created_by, updated_by)
    SELECT :org, id, person_id, donor_id, :channel, :purpose, :at, allowed, reasons, codes,
           address, :version, not_before, :actor, :actor
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
        id uuid, person_id uuid, donor_id uuid, allowed boolean, reasons text[], codes text[],
        address text, not_before timestamptz)
    """
)


async def may_contact(
    crm: Crm,
    *,
    channel: Channel,
    purpose: Purpose,
    person_id: UUID | None = None,
    donor_id: UUID | None = None,
    at: datetime | None = None,
    skips_officer_owned: bool = False,
) -> ContactDecision:
    """Whether a person may be written to, or whichever of a donor's people may; put on record."""
    if person_id is not None and donor_id is None:
        people: Sequence[UUID] = [(await crm.people.get(person_id)).id]
    elif donor_id is not None and person_id is None:
        people = await _people_of(crm, donor_id)
    else:
        raise Invalid("Ask about a person or about a donor.")
    verdicts = await decide(
        crm, people, channel, purpose, at, skips_officer_owned=skips_officer_owned
    )
    best = next((verdict for verdict in verdicts if verdict.allowed), verdicts[0])
    return await crm.contact_decisions.get(best.id)


async def decide(
    crm: Crm,
    people: Collection[UUID],
    channel: Channel,
    purpose: Purpose,
    at: datetime | None = None,
    *,
    skips_officer_owned: bool = False,
    is_recorded: bool = True,
) -> list[Verdict]:
    """The same answer for a whole audience, in the order given; every one of them on record."""
    crm.actor.need("outreach:read")
    await crm.flush()
    policy = await crm.contact_policies.current()
    at = at or now()
    question = Question(channel, purpose, at, await _timezone(crm), skips_officer_owned)
    wanted = list(dict.fromkeys(people))
    verdicts: list[Verdict] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        known = await _facts(crm, some, question, policy)
        judged = [
            judge(known[one], question, policy) if one in known else unknown(one) for one in some
        ]
        if is_recorded:
            await _record(
                crm, [v for v in judged if v.person_id in known], question, policy.version
            )
        verdicts += judged
    return verdicts


async def record_past_sends(
    crm: Crm, sent: Mapping[UUID, str], channel: Channel, purpose: Purpose, at: datetime
) -> dict[UUID, UUID]:
    """Decisions for messages another system sent: each person's, for importing what went out."""
    crm.actor.need("outreach:write")
    verdicts = [
        Verdict(person_id, True, (SENT_ELSEWHERE,), (), address)
        for person_id, address in sent.items()
    ]
    for start in range(0, len(verdicts), AT_ONCE):
        question = Question(channel, purpose, at)
        await _record(crm, verdicts[start : start + AT_ONCE], question, BEFORE_POLICIES)
    return {verdict.person_id: verdict.id for verdict in verdicts}


async def _facts(
    crm: Crm, people: list[UUID], question: Question, policy: ContactPolicy
) -> dict[UUID, Facts]:
    rows = await crm.session.execute(
        FACTS,
        {
            "people": people,
            "channel": question.channel.value,
            "purpose": question.purpose.value,
            "at": question.at,
            "days": policy.period_days,
        },
    )
    return {row[0]: Facts(*row) for row in rows}


async def _record(
    crm: Crm, verdicts: list[Verdict], question: Question, policy_version: int
) -> None:
    rows = [
        {
            "id": str(verdict.id),
            "person_id": str(verdict.person_id),
            "donor_id": str(verdict.donor_id) if verdict.donor_id else None,
            "allowed": verdict.allowed,
            "reasons": verdict.reasons,
            "codes": verdict.codes,
            "address": verdict.address,
            "not_before": verdict.not_before.isoformat() if verdict.not_before else None,
        }
        for verdict in verdicts
    ]
    await crm.session.execute(
        RECORD,
        {
            "org": crm.actor.org,
            "actor": crm.actor.id,
            "channel": question.channel.value,
            "purpose": question.purpose.value,
            "at": question.at,
            "version": policy_version,
            "rows": json.dumps(rows, ensure_ascii=False),
        },
    )


async def _people_of(crm: Crm, donor_id: UUID) -> Sequence[UUID]:
    """The living members of a giving unit, the first one first."""
    donor = await crm.donors.get(donor_id)
    found = await crm.session.scalars(
        select(DonorPerson.person_id)
        .where(DonorPerson.donor_id == donor.id, DonorPerson.left_at.is_(None))
        .order_by(DonorPerson.is_primary.desc(), DonorPerson.id)
    )
    people = found.all()
    if not people:
        raise NotFound(f"Nobody is known who could be written to for {donor.name}.")
    return people


async def _timezone(crm: Crm) -> str:
    found: str | None = await crm.session.scalar(
        select(Org.timezone).where(Org.id == crm.actor.org)
    )
    return found or "UTC"
