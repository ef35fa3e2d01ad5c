"""Whether the database that is there keeps organisations apart, read from its catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from crm_store import schema
from crm_store.base import Base, Registry

ORG_RULE = "(org_id = ( SELECT app_org() AS app_org))"

POLICIES = """
SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
       coalesce(json_agg(json_build_object(
           'name', p.polname, 'permissive', p.polpermissive, 'command', p.polcmd,
           'everyone', p.polroles = '{0}',
           'using', pg_get_expr(p.polqual, p.polrelid),
           'check', pg_get_expr(p.polwithcheck, p.polrelid)))
           FILTER (WHERE p.oid IS NOT NULL), '[]') AS policies
FROM pg_class c
LEFT JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  AND (CAST(:only AS text) IS NULL OR c.relname = :only)
GROUP BY c.oid ORDER BY c.relname
"""

KEYS = """
SELECT c.relname AS name, k.conname AS key, k.contype AS kind, t.relname AS target,
       (SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[1])
           AS first_column,
       (SELECT attname FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = k.confkey[1])
           AS first_target
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
LEFT JOIN pg_class t ON t.oid = k.confrelid
WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('p', 'u', 'f')
  AND (CAST(:only AS text) IS NULL OR c.relname = :only)
"""

INDEXES = """
SELECT c.relname AS name, i.relname AS key, x.indisunique AS is_unique,
       pg_get_indexdef(x.indexrelid, 1, true) AS first_column
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class c ON c.oid = x.indrelid
WHERE c.relnamespace = 'public'::regnamespace
  AND (CAST(:only AS text) IS NULL OR c.relname = :only)
"""

FUNCTIONS = """
SELECT p.oid::regprocedure::text AS name, p.proconfig AS settings,
       has_function_privilege('public', p.oid, 'EXECUTE') AS is_public
FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
"""

GRANTS = """
SELECT c.relname AS name, r.rolname AS role, c.relkind AS kind, n.nspname AS namespace,
       array_remove(ARRAY[
           CASE WHEN has_table_privilege(r.oid, c.oid, 'SELECT') THEN 'SELECT' END,
           CASE WHEN has_table_privilege(r.oid, c.oid, 'INSERT') THEN 'INSERT' END,
           CASE WHEN has_table_privilege(r.oid, c.oid, 'UPDATE') THEN 'UPDATE' END,
           CASE WHEN has_table_privilege(r.oid, c.oid, 'DELETE') THEN 'DELETE' END,
           CASE WHEN has_table_privilege(r.oid, c.oid, 'TRUNCATE') THEN 'TRUNCATE' END,
           CASE WHEN has_table_privilege(r.oid, c.oid, 'TRIGGER') THEN 'TRIGGER' END], NULL)
           AS held
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN pg_roles r
WHERE n.nspname IN ('public', 'report') AND c.relkind IN ('r', 'p', 'v', 'm')
  AND r.rolname IN ('almoner_staff', 'almoner_visitor', 'almoner_reader')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  AND (CAST(:only AS text) IS NULL OR c.relname = :only)
"""

ROLES = """
SELECT rolname AS role, rolsuper AS superuser, rolbypassrls AS bypasses
FROM pg_roles WHERE rolname LIKE 'almoner\\_%'
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One hole in the wall: where, and what is wrong with it."""

    place: str
    sentence: str


def faults(connection: Connection, only: str | None = None) -> list[Fault]:
    """Everything that would let one organisation reach another's rows; empty when all is well.

    only: look at one table and leave the rest.
    """
    models = {
        str(model.__tablename__): model
        for model in schema.models()
        if only in (None, model.__tablename__)
    }
    found = [
        *_policy_faults(_rows(connection, POLICIES, only), models),
        *_key_faults(_rows(connection, KEYS, only), models),
        *_index_faults(_rows(connection, INDEXES, only), models),
        *_grant_faults(_rows(connection, GRANTS, only), models),
    ]
    if only is None:
        found += _function_faults(_rows(connection, FUNCTIONS))
        found += _role_faults(_rows(connection, ROLES))
    return found


def _policy_faults(tables: Sequence[Any], models: dict[str, Any]) -> Iterator[Fault]:
    for missing in models.keys() - {table.name for table in tables}:
        yield Fault(missing, "is missing from the database")
    for table in tables:
        model = models.get(table.name)
        if table.name == "alembic_version" or _is_open(model) or _is_closed(model):
            continue
        if model is None:
            yield Fault(table.name, "is a table no model speaks of")
        elif not table.enabled:
            yield Fault(table.name, "has row security switched off")
        elif not table.forced:
            yield Fault(table.name, "does not force row security on its owner")
        else:
            yield from _rule_faults(table, model)


def _rule_faults(table: Any, model: Any) -> Iterator[Fault]:
    permissive = [policy for policy in table.policies if policy["permissive"]]
    if len(permissive) != 1:
        yield Fault(table.name, f"has {len(permissive)} permissive policies instead of one")
        return
    (policy,) = permissive
    if not policy["everyone"] or policy["command"] != "*":
        yield Fault(table.name, "has a policy for some roles or commands only")
    rule = _rule(model)
    for side in ("using", "check"):
        if policy[side] != rule:
            yield Fault(table.name, f"has a policy whose {side} is {policy[side]}")
    named = getattr(model, "visitor_may", None)
    if named and not any(not other["permissive"] for other in table.policies):
        yield Fault(table.name, "is open to visitors without a rule on rows")


def _rule(model: Any) -> str:
    if key := schema.tenant_key(model):
        return ORG_RULE.replace("org_id", key, 1)
    person = "user_id" if "user_id" in model.__table__.columns else model.person_key
    return f"({person} = ( SELECT app_user() AS app_user))"


def _key_faults(keys: Sequence[Any], models: dict[str, Any]) -> Iterator[Fault]:
    for key in keys:
        model = models.get(key.name)
        if model is None or "org_id" not in model.__table__.columns or schema.is_closed(model):
            continue
        if key.kind in ("p", "u") and key.first_column != "org_id":
            yield Fault(key.name, f"has a key {key.key} that does not begin with org_id")
        target = Base.metadata.tables.get(key.target or "")
        if (
            key.kind == "f"
            and target is not None
            and "org_id" in target.columns
            and (key.first_column != "org_id" or key.first_target != "org_id")
        ):
            yield Fault(key.name, f"has a reference {key.key} that can cross organisations")
    held = {(key.name, key.kind) for key in keys}
    for name, model in models.items():
        if (name, "p") not in held:
            yield Fault(name, "has no primary key")
        expected = {
            (str(name), constraint.name) for constraint in model.__table__.foreign_key_constraints
        }
        present = {(key.name, key.key) for key in keys if key.kind == "f"}
        for _, lost in expected - present:
            yield Fault(name, f"has lost its reference {lost}")


def _index_faults(indexes: Sequence[Any], models: dict[str, Any]) -> Iterator[Fault]:
    for index in indexes:
        model = models.get(index.name)
        if model is None or "org_id" not in model.__table__.columns or schema.is_closed(model):
            continue
        if index.first_column != "org_id":
            kind = "unique index" if index.is_unique else "index"
            yield Fault(index.name, f"has a {kind} {index.key} that does not begin with org_id")


def _function_faults(functions: Sequence[Any]) -> Iterator[Fault]:
    for function in functions:
        settings = function.settings or []
        if not any(setting.startswith("search_path=") for setting in settings):
            yield Fault(function.name, "runs as its owner without a fixed search_path")
        if function.is_public:
            yield Fault(function.name, "runs as its owner and may be called by anybody")


def _grant_faults(grants: Sequence[Any], models: dict[str, Any]) -> Iterator[Fault]:
    for grant in grants:
        held = set(grant.held)
        if held & {"TRUNCATE", "TRIGGER"}:
            yield Fault(grant.name, f"can be emptied or rewired by {grant.role}")
        for extra in sorted(held - _allowed(grant, models.get(grant.name))):
            yield Fault(grant.name, f"gives {grant.role} {extra}, which nothing declares")


def _allowed(grant: Any, model: Any) -> set[str]:
    if grant.namespace == "report":
        return {"SELECT"} if grant.role == "almoner_reader" else set()
    if grant.name == "alembic_version":
        return {"SELECT"}
    if model is None or schema.is_closed(model):
        return set()
    if issubclass(model, Registry):
        return {"SELECT"}
    if grant.role == "almoner_staff":
        reads_only = getattr(model, "written_by_functions", False)
        return {"SELECT"} if reads_only else {"SELECT", "INSERT", "UPDATE", "DELETE"}
    if grant.role == "almoner_visitor":
        return {word.strip() for word in getattr(model, "visitor_may", "").split(",")}
    return set()


def _role_faults(found: Sequence[Any]) -> Iterator[Fault]:
    for role in found:
        if role.superuser or role.bypasses:
            yield Fault(role.role, "is a role that row security does not hold")


def _is_closed(model: Any) -> bool:
    return model is not None and schema.is_closed(model)


def _is_open(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Registry)


def _rows(connection: Connection, query: str, only: str | None = None) -> Sequence[Any]:
    asked = text(query)
    return connection.execute(asked, {"only": only} if ":only" in query else {}).all()
