"""An import is taken back whole, but for what has been used since."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from crm_store.contacts.testing import make_person
from crm_store.donors.testing import make_donor
from crm_store.gifts.actions import correct_gift, record_gift
from crm_store.gifts.receipting import issue_receipt
from crm_store.importers.fields import Noun
from crm_store.importers.testing import GIFT_HEADERS, bring_in, gift_rows, write_csv
from crm_store.importers.undoing import undo
from crm_store.search.models import Findable
from crm_store.search.rebuilding import stale

DATA = Path(__file__).parents[2] / "data"
LIVE = {
    "donors": "name, kind, external_id", "people": "given_name, family_name",
    "companies": "name", "gifts": "amount, currency, received_on, external_id",
    "identifiers": "normalised, is_shared", "leads": "email",
}  # fmt: skip
WHOLE = {
    "funds": "name", "tags": "name", "taggings": "id", "notes": "body", "external_ids": "id",
    "giving_years": "donor_id, fiscal_year, currency, total, gifts", "custom_values": "id",
    "donor_giving": "donor_id, currency, total, gifts, first_on, last_on",
    "search_entries": "id, label, weight, year",
}  # fmt: skip


async def picture(house):
    """Everything that can be seen, as it would be compared."""
    found = {}
    async with house.begin() as crm:
        for table, columns in LIVE.items():
            sql = f"SELECT {columns} FROM {table} WHERE deleted_at IS NULL ORDER BY id"
            found[table] = [tuple(row) for row in await crm.session.execute(text(sql))]
        for table, columns in WHOLE.items():
            sql = f"SELECT {columns} FROM {table} ORDER BY 1, 2" if "," in columns else (
                f"SELECT {columns} FROM {table} ORDER BY 1")  # fmt: skip
            found[table] = [tuple(row) for row in await crm.session.execute(text(sql))]
    return found


async def rows(house, sql):
    async with house.begin() as crm:
        return [tuple(row) for row in await crm.session.execute(text(sql))]


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        ("gifts_messy.csv", Noun.GIFTS), ("donors_greek_1253.csv", Noun.DONORS),
        ("people_hebrew_1255.csv", Noun.PEOPLE), ("leads_utf16.tsv", Noun.LEADS),
    ],
)  # fmt: skip
async def test_nothing_is_left_of_an_import_taken_back(house, name, noun):
    async with house.begin() as crm:
        ruth = await make_person(crm, "Ruth Cohen", email="ruth@example.org")
        donor = await make_donor(crm, "Avi Levi")
        await record_gift(crm, donor.id, 10, received_on=date(2024, 1, 5))
        assert ruth.id
    before = await picture(house)
    job_id = await bring_in(house, DATA / name, noun=noun)
    assert await picture(house) != before
    done = await undo(house.store, house.director, job_id)
    assert done.kept == []
    assert await picture(house) == before
    async with house.begin() as crm:
        for kind in (Findable.DONOR, Findable.PERSON, Findable.COMPANY, Findable.LEAD):
            assert (await stale(crm, kind)).ids == ()


async def test_taking_back_twice_does_nothing_and_the_file_may_come_again(house):
    job_id = await bring_in(house, DATA / "gifts_messy.csv")
    await undo(house.store, house.director, job_id)
    before = await picture(house)
    assert (await undo(house.store, house.director, job_id)).was_undone
    assert await picture(house) == before
    again = await bring_in(house, DATA / "gifts_messy.csv")
    async with house.begin() as crm:
        assert (await crm.import_jobs.get(again)).loaded_rows == 5


async def test_a_receipted_gift_and_its_donor_stay(house, tmp_path):
    path = write_csv(tmp_path / "g.csv", GIFT_HEADERS, gift_rows(6, donors=3))
    job_id = await bring_in(house, path)
    ((gift_id, donor_id),) = await rows(
        house, "SELECT id, donor_id FROM gifts WHERE external_id = 'G1'"
    )
    async with house.begin() as crm:
        await issue_receipt(crm, gift_id)
    done = await undo(house.store, house.director, job_id)
    assert "a receipt has been issued for it." in {reason.partition("Kept: ")[2]
                                                   for _, reason in done.kept}  # fmt: skip
    assert await rows(house, "SELECT id FROM gifts WHERE deleted_at IS NULL") == [(gift_id,)]
    assert await rows(house, "SELECT id FROM donors WHERE deleted_at IS NULL") == [(donor_id,)]
    assert await rows(house, "SELECT donor_id, gifts FROM donor_giving") == [(donor_id, 1)]


async def test_what_was_corrected_since_stays(house, tmp_path):
    path = write_csv(tmp_path / "g.csv", GIFT_HEADERS, gift_rows(4, donors=4))
    job_id = await bring_in(house, path)
    ((gift_id,),) = await rows(house, "SELECT id FROM gifts WHERE external_id = 'G2'")
    async with house.begin() as crm:
        await correct_gift(crm, gift_id, notes="They rang about it")
    done = await undo(house.store, house.director, job_id)
    assert [reason for _, reason in done.kept] == ["Kept: it was changed since."]
    assert await rows(house, "SELECT count(*) FROM donors WHERE deleted_at IS NULL") == [(1,)]


async def test_a_donor_who_gave_since_stays_without_the_imported_gift(house, tmp_path):
    path = write_csv(tmp_path / "g.csv", GIFT_HEADERS, gift_rows(4, donors=4))
    job_id = await bring_in(house, path)
    donors = await rows(house, "SELECT donor_id FROM gifts WHERE external_id = 'G0'")
    async with house.begin() as crm:
        await record_gift(crm, donors[0][0], 500, received_on=date(2024, 6, 1))
    await undo(house.store, house.director, job_id)
    assert await rows(house, "SELECT id FROM donors WHERE deleted_at IS NULL") == donors
    assert await rows(house, "SELECT total FROM donor_giving") == [(500,)]
    assert await rows(house, "SELECT count(*) FROM people WHERE deleted_at IS NULL") == [(1,)]


async def test_a_later_import_keeps_the_donors_it_found(house, tmp_path):
    first = await bring_in(
        house, write_csv(tmp_path / "a.csv", GIFT_HEADERS, gift_rows(10, donors=5))
    )
    second = await bring_in(
        house, write_csv(tmp_path / "b.csv", GIFT_HEADERS, gift_rows(10, donors=5, start=10))
    )
    await undo(house.store, house.director, first)
    count = "SELECT count(*) FROM gifts WHERE deleted_at IS NULL"
    assert await rows(house, count) == [(10,)]
    assert await rows(house, "SELECT count(*) FROM donors WHERE deleted_at IS NULL") == [(5,)]
    await undo(house.store, house.director, second)
    assert await rows(house, count) == [(0,)]
