"""Who a campaign is for: fixed once, with everybody who may not be written to named and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, delete, select, text

from crm_store.base import new_id, now
from crm_store.campaigns.models import Campaign, CampaignRecipient, CampaignStatus, RecipientState
from crm_store.contacts.models import Person
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.outreach.deciding import decide
from crm_store.outreach.judging import Verdict
from crm_store.segments.language import read_filter
from crm_store.segments.models import Subject

ONCE = "Their household is written to once."

FREEZE = text(
    """
    INSERT INTO campaign_recipients (org_id, id, campaign_id, person_id, donor_id, household_id,
        address, state, reason, decision_id, not_before, language, created_by, updated_by)
    SELECT :org, r.id, :campaign, r.person_id, r.donor_id, r.household_id, r.address, r.state,
           r.reason, r.decision_id, r.not_before, p.language, :actor, :actor
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
        id uuid, person_id uuid, donor_id uuid, household_id uuid, address text, state text,
        reason text, decision_id uuid, not_before timestamptz)
    JOIN people p ON p.org_id = :org AND p.id = r.person_id
    ON CONFLICT (org_id, campaign_id, person_id) DO NOTHING
    """
)

ONE_EACH = text(
    """
    UPDATE campaign_recipients r SET state = 'suppressed', reason = :once
    FROM (
        SELECT o.id, row_number() OVER (
            PARTITION BY coalesce(o.household_id, o.donor_id, o.person_id)
            ORDER BY p.household_role = 'head' DESC NULLS LAST, dp.is_primary DESC NULLS LAST,
                     p.created_at, p.id) AS place
        FROM campaign_recipients o
        JOIN people p ON p.org_id = o.org_id AND p.id = o.person_id
        LEFT JOIN donor_people dp ON dp.org_id = o.org_id AND dp.donor_id = o.donor_id
             AND dp.person_id = o.person_id
        WHERE o.org_id = :org AND o.campaign_id = :campaign AND o.state = 'pending'
    ) AS ranked
    WHERE r.org_id = :org AND r.id = ranked.id AND ranked.place > 1
    """
)


@dataclass(frozen=True, slots=True)
class Frozen:
    """How many a campaign will reach, and why the others not."""

    total: int
    pending: int
    suppressed: int
    because: dict[str, int]


async def freeze_audience(
    crm: Crm,
    campaign_id: UUID,
    people: Sequence[UUID] | Select[Any] | None = None,
    *,
    at: datetime | None = None,
) -> Frozen:
    """Fix who a draft is for: these people, a question that gives their ids, or its segment's
    people. Freezing again begins anew."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    if campaign.status is not CampaignStatus.DRAFT:
        raise Conflict("The audience of a campaign is fixed once it is scheduled.")
    at = at or now()
    if people is None:
        people = await _meant(crm, campaign)
    wanted = await _visible(crm, people)
    await crm.session.execute(
        delete(CampaignRecipient).where(
            CampaignRecipient.org_id == campaign.org_id,
            CampaignRecipient.campaign_id == campaign.id,
        )
    )
    verdicts = await decide(
        crm,
        wanted,
        campaign.channel,
        campaign.purpose,
        campaign.scheduled_at or at,
        skips_officer_owned=campaign.skips_officer_owned,
    )
    ids = {"org": crm.actor.org, "campaign": campaign.id}
    await crm.session.execute(
        FREEZE,
        {**ids, "actor": crm.actor.id, "rows": json.dumps([_row(one) for one in verdicts])},
    )
    if campaign.one_per_household:
        await crm.session.execute(ONE_EACH, {**ids, "once": ONCE})
    campaign.frozen_at = at
    frozen = await _counted(crm, campaign.id)
    crm.note("frozen", "campaigns", campaign.id, total=frozen.total, pending=frozen.pending)
    await crm.flush()
    return frozen


def _row(verdict: Verdict) -> dict[str, Any]:
    """Who can only not be written to just now stays in: sending asks again."""
    stays = verdict.allowed or verdict.will_pass
    return {
        "id": str(new_id()),
        "person_id": str(verdict.person_id),
        "donor_id": str(verdict.donor_id) if verdict.donor_id else None,
        "household_id": str(verdict.household_id) if verdict.household_id else None,
        "address": verdict.address,
        "state": RecipientState.PENDING.value if stays else RecipientState.SUPPRESSED.value,
        "reason": None if stays else " ".join(verdict.reasons),
        "decision_id": str(verdict.id),
        "not_before": verdict.not_before.isoformat() if verdict.not_before else None,
    }


async def _visible(crm: Crm, people: Sequence[UUID] | Select[Any]) -> Sequence[UUID]:
    """Those among them whom the asker may see; nobody else is written to in their name."""
    query = crm.people.rows().with_only_columns(Person.id).order_by(Person.id)
    if isinstance(people, Select):
        return (await crm.session.scalars(query.where(Person.id.in_(people)))).all()
    wanted = list(dict.fromkeys(people))
    seen = set((await crm.session.scalars(query.where(Person.id.in_(wanted)))).all())
    if len(seen) < len(wanted):
        raise Invalid("Some of these people are not visible to you, or not there.")
    return wanted


async def _meant(crm: Crm, campaign: Campaign) -> Select[Any]:
    """The ids of the people its segment or its filter means, just now."""
    if campaign.segment_id is not None:
        return await crm.segments.people(await crm.segments.get(campaign.segment_id))
    if campaign.audience_filter is not None:
        node = read_filter(campaign.audience_filter)
        return await crm.segments.matching(node, Subject.PEOPLE)
    raise Invalid("Say who this campaign is for: a segment, a filter, or people by name.")


async def _counted(crm: Crm, campaign_id: UUID) -> Frozen:
    sentence = case(
        (CampaignRecipient.state == RecipientState.SUPPRESSED, CampaignRecipient.reason)
    )
    rows = await crm.session.execute(
        select(CampaignRecipient.state, sentence).where(
            CampaignRecipient.org_id == crm.actor.org,
            CampaignRecipient.campaign_id == campaign_id,
        )
    )
    states: Counter[RecipientState] = Counter()
    because: Counter[str] = Counter()
    for state, reason in rows:
        states[state] += 1
        if reason is not None:
            because[reason] += 1
    return Frozen(
        states.total(),
        states[RecipientState.PENDING],
        states[RecipientState.SUPPRESSED],
        dict(because.most_common()),
    )
