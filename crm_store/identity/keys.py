"""What stands for a member at doors without a password: telephones and API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import TenantRow, ref


class StaffPhone(TenantRow):
    """A telephone that speaks for a member, by number or by WhatsApp's id for the business."""

    __tablename__ = "staff_phones"
    __table_args__ = (
        UniqueConstraint("org_id", "phone_number"),
        UniqueConstraint("org_id", "whatsapp_id"),
        CheckConstraint("num_nonnulls(phone_number, whatsapp_id) > 0", name="can_be_recognised"),
        CheckConstraint(r"phone_number ~ '^\+[1-9][0-9]{6,14}$'", name="phone_number_is_e164"),
    )

    member_id: Mapped[UUID] = ref("members", on_delete="CASCADE")
    phone_number: Mapped[str | None] = mapped_column(comment="E.164.")
    whatsapp_id: Mapped[str | None] = mapped_column(comment="Business-scoped.")
    display_name: Mapped[str | None]
    is_allowed: Mapped[bool] = mapped_column(default=True)
    scopes: Mapped[list[str] | None] = mapped_column(comment="The only ones this phone carries.")
    verified_at: Mapped[datetime | None]
    last_query_at: Mapped[datetime | None]
    query_count: Mapped[int] = mapped_column(default=0)


class ApiKey(TenantRow):
    """A program's way in, for a member and with no more than that member's rights."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("org_id", "key_hash"),)

    member_id: Mapped[UUID] = ref("members", on_delete="CASCADE")
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(comment="What is shown of it afterwards.")
    key_hash: Mapped[bytes]
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
