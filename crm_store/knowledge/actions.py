"""Putting documents on shelves, cutting them into passages, showing and withdrawing them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert

from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.knowledge.models import (
    DIMENSIONS,
    Audience,
    Chunk,
    Collection,
    Document,
    DocumentKind,
    DocumentStatus,
)

LONGEST_PASSAGE = 20_000


class NothingToShow(Conflict):
    """This document has no passages yet, so there is nothing to publish."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document as it was cut."""

    text: str
    tokens: int
    heading_path: tuple[str, ...] = ()
    language: str | None = None


async def create_collection(
    crm: Crm, name: str, audience: Audience, *, description: str | None = None
) -> Collection:
    if not name.strip():
        raise Invalid("A collection needs a name.")
    collection = crm.collections.add(
        Collection(name=name.strip(), audience=audience, description=description)
    )
    await crm.flush()
    return collection


async def change_audience(crm: Crm, collection_id: UUID, audience: Audience) -> Collection:
    """Show a whole shelf to others, or keep it among staff; its passages follow at once."""
    collection = await crm.collections.get(collection_id, lock=True)
    collection.audience = audience
    await crm.flush()
    return collection


async def put_document(
    crm: Crm,
    collection_id: UUID,
    title: str,
    content: str,
    *,
    source_url: str | None = None,
    kind: DocumentKind = DocumentKind.TEXT,
    at: datetime | None = None,
    **details: Any,
) -> Document:
    """Keep a document; one already known by its address or its words is renewed, not doubled.

    New words drop the old passages: cut them again, then publish.
    """
    if not title.strip():
        raise Invalid("A document needs a title.")
    await crm.collections.get(collection_id)
    digest = hashlib.sha256(content.encode()).hexdigest()
    document = (
        await crm.documents.at_url(collection_id, source_url)
        if source_url
        else await crm.documents.with_content(collection_id, digest)
    )
    if document is None:
        document = Document(collection_id=collection_id, content_hash="", source_url=source_url)
        crm.documents.add(document)
    document.title, document.kind = title.strip(), kind
    document.last_synced_at = at or now()
    for name, value in details.items():
        setattr(document, name, value)
    if document.content_hash != digest:
        document.content, document.content_hash = content, digest
        document.status = DocumentStatus.DRAFT
        await crm.flush()
        await _drop_passages(crm, document.id)
    await crm.flush()
    return document


async def cut_document(crm: Crm, document_id: UUID, passages: Sequence[Passage]) -> Sequence[Chunk]:
    """Replace a document's passages, in reading order."""
    document = await crm.documents.get(document_id, lock=True)
    if any(not 0 < len(passage.text) <= LONGEST_PASSAGE for passage in passages):
        raise Invalid(f"A passage has 1 to {LONGEST_PASSAGE} characters.")
    await _drop_passages(crm, document_id)
    if passages:
        await crm.session.execute(
            insert(Chunk), [_row(document, *each) for each in enumerate(passages)]
        )
        crm.note("cut", "documents", document_id, passages=len(passages))
    return await crm.chunks.of_document(document_id)


async def publish_document(crm: Crm, document_id: UUID, *, at: datetime | None = None) -> Document:
    """Let the collection's audience read it."""
    document = await crm.documents.get(document_id, lock=True)
    if not await crm.chunks.count(crm.chunks.rows().where(Chunk.document_id == document_id)):
        raise NothingToShow
    document.status, document.published_at = DocumentStatus.PUBLISHED, at or now()
    await crm.flush()
    return document


async def withdraw_document(crm: Crm, document_id: UUID) -> Document:
    """Keep it, but let nobody be answered from it."""
    document = await crm.documents.get(document_id, lock=True)
    document.status = DocumentStatus.ARCHIVED
    await crm.flush()
    return document


async def delete_document(crm: Crm, document_id: UUID, *, at: datetime | None = None) -> Document:
    document = await crm.documents.get(document_id, lock=True)
    document.deleted_at = at or now()
    await crm.flush()
    return document


async def embed_chunks(crm: Crm, embedder: str, vectors: Mapping[UUID, Sequence[float]]) -> int:
    """Keep what a sentence encoder made of passages; returns how many."""
    if any(len(vector) != DIMENSIONS for vector in vectors.values()):
        raise Invalid(f"An embedding here has {DIMENSIONS} numbers.")
    chunks = await crm.chunks.all(crm.chunks.rows().where(Chunk.id.in_(vectors)))
    for chunk in chunks:
        chunk.embedding, chunk.embedder = list(vectors[chunk.id]), embedder
    await crm.flush()
    return len(chunks)


async def _drop_passages(crm: Crm, document_id: UUID) -> None:
    crm.actor.need("knowledge:write")
    await crm.session.execute(
        delete(Chunk).where(Chunk.org_id == crm.actor.org, Chunk.document_id == document_id)
    )


def _row(document: Document, position: int, passage: Passage) -> dict[str, Any]:
    """What follows from the document is filled in by the database."""
    return {
        "org_id": document.org_id,
        "id": new_id(),
        "document_id": document.id,
        "position": position,
        "passage": passage.text,
        "tokens": passage.tokens,
        "heading_path": list(passage.heading_path),
        "language": passage.language or document.language,
    }
