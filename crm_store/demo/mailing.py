"""Two campaigns that went out and what came of them, one in draft, and who agreed to what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from crm_store.campaigns.actions import fingerprint
from crm_store.campaigns.models import Campaign, CampaignRecipient, CampaignStatus, RecipientState
from crm_store.channel import Channel, Purpose
from crm_store.demo.scene import Keys, Known, Scene
from crm_store.gifts.models import Appeal
from crm_store.outreach.addresses import hash_of, normalise
from crm_store.outreach.models import (
    BounceKind,
    Consent,
    ConsentSource,
    ConsentState,
    ContactDecision,
    Delivery,
    DeliveryStatus,
    Link,
    Suppression,
    SuppressionReason,
    TrackingEvent,
    TrackingKind,
)

AGREED = "Yes, write to me about your work and how I can help."
PREFETCH = "Mozilla/5.0"
READER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mail"


@dataclass(frozen=True, slots=True)
class Letter:
    """A campaign as it was written, and how long ago it went out."""

    name: str
    subject: str
    words: str
    purpose: Purpose
    month: int


LETTERS = (
    Letter("Winter appeal {year}", "A warm place this winter",
           "<p>Dear {{informal_name}},</p><p>When the first rain falls, the queue at our kitchen "
           "grows. Forty euro feed a family for a week.</p>"
           '<p><a href="{{give_url}}">Give now</a></p>', Purpose.APPEAL, 12),
    Letter("Spring letter {year}", "What your gift has built",
           "<p>Dear {{informal_name}},</p><p>The roof of the new shelter is on, and the kitchen "
           "has its first fire.</p>"
           '<p><a href="{{give_url}}">See the photographs</a></p>', Purpose.NEWSLETTER, 4),
)  # fmt: skip
IN_DRAFT = Letter(
    "Open evening {year}", "Come and see for yourself",
    "<p>Dear {{informal_name}},</p><p>We open our doors on a Thursday evening. There will be soup, "
    "a short tour, and time to talk.</p>", Purpose.EVENT, 0,
)  # fmt: skip


async def add_mailings(scene: Scene) -> None:
    await _consents(scene)
    ids = scene.ids("mailings")
    for letter in LETTERS:
        await _Sending(scene, ids, letter).go_out()
    year = scene.today.year + (scene.today.month > 10)
    draft = _campaign(scene, ids, IN_DRAFT, year, scene.at(3, 15))
    scene.crm.session.add(draft)
    await scene.crm.flush()


async def _consents(scene: Scene) -> None:
    dice, ids = scene.dice("consents"), scene.ids("consents")
    rows = []
    for donor in scene.donors[: scene.some(260, 0.6)]:
        at = donor.since + timedelta(days=dice.randrange(1, 30))
        channel = Channel.WHATSAPP if dice.random() < 0.2 else Channel.EMAIL
        rows.append({
            "id": ids.next(at), "person_id": donor.person_id, "purpose": Purpose.MARKETING,
            "channel": channel, "state": ConsentState.GIVEN, "at": at, "text": AGREED,
            "text_version": "2", "created_at": at,
            "source": dice.choice((ConsentSource.WEBSITE, ConsentSource.PAPER)),
        })  # fmt: skip
    await scene.put(Consent, rows)


def _campaign(scene: Scene, ids: Keys, letter: Letter, year: int, made: datetime) -> Campaign:
    return Campaign(
        id=ids.next(made), name=letter.name.format(year=year), subject=letter.subject,
        content=letter.words, purpose=letter.purpose, sender_id=scene.staff[0].id,
        from_name=scene.org.name, from_address=f"letters@{scene.org.slug}.example",
        created_at=made,
    )  # fmt: skip


class _Sending:
    """One campaign from the moment its readers were fixed to the last answer."""

    def __init__(self, scene: Scene, ids: Keys, letter: Letter) -> None:
        self.scene, self.ids, self.letter = scene, ids, letter
        year = scene.today.year - (letter.month >= scene.today.month)
        self.at = datetime(year, letter.month, 2, 8, 30, tzinfo=scene.at(0).tzinfo)
        self.dice: Random = scene.dice(f"mailing {letter.month}")
        self.campaign = _campaign(scene, ids, letter, year, self.at - timedelta(days=6))
        self.decisions: list[dict[str, Any]] = []
        self.recipients: list[dict[str, Any]] = []
        self.deliveries: list[dict[str, Any]] = []
        self.links: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        self.withdrawn: list[dict[str, Any]] = []

    async def go_out(self) -> None:
        await self._write_campaign()
        for donor in self._readers():
            self._send(donor)
        for model, rows in (
            (ContactDecision, self.decisions), (CampaignRecipient, self.recipients),
            (Delivery, self.deliveries), (Link, self.links), (TrackingEvent, self.events),
            (Consent, self.withdrawn),
        ):  # fmt: skip
            await self.scene.put(model, rows)
        await self._close()

    async def _write_campaign(self) -> None:
        campaign, crm = self.campaign, self.scene.crm
        name = "Winter appeal" if self.letter.purpose is Purpose.APPEAL else "Spring appeal"
        campaign.appeal_id = await crm.session.scalar(
            select(Appeal.id).where(Appeal.name == f"{name} {self.at.year}")
        )
        campaign.status = CampaignStatus.SENT
        campaign.approved_at = campaign.frozen_at = self.at - timedelta(days=1)
        campaign.approved_by = self.scene.staff[0].id
        campaign.scheduled_at = campaign.started_at = self.at
        campaign.sent_at = self.at + timedelta(minutes=20)
        campaign.content_hash = fingerprint(campaign)
        crm.session.add(campaign)
        await crm.flush()

    def _readers(self) -> Sequence[Known]:
        """Those who were donors then and can be reached, each household once."""
        homes: set[UUID] = set()
        found = []
        for donor in self.scene.donors:
            home = donor.household_id or donor.person_id
            if donor.email and donor.since < self.at and home not in homes:
                homes.add(home)
                found.append(donor)
        return found[: self.scene.some(300, 0.75)]

    def _send(self, donor: Known) -> None:
        at = self.at + timedelta(seconds=3 * len(self.recipients))
        decision, recipient = self.ids.next(at), self.ids.next(at)
        self.decisions.append({
            "id": decision, "person_id": donor.person_id, "donor_id": donor.id,
            "channel": Channel.EMAIL, "purpose": self.letter.purpose, "at": at, "allowed": True,
            "reasons": ["They agreed to hear from us."], "codes": [], "address": donor.email,
            "policy_version": 1, "created_at": at,
        })  # fmt: skip
        self.recipients.append({
            "id": recipient, "campaign_id": self.campaign.id, "person_id": donor.person_id,
            "donor_id": donor.id, "household_id": donor.household_id, "address": donor.email,
            "state": RecipientState.ACCEPTED, "decision_id": decision, "attempts": 1, "fence": 1,
            "language": donor.language, "merge_values": {"informal_name": donor.greeting},
            "rendered_subject": self.letter.subject, "accepted_at": at, "created_at": at,
        })  # fmt: skip
        self._deliver(donor, recipient, at)

    def _deliver(self, donor: Known, recipient: UUID, at: datetime) -> None:
        delivery, number = self.ids.next(at), len(self.deliveries)
        key = f"{self.scene.key}-{self.letter.month}-{number}"
        bounced = self.dice.random() < 0.025
        self.deliveries.append({
            "id": delivery, "campaign_recipient_id": recipient, "fence": 1,
            "campaign_id": self.campaign.id, "person_id": donor.person_id, "donor_id": donor.id,
            "channel": Channel.EMAIL, "purpose": self.letter.purpose, "to_address": donor.email,
            "status": DeliveryStatus.BOUNCED if bounced else DeliveryStatus.DELIVERED,
            "tracking_key": key, "provider": "ses", "queued_at": at, "sent_at": at,
            "delivered_at": None if bounced else at + timedelta(seconds=4),
            "bounced_at": at + timedelta(seconds=9) if bounced else None,
            "bounce_kind": BounceKind.HARD if bounced else None, "created_at": at,
        })  # fmt: skip
        if bounced:
            self._event(delivery, donor, TrackingKind.BOUNCE, at)
            self._shut(donor, delivery, SuppressionReason.HARD_BOUNCE, at)
            return
        link = self.ids.next(at)
        self.links.append({
            "id": link, "delivery_id": delivery, "tracking_key": f"{key}-give", "position": 1,
            "url": f"https://{self.scene.org.slug}.example/give", "label": "Give now",
            "created_at": at,
        })  # fmt: skip
        self._read(donor, delivery, link, at)

    def _read(self, donor: Known, delivery: UUID, link: UUID, at: datetime) -> None:
        """Programs open first and at once; people later, and some of them do something."""
        dice = self.dice
        if dice.random() < 0.35:
            self._event(delivery, donor, TrackingKind.OPEN, at + timedelta(seconds=6),
                        is_machine=True, user_agent=PREFETCH)  # fmt: skip
        if dice.random() > 0.42:
            return
        opened = at + timedelta(hours=dice.randrange(1, 70), minutes=dice.randrange(60))
        self._event(delivery, donor, TrackingKind.OPEN, opened, user_agent=READER)
        if dice.random() < 0.22:
            self._event(delivery, donor, TrackingKind.CLICK, opened + timedelta(minutes=1),
                        link_id=link, user_agent=READER)  # fmt: skip
        if dice.random() < 0.05:
            self._event(delivery, donor, TrackingKind.REPLY, opened + timedelta(minutes=30))
        if dice.random() < 0.025:
            self._event(delivery, donor, TrackingKind.UNSUBSCRIBE, opened)
            self._shut(donor, delivery, SuppressionReason.UNSUBSCRIBED, opened)
            self._withdraw(donor, delivery, opened)

    def _event(
        self, delivery: UUID, donor: Known, kind: TrackingKind, at: datetime, **more: Any
    ) -> None:
        self.events.append({
            "id": self.ids.next(at), "kind": kind, "delivery_id": delivery, "at": at,
            "campaign_id": self.campaign.id, "person_id": donor.person_id,
            "is_machine": False, "created_at": at, **more,
        })  # fmt: skip

    def _shut(self, donor: Known, delivery: UUID, reason: SuppressionReason, at: datetime) -> None:
        plain = normalise(Channel.EMAIL, donor.email or "")
        self.closed.append({
            "id": self.ids.next(at), "channel": Channel.EMAIL, "address": plain,
            "address_hash": hash_of(self.scene.crm.actor.org, Channel.EMAIL, plain),
            "reason": reason, "person_id": donor.person_id, "campaign_id": self.campaign.id,
            "delivery_id": delivery, "at": at, "created_at": at,
        })  # fmt: skip

    def _withdraw(self, donor: Known, delivery: UUID, at: datetime) -> None:
        self.withdrawn.append({
            "id": self.ids.next(at), "person_id": donor.person_id, "purpose": Purpose.MARKETING,
            "channel": Channel.EMAIL, "state": ConsentState.WITHDRAWN, "at": at,
            "source": ConsentSource.EMAIL, "proof": f"delivery {delivery}", "created_at": at,
        })  # fmt: skip

    async def _close(self) -> None:
        """An address closed by one letter stays closed through the next."""
        known = await self.scene.crm.session.scalars(select(Suppression.address_hash))
        there = {bytes(digest) for digest in known}
        await self.scene.put(
            Suppression, [row for row in self.closed if row["address_hash"] not in there]
        )
