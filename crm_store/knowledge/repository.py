"""Questions we ask about what the organisation has written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, true

from crm_store.actor import Kind
from crm_store.knowledge.models import (
    Audience,
    Chunk,
    Collection,
    CrawlSource,
    CrawlStatus,
    Document,
)
from crm_store.repository import Repository


class CollectionRepository(Repository[Collection]):
    model = Collection

    async def by_name(self, name: str) -> Collection:
        return await self.one(self.rows().where(Collection.name == name))

    async def for_audience(self, audience: Audience) -> Sequence[Collection]:
        return await self.all(
            self.rows().where(Collection.audience == audience).order_by(Collection.name)
        )


class DocumentRepository(Repository[Document]):
    model = Document

    async def at_url(self, collection_id: UUID, url: str) -> Document | None:
        return await self.first(
            self.rows().where(Document.collection_id == collection_id, Document.source_url == url)
        )

    async def with_content(self, collection_id: UUID, content_hash: str) -> Document | None:
        """The document of this collection that says exactly the same."""
        return await self.first(
            self.rows().where(
                Document.content_hash == content_hash, Document.collection_id == collection_id
            )
        )


class ChunkRepository(Repository[Chunk]):
    model = Chunk

    def visible(self) -> ColumnElement[bool]:
        """All for staff; for visitors what the database shows them, said again."""
        if self.actor.kind is Kind.VISITOR:
            return and_(Chunk.audience == Audience.PUBLIC, Chunk.is_published)
        return true()

    async def of_document(self, document_id: UUID) -> Sequence[Chunk]:
        """In reading order."""
        return await self.all(
            self.rows().where(Chunk.document_id == document_id).order_by(Chunk.position)
        )

    async def without_embedding(self, embedder: str, limit: int = 500) -> Sequence[Chunk]:
        """Passages this model has not seen yet, or another one embedded."""
        return await self.all(
            self.rows()
            .where(or_(Chunk.embedder.is_(None), Chunk.embedder != embedder))
            .order_by(Chunk.id)
            .limit(limit)
        )


class CrawlSourceRepository(Repository[CrawlSource]):
    model = CrawlSource

    async def due(self, at: datetime) -> Sequence[CrawlSource]:
        """Sites whose turn has come, and that nobody is reading now."""
        return await self.all(
            self.rows()
            .where(
                CrawlSource.next_crawl_at <= at,
                CrawlSource.is_active,
                CrawlSource.status.in_([CrawlStatus.IDLE, CrawlStatus.FAILED]),
            )
            .order_by(CrawlSource.next_crawl_at)
        )
