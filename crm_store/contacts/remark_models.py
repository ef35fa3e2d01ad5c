"""What is said and remembered about the nouns: tags, notes, activities, images, custom values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, TenantRow, now, ref
from crm_store.channel import Direction


class ActivityKind(StrEnum):
    CALL = "call"
    MEETING = "meeting"
    VISIT = "visit"
    EMAIL_SENT = "email_sent"
    EMAIL_OPENED = "email_opened"
    TEXT = "text"
    WHATSAPP = "whatsapp"
    LETTER = "letter"
    EVENT = "event"
    NOTE = "note"
    TASK = "task"
    FOLLOW_UP = "follow_up"
    STATUS_CHANGE = "status_change"
    TAG_ADDED = "tag_added"
    OTHER = "other"


class ActivityStatus(StrEnum):
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class ImageKind(StrEnum):
    AVATAR = "avatar"
    PHOTO = "photo"
    LOGO = "logo"


class Tag(TenantRow):
    """A word the organisation sorts its records by."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("org_id", "name_key"),)

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(
        Text(collation="C"), default="", comment="Folded: the same word is one tag."
    )
    color: Mapped[str] = mapped_column(default="#3B82F6")
    description: Mapped[str | None]


class Tagging(TenantRow):
    """One tag on one record."""

    __tablename__ = "taggings"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(person_id, company_id, household_id, donor_id, lead_id, deal_id) = 1",
            name="one_noun",
        ),
        UniqueConstraint("org_id", "tag_id", "person_id"),
        UniqueConstraint("org_id", "tag_id", "company_id"),
        UniqueConstraint("org_id", "tag_id", "household_id"),
        UniqueConstraint("org_id", "tag_id", "donor_id"),
        UniqueConstraint("org_id", "tag_id", "lead_id"),
        UniqueConstraint("org_id", "tag_id", "deal_id"),
    )

    tag_id: Mapped[UUID] = ref("tags", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE")
    household_id: Mapped[UUID | None] = ref("households", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    lead_id: Mapped[UUID | None] = ref("leads", on_delete="CASCADE")
    deal_id: Mapped[UUID | None] = ref("deals", on_delete="CASCADE")


class Note(Live, TenantRow):
    """Something written down about a record."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(person_id, company_id, household_id, donor_id, lead_id, deal_id,"
            " project_id) = 1",
            name="one_noun",
        ),
        Index(None, "org_id", "person_id", "at"),
        Index(None, "org_id", "company_id", "at"),
        Index(None, "org_id", "donor_id", "at"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"body"})

    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE", index=False)
    company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE", index=False)
    household_id: Mapped[UUID | None] = ref("households", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE", index=False)
    lead_id: Mapped[UUID | None] = ref("leads", on_delete="CASCADE")
    deal_id: Mapped[UUID | None] = ref("deals", on_delete="CASCADE")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="CASCADE")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    is_pinned: Mapped[bool] = mapped_column(default=False)
    is_from_outside: Mapped[bool] = mapped_column(
        default=False, comment="Somebody outside the organisation wrote it."
    )


class ActivityType(TenantRow):
    """A kind of activity the organisation keeps of its own."""

    __tablename__ = "activity_types"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    name: Mapped[str]
    description: Mapped[str | None]
    kind: Mapped[ActivityKind] = mapped_column(default=ActivityKind.OTHER)
    icon: Mapped[str | None]
    color: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")


class Activity(Live, TenantRow):
    """Something that happened with somebody, or is planned to."""

    __tablename__ = "activities"
    __table_args__ = (
        Index(None, "org_id", "person_id", "at"),
        Index(None, "org_id", "company_id", "at"),
        Index(None, "org_id", "donor_id", "at"),
        Index(None, "org_id", "member_id", "at"),
        Index(None, "org_id", "at"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"description"})

    kind: Mapped[ActivityKind]
    type_id: Mapped[UUID | None] = ref("activity_types", on_delete="SET NULL")
    subject: Mapped[str]
    description: Mapped[str | None]
    direction: Mapped[Direction | None]
    outcome: Mapped[str | None]
    status: Mapped[ActivityStatus] = mapped_column(default=ActivityStatus.DONE)
    priority: Mapped[Priority] = mapped_column(default=Priority.MEDIUM)
    at: Mapped[datetime] = mapped_column(default=now, comment="When it happened or will.")
    due_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    duration_minutes: Mapped[int | None]
    details: Mapped[Json] = mapped_column(default=dict)
    is_from_outside: Mapped[bool] = mapped_column(
        default=False, comment="Somebody outside the organisation wrote it."
    )
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE", index=False)
    company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE", index=False)
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE", index=False)
    lead_id: Mapped[UUID | None] = ref("leads", on_delete="CASCADE")
    deal_id: Mapped[UUID | None] = ref("deals", on_delete="CASCADE")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL", index=False)
    supervisor_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")


class Image(TenantRow):
    """A picture that belongs to a record."""

    __tablename__ = "images"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, company_id, donor_id) = 1", name="one_noun"),
    )

    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    kind: Mapped[ImageKind] = mapped_column(default=ImageKind.PHOTO)
    url: Mapped[str]
    filename: Mapped[str]
    mime_type: Mapped[str]
    size_bytes: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]


class CustomValue(TenantRow):
    """One custom field of one record; the field's type says which column holds it."""

    __tablename__ = "custom_values"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(person_id, company_id, household_id, donor_id, gift_id, lead_id,"
            " deal_id, ticket_id, task_id, project_id) = 1",
            name="one_noun",
        ),
        CheckConstraint(
            "num_nonnulls(text_value, number_value, date_value, bool_value, list_value) = 1",
            name="one_value",
        ),
        UniqueConstraint("org_id", "field_id", "person_id"),
        UniqueConstraint("org_id", "field_id", "company_id"),
        UniqueConstraint("org_id", "field_id", "household_id"),
        UniqueConstraint("org_id", "field_id", "donor_id"),
        UniqueConstraint("org_id", "field_id", "gift_id"),
        UniqueConstraint("org_id", "field_id", "lead_id"),
        UniqueConstraint("org_id", "field_id", "deal_id"),
        UniqueConstraint("org_id", "field_id", "ticket_id"),
        UniqueConstraint("org_id", "field_id", "task_id"),
        UniqueConstraint("org_id", "field_id", "project_id"),
        Index(None, "org_id", "field_id", "number_value"),
        Index(None, "org_id", "field_id", "date_value"),
    )

    field_id: Mapped[UUID] = ref("custom_fields", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE")
    household_id: Mapped[UUID | None] = ref("households", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    gift_id: Mapped[UUID | None] = ref("gifts", on_delete="CASCADE")
    lead_id: Mapped[UUID | None] = ref("leads", on_delete="CASCADE")
    deal_id: Mapped[UUID | None] = ref("deals", on_delete="CASCADE")
    ticket_id: Mapped[UUID | None] = ref("tickets", on_delete="CASCADE")
    task_id: Mapped[UUID | None] = ref("tasks", on_delete="CASCADE")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="CASCADE")
    text_value: Mapped[str | None]
    number_value: Mapped[Decimal | None]
    date_value: Mapped[date | None]
    bool_value: Mapped[bool | None]
    list_value: Mapped[list[str] | None]

    @property
    def value(self) -> Any:
        """Whichever of the five is filled."""
        filled = (self.number_value, self.date_value, self.bool_value, self.list_value)
        return next((value for value in filled if value is not None), self.text_value)
