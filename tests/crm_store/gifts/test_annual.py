import asyncio
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select, text

from crm_store.actor import Reach
from crm_store.donors.testing import make_donor
from crm_store.gifts.annual import issue_annual_receipts, year_letters
from crm_store.gifts.models import Receipt, ReceiptGift, ReceiptKind
from crm_store.gifts.receipt_views import YearLetterView
from crm_store.gifts.receipting import issue_receipt, void_receipt
from crm_store.gifts.refunding import refund_gift
from crm_store.gifts.testing import make_gift

DAY = date(2025, 3, 14)


async def run(house, year=2025, **how):
    """The whole year, a transaction for each batch; how many receipts each of them made."""
    made, beyond = [], None
    while True:
        async with house.begin() as crm:
            batch = await issue_annual_receipts(crm, year, beyond=beyond, **how)
        made.append(batch.receipts)
        beyond = batch.next
        if beyond is None:
            return made


async def test_each_donor_gets_one_receipt_for_all_gifts_that_have_none(house):
    async with house.begin() as crm:
        ruth = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        noa = await make_donor(crm, "Noa Levi")
        single = await make_gift(crm, ruth, 500)
        await issue_receipt(crm, single.id)
        for amount in (10, 20):
            await make_gift(crm, ruth, amount, DAY)
        await make_gift(crm, ruth, 40, date(2024, 12, 31))
        returned = await make_gift(crm, ruth, 80)
        await refund_gift(crm, returned.id)
        await make_gift(crm, noa, 5, outside_receipt_on=DAY)
        await make_gift(crm, noa, 6, currency="ILS")
    assert await run(house) == [2]
    async with house.begin() as crm:
        hers = (await crm.receipts.of_donor(ruth.id))[0]
        assert (hers.kind, hers.totals) == (ReceiptKind.ANNUAL, {"EUR": "30.00"})
        assert hers.names == ["Ruth Cohen", "David Cohen"]
        assert (hers.covers_from, hers.covers_to) == (date(2025, 1, 1), date(2025, 12, 31))
        assert "from January 1, 2025 to December 31, 2025 that no other" in hers.text
        (noas,) = await crm.receipts.of_donor(noa.id)
        assert noas.totals == {"ILS": "6.00"}


async def test_a_second_run_issues_nothing_and_a_late_gift_only_itself(house):
    async with house.begin() as crm:
        donors = [await make_donor(crm, f"Donor {n}") for n in range(5)]
        for donor in donors:
            await make_gift(crm, donor, 10)
    assert await run(house, limit=2) == [2, 2, 1]
    assert await run(house, limit=2) == [0]
    async with house.begin() as crm:
        await make_gift(crm, donors[1], 7)
        receipt = (await crm.receipts.of_donor(donors[2].id))[0]
        await void_receipt(crm, receipt.id, "Torn")
    assert await run(house, limit=5) == [2]
    async with house.begin() as crm:
        serials = await crm.session.scalars(select(Receipt.serial).order_by(Receipt.serial))
        assert serials.all() == list(range(1, 8))


async def test_a_run_that_was_cut_off_goes_on_without_gap_or_repeat(house):
    async with house.begin() as crm:
        for n in range(6):
            await make_gift(crm, await make_donor(crm, f"Donor {n}"), 10)
    async with house.begin() as crm:
        first = await issue_annual_receipts(crm, 2025, limit=2)
    try:
        async with house.begin() as crm:
            await issue_annual_receipts(crm, 2025, limit=2, beyond=first.next)
            raise RuntimeError("killed")
    except RuntimeError:
        pass
    assert await run(house, limit=3) == [3, 1]
    async with house.begin() as crm:
        serials = await crm.session.scalars(select(Receipt.serial).order_by(Receipt.serial))
        assert serials.all() == list(range(1, 7))


async def test_two_runs_at_once_receipt_every_gift_once(house):
    async with house.begin() as crm:
        for n in range(12):
            await make_gift(crm, await make_donor(crm, f"Donor {n}"), 10)
    done = await asyncio.gather(*(run(house, limit=3) for _ in range(3)))
    assert sum(map(sum, done)) == 12
    async with house.begin() as crm:
        stated = select(func.count(ReceiptGift.gift_id.distinct()), func.count(ReceiptGift.id))
        assert (await crm.session.execute(stated)).one() == (12, 12)
        assert await crm.session.scalar(select(func.max(Receipt.serial))) == 12


async def test_many_donors_are_receipted_in_bulk(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        await crm.session.execute(
            text(
                """
                WITH made AS (
                    INSERT INTO donors (org_id, id, kind, name, formal_salutation,
                        informal_salutation, custom_names, sort_key, status, external_source,
                        is_anonymous, do_not_contact, do_not_solicit)
                    SELECT org_id, gen_random_uuid(), kind, name || n, '', '', '{}', '', status, '',
                           false, false, false
                    FROM donors, generate_series(1, 1200) n WHERE id = :donor RETURNING id)
                INSERT INTO gifts (org_id, id, donor_id, amount, currency, received_on, method)
                SELECT app_org(), gen_random_uuid(), made.id, n, 'EUR', '2025-05-05', 'wire'
                FROM made, generate_series(1, 3) n
                """
            ),
            {"donor": donor.id},
        )
    assert sum(await run(house)) == 1200


async def test_a_fiscal_year_covers_its_own_months(house):
    async with house.begin() as crm:
        (await crm.orgs.current()).fiscal_year_starts = 7
        donor = await make_donor(crm)
        for n, day in enumerate((date(2024, 6, 30), date(2024, 7, 1), date(2025, 6, 30))):
            await make_gift(crm, donor, 2**n, day)
    assert await run(house) == [1]
    async with house.begin() as crm:
        (receipt,) = await crm.receipts.of_donor(donor.id)
        assert receipt.totals == {"EUR": "6.00"}
        assert receipt.covers_from == date(2024, 7, 1)


async def test_nobody_receipts_donors_out_of_reach(house):
    async with house.begin() as crm:
        mine = await make_donor(crm, owner_id=house.director.member_id)
        other = await make_donor(crm, "Noa Levi")
        for donor in (mine, other):
            await make_gift(crm, donor, 10)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        assert (await issue_annual_receipts(crm, 2025)).receipts == 1
        assert await crm.receipts.of_donor(mine.id)


async def test_a_yearly_letter_lists_every_gift_with_its_receipt_and_a_total_by_currency(house):
    async with house.begin() as crm:
        donor, silent = await make_donor(crm), await make_donor(crm, "Noa Levi")
        first = await make_gift(crm, donor, 10, date(2025, 2, 1))
        receipt = await issue_receipt(crm, first.id)
        part = await make_gift(crm, donor, 20, date(2025, 3, 1))
        await refund_gift(crm, part.id, 5)
        await make_gift(crm, donor, 7, date(2025, 4, 1), currency="ILS")
        await make_gift(crm, donor, 1000, date(2026, 1, 1))
        letter, empty = await year_letters(crm, 2025, donor.id, silent.id)
        assert letter.totals == {"EUR": Decimal(25), "ILS": Decimal(7)}
        assert [line.receipt_number for line in letter.lines] == [receipt.number, None, None]
        assert (
            f"February 1, 2025: €10.00 by bank transfer, receipt {receipt.number}." in letter.text
        )
        assert "Total: €25.00 and ₪7.00." in letter.text
        assert (empty.lines, empty.totals) == ((), {})
        assert "We have received no gift in this time." in empty.text
        assert YearLetterView.of(letter, crm.actor).text == letter.text
        hidden = YearLetterView.of(letter, house.actor(scopes={"gifts:read"}))
        assert (hidden.text, hidden.hidden) == (None, ("text", "totals"))
