"""Drafting: sessions, drafts with their sources, examples of style, and when to send."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, TenantRow, ref
from crm_store.channel import Channel, Purpose


class SessionStatus(StrEnum):
    CONFIGURING = "configuring"
    GENERATING = "generating"
    REVIEWING = "reviewing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class DraftingSession(TenantRow):
    """One sitting of writing to many donors: what was asked, for whom, how far it came."""

    __tablename__ = "drafting_sessions"
    __table_args__ = (Index(None, "org_id", "status"),)

    name: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[SessionStatus] = mapped_column(default=SessionStatus.CONFIGURING)
    channel: Mapped[Channel] = mapped_column(default=Channel.EMAIL)
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.APPEAL)
    instructions: Mapped[str | None]
    donor_selection: Mapped[Json | None] = mapped_column(comment="A filter of the segments' kind.")
    selected_donor_ids: Mapped[list[UUID]] = mapped_column(default=list, server_default="{}")
    segment_id: Mapped[UUID | None] = ref("segments", on_delete="SET NULL")
    appeal_id: Mapped[UUID | None] = ref("appeals", on_delete="SET NULL")
    conversation_id: Mapped[UUID | None] = ref("conversations", on_delete="SET NULL")
    signature_id: Mapped[UUID | None] = ref("signatures", on_delete="SET NULL")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    total_count: Mapped[int] = mapped_column(default=0)
    generated_count: Mapped[int] = mapped_column(default=0)
    failed_count: Mapped[int] = mapped_column(default=0)
    job_id: Mapped[str | None] = mapped_column(comment="The durable workflow that writes it.")
    job_started_at: Mapped[datetime | None]
    job_completed_at: Mapped[datetime | None]


class DraftStatus(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENT = "sent"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Draft(TenantRow):
    """A message to one donor, until somebody approves it and it goes."""

    __tablename__ = "drafts"
    __table_args__ = (
        Index(None, "org_id", "session_id", "status"),
        Index(None, "org_id", "status"),
        Index(
            "ix_drafts_due",
            "org_id",
            "scheduled_at",
            postgresql_where=text("status = 'scheduled'"),
        ),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset(
        {"body_plain", "body_html", "structured_content", "context_used"}
    )

    session_id: Mapped[UUID | None] = ref("drafting_sessions", on_delete="CASCADE", index=False)
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    channel: Mapped[Channel] = mapped_column(default=Channel.EMAIL)
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.APPEAL)
    status: Mapped[DraftStatus] = mapped_column(default=DraftStatus.DRAFT)
    to_address: Mapped[str | None]
    subject: Mapped[str | None]
    body_plain: Mapped[str] = mapped_column(default="")
    body_html: Mapped[str | None]
    structured_content: Mapped[list[Any] | None] = mapped_column(comment="Its paragraphs.")
    language: Mapped[str | None]
    content_hash: Mapped[bytes | None] = mapped_column(comment="Of what was approved.")
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    rejected_reason: Mapped[str | None]
    scheduled_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sender_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    mailbox_id: Mapped[UUID | None] = ref("mailboxes", on_delete="SET NULL")
    signature_id: Mapped[UUID | None] = ref("signatures", on_delete="SET NULL")
    template_id: Mapped[UUID | None] = ref("templates", on_delete="SET NULL")
    ai_model: Mapped[str | None]
    tokens: Mapped[int | None]
    generation_ms: Mapped[int | None]
    context_used: Mapped[Json | None] = mapped_column(comment="What the writer was shown.")
    error_message: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1, comment="Goes up with every edit.")


class DraftSource(TenantRow):
    """Where one claim in a draft comes from."""

    __tablename__ = "draft_sources"
    __table_args__ = (UniqueConstraint("org_id", "draft_id", "place"),)
    audited: ClassVar[bool] = False

    draft_id: Mapped[UUID] = ref("drafts", on_delete="CASCADE", index=False)
    place: Mapped[int] = mapped_column(comment="Order within the draft, from 1.")
    sentence: Mapped[str]
    source_table: Mapped[str | None]
    source_row_id: Mapped[UUID | None] = mapped_column(comment="A row of source_table.")
    source_url: Mapped[str | None]
    quote: Mapped[str | None]


class StyleExample(TenantRow):
    """A message a member wrote well, for the writer to learn from."""

    __tablename__ = "style_examples"

    member_id: Mapped[UUID | None] = ref("members", on_delete="CASCADE")
    channel: Mapped[Channel] = mapped_column(default=Channel.EMAIL)
    subject: Mapped[str | None]
    body: Mapped[str]
    language: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    donor_type: Mapped[str | None]
    campaign_type: Mapped[str | None]


class SendWindow(TenantRow):
    """When and how fast messages may go: the organisation's own, or one session's."""

    __tablename__ = "send_windows"
    __table_args__ = (
        Index(
            "uq_send_windows_org_id_session_id",
            "org_id",
            "session_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("daily_limit >= 0", name="daily_limit_not_negative"),
        CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440",
            name="hours_in_order",
        ),
        CheckConstraint("min_gap_hours >= 0 AND spacing_seconds >= 0", name="gaps_not_negative"),
        CheckConstraint(
            "days <@ ARRAY[1, 2, 3, 4, 5, 6, 7] AND cardinality(days) > 0", name="days_of_the_week"
        ),
    )

    session_id: Mapped[UUID | None] = ref("drafting_sessions", on_delete="CASCADE", index=False)
    daily_limit: Mapped[int] = mapped_column(default=100)
    min_gap_hours: Mapped[int] = mapped_column(
        default=24, comment="Between two messages to one person."
    )
    spacing_seconds: Mapped[int] = mapped_column(default=60, comment="Between any two messages.")
    timezone: Mapped[str] = mapped_column(default="Europe/Athens")
    start_minute: Mapped[int] = mapped_column(default=540, comment="Of the local day: 540 is 9:00.")
    end_minute: Mapped[int] = mapped_column(default=1020)
    days: Mapped[list[int]] = mapped_column(
        default=lambda: [1, 2, 3, 4, 5], comment="ISO: Monday is 1."
    )
    is_active: Mapped[bool] = mapped_column(default=True)
    paused_at: Mapped[datetime | None]


class SendSlot(TenantRow):
    """A moment set aside in a window; counted in the transaction that takes it."""

    __tablename__ = "send_slots"
    __table_args__ = (
        UniqueConstraint("org_id", "window_id", "at"),
        Index(None, "org_id", "window_id", "day"),
        Index(None, "org_id", "person_id", "at"),
    )
    audited: ClassVar[bool] = False

    window_id: Mapped[UUID] = ref("send_windows", on_delete="CASCADE", index=False)
    at: Mapped[datetime]
    day: Mapped[date] = mapped_column(comment="In the window's own timezone.")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE", index=False)
    draft_id: Mapped[UUID | None] = ref("drafts", on_delete="CASCADE")
