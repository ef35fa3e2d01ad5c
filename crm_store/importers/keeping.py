"""What has been used since it was imported, and therefore stays."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from crm_store.contacts.references import Reference, references
from crm_store.crm import Crm

# What may only go when nothing of these is left, whenever it came.
STRUCTURE = {
    "donors": {"gifts"},
    "people": {"donor_people"},
    "companies": {"donors", "employments"},
}
DERIVED = frozenset({"giving_years", "donor_giving", "search_entries", "import_rows"})
PURPOSES = frozenset({"funds", "appeals", "projects", "tags"})
WORDS = {
    "receipt_gifts": "a receipt has been issued for it", "refunds": "something of it was refunded",
    "gifts": "other gifts of theirs are in the books", "merges": "it was merged since",
    "soft_credits": "others are credited for it", "donor_people": "they are part of another donor",
    "pledges": "they have pledged since", "recurring_plans": "they give by a plan since",
    "activities": "there are activities since", "notes": "notes were written since",
    "tasks": "there are tasks since", "conversations": "they have written since",
    "employments": "people work there", "lead_conversions": "it was converted since",
}  # fmt: skip
MERGED = {
    "donors": ("kept_donor_id", "lost_donor_id"),
    "people": ("kept_person_id", "lost_person_id"),
    "companies": ("kept_company_id", "lost_company_id"),
}


async def reasons_to_keep(crm: Crm, table: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """A sentence for each record that was changed, or to which something was attached since."""
    if not ids:
        return {}
    asked = {"org": crm.actor.org, "ids": [str(row_id) for row_id in ids]}
    kept: dict[UUID, str] = {}
    if table not in PURPOSES:
        changed = await crm.session.scalars(
            text(f"SELECT id FROM {table} WHERE org_id = :org AND id = ANY(CAST(:ids AS uuid[]))"
                 " AND updated_at <> created_at AND deleted_at IS NULL"), asked)  # fmt: skip
        kept |= dict.fromkeys(changed, "it was changed since.")
    for one in references(table):
        if one.table.name not in DERIVED:
            found = await crm.session.scalars(text(_attached(table, one)), asked)
            words = WORDS.get(one.table.name, f"{one.table.name.replace('_', ' ')} refer to it")
            for row_id in found:
                kept[row_id] = f"{words}."
    for column in MERGED.get(table, ()):
        found = await crm.session.scalars(
            text(f"SELECT {column} FROM merges WHERE org_id = :org"
                 f" AND {column} = ANY(CAST(:ids AS uuid[])) AND undone_at IS NULL"), asked
        )  # fmt: skip
        kept |= dict.fromkeys(found, "it was merged since.")
    return kept


def _attached(table: str, one: Reference) -> str:
    """Rows that refer to it and were not written in the same moment."""
    name, column = one.table.name, one.column.name
    rule = f"SELECT DISTINCT t.{column} FROM {name} t JOIN {table} r" \
           f" ON r.org_id = t.org_id AND r.id = t.{column}" \
           f" WHERE t.org_id = :org AND t.{column} = ANY(CAST(:ids AS uuid[]))"  # fmt: skip
    if "deleted_at" in one.table.columns:
        rule += " AND t.deleted_at IS NULL"
    if name == "receipt_gifts":
        return f"{rule} AND NOT t.is_void"
    if (
        name in STRUCTURE.get(table, ())
        or table in PURPOSES
        or "created_at" not in one.table.columns
    ):
        return rule
    return f"{rule} AND t.created_at <> r.created_at"
