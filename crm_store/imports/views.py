"""What may leave of an import."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from crm_store.imports.models import ImportStatus, MatchedBy, RowStatus
from crm_store.view import View


class ImportJobView(View):
    """One import and how far it has come."""

    id: UUID
    file_name: str
    noun: str
    source: str | None
    status: ImportStatus
    total_rows: int | None
    loaded_rows: int
    duplicate_rows: int
    bad_rows: int
    undone_rows: int
    started_at: datetime | None
    finished_at: datetime | None
    undone_at: datetime | None
    error: str | None


class ImportColumnView(View):
    position: int
    header: str
    target: str | None
    matched_by: MatchedBy
    confidence: Decimal
    samples: list[str]
    filled: int


class ImportRowView(View):
    number: int
    status: RowStatus
    reason: str | None
    raw: dict[str, str]
    target_table: str | None
    target_id: UUID | None
