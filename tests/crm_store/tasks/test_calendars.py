from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from crm_store.actor import Actor
from crm_store.base import new_id
from crm_store.errors import Invalid, NotFound
from crm_store.tasks.calendars import link_calendar, open_calendar, synced, unlink_calendar
from crm_store.tasks.models import CalendarProvider
from crm_store.tasks.views import CalendarLinkView

GOOGLE = CalendarProvider.GOOGLE
DAY = datetime(2026, 6, 1, tzinfo=UTC)


async def test_the_keys_of_a_calendar_are_sealed_where_they_lie(house):
    async with house.begin() as crm:
        link = await link_calendar(
            crm, GOOGLE, access_token="opens", refresh_token="renews", calendar_id="main"
        )
        keys = await open_calendar(crm, link.id)
        assert (keys.access_token, keys.refresh_token) == ("opens", "renews")
        assert "opens" not in repr(keys)
    async with house.begin() as crm:
        row = (await crm.session.execute(text("SELECT * FROM calendar_links"))).one()
        assert b"opens" not in row.access_token
        seen = CalendarLinkView.of(await crm.calendar_links.get(link.id)).model_dump_json()
        assert "opens" not in seen
        log = (await crm.session.scalars(text("SELECT changes::text FROM audit_details"))).all()
        assert not any("opens" in one or "renews" in one for one in log)


async def test_linking_again_renews_the_keys_and_keeps_what_is_not_named(crm):
    first = await link_calendar(
        crm, GOOGLE, access_token="old", refresh_token="renews", calendar_id="main"
    )
    again = await link_calendar(crm, GOOGLE, access_token="new", expires_at=DAY)
    assert (again.id, again.calendar_id, again.expires_at) == (first.id, "main", DAY)
    keys = await open_calendar(crm, again.id)
    assert (keys.access_token, keys.refresh_token) == ("new", "renews")


async def test_a_calendar_is_opened_by_its_owner_alone(house, neighbour):
    async with house.begin() as crm:
        link = await link_calendar(crm, GOOGLE, access_token="opens")
    for where, actor in (
        (house, house.actor(member_id=new_id())),
        (neighbour, neighbour.director),
    ):
        async with where.begin(actor) as crm:
            for missing in (link.id, new_id()):
                with pytest.raises(NotFound, match="There is no such calendar link"):
                    await open_calendar(crm, missing)
            assert await crm.calendar_links.of(GOOGLE) is None
    async with house.begin(Actor.system(house.org_id)) as crm:
        assert [one.id for one in await crm.calendar_links.active()] == [link.id]
        with pytest.raises(Invalid):
            await link_calendar(crm, GOOGLE, access_token="x")


async def test_a_link_remembers_how_far_it_was_read_and_can_be_forgotten(house):
    async with house.begin() as crm:
        link = await link_calendar(crm, CalendarProvider.OUTLOOK, access_token="opens")
        await synced(crm, link.id, "page 7", DAY)
        assert (link.sync_token, link.last_synced_at) == ("page 7", DAY)
        await unlink_calendar(crm, link.id)
        assert await crm.calendar_links.of(CalendarProvider.OUTLOOK) is None
