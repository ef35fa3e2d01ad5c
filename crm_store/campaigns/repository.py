"""Questions about campaigns: what may be used in them, who they are for, what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, text, true

from crm_store.actor import Reach
from crm_store.campaigns.models import (
    Asset,
    Campaign,
    CampaignAsset,
    CampaignRecipient,
    CampaignStatus,
    RecipientState,
    Signature,
    Template,
)
from crm_store.channel import Channel
from crm_store.contacts.models import Person
from crm_store.donors.models import Donor
from crm_store.following import follows
from crm_store.repository import Page, Repository

GIFT_DAYS = 30


@dataclass(frozen=True, slots=True)
class GiftsAfter:
    """What recipients gave in the days after they were written to, in one currency."""

    currency: str
    gifts: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Results:
    """What came of a campaign. Opens by machines say nothing of readers, so they stand apart."""

    recipients: int
    pending: int
    sent: int
    unknown: int
    failed: int
    suppressed: int
    cancelled: int
    delivered: int
    bounced: int
    complained: int
    opened: int
    opened_by_machine: int
    clicked: int
    clicked_by_machine: int
    replied: int
    unsubscribed: int
    gifts: tuple[GiftsAfter, ...] = ()


RESULTS = text(
    """
    WITH states AS (
        SELECT count(*) AS recipients,
               count(*) FILTER (WHERE state IN ('pending', 'claimed')) AS pending,
               count(*) FILTER (WHERE state = 'accepted') AS sent,
               count(*) FILTER (WHERE state = 'unknown') AS unknown,
               count(*) FILTER (WHERE state = 'failed') AS failed,
               count(*) FILTER (WHERE state = 'suppressed') AS suppressed,
               count(*) FILTER (WHERE state = 'cancelled') AS cancelled
        FROM campaign_recipients WHERE org_id = :org AND campaign_id = :campaign
    ),
    arrived AS (
        SELECT count(*) FILTER (WHERE delivered_at IS NOT NULL
                                   OR status IN ('delivered', 'complained')) AS delivered,
               count(*) FILTER (WHERE status = 'bounced') AS bounced,
               count(*) FILTER (WHERE status = 'complained') AS complained
        FROM deliveries WHERE org_id = :org AND campaign_id = :campaign
    ),
    happened AS (
        SELECT delivery_id, kind, bool_and(is_machine) AS only_machine
        FROM tracking_events WHERE org_id = :org AND campaign_id = :campaign
        GROUP BY delivery_id, kind
    ),
    answers AS (
        SELECT count(*) FILTER (WHERE kind = 'open' AND NOT only_machine) AS opened,
               count(*) FILTER (WHERE kind = 'open' AND only_machine) AS opened_by_machine,
               count(*) FILTER (WHERE kind = 'click' AND NOT only_machine) AS clicked,
               count(*) FILTER (WHERE kind = 'click' AND only_machine) AS clicked_by_machine,
               count(*) FILTER (WHERE kind = 'reply') AS replied,
               count(*) FILTER (WHERE kind = 'unsubscribe') AS unsubscribed
        FROM happened
    )
    SELECT * FROM states, arrived, answers
    """
)


GIFTS = text(
    """
    WITH place AS (SELECT timezone FROM orgs WHERE id = :org),
    written AS (
        SELECT coalesce(dp.donor_id, r.donor_id) AS donor_id,
               (min(r.accepted_at) AT TIME ZONE (SELECT timezone FROM place))::date AS first_on,
               (max(r.accepted_at) AT TIME ZONE (SELECT timezone FROM place))::date AS last_on
        FROM campaign_recipients r
        LEFT JOIN donor_people dp ON dp.org_id = r.org_id AND dp.person_id = r.person_id
             AND dp.left_at IS NULL
        WHERE r.org_id = :org AND r.campaign_id = :campaign AND r.state = 'accepted'
        GROUP BY 1
    )
    SELECT g.currency, count(*), sum(g.amount - g.refunded)
    FROM written w
    JOIN gifts g ON g.org_id = :org AND g.donor_id = w.donor_id AND g.deleted_at IS NULL
         AND g.received_on BETWEEN w.first_on AND w.last_on + CAST(:days AS int)
    GROUP BY g.currency ORDER BY g.currency
    """
)


class CampaignRepository(Repository[Campaign]):
    model = Campaign

    def visible(self) -> ColumnElement[bool]:
        """A department's campaigns are its own; the rest are everybody's."""
        if self.actor.reach is Reach.ALL:
            return true()
        return or_(
            Campaign.workspace_id.is_(None),
            Campaign.workspace_id.in_(self.actor.workspace_ids),
            Campaign.sender_id == self.actor.member_id,
        )

    async def with_status(self, *statuses: CampaignStatus, limit: int = 20) -> Page[Campaign]:
        criteria = [Campaign.status.in_(statuses)] if statuses else []
        return await self.page(*criteria, limit=limit)

    async def due(self, at: datetime) -> Sequence[Campaign]:
        """Scheduled ones whose time has come and has not gone."""
        return await self.all(
            self.rows()
            .where(
                Campaign.status == CampaignStatus.SCHEDULED,
                Campaign.scheduled_at <= at,
                or_(Campaign.expires_at.is_(None), Campaign.expires_at > at),
            )
            .order_by(Campaign.scheduled_at)
        )

    async def results(self, campaign_id: UUID, *, gift_days: int = GIFT_DAYS) -> Results:
        """What came of a campaign, counted now."""
        campaign = await self.get(campaign_id)
        asked = {"org": self.actor.org, "campaign": campaign.id}
        row = (await self.session.execute(RESULTS, asked)).one()
        gifts = await self._gifts_after(campaign.id, gift_days)
        return Results(**row._mapping, gifts=gifts)

    async def _gifts_after(self, campaign_id: UUID, days: int) -> tuple[GiftsAfter, ...]:
        """Gifts by those written to, each counted once, within so many days of the writing."""
        if not self.actor.may("gifts:read"):
            return ()
        rows = await self.session.execute(
            GIFTS, {"org": self.actor.org, "campaign": campaign_id, "days": days}
        )
        return tuple(GiftsAfter(*row) for row in rows)


class CampaignRecipientRepository(Repository[CampaignRecipient]):
    model = CampaignRecipient

    def visible(self) -> ColumnElement[bool]:
        return follows(
            self.actor,
            (CampaignRecipient.donor_id, Donor),
            (CampaignRecipient.person_id, Person),
        )

    async def of(
        self,
        campaign_id: UUID,
        *states: RecipientState,
        limit: int = 20,
        offset: int = 0,
    ) -> Page[CampaignRecipient]:
        criteria = [CampaignRecipient.campaign_id == campaign_id]
        if states:
            criteria.append(CampaignRecipient.state.in_(states))
        return await self.page(*criteria, limit=limit, offset=offset, order=CampaignRecipient.id)


class CampaignAssetRepository(Repository[CampaignAsset]):
    model = CampaignAsset

    async def of(self, campaign_id: UUID) -> Sequence[CampaignAsset]:
        return await self.all(
            self.rows()
            .where(CampaignAsset.campaign_id == campaign_id)
            .order_by(CampaignAsset.sort_order, CampaignAsset.id)
        )


class TemplateRepository(Repository[Template]):
    model = Template

    async def usable(
        self,
        channel: Channel = Channel.EMAIL,
        *,
        category: str | None = None,
        language: str | None = None,
    ) -> Sequence[Template]:
        """Those in use, the ones most used first."""
        query = self.rows().where(Template.channel == channel, Template.is_active)
        if category is not None:
            query = query.where(Template.category == category)
        if language is not None:
            query = query.where(Template.language == language)
        return await self.all(query.order_by(Template.usage_count.desc(), Template.name))

    async def named(self, name: str, language: str | None = None) -> Template:
        """In the language asked for, or else in whichever there is."""
        found = await self.first(
            self.rows()
            .where(Template.name == name)
            .order_by((Template.language == language).desc(), Template.language)
        )
        return (
            found if found is not None else await self.one(self.rows().where(Template.name == name))
        )


class SignatureRepository(Repository[Signature]):
    model = Signature

    def visible(self) -> ColumnElement[bool]:
        if self.actor.reach is Reach.ALL:
            return true()
        return or_(Signature.member_id.is_(None), Signature.member_id == self.actor.member_id)

    async def default_of(self, member_id: UUID | None) -> Signature | None:
        """The member's own default, or the organisation's."""
        return await self.first(
            self.rows()
            .where(
                Signature.is_default,
                or_(Signature.member_id == member_id, Signature.member_id.is_(None)),
            )
            .order_by(Signature.member_id.is_(None))
        )


class AssetRepository(Repository[Asset]):
    model = Asset

    async def same_file(self, digest: bytes) -> Asset | None:
        return await self.first(self.rows().where(Asset.sha256 == digest).order_by(Asset.id))

    async def data_of(self, asset_id: UUID) -> bytes | None:
        """The bytes themselves, which lists do not carry."""
        asset = await self.get(asset_id)
        found: bytes | None = await self.session.scalar(
            select(Asset.data).where(Asset.org_id == asset.org_id, Asset.id == asset.id)
        )
        return found
