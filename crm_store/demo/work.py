"""What a team's days leave behind: leads, deals, tickets, tasks, campaigns, notes."""

from __future__ import annotations

from crm_store import bulk
from crm_store.contacts.models import Company, Household, Identifier, Person
from crm_store.crm import Crm
from crm_store.demo.helping import add_help
from crm_store.demo.mailing import add_mailings
from crm_store.demo.people import Setting
from crm_store.demo.promising import add_promises
from crm_store.demo.prospecting import add_prospects
from crm_store.demo.remembering import add_duties, add_memories
from crm_store.demo.running import add_machinery
from crm_store.demo.scene import set_scene
from crm_store.donors.models import Donor, DonorPerson
from crm_store.gifts.models import DonorGiving, Gift, GivingYear

MADE = (Donor, DonorPerson, Person, Household, Company, Identifier, Gift, GivingYear, DonorGiving)
PARTS = (
    add_memories, add_duties, add_prospects, add_help, add_promises, add_mailings, add_machinery,
)  # fmt: skip


async def add_work(crm: Crm, setting: Setting) -> None:
    """Months of ordinary work, tied to the donors that are there; as much however many they are."""
    await bulk.analyse(crm.session, *MADE)
    scene = await set_scene(crm, setting)
    if not scene.donors:
        return
    for add in PARTS:
        await add(scene)
    crm.note("loaded", "orgs", crm.actor.org, what="demo work")
