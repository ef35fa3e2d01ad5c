"""The reporting role: one organisation at a time, reading only, and nothing that names anybody."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store import schema
from crm_store.actor import DatabaseRole
from crm_store.base import Base
from crm_store.donors.testing import make_donor
from crm_store.gifts.testing import make_gift
from crm_store.reports.registry import MEASURES
from crm_store.testing import new_house
from tests.crm_store.reports.conftest import ask
from tests.crm_store.reports.world import World

PRIVATE = re.compile(
    r"(email|phone|given|family|middle|nick|birth|gender|salutation|avatar|afm|body|notes?$|subject"
    r"|content|preview|transcript|summary|_address$|token|secret|reference_number|tribute_name"
    r"|internal|reason$|error|url)"
)
# Mentioned by filters, and empty or a mere sign that something is on record.
EMPTIED = {
    ("addresses", "street"), ("identifiers", "normalised"), ("suppressions", "address"),
    ("suppressions", "reason"), ("consents", "text"), ("consents", "text_version"),
    ("consents", "proof"), ("segments", "subject"),
}  # fmt: skip
NAMED = {
    "activity_types", "appeals", "campaigns", "custom_fields", "funds", "members", "pipelines",
    "products", "projects", "segments", "stages", "tags", "workspaces",
}  # fmt: skip

COLUMNS = """
SELECT c.relname, a.attname, pg_get_userbyid(c.relowner), c.reloptions
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' AND a.attnum > 0
"""


@pytest.fixture(scope="session")
def columns(server: Any, urls: dict[Any, Any]) -> list[tuple[str, str, str, Any]]:
    url = server.superuser_url(urls[DatabaseRole.OWNER].database)
    with psycopg.connect(url) as connection:
        return connection.execute(COLUMNS).fetchall()


async def test_a_neighbour_with_the_same_names_changes_no_figure(store, world: World):
    before = [await ask(world.house, name, period="FY2025") for name in ("raised", "donors")]
    other = await new_house(store, "Lighthouse Fund")
    async with other.begin() as crm:
        donor = await make_donor(crm, "Giver 0")
        await make_gift(crm, donor, 777, date(2024, 12, 24))
    after = [await ask(world.house, name, period="FY2025") for name in ("raised", "donors")]
    assert [report.rows for report in after] == [report.rows for report in before]
    theirs = await ask(other, "raised", "donors", "lybunt", "new_donors", period="2024")
    assert theirs.rows == ({"raised": 777, "donors": 1, "lybunt": 0, "new_donors": 1},)


async def test_an_empty_organisation_has_no_figures_at_all(store):
    empty = await new_house(store, "Empty")
    for name in MEASURES:
        report = await ask(empty, name, period="all_time")
        assert all(row[name] in (0, None) for row in report.rows), name


async def test_the_reporting_role_reads_no_table(world: World):
    async with world.house.store.read(world.house.director) as session:
        with pytest.raises(DBAPIError, match="permission denied for table donors"):
            await session.execute(text("SELECT name FROM public.donors"))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE report.gifts SET amount = 1", "DELETE FROM report.gifts",
     "INSERT INTO report.funds (org_id, id, name) VALUES (app_org(), gen_random_uuid(), 'x')",
     "CREATE TABLE report.copies AS SELECT * FROM report.gifts"],
)  # fmt: skip
async def test_the_reporting_role_writes_nothing(world: World, statement: str):
    async with world.house.store.read(world.house.director) as session:
        with pytest.raises(DBAPIError, match=r"(?i)permission denied|read-only"):
            await session.execute(text(statement))


async def test_nobody_is_shown_to_somebody_without_an_organisation(store, world: World):
    async with store.read(world.house.actor(org_id=None)) as session:
        for name in ("orgs", "gifts", "donors", "giving_years", "members", "segments"):
            found = await session.scalar(text(f"SELECT count(*) FROM report.{name}"))
            assert found == 0, name


def test_views_belong_to_the_owner_and_are_not_run_as_whoever_asks(columns):
    assert {owner for _, _, owner, _ in columns} == {"almoner_owner"}
    assert not any("security_invoker" in str(options) for *_, options in columns)


def test_views_hold_nothing_that_names_or_reaches_anybody(columns):
    private = [
        (view, name)
        for view, name, *_ in columns
        if PRIVATE.search(name) and (view, name) not in EMPTIED
    ]
    assert private == []
    assert {view for view, name, *_ in columns if name == "name"} == NAMED


def test_a_view_has_the_names_of_its_table(columns):
    schema.load_models()
    for view, name, *_ in columns:
        assert name in Base.metadata.tables[view].columns, (view, name)


async def test_what_filters_may_mention_says_nothing(world: World):
    async with world.house.store.read(world.house.director) as session:
        streets = await session.execute(text("SELECT DISTINCT street FROM report.addresses"))
        assert {row[0] for row in streets} <= {None, "on record"}
        for view, column in (("identifiers", "normalised"), ("suppressions", "address")):
            found = await session.scalar(
                text(f"SELECT count(*) FROM report.{view} WHERE {column} IS NOT NULL")
            )
            assert found == 0
