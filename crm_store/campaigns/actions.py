"""A campaign's life: drafted, approved, frozen, scheduled, sent, paused, cancelled."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from crm_store.base import now
from crm_store.campaigns.audience import freeze_audience
from crm_store.campaigns.composing import (
    change_template,
    fill,
    keep_asset,
    make_default_signature,
    place_asset,
    remove_asset,
    remove_template,
    use_template,
    variables_in,
    write_signature,
    write_template,
)
from crm_store.campaigns.models import (
    Campaign,
    CampaignRecipient,
    CampaignStatus,
    RecipientState,
)
from crm_store.campaigns.sending import (
    Report,
    claim_recipients,
    finish,
    lapse_recipients,
    record_sending,
    record_sendings,
    resolve_recipient,
)
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid

__all__ = [
    "Report",
    "approve_campaign",
    "cancel_campaign",
    "change_campaign",
    "change_template",
    "claim_recipients",
    "draft_campaign",
    "fill",
    "finish",
    "freeze_audience",
    "keep_asset",
    "lapse_recipients",
    "make_default_signature",
    "pause_campaign",
    "place_asset",
    "record_sending",
    "record_sendings",
    "remove_asset",
    "remove_template",
    "resolve_recipient",
    "resume_campaign",
    "schedule_campaign",
    "start_campaign",
    "use_template",
    "variables_in",
    "write_signature",
    "write_template",
]

WORDS = frozenset({"subject", "preview_text", "content", "content_plain", "template_id",
                   "signature_id", "from_name", "from_address", "reply_to"})  # fmt: skip
SETTINGS = frozenset({"name", "purpose", "segment_id", "appeal_id", "workspace_id", "mailbox_id",
                      "channel_account_id", "sender_id", "audience_filter", "one_per_household",
                      "skips_officer_owned", "tracks_opens", "expires_at"})  # fmt: skip
STALE = timedelta(days=7)


class NotADraft(Conflict):
    """Only a draft can be changed."""


class NotReady(Conflict):
    """This campaign is not ready to go."""


async def draft_campaign(
    crm: Crm, name: str, *, template_id: UUID | None = None, **facts: Any
) -> Campaign:
    """Begin a campaign, from a template if one is named."""
    if not name.strip():
        raise Invalid("Give this campaign a name.")
    if template_id is not None:
        template = await use_template(crm, template_id)
        for column in ("channel", "purpose", "subject", "content", "content_plain"):
            facts.setdefault(column, getattr(template, column))
    facts.setdefault("sender_id", crm.actor.member_id)
    campaign = crm.campaigns.add(Campaign(name=name.strip(), template_id=template_id, **facts))
    variables_in(campaign.subject, campaign.content, campaign.content_plain)
    await crm.flush()
    return campaign


async def change_campaign(crm: Crm, campaign_id: UUID, **changes: Any) -> Campaign:
    """Change a draft. What was approved is no longer this."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    if campaign.status is not CampaignStatus.DRAFT:
        raise NotADraft
    for name, value in changes.items():
        if name not in WORDS | SETTINGS:
            raise Invalid(f"A campaign has no {name.replace('_', ' ')} to change.")
        setattr(campaign, name, value)
    variables_in(campaign.subject, campaign.content, campaign.content_plain)
    campaign.content_hash = campaign.approved_at = campaign.approved_by = None
    await crm.flush()
    return campaign


async def approve_campaign(crm: Crm, campaign_id: UUID) -> Campaign:
    """Somebody read it and stands by it: these words, and no others, may go."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    if campaign.status is not CampaignStatus.DRAFT:
        raise NotADraft
    if not campaign.content.strip():
        raise Invalid("This campaign is empty.")
    campaign.content_hash = fingerprint(campaign)
    campaign.approved_at, campaign.approved_by = now(), crm.actor.id
    await crm.flush()
    return campaign


async def schedule_campaign(
    crm: Crm, campaign_id: UUID, at: datetime | None = None, *, expires_at: datetime | None = None
) -> Campaign:
    """Send an approved campaign with a frozen audience at this time; never a week after it."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    if campaign.status is not CampaignStatus.DRAFT:
        raise NotADraft
    if campaign.content_hash is None or campaign.content_hash != fingerprint(campaign):
        raise NotReady("Nobody has approved this campaign as it stands now.")
    if campaign.frozen_at is None:
        raise NotReady("Decide first who this campaign is for.")
    campaign.scheduled_at = at or now()
    campaign.expires_at = expires_at or campaign.expires_at or campaign.scheduled_at + STALE
    if campaign.expires_at <= campaign.scheduled_at:
        raise Invalid("A campaign cannot expire before it begins.")
    campaign.status = CampaignStatus.SCHEDULED
    await crm.flush()
    return campaign


async def start_campaign(crm: Crm, campaign_id: UUID, *, at: datetime | None = None) -> Campaign:
    """Its time has come. One whose time has gone is not sent but paused for somebody to look."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    at = at or now()
    if campaign.status is not CampaignStatus.SCHEDULED:
        raise NotReady("Only a scheduled campaign can start.")
    if campaign.scheduled_at is None or campaign.scheduled_at > at:
        raise NotReady("It is not time yet.")
    if campaign.expires_at is not None and campaign.expires_at <= at:
        campaign.status, campaign.paused_at = CampaignStatus.PAUSED, at
        campaign.pause_reason = "Its time went by before it could be sent."
    else:
        campaign.status, campaign.started_at = CampaignStatus.SENDING, at
    await crm.flush()
    return campaign


async def pause_campaign(crm: Crm, campaign_id: UUID, because: str | None = None) -> Campaign:
    """Nobody else is written to until it is resumed; who has been, stays so."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    if campaign.status not in {CampaignStatus.SCHEDULED, CampaignStatus.SENDING}:
        raise Conflict("Only a campaign that is waiting or being sent can be paused.")
    campaign.status, campaign.paused_at = CampaignStatus.PAUSED, now()
    campaign.pause_reason = because
    await crm.flush()
    return campaign


async def resume_campaign(
    crm: Crm, campaign_id: UUID, *, expires_at: datetime | None = None
) -> Campaign:
    """Go on with those not yet written to, and only those."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    if campaign.status is not CampaignStatus.PAUSED:
        raise Conflict("Only a paused campaign can be resumed.")
    if expires_at is not None:
        campaign.expires_at = expires_at
    elif campaign.expires_at is not None and campaign.expires_at <= now():
        raise NotReady("This campaign's time has gone by; say until when it may still be sent.")
    started = campaign.started_at is not None
    campaign.status = CampaignStatus.SENDING if started else CampaignStatus.SCHEDULED
    campaign.paused_at = campaign.pause_reason = None
    await crm.flush()
    return campaign


async def cancel_campaign(crm: Crm, campaign_id: UUID) -> Campaign:
    """Nobody else is written to, ever. Those already being written to may still get it."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    if campaign.status in {CampaignStatus.SENT, CampaignStatus.CANCELLED}:
        raise Conflict("This campaign is over.")
    campaign.status, campaign.cancelled_at = CampaignStatus.CANCELLED, now()
    await crm.flush()
    stopped = await crm.session.execute(
        update(CampaignRecipient)
        .where(
            CampaignRecipient.org_id == campaign.org_id,
            CampaignRecipient.campaign_id == campaign.id,
            CampaignRecipient.state == RecipientState.PENDING,
        )
        .values(state=RecipientState.CANCELLED, reason="The campaign was cancelled.")
        .execution_options(synchronize_session=False)
    )
    crm.note(
        "cancelled",
        "campaign_recipients",
        campaign.id,
        recipients=stopped.rowcount,  # type: ignore[attr-defined]
    )
    return campaign


def fingerprint(campaign: Campaign) -> bytes:
    """Of everything a reader would see."""
    parts = (getattr(campaign, name) for name in sorted(WORDS))
    return hashlib.sha256(
        "\0".join("" if part is None else str(part) for part in parts).encode()
    ).digest()
