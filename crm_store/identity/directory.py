"""What must be known before the organisation is: from a key somebody shows to ids."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base


class LookupKind(StrEnum):
    ORG = "org"
    SLUG = "slug"
    SUBDOMAIN = "subdomain"
    USER_EMAIL = "user_email"
    USER_IDENTITY = "user_identity"
    USER_TOKEN = "user_token"
    SESSION = "session"
    MEMBER = "member"
    INVITATION = "invitation"
    STAFF_PHONE = "staff_phone"
    STAFF_WHATSAPP = "staff_whatsapp"
    API_KEY = "api_key"
    EMBED_KEY = "embed_key"
    CHANNEL_KEY = "channel_key"
    TRACKING_ID = "tracking_id"


class Directory(Base):
    """Closed to every run-time role: read through named functions that answer with ids,
    written by triggers on the tables it points into."""

    __tablename__ = "directory"
    __table_args__ = (
        CheckConstraint("num_nonnulls(org_id, user_id) > 0", name="leads_somewhere"),
        Index(
            "uq_directory_kind_key",
            "kind",
            "key",
            unique=True,
            postgresql_where=text("kind NOT IN ('member', 'staff_phone', 'staff_whatsapp')"),
        ),
        Index("ix_directory_user_id_org_id", "user_id", "org_id"),
        Index("ix_directory_subject_id", "subject_id"),
    )
    audited: ClassVar[bool] = False
    closed: ClassVar[bool] = True

    kind: Mapped[LookupKind] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(primary_key=True, comment="A SHA-256 of what is shown.")
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
