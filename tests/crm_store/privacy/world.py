"""Somebody of whom every table that can holds a row, with their name in every word of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Numeric,
    Text,
    Uuid,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from crm_store.base import Base, new_id
from crm_store.contacts.testing import make_person
from crm_store.crm import Crm
from crm_store.donors.actions import add_donor
from crm_store.embedded import EmbeddedServer
from crm_store.gifts.testing import make_gift
from crm_store.privacy import links
from crm_store.privacy.links import table_of
from crm_store.testing import HOME, House

WRITTEN_BY_DATABASE = frozenset(
    {"stage_moves", "ticket_activities", "donor_giving", "giving_years", "search_entries"}
)
WORDS = {"currency": "EUR", "language": "en", "timezone": "Europe/Athens", "country": "CY"}
AT = datetime(2026, 3, 3, 12, tzinfo=UTC)
ALONE: dict[str, str] = {
    "notes": "person_id", "taggings": "person_id", "images": "person_id",
    "addresses": "person_id", "identifiers": "person_id", "custom_values": "person_id",
    "dossiers": "person_id", "segment_members": "person_id", "memories": "person_id",
    "soft_credits": "donor_id",
}  # fmt: skip


@dataclass
class Somebody:
    """A person, their donor, and what only they are called."""

    house: House
    person_id: UUID
    donor_id: UUID
    mark: str
    made: dict[str, UUID] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return f"Ask {self.given} {self.family} at {self.email} or {self.phone}."

    @property
    def given(self) -> str:
        return f"Given{self.mark}"

    @property
    def family(self) -> str:
        return f"Family{self.mark}"

    @property
    def email(self) -> str:
        return f"mail.{self.mark.lower()}@example.org"

    @property
    def phone(self) -> str:
        digits = str(int(self.mark, 36) % 10_000_000).zfill(7)
        return f"+3579{digits}"


async def make_somebody(house: House, mark: str | None = None, **more: Any) -> Somebody:
    mark = mark or f"q{secrets.token_hex(5)}"
    one = Somebody(house, new_id(), new_id(), mark)
    async with house.begin() as crm:
        person = await make_person(
            crm, f"{one.given} {one.family}", email=one.email, phone=one.phone, **more
        )
        donor = await add_donor(crm, [person.id])
        one.person_id, one.donor_id = person.id, donor.id
    return one


UNTOUCHED = WRITTEN_BY_DATABASE | {"donor_people"}


async def fill(one: Somebody) -> None:
    """A row in every table that can hold something on them, all pointing at one another."""
    one.made |= {"people": one.person_id, "donors": one.donor_id}
    async with one.house.begin() as crm:
        gift = await make_gift(crm, await crm.donors.get(one.donor_id), "120.00")
        one.made["gifts"] = gift.id
        one.made["members"] = one.house.director.member_id
    for table in Base.metadata.sorted_tables:
        if table.name in links.held_tables() and table.name not in UNTOUCHED:
            async with one.house.begin() as crm:
                one.made[table.name] = await _row(crm, one, table)


async def _row(crm: Crm, one: Somebody, table: Any) -> UUID:
    if table.name in one.made and table.name not in ("people", "gifts"):
        return one.made[table.name]
    if table.name in ("people", "gifts"):
        values = {c.name: _value(c, one) for c in table.columns if _is_wordy(c)}
        values.pop("given_name", None)
        values.pop("family_name", None)
        if table.name == "gifts":
            values |= {"tribute_kind": "honour", "external_id": None}
        else:
            values |= {"household_id": one.made["households"]}
        here = (table.c.org_id == crm.actor.org, table.c.id == one.made[table.name])
        await crm.session.execute(table.update().where(*here).values(**values))
        return one.made[table.name]
    values = {}
    for column in table.columns:
        if column.computed is not None or column.name in ("created_at", "updated_at"):
            continue
        if not _is_wanted(table, column):
            continue
        if "ref" in column.info:
            target = column.info["ref"][0]
            if not await _points(crm, one, table, column, target):
                continue
            values[column.name] = one.made[target]
        else:
            values[column.name] = _value(column, one if _is_held(table) else None)
    values |= {"org_id": crm.actor.org, "id": new_id()} | OVERRIDES.get(table.name, {})
    for name, of in links.LOOSE.items():
        if table.name == name:
            values[of[0]], values[of[1]] = "people", one.person_id
    if table.name in ("deliveries", "links"):
        values["tracking_key"] = f"{one.words} {new_id()}"
    await crm.session.execute(insert(table).values(**values))
    return values["id"]


async def _points(crm: Crm, one: Somebody, table: Any, column: Column[Any], target: str) -> bool:
    alone = ALONE.get(table.name)
    if alone and column.nullable and column.name != alone:
        return False
    if target == table.name or (table.name, column.name) in SKIPPED:
        return False
    if target not in one.made:
        if column.nullable:
            return False
        known = await crm.session.scalar(
            select(table_of(target).c.id).where(table_of(target).c.org_id == crm.actor.org).limit(1)
        )
        one.made[target] = known or await _row(crm, one, table_of(target))
    return True


def _is_held(table: Any) -> bool:
    return table.name in links.held_tables()


def _is_wanted(table: Any, column: Column[Any]) -> bool:
    """All that must be said, and every word that can be."""
    if not column.nullable or (_is_held(table) and "ref" in column.info):
        return True
    return _is_held(table) and links.holds_words(column)


def _is_wordy(column: Column[Any]) -> bool:
    return (
        links.holds_words(column)
        and column.name not in WORDS
        and "ref" not in column.info
        and not column.name.endswith("_key")
    )


def _value(column: Column[Any], one: Somebody | None) -> Any:
    kind = column.type
    words = one.words if one else f"Furniture {new_id()}"
    if column.name in WORDS:
        return WORDS[column.name]
    if isinstance(kind, Enum):
        default = column.default.arg if column.default is not None else None
        return default if isinstance(default, str) else kind.enums[0]
    if isinstance(kind, ARRAY):
        if isinstance(kind.item_type, Text):
            return [words]
        return []
    if isinstance(kind, JSONB):
        return [words] if "list" in str(column.default) else {"said": words}
    if isinstance(kind, Text):
        return words
    simple: list[tuple[Any, Any]] = [
        (Boolean, False), (Integer, 1), (Float, 1.0), (Numeric, Decimal("0.5")),
        (DateTime, AT), (Date, date(2026, 3, 3)),
    ]  # fmt: skip
    for type_, value in simple:
        if isinstance(kind, type_):
            return value
    if isinstance(kind, Uuid):
        return None
    return words.encode()


SKIPPED = {
    ("merges", "kept_donor_id"), ("merges", "lost_donor_id"), ("merges", "kept_company_id"),
    ("merges", "lost_company_id"), ("merges", "kept_household_id"),
    ("merges", "lost_household_id"), ("participants", "member_id"),
    ("participants", "visitor_id"), ("runs", "visitor_id"), ("feedback", "visitor_id"),
    ("memories", "member_id"), ("memories", "donor_id"), ("deliveries", "outbox_id"),
    ("expected_gifts", "gift_id"), ("prospects", "lead_id"), ("budgets", "role_id"),
    ("donors", "company_id"),
}  # fmt: skip
OVERRIDES: dict[str, dict[str, Any]] = {
    "identifiers": {"source": ""},
    "instalments": {"paid": 0, "written_off": Decimal("0.5"), "status": "written_off"},
    "pledges": {"paid": 0, "written_off": 0},
    "recurring_plans": {"status": "ended"},
    "memories": {"scope": "person"},
    "proposals": {"effect": "send", "tool": "send_letter", "arguments_hash": "a1", "scope": "s"},
    "decisions": {"arguments_hash": "a1"},
    "stage_changes": {"from_stage": None, "to_stage": "prospect"},
    "runs": {"door": "desk"},
    "outbox": {"purpose": "service"},
    "custom_values": {"list_value": None},
    "campaign_recipients": {"claimed_by": None},
    "deals": {"close_reason": None},
    "tasks": {"ai_confidence": None},
    "visitors": {"verified_at": AT},
    "segments": {"kind": "static"},
    "workflow_node_runs": {"node_type": "stop"},
    "receipts": {"void_reason": None},
    "suppressions": {"lifted_because": None, "address_hash": b"of another address"},
}


def superuser(database: str) -> str:
    return EmbeddedServer(HOME, durable=False).superuser_url(database)


def scan(database: str, org_id: UUID, words: list[str]) -> dict[str, int]:
    """In which tables any of these still stands, in text, documents or bytes."""
    patterns = [f"%{form}%" for word in words for form in (word, word.encode().hex())]
    found = {}
    with psycopg.connect(superuser(database), autocommit=True) as connection:
        for table in Base.metadata.sorted_tables:
            if "org_id" in table.columns:
                query = sql.SQL(
                    "SELECT count(*) FROM {} t WHERE org_id = %s AND t::text ILIKE ANY(%s)"
                )
                row = connection.execute(
                    query.format(sql.Identifier(table.name)), [org_id, patterns]
                ).fetchone()
                if row and row[0]:
                    found[table.name] = row[0]
    return found
