"""The migrations, one after another, make exactly what the models and the SQL beside them say."""

import os
import threading

import psycopg
import pytest
from sqlalchemy import Connection, create_engine, text

from crm_store import migrating, schema
from crm_store.actor import DatabaseRole
from crm_store.database import prepare, role_urls
from crm_store.migrating import Busy, migrate, pending, unmigrate
from crm_store.testing import SECRET, copy_database, drop_database

OURS = (
    "NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = {oid} AND d.deptype = 'e')"
    " AND {namespace} IN ('public'::regnamespace,"
    " coalesce(to_regnamespace('report'), 'public'::regnamespace))"
)

CATALOGUE = {
    "columns": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attgenerated, co.collname,
               col_description(c.oid, a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        WHERE c.relkind IN ('r', 'v', 'm') AND NOT a.attisdropped
          AND {OURS.format(oid="c.oid", namespace="c.relnamespace")}""",
    "constraints": f"""
        SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.contype <> 'n' AND {OURS.format(oid="c.oid", namespace="c.relnamespace")}""",
    "indexes": f"""
        SELECT c.relname, pg_get_indexdef(x.indexrelid)
        FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
        WHERE {OURS.format(oid="c.oid", namespace="c.relnamespace")}""",
    "views": f"""
        SELECT c.relname, pg_get_viewdef(c.oid), c.reloptions
        FROM pg_class c WHERE c.relkind IN ('v', 'm')
          AND {OURS.format(oid="c.oid", namespace="c.relnamespace")}""",
    "security": f"""
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text
        FROM pg_class c WHERE c.relkind IN ('r', 'v', 'S')
          AND {OURS.format(oid="c.oid", namespace="c.relnamespace")}""",
    "column grants": f"""
        SELECT c.relname, a.attname, a.attacl::text
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE a.attacl IS NOT NULL AND {OURS.format(oid="c.oid", namespace="c.relnamespace")}""",
    "policies": """
        SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check
        FROM pg_policies""",
    "functions": f"""
        SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.proacl::text
        FROM pg_proc p WHERE {OURS.format(oid="p.oid", namespace="p.pronamespace")}""",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal""",
    "registries": """
        SELECT 'features', to_jsonb(f)::text FROM features f
        UNION ALL SELECT 'mail_providers', to_jsonb(m)::text FROM mail_providers m
        UNION ALL SELECT 'node_types', to_jsonb(n)::text FROM node_types n""",
}
BASE = ("columns", "constraints", "indexes", "views", "policies", "functions", "triggers")


def _snapshot(connection: Connection, parts=tuple(CATALOGUE)) -> dict[str, set[tuple[str, ...]]]:
    return {
        part: {
            tuple(map(str, row))
            for row in connection.execute(text(CATALOGUE[part]))
            if "alembic_version" not in map(str, row)
        }
        for part in parts
    }


@pytest.fixture
def empty(server, request):
    name = f"almoner_migrations_{os.getpid()}_{abs(hash(request.node.name)) % 10**8}"
    drop_database(server, name)
    prepare(server, name, SECRET)
    yield role_urls(server, name, SECRET)[DatabaseRole.OWNER]
    drop_database(server, name)


def _read(url, parts=tuple(CATALOGUE)):
    engine = create_engine(url.set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            return _snapshot(connection, parts)
    finally:
        engine.dispose()


def test_the_migrations_make_what_the_models_say(empty, server):
    applied = migrate(empty)
    assert pending(empty) == []
    assert len(applied) == len(set(applied)) > 20
    name = f"almoner_from_models_{os.getpid()}"
    drop_database(server, name)
    prepare(server, name, SECRET)
    models = role_urls(server, name, SECRET)[DatabaseRole.OWNER]
    engine = create_engine(models.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        schema.build(connection)
    engine.dispose()
    try:
        migrated, modelled = _read(empty), _read(models)
        for part in CATALOGUE:
            assert migrated[part] - modelled[part] == set(), part
            assert modelled[part] - migrated[part] == set(), part
    finally:
        drop_database(server, name)


def test_they_can_all_be_taken_back(empty):
    before = _read(empty, BASE)
    migrate(empty)
    assert _read(empty, BASE) != before
    unmigrate(empty)
    assert _read(empty, BASE) == before
    assert migrate(empty)


def test_a_second_run_does_nothing(empty):
    migrate(empty)
    assert migrate(empty) == []


def test_two_that_migrate_at_once_apply_each_once(empty):
    applied: list[list[str]] = []
    both = [threading.Thread(target=lambda: applied.append(migrate(empty))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(map(bool, applied)) == [False, True]


def test_a_migration_gives_up_rather_than_queue_behind_a_long_transaction(empty, monkeypatch):
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT", "200ms")
    migrate(empty, "0002_orgs")
    dsn = empty.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as reader:
        reader.execute("SELECT * FROM orgs")
        with pytest.raises(Busy):
            migrate(empty)
    assert migrate(empty)


def test_every_migration_says_when_and_why():
    folder = migrating._folder() / "versions"
    names = sorted(path.name for path in folder.glob("2*.py"))
    assert names
    for name in names:
        assert name[:10].replace("_", "").isdigit(), name
        assert (folder / name).read_text().startswith('"""'), name


def test_the_test_template_is_made_by_the_same_schema(server):
    name = f"almoner_copy_check_{os.getpid()}"
    drop_database(server, name)
    urls = copy_database(server, name)
    try:
        assert len(_read(urls[DatabaseRole.OWNER], ("columns",))["columns"]) > 1_000
    finally:
        drop_database(server, name)
