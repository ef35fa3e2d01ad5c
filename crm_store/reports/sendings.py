"""Each person a campaign was sent to, with what came of it; and gifts that followed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Date, String, Uuid, and_, cast, column, func, or_, select

from crm_store.campaigns.models import Campaign, CampaignRecipient, RecipientState
from crm_store.gifts.models import Gift
from crm_store.outreach.models import Delivery, DeliveryStatus, TrackingEvent, TrackingKind
from crm_store.reports.facts import kept
from crm_store.reports.plan import ORG, Plan, on_day

DAYS_AFTER = 30

RECIPIENT = column("recipient_id", Uuid())
SENT_DONOR = column("sent_donor_id", Uuid())
SENT_PERSON = column("sent_person_id", Uuid())
SENT_CAMPAIGN = column("sent_campaign_id", Uuid())
SENT_ON = column("sent_on", Date())
CHANNEL = column("sent_channel", String())
PURPOSE = column("sent_purpose", String())
FLAGS = {
    name: column(name, Boolean())
    for name in (
        "was_delivered", "has_bounced", "has_complained", "was_opened", "was_opened_by_machine",
        "was_clicked", "was_answered", "has_unsubscribed",
    )
}  # fmt: skip

FOLLOWED = column("followed_id", Uuid())
FOLLOWED_CHANNEL = column("followed_channel", String())
FOLLOWED_PURPOSE = column("followed_purpose", String())


def sendings(plan: Plan) -> Any:
    """Recipients a message left for in the period; a reader counts once however often they open."""
    by_reader = ~TrackingEvent.is_machine
    opened = TrackingEvent.kind == TrackingKind.OPEN
    flags = {
        "was_delivered": or_(
            Delivery.delivered_at.is_not(None),
            Delivery.status.in_((DeliveryStatus.DELIVERED, DeliveryStatus.COMPLAINED)),
        ),
        "has_bounced": Delivery.status == DeliveryStatus.BOUNCED,
        "has_complained": Delivery.status == DeliveryStatus.COMPLAINED,
        "was_opened": and_(opened, by_reader),
        "was_opened_by_machine": and_(opened, TrackingEvent.is_machine),
        "was_clicked": and_(TrackingEvent.kind == TrackingKind.CLICK, by_reader),
        "was_answered": TrackingEvent.kind == TrackingKind.REPLY,
        "has_unsubscribed": TrackingEvent.kind == TrackingKind.UNSUBSCRIBE,
    }
    keys = (
        CampaignRecipient.id.label(RECIPIENT.name),
        CampaignRecipient.donor_id.label(SENT_DONOR.name),
        CampaignRecipient.person_id.label(SENT_PERSON.name),
        CampaignRecipient.campaign_id.label(SENT_CAMPAIGN.name),
        CampaignRecipient.accepted_at,
        Campaign.channel.label(CHANNEL.name),
        Campaign.purpose.label(PURPOSE.name),
    )
    found = (
        select(*keys, *(_ever(flag).label(name) for name, flag in flags.items()))
        .join(Campaign, _is(Campaign, CampaignRecipient.campaign_id))
        .outerjoin(
            Delivery,
            and_(Delivery.org_id == ORG, Delivery.campaign_recipient_id == CampaignRecipient.id),
        )
        .outerjoin(
            TrackingEvent,
            and_(TrackingEvent.org_id == ORG, TrackingEvent.delivery_id == Delivery.id),
        )
        .where(
            *kept(CampaignRecipient),
            CampaignRecipient.state == RecipientState.ACCEPTED,
            plan.during(CampaignRecipient.accepted_at),
        )
        .group_by(*(getattr(key, "element", key) for key in keys))
        .subquery("accepted")
    )
    shown = [one for one in found.c if one.key != "accepted_at"]
    return select(*shown, on_day(found.c.accepted_at).label(SENT_ON.name)).subquery("sendings")


def gifts_after(plan: Plan) -> Any:
    """Gifts of the period with the last campaign sent to their donor in the 30 days before."""
    sent_on = on_day(CampaignRecipient.accepted_at)
    last = (
        select(
            Campaign.id.label(FOLLOWED.name),
            Campaign.channel.label(FOLLOWED_CHANNEL.name),
            Campaign.purpose.label(FOLLOWED_PURPOSE.name),
        )
        .select_from(CampaignRecipient)
        .join(Campaign, _is(Campaign, CampaignRecipient.campaign_id))
        .where(
            *kept(CampaignRecipient),
            CampaignRecipient.donor_id == Gift.donor_id,
            CampaignRecipient.state == RecipientState.ACCEPTED,
            sent_on.between(Gift.received_on - DAYS_AFTER, Gift.received_on),
        )
        .order_by(CampaignRecipient.accepted_at.desc(), CampaignRecipient.id.desc())
        .limit(1)
        .correlate(Gift)
    )
    return last.lateral("followed")


def _ever(flag: Any) -> Any:
    return func.coalesce(func.bool_or(flag), cast(False, Boolean))


def _is(model: Any, here: Any) -> Any:
    return and_(model.org_id == ORG, model.id == here)
