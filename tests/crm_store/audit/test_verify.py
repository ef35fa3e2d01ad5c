"""Whatever is done to the log behind our back is found, and what was done properly is not."""

import asyncio
import json

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from crm_store.actor import Actor, DatabaseRole, Door
from crm_store.audit import actions
from crm_store.audit.verify import Anchor, Fault, verify
from crm_store.base import new_id
from crm_store.errors import NotFound, Refused
from crm_store.orgs.actions import create_workspace, set_setting

LATER = 5


@pytest.fixture
def tamper(server, urls):
    """Someone with every right in the database and no respect for triggers."""
    address = server.superuser_url(urls[DatabaseRole.OWNER].database)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection.execute


@pytest.fixture
async def chain(house):
    """An organisation with a few more entries than its founding left."""
    for number in range(LATER):
        async with house.begin() as crm:
            await create_workspace(crm, f"Branch {number}")
    return house


async def found(house, **options):
    async with house.begin() as crm:
        verdict = await verify(crm, **options)
    return [(each.fault, each.first, each.last) for each in verdict.findings]


async def end(house):
    async with house.begin() as crm:
        return (await verify(crm)).last


async def test_an_untouched_log_is_sound(chain):
    async with chain.begin() as crm:
        verdict = await verify(crm)
    assert verdict.is_sound
    assert verdict.entries == verdict.last.seq > LATER
    assert await found(chain, batch=3) == []
    assert (await end(chain)) == verdict.last


async def test_an_edited_entry_is_found(chain, tamper):
    last = (await end(chain)).seq
    for change in (
        "actor_id = gen_random_uuid()", "at = at - interval '1 second'", "door = 'api'",
        "action = 'created' || ' '", "table_name = 'gifts'", "row_id = gen_random_uuid()",
        "actor_kind = 'visitor'",
    ):  # fmt: skip
        tamper(
            "CREATE TEMP TABLE kept AS SELECT * FROM audit_log WHERE org_id = %s AND seq = %s",
            [chain.org_id, last - 2],
        )
        tamper(
            f"UPDATE audit_log SET {change} WHERE org_id = %s AND seq = %s",
            [chain.org_id, last - 2],
        )
        assert await found(chain) == [(Fault.EDITED, last - 2, last - 2)]
        tamper("DELETE FROM audit_log WHERE org_id = %s AND seq = %s", [chain.org_id, last - 2])
        tamper("INSERT INTO audit_log SELECT * FROM kept")
        tamper("DROP TABLE kept")
    assert await found(chain) == []


async def test_an_entry_edited_together_with_its_hash_is_found(chain, tamper):
    last = (await end(chain)).seq
    tamper(
        "UPDATE audit_log SET door = 'api', hash = audit_link(prev_hash, org_id, seq, at, "
        "actor_kind, actor_id, 'api', action, table_name, row_id, digest) "
        "WHERE org_id = %s AND seq = %s",
        [chain.org_id, last - 1],
    )
    assert await found(chain) == [(Fault.UNLINKED, last, last)]


async def test_edited_details_are_found(chain, tamper):
    last = (await end(chain)).seq
    tamper(
        'UPDATE audit_details SET changes = \'{"name": {"after": "Branch X"}}\' '
        "WHERE org_id = %s AND seq = %s",
        [chain.org_id, last],
    )
    assert await found(chain) == [(Fault.DETAILS_EDITED, last, last)]


async def test_details_edited_together_with_their_digest_are_found(chain, tamper):
    last = (await end(chain)).seq
    tamper(
        "UPDATE audit_details SET changes = '{}' WHERE org_id = %s AND seq = %s",
        [chain.org_id, last],
    )
    tamper(
        "UPDATE audit_log l SET digest = sha256(d.salt || convert_to(d.changes::text, 'UTF8')) "
        "FROM audit_details d WHERE d.org_id = l.org_id AND d.seq = l.seq "
        "AND l.org_id = %s AND l.seq = %s",
        [chain.org_id, last],
    )
    assert await found(chain) == [(Fault.EDITED, last, last)]


@pytest.mark.parametrize("batch", [1, 2, 5_000])
async def test_an_entry_deleted_in_the_middle_is_found(chain, tamper, batch):
    last = (await end(chain)).seq
    for table in ("audit_details", "audit_log"):
        tamper(
            f"DELETE FROM {table} WHERE org_id = %s AND seq IN (%s, %s)",
            [chain.org_id, last - 3, last - 2],
        )
    assert await found(chain, batch=batch) == [(Fault.DELETED, last - 3, last - 2)]


async def test_a_deleted_beginning_is_found(chain, tamper):
    tamper("DELETE FROM audit_log WHERE org_id = %s AND seq <= 2", [chain.org_id])
    assert await found(chain) == [(Fault.DELETED, 1, 2)]


async def test_a_deleted_tail_is_found(chain, tamper):
    last = (await end(chain)).seq
    tamper("DELETE FROM audit_log WHERE org_id = %s AND seq > %s", [chain.org_id, last - 2])
    assert await found(chain) == [(Fault.DELETED, last - 1, last)]


async def test_a_tail_deleted_together_with_the_head_is_found_by_what_was_noted(chain, tamper):
    noted = await end(chain)
    assert await found(chain, noted=noted) == []
    tamper("DELETE FROM audit_log WHERE org_id = %s AND seq = %s", [chain.org_id, noted.seq])
    tamper(
        "UPDATE audit_heads h SET seq = l.seq, hash = l.hash FROM audit_log l "
        "WHERE l.org_id = h.org_id AND l.org_id = %s AND l.seq = %s",
        [chain.org_id, noted.seq - 1],
    )
    assert await found(chain) == []
    assert await found(chain, noted=noted) == [(Fault.WRONG_ANCHOR, noted.seq, noted.seq)]
    assert await found(chain, noted=Anchor(1, noted.hash)) == [(Fault.WRONG_ANCHOR, 1, 1)]


async def test_a_log_that_is_gone_altogether_is_found(chain, tamper):
    for table in ("audit_details", "audit_log", "audit_heads"):
        tamper(f"DELETE FROM {table} WHERE org_id = %s", [chain.org_id])
    assert await found(chain) == [(Fault.DELETED, 1, 1)]


async def test_a_missing_or_wrong_head_is_found(chain, tamper):
    last = (await end(chain)).seq
    tamper("UPDATE audit_heads SET hash = '\\x00' WHERE org_id = %s", [chain.org_id])
    assert await found(chain) == [(Fault.WRONG_HEAD, last, last)]
    tamper("DELETE FROM audit_heads WHERE org_id = %s", [chain.org_id])
    assert await found(chain) == [(Fault.WRONG_HEAD, last, last)]


async def test_swapped_entries_are_found(chain, tamper):
    last = (await end(chain)).seq
    for table in ("audit_details", "audit_log"):
        for here, there in ((last - 2, 0), (last - 1, last - 2), (0, last - 1)):
            tamper(
                f"UPDATE {table} SET seq = %s WHERE org_id = %s AND seq = %s",
                [there, chain.org_id, here],
            )
    faults = await found(chain)
    assert {fault for fault, _, _ in faults} == {Fault.EDITED, Fault.UNLINKED}
    assert {first for _, first, _ in faults} == {last - 2, last - 1, last}


async def test_an_inserted_entry_is_found(chain, tamper):
    last = (await end(chain)).seq
    tamper(
        "INSERT INTO audit_log SELECT org_id, seq + 1, at, actor_kind, actor_id, door, action, "
        "table_name, row_id, digest, hash, hash FROM audit_log WHERE org_id = %s AND seq = %s",
        [chain.org_id, last],
    )
    faults = {fault for fault, _, _ in await found(chain)}
    assert faults == {Fault.EDITED, Fault.DETAILS_MISSING, Fault.WRONG_HEAD}


async def test_missing_details_are_found_unless_somebody_was_erased(chain):
    async with chain.begin() as crm:
        one, two = (await crm.workspaces.ordered())[:2]
        await crm.session.execute(text("SELECT audit_forget(:rows)"), {"rows": [one.id]})
    ((fault, seq, _),) = await found(chain)
    assert fault is Fault.DETAILS_MISSING
    async with chain.begin() as crm:
        await actions.forget(crm, {"workspaces": [two.id]})
    assert await found(chain) == [(Fault.DETAILS_MISSING, seq, seq)]
    async with chain.begin() as crm:
        await actions.forget(crm, {"workspaces": [one.id]})
    assert await found(chain) == []


async def test_forgetting_reaches_what_the_same_transaction_did(chain):
    async with chain.begin() as crm:
        branch = await create_workspace(crm, "Ruth Cohen's house")
        branch.name = "Forgotten"
        assert await actions.forget(crm, {"workspaces": [branch.id]}) == 0
    async with chain.begin() as crm:
        changes = await crm.audit.of_row(branch.id)
    assert [each.entry.action for each in changes] == ["erased", "changed", "created"]
    assert "Ruth" not in json.dumps([each.changes for each in changes])
    assert await found(chain) == []


async def test_a_log_of_many_faults_shows_the_first_hundred(chain, tamper):
    async with chain.begin() as crm:
        for number in range(120):
            crm.note("counted", "workspaces", None, number=number)
    tamper("UPDATE audit_log SET door = 'x' WHERE org_id = %s", [chain.org_id])
    async with chain.begin() as crm:
        verdict = await verify(crm, batch=30)
    assert len(verdict.findings) == 100
    assert str(verdict.findings[0]) == "Entry 1 was changed after it was written."


async def test_two_at_once_stay_in_one_chain(chain):
    async def work(name):
        for number in range(10):
            async with chain.begin() as crm:
                await create_workspace(crm, f"{name} {number}")
                await asyncio.sleep(0)
                await set_setting(crm, f"{name}.{number}", number)

    before = (await end(chain)).seq
    await asyncio.gather(*(work(name) for name in "abcdef"))
    assert (await end(chain)).seq == before + 6 * 10 * 2
    assert await found(chain) == []


async def test_what_is_undone_leaves_no_entry(chain):
    before = await end(chain)
    with pytest.raises(RuntimeError):
        async with chain.begin() as crm:
            await create_workspace(crm, "Never")
            raise RuntimeError
    assert await end(chain) == before


async def test_each_organisation_has_a_chain_of_its_own(chain, neighbour, tamper):
    tamper("UPDATE audit_log SET door = 'x' WHERE org_id = %s AND seq = 1", [chain.org_id])
    assert await found(neighbour) == []
    assert await found(chain) == [(Fault.EDITED, 1, 1)]


async def test_reading_the_log_is_a_right(chain):
    async with chain.begin(chain.actor(scopes=frozenset({"orgs:read"}))) as crm:
        with pytest.raises(Refused):
            await verify(crm)


async def test_an_organisation_that_never_was_has_no_log(store):
    async with store.begin(Actor.system(new_id())) as crm:
        with pytest.raises(NotFound):
            await verify(crm)


STATEMENTS = [
    "INSERT INTO audit_log (org_id, seq, at, actor_kind, door, action, table_name, digest, "
    "prev_hash, hash) VALUES (app_org(), 9, now(), 'staff', 'desk', 'x', 'x', '', '', '')",
    "INSERT INTO audit_details (org_id, seq, salt, changes) VALUES (app_org(), 1, '', '{}')",
    "INSERT INTO audit_heads (org_id, seq, hash) VALUES (app_org(), 1, '')",
    *(
        statement
        for table in ("audit_log", "audit_details", "audit_heads")
        for statement in (
            f"UPDATE {table} SET org_id = org_id", f"DELETE FROM {table}", f"TRUNCATE {table}",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL", f"DROP TABLE {table}",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("role", ["staff", "visitor"])
async def test_no_run_time_role_writes_to_the_log_by_itself(house, role, statement):
    actor = (
        house.director
        if role == "staff"
        else Actor.visitor(house.org_id, new_id(), ["conversations:write"], Door.WIDGET)
    )
    async with house.begin(actor) as crm:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            await crm.session.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET door = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log, audit_details",
        "UPDATE audit_details SET changes = '{}'",
        "TRUNCATE audit_details",
    ],
)
def test_even_the_owner_is_stopped_by_a_trigger(urls, house, statement):
    address = urls[DatabaseRole.OWNER].set(drivername="postgresql")
    with (
        psycopg.connect(address.render_as_string(hide_password=False)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        connection.execute("SELECT set_config('app.org_id', %s, true)", [str(house.org_id)])
        connection.execute(statement)


async def test_visitors_do_not_read_the_log(house):
    visitor = Actor.visitor(house.org_id, new_id(), ["audit:read"], Door.WIDGET)
    async with house.begin(visitor) as crm:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await crm.session.execute(text("SELECT * FROM audit_log"))
