"""Donors for tests, in one line each."""

from __future__ import annotations

from typing import Any

from crm_store.contacts.models import Company, Person
from crm_store.contacts.testing import make_company, make_person
from crm_store.crm import Crm
from crm_store.donors.actions import add_donor
from crm_store.donors.models import Donor


async def make_donor(
    crm: Crm,
    name: str = "Ruth Cohen",
    *,
    couple: str | None = None,
    company: str | Company | None = None,
    person: Person | None = None,
    address: dict[str, Any] | None = None,
    **more: Any,
) -> Donor:
    """A donor of that name; couple="David Cohen" names the other half; company= its employer.

    person: somebody there already. More: columns of the donor, and owner_id or stage.
    """
    more.setdefault("even_if_donor", True)
    if company is not None:
        firm = await make_company(crm, company) if isinstance(company, str) else company
        return await add_donor(crm, company_id=firm.id, **more)
    people = [person or await make_person(crm, name, address=address)]
    if couple:
        people.append(await make_person(crm, couple))
    return await add_donor(crm, [p.id for p in people], **more)
