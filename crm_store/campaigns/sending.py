"""Sending a campaign: recipients are claimed in batches, asked about again, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select

from crm_store.base import now
from crm_store.campaigns.models import (
    Campaign,
    CampaignRecipient,
    CampaignStatus,
    RecipientState,
)
from crm_store.crm import Crm
from crm_store.errors import Conflict
from crm_store.outreach.deciding import decide
from crm_store.outreach.deliveries import fail_delivery, new_key, note_sent
from crm_store.outreach.holding import may_leave
from crm_store.outreach.mailboxes import room_today
from crm_store.outreach.models import Delivery
from crm_store.outreach.outbox import Outcome, StaleClaim
from crm_store.outreach.suppressing import hold_homes

LEASE = timedelta(minutes=10)
BACKOFF = timedelta(minutes=5)
ATTEMPTS = 3
OPEN = (RecipientState.CLAIMED, RecipientState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ClaimedRecipient:
    """Somebody a worker may now write to, until the lease ends."""

    recipient: CampaignRecipient
    delivery: Delivery
    fence: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider said of one claimed recipient."""

    recipient_id: UUID
    fence: int
    outcome: Outcome
    provider: str | None = None
    provider_message_id: str | None = None
    error: str | None = None
    at: datetime = field(default_factory=now)


async def claim_recipients(
    crm: Crm,
    campaign_id: UUID,
    worker: str,
    *,
    limit: int = 100,
    lease: timedelta = LEASE,
    at: datetime | None = None,
) -> list[ClaimedRecipient]:
    """The next ones to write to. Pausing, cancelling and every refusal since then are seen here:
    an empty list does not mean that nobody is left."""
    crm.actor.need("campaigns:write")
    at = at or now()
    campaign = await _sending(crm, campaign_id)
    if campaign is None:
        return []
    rows = await crm.campaign_recipients.all(
        crm.campaign_recipients.everything()
        .where(
            CampaignRecipient.campaign_id == campaign.id,
            CampaignRecipient.state == RecipientState.PENDING,
            or_(CampaignRecipient.not_before.is_(None), CampaignRecipient.not_before <= at),
            may_leave(),
        )
        .order_by(CampaignRecipient.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = _one_of_each_home(rows)
    await hold_homes(crm, {row.household_id or row.person_id for row in rows})
    rows = await _still_allowed(crm, campaign, rows, at)
    if campaign.mailbox_id is not None and rows:
        rows = rows[: await room_today(crm, campaign.mailbox_id, len(rows), at)]
    claims = []
    for row in rows:
        row.state, row.claimed_by, row.lease_until = RecipientState.CLAIMED, worker, at + lease
        row.fence, row.attempts, row.reason = row.fence + 1, row.attempts + 1, None
        claims.append(ClaimedRecipient(row, _open(crm, campaign, row, at), row.fence))
    async with crm.granted("outreach:write"):
        await crm.flush()
    return claims


async def record_sending(
    crm: Crm, recipient_id: UUID, fence: int, outcome: Outcome, **facts: Any
) -> CampaignRecipient:
    """What became of one claimed recipient. Only the latest claim may say."""
    report = Report(recipient_id, fence, outcome, **facts)
    recorded = await record_sendings(crm, [report])
    if not recorded:
        raise StaleClaim
    return recorded[0]


async def record_sendings(crm: Crm, reports: Sequence[Report]) -> list[CampaignRecipient]:
    """The same for a whole batch; reports of claims that somebody has taken over are left out."""
    crm.actor.need("campaigns:write")
    by_id = {report.recipient_id: report for report in reports}
    rows = await crm.campaign_recipients.all(
        crm.campaign_recipients.everything()
        .where(CampaignRecipient.id.in_(by_id))
        .order_by(CampaignRecipient.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    deliveries = await crm.deliveries.all(
        crm.deliveries.everything().where(Delivery.campaign_recipient_id.in_(by_id))
    )
    attempts = {(one.campaign_recipient_id, one.fence): one for one in deliveries}
    recorded = []
    for row in rows:
        report = by_id[row.id]
        if row.fence == report.fence and row.state in OPEN:
            _take(row, attempts[row.id, row.fence], report)
        elif not _is_repeat(row, report):
            continue
        recorded.append(row)
    async with crm.granted("outreach:write"):
        await crm.flush()
    return recorded


def _take(row: CampaignRecipient, delivery: Delivery, report: Report) -> None:
    row.lease_until, row.error_message = None, report.error
    if report.outcome is Outcome.SENT:
        row.state, row.accepted_at = RecipientState.ACCEPTED, report.at
        row.provider_message_id = report.provider_message_id
        note_sent(delivery, report.provider, report.provider_message_id, None, report.at)
    elif report.outcome is Outcome.UNKNOWN:
        row.state = RecipientState.UNKNOWN
    else:
        fail_delivery(delivery, report.error, report.at)
        again = report.outcome is Outcome.TRY_AGAIN and row.attempts < ATTEMPTS
        row.state = RecipientState.PENDING if again else RecipientState.FAILED
        row.not_before = report.at + BACKOFF * 2 ** (row.attempts - 1) if again else None


def _is_repeat(row: CampaignRecipient, report: Report) -> bool:
    return (
        row.state is RecipientState.ACCEPTED
        and row.fence == report.fence
        and report.outcome is Outcome.SENT
    )


async def lapse_recipients(crm: Crm, *, at: datetime | None = None) -> Sequence[CampaignRecipient]:
    """Claims nobody reported on: nobody knows whether they went, so they are not sent again."""
    crm.actor.need("campaigns:write")
    at = at or now()
    rows = await crm.campaign_recipients.all(
        crm.campaign_recipients.everything()
        .where(
            CampaignRecipient.state == RecipientState.CLAIMED, CampaignRecipient.lease_until < at
        )
        .with_for_update(skip_locked=True)
    )
    for row in rows:
        row.state, row.lease_until = RecipientState.UNKNOWN, None
        row.error_message = "The sender stopped before it could say whether this went out."
    await crm.flush()
    return rows


async def finish(crm: Crm, campaign_id: UUID, *, at: datetime | None = None) -> Campaign:
    """Mark a campaign as sent once nobody is left to write to; before that it goes on."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    left = select(
        exists().where(
            CampaignRecipient.org_id == campaign.org_id,
            CampaignRecipient.campaign_id == campaign.id,
            CampaignRecipient.state.in_([RecipientState.PENDING, RecipientState.CLAIMED]),
        )
    )
    if campaign.status is CampaignStatus.SENDING and not await crm.session.scalar(left):
        campaign.status, campaign.sent_at = CampaignStatus.SENT, at or now()
    await crm.flush()
    return campaign


async def resolve_recipient(crm: Crm, recipient_id: UUID, *, was_sent: bool) -> CampaignRecipient:
    """Somebody looked it up: it went, or it did not. It is not sent again by itself."""
    row = await crm.campaign_recipients.get(recipient_id, lock=True)
    if row.state is not RecipientState.UNKNOWN:
        raise Conflict("It is known already what became of this message.")
    outcome = Outcome.SENT if was_sent else Outcome.REFUSED
    return await record_sending(crm, row.id, row.fence, outcome)


async def _sending(crm: Crm, campaign_id: UUID) -> Campaign | None:
    """The campaign, held against pausing until commit; None while it is not being sent."""
    query = crm.campaigns.everything().where(Campaign.id == campaign_id)
    campaign = await crm.campaigns.one(query.with_for_update(read=True))
    return campaign if campaign.status is CampaignStatus.SENDING else None


def _one_of_each_home(rows: Sequence[CampaignRecipient]) -> list[CampaignRecipient]:
    """So that each decision sees the sending before it; the others come next time."""
    first: dict[UUID, CampaignRecipient] = {}
    for row in rows:
        first.setdefault(row.household_id or row.person_id, row)
    return list(first.values())


async def _still_allowed(
    crm: Crm, campaign: Campaign, rows: list[CampaignRecipient], at: datetime
) -> list[CampaignRecipient]:
    verdicts = await decide(
        crm,
        [row.person_id for row in rows],
        campaign.channel,
        campaign.purpose,
        at,
        skips_officer_owned=campaign.skips_officer_owned,
    )
    kept = []
    for row, verdict in zip(rows, verdicts, strict=True):
        row.decision_id, row.address = verdict.id, verdict.address
        if verdict.allowed:
            kept.append(row)
        elif verdict.not_before is not None:
            row.not_before = verdict.not_before
        else:
            row.state, row.reason = RecipientState.SUPPRESSED, " ".join(verdict.reasons)
    return kept


def _open(crm: Crm, campaign: Campaign, row: CampaignRecipient, at: datetime) -> Delivery:
    return crm.deliveries.add(
        Delivery(
            campaign_recipient_id=row.id,
            fence=row.fence,
            campaign_id=campaign.id,
            person_id=row.person_id,
            donor_id=row.donor_id,
            channel=campaign.channel,
            purpose=campaign.purpose,
            to_address=row.address or "",
            tracking_key=new_key(),
            mailbox_id=campaign.mailbox_id,
            queued_at=at,
        )
    )
