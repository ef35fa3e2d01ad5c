"""Sites that are read again and again: when each is due and how the last reading went."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from dateutil.relativedelta import relativedelta

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.knowledge.models import CrawlEvery, CrawlSource, CrawlStatus

STEPS = {
    CrawlEvery.DAY: relativedelta(days=1),
    CrawlEvery.WEEK: relativedelta(weeks=1),
    CrawlEvery.MONTH: relativedelta(months=1),
}


class BeingRead(Conflict):
    """This site is being read already."""


async def add_crawl_source(
    crm: Crm,
    collection_id: UUID,
    url: str,
    *,
    every: CrawlEvery | None = CrawlEvery.WEEK,
    at: datetime | None = None,
) -> CrawlSource:
    """Read a site into a collection, now and then."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise Invalid("A site's address begins with http:// or https:// and names a host.")
    await crm.collections.get(collection_id)
    source = crm.crawl_sources.add(
        CrawlSource(collection_id=collection_id, url=url, every=every, next_crawl_at=at or now())
    )
    await crm.flush()
    return source


async def begin_crawl(crm: Crm, source_id: UUID) -> CrawlSource:
    source = await crm.crawl_sources.get(source_id, lock=True)
    if source.status is CrawlStatus.CRAWLING:
        raise BeingRead
    source.status, source.error = CrawlStatus.CRAWLING, None
    await crm.flush()
    return source


async def finish_crawl(
    crm: Crm,
    source_id: UUID,
    *,
    pages: int = 0,
    error: str | None = None,
    robots: str | None = None,
    at: datetime | None = None,
) -> CrawlSource:
    """Record how a reading went and when the next is due."""
    at = at or now()
    source = await crm.crawl_sources.get(source_id, lock=True)
    source.status = CrawlStatus.IDLE if error is None else CrawlStatus.FAILED
    source.error, source.last_crawled_at = error, at
    source.next_crawl_at = at + STEPS[source.every] if source.every else None
    if error is None:
        source.pages_found = pages
    if robots is not None:
        source.robots, source.robots_read_at = robots, at
    await crm.flush()
    return source
