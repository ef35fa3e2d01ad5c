"""The server is killed in the middle of a verb: afterwards it happened whole, or not at all."""

import asyncio
import os
import signal
import time
from random import Random

import pytest
from sqlalchemy import func, select

from crm_store.actor import DatabaseRole
from crm_store.contacts.merging import merge_people
from crm_store.contacts.models import Note, Person
from crm_store.contacts.testing import make_person
from crm_store.crypto import Keyring
from crm_store.database import prepare, role_urls
from crm_store.embedded import EmbeddedServer
from crm_store.migrating import migrate
from crm_store.store import Pooling, Store
from crm_store.testing import SECRET, House, new_house

NOTES = 30
DELAYS = (0.0, 0.03, 0.1, 0.4)


@pytest.fixture
def mortal(tmp_path):
    server = EmbeddedServer(tmp_path / ".almoner", shared_buffers="64MB")
    server.start()
    prepare(server, "almoner", SECRET)
    migrate(role_urls(server, "almoner", SECRET)[DatabaseRole.OWNER])
    yield server
    server.stop(immediate=True)


async def _open(server) -> Store:
    return await Store.open(role_urls(server, "almoner", SECRET), Keyring.fresh(), Pooling(size=2))


def _kill(server) -> None:
    pid = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    while server.is_running():
        time.sleep(0.01)


async def _state(house, keep, lose) -> tuple[int, int, bool]:
    """Notes of each, and whether the second is gone into the first."""
    async with house.begin(read_only=True) as crm:
        of = dict(
            (
                await crm.session.execute(
                    select(Note.person_id, func.count())
                    .where(Note.person_id.in_((keep, lose)))
                    .group_by(Note.person_id)
                )
            ).all()
        )
        into = await crm.session.scalar(select(Person.merged_into_id).where(Person.id == lose))
        return of.get(keep, 0), of.get(lose, 0), into == keep


@pytest.mark.filterwarnings("ignore:.*deleted while still open:ResourceWarning")
async def test_a_merge_is_whole_or_not_at_all_when_the_server_is_killed(mortal):
    store = await _open(mortal)
    house = await new_house(store)
    pairs = []
    async with house.begin() as crm:
        for number in range(len(DELAYS)):
            keep = await make_person(crm, f"Ruth Cohen {number}")
            lose = await make_person(crm, f"Rut Kohen {number}")
            crm.session.add_all([Note(person_id=lose.id, body=f"{n}") for n in range(NOTES)])
            pairs.append((keep.id, lose.id))
    seen = set()
    for delay, (keep, lose) in zip(DELAYS, pairs, strict=True):

        async def merge(keep=keep, lose=lose, house=house) -> None:
            async with house.begin() as crm:
                await merge_people(crm, keep, lose)

        merging = asyncio.create_task(merge())
        await asyncio.sleep(delay + Random(str(delay)).random() / 100)
        await asyncio.to_thread(_kill, mortal)
        await asyncio.gather(merging, return_exceptions=True)
        await store.close()
        await asyncio.to_thread(mortal.start)
        store = await _open(mortal)
        house = House(store, house.org_id, house.director)
        state = await _state(house, keep, lose)
        assert state in {(0, NOTES, False), (NOTES, 0, True)}
        seen.add(state)
    await store.close()
    assert (0, NOTES, False) in seen
