"""Collections of documents, the passages they are cut into, and the sites they are read from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, TenantRow, ref

DIMENSIONS = 512
"""What the embedded sentence encoder gives; models that can shorten their vectors are asked to."""


class Audience(StrEnum):
    PUBLIC = "public"
    STAFF = "staff"


class Collection(Live, TenantRow):
    """A shelf of documents for one audience."""

    __tablename__ = "collections"
    __table_args__ = (
        Index(
            "uq_collections_org_id_name",
            "org_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    audience: Mapped[Audience]
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    settings: Mapped[Json] = mapped_column(default=dict)


class CrawlStatus(StrEnum):
    IDLE = "idle"
    QUEUED = "queued"
    CRAWLING = "crawling"
    FAILED = "failed"


class CrawlEvery(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class CrawlSource(TenantRow):
    """A site read again and again into one collection."""

    __tablename__ = "crawl_sources"
    __table_args__ = (
        UniqueConstraint("org_id", "collection_id", "url"),
        Index("ix_crawl_sources_org_id_next_crawl_at", "org_id", "next_crawl_at"),
    )

    collection_id: Mapped[UUID] = ref("collections", on_delete="CASCADE", index=False)
    url: Mapped[str]
    every: Mapped[CrawlEvery | None] = mapped_column(comment="None: when somebody asks.")
    depth: Mapped[int] = mapped_column(default=2)
    page_limit: Mapped[int] = mapped_column(default=200)
    include: Mapped[list[str]] = mapped_column(default=list, comment="Path prefixes; all if none.")
    exclude: Mapped[list[str]] = mapped_column(default=list, comment="Path prefixes.")
    status: Mapped[CrawlStatus] = mapped_column(default=CrawlStatus.IDLE)
    is_active: Mapped[bool] = mapped_column(default=True)
    last_crawled_at: Mapped[datetime | None]
    next_crawl_at: Mapped[datetime | None]
    robots: Mapped[str | None] = mapped_column(comment="robots.txt as last read.")
    robots_read_at: Mapped[datetime | None]
    pages_found: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


class DocumentKind(StrEnum):
    PAGE = "page"
    FILE = "file"
    TEXT = "text"
    FAQ = "faq"
    PRODUCTS = "products"
    PROJECTS = "projects"
    NOTE = "note"


class DocumentStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"
    FAILED = "failed"


class Document(Live, TenantRow):
    """Something that was written down, as it was given."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_org_id_collection_id", "org_id", "collection_id", "status"),
        Index("ix_documents_org_id_content_hash", "org_id", "content_hash"),
        Index(
            "uq_documents_org_id_source_url",
            "org_id",
            "collection_id",
            "source_url",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"content"})

    collection_id: Mapped[UUID] = ref("collections", on_delete="CASCADE", index=False)
    crawl_source_id: Mapped[UUID | None] = ref("crawl_sources", on_delete="SET NULL")
    kind: Mapped[DocumentKind] = mapped_column(default=DocumentKind.TEXT)
    title: Mapped[str]
    description: Mapped[str | None]
    content: Mapped[str] = mapped_column(default="")
    content_hash: Mapped[str] = mapped_column(comment="SHA-256 of the content, in hex.")
    language: Mapped[str | None] = mapped_column(comment="ISO 639-1.")
    mime_type: Mapped[str | None]
    status: Mapped[DocumentStatus] = mapped_column(default=DocumentStatus.DRAFT)
    source_url: Mapped[str | None]
    item_count: Mapped[int | None] = mapped_column(comment="Entries of a list, such as products.")
    last_synced_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    metadata_: Mapped[Json] = mapped_column("metadata", default=dict)
    error: Mapped[str | None]


class Chunk(TenantRow):
    """A passage of a document, short enough to quote and to compare."""

    __tablename__ = "chunks"
    __table_args__ = (
        UniqueConstraint("org_id", "document_id", "position"),
        Index("ix_chunks_org_id_collection_id", "org_id", "collection_id"),
        Index("ix_chunks_org_id_is_published", "org_id", "audience", "is_published"),
        CheckConstraint("(embedding IS NULL) = (embedder IS NULL)", name="embedder_is_named"),
        CheckConstraint("char_length(passage) BETWEEN 1 AND 20000", name="is_a_passage"),
    )
    audited: ClassVar[bool] = False
    visitor_may: ClassVar[str] = "SELECT"
    visitor_rows: ClassVar[str] = "audience = 'public' AND is_published"

    document_id: Mapped[UUID] = ref("documents", on_delete="CASCADE", index=False)
    collection_id: Mapped[UUID] = ref("collections", on_delete="CASCADE", index=False)
    position: Mapped[int]
    passage: Mapped[str]
    heading_path: Mapped[list[str]] = mapped_column(default=list)
    language: Mapped[str | None]
    tokens: Mapped[int]
    audience: Mapped[Audience] = mapped_column(comment="Its collection's.")
    is_published: Mapped[bool] = mapped_column(default=False, comment="Its document's status.")
    title: Mapped[str] = mapped_column(comment="Its document's.")
    source_url: Mapped[str | None] = mapped_column(comment="Its document's.")
    words: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('simple'::regconfig, title), 'A') || "
            "to_tsvector('simple'::regconfig, passage)",
            persisted=True,
        ),
        deferred=True,
    )
    embedding: Mapped[Any] = mapped_column(HALFVEC(DIMENSIONS), nullable=True, deferred=True)
    embedder: Mapped[str | None] = mapped_column(
        comment="Which model made the embedding; vectors of different models do not compare."
    )
