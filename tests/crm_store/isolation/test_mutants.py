"""Break the wall in each way, table by table: the checks must notice every time."""

import pytest
from sqlalchemy import text

from crm_store import schema
from crm_store.base import Registry
from crm_store.isolation import faults
from tests.crm_store.isolation.probes import introduce, leaks

TENANT = [
    model
    for model in schema.tenant_models()
    if not getattr(model, "closed", False) and "org_id" in model.__table__.columns
]
NAMES = [str(model.__tablename__) for model in TENANT]


MUTANTS = {
    "policy dropped": "DROP POLICY org ON {table}",
    "policy open": "ALTER POLICY org ON {table} USING (true)",
    "policy open when unset": (
        "ALTER POLICY org ON {table} USING (org_id = (SELECT app_org()) OR app_org() IS NULL)"
    ),
    "writes unchecked": "ALTER POLICY org ON {table} WITH CHECK (true)",
    "second policy": "CREATE POLICY more ON {table} USING (true)",
    "force off": "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    "security off": "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "key without organisation": "ALTER TABLE {table} DROP CONSTRAINT pk_{table} CASCADE",
    "index without organisation": "CREATE INDEX stray ON {table} (created_at)",
    "truncate granted": "GRANT TRUNCATE ON {table} TO almoner_staff",
    "opened to the reader": "GRANT SELECT ON {table} TO almoner_reader",
}


def test_the_wall_as_built_has_no_fault(world):
    with world.engine("superuser").connect() as connection:
        assert faults(connection) == []


@pytest.mark.parametrize("model", TENANT, ids=NAMES)
def test_each_way_of_breaking_it_is_noticed(world, model):
    table = str(model.__tablename__)
    unnoticed = []
    with world.engine("superuser").connect() as connection:
        for name, mutation in MUTANTS.items():
            if "created_at" in mutation and "created_at" not in model.__table__.columns:
                continue
            connection.execute(text(mutation.format(table=table)))
            if not any(fault.place == table for fault in faults(connection, table)):
                unnoticed.append(name)
            connection.rollback()
    assert unnoticed == []


@pytest.mark.parametrize("model", TENANT, ids=NAMES)
def test_the_probes_notice_an_open_policy_by_what_leaks(world, model):
    table = model.__table__
    ours, theirs = world.orgs[:2]
    with world.engine("superuser").connect() as connection:
        connection.execute(text(f"DROP POLICY org ON {table.name}"))
        connection.execute(text(f"CREATE POLICY org ON {table.name} USING (true)"))
        connection.execute(text("SET LOCAL ROLE almoner_staff"))
        introduce(connection, ours, world.users[ours])
        keys = (world.keys[table.name, ours], world.keys[table.name, theirs])
        assert list(leaks(connection, table, *keys, "org_id"))
        connection.rollback()


@pytest.mark.parametrize("model", TENANT, ids=NAMES)
def test_a_reference_without_the_organisation_is_noticed(world, model):
    table = model.__table__
    references = [
        (column.name, column.info["ref"][0]) for column in table.columns if "ref" in column.info
    ]
    with world.engine("superuser").connect() as connection:
        for column, target in references:
            connection.execute(text(f"ALTER TABLE {target} ADD UNIQUE (id)"))
            connection.execute(
                text(f"ALTER TABLE {table.name} DROP CONSTRAINT fk_{table.name}_org_id_{column}")
            )
            connection.execute(
                text(f"ALTER TABLE {table.name} ADD FOREIGN KEY ({column}) REFERENCES {target}(id)")
            )
            noticed = faults(connection, table.name)
            assert any("cross organisations" in fault.sentence for fault in noticed)
            connection.rollback()


def test_a_definer_function_with_a_loose_search_path_is_noticed(world):
    with world.engine("superuser").connect() as connection:
        connection.execute(
            text("CREATE FUNCTION stray() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'")
        )
        assert {fault.place for fault in faults(connection)} == {"stray()"}
        connection.rollback()


def test_a_table_no_model_speaks_of_is_noticed(world):
    with world.engine("superuser").connect() as connection:
        connection.execute(text("CREATE TABLE stray (id int)"))
        assert [fault.place for fault in faults(connection)] == ["stray"]
        connection.rollback()


def test_registries_are_the_only_open_tables(world):
    open_tables = {str(m.__tablename__) for m in schema.models() if issubclass(m, Registry)}
    assert open_tables == {"features", "mail_providers", "node_types"}
