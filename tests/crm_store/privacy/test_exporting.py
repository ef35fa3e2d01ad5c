"""Somebody asks what is held on them."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from crm_store.actor import Reach
from crm_store.contacts.testing import make_company, make_household, make_note, make_person
from crm_store.donors.actions import add_donor
from crm_store.errors import Refused
from crm_store.gifts.testing import make_gift
from crm_store.privacy import links
from crm_store.privacy.exporting import export_person
from crm_store.privacy.wording import section
from tests.crm_store.privacy.world import fill, make_somebody


async def test_every_table_that_holds_something_is_a_section(house):
    one = await make_somebody(house)
    await fill(one)
    async with house.begin() as crm:
        found = await export_person(crm, one.person_id)
    passing = {"webhook_events", "product_events"}
    wanted = {section(name) for name in links.held_tables() if name not in passing}
    assert wanted - found.sections.keys() == set()
    assert "changes on record" in found.sections
    assert "2 passing records" in found.readme


async def test_a_spouse_is_named_and_nothing_more(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, "Ruth Cohen", email="ruth.x@example.org")
        david = await make_person(
            crm, "David Cohen", email="david.x@example.org", phone="+35799111222"
        )
        await make_household(crm, ruth, david)
        donor = await add_donor(crm, [ruth.id, david.id])
        await make_gift(crm, donor, 80)
        await make_note(crm, "David has a bad knee.", person_id=david.id)
    async with house.begin() as crm:
        found = await export_person(crm, ruth.id)
    told = found.json()
    assert "David Cohen" in told
    for secret in ("david.x@example.org", "99111222", "bad knee"):
        assert secret not in told
    (gift,) = found.sections["gifts"]
    assert (gift["amount"], gift["held with"]) == ("80", ["David Cohen"])


async def test_a_company_contact_is_not_told_what_the_company_gave(house):
    async with house.begin() as crm:
        ruth = await make_person(crm)
        company = await make_company(crm)
        donor = await add_donor(crm, [ruth.id], company_id=company.id)
        await make_gift(crm, donor, 9000)
    async with house.begin() as crm:
        found = await export_person(crm, ruth.id)
    assert "gifts" not in found.sections
    assert found.sections["whom they give with"][0]["donor"] == donor.name


async def test_the_packed_export_has_the_letter_and_every_file(house):
    one = await make_somebody(house)
    await fill(one)
    async with house.begin() as crm:
        found = await export_person(crm, one.person_id)
    with zipfile.ZipFile(io.BytesIO(found.zip())) as packed:
        names = packed.namelist()
        assert names[:2] == ["README.txt", "person.json"]
        assert [name for name in names if name.startswith("files/")]
        assert json.loads(packed.read("person.json"))["person"] == found.name
    assert "org_id" not in found.json()


async def test_an_export_is_on_record(house):
    one = await make_somebody(house)
    async with house.begin() as crm:
        await export_person(crm, one.person_id)
    async with house.begin() as crm:
        changes = await crm.audit.of_row(one.person_id)
    assert changes[0].entry.action == "exported"


@pytest.mark.parametrize("missing", ["exports:run", "amounts:read", "personal:read"])
async def test_an_export_needs_the_right_to_all_of_it(house, missing):
    one = await make_somebody(house)
    async with house.begin(house.actor(scopes=house.director.scopes - {missing})) as crm:
        with pytest.raises(Refused):
            await export_person(crm, one.person_id)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        with pytest.raises(Refused):
            await export_person(crm, one.person_id)
