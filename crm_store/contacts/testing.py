"""People, companies and households for tests, in one line each."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from crm_store.contacts.actions import add_company, add_household, add_person
from crm_store.contacts.identifying import add_identifier
from crm_store.contacts.models import (
    Activity,
    ActivityKind,
    Company,
    Household,
    IdentifierKind,
    Note,
    Person,
    Tag,
)
from crm_store.contacts.remarks import log_activity, tag, write_note
from crm_store.crm import Crm

_serial = count(1)


async def make_person(crm: Crm, name: str = "Ruth Cohen", **more: Any) -> Person:
    """Somebody of that name with an e-mail address of their own; email=None for none."""
    given, _, family = name.rpartition(" ")
    more.setdefault("email", f"person{next(_serial)}@example.org")
    more.setdefault("even_if_known", True)
    return await add_person(crm, given_name=given or family, family_name=family, **more)


async def make_company(crm: Crm, name: str = "Aegean Foods", **more: Any) -> Company:
    more.setdefault("even_if_known", True)
    return await add_company(crm, name=name, **more)


async def make_household(crm: Crm, *people: Person, name: str = "Cohen", **more: Any) -> Household:
    return await add_household(crm, name=name, members=[p.id for p in people], **more)


async def make_identifier(
    crm: Crm, person: Person | Company, kind: IdentifierKind, value: str, **more: Any
) -> None:
    await add_identifier(crm, person, kind, value, **more)


async def make_tag(crm: Crm, name: str = "Board", **noun: UUID) -> Tag:
    """A tag, put on whatever is named: make_tag(crm, "Board", donor_id=…)."""
    return await tag(crm, name, **noun)


async def make_note(crm: Crm, body: str = "Prefers letters.", **noun: Any) -> Note:
    return await write_note(crm, body, **noun)


async def make_activity(crm: Crm, subject: str = "Coffee at the harbour", **more: Any) -> Activity:
    more.setdefault("kind", ActivityKind.MEETING)
    return await log_activity(crm, subject=subject, **more)
