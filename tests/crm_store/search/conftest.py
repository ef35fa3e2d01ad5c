"""One organisation with names of every kind, made once, and its look-alike neighbour."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest_asyncio

from crm_store.contacts.testing import make_company, make_person
from crm_store.crm import Crm
from crm_store.donors.testing import make_donor
from crm_store.gifts.testing import make_gift
from crm_store.leads.testing import make_lead
from crm_store.store import Store
from crm_store.testing import House, new_house
from crm_store.tickets.testing import make_ticket

PEOPLE = {
    "Robert Smith": {},
    "Kostas Georgiou": {},
    "Γιάννης Παπαδόπουλος": {},
    "Ελένη Παπαδοπούλου": {},
    "משה כהן": {},
    "דוד לוי": {},
    "Rachel Goldstein": {},
    "José Núñez": {},
    "Zoë Müller-Lüdenscheidt": {},
    "Siobhán O'Brien": {},
    "Jean-Pierre Dubois": {},
    "Łukasz Wałęsa": {},
    "Søren Kierkegaard": {},
    "Stephanie Phillips": {},
    "Catherine Wright": {},
    "Yitzhak Rosenberg": {},
    "Ειρήνη Αντωνίου": {},
    "Alexandros Dimitriou": {"email": "alex.dimitriou@delphi.example"},
    "Miriam Azoulay": {"phone": "+972 52 123 4417"},
    "Nikos Markou": {"phone": "+30 697 555 0123"},
    "Björn 🌻 Ahlgren": {},
    "William Thatcher": {"nickname": "Chip"},
    "Elizabeth Barrett": {},
    "Dimitris Ioannou": {},
    "Xavier Quintero": {},
    "שרה רוזנברג": {},
    "Maria van den Berg": {},
}


@dataclass
class World:
    house: House
    neighbour: House
    made: dict[str, Any] = field(default_factory=dict)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(store: Store) -> AsyncIterator[World]:
    world = World(await new_house(store), await new_house(store, "Harbor Lights"))
    async with world.house.begin() as crm:
        await _people_and_donors(crm, world.made)
        await _others(crm, world.made)
    async with world.neighbour.begin() as crm:
        world.made["their Ruth"] = await make_donor(crm, "Ruth Cohen")
        world.made["their Robert"] = await make_donor(crm, "Robert Smith")
        await make_company(crm, "Acme Foundation")
    yield world


async def _people_and_donors(crm: Crm, made: dict[str, Any]) -> None:
    for name, more in PEOPLE.items():
        made[name] = await make_person(crm, name, **more)
    made["Cohens"] = await make_donor(
        crm, "Ruth Cohen", couple="David Cohen", address={"city": "Athens", "country": "GR"}
    )
    made["Ruth alone"] = await make_donor(
        crm, "Ruth Cohen", address={"city": "Haifa", "country": "IL"}, external_id="D-10023",
        external_source="givance",
    )  # fmt: skip
    made["Stavros"] = await make_donor(crm, "Stavros Niarchos", address={"city": "Θεσσαλονίκη"})
    for donor, amount in ((made["Cohens"], 50_000), (made["Ruth alone"], 20)):
        await make_gift(crm, donor, amount, date(2025, 3, 14), reference_number=f"TX-{amount}")


async def _others(crm: Crm, made: dict[str, Any]) -> None:
    made["Acme"] = await make_company(crm, "Acme Foundation", domain="acme.example")
    made["Aegean"] = await make_company(crm, "Aegean Foods S.A.")
    made["Eleni"] = await make_lead(crm, "Eleni Markou", company_name="Cycladic Arts")
    made["receipt"] = await make_ticket(crm, "My receipt did not arrive")
    made["link"] = await make_ticket(crm, "Broken link on the donation page")
