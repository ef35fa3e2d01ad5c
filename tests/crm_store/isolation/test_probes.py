"""Every table × every way of reaching it × three organisations: nothing may show through."""

from itertools import permutations

import pytest
from sqlalchemy import select, text

from crm_store import schema
from crm_store.actor import DatabaseRole
from tests.crm_store.isolation.probes import introduce, leaks, reference_leaks

TENANT = [model for model in schema.tenant_models() if not getattr(model, "closed", False)]
NAMES = [str(model.__tablename__) for model in TENANT]
ROLES = [DatabaseRole.OWNER, DatabaseRole.STAFF, DatabaseRole.VISITOR, DatabaseRole.READER]


@pytest.mark.parametrize("model", TENANT, ids=NAMES)
def test_no_role_reaches_a_row_of_another_organisation(world, model):
    table, tenant = model.__table__, schema.tenant_key(model)
    found = []
    for role in ROLES:
        with world.engine(role.value).connect() as connection:
            for ours, theirs in permutations(world.orgs, 2):
                introduce(connection, ours, world.users[ours])
                mine, foreign = world.keys[table.name, ours], world.keys[table.name, theirs]
                found += [
                    (role.value, leak) for leak in leaks(connection, table, mine, foreign, tenant)
                ]
                others = {name: world.keys[name, theirs] for name in NAMES}
                found += [
                    (role.value, leak) for leak in reference_leaks(connection, table, mine, others)
                ]
            connection.rollback()
    assert found == []


@pytest.mark.parametrize("model", TENANT, ids=NAMES)
def test_without_an_organisation_there_is_nothing(world, model):
    for role in ROLES:
        with world.engine(role.value).connect() as connection:
            introduce(connection, None)
            allowed = connection.scalar(
                text("SELECT has_table_privilege(:table, 'SELECT')"), {"table": model.__tablename__}
            )
            if allowed:
                assert connection.execute(select(model.__table__)).first() is None
            connection.rollback()


@pytest.mark.parametrize("model", TENANT, ids=NAMES)
def test_every_organisation_sees_its_own_row(world, model):
    table = model.__table__
    for org_id in world.orgs:
        with world.engine("staff").connect() as connection:
            introduce(connection, org_id, world.users[org_id])
            key = world.keys[table.name, org_id]
            query = select(*(table.c[name] for name in key)).where(
                *(table.c[name] == value for name, value in key.items())
            )
            assert dict(connection.execute(query).mappings().first()) == key
            connection.rollback()


@pytest.mark.parametrize(
    "table", ["people", "donors", "donor_people", "gifts", "giving_years", "pledges", "receipts",
              "members", "users", "campaigns", "mailboxes", "notes", "dossiers", "audit_log"]
)  # fmt: skip
def test_a_visitor_may_not_even_ask_for(world, table):
    with world.engine("visitor").connect() as connection:
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            held = connection.scalar(
                text("SELECT has_table_privilege(:table, :privilege)"),
                {"table": table, "privilege": privilege},
            )
            assert not held, f"{privilege} on {table}"
