"""Sites that are read again and again."""

from datetime import UTC, datetime, timedelta

import pytest

from crm_store.errors import Invalid
from crm_store.knowledge.crawling import BeingRead, add_crawl_source, begin_crawl, finish_crawl
from crm_store.knowledge.models import CrawlEvery, CrawlStatus
from crm_store.knowledge.views import CrawlSourceView

NOW = datetime(2026, 1, 31, 3, tzinfo=UTC)


async def _source(crm, url="https://harbour.example/", **more):
    shelf = await crm.collections.by_name("Public")
    return await add_crawl_source(crm, shelf.id, url, at=NOW, **more)


async def test_a_site_is_due_at_once_and_then_in_turn(crm):
    source = await _source(crm, every=CrawlEvery.MONTH)
    assert [each.id for each in await crm.crawl_sources.due(NOW)] == [source.id]
    await begin_crawl(crm, source.id)
    assert await crm.crawl_sources.due(NOW) == []
    await finish_crawl(crm, source.id, pages=12, robots="User-agent: *", at=NOW)
    assert source.next_crawl_at == datetime(2026, 2, 28, 3, tzinfo=UTC)
    assert (source.last_crawled_at, source.robots_read_at) == (NOW, NOW)
    assert CrawlSourceView.of(source).pages_found == 12


async def test_a_site_is_not_read_twice_at_a_time(crm):
    source = await _source(crm)
    await begin_crawl(crm, source.id)
    with pytest.raises(BeingRead):
        await begin_crawl(crm, source.id)


async def test_a_reading_that_failed_is_tried_in_its_turn(crm):
    source = await _source(crm, every=CrawlEvery.DAY)
    await begin_crawl(crm, source.id)
    await finish_crawl(crm, source.id, error="It did not answer.", at=NOW)
    assert (source.status, source.error) == (CrawlStatus.FAILED, "It did not answer.")
    assert await crm.crawl_sources.due(NOW) == []
    assert len(await crm.crawl_sources.due(NOW + timedelta(days=1))) == 1


async def test_a_site_read_on_request_has_no_turn(crm):
    source = await _source(crm, every=None)
    await begin_crawl(crm, source.id)
    await finish_crawl(crm, source.id, pages=1, at=NOW)
    assert source.next_crawl_at is None


@pytest.mark.parametrize("url", ["harbour.example", "ftp://a.b/", "https://", "http://u:p@a.b/"])
async def test_only_addresses_on_the_web_are_read(crm, url):
    with pytest.raises(Invalid):
        await _source(crm, url)
