"""The organisation's own ends of each channel: numbers, senders, widgets, and who may write in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Sealed, TenantRow, ref
from crm_store.channel import Channel


class Provider(StrEnum):
    TWILIO = "twilio"
    META = "meta"
    SES = "ses"
    GMAIL = "gmail"
    OUTLOOK = "outlook"
    WORKSPACE = "workspace"
    SMTP = "smtp"
    OWN = "own"


class ChannelAccount(TenantRow):
    """A WhatsApp sender, a phone number or an inbound mail route, with what opens it."""

    __tablename__ = "channel_accounts"
    __table_args__ = (
        UniqueConstraint("org_id", "channel", "address"),
        UniqueConstraint("org_id", "channel_key"),
    )

    name: Mapped[str]
    channel: Mapped[Channel]
    provider: Mapped[Provider] = mapped_column(default=Provider.TWILIO)
    address: Mapped[str] = mapped_column(comment="The number or address people write to.")
    channel_key: Mapped[str] = mapped_column(
        comment="Opaque; the last part of the webhook's address and not a secret by itself."
    )
    account_sid: Mapped[str | None]
    phone_sid: Mapped[str | None]
    messaging_service_sid: Mapped[str | None]
    business_account_id: Mapped[str | None]
    auth_token: Mapped[Sealed | None]
    previous_auth_token: Mapped[Sealed | None]
    api_key_id: Mapped[str | None]
    api_secret: Mapped[Sealed | None]
    webhook_url: Mapped[str | None] = mapped_column(comment="As the provider dials it.")
    is_active: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    is_for_staff: Mapped[bool] = mapped_column(default=False, comment="Staff ask here, not donors.")
    verified_at: Mapped[datetime | None]
    last_inbound_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    greeting: Mapped[str | None]
    language: Mapped[str | None]
    business_hours: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    forward_to: Mapped[str | None] = mapped_column(comment="Where calls ring.")
    records_calls: Mapped[bool] = mapped_column(default=False)
    takes_voicemail: Mapped[bool] = mapped_column(default=True)
    missed_call_reply: Mapped[str | None]
    rate_per_second: Mapped[int | None]
    properties: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class WidgetPosition(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Widget(TenantRow):
    """The chat window on a website: where it may appear, how it looks and what it says first."""

    __tablename__ = "widgets"
    __table_args__ = (UniqueConstraint("org_id", "embed_key"), UniqueConstraint("org_id", "name"))

    name: Mapped[str]
    embed_key: Mapped[str] = mapped_column(comment="Public: it stands in the page's source.")
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    is_active: Mapped[bool] = mapped_column(default=True)
    allowed_domains: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    title: Mapped[str | None]
    greeting: Mapped[str | None]
    away_message: Mapped[str | None]
    placeholder: Mapped[str | None]
    suggestions: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    language: Mapped[str | None]
    position: Mapped[WidgetPosition] = mapped_column(default=WidgetPosition.RIGHT)
    theme: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    logo_url: Mapped[str | None]
    business_hours: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    timezone: Mapped[str | None]
    consent_text: Mapped[str | None]
    consent_version: Mapped[str | None]
    privacy_url: Mapped[str | None]
    asks_for_email: Mapped[bool] = mapped_column(default=False)
    asks_for_consent: Mapped[bool] = mapped_column(default=True)
    offers_person: Mapped[bool] = mapped_column(default=True)
    allows_attachments: Mapped[bool] = mapped_column(default=True)
    signing_secret: Mapped[Sealed | None]
    session_days: Mapped[int] = mapped_column(default=7)
    properties: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class AllowedSender(TenantRow):
    """An address, or a whole domain, whose mail is taken in."""

    __tablename__ = "allowed_senders"
    __table_args__ = (
        Index(
            "uq_allowed_senders_everywhere",
            "org_id",
            "pattern",
            unique=True,
            postgresql_where=text("channel_account_id IS NULL"),
        ),
        Index(
            "uq_allowed_senders_per_account",
            "org_id",
            "channel_account_id",
            "pattern",
            unique=True,
            postgresql_where=text("channel_account_id IS NOT NULL"),
        ),
    )

    pattern: Mapped[str] = mapped_column(comment="anna@example.org, or @example.org for a domain.")
    channel_account_id: Mapped[UUID | None] = ref("channel_accounts", on_delete="CASCADE")
    is_allowed: Mapped[bool] = mapped_column(default=True, comment="False turns them away.")
    note: Mapped[str | None]
