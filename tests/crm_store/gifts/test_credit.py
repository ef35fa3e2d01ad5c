"""A total never counts a gift twice, whatever roles a person holds."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.contacts.testing import make_household, make_person
from crm_store.donors.models import DonorPerson
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid, NotFound, NotVisible
from crm_store.gifts.actions import delete_gift
from crm_store.gifts.crediting import MoreThanGift, credit_softly, withdraw_credit
from crm_store.gifts.fiscal import Period
from crm_store.gifts.models import CreditKind, Gift, SoftCredit
from crm_store.gifts.refunding import refund_gift
from crm_store.gifts.testing import make_fund, make_gift

DAY = date(2025, 4, 13)


async def members(crm, donor):
    return list(
        await crm.session.scalars(
            select(DonorPerson.person_id)
            .where(DonorPerson.donor_id == donor.id)
            .order_by(DonorPerson.is_primary.desc())
        )
    )


async def test_two_roles_on_one_gift_are_one_credit(house):
    async with house.begin() as crm:
        david = await make_person(crm, "David Cohen")
        gift = await make_gift(crm, await make_donor(crm), 100)
        await credit_softly(crm, gift.id, CreditKind.SPOUSE, person_id=david.id)
        await credit_softly(crm, gift.id, CreditKind.SOLICITOR, person_id=david.id, amount=40)
        credit = (await crm.giving.of_people(david.id)).in_("EUR")
        assert (credit.hard, credit.soft, credit.combined, credit.gifts) == (0, 100, 100, 1)


async def test_what_one_gave_oneself_is_never_soft(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        ruth, david = await members(crm, couple)
        gift = await make_gift(crm, couple, 100)
        await credit_softly(crm, gift.id, CreditKind.SPOUSE, person_id=david)
        for credits in (
            await crm.giving.of_people(ruth),
            await crm.giving.of_people(david),
            await crm.giving.of_people(ruth, david),
            await crm.giving.of_donors(couple.id),
        ):
            credit = credits.in_("EUR")
            assert (credit.hard, credit.soft, credit.gifts) == (100, 0, 1)


async def test_a_household_counts_each_gift_once(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        ruth, david = [await crm.people.get(one) for one in await members(crm, couple)]
        david_alone = await make_donor(crm, person=david)
        home = await make_household(crm, ruth, david)
        await make_gift(crm, couple, 100)
        alone = await make_gift(crm, david_alone, 30)
        other = await make_gift(crm, await make_donor(crm, "Noa Levi"), 7)
        await credit_softly(crm, alone.id, CreditKind.SPOUSE, person_id=ruth.id)
        for one in (ruth, david):
            await credit_softly(crm, other.id, CreditKind.SOLICITOR, person_id=one.id)
        credit = (await crm.giving.of_household(home.id)).in_("EUR")
        assert (credit.hard, credit.soft, credit.combined, credit.gifts) == (130, 7, 137, 3)
        of_ruth = (await crm.giving.of_people(ruth.id)).in_("EUR")
        assert (of_ruth.hard, of_ruth.soft) == (100, 37)


async def test_what_was_returned_is_credited_to_nobody(house):
    async with house.begin() as crm:
        david = await make_person(crm, "David Cohen")
        gift = await make_gift(crm, await make_donor(crm), 100)
        await credit_softly(crm, gift.id, CreditKind.MATCH, person_id=david.id, amount=80)
        await refund_gift(crm, gift.id, 50)
        assert (await crm.giving.of_people(david.id)).in_("EUR").soft == 50
        await refund_gift(crm, gift.id)
        assert (await crm.giving.of_people(david.id)).by_currency == ()


async def test_whoever_left_a_couple_keeps_what_they_gave_together(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        _, david = await members(crm, couple)
        part = await crm.session.scalar(select(DonorPerson).where(DonorPerson.person_id == david))
        part.left_at = datetime(2025, 4, 13, 12, tzinfo=UTC)
        await make_gift(crm, couple, 100, DAY)
        await make_gift(crm, couple, 30, DAY + timedelta(days=1))
        assert (await crm.giving.of_people(david)).in_("EUR").hard == 100
        assert (await crm.giving.of_donors(couple.id)).in_("EUR").hard == 130


async def test_totals_are_told_since_a_day_for_a_fund_and_by_currency(house):
    async with house.begin() as crm:
        cohens, fund = await make_donor(crm), await make_fund(crm)
        await make_gift(crm, cohens, 10, DAY - timedelta(days=1))
        await make_gift(crm, cohens, 20, DAY, fund_id=fund.id)
        await make_gift(crm, cohens, 40, DAY + timedelta(days=30))
        await make_gift(crm, cohens, 80, DAY, currency="ILS")
        since_pesach = Period(DAY, date(2025, 12, 31))
        found = await crm.giving.of_donors(cohens.id, within=since_pesach)
        told = [(one.currency, one.hard, one.largest, one.first_on) for one in found.by_currency]
        assert told == [("EUR", 60, 40, DAY), ("ILS", 80, 80, DAY)]
        assert (await crm.giving.of_donors(cohens.id, fund_id=fund.id)).in_("EUR").hard == 20


async def test_nobody_is_thanked_for_more_than_the_gift_or_twice_in_one_role(house):
    async with house.begin() as crm:
        donor, david = await make_donor(crm), await make_person(crm, "David Cohen")
        gift = await make_gift(crm, donor, 100)
        with pytest.raises(MoreThanGift):
            await credit_softly(crm, gift.id, CreditKind.MATCH, person_id=david.id, amount=101)
        with pytest.raises(Invalid):
            await credit_softly(crm, gift.id, CreditKind.MATCH, person_id=david.id, amount=0)
        with pytest.raises(Invalid):
            await credit_softly(crm, gift.id, CreditKind.MATCH)
        with pytest.raises(Invalid):
            await credit_softly(crm, gift.id, CreditKind.MATCH, donor_id=donor.id)
        credit = await credit_softly(crm, gift.id, CreditKind.MATCH, person_id=david.id)
        with pytest.raises(Conflict):
            await credit_softly(crm, gift.id, CreditKind.MATCH, person_id=david.id)
        await withdraw_credit(crm, credit.id)
        assert await crm.soft_credits.of_gift(gift.id) == []


async def test_credit_is_given_to_people_and_donors_of_the_organisation_alone(house, neighbour):
    async with neighbour.begin() as crm:
        stranger, their_donor = await make_person(crm), await make_donor(crm)
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm), 100)
        for person_id in (stranger.id, new_id()):
            with pytest.raises(NotFound):
                await credit_softly(crm, gift.id, CreditKind.MATCH, person_id=person_id)
        with pytest.raises(NotFound):
            await credit_softly(crm, gift.id, CreditKind.MATCH, donor_id=their_donor.id)


async def test_gifts_out_of_reach_are_left_out_and_said_to_be(house):
    async with house.begin() as crm:
        david = await make_person(crm, "David Cohen")
        mine = await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        other = await make_donor(crm, "Noa Levi")
        for donor, amount in ((mine, 100), (other, 30)):
            gift = await make_gift(crm, donor, amount)
            await credit_softly(crm, gift.id, CreditKind.SOLICITOR, person_id=david.id)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        credits = await crm.giving.of_people(david.id)
        assert (credits.in_("EUR").soft, credits.hidden) == (100, 1)
        with pytest.raises(NotVisible):
            await crm.giving.of_donors(mine.id, other.id)


class World:
    """People, donors of all kinds, homes and gifts at random, and the sums as a child would."""

    def __init__(self, crm, seed):
        self.crm, self.dice = crm, random.Random(seed)

    async def make(self):
        crm, dice = self.crm, self.dice
        self.people = [await make_person(crm, f"Person {n}") for n in range(5)]
        self.homes = [
            await make_household(crm, *self.people[:2]),
            await make_household(crm, self.people[2]),
        ]
        self.donors = [await make_donor(crm, person=person) for person in self.people[:3]]
        self.donors.append(await make_donor(crm, company=f"Firm {dice.random()}"))
        for pair in ((0, 1), (1, 3)):
            donor = await make_donor(crm, person=self.people[pair[0]])
            crm.session.add(DonorPerson(donor_id=donor.id, person_id=self.people[pair[1]].id))
            self.donors.append(donor)
        for donor in self.donors:
            donor.household_id = dice.choice([None, None, *(home.id for home in self.homes)])
        await crm.flush()
        for _ in range(dice.randint(1, 8)):
            await self.make_gift()

    async def make_gift(self):
        crm, dice = self.crm, self.dice
        day = DAY + timedelta(days=dice.randint(0, 3))
        currency = dice.choice(["EUR", "ILS"])
        gift = await make_gift(
            crm, dice.choice(self.donors), dice.randint(1, 100), day, currency=currency
        )
        for kind in dice.sample(list(CreditKind), dice.randint(0, 4)):
            whom = {"person_id": dice.choice(self.people).id}
            if dice.random() < 0.3:
                whom = {"donor_id": dice.choice(self.donors).id}
            crm.session.add(
                SoftCredit(
                    gift_id=gift.id, kind=kind, amount=dice.randint(1, int(gift.amount)), **whom
                )
            )
        await crm.flush()
        if dice.random() < 0.3:
            await refund_gift(crm, gift.id, dice.randint(1, int(gift.amount)))
        elif dice.random() < 0.2:
            await delete_gift(crm, gift.id)

    async def sums(self, donors, people, period):
        """Gift by gift: whose is it, and if not theirs, what is the most they are thanked for?"""
        totals = defaultdict(lambda: [Decimal(0), Decimal(0), 0])
        credits = defaultdict(list)
        for credit in await self.crm.session.scalars(select(SoftCredit)):
            credits[credit.gift_id].append(credit)
        for gift in await self.crm.session.scalars(select(Gift).where(Gift.deleted_at.is_(None))):
            if gift.net <= 0 or gift.received_on not in period:
                continue
            thanked = [
                credit.amount
                for credit in credits[gift.id]
                if credit.person_id in people or credit.donor_id in donors
            ]
            if gift.donor_id in donors:
                totals[gift.currency][0] += gift.net
            elif thanked:
                totals[gift.currency][1] += min(max(thanked), gift.net)
            else:
                continue
            totals[gift.currency][2] += 1
        return {currency: tuple(found) for currency, found in totals.items()}

    async def donors_with(self, people):
        rows = await self.crm.session.execute(select(DonorPerson.donor_id, DonorPerson.person_id))
        return {donor_id for donor_id, person_id in rows if person_id in people}


def told(credits):
    for credit in credits.by_currency:
        assert credit.combined == credit.hard + credit.soft
    return {one.currency: (one.hard, one.soft, one.gifts) for one in credits.by_currency}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32), first=st.integers(0, 3), length=st.integers(0, 3))
async def test_a_total_never_counts_a_gift_twice_whatever_roles_a_person_holds(
    crm, seed, first, length
):
    await crm.session.execute(SoftCredit.__table__.delete())
    await crm.session.execute(Gift.__table__.update().values(deleted_at=datetime.now(UTC)))
    world = World(crm, seed)
    await world.make()
    period = Period(DAY + timedelta(days=first), DAY + timedelta(days=first + length))
    chosen = world.dice.sample(world.people, 2)
    people = {person.id for person in chosen}
    assert told(await crm.giving.of_people(*people, within=period)) == await world.sums(
        await world.donors_with(people), people, period
    )
    donors = {donor.id for donor in world.dice.sample(world.donors, 2)}
    rows = await crm.session.execute(select(DonorPerson.donor_id, DonorPerson.person_id))
    inside = {person_id for donor_id, person_id in rows if donor_id in donors}
    assert told(await crm.giving.of_donors(*donors, within=period)) == await world.sums(
        donors, inside, period
    )
    home = world.homes[0]
    living = {person.id for person in world.people if person.household_id == home.id}
    theirs = {donor.id for donor in world.donors if donor.household_id == home.id}
    assert told(await crm.giving.of_household(home.id, within=period)) == await world.sums(
        theirs | await world.donors_with(living), living, period
    )
