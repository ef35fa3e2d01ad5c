"""Messages, what each channel adds to them, and the files that came along."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, TenantRow, now, ref
from crm_store.channel import Channel, Direction

MINE = "visitor_id = (SELECT app_visitor())"


class MessageRole(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    STAFF = "staff"
    SYSTEM = "system"
    TOOL = "tool"


class MessageKind(StrEnum):
    TEXT = "text"
    VOICE = "voice"
    IMAGE = "image"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"
    TEMPLATE = "template"
    BUTTONS = "buttons"
    LEAD_FORM = "lead_form"
    NOTE = "note"


class MessageStatus(StrEnum):
    """How far a message came, in order; callbacks only ever move it forward."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"

    @property
    def rank(self) -> int:
        return list(MessageStatus).index(self)

    def joined(self, other: MessageStatus) -> MessageStatus:
        """The later of the two: the same whichever report arrives first."""
        return max(self, other, key=lambda status: status.rank)


class Message(TenantRow):
    """One thing said, whatever the channel; its place in the conversation is given by trigger."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("org_id", "conversation_id", "seq"),
        UniqueConstraint("org_id", "channel", "provider_message_id"),
        Index(None, "org_id", "visitor_id", postgresql_where=text("visitor_id IS NOT NULL")),
        Index(None, "org_id", "sent_at"),
        Index(
            "ix_messages_scheduled",
            "org_id",
            "scheduled_at",
            postgresql_where=text("status = 'scheduled'"),
        ),
    )
    audited: ClassVar[bool] = False
    visitor_may: ClassVar[str] = "SELECT, INSERT"
    visitor_rows: ClassVar[str] = (
        f"{MINE} AND NOT is_internal AND role IN ('user', 'assistant', 'staff')"
    )

    conversation_id: Mapped[UUID] = ref("conversations", on_delete="CASCADE", index=False)
    visitor_id: Mapped[UUID | None] = ref(
        "visitors", on_delete="CASCADE", index=False, server_default=FetchedValue()
    )
    seq: Mapped[int] = mapped_column(FetchedValue(), comment="Place in the conversation, from 1.")
    epoch: Mapped[int] = mapped_column(FetchedValue())
    direction: Mapped[Direction]
    role: Mapped[MessageRole]
    kind: Mapped[MessageKind] = mapped_column(default=MessageKind.TEXT)
    channel: Mapped[Channel]
    status: Mapped[MessageStatus] = mapped_column(default=MessageStatus.QUEUED)
    is_internal: Mapped[bool] = mapped_column(default=False, comment="For staff alone.")
    is_tainted: Mapped[bool] = mapped_column(default=False, comment="Written by an outsider.")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    person_id: Mapped[UUID | None] = ref("people", on_delete="SET NULL")
    reply_to_id: Mapped[UUID | None] = ref("messages", on_delete="SET NULL")
    from_address: Mapped[str | None]
    to_address: Mapped[str | None]
    subject: Mapped[str | None]
    content: Mapped[str]
    content_html: Mapped[str | None]
    language: Mapped[str | None]
    transcription: Mapped[str | None] = mapped_column(comment="What a voice message says.")
    intent: Mapped[str | None] = mapped_column(comment="What was asked for, as in donor_search.")
    provider_message_id: Mapped[str | None]
    scheduled_at: Mapped[datetime | None]
    sent_at: Mapped[datetime] = mapped_column(default=now)
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    ai_model: Mapped[str | None]
    tokens: Mapped[int | None]
    processing_ms: Mapped[int | None]
    properties: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class EmailDetail(TenantRow):
    """What mail adds: its headers and everybody on it."""

    __tablename__ = "email_details"
    __table_args__ = (
        UniqueConstraint("org_id", "message_id"),
        Index(None, "org_id", "rfc_message_id"),
        Index(None, "org_id", "thread_id"),
    )
    audited: ClassVar[bool] = False

    message_id: Mapped[UUID] = ref("messages", on_delete="CASCADE", index=False)
    rfc_message_id: Mapped[str | None] = mapped_column(comment="The Message-ID header.")
    thread_id: Mapped[str | None] = mapped_column(comment="The provider's thread.")
    in_reply_to: Mapped[str | None]
    references: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    from_name: Mapped[str | None]
    from_address: Mapped[str | None]
    reply_to: Mapped[str | None]
    to_addresses: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    cc: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    bcc: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    headers: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    raw_path: Mapped[str | None]
    size_bytes: Mapped[int | None]
    spam_verdict: Mapped[str | None]
    authentication: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    is_auto_reply: Mapped[bool] = mapped_column(default=False)


class WhatsappDetail(TenantRow):
    """What WhatsApp adds: ids, media, template and the window for free text."""

    __tablename__ = "whatsapp_details"
    __table_args__ = (UniqueConstraint("org_id", "message_id"),)
    audited: ClassVar[bool] = False

    message_id: Mapped[UUID] = ref("messages", on_delete="CASCADE", index=False)
    message_sid: Mapped[str | None]
    account_sid: Mapped[str | None]
    wa_id: Mapped[str | None] = mapped_column(comment="The sender's WhatsApp number.")
    business_user_id: Mapped[str | None] = mapped_column(comment="Stays when the number hides.")
    profile_name: Mapped[str | None]
    media_count: Mapped[int] = mapped_column(default=0)
    media: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    template_sid: Mapped[str | None]
    template_variables: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    button_payload: Mapped[str | None]
    window_expires_at: Mapped[datetime | None]
    referral: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class WidgetDetail(TenantRow):
    """What the website chat adds: where the visitor was when they wrote."""

    __tablename__ = "widget_details"
    __table_args__ = (UniqueConstraint("org_id", "message_id"),)
    audited: ClassVar[bool] = False
    visitor_may: ClassVar[str] = "SELECT, INSERT"
    visitor_rows: ClassVar[str] = MINE

    message_id: Mapped[UUID] = ref("messages", on_delete="CASCADE", index=False)
    visitor_id: Mapped[UUID | None] = ref(
        "visitors", on_delete="CASCADE", server_default=FetchedValue()
    )
    session_id: Mapped[UUID | None] = ref("visitor_sessions", on_delete="SET NULL")
    client_message_id: Mapped[str | None]
    page_url: Mapped[str | None]
    page_title: Mapped[str | None]
    user_agent: Mapped[str | None]
    ip_address: Mapped[str | None]
    form: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class PhoneDetail(TenantRow):
    """What the telephone adds: the call a message belongs to and where in it."""

    __tablename__ = "phone_details"
    __table_args__ = (UniqueConstraint("org_id", "message_id"),)
    audited: ClassVar[bool] = False

    message_id: Mapped[UUID] = ref("messages", on_delete="CASCADE", index=False)
    call_id: Mapped[UUID | None] = ref("phone_calls", on_delete="CASCADE")
    offset_seconds: Mapped[int | None]
    seconds: Mapped[int | None]
    speaker: Mapped[str | None]
    confidence: Mapped[float | None]
    digits: Mapped[str | None] = mapped_column(comment="Keys pressed.")


class Attachment(TenantRow):
    """A file that came with a message: its bytes, or where they lie."""

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("num_nonnulls(data, blob_path) >= 1", name="stored_somewhere"),
        Index(None, "org_id", "sha256"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"data"})
    visitor_may: ClassVar[str] = "SELECT, INSERT"
    visitor_rows: ClassVar[str] = MINE

    message_id: Mapped[UUID] = ref("messages", on_delete="CASCADE")
    visitor_id: Mapped[UUID | None] = ref(
        "visitors", on_delete="CASCADE", server_default=FetchedValue()
    )
    file_name: Mapped[str]
    mime_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes]
    data: Mapped[bytes | None] = mapped_column(deferred=True)
    blob_path: Mapped[str | None]
    source_url: Mapped[str | None]
    content_id: Mapped[str | None] = mapped_column(comment="For images inside mail.")
    is_inline: Mapped[bool] = mapped_column(default=False)
    width: Mapped[int | None]
    height: Mapped[int | None]
    seconds: Mapped[int | None]
    extracted_text: Mapped[str | None]
