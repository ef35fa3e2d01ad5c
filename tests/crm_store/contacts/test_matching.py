"""Who may already be recorded, how sure that is, and why."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.actor import Reach
from crm_store.base import now
from crm_store.contacts import names
from crm_store.contacts.actions import AlreadyKnown, Nameless, add_company, add_person
from crm_store.contacts.addressing import add_address
from crm_store.contacts.candidates import Candidate
from crm_store.contacts.identifying import add_identifier
from crm_store.contacts.matching import Grade, find_matches, find_matches_of
from crm_store.contacts.models import IdentifierKind
from crm_store.contacts.testing import make_company, make_household, make_person

EMAIL, PHONE, EXTERNAL = IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.EXTERNAL
HOME = {"street": "12 Ermou St.", "postal_code": "10563", "city": "Αθήνα"}
BORN = date(1960, 5, 1)


async def ruth(crm):
    person = await make_person(
        crm, "Ruth Cohen", email=None, birthday=BORN, address=HOME, afm="094014201"
    )
    await add_identifier(crm, person, EMAIL, "ruth@example.org", verified_at=now())
    await add_identifier(crm, person, PHONE, "+302101234567")
    await add_identifier(crm, person, EXTERNAL, "77", source="blackbaud")
    return person


GRADED = [
    ({"identifiers": ((EMAIL, "RUTH@example.org"),)}, Grade.EXACT, "e-mail"),
    ({"identifiers": ((EXTERNAL, "77", "Blackbaud"),), "given_name": "R"}, Grade.EXACT, "outside"),
    ({"afm": "094014201", "given_name": "Rut", "family_name": "K"}, Grade.EXACT, "tax number"),
    ({"identifiers": ((PHONE, "+30 210 1234567"),)}, Grade.STRONG, "telephone"),
    ({"identifiers": ((IdentifierKind.WHATSAPP, "+302101234567"),), "given_name": "Ruth",
      "family_name": "Cohen"}, Grade.STRONG, "telephone"),
    ({"given_name": "Ruth", "family_name": "Cohen", "birthday": BORN}, Grade.STRONG, "birthday"),
    ({"given_name": "COHEN", "family_name": "Rúth", "street": "12, Ermou st",
      "postal_code": "105 63"}, Grade.STRONG, "address"),
    ({"given_name": "Ruth", "family_name": "Cohen", "identifiers": ((PHONE, "+972101234567"),)},
     Grade.STRONG, "end alike"),
    ({"given_name": "Ruth", "family_name": "Cohen"}, Grade.POSSIBLE, "the same name"),
    ({"given_name": "Rut", "family_name": "Kohen", "city": "athina"}, Grade.POSSIBLE, "city"),
    ({"given_name": "רות", "family_name": "כהן", "city": "Αθήνα"}, Grade.POSSIBLE, "similar"),
    ({"given_name": "Ruthie", "family_name": "Cohen", "birthday": BORN}, Grade.POSSIBLE, "similar"),
    ({"given_name": "Ruht", "family_name": "Cohen", "city": "Athina"}, Grade.POSSIBLE, "similar"),
    ({"given_name": "David", "family_name": "Levi", "identifiers": ((EMAIL, "ruth@example.org"),)},
     Grade.POSSIBLE, "another name"),
    ({"identifiers": ((EMAIL, "ruth@example.org"),), "birthday": date(1990, 1, 1)},
     Grade.POSSIBLE, "different birthdays"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "grade", "reason"), GRADED)
async def test_a_double_is_graded_and_the_reasons_are_told(house, facts, grade, reason):
    async with house.begin() as crm:
        person = await ruth(crm)
        await make_person(crm, "Zoe Adler")
        found = await find_matches(crm, Candidate(**facts))
        assert [(m.row_id, m.grade) for m in found] == [(person.id, grade)]
        assert reason in found[0].why


STRANGERS = [
    {"given_name": "Dana", "family_name": "Cohen", "city": "Haifa"},
    {"given_name": "Rut", "family_name": "Kohen"},
    {"given_name": "David", "family_name": "Levi", "street": "12 Ermou St.",
     "postal_code": "10563"},
    {"given_name": "Ruth", "family_name": "Cohen", "birthday": date(1990, 1, 1)},
    {"identifiers": ((EXTERNAL, "77", "salesforce"),)},
    {"identifiers": ((PHONE, "nonsense"),)},
    {},
]  # fmt: skip


@pytest.mark.parametrize("facts", STRANGERS)
async def test_a_stranger_matches_nobody(house, facts):
    async with house.begin() as crm:
        await ruth(crm)
        assert await find_matches(crm, Candidate(**facts)) == []


async def test_a_shared_address_alone_proves_nothing(house):
    async with house.begin() as crm:
        for name in ("Ruth Cohen", "David Cohen"):
            person = await make_person(crm, name, email=None)
            await add_identifier(
                crm, person, EMAIL, "cohens@example.org", shared=True, verified_at=now()
            )
        found = await find_matches(
            crm, Candidate("David", "Cohen", identifiers=((EMAIL, "cohens@example.org"),))
        )
        assert [(m.name, m.grade) for m in found] == [
            ("David Cohen", Grade.STRONG),
            ("Ruth Cohen", Grade.POSSIBLE),
        ]


async def test_the_household_s_address_is_everybody_s(house):
    async with house.begin() as crm:
        dana = await make_person(crm, "Dana Levi")
        home = await make_household(crm, dana)
        await add_address(crm, home, **HOME)
        found = await find_matches(
            crm, Candidate("Dana", "Levi", street="12 Ermou St", postal_code="10563")
        )
        assert [m.grade for m in found] == [Grade.STRONG]


async def test_many_are_asked_about_as_one_is(house):
    async with house.begin() as crm:
        await ruth(crm)
        candidates = [Candidate(**facts) for facts, _, _ in GRADED]
        together = await find_matches_of(crm, candidates)
        grades = [m[0].grade if m else None for m in together]
        wanted = [grade for _, grade, _ in GRADED]
        typing_error = 12
        assert grades[:typing_error] == wanted[:typing_error]
        assert grades[typing_error + 1 :] == wanted[typing_error + 1 :]


async def test_what_is_not_visible_is_a_double_all_the_same(house, neighbour):
    async with house.begin() as crm:
        await ruth(crm)
    async with neighbour.begin() as crm:
        await ruth(crm)
    officer = house.actor(reach=Reach.OWN)
    async with house.begin(officer) as crm:
        (match,) = await find_matches(crm, Candidate(identifiers=((EMAIL, "ruth@example.org"),)))
        assert not match.is_visible
        assert match.who == "Somebody who is not visible to you"


async def test_nobody_is_recorded_twice_by_accident(house):
    async with house.begin() as crm:
        person = await ruth(crm)
        with pytest.raises(AlreadyKnown, match="Ruth Cohen may be the same") as refusal:
            await add_person(crm, given_name="Ruth", family_name="Cohen", email="ruth@example.org")
        assert refusal.value.matches[0].row_id == person.id
        namesake = await add_person(crm, given_name="Ruth", family_name="Cohen")
        assert namesake.id != person.id
        with pytest.raises(Nameless):
            await add_person(crm, email="  ")
        assert await crm.people.count() == 2


async def test_a_company_is_known_by_tax_number_name_or_domain(house):
    async with house.begin() as crm:
        await make_company(crm, "Aegean Foods", afm="094014201", domain="aegean.example")
        for facts in (
            {"name": "AEGEAN FOODS Α.Ε."},
            {"name": "A.F.", "afm": "094014201"},
            {"name": "Foods", "domain": "aegean.example"},
        ):
            with pytest.raises(AlreadyKnown):
                await add_company(crm, **facts)
        await add_company(crm, name="Aegean Foods Ltd", afm="094014202")
        await add_company(crm, name="Attica Foods")


NAME = st.text(alphabet=st.characters(categories=("Lu", "Ll", "Mn", "Pd", "Zs", "So")), max_size=20)


@given(NAME, NAME)
@settings(max_examples=50, deadline=None)
def test_any_name_can_be_found_under_the_key_it_was_filed(given_name, family_name):
    key = names.sound_key(given_name, family_name)
    assert not key or key in names.sound_keys(given_name, family_name)
    assert names.name_key(names.name_key(family_name)) == names.name_key(family_name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Bob", "Smith"), ("Robert", "Smyth")),
        (("Ruth", "Cohen"), ("רות", "כהן")),
        (("Γιώργος", "Παπαδόπουλος"), ("Giorgos", "Papadopoulos")),
        (("David", "Levi"), ("דוד", "לוי")),
    ],
)
def test_names_that_sound_alike_are_found_by_each_other(one, other):
    assert names.sound_key(*one) in names.sound_keys(*other)
