"""Documents for tests."""

from __future__ import annotations

from typing import Any

from crm_store.crm import Crm
from crm_store.knowledge.actions import Passage, cut_document, publish_document, put_document
from crm_store.knowledge.models import Audience, Document


async def make_document(
    crm: Crm,
    title: str = "How to give",
    content: str = "Gifts are welcome by bank transfer.",
    *,
    audience: Audience = Audience.PUBLIC,
    published: bool = True,
    **more: Any,
) -> Document:
    shelf = (await crm.collections.for_audience(audience))[0]
    document = await put_document(crm, shelf.id, title, content, **more)
    await cut_document(crm, document.id, [Passage(content, len(content.split()))])
    return await publish_document(crm, document.id) if published else document
