"""How fast gifts come in, doubles looked for and all: `python -m evals.bench.imports`, as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from crm_store import migrating
from crm_store.actor import Actor, DatabaseRole, Door
from crm_store.crypto import Keyring, secret_at
from crm_store.database import prepare, role_urls
from crm_store.embedded import EmbeddedServer
from crm_store.importers.loading import load_rows
from crm_store.importers.testing import GIFT_HEADERS, gift_rows, write_csv
from crm_store.importers.understanding import Wanted, look, understand
from crm_store.imports.actions import begin_import
from crm_store.orgs.actions import found_org
from crm_store.store import Pooling, Store


async def bring_in(store: Store, actor: Actor, path: Path) -> float:
    """Seconds from opening the file to the last commit, the index included."""
    begun = time.perf_counter()
    wish = Wanted(path)
    async with store.begin(actor, read_only=True) as crm:
        found = await understand(crm, wish, look(wish))
    async with store.begin(actor) as crm:
        job_id = (await begin_import(crm, found)).id
    await load_rows(store, actor, job_id, found)
    return time.perf_counter() - begun


async def main(arguments: argparse.Namespace) -> None:
    server = EmbeddedServer(arguments.home)
    server.start()
    secret = secret_at(arguments.home / "secrets" / "roles")
    name = f"bench_imports_{secrets.token_hex(4)}"
    prepare(server, name, secret)
    urls = role_urls(server, name, secret)
    migrating.migrate(urls[DatabaseRole.OWNER])
    store = await Store.open(urls, Keyring.fresh(), Pooling(size=4))
    try:
        founded = await found_org(store, name="Import", director_name="Dana Levi")
        actor = Actor.system(founded.org_id, Door.CLI)
        with tempfile.TemporaryDirectory() as folder:
            rows = gift_rows(arguments.rows, donors=arguments.rows // 5)
            path = write_csv(Path(folder) / "gifts.csv", GIFT_HEADERS, rows)
            first = await bring_in(store, actor, path)
            again = await bring_in(store, actor, path)
    finally:
        await store.close()
        _drop(server, name)
    report = {
        "bench": "imports",
        "rows": arguments.rows,
        "new_donors": arguments.rows // 5,
        "cores": os.cpu_count(),
        "seconds": round(first, 2),
        "rows_per_second": round(arguments.rows / first),
        "again_rows_per_second": round(arguments.rows / again),
        "goal_rows_per_second": 5_000,
        "met": arguments.rows / first >= 5_000,
    }
    json.dump(report, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _drop(server: EmbeddedServer, name: str) -> None:
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--home", type=Path, default=Path(".almoner/bench"))
    asyncio.run(main(parser.parse_args()))
