from datetime import date, timedelta
from decimal import Decimal

import pytest

from crm_store.actor import Reach
from crm_store.base import new_id, now
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid, NotFound, NotVisible, Refused
from crm_store.gifts.actions import (
    MoreThanGiven,
    SecondEntry,
    correct_gift,
    delete_gift,
    move_gift,
    record_gift,
    restore_gift,
)
from crm_store.gifts.models import Method, TributeKind
from crm_store.gifts.refunding import refund_gift, withdraw_refund
from crm_store.gifts.testing import make_fund, make_gift, make_plan, make_pledge
from crm_store.money import NotMoney

DAY = date(2025, 4, 13)


async def test_a_gift_is_written_as_it_was_given(house):
    async with house.begin() as crm:
        donor, fund = await make_donor(crm), await make_fund(crm, "Scholarships")
        gift = await record_gift(
            crm, donor.id, "1250.50", "ILS", DAY, Method.CHECK, fund_id=fund.id,
            reference_number="4711", tribute_kind=TributeKind.MEMORY, tribute_name="סבתא רחל 🕯",
        )  # fmt: skip
        gift_id = gift.id
    async with house.begin() as crm:
        gift = await crm.gifts.get(gift_id)
        assert (gift.amount, gift.currency, gift.received_on) == (Decimal("1250.50"), "ILS", DAY)
        assert (gift.tribute_name, gift.fund_id) == ("סבתא רחל 🕯", fund.id)
        assert gift.is_tax_deductible
        assert [found.id for found in await crm.gifts.by_reference(" 4711 ")] == [gift_id]


async def test_what_is_not_said_is_the_organisations_money_and_today(house):
    async with house.begin() as crm:
        gift = await record_gift(crm, (await make_donor(crm)).id, 18)
        assert gift.currency == (await crm.orgs.current()).currency
        assert abs(gift.received_on - now().date()) <= timedelta(days=1)


@pytest.mark.parametrize("amount", [0, -5, "0.00"])
async def test_a_gift_is_more_than_nothing(house, amount):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        with pytest.raises(Invalid, match="above zero"):
            await record_gift(crm, donor.id, amount)


async def test_what_makes_no_sense_is_refused(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        with pytest.raises(Invalid, match="day to come"):
            await record_gift(crm, donor.id, 5, received_on=now().date() + timedelta(days=3))
        with pytest.raises(NotMoney):
            await record_gift(crm, donor.id, "5.001")
        with pytest.raises(Invalid, match="deductible"):
            await record_gift(crm, donor.id, 5, deductible_amount=Decimal(6))
        with pytest.raises(Invalid, match="tribute"):
            await record_gift(crm, donor.id, 5, tribute_name="Ruth")
        with pytest.raises(NotFound):
            await record_gift(crm, donor.id, 5, fund_id=new_id())
        with pytest.raises(NotFound):
            await record_gift(crm, new_id(), 5)


async def test_a_neighbours_donor_fund_and_gift_are_as_missing_as_no_one(house, neighbour):
    async with neighbour.begin() as crm:
        theirs, fund = await make_donor(crm), await make_fund(crm)
        gift = await make_gift(crm, theirs)
    async with house.begin() as crm:
        ours = await make_donor(crm)
        for attempt in (
            lambda: record_gift(crm, theirs.id, 5),
            lambda: record_gift(crm, ours.id, 5, fund_id=fund.id),
            lambda: crm.gifts.get(gift.id),
            lambda: refund_gift(crm, gift.id),
            lambda: move_gift(crm, gift.id, ours.id),
        ):
            with pytest.raises(NotFound):
                await attempt()


async def test_a_second_entry_is_refused_unless_it_is_meant(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        await record_gift(crm, donor.id, 50, "EUR", DAY, Method.CASH)
        with pytest.raises(SecondEntry, match=r"€50\.00 from Ruth Cohen on April 13, 2025"):
            await record_gift(crm, donor.id, 50, "EUR", DAY, Method.CASH)
        await record_gift(crm, donor.id, 50, "EUR", DAY, Method.WIRE)
        await record_gift(crm, donor.id, 50, "USD", DAY, Method.CASH)
        await record_gift(crm, donor.id, 50, "EUR", DAY, Method.CASH, even_if_duplicate=True)
        assert (await crm.gifts.of_donor(donor.id)).total == 4


async def test_one_outside_key_is_one_gift(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift = await record_gift(crm, donor.id, 5, source="givance", external_id="77")
        assert (await crm.gifts.by_external("givance", "77")).id == gift.id
        await record_gift(crm, donor.id, 6, source="epesi", external_id="77")
    with pytest.raises(Exception, match="uq_gifts_external"):
        async with house.begin() as crm:
            await record_gift(crm, donor.id, 7, source="givance", external_id="77")


async def test_a_correction_is_told_with_before_and_after(house):
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm), 100)
    async with house.begin() as crm:
        await correct_gift(crm, gift.id, reason="Misread slip", amount=Decimal(110), currency="USD")
        told = crm.session.info["trail"]
    changed = next(entry for entry in told if entry["action"] == "changed")
    assert changed["changes"]["amount"] == {"before": "100.0000", "after": "110.00"}
    assert changed["changes"]["currency"] == {"before": "EUR", "after": "USD"}
    assert any(entry["changes"].get("reason") == "Misread slip" for entry in told)


async def test_only_what_a_gift_says_can_be_corrected(house):
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm), 100)
        with pytest.raises(Invalid):
            await record_gift(crm, gift.donor_id, 5, refunded=5)
        for changes in ({"refunded": Decimal(5)}, {"donor_id": new_id()}, {"org_id": new_id()}):
            with pytest.raises(Invalid):
                await correct_gift(crm, gift.id, **changes)
        await refund_gift(crm, gift.id, 60)
    with pytest.raises(MoreThanGiven):
        async with house.begin() as crm:
            await correct_gift(crm, gift.id, amount=Decimal(59))


async def test_a_refund_lowers_the_total_once(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift = await make_gift(crm, donor, 100)
        await refund_gift(crm, gift.id, 30, reason="Overcharged")
        assert (gift.refunded, gift.net) == (30, 70)
        (life,) = await crm.giving.lifetime(donor.id)
        assert (life.total, life.gifts, life.largest) == (70, 1, 70)
        assert [refund.amount for refund in await crm.refunds.of_gift(gift.id)] == [30]


async def test_no_more_is_returned_than_was_given(house):
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm), 100)
        await refund_gift(crm, gift.id, 99)
        with pytest.raises(MoreThanGiven):
            await refund_gift(crm, gift.id, "1.01")
        await refund_gift(crm, gift.id)
        assert gift.net == 0
        with pytest.raises(MoreThanGiven):
            await refund_gift(crm, gift.id)
        with pytest.raises(Invalid):
            await refund_gift(crm, (await make_gift(crm, await make_donor(crm))).id, 0)


async def test_a_gift_wholly_returned_is_no_gift_in_any_total_and_stays_on_record(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift = await make_gift(crm, donor, 100)
        refund = await refund_gift(crm, gift.id)
        assert await crm.giving.lifetime(donor.id) == []
        assert (await crm.gifts.of_donor(donor.id)).total == 1
        await withdraw_refund(crm, refund.id)
        assert gift.net == 100
        assert (await crm.giving.lifetime(donor.id))[0].total == 100


async def test_a_deleted_gift_counts_for_nothing_and_can_be_had_back(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift = await make_gift(crm, donor, 100)
        await delete_gift(crm, gift.id, reason="Never arrived")
        assert await crm.giving.lifetime(donor.id) == []
        with pytest.raises(NotFound):
            await crm.gifts.get(gift.id)
        await restore_gift(crm, gift.id)
        assert (await crm.giving.years(donor.id))[0].total == 100
        with pytest.raises(NotFound):
            await restore_gift(crm, gift.id)


async def test_a_moved_gift_leaves_the_first_donors_promises_behind(house):
    async with house.begin() as crm:
        ruth, noa = await make_donor(crm), await make_donor(crm, "Noa Levi")
        plan = await make_plan(crm, ruth, 25)
        gift = await record_gift(crm, ruth.id, 25, recurring_plan_id=plan.id)
        await move_gift(crm, gift.id, noa.id, reason="Same surname")
        assert gift.recurring_plan_id is None
        assert await crm.giving.lifetime(ruth.id) == []
        assert (await crm.giving.lifetime(noa.id))[0].total == 25


async def test_a_gift_fulfils_only_a_promise_it_can(house):
    async with house.begin() as crm:
        ruth, noa = await make_donor(crm), await make_donor(crm, "Noa Levi")
        plan, pledge = await make_plan(crm, ruth), await make_pledge(crm, ruth, 100)
        (part,) = await crm.pledges.instalments(pledge.id)
        with pytest.raises(Invalid, match="plan"):
            await record_gift(crm, noa.id, 25, recurring_plan_id=plan.id)
        with pytest.raises(Invalid, match="pledge"):
            await record_gift(crm, noa.id, 25, "USD", instalment_id=part.id)


async def test_whoever_may_not_change_gifts_changes_none(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift = await make_gift(crm, donor)
    reader = house.actor(scopes={"gifts:read", "donors:read", "orgs:read"})
    for attempt in (
        lambda crm: record_gift(crm, donor.id, 5),
        lambda crm: refund_gift(crm, gift.id),
        lambda crm: delete_gift(crm, gift.id),
        lambda crm: correct_gift(crm, gift.id, notes="?"),
    ):
        with pytest.raises(Refused):
            async with house.begin(reader) as crm:
                await attempt(crm)


async def test_gifts_of_a_donor_out_of_reach_are_said_not_to_be_visible(house):
    async with house.begin() as crm:
        hers = await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        other = await make_donor(crm, "Noa Levi")
        seen, unseen = await make_gift(crm, hers), await make_gift(crm, other)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        page = await crm.gifts.recent()
        assert ([gift.id for gift in page.rows], page.hidden) == ([seen.id], 1)
        for attempt in (
            lambda: crm.gifts.get(unseen.id),
            lambda: crm.gifts.of_donor(other.id),
            lambda: crm.giving.lifetime(other.id),
            lambda: record_gift(crm, other.id, 5),
            lambda: move_gift(crm, seen.id, other.id),
            lambda: refund_gift(crm, unseen.id),
        ):
            with pytest.raises(NotVisible):
                await attempt()


async def test_pages_of_gifts_follow_one_another_without_gap_or_repeat(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        made = [await make_gift(crm, donor, n, DAY + timedelta(days=n % 4)) for n in range(1, 24)]
        pages, mark = [], None
        while True:
            page = await crm.gifts.of_donor(donor.id, after=mark, limit=5)
            pages.append([gift.id for gift in page.rows])
            mark = page.next
            if mark is None:
                break
        expected = sorted(made, key=lambda gift: (gift.received_on, gift.id), reverse=True)
        assert [row for page in pages for row in page] == [gift.id for gift in expected]
        assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
        with pytest.raises((Invalid, Conflict)):
            await crm.gifts.recent(after="nonsense")
