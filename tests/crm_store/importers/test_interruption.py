"""Killed in the middle, an import leaves whole batches and goes on from there."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.crypto import Keyring
from crm_store.embedded import EmbeddedServer
from crm_store.errors import CrmError
from crm_store.importers import loading
from crm_store.importers.loading import load_rows
from crm_store.importers.testing import (
    GIFT_HEADERS,
    bring_in,
    gift_rows,
    understood,
    write_csv,
)
from crm_store.imports.actions import begin_import
from crm_store.store import Pooling, Store
from crm_store.testing import House, copy_database, new_house

ROOT = Path(__file__).parents[3]
BATCH, ROWS = 100, 800
ONLY_LOAD = """
import asyncio, os, pickle, sys
from crm_store.importers import loading
from crm_store.crypto import Keyring
from crm_store.store import Pooling, Store
from crm_store.schema import load_models
loading.BATCH = int(sys.argv[2])

async def main():
    urls, actor, job_id, understood_by = pickle.loads(bytes.fromhex(sys.stdin.readline()))
    from crm_store.importers.understanding import look, understand
    store = await Store.open(urls, Keyring.fresh(), Pooling(size=2))
    async with store.begin(actor) as crm:
        found = await understand(crm, understood_by, look(understood_by))
    await loading.load_rows(store, actor, job_id, found, lambda n: print(n, flush=True))

load_models()
asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(loading, "BATCH", BATCH)


async def outcome(house):
    """All that an import made, but for ids and times."""
    questions = (
        "SELECT number, status, reason FROM import_rows ORDER BY 1",
        "SELECT g.external_id, g.amount, d.name, d.external_id FROM gifts g"
        " JOIN donors d ON d.id = g.donor_id ORDER BY 1",
        "SELECT kind, name, sort_key FROM donors ORDER BY name, sort_key",
        "SELECT normalised, is_shared, is_primary FROM identifiers ORDER BY 1, 2, 3",
        "SELECT d.name, g.total, g.gifts FROM donor_giving g JOIN donors d ON d.id = g.donor_id"
        " ORDER BY 1, 2, 3",
        "SELECT kind, label, weight, terms FROM search_entries ORDER BY 1, 2, 3, 4",
        "SELECT status, loaded_rows, duplicate_rows, bad_rows FROM import_jobs",
    )
    async with house.begin() as crm:
        return [
            [tuple(row) for row in await crm.session.execute(text(question))]
            for question in questions
        ]


async def whole_batches(house, job_id):
    """The rows there are, where nothing is half done."""
    async with house.begin() as crm:
        job = await crm.import_jobs.get(job_id)
        rows, gifts, counted = (
            await crm.session.execute(
                text("SELECT (SELECT count(*) FROM import_rows), (SELECT count(*) FROM gifts),"
                     " (SELECT coalesce(sum(gifts), 0) FROM donor_giving)")
            )
        ).one()  # fmt: skip
    assert rows == gifts == counted == job.loaded_rows
    assert rows % BATCH == 0
    return rows


@pytest.fixture
def path(tmp_path):
    return write_csv(tmp_path / "gifts.csv", GIFT_HEADERS, gift_rows(ROWS, donors=120))


async def test_a_killed_process_is_gone_on_from(house, neighbour, path, urls):
    await bring_in(neighbour, path)
    found = await understood(house, path)
    async with house.begin() as crm:
        job_id = (await begin_import(crm, found)).id
    await asyncio.to_thread(load_and_kill, urls, house.director, job_id, found.wanted, 3)
    assert 0 < await whole_batches(house, job_id) < ROWS
    await load_rows(house.store, house.director, job_id, found)
    assert await outcome(house) == await outcome(neighbour)


def load_and_kill(urls, actor, job_id, wanted, after):
    """A process that loads, and is killed once it has reported so many batches."""
    import pickle  # noqa: PLC0415

    worker = subprocess.Popen(
        [sys.executable, "-c", ONLY_LOAD, "-", str(BATCH)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with worker:
        worker.stdin.write(pickle.dumps((urls, actor, job_id, wanted)).hex() + "\n")
        worker.stdin.flush()
        for _ in range(after):
            worker.stdout.readline()
        time.sleep(0.05)
        worker.send_signal(signal.SIGKILL)


async def test_a_killed_server_is_gone_on_from(tmp_path, path, neighbour):
    await bring_in(neighbour, path)
    server = EmbeddedServer(tmp_path / "pg", durable=True, shared_buffers="16MB", timeout=30)
    server.start()
    try:
        urls = await asyncio.to_thread(copy_database, server, "killed")
        store = await Store.open(urls, Keyring.fresh(), Pooling(size=2))
        house = await new_house(store)
        found = await understood(house, path)
        async with house.begin() as crm:
            job_id = (await begin_import(crm, found)).id
        seen = []

        def kill(rows):
            seen.append(rows)
            if len(seen) == 4:
                pid = int((server.data / "postmaster.pid").read_text().split()[0])
                os.kill(pid, signal.SIGKILL)

        with pytest.raises((DBAPIError, OSError)):
            await load_rows(store, house.director, job_id, found, kill)
        await store.close()
        server.start()
        store = await Store.open(urls_of(server, urls), Keyring.fresh(), Pooling(size=2))
        house = House(store, house.org_id, house.director)
        assert 0 < await whole_batches(house, job_id) < ROWS
        await load_rows(store, house.director, job_id, found)
        assert await outcome(house) == await outcome(neighbour)
        await store.close()
    finally:
        server.stop()


def urls_of(server, urls):
    """The server may have come up on another port."""
    port = int((server.home / "port").read_text())
    return {role: url.set(port=port) for role, url in urls.items()}


async def test_two_imports_at_once_do_not_double_anything(house, tmp_path):
    one = write_csv(tmp_path / "one.csv", GIFT_HEADERS, gift_rows(600, donors=80))
    two = write_csv(tmp_path / "two.csv", GIFT_HEADERS, gift_rows(600, donors=80, start=300))
    await asyncio.gather(bring_in(house, one), bring_in(house, two))
    async with house.begin() as crm:
        gifts, donors, mails = (
            await crm.session.execute(
                text("SELECT (SELECT count(*) FROM gifts), (SELECT count(*) FROM donors),"
                     " (SELECT count(DISTINCT normalised) FROM identifiers)")
            )
        ).one()  # fmt: skip
    assert (gifts, donors) == (900, mails)


async def test_one_import_is_not_loaded_by_two(house, path):
    found = await understood(house, path)
    async with house.begin() as crm:
        job_id = (await begin_import(crm, found)).id
    with pytest.raises(CrmError, match="Somebody else"):
        await asyncio.gather(
            load_rows(house.store, house.director, job_id, found),
            load_rows(house.store, house.director, job_id, found),
        )
    async with house.begin() as crm:
        assert (await crm.session.execute(text("SELECT count(*) FROM gifts"))).scalar_one() <= ROWS


async def test_another_file_does_not_continue_an_import(house, path):
    found = await understood(house, path)
    async with house.begin() as crm:
        job_id = (await begin_import(crm, found)).id
    write_csv(path, GIFT_HEADERS, gift_rows(10))
    with pytest.raises(CrmError, match="not the file"):
        await load_rows(house.store, house.director, job_id, found)
