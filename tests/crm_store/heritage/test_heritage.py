"""Everything of the five old systems has a home that exists."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Enum, text

import crm_store
from crm_store import schema
from crm_store.base import Base, Registry

OLD = json.loads((Path(__file__).parents[2] / "data/heritage_schema.json").read_text("utf-8"))
HERITAGE = yaml.safe_load((Path(crm_store.__file__).parent / "heritage.yaml").read_text("utf-8"))

LISTED = {
    "Category Values": "category",
    "Lifecycle Stage Values": "lifecycle_stage",
    "Activity Types": "type",
    "Field Types": "type",
    "Step Types": "type",
    "Type Values": "type",
    "Status Values": "status",
    "Source Values": "source",
    "Kind Values": "kind",
    "Role Values": "role",
    "Align Values": "align",
    "Trigger Values": "trigger",
    "Priority Values": "priority",
}
"""What the documents call a column's values, where they do not call them by the column."""

NAMED_TYPES = {
    "user_role": ("users", "role"),
    "email_status": ("emails", "status"),
    "sequence_status": ("sequences", "status"),
    "task_status": ("tasks", "status"),
    "task_priority": ("tasks", "priority"),
    "contact_status": ("contacts", "status"),
}

IN_PROSE = re.compile(r"(?:\(|Role: )([\w-]+(?:, [\w-]+)+)(?:, etc\.)?\)?$")
NAMED_COLUMN = re.compile(r"`(\w+)\.(\w+)`")

Schema = dict[str, dict[str, frozenset[str] | None]]
"""Table → column → the members it is limited to, if it is."""


def declared() -> Schema:
    """The schema as the models declare it."""
    schema.load_models()
    return {
        table.name: {
            column.name: frozenset(column.type.enums) if isinstance(column.type, Enum) else None
            for column in table.columns
        }
        for table in Base.metadata.sorted_tables
    }


def old_values(old: dict[str, Any]) -> dict[tuple[str, str, str], set[str]]:
    """Every value the documents list: as enumerations, as named types, and in prose."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for system, document in old.items():
        for name, values in document.get("enums", {}).items():
            found.setdefault((system, *NAMED_TYPES[name]), set()).update(values)
        for table, facts in document["tables"].items():
            for label, values in facts["enums"].items():
                column = LISTED.get(label, label)
                found.setdefault((system, table, column), set()).update(values)
            for column in facts["columns"]:
                if match := IN_PROSE.search(column["note"]):
                    values = match.group(1).split(", ")
                    found.setdefault((system, table, column["name"]), set()).update(values)
    return found


def faults(
    old: dict[str, Any], heritage: dict[str, Any], living: Schema, registries: dict[str, set[str]]
) -> Iterator[str]:
    """What has no home, and homes that are none."""
    for system, document in old.items():
        mapped = heritage.get(system, {})
        for table in document["tables"].keys() ^ mapped.keys():
            yield f"{system}.{table} is only in one of the two"
        for table in document["tables"].keys() & mapped.keys():
            columns = {column["name"] for column in document["tables"][table]["columns"]}
            yield from _table_faults(f"{system}.{table}", columns, mapped[table], living)
    for (system, table, column), values in old_values(old).items():
        entry = heritage.get(system, {}).get(table, {}).get(column)
        place = f"{system}.{table}.{column}"
        yield from _value_faults(place, values, entry, living, registries)


def _table_faults(
    place: str, columns: set[str], mapped: dict[str, Any], living: Schema
) -> Iterator[str]:
    if not columns:
        if not mapped.get("why") or not mapped.get("home"):
            yield f"{place} has no home or no reason"
        yield from (f"{place}: no table {t}" for t in mapped.get("home", ()) if t not in living)
        return
    for column in columns ^ mapped.keys():
        yield f"{place}.{column} is only in one of the two"
    for column, entry in mapped.items():
        yield from _entry_faults(f"{place}.{column}", entry, living)


def _entry_faults(place: str, entry: Any, living: Schema) -> Iterator[str]:
    if isinstance(entry, str):
        entry = {"home": entry}
    if not isinstance(entry, dict) or ("home" in entry) == ("rule" in entry):
        yield f"{place} has neither a home nor a rule, or both"
        return
    if unknown := entry.keys() - {"home", "rule", "why", "values"}:
        yield f"{place} says more than is understood: {unknown}"
    if "rule" in entry and not entry.get("why"):
        yield f"{place} has a rule without a reason"
    table, _, column = entry.get("home", "").partition(".")
    if "home" in entry and column not in living.get(table, {}):
        yield f"{place}: there is no {entry['home']}"
    for table, column in NAMED_COLUMN.findall(f"{entry.get('rule')} {entry.get('why')}"):
        if column not in living.get(table, {}):
            yield f"{place} speaks of {table}.{column}, which does not exist"


def _value_faults(
    place: str, values: set[str], entry: Any, living: Schema, registries: dict[str, set[str]]
) -> Iterator[str]:
    mapped = entry.get("values", {}) if isinstance(entry, dict) else {}
    for value in values - mapped.keys():
        yield f"{place}={value} has no home"
    for value, target in mapped.items():
        if isinstance(target, dict):
            yield from _entry_faults(f"{place}={value}", target, living)
            continue
        where, _, member = target.rpartition("=")
        table, _, column = (where or entry["home"]).partition(".")
        members = living.get(table, {}).get(column) or registries.get(f"{table}.{column}", set())
        if member not in members:
            yield f"{place}={value}: {member} is no member of {table}.{column}"


@pytest.fixture
async def registries(crm) -> dict[str, set[str]]:
    """Columns that point at a registry, with the keys planted there."""
    found: dict[str, set[str]] = {}
    planted = {model.__table__.name for model in schema.models() if issubclass(model, Registry)}
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name in planted:
                rows = await crm.session.scalars(text(f"SELECT key FROM {key.column.table.name}"))
                found[f"{table.name}.{key.parent.name}"] = set(rows)
    return found


def test_the_documents_count_161_tables_and_1220_columns():
    tables = [facts for document in OLD.values() for facts in document["tables"].values()]
    assert len(tables) == 161
    assert sum(len(facts["columns"]) for facts in tables) == 1220
    assert sum(map(len, old_values(OLD).values())) > 250


def test_the_file_maps_as_many():
    assert sum(len(tables) for tables in HERITAGE.values()) == 161
    assert (
        sum(
            len(columns)
            for system, tables in HERITAGE.items()
            if system != "custarea"
            for columns in tables.values()
        )
        == 1220
    )


def test_everything_old_has_a_home_in_the_models(registries):
    assert sorted(faults(OLD, HERITAGE, declared(), registries)) == []


async def test_everything_old_has_a_home_in_the_database(crm, registries):
    rows = await crm.session.execute(
        text(
            """
            SELECT c.relname, a.attname, pg_get_constraintdef(k.oid)
            FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_constraint k ON k.conrelid = c.oid
                 AND k.conname = left(format('ck_%s_%s_known', c.relname, a.attname), 63)
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            """
        )
    )
    living: Schema = {}
    for table, column, check in rows:
        members = frozenset(re.findall(r"'([^']*)'", check)) if check else None
        living.setdefault(table, {})[column] = members
    assert sorted(faults(OLD, HERITAGE, living, registries)) == []


def _without_column(old, heritage, living):
    del living["people"]["afm"]


def _without_table(old, heritage, living):
    del living["phone_details"]


def _without_member(old, heritage, living):
    living["gifts"]["method"] -= {"crypto"}


def _without_mapping(old, heritage, living):
    del heritage["givance"]["donors"]["spouse_email"]


def _without_mapped_table(old, heritage, living):
    del heritage["outreach"]["email_events"]


def _without_value(old, heritage, living):
    del heritage["turso_crm"]["leads"]["status"]["values"]["won"]


def _without_reason(old, heritage, living):
    heritage["outreach"]["sequences"]["steps_count"]["why"] = ""


def _without_the_column_a_rule_counts(old, heritage, living):
    del living["sequence_steps"]["sequence_id"]


def _with_a_home_that_is_none(old, heritage, living):
    heritage["epesi"]["deals"]["value"] = "deals.worth"


def _with_a_column_nobody_knew(old, heritage, living):
    donors = old["givance"]["tables"]["donors"]
    donors["columns"].append({"name": "nickname", "type": "TEXT", "note": ""})


def _with_a_value_nobody_knew(old, heritage, living):
    old["outreach"]["enums"]["task_priority"].append("whenever")


def _with_a_value_in_prose_nobody_knew(old, heritage, living):
    column = old["epesi"]["tables"]["assistant_documents"]["columns"][2]
    column["note"] = column["note"].replace("faq)", "faq, poems)")


def _with_a_wrong_member(old, heritage, living):
    heritage["outreach"]["emails"]["status"]["values"]["opened"] = "tracking_events.kind=peeked"


def _with_a_wrong_key(old, heritage, living):
    heritage["outreach"]["email_accounts"]["provider"]["values"]["smtp"] = "pigeon"


MUTANTS = [value for name, value in globals().items() if name.startswith("_with")]


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutant: mutant.__name__.lstrip("_"))
def test_whatever_is_lost_or_misspelt_is_noticed(mutate, registries):
    old, heritage, living = copy.deepcopy(OLD), copy.deepcopy(HERITAGE), declared()
    mutate(old, heritage, living)
    assert list(faults(old, heritage, living, registries))
