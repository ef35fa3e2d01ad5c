"""Conversations: who talks, over which channel, and where it stands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Owned, TenantRow, now, ref
from crm_store.channel import Channel, Direction
from crm_store.conversations.channel_models import (
    AllowedSender,
    ChannelAccount,
    Provider,
    Widget,
    WidgetPosition,
)
from crm_store.conversations.message_models import (
    Attachment,
    EmailDetail,
    Message,
    MessageKind,
    MessageRole,
    MessageStatus,
    PhoneDetail,
    WhatsappDetail,
    WidgetDetail,
)

__all__ = [
    "AllowedSender",
    "Attachment",
    "CallStatus",
    "ChannelAccount",
    "Conversation",
    "ConversationStatus",
    "EmailDetail",
    "Handling",
    "Message",
    "MessageKind",
    "MessageRole",
    "MessageStatus",
    "Participant",
    "ParticipantRole",
    "PhoneCall",
    "PhoneDetail",
    "Provider",
    "Visitor",
    "VisitorSession",
    "WhatsappDetail",
    "Widget",
    "WidgetDetail",
    "WidgetPosition",
]


class ConversationStatus(StrEnum):
    ACTIVE = "active"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    ARCHIVED = "archived"

    @property
    def is_over(self) -> bool:
        return self in {ConversationStatus.RESOLVED, ConversationStatus.ARCHIVED}


class Handling(StrEnum):
    """Who answers: the assistant, or a person once one is wanted."""

    ASSISTANT = "assistant"
    PERSON_WANTED = "person_wanted"
    PERSON = "person"


class Conversation(Owned, TenantRow):
    """One thread with somebody; its owner is the member it is assigned to."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index(None, "org_id", "status", text("last_message_at DESC")),
        Index(None, "org_id", "last_message_at"),
        Index(
            "uq_conversations_org_id_channel_thread_key",
            "org_id",
            "channel",
            "thread_key",
            unique=True,
            postgresql_where=text("thread_key IS NOT NULL"),
        ),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"internal_notes", "last_message_preview"})
    visitor_may: ClassVar[str] = "SELECT, INSERT"
    visitor_rows: ClassVar[str] = "visitor_id = (SELECT app_visitor())"

    channel: Mapped[Channel]
    status: Mapped[ConversationStatus] = mapped_column(default=ConversationStatus.ACTIVE)
    handling: Mapped[Handling] = mapped_column(default=Handling.ASSISTANT)
    subject: Mapped[str | None]
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref(
        "donors", on_delete="SET NULL", deferred=True, deferred_group="staff_only"
    )
    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="CASCADE")
    assistant_id: Mapped[UUID | None] = ref("assistants", on_delete="SET NULL")
    channel_account_id: Mapped[UUID | None] = ref("channel_accounts", on_delete="SET NULL")
    widget_id: Mapped[UUID | None] = ref("widgets", on_delete="SET NULL")
    thread_key: Mapped[str | None] = mapped_column(
        comment="The channel's name for the thread: a References root, a WhatsApp sender, a call."
    )
    language: Mapped[str | None] = mapped_column(comment="BCP 47, as last seen.")
    tags: Mapped[list[str]] = mapped_column(
        default=list, server_default="{}", deferred=True, deferred_group="staff_only"
    )
    internal_notes: Mapped[str | None] = mapped_column(deferred=True, deferred_group="staff_only")
    summary: Mapped[str | None] = mapped_column(comment="What went before, for long threads.")
    summary_through: Mapped[int | None] = mapped_column(comment="The last message it covers.")
    is_tainted: Mapped[bool] = mapped_column(
        default=False, comment="Somebody outside the organisation has written here."
    )
    epoch: Mapped[int] = mapped_column(
        default=1,
        server_default="1",
        comment="Goes up when somebody writes after the matter was resolved.",
    )
    message_count: Mapped[int] = mapped_column(default=0, comment="Kept by trigger.")
    unread_count: Mapped[int] = mapped_column(default=0, comment="Kept by trigger.")
    last_message_at: Mapped[datetime | None] = mapped_column(comment="Kept by trigger.")
    last_message_preview: Mapped[str | None] = mapped_column(comment="Kept by trigger.")
    last_inbound_at: Mapped[datetime | None] = mapped_column(comment="Kept by trigger.")
    snoozed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None]
    rating: Mapped[int | None] = mapped_column(comment="1 to 5, given by the other side.")
    rating_comment: Mapped[str | None]
    properties: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class ParticipantRole(StrEnum):
    PARTICIPANT = "participant"
    OWNER = "owner"
    WATCHER = "watcher"
    CC = "cc"


class Participant(TenantRow):
    """Somebody in a conversation: a member of staff, a person or a website visitor."""

    __tablename__ = "participants"
    __table_args__ = (
        CheckConstraint("num_nonnulls(member_id, person_id, visitor_id) = 1", name="one_of_them"),
        UniqueConstraint("org_id", "conversation_id", "member_id"),
        UniqueConstraint("org_id", "conversation_id", "person_id"),
        UniqueConstraint("org_id", "conversation_id", "visitor_id"),
    )

    conversation_id: Mapped[UUID] = ref("conversations", on_delete="CASCADE", index=False)
    member_id: Mapped[UUID | None] = ref("members", on_delete="CASCADE")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    visitor_id: Mapped[UUID | None] = ref("visitors", on_delete="CASCADE")
    role: Mapped[ParticipantRole] = mapped_column(default=ParticipantRole.PARTICIPANT)
    joined_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]
    last_read_seq: Mapped[int] = mapped_column(default=0)


class Visitor(TenantRow):
    """Somebody on the website; what they say of themselves is a claim until it is proven."""

    __tablename__ = "visitors"
    __table_args__ = (
        UniqueConstraint("org_id", "visitor_key"),
        CheckConstraint(
            "(person_id IS NULL) = (verified_at IS NULL)", name="person_only_when_verified"
        ),
    )
    visitor_may: ClassVar[str] = "SELECT, UPDATE"
    visitor_rows: ClassVar[str] = "id = (SELECT app_visitor())"

    visitor_key: Mapped[str | None] = mapped_column(comment="The browser's or a source's own id.")
    widget_id: Mapped[UUID | None] = ref("widgets", on_delete="SET NULL")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[str | None] = mapped_column(comment="What proved it, as in email_code.")
    name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    company: Mapped[str | None]
    language: Mapped[str | None]
    timezone: Mapped[str | None]
    country: Mapped[str | None]
    first_seen_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    visits: Mapped[int] = mapped_column(default=1)
    first_page: Mapped[str | None]
    last_page: Mapped[str | None]
    referrer: Mapped[str | None]
    consented_at: Mapped[datetime | None]
    consent_text: Mapped[str | None] = mapped_column(comment="The words they agreed to.")
    is_blocked: Mapped[bool] = mapped_column(default=False)
    properties: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class VisitorSession(TenantRow):
    """One visit: proof that a browser is this visitor, with an end that does not move."""

    __tablename__ = "visitor_sessions"
    __table_args__ = (UniqueConstraint("org_id", "token_hash"),)
    audited: ClassVar[bool] = False

    visitor_id: Mapped[UUID] = ref("visitors", on_delete="CASCADE")
    widget_id: Mapped[UUID | None] = ref("widgets", on_delete="CASCADE")
    token_hash: Mapped[bytes] = mapped_column(comment="SHA-256; the token itself is never kept.")
    started_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]
    origin: Mapped[str | None]
    page_url: Mapped[str | None]
    referrer: Mapped[str | None]


class CallStatus(StrEnum):
    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    MISSED = "missed"
    BUSY = "busy"
    FAILED = "failed"
    VOICEMAIL = "voicemail"
    CANCELLED = "cancelled"


class PhoneCall(TenantRow):
    """A call: who, how long, its recording and what was said."""

    __tablename__ = "phone_calls"
    __table_args__ = (
        UniqueConstraint("org_id", "provider", "provider_call_id"),
        Index(None, "org_id", "started_at"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"transcript"})

    conversation_id: Mapped[UUID | None] = ref("conversations", on_delete="CASCADE")
    channel_account_id: Mapped[UUID | None] = ref("channel_accounts", on_delete="SET NULL")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    direction: Mapped[Direction]
    status: Mapped[CallStatus] = mapped_column(default=CallStatus.RINGING)
    from_number: Mapped[str | None] = mapped_column(comment="E.164.")
    to_number: Mapped[str | None] = mapped_column(comment="E.164.")
    provider: Mapped[Provider] = mapped_column(default=Provider.TWILIO)
    provider_call_id: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    duration_seconds: Mapped[int | None]
    recording_url: Mapped[str | None]
    recording_path: Mapped[str | None]
    recording_seconds: Mapped[int | None]
    transcript: Mapped[str | None]
    summary: Mapped[str | None]
    outcome: Mapped[str | None] = mapped_column(comment="What the caller noted of the result.")
    error: Mapped[str | None]
    properties: Mapped[Json] = mapped_column(default=dict, server_default="{}")
