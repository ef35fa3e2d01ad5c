"""How a donor is written to."""

from datetime import date

import pytest

from crm_store.contacts.actions import change_company, change_person, mark_deceased
from crm_store.contacts.models import Person
from crm_store.donors import naming
from crm_store.donors.actions import change_donor
from crm_store.donors.models import DonorKind, DonorStatus
from crm_store.donors.testing import make_donor


def people(*names):
    found = []
    for name in names:
        *prefix, given, family = name.split()
        found.append(Person(given_name=given, family_name=family, prefix=" ".join(prefix) or None))
    return found


@pytest.mark.parametrize(
    ("names", "envelope", "formal", "informal"),
    [
        (["Ruth Cohen"], "Ruth Cohen", "Ruth Cohen", "Ruth"),
        (["Dr Ruth Cohen"], "Ruth Cohen", "Dr Cohen", "Ruth"),
        (["Ruth Cohen", "David Cohen"], "Ruth and David Cohen", "Ruth and David Cohen",
         "Ruth and David"),
        (["Mrs Ruth Cohen", "Mr David Cohen"], "Ruth and David Cohen", "Mrs and Mr Cohen",
         "Ruth and David"),
        (["Dr Ruth Cohen", "David Cohen"], "Ruth and David Cohen", "Dr Cohen and David Cohen",
         "Ruth and David"),
        (["Ruth Cohen", "David Levi"], "Ruth Cohen and David Levi", "Ruth Cohen and David Levi",
         "Ruth and David"),
        (["κ. Γιώργος Παπαδόπουλος", "κα Μαρία Παπαδοπούλου"],
         "Γιώργος Παπαδόπουλος και Μαρία Παπαδοπούλου", "κ. Παπαδόπουλος και κα Παπαδοπούλου",
         "Γιώργος και Μαρία"),
        (["רות כהן", "דוד כהן"], "רות ודוד כהן", "רות ודוד כהן", "רות ודוד"),
    ],
)  # fmt: skip
def test_one_or_two_people_are_addressed_as_they_would_be(names, envelope, formal, informal):
    who = people(*names)
    assert naming.envelope(who) == envelope
    assert naming.formal(who) == formal
    assert naming.informal(who) == informal


def test_the_language_of_the_donor_decides_the_and():
    assert naming.informal(people("Ruth Cohen", "David Cohen"), "el") == "Ruth και David"


def test_a_nickname_is_for_friends():
    (ruth,) = people("Ruth Cohen")
    ruth.nickname = "Ruti"
    assert naming.informal([ruth]) == "Ruti"
    assert naming.envelope([ruth]) == "Ruth Cohen"


async def test_a_name_written_by_hand_outlives_corrections(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        await change_donor(crm, donor.id, formal_salutation="Madam Ambassador and Mr Cohen")
        ruth, _ = (await crm.donors.people_of([donor.id]))[donor.id]
        await change_person(crm, ruth.id, family_name="Levi")
        assert donor.name == "Ruth Levi and David Cohen"
        assert donor.formal_salutation == "Madam Ambassador and Mr Cohen"
        await change_donor(crm, donor.id, formal_salutation=None)
        assert donor.formal_salutation == "Ruth Levi and David Cohen"


async def test_a_widow_is_not_written_to_as_a_couple_and_is_left_in_peace(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        ruth, david = (await crm.donors.people_of([donor.id]))[donor.id]
        await mark_deceased(crm, david.id, date(2025, 3, 1))
        assert (donor.name, donor.informal_salutation) == ("Ruth Cohen", "Ruth")
        assert donor.kind is DonorKind.INDIVIDUAL
        assert donor.contact_hold_until == date(2025, 5, 30)
        assert not donor.do_not_contact
        await mark_deceased(crm, ruth.id, date(2025, 4, 1))
        assert donor.status is DonorStatus.DECEASED
        assert donor.do_not_contact
        assert donor.formal_salutation == "The family of Ruth and David Cohen"


async def test_a_company_s_donor_follows_its_name(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, company="Aegean Foods")
        await change_company(crm, donor.company_id, name="Aegean Foods and Sons")
        assert donor.name == donor.formal_salutation == "Aegean Foods and Sons"


async def test_a_clerk_who_corrects_a_person_corrects_the_donor(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        ruth, david = (await crm.donors.people_of([donor.id]))[donor.id]
    clerk = house.actor(scopes=frozenset({"contacts:read", "contacts:write"}))
    async with house.begin(clerk) as crm:
        await change_person(crm, ruth.id, given_name="Rut")
        await mark_deceased(crm, david.id)
    async with house.begin() as crm:
        seen = await crm.donors.get(donor.id)
        assert seen.name == "Rut Cohen"
        assert seen.contact_hold_reason == "Bereavement"
