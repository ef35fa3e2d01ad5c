"""Donors that were one all along: gifts, receipts and journeys in one place."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update

from crm_store.actor import Reach
from crm_store.contacts.folding import AlreadyMerged, CannotUndo
from crm_store.contacts.merging import merge_people, undo_merge
from crm_store.contacts.models import Merge
from crm_store.contacts.testing import make_person
from crm_store.donors.merging import ThreeInACouple, UnlikeDonors, merge_donors
from crm_store.donors.models import DonorKind
from crm_store.donors.portfolio import assign_officer
from crm_store.donors.testing import make_donor
from crm_store.errors import NotVisible
from crm_store.gifts.models import CreditKind, DonorGiving, Gift, Receipt, SoftCredit
from crm_store.gifts.receipting import issue_receipt
from crm_store.gifts.testing import make_fund, make_gift, make_plan, make_pledge
from crm_store.identity.models import Member
from crm_store.research.models import Dossier


async def lifetime(crm, donor):
    found = await crm.session.scalars(select(DonorGiving).where(DonorGiving.donor_id == donor.id))
    return {g.currency: (g.gifts, g.total) for g in found}


async def test_gifts_promises_and_totals_are_together_after_a_merge(house):
    async with house.begin() as crm:
        keep, lose = await make_donor(crm), await make_donor(crm)
        await make_gift(crm, keep, 40)
        await make_gift(crm, lose, 60)
        await make_pledge(crm, lose, 500)
        await make_plan(crm, lose)
    async with house.begin() as crm:
        merge = await merge_donors(crm, keep.id, lose.id)
        assert await lifetime(crm, keep) == {"EUR": (2, Decimal(100))}
        assert await lifetime(crm, lose) == {}
        assert len(await crm.plans.of_donor(keep.id)) == 1
    async with house.begin() as crm:
        await undo_merge(crm, merge.id)
        assert await lifetime(crm, keep) == {"EUR": (1, Decimal(40))}
        assert await lifetime(crm, lose) == {"EUR": (1, Decimal(60))}


async def test_receipts_follow_with_number_names_and_text_untouched(house):
    async with house.begin() as crm:
        keep = await make_donor(crm, "Ruth Cohen")
        lose = await make_donor(crm, "Rut Kohen")
        gift = await make_gift(crm, lose, 60)
        receipt = await issue_receipt(crm, gift.id)
        printed = (receipt.number, receipt.names, receipt.text, receipt.totals)
    async with house.begin() as crm:
        merge = await merge_donors(crm, keep.id, lose.id)
        (kept,) = (await crm.session.scalars(select(Receipt))).all()
        assert (kept.number, kept.names, kept.text, kept.totals) == printed
        assert kept.donor_id == keep.id
    async with house.begin() as crm:
        await undo_merge(crm, merge.id)
        (kept,) = (await crm.session.scalars(select(Receipt))).all()
        assert (kept.number, kept.names, kept.text, kept.totals) == printed
        assert kept.donor_id == lose.id


async def test_credit_and_research_of_both_survive(house):
    async with house.begin() as crm:
        giver, keep, lose = [await make_donor(crm) for _ in range(3)]
        gift = await make_gift(crm, giver, 100)
        for donor in (keep, lose):
            crm.session.add(
                SoftCredit(
                    gift_id=gift.id, donor_id=donor.id, kind=CreditKind.MATCH, amount=Decimal(100)
                )
            )
            async with crm.granted("research:write"):
                crm.session.add(Dossier(donor_id=donor.id, version=1))
    async with house.begin() as crm:
        merge = await merge_donors(crm, keep.id, lose.id)
        credits = await crm.session.scalars(
            select(SoftCredit).where(SoftCredit.donor_id == keep.id)
        )
        assert len(credits.all()) == 1
        dossiers = select(Dossier.version).where(Dossier.donor_id == keep.id)
        assert sorted((await crm.session.scalars(dossiers)).all()) == [1, 2]
    async with house.begin() as crm:
        await undo_merge(crm, merge.id)
        versions = select(Dossier.version).where(Dossier.donor_id == lose.id)
        assert (await crm.session.scalars(versions)).all() == [1]


async def test_merging_two_people_merges_the_donors_they_were(house):
    async with house.begin() as crm:
        keep, lose = await make_donor(crm, "Ruth Cohen"), await make_donor(crm, "Rut Cohen")
        await make_gift(crm, lose, 60)
        people = await crm.donors.people_of([keep.id, lose.id])
        a, b = people[keep.id][0], people[lose.id][0]
        merge = await merge_people(crm, a.id, b.id)
        assert [d.id for d in await crm.donors.with_person(a.id)] == [keep.id]
        assert await lifetime(crm, keep) == {"EUR": (1, Decimal(60))}
        await undo_merge(crm, merge.id)
        assert [d.name for d in await crm.donors.with_person(a.id)] == ["Ruth Cohen"]
        assert [d.name for d in await crm.donors.with_person(b.id)] == ["Rut Cohen"]
        assert await lifetime(crm, lose) == {"EUR": (1, Decimal(60))}


async def test_a_couple_of_one_person_twice_is_one_person(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="Rut Cohen")
        ruth, rut = (await crm.donors.people_of([couple.id]))[couple.id]
        merge = await merge_people(crm, ruth.id, rut.id)
        assert (couple.name, couple.kind) == ("Ruth Cohen", DonorKind.INDIVIDUAL)
        await undo_merge(crm, merge.id)
        assert (couple.name, couple.kind) == ("Ruth and Rut Cohen", DonorKind.COUPLE)


async def test_part_of_a_merge_is_not_undone_alone(house):
    async with house.begin() as crm:
        keep, lose = await make_donor(crm), await make_donor(crm)
        people = await crm.donors.people_of([keep.id, lose.id])
        whole = await merge_people(crm, people[keep.id][0].id, people[lose.id][0].id)
        part = await crm.session.scalar(select(Merge).where(Merge.part_of_id == whole.id))
        with pytest.raises(Exception, match="larger merge"):
            await undo_merge(crm, part.id)


async def test_a_merge_with_a_donor_that_is_not_visible_is_refused_whole(house):
    officer = house.actor(reach=Reach.OWN)
    async with house.begin() as crm:
        mine = await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        other = await make_donor(crm, "Rut Cohen")
        people = await crm.donors.people_of([mine.id, other.id])
        a, b = people[mine.id][0], people[other.id][0]
        a.owner_id = b.owner_id = house.director.member_id
    with pytest.raises(NotVisible):
        async with house.begin(officer) as crm:
            await merge_people(crm, a.id, b.id)
    async with house.begin() as crm:
        assert await crm.people.count() == 2


async def test_unlike_donors_stay_apart(house):
    async with house.begin() as crm:
        person = await make_donor(crm, "Ruth Cohen")
        couple = await make_donor(crm, "Dana Levi", couple="Dan Levi")
        firm, other = [await make_donor(crm, company=n) for n in ("Aegean Foods", "Attica Bank")]
        for pair in ((person, firm), (firm, person), (firm, other)):
            with pytest.raises(UnlikeDonors):
                await merge_donors(crm, pair[0].id, pair[1].id)
        with pytest.raises(ThreeInACouple):
            await merge_donors(crm, person.id, couple.id)


async def test_each_keeps_its_officers_and_one_is_the_present_one(house):
    async with house.begin() as crm:
        other = await crm.session.scalar(select(Member.id))
        keep, lose = await make_donor(crm, owner_id=other), await make_donor(crm)
        await assign_officer(crm, lose.id, other)
        await merge_donors(crm, keep.id, lose.id)
        history = await crm.assignments.of(keep.id)
        assert len(history) == 2
        assert [a.ended_at is None for a in history].count(True) == 1


async def test_a_gift_that_moved_on_since_stays_where_it_went(house):
    async with house.begin() as crm:
        keep, lose, third = [await make_donor(crm) for _ in range(3)]
        first, second = await make_gift(crm, lose, 60), await make_gift(crm, lose, 70)
        merge = await merge_donors(crm, keep.id, lose.id)
        await crm.session.execute(update(Gift).where(Gift.id == first.id).values(donor_id=third.id))
        await undo_merge(crm, merge.id)
        await crm.session.refresh(first)
        assert (first.donor_id, second.donor_id) == (third.id, lose.id)


async def test_an_undo_is_refused_when_the_survivor_is_gone(house):
    async with house.begin() as crm:
        keep, lose = await make_donor(crm), await make_donor(crm)
        merge = await merge_donors(crm, keep.id, lose.id)
        keep.deleted_at = merge.at
        await crm.flush()
        with pytest.raises(CannotUndo, match="restore the record first"):
            await undo_merge(crm, merge.id)


async def test_an_outside_id_of_the_lost_is_the_survivor_s_where_it_had_none(house):
    async with house.begin() as crm:
        keep = await make_donor(crm)
        lose = await make_donor(crm, external_source="blackbaud", external_id="77")
        merge = await merge_donors(crm, keep.id, lose.id)
        assert (await crm.donors.by_external_id("blackbaud", "77")).id == keep.id
        await undo_merge(crm, merge.id)
        assert (await crm.donors.by_external_id("blackbaud", "77")).id == lose.id


async def test_a_donor_with_a_thousand_gifts_merges_in_one_go(house):
    async with house.begin() as crm:
        keep, lose = await make_donor(crm), await make_donor(crm)
        fund = await make_fund(crm)
        crm.session.add_all(
            Gift(
                donor_id=lose.id, amount=Decimal(1), currency="EUR", fund_id=fund.id,
                received_on=date(2020 + i % 5, 1 + i % 12, 1 + i % 28),
            )
            for i in range(1000)
        )  # fmt: skip
        await crm.flush()
        merge = await merge_donors(crm, keep.id, lose.id)
        assert len(merge.moved["gifts.donor_id"]) == 1000
        assert await lifetime(crm, keep) == {"EUR": (1000, Decimal(1000))}


async def test_a_person_of_one_donor_only_brings_it_along(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Rut Cohen")
        (rut,) = (await crm.donors.people_of([donor.id]))[donor.id]
        ruth = await make_person(crm, "Ruth Cohen")
        await merge_people(crm, ruth.id, rut.id)
        assert donor.name == "Ruth Cohen"
        assert [d.id for d in await crm.donors.with_person(ruth.id)] == [donor.id]


async def test_of_two_who_merge_the_same_pair_at_once_one_is_told_it_is_done(house):
    async with house.begin() as crm:
        a, b = await make_donor(crm), await make_donor(crm)
        await make_gift(crm, a, 10)
        await make_gift(crm, b, 20)

    async def merge(keep, lose):
        async with house.begin() as crm:
            await merge_donors(crm, keep.id, lose.id)

    done = await asyncio.gather(merge(a, b), merge(b, a), return_exceptions=True)
    assert sorted(type(each) for each in done if each is not None) == [AlreadyMerged]
    async with house.begin() as crm:
        (left,) = await crm.donors.all()
        assert await lifetime(crm, left) == {"EUR": (2, Decimal(30))}


async def test_a_server_that_drops_the_line_in_the_middle_leaves_all_as_it_was(house):
    async with house.begin() as crm:
        keep, lose = await make_donor(crm), await make_donor(crm)
        await make_gift(crm, lose, 20)
    with pytest.raises(Exception, match="terminat"):
        async with house.begin() as crm:
            await merge_donors(crm, keep.id, lose.id)
            await crm.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with house.begin() as crm:
        assert len(await crm.donors.all()) == 2
        assert await lifetime(crm, lose) == {"EUR": (1, Decimal(20))}
        assert await crm.merges.count() == 0
