"""Where mail goes out from: providers, mailboxes and proven sender identities."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Registry, Sealed, TenantRow, ref


class MailProvider(Registry):
    """A kind of mail service and what it needs."""

    __tablename__ = "mail_providers"

    name: Mapped[str]
    description: Mapped[str]
    uses_oauth: Mapped[bool]
    needs_domain: Mapped[bool] = mapped_column(comment="The sending domain must be proven first.")
    has_idempotency_key: Mapped[bool]
    default_daily_limit: Mapped[int | None]
    smtp_host: Mapped[str | None]
    smtp_port: Mapped[int | None]
    scopes: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    sort_order: Mapped[int] = mapped_column(default=0)


class Mailbox(TenantRow):
    """An account mail is sent from: a member's own, or the organisation's."""

    __tablename__ = "mailboxes"
    __table_args__ = (
        UniqueConstraint("org_id", "provider", "address"),
        Index(
            "uq_mailboxes_default_of_member",
            "org_id",
            "member_id",
            unique=True,
            postgresql_where=text("is_default"),
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("sent_today >= 0", name="sent_today_not_negative"),
    )

    member_id: Mapped[UUID | None] = ref("members", on_delete="CASCADE")
    provider: Mapped[str] = mapped_column(ForeignKey("mail_providers.key"))
    address: Mapped[str] = mapped_column(comment="Lower case.")
    display_name: Mapped[str | None]
    reply_to: Mapped[str | None]
    access_token: Mapped[Sealed | None]
    refresh_token: Mapped[Sealed | None]
    token_expires_at: Mapped[datetime | None]
    token_scope: Mapped[str | None]
    smtp_host: Mapped[str | None]
    smtp_port: Mapped[int | None]
    smtp_username: Mapped[str | None]
    smtp_password: Mapped[Sealed | None]
    smtp_security: Mapped[str | None] = mapped_column(comment="tls, starttls or none.")
    api_key: Mapped[Sealed | None]
    region: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    daily_limit: Mapped[int | None] = mapped_column(comment="None: the provider's own.")
    sent_today: Mapped[int] = mapped_column(default=0)
    sent_on: Mapped[date | None] = mapped_column(comment="The day sent_today counts.")
    timezone: Mapped[str | None]
    sync_cursor: Mapped[str | None] = mapped_column(comment="How far replies have been read.")
    last_synced_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    properties: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class IdentityKind(StrEnum):
    DOMAIN = "domain"
    ADDRESS = "address"


class IdentityStatus(StrEnum):
    PENDING = "pending"
    VERIFIED = "verified"
    FAILED = "failed"
    REVOKED = "revoked"


class SenderIdentity(TenantRow):
    """A domain or address we have proven to be ours and may send from."""

    __tablename__ = "sender_identities"
    __table_args__ = (UniqueConstraint("org_id", "value"),)

    kind: Mapped[IdentityKind]
    value: Mapped[str] = mapped_column(comment="Lower case: a domain, or a whole address.")
    display_name: Mapped[str | None]
    mailbox_id: Mapped[UUID | None] = ref("mailboxes", on_delete="SET NULL")
    provider: Mapped[str | None] = mapped_column(ForeignKey("mail_providers.key"))
    status: Mapped[IdentityStatus] = mapped_column(default=IdentityStatus.PENDING)
    dkim_status: Mapped[IdentityStatus] = mapped_column(default=IdentityStatus.PENDING)
    spf_ok: Mapped[bool | None]
    dmarc_policy: Mapped[str | None]
    dkim_tokens: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    dns_records: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    mail_from_domain: Mapped[str | None]
    region: Mapped[str | None]
    provider_arn: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[datetime | None]
    last_checked_at: Mapped[datetime | None]
    failure_reason: Mapped[str | None]
