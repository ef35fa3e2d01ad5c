"""Somebody asks to be forgotten."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from crm_store.actor import Reach
from crm_store.audit.verify import verify
from crm_store.channel import Channel
from crm_store.contacts.models import IdentifierKind, Person
from crm_store.contacts.testing import make_household, make_note, make_person
from crm_store.donors.actions import add_donor
from crm_store.donors.models import Donor
from crm_store.errors import Invalid, NotFound, Refused
from crm_store.gifts.models import PlanStatus
from crm_store.gifts.receipting import issue_receipt
from crm_store.gifts.testing import make_gift, make_plan, make_pledge
from crm_store.orgs.actions import set_setting
from crm_store.outreach.models import SuppressionReason
from crm_store.privacy.erasing import erase_person
from crm_store.privacy.planning import CannotErase, plan_erasure
from tests.crm_store.privacy.world import fill, make_somebody, scan

WHY = "Asked by letter."
PAPERS = {"receipts", "receipt_gifts"}


@pytest.fixture
def database(urls):
    return next(iter(urls.values())).database


async def totals(house):
    async with house.begin() as crm:
        found = await crm.session.execute(
            text("SELECT currency, sum(total), sum(gifts) FROM giving_years GROUP BY currency")
        )
        return sorted(map(tuple, found))


async def test_nothing_of_an_erased_person_is_left_but_papers(house, neighbour, database):
    one = await make_somebody(house)
    same = await make_somebody(neighbour, one.mark)
    await fill(one)
    await fill(same)
    words = [one.mark, one.email, one.phone]
    before, beside = await totals(house), scan(database, neighbour.org_id, words)
    assert len(scan(database, house.org_id, words)) > 70
    async with house.begin() as crm:
        done = await erase_person(crm, one.person_id, WHY)
    assert scan(database, house.org_id, words).keys() == PAPERS
    assert scan(database, neighbour.org_id, words) == beside
    assert await totals(house) == before
    assert done.files
    async with house.begin() as crm:
        assert (await verify(crm)).is_sound


async def test_erasing_again_changes_nothing(house):
    one = await make_somebody(house)
    async with house.begin() as crm:
        await erase_person(crm, one.person_id, WHY)
    async with house.begin() as crm:
        again = await erase_person(crm, one.person_id, WHY)
        assert again.was_erased_before
        with pytest.raises(NotFound):
            await erase_person(crm, one.donor_id, WHY)


async def test_an_erased_address_is_known_by_its_fingerprint(house):
    one = await make_somebody(house)
    async with house.begin() as crm:
        done = await erase_person(crm, one.person_id, WHY)
        assert done.fingerprints == 4
    async with house.begin() as crm:
        await make_person(crm, "Somebody New", email=one.email)
        (found,) = await crm.suppressions.standing(Channel.EMAIL, one.email)
        assert (found.reason, found.address) == (SuppressionReason.ERASED, None)


async def test_money_stays_and_belongs_to_nobody(house):
    one = await make_somebody(house)
    async with house.begin() as crm:
        donor = await crm.donors.get(one.donor_id)
        gift = await make_gift(crm, donor, 250, reference_number=one.words)
    async with house.begin() as crm:
        await erase_person(crm, one.person_id, WHY)
    async with house.begin() as crm:
        donor = await crm.donors.get(one.donor_id)
        assert (donor.name, donor.do_not_contact) == ("Erased donor", True)
        kept = await crm.gifts.get(gift.id)
        assert (kept.amount, kept.reference_number) == (Decimal(250), None)
        assert not (await crm.search.find(one.family)).hits


async def test_a_donor_without_gifts_goes_altogether(house):
    one = await make_somebody(house)
    async with house.begin() as crm:
        await erase_person(crm, one.person_id, WHY)
        with pytest.raises(NotFound):
            await crm.donors.get(one.donor_id)


async def test_a_partner_stays_and_gives_under_their_own_name(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, "Ruth Cohen", email="ruth.one@example.org")
        david = await make_person(crm, "David Cohen", email="david.one@example.org")
        await make_household(crm, ruth, david, name="Ruth and David Cohen")
        donor = await add_donor(crm, [ruth.id, david.id])
        await make_gift(crm, donor, 80)
        note = await make_note(crm, "Ruth and David came to tea.", donor_id=donor.id)
    async with house.begin() as crm:
        await erase_person(crm, ruth.id, WHY)
    async with house.begin() as crm:
        left: Donor = await crm.donors.get(donor.id)
        assert (left.name, left.informal_salutation) == ("David Cohen", "David")
        assert (await crm.notes.get(note.id)).body == "[erased] and David came to tea."
        assert (await crm.people.get(david.id)).household_id is not None
        assert await crm.session.get(Person, (house.org_id, ruth.id)) is None


async def test_an_address_that_others_use_is_not_closed_to_them(house):
    async with house.begin() as crm:
        ruth = await make_person(crm, "Ruth Cohen", email="home@cohens.example.org")
        david = await make_person(crm, "David Cohen")
        await add_shared(crm, david, "home@cohens.example.org")
    async with house.begin() as crm:
        await erase_person(crm, ruth.id, WHY)
        assert not await crm.suppressions.standing(Channel.EMAIL, "home@cohens.example.org")


async def add_shared(crm, person, address):
    await crm.session.execute(
        text(
            "INSERT INTO identifiers (org_id, id, person_id, kind, source, value, normalised,"
            " is_primary, is_shared) VALUES (:org, gen_random_uuid(), :person, :kind, '', :value,"
            " :value, false, true)"
        ),
        {"org": crm.actor.org, "person": person.id, "kind": IdentifierKind.EMAIL.value,
         "value": address},
    )  # fmt: skip


async def test_open_promises_stand_in_the_way_and_say_so(house):
    one = await make_somebody(house)
    async with house.begin() as crm:
        donor = await crm.donors.get(one.donor_id)
        await make_pledge(crm, donor)
        plan = await make_plan(crm, donor)
        assert plan.status is PlanStatus.ACTIVE
    async with house.begin() as crm:
        with pytest.raises(CannotErase) as caught:
            await erase_person(crm, one.person_id, WHY)
    assert len(caught.value.reasons) == 2
    assert "write off" in str(caught.value)


async def test_receipts_are_kept_until_the_law_lets_them_go(house):
    one = await make_somebody(house)
    async with house.begin() as crm:
        gift = await make_gift(crm, await crm.donors.get(one.donor_id), 250)
        receipt = await issue_receipt(crm, gift.id, issued_on=date(2025, 4, 1))
        await set_setting(crm, "privacy.receipts_kept_years", 6)
        plan = await plan_erasure(crm, one.person_id)
    assert [kept.number for kept in plan.receipts] == [receipt.number]
    assert plan.kept_until == date(2031, 12, 31)


async def test_erasing_needs_its_own_right_a_reason_and_sight_of_everything(house):
    one = await make_somebody(house)
    for actor, error in (
        (house.actor(scopes=house.director.scopes - {"privacy:erase"}), Refused),
        (house.actor(reach=Reach.TEAM), Refused),
    ):
        async with house.begin(actor) as crm:
            with pytest.raises(error):
                await erase_person(crm, one.person_id, WHY)
    async with house.begin() as crm:
        with pytest.raises(Invalid):
            await erase_person(crm, one.person_id, "  ")


async def test_a_neighbours_person_is_nobody_here(house, neighbour):
    other = await make_somebody(neighbour)
    async with house.begin() as crm:
        with pytest.raises(NotFound):
            await erase_person(crm, other.person_id, WHY)


async def test_what_the_log_said_of_deleted_records_is_forgotten_too(house, database):
    one = await make_somebody(house)
    async with house.begin() as crm:
        note = await make_note(crm, one.words, person_id=one.person_id)
    async with house.begin() as crm:
        await crm.session.delete(await crm.notes.get(note.id))
    async with house.begin() as crm:
        await erase_person(crm, one.person_id, WHY)
    assert scan(database, house.org_id, [one.mark]) == {}
