"""Lists taken out as spreadsheets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crm_store.contacts.testing import make_person
from crm_store.donors.actions import add_donor
from crm_store.errors import NotFound, Refused
from crm_store.gifts.testing import make_gift
from crm_store.privacy.lists import Listed, list_out, written
from crm_store.segments.testing import make_segment

PRIVATE = {"street", "postal code", "e-mail", "phone"}


async def rows(listing):
    return [dict(zip(listing.headings, row, strict=True)) async for row in listing.rows]


async def seed(house):
    async with house.begin() as crm:
        for name, amount in (("Ruth Cohen", 120), ("=Eleni Markou", 80)):
            person = await make_person(crm, name, phone=f"+357991112{amount:02}")
            donor = await add_donor(crm, [person.id])
            await make_gift(crm, donor, amount, date(2025, 3, amount % 28 + 1))


async def test_a_list_holds_everybody_with_totals(house):
    await seed(house)
    async with house.begin() as crm:
        found = await list_out(crm, Listed.DONORS)
        listed = await rows(found)
    assert found.total == len(listed) == 2
    ruth = next(row for row in listed if row["name"] == "Ruth Cohen")
    assert (ruth["given in all"], ruth["gifts"]) == ("120 EUR", "1")
    assert ruth["e-mail"].endswith("@example.org")


@pytest.mark.parametrize("what", list(Listed))
async def test_every_list_leaves_nothing_that_a_spreadsheet_would_run(house, what):
    await seed(house)
    async with house.begin() as crm:
        for row in await rows(await list_out(crm, what)):
            assert not [cell for cell in row.values() if cell[:1] in set("=+-@\t\r\n")]


def test_text_that_could_be_a_formula_is_only_text():
    assert written('=HYPERLINK("x")') == '\'=HYPERLINK("x")'
    assert [written(start + "1")[0] for start in "+-@\t\r\n"] == ["'"] * 6
    assert [written(value) for value in (None, True, Decimal("100.0000"), Decimal(-3))] == [
        "", "yes", "100", "-3",
    ]  # fmt: skip


async def test_amounts_and_private_facts_are_left_out_without_their_rights(house):
    await seed(house)
    scopes = house.director.scopes - {"amounts:read", "personal:read"}
    async with house.begin(house.actor(scopes=scopes)) as crm:
        found = await list_out(crm, Listed.DONORS)
        assert set(found.left_out) == PRIVATE | {"given in all"}
        assert not set(found.headings) & set(found.left_out)
        gifts = await list_out(crm, Listed.GIFTS)
        assert set(gifts.left_out) == {"amount", "refunded"}


async def test_a_segment_narrows_every_list(house):
    await seed(house)
    async with house.begin() as crm:
        large = {"kind": "field", "field": "total_given", "is": "at_least", "value": 100}
        await make_segment(crm, "Large", large)
    for what in Listed:
        async with house.begin() as crm:
            assert (await list_out(crm, what, "Large")).total == 1
    async with house.begin() as crm:
        with pytest.raises(NotFound):
            await list_out(crm, Listed.DONORS, "Small")


async def test_lists_need_the_right_to_export(house):
    async with house.begin(house.actor(scopes=house.director.scopes - {"exports:run"})) as crm:
        with pytest.raises(Refused):
            await list_out(crm, Listed.PEOPLE)


async def test_a_list_shows_no_neighbours(house, neighbour):
    await seed(neighbour)
    async with house.begin() as crm:
        assert (await list_out(crm, Listed.GIFTS)).total == 0
