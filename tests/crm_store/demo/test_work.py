"""The demo as people will look at it: the same every time, believable, and each house by itself."""

from __future__ import annotations

import os
from datetime import date

import pytest
import pytest_asyncio
from sqlalchemy import text

from crm_store.actor import Actor, Door
from crm_store.audit.verify import verify
from crm_store.base import Base
from crm_store.crypto import Keyring
from crm_store.demo import work, world
from crm_store.demo.world import HARBOR, HARBOUR, load_demo
from crm_store.store import Pooling, Store
from crm_store.testing import copy_database, drop_database

TODAY = date(2026, 11, 20)
DONORS = 240
FACTS = {
    "donors": "SELECT name, external_id, journey_stage FROM donors ORDER BY external_id",
    "gifts": "SELECT amount, currency, received_on, refunded FROM gifts ORDER BY 3, 1, 2, 4",
    "leads": "SELECT given_name, family_name, email, status, score FROM leads ORDER BY 1, 2, 3",
    "deals": "SELECT name, value, status, expected_close_on FROM deals ORDER BY 1, 2, 3, 4",
    "tickets": "SELECT number, subject, status, resolution_due_at FROM tickets ORDER BY 1",
    "tasks": "SELECT title, status, due_at FROM tasks ORDER BY 1, 2, 3",
    "activities": "SELECT subject, at FROM activities ORDER BY 1, 2",
    "receipts": "SELECT number, names, totals::text FROM receipts ORDER BY 1",
    "deliveries": "SELECT to_address, status, sent_at FROM deliveries ORDER BY 1, 3",
    "events": "SELECT kind, at, is_machine FROM tracking_events ORDER BY 1, 2, 3",
    "messages": "SELECT content, sent_at FROM messages ORDER BY 1, 2",
    "segments": "SELECT name, count FROM segments ORDER BY 1",
}


def called(name):
    """A database of this run alone."""
    return f"almoner_demo_{name}_{os.getpid()}"


async def fresh(server, name):
    drop_database(server, name)
    return await Store.open(copy_database(server, name), Keyring.fresh(), Pooling(size=4))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(server):
    store = await fresh(server, called("shown"))
    loaded = await load_demo(store, DONORS, today=TODAY)
    yield store, {one.slug: one for one in loaded}
    await store.close()
    drop_database(server, called("shown"))


async def ask(shown, question, slug=HARBOUR.slug):
    store, loaded = shown
    async with store.begin(Actor.system(loaded[slug].org_id, Door.CLI), read_only=True) as crm:
        return [tuple(row) for row in await crm.session.execute(text(question))]


async def one(shown, question, slug=HARBOUR.slug):
    return (await ask(shown, question, slug))[0][0]


async def everything(shown, slug=HARBOUR.slug):
    return {name: await ask(shown, question, slug) for name, question in FACTS.items()}


async def test_loading_again_changes_nothing(shown):
    store, _ = shown
    before = await everything(shown)
    again = await load_demo(store, DONORS, today=TODAY)
    assert all(one.was_there for one in again)
    assert await everything(shown) == before


async def test_the_same_demo_twice_is_the_same_though_killed_half_way(shown, server, monkeypatch):
    store = await fresh(server, called("twice"))

    async def killed(scene):
        raise KeyboardInterrupt

    try:
        with monkeypatch.context() as patched:
            patched.setattr(work, "PARTS", (*work.PARTS[:3], killed))
            patched.setattr(world, "BATCH", 100)
            with pytest.raises(KeyboardInterrupt):
                await load_demo(store, DONORS, today=TODAY)
        loaded = await load_demo(store, DONORS, today=TODAY)
        again = (store, {one.slug: one for one in loaded})
        for slug in (HARBOUR.slug, HARBOR.slug):
            assert await everything(again, slug) == await everything(shown, slug)
    finally:
        await store.close()
        drop_database(server, called("twice"))


async def test_neither_organisation_names_the_other(shown):
    for slug, name, staff in (
        (HARBOUR.slug, HARBOR.name, HARBOR.staff),
        (HARBOR.slug, HARBOUR.name, HARBOUR.staff),
    ):
        words = [name, *(f"{member}" for member, _ in staff)]
        for table in Base.metadata.sorted_tables:
            if "org_id" in table.columns:
                for word in words:
                    question = (
                        f"SELECT count(*) FROM {table.name} t WHERE org_id = app_org()"
                        f" AND t::text LIKE '%{word}%'"
                    )
                    if table.name not in ("directory", "orgs", "ticket_counters", "signups"):
                        assert await one(shown, question, slug) == 0, (table.name, word)


async def test_what_was_promised_of_the_demo_is_there(shown):
    wanted = {
        "leads": (40, 460), "deals": (15, 60), "tickets": (10, 60), "tasks": (60, 200),
        "notes": (40, 300), "activities": (80, 400), "pledges": (4, 20), "refunds": (2, 5),
        "soft_credits": (1, 6), "receipts": (20, 120), "tags": (5, 8), "custom_values": (40, 400),
        "segments": (5, 8), "stage_changes": (100, 900), "campaigns": (3, 3),
        "campaign_recipients": (100, 700), "consents": (80, 400), "conversations": (10, 60),
        "messages": (30, 200), "documents": (7, 12), "territories": (1, 3), "locations": (2, 4),
        "workflows": (1, 1), "automations": (1, 1), "sequences": (1, 1), "enrolments": (3, 40),
        "suppressions": (2, 60), "offers": (1, 3), "products": (4, 8), "reminders": (10, 60),
    }  # fmt: skip
    counted = {name: await one(shown, f"SELECT count(*) FROM {name}") for name in wanted}
    assert not {n: c for n, c in counted.items() if not wanted[n][0] <= c <= wanted[n][1]}


async def test_the_neighbour_has_less_of_everything(shown):
    for name in ("leads", "deals", "tickets", "tasks", "campaign_recipients", "notes"):
        question = f"SELECT count(*) FROM {name}"
        assert 0 < await one(shown, question, HARBOR.slug) < await one(shown, question)


async def test_most_donors_of_last_year_gave_again_but_not_all(shown):
    kept = await one(
        shown,
        """
        WITH years AS (SELECT donor_id, extract(year FROM received_on) AS year FROM gifts
                       GROUP BY 1, 2)
        SELECT count(b.donor_id)::float / count(*) FROM years a
        LEFT JOIN years b ON b.donor_id = a.donor_id AND b.year = 2025 WHERE a.year = 2024
        """,
    )
    assert 0.40 <= kept <= 0.75


async def test_december_is_the_largest_month(shown):
    question = (
        "SELECT extract(month FROM received_on)::int FROM gifts"
        " WHERE received_on BETWEEN '2023-01-01' AND '2025-12-31'"
        " GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    assert await one(shown, question) == 12


async def test_tickets_stand_in_every_state_and_one_is_overdue(shown):
    states = {row[0] for row in await ask(shown, "SELECT DISTINCT status FROM tickets")}
    assert {"open", "pending", "solved"} <= states
    late = (
        "SELECT count(*) FROM tickets WHERE status = 'open' AND resolution_due_at < '2026-11-20'"
        " AND first_responded_at IS NULL"
    )
    assert await one(shown, late) == 1


async def test_every_officer_has_something_overdue_due_today_and_done(shown):
    question = """
        SELECT m.name,
               count(*) FILTER (WHERE t.status = 'todo' AND t.due_at < '2026-11-20') AS overdue,
               count(*) FILTER (WHERE t.status = 'todo' AND t.due_at::date = '2026-11-20') AS today,
               count(*) FILTER (WHERE t.status = 'done') AS done
        FROM members m LEFT JOIN tasks t ON t.owner_id = m.id GROUP BY m.name
    """
    rows = await ask(shown, question)
    assert len(rows) == 5
    assert all(overdue and today and done for _, overdue, today, done in rows)


async def test_people_read_fewer_letters_than_programs_fetch_and_some_gave_after(shown):
    opens = dict(
        await ask(
            shown,
            "SELECT is_machine, count(DISTINCT delivery_id) FROM tracking_events"
            " WHERE kind = 'open' GROUP BY 1",
        )
    )
    sent = await one(shown, "SELECT count(*) FROM deliveries")
    assert 0.25 < opens[False] / sent < 0.6
    assert opens[True] > 0
    kinds = {row[0] for row in await ask(shown, "SELECT DISTINCT kind FROM tracking_events")}
    assert {"open", "click", "reply", "bounce"} <= kinds
    after = """
        SELECT count(*) FROM gifts g JOIN campaign_recipients r ON r.donor_id = g.donor_id
        WHERE g.received_on BETWEEN r.accepted_at::date AND r.accepted_at::date + 30
    """
    assert await one(shown, after) > 10


async def test_pledges_are_paid_in_part(shown):
    paid = await ask(shown, "SELECT paid / amount FROM pledges")
    assert any(0 < part[0] < 1 for part in paid)
    late = "SELECT count(*) FROM instalments WHERE status = 'open' AND due_on < '2026-11-20'"
    assert await one(shown, late) > 0


async def test_deals_went_through_their_stages_in_order(shown):
    steps = await ask(shown, "SELECT deal_id, moved_at FROM stage_moves ORDER BY deal_id, moved_at")
    assert len(steps) > await one(shown, "SELECT count(*) FROM deals")
    future = "SELECT count(*) FROM stage_moves WHERE moved_at > '2026-11-20 23:59'"
    assert await one(shown, future) == 0
    assert await one(shown, "SELECT count(DISTINCT pipeline_id) FROM stages s JOIN deals d"
                            " ON d.stage_id = s.id") == 2  # fmt: skip


async def test_every_address_is_of_nobody(shown):
    for table, column in (("leads", "email"), ("visitors", "email")):
        real = f"SELECT count(*) FROM {table} WHERE {column} NOT LIKE '%@example.org'"
        assert await one(shown, real) == 0


async def test_the_log_is_sound_and_the_totals_are_true(shown):
    store, loaded = shown
    async with store.begin(Actor.system(loaded[HARBOUR.slug].org_id, Door.CLI)) as crm:
        assert (await verify(crm)).is_sound
    totals = "SELECT sum(total) FROM giving_years WHERE currency = 'EUR'"
    gifts = "SELECT sum(amount - refunded) FROM gifts WHERE currency = 'EUR'"
    assert await one(shown, totals) == await one(shown, gifts)


async def test_a_demo_of_very_few_donors_stands_too(server):
    store = await fresh(server, called("few"))
    try:
        await load_demo(store, 3, today=TODAY, neighbours=1)
    finally:
        await store.close()
        drop_database(server, called("few"))
