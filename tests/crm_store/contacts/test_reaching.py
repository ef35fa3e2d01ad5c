"""Identifiers in one form, and whom they belong to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.actor import Reach
from crm_store.base import new_id, now
from crm_store.contacts.actions import (
    change_person,
    remove_person,
    restore_person,
)
from crm_store.contacts.identifying import (
    Taken,
    add_identifier,
    make_primary,
    mark_bounced,
    remove_identifier,
    share_identifier,
    verify_identifier,
)
from crm_store.contacts.models import IdentifierKind
from crm_store.contacts.reaching import normalise
from crm_store.contacts.testing import make_company, make_person
from crm_store.errors import Conflict, Invalid, NotFound

EMAIL, PHONE, FAX = IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.FAX


@pytest.mark.parametrize(
    ("kind", "value", "country", "stored"),
    [
        (EMAIL, " Ruth.Cohen@Example.ORG ", None, "ruth.cohen@example.org"),
        (EMAIL, "mailto:<ruth+gifts@example.org>", None, "ruth+gifts@example.org"),
        (EMAIL, "ruth@παράδειγμα.gr", None, "ruth@παράδειγμα.gr"),
        (PHONE, "210 123 4567", "GR", "+302101234567"),
        (PHONE, "0030 210 1234567", "GR", "+302101234567"),
        (PHONE, "054-123-4567", "IL", "+972541234567"),
        (PHONE, "+1 (212) 555-0101 ext. 12", None, "+12125550101;ext=12"),
        (PHONE, "+15550101", None, "+15550101"),
        (IdentifierKind.WHATSAPP, "whatsapp:+302101234567", None, "+302101234567"),
        (IdentifierKind.LINKEDIN, "https://www.linkedin.com/in/Ruth-Cohen/?utm=1", None,
         "ruth-cohen"),
        (IdentifierKind.TWITTER, "@RuthCohen", None, "ruthcohen"),
        (IdentifierKind.WHATSAPP_USER, " US.13491208655302741918 ", None,
         "US.13491208655302741918"),
    ],
)  # fmt: skip
def test_one_form_however_it_is_written(kind, value, country, stored):
    assert normalise(kind, value, country) == stored


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (EMAIL, "ruth"), (EMAIL, "ruth@"), (EMAIL, "ruth@home"), (EMAIL, "a@b.c\r\nBcc: x@y.z"),
        (EMAIL, ""), (PHONE, "12"), (PHONE, "hello"), (PHONE, "٠"), (PHONE, "210 123 4567"),
        (IdentifierKind.VISITOR, "42"), (IdentifierKind.TWITTER, "🦊🦊"),
    ],
)  # fmt: skip
def test_what_is_none_is_refused_in_a_sentence(kind, value):
    with pytest.raises(Invalid, match=r"\.$"):
        normalise(kind, value)


@given(st.text(max_size=40), st.sampled_from(list(IdentifierKind)))
@settings(max_examples=50, deadline=None)
def test_whatever_is_accepted_stays_as_it_is(value, kind):
    try:
        once = normalise(kind, value, "GR")
    except Invalid:
        return
    assert normalise(kind, once, "GR") == once


async def test_an_address_belongs_to_one_person_unless_it_is_shared(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, "Ruth Cohen", email="cohens@example.org")
        david = await make_person(crm, "David Cohen")
        with pytest.raises(Taken, match="already belongs to Ruth Cohen") as refusal:
            await add_identifier(crm, david, EMAIL, "Cohens@Example.org")
        assert refusal.value.bearer_id == ruth.id
        await add_identifier(crm, david, EMAIL, "cohens@example.org", shared=True)
        both = await crm.people.with_identifier(EMAIL, "cohens@example.org")
        assert {p.id for p in both} == {ruth.id, david.id}
        dana = await make_person(crm, "Dana Cohen", email="cohens@example.org")
        third = await crm.identifiers.of(person_id=dana.id)
        assert [i.is_shared for i in third] == [True]


async def test_sharing_first_lets_others_in(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, "Ruth Cohen", email="cohens@example.org")
        (mail,) = await crm.identifiers.of(person_id=ruth.id)
        await share_identifier(crm, mail.id)
        await make_person(crm, "David Cohen", email="cohens@example.org")
        assert len(await crm.people.with_identifier(EMAIL, "cohens@example.org")) == 2


async def test_said_twice_it_is_the_same_identifier(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, email="ruth@example.org")
        again = await add_identifier(crm, ruth, EMAIL, "RUTH@example.org", verified_at=now())
        (only,) = await crm.identifiers.of(person_id=ruth.id)
        assert again.id == only.id
        assert only.verified_at


async def test_the_organisation_s_country_completes_a_number(house):
    async with house.begin() as crm:
        ruth = await make_person(crm)
        with pytest.raises(Invalid, match="needs its country code"):
            await add_identifier(crm, ruth, PHONE, "2101234567")
        (await crm.orgs.current()).country = "GR"
        await crm.flush()
        number = await add_identifier(crm, ruth, PHONE, "210 123 4567")
        assert number.normalised == "+302101234567"
        await crm.session.refresh(number, ["tail"])
        assert number.tail == "1234567"
        (found,) = await crm.people.with_identifier(IdentifierKind.WHATSAPP, "+302101234567")
        assert found.id == ruth.id


async def test_two_systems_may_use_the_same_number(house):
    async with house.begin() as crm:
        ruth, david = await make_person(crm, "Ruth Cohen"), await make_person(crm, "David Cohen")
        with pytest.raises(Invalid, match="name of the system"):
            await add_identifier(crm, ruth, IdentifierKind.EXTERNAL, "77")
        await add_identifier(crm, ruth, IdentifierKind.EXTERNAL, "77", source="Blackbaud")
        await add_identifier(crm, david, IdentifierKind.EXTERNAL, "77", source="Salesforce")
        with pytest.raises(Taken):
            await add_identifier(crm, david, IdentifierKind.EXTERNAL, "77", source="blackbaud")


async def test_a_fax_machine_is_nobody_s_own(house):
    async with house.begin() as crm:
        for name in ("Ruth Cohen", "David Cohen"):
            person = await make_person(crm, name)
            await add_identifier(crm, person, FAX, "+302101234567")
        firm = await make_company(crm)
        await add_identifier(crm, firm, FAX, "+302101234567")


async def test_one_of_each_kind_comes_first(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, email="ruth@example.org")
        work = await add_identifier(crm, ruth, EMAIL, "ruth@work.example", label="work")
        assert not work.is_primary
        await make_primary(crm, work.id)
        first = {i.value: i.is_primary for i in await crm.identifiers.of(person_id=ruth.id)}
        assert first == {"ruth@example.org": False, "ruth@work.example": True}


async def test_verified_bounced_and_removed_are_remembered(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, email="ruth@example.org")
        (mail,) = await crm.identifiers.of(person_id=ruth.id)
        assert await mark_bounced(crm, EMAIL, "ruth@example.org") == 1
        assert mail.bounced_at
        await verify_identifier(crm, mail.id)
        assert (mail.bounced_at, mail.verified_at is not None) == (None, True)
        await remove_identifier(crm, mail.id)
        assert await crm.identifiers.of(person_id=ruth.id) == []


async def test_an_address_is_free_once_its_bearer_is_put_away(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, "Ruth Cohen", email="ruth@example.org")
        await remove_person(crm, ruth.id)
        with pytest.raises(NotFound):
            await crm.people.get(ruth.id)
        await restore_person(crm, ruth.id)
        assert len(await crm.identifiers.of(person_id=ruth.id)) == 1
        await remove_person(crm, ruth.id)
        await make_person(crm, "Dana Levi", email="ruth@example.org")
        with pytest.raises(Taken, match="Dana Levi"):
            await restore_person(crm, ruth.id)


async def test_what_is_not_visible_is_not_named(house):
    async with house.begin() as crm:
        await make_person(crm, "Ruth Cohen", email="ruth@example.org")
        mine = await make_person(crm, "Dana Levi", owner_id=house.director.member_id)
    officer = house.actor(reach=Reach.OWN)
    async with house.begin(officer) as crm:
        with pytest.raises(Conflict, match="not visible to you") as refusal:
            await add_identifier(crm, mine, EMAIL, "ruth@example.org")
        assert refusal.value.bearer_id is None
        assert len(await crm.identifiers.all()) == 1


async def test_only_fields_there_are_can_be_filled(house):
    async with house.begin() as crm:
        ruth = await make_person(crm)
        for field in ("shoe_size", "org_id", "merged_into_id"):
            with pytest.raises(Invalid):
                await change_person(crm, ruth.id, **{field: new_id()})


async def test_a_record_points_at_what_is_there_and_visible(house, neighbour):
    async with neighbour.begin() as crm:
        theirs = await make_company(crm)
    async with house.begin() as crm:
        ruth = await make_person(crm)
        for facts in (
            {"owner_id": neighbour.director.member_id},
            {"owner_id": new_id()},
            {"household_id": new_id()},
        ):
            with pytest.raises(NotFound):
                await change_person(crm, ruth.id, **facts)
        with pytest.raises(NotFound):
            await make_company(crm, parent_id=theirs.id)
        with pytest.raises(NotFound):
            await make_person(crm, company_id=theirs.id)


async def test_what_cannot_be_read_is_refused_before_anything_is_written(house):
    async with house.begin() as crm:
        await make_person(crm, "Dana Levi", email="dana@example.org")
        for facts in ({"phone": "hello"}, {"email": "nobody"}, {"email": "dana@example.org"}):
            with pytest.raises((Invalid, Conflict)):
                await make_person(crm, "Ruth Cohen", **facts)
            with pytest.raises((Invalid, Conflict)):
                await make_company(crm, "Aegean Foods", **facts)
        assert await crm.people.count() == 1
        assert await crm.companies.count() == 0
