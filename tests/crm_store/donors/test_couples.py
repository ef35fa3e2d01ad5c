"""People who begin and stop giving together."""

from decimal import Decimal

import pytest

from crm_store.contacts.merging import undo_merge
from crm_store.contacts.testing import make_household, make_person
from crm_store.donors.actions import AlreadyDonor, add_donor
from crm_store.donors.couples import NotACouple, add_partner, join_couple, part_couple
from crm_store.donors.models import DonorKind
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid
from crm_store.gifts.testing import make_gift


async def members(crm, donor):
    return (await crm.donors.people_of([donor.id]))[donor.id]


async def total(crm, donor):
    return sum((g.total for g in await crm.giving.lifetime(donor.id)), Decimal(0))


async def test_two_who_gave_apart_give_as_one(house):
    async with house.begin() as crm:
        ruth, david = await make_donor(crm, "Ruth Cohen"), await make_donor(crm, "David Cohen")
        await make_gift(crm, ruth, 30)
        await make_gift(crm, david, 70)
        merge = await join_couple(crm, ruth.id, david.id)
        assert (ruth.name, ruth.kind) == ("Ruth and David Cohen", DonorKind.COUPLE)
        assert await total(crm, ruth) == 100
        await undo_merge(crm, merge.id)
        assert (ruth.name, ruth.kind) == ("Ruth Cohen", DonorKind.INDIVIDUAL)
        assert (await total(crm, ruth), await total(crm, david)) == (30, 70)


async def test_a_couple_does_not_join_another(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        single = await make_donor(crm, "Dana Levi")
        with pytest.raises(Conflict):
            await join_couple(crm, couple.id, single.id)


async def test_the_record_and_its_gifts_stay_with_the_one_who_stays(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="David Levi", stage="stewardship")
        await make_gift(crm, couple, 30)
        own = await make_gift(crm, couple, 70)
        ruth, david = await members(crm, couple)
        parted = await part_couple(crm, couple.id, ruth.id, gifts_to_move=[own.id])
        assert (parted.stays.name, parted.leaves.name) == ("David Levi", "Ruth Cohen")
        assert parted.stays.kind is parted.leaves.kind is DonorKind.INDIVIDUAL
        assert (await total(crm, parted.stays), await total(crm, parted.leaves)) == (30, 70)
        assert parted.leaves.journey_stage == "stewardship"
        assert [p.id for p in await members(crm, couple)] == [david.id]
        (place,) = [m for m in await crm.donor_people.of(couple.id) if m.left_at is None]
        assert place.is_primary


async def test_only_the_couples_own_gifts_can_be_taken_along(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="David Levi")
        other = await make_donor(crm, "Dana Levi")
        gift = await make_gift(crm, other)
        ruth, _ = await members(crm, couple)
        with pytest.raises(Invalid):
            await part_couple(crm, couple.id, ruth.id, gifts_to_move=[gift.id])
        with pytest.raises(NotACouple):
            await part_couple(crm, other.id, ruth.id)


async def test_a_partner_who_never_gave_joins_and_may_come_back(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen")
        david = await make_person(crm, "David Cohen")
        await add_partner(crm, donor.id, david.id)
        assert donor.name == "Ruth and David Cohen"
        parted = await part_couple(crm, donor.id, david.id)
        with pytest.raises(Conflict):
            await add_partner(crm, donor.id, david.id)
        await join_couple(crm, donor.id, parted.leaves.id)
        assert donor.name == "Ruth and David Cohen"


async def test_nobody_is_two_donors_by_accident(house):
    async with house.begin() as crm:
        ruth, david = await make_person(crm, "Ruth Cohen"), await make_person(crm, "David Cohen")
        home = await make_household(crm, ruth, david)
        couple = await add_donor(crm, [ruth.id, david.id])
        assert couple.household_id == home.id
        with pytest.raises(AlreadyDonor):
            await add_donor(crm, [david.id])
        for people in ([], [ruth.id, ruth.id], [ruth.id, david.id, ruth.id]):
            with pytest.raises(Invalid):
                await add_donor(crm, people)
