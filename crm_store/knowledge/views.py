"""What may leave of the knowledge."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm_store.knowledge.models import (
    Audience,
    CrawlEvery,
    CrawlStatus,
    DocumentKind,
    DocumentStatus,
)
from crm_store.view import View


class CollectionView(View):
    id: UUID
    name: str
    description: str | None
    audience: Audience


class DocumentView(View):
    id: UUID
    collection_id: UUID
    kind: DocumentKind
    title: str
    description: str | None
    language: str | None
    status: DocumentStatus
    source_url: str | None
    item_count: int | None
    last_synced_at: datetime | None
    published_at: datetime | None
    error: str | None


class ChunkView(View):
    """A passage with what is needed to cite it."""

    id: UUID
    document_id: UUID
    position: int
    title: str
    heading_path: list[str]
    passage: str
    language: str | None
    source_url: str | None


class CrawlSourceView(View):
    id: UUID
    collection_id: UUID
    url: str
    every: CrawlEvery | None
    status: CrawlStatus
    is_active: bool
    last_crawled_at: datetime | None
    next_crawl_at: datetime | None
    pages_found: int
    error: str | None
