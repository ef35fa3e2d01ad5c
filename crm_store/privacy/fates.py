"""What becomes of each kind of record when a person is erased, and why some of it stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Column, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB

from crm_store.privacy.links import holds_words, table_of

ERASED = "Erased"
ERASED_DONOR = "Erased donor"
RECEIPTS_KEPT_YEARS = 7
KEPT_YEARS_SETTING = "privacy.receipts_kept_years"


@dataclass(frozen=True, slots=True)
class Kept:
    """Records that stay, emptied of every word but these; and the reason."""

    why: str
    words: frozenset[str] = frozenset()


MONEY = "Money stays in the totals, with nobody's name on it."
WORK = "The organisation's own work stays counted, with nobody's name on it."
PAPER = "Receipts are kept as issued for as long as the law asks."

STAYS: Mapping[str, Kept] = {
    "donors": Kept(MONEY),
    "gifts": Kept(MONEY, frozenset({"currency"})),
    "refunds": Kept(MONEY),
    "soft_credits": Kept(MONEY),
    "pledges": Kept(MONEY, frozenset({"currency"})),
    "instalments": Kept(MONEY),
    "recurring_plans": Kept(MONEY, frozenset({"currency"})),
    "expected_gifts": Kept(MONEY, frozenset({"currency"})),
    "deals": Kept(WORK, frozenset({"currency"})),
    "stage_moves": Kept(WORK),
    "stage_changes": Kept(WORK, frozenset({"from_stage", "to_stage"})),
    "tickets": Kept(WORK),
    "ticket_activities": Kept(WORK),
    "tasks": Kept(WORK),
    "messages": Kept("What others wrote in the same conversation keeps its place."),
    "import_rows": Kept("The file's count of rows stays right.", frozenset({"target_table"})),
    "proposals": Kept("What was decided stays on record, without what it said."),
    "decisions": Kept("What was decided stays on record, without what it said."),
    "suppressions": Kept("A fingerprint of the address, so that it is never written to again."),
    "receipts": Kept(PAPER),
    "receipt_gifts": Kept(PAPER),
}
STANDS = frozenset({"receipts", "receipt_gifts"})

# Emptied in ways of their own: see erasing.py and the functions in sql/privacy.sql.
BY_HAND = frozenset({"suppressions", "proposals", "decisions", "stage_moves", "ticket_activities"})

# Gone with the person, since nobody may delete them by themselves.
FOLLOWS = frozenset({"contact_decisions"})

# What must be emptied together with words.
WITH_WORDS: Mapping[str, Mapping[str, Any]] = {"gifts": {"tribute_kind": None}}

# A donor that any of these speak of stays as nobody's; otherwise it goes.
ACCOUNTS = ("gifts", "pledges", "recurring_plans", "receipts", "soft_credits", "deals")


def emptied(name: str) -> dict[str, Any]:
    """The values that take every word out of a kept record."""
    kept = STAYS[name].words
    words = {
        column.name: _nothing(column)
        for column in table_of(name).columns
        if holds_words(column) and column.name not in kept
    }
    return {**words, **WITH_WORDS.get(name, {})}


def _nothing(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, JSONB):
        return [] if column.type.python_type is list else {}
    if isinstance(column.type, ARRAY):
        return []
    if isinstance(column.type, LargeBinary):
        return b""
    return ERASED
