"""Names that mean one record, several, or none."""

from __future__ import annotations

from contextlib import suppress

import pytest

from crm_store.actor import Reach
from crm_store.errors import Invalid, NotFound, NotVisible
from crm_store.search.models import Findable
from crm_store.search.repository import NobodyCalled, SeveralCalled


async def test_a_name_that_fits_one_donor_is_that_donor(world):
    async with world.house.begin() as crm:
        found = await crm.search.resolve_donor("ruth and david cohen")
        assert found.id == world.made["Cohens"].id
        assert (await crm.search.resolve_donor("Niarchos")).id == world.made["Stavros"].id


async def test_a_clear_favourite_wins_over_the_merely_similar(world):
    async with world.house.begin() as crm:
        found = await crm.search.resolve_person("Ελένη Παπαδοπούλου")
        assert found.id == world.made["Ελένη Παπαδοπούλου"].id


async def test_namesakes_are_offered_with_what_tells_them_apart(world):
    async with world.house.begin() as crm:
        with pytest.raises(SeveralCalled) as caught:
            await crm.search.resolve_donor("Ruth Cohen")
    assert caught.value.choices == (
        "Ruth Cohen (Haifa · last gift 2025)",
        "Ruth and David Cohen (Athens · last gift 2025)",
    )
    assert str(caught.value).startswith("2 records match “Ruth Cohen”. Which is meant: ")
    assert [hit.kind for hit in caught.value.hits] == [Findable.DONOR] * 2


async def test_a_city_settles_which_namesake_is_meant(world):
    async with world.house.begin() as crm:
        found = await crm.search.resolve_donor("Ruth Cohen, Haifa")
        assert found.id == world.made["Ruth alone"].id


async def test_an_officer_and_a_reference_are_among_the_details(world):
    async with world.house.begin() as crm:
        hit = (await crm.search.find("TX-50000", [Findable.GIFT])).hits[0]
        assert hit.donor_id == world.made["Cohens"].id
        assert (hit.amount, hit.currency, hit.note) == (50_000, "EUR", "14 March 2025")


async def test_a_donor_is_found_through_the_address_of_one_of_its_people(world):
    async with world.house.begin() as crm:
        ruth = (await crm.search.find("Ruth Cohen Athens", [Findable.PERSON])).hits[0]
        person = await crm.people.get(ruth.id)
        (email,) = [one.value for one in await crm.identifiers.of(person_id=person.id)]
        hits = (await crm.search.find(email, [Findable.DONOR])).hits
        assert [(hit.id, hit.why) for hit in hits] == [
            (world.made["Cohens"].id, (f"same e-mail {email}",))
        ]
        assert (await crm.search.resolve_donor(email)).id == world.made["Cohens"].id


async def test_nobody_of_that_name_comes_with_near_misses(world):
    async with world.house.begin() as crm:
        with pytest.raises(NobodyCalled, match="Did you mean Stavros Niarchos"):
            await crm.search.resolve_donor("Stavros Onassis")
        with pytest.raises(NobodyCalled, match=r"^No donor is called “Qwxyz”\.$"):
            await crm.search.resolve_donor("Qwxyz")


async def test_companies_are_resolved_by_domain(world):
    async with world.house.begin() as crm:
        found = await crm.search.resolve_company("@acme.example")
        assert found.id == world.made["Acme"].id


@pytest.mark.parametrize("typed", ["", "   ", "…", "-", "'"])
async def test_nothing_to_look_for_is_said_so(world, typed):
    async with world.house.begin() as crm:
        with pytest.raises(Invalid, match="Type a name"):
            await crm.search.find(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "%",
        "a_b",
        "\\",
        "'; DROP TABLE donors; --",
        "כ" * 5_000,
        "9" * 400,
        "\x00",
        "@",
        "#",
        "+",
        "R",
    ],
)
async def test_odd_input_is_answered_calmly(world, typed):
    async with world.house.begin() as crm:
        with suppress(Invalid, NotFound):
            assert (await crm.search.find(typed)).summary


async def test_rights_on_amounts_hold_for_hits(world):
    few = world.house.actor(scopes=world.house.director.scopes - {"amounts:read"})
    async with world.house.begin(few) as crm:
        hit = (await crm.search.find("TX-50000")).hits[0]
    assert hit.amount is None
    assert hit.hidden == ("amount",)


async def test_what_is_out_of_reach_is_not_resolved_but_not_denied(world):
    stranger = world.house.actor(reach=Reach.OWN)
    async with world.house.begin(stranger) as crm:
        with pytest.raises(NotVisible, match="not visible to you"):
            await crm.search.resolve_donor("Niarchos")
