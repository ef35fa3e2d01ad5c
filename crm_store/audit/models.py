"""The append-only log and the events that came in from outside."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Json, TenantRow, now, ref


class AuditEntry(Base):
    """One change, chained by hash to the one before it in the same organisation."""

    __tablename__ = "audit_log"
    audited: ClassVar[bool] = False
    written_by_functions: ClassVar[bool] = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    door: Mapped[str]
    action: Mapped[str]
    table_name: Mapped[str]
    row_id: Mapped[UUID | None] = mapped_column()
    digest: Mapped[bytes] = mapped_column(LargeBinary, comment="Of the salt and the details.")
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]


class AuditDetail(Base):
    """Before and after, apart from the chain so that it can be forgotten without breaking it."""

    __tablename__ = "audit_details"
    audited: ClassVar[bool] = False
    written_by_functions: ClassVar[bool] = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[bytes]
    changes: Mapped[Json]


class AuditHead(Base):
    """The last link of each organisation's chain; locking it puts writers in order."""

    __tablename__ = "audit_heads"
    audited: ClassVar[bool] = False
    written_by_functions: ClassVar[bool] = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]
    hash: Mapped[bytes]


class ProductEvent(TenantRow):
    """Something somebody did in the product, for learning how it is used."""

    __tablename__ = "product_events"
    audited: ClassVar[bool] = False

    name: Mapped[str]
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    at: Mapped[datetime] = mapped_column(default=now)
    source: Mapped[str | None]
    url: Mapped[str | None]
    user_agent: Mapped[str | None]
    ip_address: Mapped[str | None]
    session_key: Mapped[str | None]
    properties: Mapped[Json] = mapped_column(default=dict)


class WebhookStatus(StrEnum):
    PENDING = "pending"
    PROCESSED = "processed"
    FAILED = "failed"


class WebhookEvent(TenantRow):
    """A call from a provider, kept as it came until it has been dealt with."""

    __tablename__ = "webhook_events"
    audited: ClassVar[bool] = False

    source: Mapped[str]
    event_type: Mapped[str]
    receipt: Mapped[str | None] = mapped_column(comment="The provider's id: a repeat is one event.")
    payload: Mapped[Json]
    status: Mapped[WebhookStatus] = mapped_column(default=WebhookStatus.PENDING)
    processed_at: Mapped[datetime | None]
    error_message: Mapped[str | None]
    retry_count: Mapped[int] = mapped_column(default=0)
    headers: Mapped[Json] = mapped_column(default=dict)
    signature: Mapped[str | None]
    ip_address: Mapped[str | None]
