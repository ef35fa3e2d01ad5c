"""Campaigns: templates, signatures, files, and one frozen row for each recipient."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, TenantRow, ref
from crm_store.channel import Channel, Purpose


class ProviderApproval(StrEnum):
    NOT_NEEDED = "not_needed"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"


class Template(Live, TenantRow):
    """Words to begin from, with {{variables}} to fill in."""

    __tablename__ = "templates"
    __table_args__ = (
        Index(None, "org_id", "category"),
        Index(
            "uq_templates_org_id_name_language",
            "org_id",
            "name",
            "language",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    name: Mapped[str]
    channel: Mapped[Channel] = mapped_column(default=Channel.EMAIL)
    category: Mapped[str | None] = mapped_column(
        comment="welcome, offers, updates, birthday, or the organisation's own word."
    )
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.MARKETING)
    language: Mapped[str] = mapped_column(default="en", comment="BCP 47.")
    subject: Mapped[str | None]
    content: Mapped[str]
    content_plain: Mapped[str | None]
    variables: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    buttons: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    thumbnail: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    usage_count: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None]
    provider_content_sid: Mapped[str | None] = mapped_column(comment="For WhatsApp.")
    provider_approval: Mapped[ProviderApproval] = mapped_column(default=ProviderApproval.NOT_NEEDED)
    provider_note: Mapped[str | None] = mapped_column(comment="Why it was rejected.")


class Signature(Live, TenantRow):
    """What stands under a message: the organisation's, or one member's own."""

    __tablename__ = "signatures"
    __table_args__ = (
        Index(
            "uq_signatures_default_of_member",
            "org_id",
            "member_id",
            unique=True,
            postgresql_where=text("is_default AND deleted_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    name: Mapped[str]
    content: Mapped[str]
    content_plain: Mapped[str | None]
    member_id: Mapped[UUID | None] = ref("members", on_delete="CASCADE")
    is_default: Mapped[bool] = mapped_column(default=False)


class AssetKind(StrEnum):
    IMAGE = "image"
    FILE = "file"


class Asset(Live, TenantRow):
    """A picture or file used in messages: its bytes, or where they lie."""

    __tablename__ = "assets"
    __table_args__ = (
        CheckConstraint("num_nonnulls(data, blob_path) >= 1", name="stored_somewhere"),
        Index(None, "org_id", "created_at"),
        Index(None, "org_id", "kind"),
        Index(None, "org_id", "sha256"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"data"})

    file_name: Mapped[str]
    mime_type: Mapped[str]
    kind: Mapped[AssetKind] = mapped_column(default=AssetKind.IMAGE)
    size_bytes: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[bytes]
    data: Mapped[bytes | None] = mapped_column(deferred=True)
    blob_url: Mapped[str | None]
    blob_path: Mapped[str | None]
    signature_id: Mapped[UUID | None] = ref("signatures", on_delete="SET NULL")


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class Campaign(TenantRow):
    """One message to many people. What came of it is counted from its recipients when asked."""

    __tablename__ = "campaigns"
    __table_args__ = (
        Index(None, "org_id", "status"),
        Index(
            "ix_campaigns_due",
            "org_id",
            "scheduled_at",
            postgresql_where=text("status = 'scheduled'"),
        ),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"content", "content_plain"})

    name: Mapped[str]
    channel: Mapped[Channel] = mapped_column(default=Channel.EMAIL)
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.MARKETING)
    status: Mapped[CampaignStatus] = mapped_column(default=CampaignStatus.DRAFT)
    subject: Mapped[str | None]
    preview_text: Mapped[str | None]
    content: Mapped[str] = mapped_column(default="")
    content_plain: Mapped[str | None]
    template_id: Mapped[UUID | None] = ref("templates", on_delete="SET NULL")
    signature_id: Mapped[UUID | None] = ref("signatures", on_delete="SET NULL")
    segment_id: Mapped[UUID | None] = ref("segments", on_delete="SET NULL")
    appeal_id: Mapped[UUID | None] = ref("appeals", on_delete="SET NULL")
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    mailbox_id: Mapped[UUID | None] = ref("mailboxes", on_delete="SET NULL")
    channel_account_id: Mapped[UUID | None] = ref("channel_accounts", on_delete="SET NULL")
    sender_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    from_name: Mapped[str | None]
    from_address: Mapped[str | None]
    reply_to: Mapped[str | None]
    audience_filter: Mapped[Json | None] = mapped_column(comment="A filter, where no segment is.")
    one_per_household: Mapped[bool] = mapped_column(default=True)
    skips_officer_owned: Mapped[bool] = mapped_column(default=False)
    tracks_opens: Mapped[bool] = mapped_column(default=True)
    content_hash: Mapped[bytes | None] = mapped_column(comment="Of what was approved.")
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    frozen_at: Mapped[datetime | None] = mapped_column(comment="When the audience was fixed.")
    scheduled_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None] = mapped_column(comment="Nothing starts after this.")
    started_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class AssetRole(StrEnum):
    INLINE_IMAGE = "inline_image"
    ATTACHMENT = "attachment"


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class CampaignAsset(TenantRow):
    """A file's place in a campaign."""

    __tablename__ = "campaign_assets"
    __table_args__ = (Index(None, "org_id", "campaign_id", "role"),)

    campaign_id: Mapped[UUID] = ref("campaigns", on_delete="CASCADE", index=False)
    asset_id: Mapped[UUID] = ref("assets")
    role: Mapped[AssetRole] = mapped_column(default=AssetRole.INLINE_IMAGE)
    embed_inline: Mapped[bool] = mapped_column(default=False)
    display_width_px: Mapped[int | None]
    align: Mapped[Align | None]
    alt_text: Mapped[str | None]
    sort_order: Mapped[int] = mapped_column(default=0)


class RecipientState(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        return self in {RecipientState.PENDING, RecipientState.CLAIMED}


class CampaignRecipient(TenantRow):
    """One person a campaign is for: fixed before sending, then claimed, sent and answered for."""

    __tablename__ = "campaign_recipients"
    __table_args__ = (
        UniqueConstraint("org_id", "campaign_id", "person_id"),
        Index(None, "org_id", "campaign_id", "state", "id"),
        Index(
            "ix_campaign_recipients_leases",
            "org_id",
            "lease_until",
            postgresql_where=text("state = 'claimed'"),
        ),
        CheckConstraint(
            "state NOT IN ('claimed', 'accepted', 'unknown') OR decision_id IS NOT NULL",
            name="sent_only_when_decided",
        ),
        CheckConstraint(
            "(state = 'claimed') = (lease_until IS NOT NULL)", name="lease_while_claimed"
        ),
    )
    audited: ClassVar[bool] = False

    campaign_id: Mapped[UUID] = ref("campaigns", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID] = ref("people", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    household_id: Mapped[UUID | None] = ref("households", on_delete="SET NULL")
    address: Mapped[str | None]
    state: Mapped[RecipientState] = mapped_column(default=RecipientState.PENDING)
    reason: Mapped[str | None] = mapped_column(comment="Why it was suppressed or failed.")
    decision_id: Mapped[UUID | None] = ref("contact_decisions", on_delete="CASCADE")
    language: Mapped[str | None]
    merge_values: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    rendered_subject: Mapped[str | None]
    rendered_html: Mapped[str | None] = mapped_column(deferred=True)
    rendered_plain: Mapped[str | None] = mapped_column(deferred=True)
    content_hash: Mapped[bytes | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    claimed_by: Mapped[str | None]
    not_before: Mapped[datetime | None] = mapped_column(comment="Quiet hours, for one.")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    accepted_at: Mapped[datetime | None]
    provider_message_id: Mapped[str | None]
    error_message: Mapped[str | None]
