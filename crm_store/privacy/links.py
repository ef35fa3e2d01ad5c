"""How rows come to be somebody's: read off the schema, so that a new table is never forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Column, Enum, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from crm_store import schema
from crm_store.base import Base

ROOTS = ("people", "donors", "households")


@dataclass(frozen=True, slots=True)
class Link:
    """A column by which rows of a table belong to rows of another."""

    table: str
    column: str
    target: str


# References that lead to what is somebody else's, or to what says nothing of the person.
NOT_THEIRS: dict[tuple[str, str], str] = {
    ("people", "household_id"): "the others at home",
    ("people", "merged_into_id"): "followed when the person is looked up",
    ("donors", "household_id"): "the others at home",
    ("donors", "address_id"): "somebody else who receives post there",
    ("campaign_recipients", "household_id"): "the others at home",
    ("messages", "reply_to_id"): "somebody else's answer",
    ("tickets", "merged_into_id"): "somebody else's ticket",
    ("facts", "contradicts_id"): "reached by its dossier",
    ("drafting_sessions", "conversation_id"): "a member of staff at work",
    ("donor_giving", "donor_id"): "sums of gifts, made again from them",
    ("giving_years", "donor_id"): "sums of gifts, made again from them",
    ("usage", "run_id"): "what a model cost",
    ("reservations", "run_id"): "what a model may cost",
}

# The other way: what a row of theirs points at is theirs too, unless it names somebody else.
UPWARD = (
    Link("lead_conversions", "lead_id", "leads"),
    Link("leads", "visitor_id", "visitors"),
    Link("leads", "conversation_id", "conversations"),
    Link("prospects", "visitor_id", "visitors"),
    Link("prospects", "conversation_id", "conversations"),
    Link("tickets", "visitor_id", "visitors"),
    Link("tickets", "conversation_id", "conversations"),
    Link("conversations", "visitor_id", "visitors"),
)

# Columns that name any table's row: the table's name beside the row's id.
LOOSE = {
    "external_ids": ("table_name", "row_id"),
    "import_rows": ("target_table", "target_id"),
    "draft_sources": ("source_table", "source_row_id"),
}

# Where an address stands by itself, whoever it was matched to.
ADDRESSES: dict[str, tuple[str, ...]] = {
    "leads": ("email", "phone"),
    "prospects": ("email", "phone"),
    "visitors": ("email", "phone"),
    "messages": ("from_address", "to_address"),
    "phone_calls": ("from_number", "to_number"),
    "outbox": ("to_address",),
    "deliveries": ("to_address",),
    "suppressions": ("address",),
}

# Where somebody may be named without being pointed at: looked through for their addresses.
MENTIONS: dict[str, tuple[str, ...]] = {
    "webhook_events": ("payload", "headers"),
    "import_rows": ("raw", "before", "reason", "dedupe_key"),
    "tool_calls": ("arguments", "answer", "sql_generated"),
    "proposals": ("arguments", "diff", "reason", "outcome"),
    "product_events": ("url", "properties"),
}
JOURNAL = frozenset({"tool_calls", "proposals"})
RECEIPTS = (
    ("messages", "provider_message_id"),
    ("whatsapp_details", "message_sid"),
    ("phone_calls", "provider_call_id"),
    ("deliveries", "provider_message_id"),
)

# Tables that hold nothing on the people an organisation deals with.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "The organisation, and how it is set up": (
        "orgs", "workspaces", "org_settings", "org_features", "custom_fields", "activity_types",
        "business_calendars", "contact_policies", "interest_levels", "journeys", "macros",
        "pipelines", "stages", "sla_policies", "scoring_rules", "tags", "ticket_tags",
        "ticket_counters", "receipt_numbers", "locations", "territories", "companies",
    ),
    "Staff and their accounts": (
        "members", "member_workspaces", "roles", "invitations", "preferences", "staff_phones",
        "api_keys", "calendar_links", "user_identities", "user_sessions", "user_tokens", "users",
        "signups", "directory", "mailboxes", "sender_identities", "signatures", "style_examples",
        "budgets", "budget_periods", "reservations", "usage", "send_windows",
        "drafting_sessions",
    ),
    "What money is given for and what is sold": (
        "funds", "projects", "appeals", "offers", "products", "product_categories",
        "product_types",
    ),
    "What is sent to many, before it is addressed to anybody": (
        "templates", "assets", "campaigns", "campaign_assets", "segments", "sequences",
        "sequence_steps", "automations", "automation_steps", "workflows", "workflow_versions",
    ),
    "Knowledge for everybody, and who answers": (
        "collections", "documents", "chunks", "crawl_sources", "assistants",
        "assistant_collections", "deployments",
    ),
    "The lines that messages come in on": (
        "channel_accounts", "allowed_senders", "widgets",
    ),
    "The same for every organisation": ("features", "mail_providers", "node_types"),
    "Derived from what is exported, and made again from it": (
        "search_entries", "search_terms", "search_keys", "geocodes", "donor_giving", "giving_years",
    ),
    "The file an import came from, whose rows are exported": ("import_jobs", "import_columns"),
    "The chain and the salt of the log, whose entries are exported": (
        "audit_heads", "audit_details",
    ),
}  # fmt: skip
APART = frozenset({"audit_log"})


@lru_cache(maxsize=1)
def links() -> tuple[Link, ...]:
    """Every way a row can belong to a person, from the schema as it is."""
    schema.load_models()
    found = [
        Link(table.name, column.name, column.info["ref"][0])
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if "ref" in column.info and (table.name, column.name) not in NOT_THEIRS
    ]
    held = set(ROOTS) | {link.target for link in UPWARD} | ADDRESSES.keys()
    while True:
        more = {link.table for link in found if link.target in held} - held
        if not more:
            return tuple(link for link in found if link.target in held)
        held |= more


@lru_cache(maxsize=1)
def held_tables() -> tuple[str, ...]:
    """The tables that can hold something on a person, those pointed at before those that point."""
    named = {link.table for link in links()} | set(ROOTS) | {*LOOSE, *MENTIONS, *ADDRESSES}
    named |= {link.target for link in UPWARD}
    return tuple(table.name for table in Base.metadata.sorted_tables if table.name in named)


def table_of(name: str) -> Table:
    return Base.metadata.tables[name]


def names_somebody(name: str) -> bool:
    """Whether rows say by person_id whose they are, whatever else they point at."""
    column = table_of(name).columns.get("person_id")
    return column is not None and column.info.get("ref", ("",))[0] == "people"


def holds_words(column: Column[Any]) -> bool:
    """Text, documents and bytes: where a person can be described."""
    if isinstance(column.type, Enum | Uuid) or column.computed is not None:
        return False
    if isinstance(column.type, ARRAY):
        return isinstance(column.type.item_type, Text)
    return isinstance(column.type, Text | JSONB) or column.type.python_type is bytes
