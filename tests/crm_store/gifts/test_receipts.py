import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from crm_store.base import now
from crm_store.contacts.actions import change_person
from crm_store.donors.merging import merge_donors
from crm_store.donors.testing import make_donor
from crm_store.errors import Invalid, NotFound
from crm_store.gifts.actions import correct_gift, delete_gift, move_gift, restore_gift
from crm_store.gifts.models import Method, Receipt, ReceiptGift, ReceiptKind, ReceiptNumber
from crm_store.gifts.numbering import OutOfOrder
from crm_store.gifts.receipt_views import ReceiptGiftView, ReceiptView
from crm_store.gifts.receipting import (
    AlreadyReceipted,
    NothingLeft,
    OtherDonor,
    Void,
    copy_receipt,
    issue_receipt,
    mark_receipt_sent,
    void_receipt,
)
from crm_store.gifts.refunding import refund_gift
from crm_store.gifts.testing import make_fund, make_gift
from crm_store.orgs.models import OrgSetting

DAY = date(2025, 3, 14)
YEAR = now().year


async def serials(house, year=YEAR):
    async with house.begin() as crm:
        found = await crm.session.scalars(
            select(Receipt.serial).where(Receipt.year == year).order_by(Receipt.serial)
        )
        return list(found), await crm.receipts.last_serial(year)


async def test_a_receipt_says_what_was_given_by_whom_and_to_whom(house):
    async with house.begin() as crm:
        org = await crm.orgs.current()
        org.legal_name, org.tax_id, org.city = "Harbour Light ΑΜΚΕ", "999123456", "Athens"
        fund = await make_fund(crm, "Scholarships")
        donor = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        gift = await make_gift(
            crm, donor, "1250.50", fund_id=fund.id, deductible_amount=Decimal(1200)
        )
        receipt = await issue_receipt(crm, gift.id)
        assert receipt.number == f"{YEAR}-00001"
        assert receipt.names == ["Ruth Cohen", "David Cohen"]
        assert receipt.totals == {"EUR": "1250.50"}
        assert receipt.deductible_totals == {"EUR": "1200.00"}
        for words in (
            "Harbour Light ΑΜΚΕ", "999123456", "Ruth Cohen and David Cohen",
            f"Receipt {YEAR}-00001", "March 14, 2025: €1,250.50 by bank transfer for Scholarships.",
            "Total: €1,250.50.", "Of this may be deducted from tax: €1,200.00.",
        ):  # fmt: skip
            assert words in receipt.text
        (line,) = await crm.receipts.lines(receipt.id)
        assert (line.gift_id, line.amount, line.purpose) == (gift.id, Decimal("1250.50"), fund.name)
        assert (await crm.receipts.of_gift(gift.id)).id == receipt.id


async def test_a_receipt_speaks_the_donors_language_and_the_organisations_otherwise(house):
    async with house.begin() as crm:
        org = await crm.orgs.current()
        org.locale = "el"
        greek = await issue_receipt(crm, (await make_gift(crm, await make_donor(crm))).id)
        hebrew_donor = await make_donor(crm, "רות כהן", language="he")
        hebrew = await issue_receipt(crm, (await make_gift(crm, hebrew_donor)).id)
        asked = await make_gift(crm, hebrew_donor, 5)
        english = await issue_receipt(crm, asked.id, language="en-GB")
        assert (greek.language, "14 Μαρτίου 2025" in greek.text) == ("el", True)
        assert (hebrew.language, "במרץ 2025" in hebrew.text) == ("he", True)
        assert (english.language, "14 March 2025" in english.text) == ("en-GB", True)
        assert hebrew.names == ["רות כהן"]


async def test_a_company_is_receipted_by_its_own_name(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, company="Aegean Foods")
        receipt = await issue_receipt(crm, (await make_gift(crm, donor)).id)
        assert receipt.names == ["Aegean Foods"]


async def test_one_receipt_may_state_several_gifts_of_one_donor(house):
    async with house.begin() as crm:
        donor, other = await make_donor(crm), await make_donor(crm, "Noa Levi")
        late = await make_gift(crm, donor, 10, DAY + timedelta(days=3))
        early = await make_gift(crm, donor, 20, DAY)
        shekels = await make_gift(crm, donor, 5, DAY, currency="ILS", is_tax_deductible=False)
        theirs = await make_gift(crm, other)
        with pytest.raises(OtherDonor):
            await issue_receipt(crm, late.id, theirs.id)
        receipt = await issue_receipt(crm, late.id, early.id, shekels.id)
        lines = await crm.receipts.lines(receipt.id)
        assert [line.gift_id for line in lines] == [early.id, shekels.id, late.id]
        assert receipt.totals == {"EUR": "30.00", "ILS": "5.00"}
        assert (receipt.covers_from, receipt.covers_to) == (DAY, late.received_on)
        assert "Total: €30.00 and ₪5.00." in receipt.text
        assert "Of this may be deducted from tax: €30.00." in receipt.text


async def test_a_gift_stands_on_one_valid_receipt(house):
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm))
        first = await issue_receipt(crm, gift.id)
        with pytest.raises(AlreadyReceipted, match=first.number):
            await issue_receipt(crm, gift.id)
        await void_receipt(crm, first.id, "Wrong name")
        second = await issue_receipt(crm, gift.id)
        assert second.serial == first.serial + 1
    with pytest.raises(DBAPIError, match="uq_receipt_gifts_valid"):
        async with house.begin() as crm:
            await crm.session.execute(
                text(
                    "INSERT INTO receipt_gifts (org_id, id, receipt_id, gift_id, line, amount,"
                    " received_on, deductible_amount, currency, method, is_void)"
                    " SELECT org_id, gen_random_uuid(), receipt_id, gift_id, 9, amount,"
                    " received_on, deductible_amount, currency, method, false"
                    " FROM receipt_gifts LIMIT 1"
                )
            )


async def test_what_was_returned_or_receipted_elsewhere_gets_no_receipt(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gone = await make_gift(crm, donor)
        await refund_gift(crm, gone.id)
        with pytest.raises(NothingLeft):
            await issue_receipt(crm, gone.id)
        old = await make_gift(crm, donor, 5, outside_receipt_on=DAY)
        with pytest.raises(AlreadyReceipted):
            await issue_receipt(crm, old.id)
        deleted = await make_gift(crm, donor, 6)
        await delete_gift(crm, deleted.id)
        for ids in ((deleted.id,), ()):
            with pytest.raises(NotFound):
                await issue_receipt(crm, *ids)
        part = await make_gift(crm, donor, 100, deductible_amount=Decimal(90))
        await refund_gift(crm, part.id, 30)
        receipt = await issue_receipt(crm, part.id)
        assert (receipt.totals, receipt.deductible_totals) == ({"EUR": "70.00"}, {"EUR": "70.00"})


async def test_fifty_at_once_are_numbered_one_after_another(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gifts = [await make_gift(crm, donor, n) for n in range(1, 51)]

    async def issue(gift):
        async with house.begin() as crm:
            await issue_receipt(crm, gift.id)

    await asyncio.gather(*(issue(gift) for gift in gifts))
    assert await serials(house) == (list(range(1, 51)), 50)


async def test_whoever_gives_up_leaves_no_gap(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gifts = [await make_gift(crm, donor, n) for n in range(1, 51)]

    async def issue(number, gift):
        async with house.begin() as crm:
            await issue_receipt(crm, gift.id)
            if number % 3 == 0:
                raise RuntimeError("the printer is on fire")

    done = await asyncio.gather(
        *(issue(number, gift) for number, gift in enumerate(gifts)), return_exceptions=True
    )
    issued = sum(one is None for one in done)
    assert issued == 33
    assert await serials(house) == (list(range(1, issued + 1)), issued)


async def test_two_who_receipt_one_gift_issue_one_receipt(house):
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm))

    async def issue():
        async with house.begin() as crm:
            await issue_receipt(crm, gift.id)

    done = await asyncio.gather(*(issue() for _ in range(8)), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [AlreadyReceipted] * 7
    assert await serials(house) == ([1], 1)


@pytest.mark.parametrize(
    "change",
    ["number = 'X'", "names = '{Someone}'", "text = ''", "serial = 99", "totals = '{}'",
     "issued_on = issued_on + 1", "address = 'elsewhere'", "copies = -1", "language = 'xx'"],
)  # fmt: skip
async def test_what_was_printed_cannot_be_changed(house, change):
    async with house.begin() as crm:
        await issue_receipt(crm, (await make_gift(crm, await make_donor(crm))).id)
    with pytest.raises(DBAPIError, match="stands as it was issued"):
        async with house.begin() as crm:
            await crm.session.execute(text(f"UPDATE receipts SET {change}"))


@pytest.mark.parametrize(
    "statement",
    [
        delete(Receipt),
        delete(ReceiptGift),
        update(ReceiptGift).values(amount=1),
        delete(ReceiptNumber),
        update(ReceiptNumber).values(last=0),
    ],
)
async def test_nothing_of_a_receipt_can_be_taken_away(house, statement):
    async with house.begin() as crm:
        await issue_receipt(crm, (await make_gift(crm, await make_donor(crm))).id)
    with pytest.raises(DBAPIError, match=r"stands as it was issued|only go up"):
        async with house.begin() as crm:
            await crm.session.execute(statement)


async def test_a_void_receipt_keeps_its_number_and_cannot_be_revived(house):
    async with house.begin() as crm:
        receipt = await issue_receipt(crm, (await make_gift(crm, await make_donor(crm))).id)
        with pytest.raises(Invalid):
            await void_receipt(crm, receipt.id, "  ")
        await void_receipt(crm, receipt.id, "Wrong donor")
        with pytest.raises(Void):
            await void_receipt(crm, receipt.id, "Again")
        with pytest.raises(Void):
            await copy_receipt(crm, receipt.id)
        assert (await crm.receipts.by_number(receipt.number)).is_void
        assert ReceiptView.of(receipt).marks == (f"VOID since {now():%B} {now().day}, {YEAR}",)
    with pytest.raises(DBAPIError, match="stands as it was issued"):
        async with house.begin() as crm:
            await crm.session.execute(update(Receipt).values(voided_at=None, void_reason=None))


async def test_a_copy_is_marked_a_duplicate_and_counted(house):
    async with house.begin() as crm:
        receipt = await issue_receipt(crm, (await make_gift(crm, await make_donor(crm))).id)
        before = receipt.text
        assert ReceiptView.of(receipt).marks == ()
        await copy_receipt(crm, receipt.id)
        await copy_receipt(crm, receipt.id)
        await mark_receipt_sent(crm, receipt.id)
        assert (receipt.copies, receipt.text) == (2, before)
        assert ReceiptView.of(receipt).marks == ("DUPLICATE no. 2",)
        assert receipt.sent_at
    assert await serials(house) == ([1], 1)


async def test_a_receipt_stands_when_the_donor_changes_name(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen")
        (person,) = (await crm.donors.people_of([donor.id]))[donor.id]
        receipt = await issue_receipt(crm, (await make_gift(crm, donor)).id)
        await change_person(crm, person.id, family_name="Levi")
        again = await issue_receipt(crm, (await make_gift(crm, donor, 5)).id)
        assert (receipt.names, again.names) == (["Ruth Cohen"], ["Ruth Levi"])


async def test_a_correction_that_shows_replaces_the_receipt(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift, other = await make_gift(crm, donor, 100), await make_gift(crm, donor, 7)
        receipt = await issue_receipt(crm, gift.id, other.id)
        await correct_gift(crm, gift.id, notes="Called to say thanks")
        assert not receipt.is_void
        await correct_gift(crm, gift.id, reason="Misread slip", amount=Decimal(110))
        assert (receipt.is_void, receipt.void_reason) == (True, "Misread slip")
        anew = await crm.receipts.of_gift(gift.id)
        assert (anew.replaces_id, anew.totals) == (receipt.id, {"EUR": "117.00"})
        assert (await crm.receipts.of_gift(other.id)).id == anew.id
        assert (anew.serial, receipt.totals) == (2, {"EUR": "107.00"})


async def test_a_refund_or_a_deletion_replaces_the_receipt_of_what_remains(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        gift, other = await make_gift(crm, donor, 100), await make_gift(crm, donor, 7)
        await issue_receipt(crm, gift.id, other.id)
        await refund_gift(crm, gift.id, 40)
        assert (await crm.receipts.of_gift(gift.id)).totals == {"EUR": "67.00"}
        await delete_gift(crm, other.id)
        assert (await crm.receipts.of_gift(gift.id)).totals == {"EUR": "60.00"}
        await refund_gift(crm, gift.id)
        assert await crm.receipts.of_gift(gift.id) is None
        await restore_gift(crm, other.id)
        assert await crm.receipts.of_gift(other.id) is None
        found = await crm.receipts.of_donor(donor.id)
        assert [receipt.is_void for receipt in found] == [True, True, True]


async def test_a_moved_gift_is_receipted_to_whom_it_belongs(house):
    async with house.begin() as crm:
        ruth, noa = await make_donor(crm), await make_donor(crm, "Noa Levi")
        gift, other = await make_gift(crm, ruth, 100), await make_gift(crm, ruth, 7)
        await issue_receipt(crm, gift.id, other.id)
        await move_gift(crm, gift.id, noa.id)
        hers, rest = await crm.receipts.of_gift(gift.id), await crm.receipts.of_gift(other.id)
        assert (hers.names, hers.totals) == (["Noa Levi"], {"EUR": "100.00"})
        assert (rest.names, rest.totals) == (["Ruth Cohen"], {"EUR": "7.00"})


async def test_receipts_and_totals_follow_a_merge_and_keep_their_words(house):
    async with house.begin() as crm:
        ruth, kept = await make_donor(crm), await make_donor(crm, "Ruth Kohen")
        receipt = await issue_receipt(crm, (await make_gift(crm, ruth)).id)
        await make_gift(crm, kept, 5)
        receipt_id, before = receipt.id, receipt.text
    async with house.begin() as crm:
        await merge_donors(crm, kept.id, ruth.id, reason="One and the same")
    async with house.begin() as crm:
        receipt = await crm.receipts.get(receipt_id)
        assert (receipt.donor_id, receipt.names) == (kept.id, ["Ruth Cohen"])
        assert receipt.text == before
        assert (await crm.giving.lifetime(kept.id))[0].total == 105


async def test_numbers_begin_again_each_year_as_the_organisation_counts(house):
    async with house.begin() as crm:
        org = await crm.orgs.current()
        org.fiscal_year_starts = 7
        await crm.flush()
        donor = await make_donor(crm)

        async def issue(on):
            gift = await make_gift(crm, donor, 5)
            return (await issue_receipt(crm, gift.id, issued_on=on)).number

        assert await issue(date(2025, 6, 30)) == "2025-00001"
        assert await issue(date(2025, 7, 1)) == "2026-00001"
        crm.session.add(OrgSetting(key="receipts.year", value="calendar"))
        crm.session.add(OrgSetting(key="receipts.prefix", value="HL/"))
        assert await issue(date(2025, 12, 31)) == "HL/2025-00002"


async def test_numbers_and_days_run_together(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        first, second = await make_gift(crm, donor, 5), await make_gift(crm, donor, 6)
        await issue_receipt(crm, first.id, issued_on=date(2025, 6, 30))
    with pytest.raises(OutOfOrder):
        async with house.begin() as crm:
            await issue_receipt(crm, second.id, issued_on=date(2025, 6, 29))
    with pytest.raises(Invalid):
        async with house.begin() as crm:
            await issue_receipt(crm, second.id, issued_on=now().date() + timedelta(days=2))
    assert await serials(house, 2025) == ([1], 1)


async def test_amounts_on_receipts_are_for_those_who_may_read_them(house):
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm), 100, method=Method.CASH)
        receipt = await issue_receipt(crm, gift.id)
    clerk = house.actor(scopes={"gifts:read"})
    async with house.begin(clerk) as crm:
        found = await crm.receipts.get(receipt.id)
        view = ReceiptView.of(found)
        assert (view.text, view.totals, view.number) == (None, None, receipt.number)
        assert view.hidden == ("deductible_totals", "text", "totals")
        (line,) = [ReceiptGiftView.of(line) for line in await crm.receipts.lines(receipt.id)]
        assert (line.amount, line.method) == (None, Method.CASH)
    async with house.begin() as crm:
        assert "€100.00" in ReceiptView.of(await crm.receipts.get(receipt.id)).text


async def test_the_receipts_of_a_year_are_told_by_number(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        for n in range(1, 6):
            await issue_receipt(crm, (await make_gift(crm, donor, n)).id)
        page = await crm.receipts.of_year(YEAR, beyond=2, limit=2)
        assert [receipt.serial for receipt in page.rows] == [3, 4]
        assert {receipt.kind for receipt in page.rows} == {ReceiptKind.SINGLE}
