"""Connections are shared by organisations; who is asking must never be."""

import asyncio
import gc
import random
import subprocess

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import DatabaseRole
from crm_store.crypto import Keyring
from crm_store.orgs.models import Workspace
from crm_store.store import Pooling, Store, UnsafeRole
from crm_store.testing import new_house
from tests.crm_store.isolation.pooler import bouncer

TRANSACTIONS = 20_000
MISHAPS = {"none": 90, "error": 5, "sql error": 4, "cancel": 1}


class Interruption(Exception):
    pass


async def _three_houses(store):
    houses = [await new_house(store, f"Storm {number}") for number in range(3)]
    for house in houses:
        async with house.begin() as crm:
            crm.session.add(Workspace(name=str(house.org_id)))
    return houses


async def _look(store, house, mishap: str, begun: asyncio.Event) -> list[str]:
    """What the transaction saw; it may fail or be cancelled half-way."""
    async with store.begin(house.director) as crm:
        seen = (
            await crm.session.scalars(
                select(Workspace.name).where(func.length(Workspace.name) == 36)
            )
        ).all()
        begun.set()
        if mishap == "error":
            raise Interruption
        if mishap == "sql error":
            await crm.session.execute(text("SELECT 1/0"))
        if mishap == "cancel":
            await crm.session.execute(text("SELECT pg_sleep(5)"))
        return list(seen)


async def _storm(store, houses, transactions: int, workers: int) -> list[str]:
    stale: list[str] = []
    met = dict.fromkeys(MISHAPS, 0)
    dice = random.Random(7)
    work = iter(range(transactions))

    async def one() -> None:
        house = dice.choice(houses)
        (mishap,) = dice.choices(list(MISHAPS), weights=list(MISHAPS.values()))
        met[mishap] += 1
        begun = asyncio.Event()
        looking = asyncio.create_task(_look(store, house, mishap, begun))
        if mishap == "cancel":
            await begun.wait()
            looking.cancel()
        try:
            seen = await looking
        except (Interruption, DBAPIError, asyncio.CancelledError):
            return
        if seen != [str(house.org_id)]:
            stale.append(f"{house.org_id} saw {seen}")

    async def worker() -> None:
        for _ in work:
            await one()

    await asyncio.gather(*(worker() for _ in range(workers)))
    assert all(met.values())
    return stale


@pytest.mark.filterwarnings("ignore:.*deleted while still open:ResourceWarning")
async def test_twenty_thousand_transactions_over_five_connections_never_mix(urls):
    store = await Store.open(urls, Keyring.fresh(), Pooling(size=5))
    try:
        houses = await _three_houses(store)
        assert await _storm(store, houses, TRANSACTIONS, workers=25) == []
        async with store.begin(houses[0].director) as crm:
            first = await crm.session.scalar(text("SELECT current_setting('app.org_id')"))
        assert first == str(houses[0].org_id)
    finally:
        await store.close()
        gc.collect()


async def test_a_connection_given_back_remembers_nobody(store, house):
    async with house.begin():
        pass
    async with store._engines[DatabaseRole.STAFF].connect() as connection:
        assert await connection.scalar(text("SELECT app_org()")) is None
        assert await connection.scalar(select(func.count()).select_from(Workspace)) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("SUPERUSER", "is a superuser"),
        ("BYPASSRLS", "bypasses row security"),
        ("IN ROLE almoner_owner", "owns tables"),
    ],
)
async def test_the_program_refuses_to_start_with(server, urls, options, sentence):
    name = f"unsafe_{options.split()[-1].lower()}"
    admin = urls[DatabaseRole.OWNER].set(
        username="postgres",
        password=(server.home / "secrets" / "postgres").read_text().strip(),
    )
    _psql(server, admin, f"CREATE ROLE {name} LOGIN PASSWORD 'x' {options}")
    try:
        bent = urls | {
            DatabaseRole.STAFF: urls[DatabaseRole.STAFF].set(username=name, password="x")
        }
        with pytest.raises(UnsafeRole, match=sentence):
            await Store.open(bent, Keyring.fresh())
    finally:
        _psql(server, admin, f"DROP ROLE {name}")


async def test_the_owner_itself_may_not_run_the_program(urls):
    with pytest.raises(UnsafeRole, match="owns tables"):
        await Store.open(urls | {DatabaseRole.READER: urls[DatabaseRole.OWNER]}, Keyring.fresh())


@pytest.mark.needs_debian("pgbouncer")
async def test_a_transaction_mode_pooler_keeps_organisations_apart(urls, tmp_path):
    with bouncer(urls, tmp_path) as pooled:
        store = await Store.open(pooled, Keyring.fresh(), Pooling(size=10, pooler=True))
        try:
            houses = await _three_houses(store)
            assert await _storm(store, houses, 2_000, workers=20) == []
        finally:
            await store.close()


def _psql(server, url, statement: str) -> None:
    subprocess.run(
        [server.bin("psql"), url.render_as_string(hide_password=False), "-qc", statement],
        check=True,
        capture_output=True,
    )
