"""Of two records that become one: which value of each field stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Computed, inspect

from crm_store.base import TenantRow
from crm_store.errors import Invalid

UNTOUCHED = frozenset(
    {"org_id", "id", "created_at", "updated_at", "created_by", "updated_by", "deleted_at",
     "merged_into_id", "given_key", "family_key", "sound_key", "name_key", "sort_key", "city_key",
     "owner_id", "workspace_id", "custom_names"}
)  # fmt: skip

# Where both have a value, the safer or fuller one stands, whoever is kept; of flags, a raised one.
TOGETHER: dict[str, Callable[[Any, Any], Any]] = {
    "contact_hold_until": max,
    "last_contacted_at": max,
    "next_follow_up_at": min,
    "lead_score": max,
}
# Fields that say something only together.
BOUND = (
    ("external_source", "external_id"),
    ("journey_stage", "stage_since"),
    ("revenue", "credit_limit", "currency"),
    ("household_id", "household_role"),
)


class Side(StrEnum):
    KEEP = "keep"
    LOSE = "lose"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the two differ, and what it becomes."""

    field: str
    keep: Any
    lose: Any
    becomes: Any


def differences(
    keep: TenantRow, lose: TenantRow, choices: Mapping[str, Side | str] | None = None
) -> list[Difference]:
    """Every field the two do not agree on; the survivor's stands unless it is empty or chosen.

    Nobody becomes their own parent.
    """
    fields = [
        column.key
        for column in inspect(type(keep)).columns
        if column.key not in UNTOUCHED and not isinstance(column.server_default, Computed)
    ]
    chosen = {name: Side(side) for name, side in (choices or {}).items()}
    if unknown := chosen.keys() - set(fields):
        raise Invalid(f"There is no field {', '.join(sorted(unknown))} to choose.")
    for bound in BOUND:
        sides = {chosen[name] for name in bound if name in chosen}
        if len(sides) == 1:
            chosen |= dict.fromkeys(set(bound) & set(fields), sides.pop())
    found = []
    for name in fields:
        mine, theirs = getattr(keep, name), getattr(lose, name)
        if mine != theirs:
            becomes = _becomes(name, keep, lose, chosen.get(name))
            if becomes in (keep.id, lose.id):
                becomes = None if theirs in (keep.id, lose.id) else theirs
            found.append(Difference(name, mine, theirs, becomes))
    return found


def _becomes(name: str, keep: TenantRow, lose: TenantRow, chosen: Side | None) -> Any:
    mine, theirs = getattr(keep, name), getattr(lose, name)
    if chosen is not None:
        return mine if chosen is Side.KEEP else theirs
    for bound in BOUND:
        if name in bound:
            empty = all(_is_empty(getattr(keep, part, None)) for part in bound)
            return theirs if empty else mine
    if _is_empty(mine):
        return theirs
    if _is_empty(theirs):
        return mine
    return TOGETHER[name](mine, theirs) if name in TOGETHER else mine


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value is False
