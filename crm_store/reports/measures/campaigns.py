"""Campaigns: who was reached, who read, answered and left, and what was given afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, join, true

from crm_store.actor import Actor
from crm_store.campaigns.models import CampaignRecipient
from crm_store.contacts.models import Person
from crm_store.donors.models import Donor
from crm_store.following import follows
from crm_store.gifts.models import Gift
from crm_store.reports.cuts import GIFT_CUTS, donor_cuts
from crm_store.reports.facts import DONORS, Cut, Derived, Ground, Happening, of_donor
from crm_store.reports.givers import COUNTS, NET
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.plan import Plan, on_day
from crm_store.reports.sendings import (
    CHANNEL,
    DAYS_AFTER,
    FLAGS,
    FOLLOWED,
    FOLLOWED_CHANNEL,
    FOLLOWED_PURPOSE,
    PURPOSE,
    SENT_CAMPAIGN,
    SENT_DONOR,
    SENT_ON,
    SENT_PERSON,
    gifts_after,
    sendings,
)


def _seen(actor: Actor) -> Any:
    return follows(actor, (SENT_DONOR, Donor), (SENT_PERSON, Person))


SENDINGS = Derived(
    noun="messages of campaigns",
    subject=DONORS,
    seen=_seen,
    donor_id=SENT_DONOR,
    cuts={
        **donor_cuts(SENT_DONOR),
        "campaign": Cut(SENT_CAMPAIGN),
        "channel": Cut(CHANNEL),
        "purpose": Cut(PURPOSE),
    },
    rows=sendings,
    day=SENT_ON,
    since=on_day(CampaignRecipient.accepted_at),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Following(Happening):
    """Gifts that came soon after a campaign; others are left out."""

    def ground(self, plan: Plan) -> Ground:
        plain = super().ground(plan)
        return Ground(join(plain.source, gifts_after(plan), true()), plain.where, plain.step)


AFTER_CAMPAIGNS = Following(
    noun="gifts after campaigns",
    model=Gift,
    day=Gift.received_on,
    where=(COUNTS,),
    subject=DONORS,
    seen=of_donor(Gift.donor_id),
    donor_id=Gift.donor_id,
    made_of_gifts=True,
    cuts={
        **GIFT_CUTS,
        **donor_cuts(Gift.donor_id),
        "campaign": Cut(FOLLOWED),
        "channel": Cut(FOLLOWED_CHANNEL),
        "purpose": Cut(FOLLOWED_PURPOSE),
    },
)

AFTERWARDS = (
    f"within {DAYS_AFTER} days after a campaign was sent to their donor, credited to the last "
    "campaign before the gift. That it came after does not prove that it came because"
)


def _counted(name: str, flag: str, definition: str, *also: str) -> Figure:
    return Figure(
        name=name,
        also=also,
        definition=f"{definition} By the day the message was sent.",
        fact=SENDINGS,
        value=func.count().filter(FLAGS[flag]),
    )


def _rate(name: str, of: str, per: str, definition: str, *also: str) -> Ratio:
    return Ratio(name=name, of=of, per=per, definition=definition, also=also)


MEASURES: tuple[Measure, ...] = (
    Figure(
        name="campaign_sent",
        also=("sent", "messages_sent", "campaign_recipients"),
        definition="People to whom a campaign's message was handed over for delivery in the "
        "period, each campaign counted by itself.",
        fact=SENDINGS,
        value=func.count(),
    ),
    _counted(
        "campaign_delivered",
        "was_delivered",
        "Of the people a campaign was sent to, those whose provider reported it delivered.",
        "delivered",
    ),
    _counted(
        "campaign_bounced",
        "has_bounced",
        "Of the people a campaign was sent to, those whose message came back.",
        "bounces",
        "bounced",
    ),
    _counted(
        "campaign_complaints",
        "has_complained",
        "Of the people a campaign was sent to, those who reported it as unwanted.",
        "complaints",
        "spam_reports",
    ),
    _counted(
        "campaign_opens",
        "was_opened",
        "Of the people a campaign was sent to, those who opened it themselves, once each; opens "
        "by scanners and prefetching mail programs do not count.",
        "opens",
        "human_opens",
    ),
    _counted(
        "campaign_machine_opens",
        "was_opened_by_machine",
        "Of the people a campaign was sent to, those whose message was opened by a scanner or a "
        "prefetching mail program, which says nothing of the reader; some opened it as well.",
        "machine_opens",
    ),
    _counted(
        "campaign_clicks",
        "was_clicked",
        "Of the people a campaign was sent to, those who followed a link in it themselves, once "
        "each; clicks by scanners do not count.",
        "clicks",
    ),
    _counted(
        "campaign_replies",
        "was_answered",
        "Of the people a campaign was sent to, those who answered it, once each.",
        "replies",
    ),
    _counted(
        "campaign_unsubscribes",
        "has_unsubscribed",
        "Of the people a campaign was sent to, those who unsubscribed through it.",
        "unsubscribes",
    ),
    _rate(
        "delivery_rate",
        "campaign_delivered",
        "campaign_sent",
        "Of the people campaigns were sent to in the period, the share whose provider reported it "
        "delivered.",
    ),
    _rate(
        "bounce_rate",
        "campaign_bounced",
        "campaign_sent",
        "Of the people campaigns were sent to in the period, the share whose message came back.",
    ),
    _rate(
        "open_rate",
        "campaign_opens",
        "campaign_delivered",
        "Of the people campaigns were delivered to, sent in the period, the share that opened them "
        "themselves; opens by machines do not count.",
        "human_open_rate",
    ),
    _rate(
        "click_rate",
        "campaign_clicks",
        "campaign_delivered",
        "Of the people campaigns were delivered to, sent in the period, the share that followed a "
        "link themselves; clicks by machines do not count.",
        "click_through_rate",
        "ctr",
    ),
    _rate(
        "reply_rate",
        "campaign_replies",
        "campaign_delivered",
        "Of the people campaigns were delivered to, sent in the period, the share that answered.",
        "response_rate",
    ),
    _rate(
        "unsubscribe_rate",
        "campaign_unsubscribes",
        "campaign_delivered",
        "Of the people campaigns were delivered to, sent in the period, the share that "
        "unsubscribed through them.",
    ),
    _rate(
        "complaint_rate",
        "campaign_complaints",
        "campaign_delivered",
        "Of the people campaigns were delivered to, sent in the period, the share that reported "
        "them as unwanted.",
    ),
    Figure(
        name="gifts_after_campaigns",
        also=("campaign_gifts",),
        definition=f"Gifts received in the period and not returned in full, {AFTERWARDS}.",
        fact=AFTER_CAMPAIGNS,
        value=func.count(),
    ),
    Figure(
        name="raised_after_campaigns",
        also=("campaign_raised", "campaign_revenue"),
        definition=f"Money received in the period, net of refunds, {AFTERWARDS}.",
        unit=Unit.MONEY,
        fact=AFTER_CAMPAIGNS,
        value=func.sum(NET),
    ),
)
