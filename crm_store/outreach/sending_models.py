"""Sending: the outbox, what was delivered, and what came back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, TenantRow, now, ref
from crm_store.channel import Channel, Purpose


class OutboxKind(StrEnum):
    REPLY = "reply"
    DRAFT = "draft"
    SEQUENCE = "sequence"
    AUTOMATION = "automation"
    WORKFLOW = "workflow"
    RECEIPT = "receipt"
    CODE = "code"
    REMINDER = "reminder"
    NOTIFICATION = "notification"
    TEST = "test"


class OutboxState(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outbox(TenantRow):
    """Something that must leave the organisation, once."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("org_id", "idempotency_key"),
        Index(
            "ix_outbox_due",
            "org_id",
            "not_before",
            "id",
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_outbox_leases",
            "org_id",
            "lease_until",
            postgresql_where=text("state = 'claimed'"),
        ),
        Index(None, "org_id", "state"),
        CheckConstraint(
            "(state = 'claimed') = (lease_until IS NOT NULL)", name="lease_while_claimed"
        ),
        CheckConstraint(
            "purpose IN ('transactional', 'receipt', 'service') OR decision_id IS NOT NULL",
            name="marketing_only_when_decided",
        ),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"body_plain", "body_html", "payload"})

    kind: Mapped[OutboxKind]
    channel: Mapped[Channel]
    purpose: Mapped[Purpose]
    idempotency_key: Mapped[str]
    state: Mapped[OutboxState] = mapped_column(default=OutboxState.PENDING)
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    to_address: Mapped[str]
    subject: Mapped[str | None]
    body_plain: Mapped[str | None] = mapped_column(deferred=True)
    body_html: Mapped[str | None] = mapped_column(deferred=True)
    payload: Mapped[Json] = mapped_column(
        default=dict, server_default="{}", comment="What the channel needs beyond the words."
    )
    draft_id: Mapped[UUID | None] = ref("drafts", on_delete="CASCADE")
    message_id: Mapped[UUID | None] = ref("messages", on_delete="CASCADE")
    enrolment_id: Mapped[UUID | None] = ref("enrolments", on_delete="CASCADE")
    sequence_step_id: Mapped[UUID | None] = ref("sequence_steps", on_delete="SET NULL")
    automation_run_id: Mapped[UUID | None] = ref("automation_runs", on_delete="SET NULL")
    receipt_id: Mapped[UUID | None] = ref("receipts", on_delete="CASCADE")
    mailbox_id: Mapped[UUID | None] = ref("mailboxes", on_delete="SET NULL")
    channel_account_id: Mapped[UUID | None] = ref("channel_accounts", on_delete="SET NULL")
    decision_id: Mapped[UUID | None] = ref("contact_decisions", on_delete="CASCADE")
    not_before: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None] = mapped_column(comment="After this it is not sent.")
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, comment="Goes up with every claim.")
    claimed_by: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    sent_at: Mapped[datetime | None]
    error_message: Mapped[str | None]


class DeliveryStatus(StrEnum):
    """How far one sent message came, in order; reports only ever move it forward."""

    QUEUED = "queued"
    CANCELLED = "cancelled"
    FAILED = "failed"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"

    @property
    def rank(self) -> int:
        return list(DeliveryStatus).index(self)

    def joined(self, other: DeliveryStatus) -> DeliveryStatus:
        """The later of the two: the same whichever report arrives first."""
        return max(self, other, key=lambda status: status.rank)


class BounceKind(StrEnum):
    HARD = "hard"
    SOFT = "soft"


class Delivery(TenantRow):
    """One message to one address, made when it is claimed so that its links can be followed."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("num_nonnulls(outbox_id, campaign_recipient_id) = 1", name="one_of_them"),
        UniqueConstraint("org_id", "tracking_key"),
        Index(None, "org_id", "provider_message_id"),
        Index(None, "org_id", "person_id", "queued_at"),
        Index(None, "org_id", "campaign_id", "status"),
        Index(None, "org_id", "queued_at"),
        Index(
            "uq_deliveries_attempt_of_outbox",
            "org_id",
            "outbox_id",
            "fence",
            unique=True,
            postgresql_where=text("outbox_id IS NOT NULL"),
        ),
        Index(
            "uq_deliveries_attempt_of_recipient",
            "org_id",
            "campaign_recipient_id",
            "fence",
            unique=True,
            postgresql_where=text("campaign_recipient_id IS NOT NULL"),
        ),
    )
    audited: ClassVar[bool] = False

    outbox_id: Mapped[UUID | None] = ref("outbox", on_delete="CASCADE", index=False)
    campaign_recipient_id: Mapped[UUID | None] = ref(
        "campaign_recipients", on_delete="CASCADE", index=False
    )
    fence: Mapped[int] = mapped_column(comment="Of the claim it was made for.")
    campaign_id: Mapped[UUID | None] = ref("campaigns", on_delete="CASCADE", index=False)
    sequence_id: Mapped[UUID | None] = ref("sequences", on_delete="SET NULL")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE", index=False)
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    channel: Mapped[Channel]
    purpose: Mapped[Purpose]
    to_address: Mapped[str]
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.QUEUED)
    tracking_key: Mapped[str] = mapped_column(comment="Opaque; stands in pixels and links.")
    mailbox_id: Mapped[UUID | None] = ref("mailboxes", on_delete="SET NULL")
    provider: Mapped[str | None]
    provider_message_id: Mapped[str | None]
    provider_thread_id: Mapped[str | None]
    queued_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    bounce_kind: Mapped[BounceKind | None]
    failed_at: Mapped[datetime | None]
    error_message: Mapped[str | None]


class Link(TenantRow):
    """An address in a sent message, followed through us."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("org_id", "tracking_key"),)
    audited: ClassVar[bool] = False

    delivery_id: Mapped[UUID] = ref("deliveries", on_delete="CASCADE")
    tracking_key: Mapped[str]
    url: Mapped[str]
    label: Mapped[str | None] = mapped_column(comment="The words that carry the link.")
    position: Mapped[int | None] = mapped_column(comment="Order within the message.")


class TrackingKind(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    OPEN = "open"
    CLICK = "click"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    REPLY = "reply"
    UNSUBSCRIBE = "unsubscribe"
    FAILED = "failed"


class TrackingEvent(TenantRow):
    """Something that happened to a sent message."""

    __tablename__ = "tracking_events"
    __table_args__ = (
        UniqueConstraint("org_id", "provider_event_id"),
        Index(None, "org_id", "delivery_id", "kind"),
        Index(None, "org_id", "campaign_id", "kind", "is_machine"),
        Index(None, "org_id", "person_id", "at"),
        Index(None, "org_id", "at"),
    )
    audited: ClassVar[bool] = False

    kind: Mapped[TrackingKind]
    delivery_id: Mapped[UUID] = ref("deliveries", on_delete="CASCADE", index=False)
    link_id: Mapped[UUID | None] = ref("links", on_delete="CASCADE")
    campaign_id: Mapped[UUID | None] = ref("campaigns", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE", index=False)
    at: Mapped[datetime] = mapped_column(default=now)
    is_machine: Mapped[bool] = mapped_column(
        default=False, comment="A scanner or a prefetching mail program, not a reader."
    )
    provider_event_id: Mapped[str | None] = mapped_column(comment="A repeat is one event.")
    link_url: Mapped[str | None]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]
    device_type: Mapped[str | None]
    client: Mapped[str | None] = mapped_column(comment="The mail program or browser.")
    location: Mapped[Json | None]
    properties: Mapped[Json] = mapped_column(default=dict, server_default="{}")
