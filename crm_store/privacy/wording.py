"""What sections and facts of an export are called, and the letter that comes with it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

SECTIONS = {
    "people": "who they are",
    "identifiers": "how they are reached",
    "employments": "where they work",
    "households": "their household",
    "donors": "how they give",
    "donor_people": "whom they give with",
    "stage_changes": "their journey with us",
    "donor_assignments": "who looked after them",
    "recurring_plans": "standing gifts",
    "expected_gifts": "gifts expected",
    "receipt_gifts": "lines of receipts",
    "soft_credits": "what they are thanked for besides",
    "taggings": "tags",
    "custom_values": "further facts",
    "merges": "records joined into one",
    "contact_decisions": "whether they might be written to",
    "suppressions": "addresses not written to",
    "outbox": "messages to be sent",
    "deliveries": "messages sent",
    "tracking_events": "opens and clicks",
    "links": "links in what was sent",
    "campaign_recipients": "mailings they were part of",
    "enrolments": "series of messages",
    "automation_runs": "automatic messages",
    "segment_members": "lists they are on",
    "dossiers": "research",
    "facts": "facts found",
    "identity_matches": "whether it was them",
    "email_details": "details of e-mails",
    "whatsapp_details": "details of WhatsApp messages",
    "widget_details": "details of website messages",
    "phone_details": "details of calls",
    "visitors": "visits to the website",
    "visitor_sessions": "sessions on the website",
    "runs": "answers by the assistant",
    "tool_calls": "what the assistant looked up or did",
    "import_rows": "rows of imported files",
    "external_ids": "numbers in other systems",
}
FIRST = ("people", "identifiers", "addresses", "households", "donors", "donor_people", "gifts")

INTERNAL = frozenset(
    {
        "org_id", "created_by", "updated_by", "updated_at", "normalised", "fence", "lease_until",
        "claimed_by", "tracking_key", "visitor_key", "given_key", "family_key", "sound_key",
        "name_key", "sort_key", "city_key", "place_key", "idempotency_key", "once_key",
        "thread_key", "dedupe_key", "raw_path", "blob_path", "recording_path", "arguments_hash",
        "client_message_id", "moved", "conflicts",
    }
)  # fmt: skip

README = """\
What {org} holds on {name}, as of {day}.

Each section is a list of records of one kind, in the order they were made. "no." is a record's
place in its section; where one record belongs to another it is named by section and number.
Money is written exactly, dates as year-month-day, times with their zone.

Records marked "held with" are kept together with those named there. Of other people only the
name is given. What is kept of members of staff is not part of this. Addresses that others are
reached by too are named in "how they are reached".

"changes on record" says who changed what, and when, as far as it is known.
{mentioned}"""

MENTIONED = """
Besides, {count} passing records of messages received and of the assistant's work name them
among others. They are left out because they tell of other people too.
"""


def section(table: str) -> str:
    return SECTIONS.get(table, table.replace("_", " "))


def fact(column: str) -> str:
    """A column as it is read aloud: received on, is primary, fund."""
    return column.removesuffix("_id").replace("_", " ")


def plain(value: Any) -> Any:
    """A value as JSON holds it: exact money, dates people can read, nothing of the machine."""
    if isinstance(value, Enum):
        return str(value.value).replace("_", " ")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M %Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {}, ())
