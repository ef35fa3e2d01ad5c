"""Import jobs, how their columns were understood, their rows, and ids known to other systems."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, TenantRow, ref


class SourceKind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    DATABASE = "database"


class ImportStatus(StrEnum):
    PREVIEW = "preview"
    READY = "ready"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    CANCELLED = "cancelled"


class ImportJob(TenantRow):
    """One file or database brought in, and how far it has come."""

    __tablename__ = "import_jobs"
    __table_args__ = (
        Index("ix_import_jobs_org_id_sha256", "org_id", "sha256"),
        Index("ix_import_jobs_org_id_status", "org_id", "status"),
    )

    file_name: Mapped[str]
    sha256: Mapped[str | None]
    size_bytes: Mapped[int | None]
    kind: Mapped[SourceKind]
    source: Mapped[str | None] = mapped_column(
        comment="The system its ids belong to, as in external_ids."
    )
    noun: Mapped[str] = mapped_column(comment="What a row is: donors, gifts, people…")
    mapping: Mapped[Json] = mapped_column(default=dict)
    options: Mapped[Json] = mapped_column(default=dict)
    status: Mapped[ImportStatus] = mapped_column(default=ImportStatus.PREVIEW)
    total_rows: Mapped[int | None]
    loaded_rows: Mapped[int] = mapped_column(default=0)
    duplicate_rows: Mapped[int] = mapped_column(default=0)
    bad_rows: Mapped[int] = mapped_column(default=0)
    undone_rows: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0, comment="Last row number dealt with.")
    dry_run: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    error: Mapped[str | None]


class MatchedBy(StrEnum):
    NAME = "name"
    CONTENT = "content"
    PERSON = "person"
    REMEMBERED = "remembered"
    NONE = "none"


class ImportColumn(TenantRow):
    """One column of the source and the field it was taken for."""

    __tablename__ = "import_columns"
    __table_args__ = (UniqueConstraint("org_id", "job_id", "position"),)
    audited: ClassVar[bool] = False

    job_id: Mapped[UUID] = ref("import_jobs", on_delete="CASCADE", index=False)
    position: Mapped[int]
    header: Mapped[str]
    target: Mapped[str | None] = mapped_column(comment="The field it fills; none: left out.")
    matched_by: Mapped[MatchedBy] = mapped_column(default=MatchedBy.NONE)
    confidence: Mapped[Decimal] = mapped_column(default=Decimal(0))
    samples: Mapped[list[str]] = mapped_column(default=list)
    filled: Mapped[int] = mapped_column(default=0, comment="How many of the rows seen have it.")


class RowStatus(StrEnum):
    PENDING = "pending"
    LOADED = "loaded"
    DUPLICATE = "duplicate"
    BAD = "bad"
    UNDONE = "undone"


class ImportRow(TenantRow):
    """One row as it came, and what became of it."""

    __tablename__ = "import_rows"
    __table_args__ = (
        UniqueConstraint("org_id", "job_id", "number"),
        Index("ix_import_rows_org_id_status", "org_id", "job_id", "status", "number"),
        Index("ix_import_rows_org_id_dedupe_key", "org_id", "dedupe_key"),
        Index("ix_import_rows_org_id_target", "org_id", "target_table", "target_id"),
    )
    audited: ClassVar[bool] = False

    job_id: Mapped[UUID] = ref("import_jobs", on_delete="CASCADE", index=False)
    number: Mapped[int]
    raw: Mapped[Json]
    status: Mapped[RowStatus] = mapped_column(default=RowStatus.PENDING)
    reason: Mapped[str | None] = mapped_column(comment="In a sentence, why it is bad or known.")
    target_table: Mapped[str | None]
    target_id: Mapped[UUID | None]
    created_target: Mapped[bool] = mapped_column(
        default=False, comment="It made the target, so undoing may remove it."
    )
    before: Mapped[Json | None] = mapped_column(comment="What it overwrote, for undoing.")
    dedupe_key: Mapped[str | None]


class ExternalId(TenantRow):
    """The name another system has for one of our rows."""

    __tablename__ = "external_ids"
    __table_args__ = (
        UniqueConstraint("org_id", "source", "kind", "external_id"),
        Index("ix_external_ids_org_id_row", "org_id", "table_name", "row_id"),
    )
    audited: ClassVar[bool] = False

    source: Mapped[str]
    kind: Mapped[str] = mapped_column(comment="What the other system calls such a thing.")
    external_id: Mapped[str]
    table_name: Mapped[str]
    row_id: Mapped[UUID]
    job_id: Mapped[UUID | None] = ref("import_jobs", on_delete="SET NULL")
    seen_at: Mapped[datetime | None]
