"""Keys change while everybody works: no secret is lost, misread or left behind."""

import asyncio
import os
import signal
import sys
from itertools import count

import psycopg
import pytest
from sqlalchemy import select, text

from crm_store.actor import Actor, DatabaseRole, Door
from crm_store.audit.verify import verify
from crm_store.base import new_id
from crm_store.conversations.channel_models import ChannelAccount
from crm_store.crypto import Keyring, Place
from crm_store.identity.models import UserIdentity
from crm_store.identity.own_account import link_identity
from crm_store.identity.testing import make_user
from crm_store.rotation import AlreadyRotating, rewrap, rotate, sealed_columns
from crm_store.store import Pooling, Store
from crm_store.testing import copy_database, drop_database, new_house

SLOWLY = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import make_url
from crm_store.rotation import rotate
done = 0
def dies(count):
    global done
    done += count
    if done >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(rotate(make_url(os.environ["OWNER"]), Path(sys.argv[1]), batch=int(sys.argv[2]),
                   progress=dies))
"""


@pytest.fixture(scope="module")
def apart(server):
    """A database of its own: a rotation touches every organisation there is."""
    name = f"almoner_rotation_{os.getpid()}"
    yield copy_database(server, name)
    drop_database(server, name)


@pytest.fixture
def urls(server, apart):
    """The same for every test, without the secrets of the one before."""
    address = server.superuser_url(apart[DatabaseRole.OWNER].database)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DELETE FROM channel_accounts")
        connection.execute("DELETE FROM user_identities")
    return apart


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys"


@pytest.fixture
async def store(urls, path):
    opened = await Store.open(urls, Keyring.at(path), Pooling(size=4))
    yield opened
    await opened.close()


@pytest.fixture
def owner(urls):
    return urls[DatabaseRole.OWNER]


async def add(house, secret, number):
    async with house.begin() as crm:
        account = ChannelAccount(
            name=secret, channel="whatsapp", address=f"+30{number}", channel_key=new_id().hex
        )
        crm.session.add(account)
        crm.seal(account, "auth_token", secret)
        return account.id


async def opened(house):
    """Every secret of an organisation, by what it should say."""
    async with house.begin() as crm:
        rows = await crm.session.scalars(select(ChannelAccount))
        return {row.name: crm.unseal(row, "auth_token") for row in rows}


async def keys_used(house):
    async with house.begin() as crm:
        rows = await crm.session.scalars(select(ChannelAccount))
        return {crm.keyring.key_of(row.auth_token) for row in rows}


async def fill(house, how_many, begin=0):
    for number in range(begin, begin + how_many):
        await add(house, f"secret {number}", number)


def test_every_column_of_secrets_is_known():
    columns = {(column.table, column.name, column.is_personal) for column in sealed_columns()}
    assert ("channel_accounts", "auth_token", False) in columns
    assert ("user_identities", "refresh_token", True) in columns
    assert len(columns) >= 10


async def test_every_secret_of_every_organisation_and_person_moves_to_the_new_key(
    store, urls, owner, path
):
    houses = [await new_house(store) for _ in range(3)]
    for house in houses:
        await fill(house, 7)
    user = await make_user(store)
    await link_identity(store, user.id, "google", new_id().hex, refresh_token="personal")
    steps = []
    done = await rotate(owner, path, batch=3, progress=steps.append)
    assert (done.active, done.rewrapped, done.left, done.retired) == ("k2", 22, 0, ("k1",))
    assert sum(steps) == 22
    assert Keyring.at(path).names == ("k2",)
    fresh = await Store.open(urls, Keyring.at(path), Pooling(size=1))
    for house in houses:
        house.store = fresh
        assert await opened(house) == {f"secret {n}": f"secret {n}" for n in range(7)}
        async with house.begin() as crm:
            assert (await verify(crm)).is_sound
            (change, _) = await crm.audit.of_row(house.org_id)
        assert change.entry.action == "rewrapped"
        assert change.changes == {"key": "k2", "secrets": 7}
    async with fresh.begin(Actor.signing_in(user.id, Door.CLI)) as crm:
        identity = await crm.session.scalar(select(UserIdentity))
        assert crm.unseal(identity, "refresh_token") == "personal"
    await fresh.close()


async def test_a_rotation_without_secrets_only_changes_the_key(store, owner, path):
    await new_house(store)
    done = await rotate(owner, path)
    assert (done.active, done.rewrapped, done.retired) == ("k2", 0, ("k1",))
    assert (await rotate(owner, path)).active == "k3"


async def test_everybody_reads_and_writes_through_a_rotation(store, urls, owner, path):
    house = await new_house(store)
    await fill(house, 40)
    numbers, over = count(1000), asyncio.Event()
    other = await Store.open(urls, Keyring.at(path), Pooling(size=4))

    async def write(opened_store):
        mine = type(house)(opened_store, house.org_id, house.director)
        while not over.is_set():
            number = next(numbers)
            row_id = await add(mine, f"secret {number}", number)
            async with mine.begin() as crm:
                row = await crm.session.get(ChannelAccount, (house.org_id, row_id))
                row.name = f"changed {number}"
                crm.seal(row, "auth_token", f"changed {number}")
            await asyncio.sleep(0.01)

    async def read(opened_store):
        mine = type(house)(opened_store, house.org_id, house.director)
        while not over.is_set():
            for name, secret in (await opened(mine)).items():
                assert name == secret
            await asyncio.sleep(0.02)

    workers = [asyncio.create_task(work(each)) for each in (store, other) for work in (write, read)]
    rotated = [await rotate(owner, path, batch=5) for _ in range(2)]
    over.set()
    await asyncio.gather(*workers)
    assert [each.active for each in rotated] == ["k2", "k3"]
    assert [each.retired for each in rotated] == [("k1",), ("k2",)]
    assert await keys_used(house) == {"k3"}
    late = await Store.open(urls, Keyring.at(path), Pooling(size=1))
    secrets = await opened(type(house)(late, house.org_id, house.director))
    assert len(secrets) > 40
    assert all(name == secret for name, secret in secrets.items())
    await late.close()
    await other.close()


@pytest.mark.parametrize("after", [1, 40])
async def test_a_killed_rotation_is_finished_by_the_next(store, owner, path, after):
    house = await new_house(store)
    await fill(house, 40)
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SLOWLY, str(path), "10", str(after),
        env={
            **os.environ,
            "PYTHONPATH": os.getcwd(),
            "OWNER": owner.render_as_string(hide_password=False),
        },
    )  # fmt: skip
    assert await killed.wait() == -signal.SIGKILL
    assert Keyring.at(path).names == ("k2", "k1")
    assert await opened(house) == {f"secret {n}": f"secret {n}" for n in range(40)}
    await fill(house, 2, begin=40)
    done = await rotate(owner, path)
    assert (done.active, done.retired) == ("k2", ("k1",))
    assert done.rewrapped == 40 - (after + 9) // 10 * 10
    assert await keys_used(house) == {"k2"}


async def test_a_row_somebody_holds_is_waited_for(store, owner, path):
    house = await new_house(store)
    await fill(house, 3)
    async with house.begin() as crm:
        row = await crm.session.scalar(
            select(ChannelAccount).where(ChannelAccount.name == "secret 1").with_for_update()
        )
        crm.seal(row, "auth_token", "secret 1")
        rotating = asyncio.create_task(rotate(owner, path, batch=2))
        await asyncio.sleep(0.3)
        assert not rotating.done()
        assert Keyring.at(path).names == ("k2", "k1")
    done = await rotating
    assert (done.rewrapped, done.retired) == (3, ("k1",))
    assert await opened(house) == {f"secret {n}": f"secret {n}" for n in range(3)}


async def test_the_old_key_stays_while_somebody_may_yet_use_it(store, owner, path):
    house = await new_house(store)
    async with house.begin() as crm:
        sealed_early = ChannelAccount(
            name="late", channel="whatsapp", address="+301", channel_key=new_id().hex
        )
        crm.seal(sealed_early, "auth_token", "late")
        done = await rotate(owner, path, patience=0.3)
        assert (done.active, done.retired) == ("k2", ())
        crm.session.add(sealed_early)
    assert await keys_used(house) == {"k1"}
    assert (await rotate(owner, path)).retired == ("k1",)
    assert await opened(house) == {"late": "late"}


async def test_a_secret_that_cannot_be_opened_keeps_the_old_key_and_is_counted(store, owner, path):
    house, neighbour = await new_house(store), await new_house(store)
    await fill(house, 3)
    async with neighbour.begin() as crm:
        stray = ChannelAccount(
            name="moved", channel="whatsapp", address="+1", channel_key=new_id().hex
        )
        crm.session.add(stray)
        stray.auth_token = store.keyring.seal(
            "theirs", Place(house.org_id, "channel_accounts", stray.id, "auth_token")
        )
    done = await rotate(owner, path, patience=1)
    assert (done.rewrapped, done.left, done.retired) == (3, 1, ())
    assert Keyring.at(path).names == ("k2", "k1")
    async with neighbour.begin() as crm:
        await crm.session.execute(text("DELETE FROM channel_accounts"))
    assert (await rotate(owner, path)).retired == ("k1",)


async def test_only_one_rotation_runs_at_a_time(store, owner, path):
    house = await new_house(store)
    await fill(house, 3)
    ends = await asyncio.gather(rotate(owner, path), rotate(owner, path), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["AlreadyRotating", "Rotated"]
    assert AlreadyRotating in {type(end) for end in ends}
    assert Keyring.at(path).names == ("k2",)


async def test_keys_kept_elsewhere_are_rewrapped_under_the_first(store, owner, path):
    house = await new_house(store)
    await fill(house, 3)
    ring = Keyring.at(path).with_new("2026")
    ring.write(path)
    assert (await rewrap(owner, ring)).rewrapped == 3
    assert (await rewrap(owner, ring)).rewrapped == 0
    assert await keys_used(house) == {"2026"}
    assert Keyring.at(path).names == ("2026", "k1")


@pytest.mark.parametrize("role", [DatabaseRole.STAFF, DatabaseRole.VISITOR, DatabaseRole.READER])
async def test_no_run_time_role_can_rotate(store, urls, path, role):
    house = await new_house(store)
    await fill(house, 1)
    Keyring.at(path).with_new("k2").write(path)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await rewrap(urls[role], Keyring.at(path))
    assert await keys_used(house) == {"k1"}
