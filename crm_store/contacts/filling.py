"""Which columns of a record people may fill."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect

from crm_store.base import TenantRow
from crm_store.errors import Invalid

KEPT_APART = frozenset(
    {"org_id", "id", "created_at", "updated_at", "created_by", "updated_by", "deleted_at",
     "merged_into_id", "given_key", "family_key", "sound_key", "name_key", "birthday_key"}
)  # fmt: skip


def checked_facts(model: type[Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Only columns that people may fill; anything else is a mistake worth hearing of."""
    columns = set(inspect(model).column_attrs.keys()) - KEPT_APART
    if unknown := facts.keys() - columns:
        raise Invalid(f"A {model.__name__.lower()} has no {', '.join(sorted(unknown))}.")
    return {
        name: value.strip() or None if isinstance(value, str) else value
        for name, value in facts.items()
    }


def fill(row: TenantRow, facts: dict[str, Any]) -> None:
    for name, value in checked_facts(type(row), facts).items():
        setattr(row, name, value)
