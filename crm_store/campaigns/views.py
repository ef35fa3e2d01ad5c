"""What may be shown of campaigns."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from crm_store.actor import Actor
from crm_store.campaigns.models import CampaignStatus, ProviderApproval, RecipientState
from crm_store.campaigns.repository import Results
from crm_store.channel import Channel, Purpose
from crm_store.view import AMOUNTS, PERSONAL, View


class CampaignView(View):
    id: UUID
    name: str
    channel: Channel
    purpose: Purpose
    status: CampaignStatus
    subject: str | None
    preview_text: str | None
    segment_id: UUID | None
    appeal_id: UUID | None
    from_name: str | None
    from_address: str | None
    scheduled_at: datetime | None
    approved_at: datetime | None
    frozen_at: datetime | None
    sent_at: datetime | None
    pause_reason: str | None


class CampaignTextView(CampaignView):
    content: str
    content_plain: str | None
    template_id: UUID | None
    signature_id: UUID | None


class RecipientView(View):
    id: UUID
    person_id: UUID
    person: str | None = None
    address: Annotated[str | None, PERSONAL]
    state: RecipientState
    reason: str | None
    accepted_at: datetime | None
    error_message: str | None


class GiftsAfterView(View):
    currency: str
    gifts: int
    amount: Annotated[Decimal | None, AMOUNTS]


class ResultsView(View):
    """What came of a campaign; the rates are of those it was delivered to."""

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
    gifts: tuple[GiftsAfterView, ...] = ()

    @classmethod
    def from_results(cls, actor: Actor, results: Results) -> Self:
        figures = {name: getattr(results, name) for name in cls.model_fields if name != "hidden"}
        figures["gifts"] = tuple(
            GiftsAfterView.seen_by(
                actor, currency=after.currency, gifts=after.gifts, amount=after.amount
            )
            for after in results.gifts
        )
        return cls(**figures)


class TemplateView(View):
    id: UUID
    name: str
    channel: Channel
    category: str | None
    language: str
    subject: str | None
    content: str
    variables: list[str]
    usage_count: int
    provider_approval: ProviderApproval
    is_active: bool


class SignatureView(View):
    id: UUID
    name: str
    content: str
    member_id: UUID | None
    is_default: bool


class AssetView(View):
    id: UUID
    file_name: str
    mime_type: str
    size_bytes: int
    width: int | None
    height: int | None
