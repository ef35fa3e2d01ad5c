"""What may be shown of conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from crm_store.channel import Channel, Direction
from crm_store.conversations.models import (
    CallStatus,
    ConversationStatus,
    Handling,
    MessageKind,
    MessageRole,
    MessageStatus,
    Provider,
    WidgetPosition,
)
from crm_store.view import PERSONAL, View


class ConversationView(View):
    id: UUID
    channel: Channel
    status: ConversationStatus
    handling: Handling
    subject: str | None
    person_id: UUID | None
    visitor_id: UUID | None
    owner_id: UUID | None
    with_whom: str | None = None
    epoch: int
    message_count: int
    unread_count: int
    last_message_at: datetime | None
    last_message_preview: str | None
    language: str | None


class MessageView(View):
    id: UUID
    conversation_id: UUID
    seq: int
    epoch: int
    direction: Direction
    role: MessageRole
    kind: MessageKind
    channel: Channel
    status: MessageStatus
    subject: str | None
    content: str
    transcription: str | None
    language: str | None
    sent_at: datetime
    reply_to_id: UUID | None
    is_internal: bool
    is_tainted: bool
    error: str | None


class VisitorView(View):
    """What they say of themselves; only verified_at makes it more than a claim."""

    id: UUID
    name: str | None
    email: Annotated[str | None, PERSONAL]
    phone: Annotated[str | None, PERSONAL]
    company: str | None
    language: str | None
    person_id: UUID | None
    verified_at: datetime | None
    last_seen_at: datetime
    visits: int
    last_page: str | None


class CallView(View):
    id: UUID
    direction: Direction
    status: CallStatus
    person_id: UUID | None
    member_id: UUID | None
    from_number: Annotated[str | None, PERSONAL]
    to_number: Annotated[str | None, PERSONAL]
    started_at: datetime
    duration_seconds: int | None
    summary: str | None
    transcript: str | None
    outcome: str | None


class AttachmentView(View):
    id: UUID
    message_id: UUID
    file_name: str
    mime_type: str
    size_bytes: int


class ChannelAccountView(View):
    id: UUID
    name: str
    channel: Channel
    provider: Provider
    address: str
    is_active: bool
    is_default: bool
    is_for_staff: bool
    last_error: str | None


class WidgetView(View):
    """What the browser is told: all of it is public."""

    name: str
    title: str | None
    greeting: str | None
    away_message: str | None
    placeholder: str | None
    suggestions: list[str]
    language: str | None
    position: WidgetPosition
    theme: dict[str, object]
    logo_url: str | None
    consent_text: str | None
    consent_version: str | None
    privacy_url: str | None
    asks_for_email: bool
    asks_for_consent: bool
    offers_person: bool
    allows_attachments: bool
