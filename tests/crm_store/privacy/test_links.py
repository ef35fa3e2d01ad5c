"""No table, and no pointer, may be forgotten when somebody asks what is held on them."""

from __future__ import annotations

from sqlalchemy import Uuid

from crm_store import schema
from crm_store.base import Base
from crm_store.privacy import links
from crm_store.privacy.fates import BY_HAND, FOLLOWS, STANDS, STAYS, WITH_WORDS
from crm_store.privacy.wording import SECTIONS, section

STAFF_OR_MACHINE = {
    ("audit_log", "actor_id"), ("campaigns", "approved_by"), ("conversations", "resolved_by"),
    ("drafts", "approved_by"), ("merges", "undone_by"),
    ("search_entries", "owner_id"), ("search_entries", "workspace_id"),
    ("search_terms", "owner_id"), ("search_terms", "workspace_id"),
    ("stage_moves", "moved_by_id"), ("ticket_activities", "actor_id"),
}  # fmt: skip
BY_THEIR_OWN_CODE = {
    ("audit_log", "row_id"), ("search_entries", "donor_id"), ("search_terms", "entry_id"),
}  # fmt: skip


def test_every_table_is_exported_or_listed_with_a_reason():
    schema.load_models()
    elsewhere = {name for names in links.ELSEWHERE.values() for name in names}
    known = {*links.held_tables(), *elsewhere, *links.APART}
    assert {table.name for table in Base.metadata.sorted_tables} - known == set()


def test_no_reason_is_given_for_a_table_that_is_exported_or_gone():
    elsewhere = [name for names in links.ELSEWHERE.values() for name in names]
    assert set(elsewhere) & set(links.held_tables()) == set()
    assert set(elsewhere) - Base.metadata.tables.keys() == set()
    assert len(elsewhere) == len(set(elsewhere))


def test_every_pointer_without_a_foreign_key_is_known():
    loose = {
        (str(model.__tablename__), column.name)
        for model in schema.tenant_models()
        for column in model.__table__.columns
        if isinstance(column.type, Uuid) and not column.foreign_keys and "ref" not in column.info
        and column.name not in ("id", "org_id", "created_by", "updated_by")
    }  # fmt: skip
    known = {(name, of_row) for name, (_, of_row) in links.LOOSE.items()}
    assert loose == known | STAFF_OR_MACHINE | BY_THEIR_OWN_CODE


def test_what_is_said_about_columns_is_true_of_the_schema():
    pairs = {*links.NOT_THEIRS, *links.RECEIPTS}
    pairs |= {(link.table, link.column) for link in links.UPWARD}
    pairs |= {(n, c) for of in (links.ADDRESSES, links.MENTIONS, links.LOOSE)
              for n, columns in of.items() for c in columns}  # fmt: skip
    for name, column in pairs:
        assert column in Base.metadata.tables[name].columns, f"{name}.{column}"


def test_fates_and_names_are_of_tables_that_can_hold_something():
    held = set(links.held_tables())
    assert {*STAYS, *STANDS, *BY_HAND, *FOLLOWS, *WITH_WORDS} <= held
    assert {*STANDS, *BY_HAND, *WITH_WORDS} <= STAYS.keys()
    assert SECTIONS.keys() <= held
    assert len({section(name) for name in held}) == len(held)
