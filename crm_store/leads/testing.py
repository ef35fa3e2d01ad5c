"""Leads for tests."""

from itertools import count
from typing import Any

from crm_store.crm import Crm
from crm_store.leads.actions import create_lead
from crm_store.leads.models import Lead

_serial = count(1)


async def make_lead(crm: Crm, name: str = "Eleni Markou", **more: Any) -> Lead:
    """A lead of that name with an address of its own; email=None for none."""
    given, _, family = name.rpartition(" ")
    more.setdefault("email", f"lead{next(_serial)}@example.com")
    return await create_lead(crm, given_name=given or family, family_name=family, **more)
