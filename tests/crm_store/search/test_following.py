"""The index follows every change in the transaction that makes it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update

from crm_store.contacts.actions import change_person
from crm_store.contacts.merging import merge_people, undo_merge
from crm_store.contacts.models import Address, Company, IdentifierKind, Person
from crm_store.contacts.testing import make_company, make_identifier, make_person
from crm_store.donors.actions import remove_donor, restore_donor
from crm_store.donors.merging import merge_donors
from crm_store.donors.testing import make_donor
from crm_store.gifts.testing import make_gift
from crm_store.search import indexing
from crm_store.search.models import Findable, SearchEntry, SearchKey, SearchTerm
from crm_store.search.rebuilding import rebuild, reindex, stale
from crm_store.search.sources import INDEXED


async def found(crm, typed, *kinds):
    return [hit.id for hit in (await crm.search.find(typed, kinds or None)).hits]


async def nothing_is_stale(crm):
    for kind in INDEXED:
        assert (await stale(crm, kind)).ids == (), kind
    filed = select(SearchEntry.id, func.unnest(SearchEntry.terms), SearchEntry.weight)
    posted = select(SearchTerm.entry_id, SearchTerm.term, SearchTerm.weight)
    rows = [set(map(tuple, await crm.session.execute(query))) for query in (filed, posted)]
    assert rows[0] == rows[1]


async def test_a_record_is_found_in_the_transaction_that_makes_it(house):
    async with house.begin() as crm:
        person = await make_person(crm, "Ruth Cohen")
        assert await found(crm, "ruth cohen") == [person.id]


async def test_a_rename_is_followed_by_the_person_and_the_donor(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        person_id = (await found(crm, "Ruth Cohen", Findable.PERSON))[0]
    async with house.begin() as crm:
        await change_person(crm, person_id, family_name="Abravanel")
    async with house.begin() as crm:
        assert await found(crm, "Abravanel") == [donor.id]
        assert await found(crm, "Ruth Cohen", Findable.PERSON) != [person_id]
        assert await found(crm, "David Cohen", Findable.DONOR) == [donor.id]
        await nothing_is_stale(crm)


async def test_what_is_undone_leaves_no_trace(house):
    with pytest.raises(RuntimeError):
        async with house.begin() as crm:
            await make_person(crm, "Ruth Cohen")
            await crm.search.find("Ruth Cohen")
            raise RuntimeError
    async with house.begin() as crm:
        assert await found(crm, "Ruth Cohen") == []


async def test_deleting_takes_out_and_restoring_puts_back(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen")
    async with house.begin() as crm:
        await remove_donor(crm, donor.id)
    async with house.begin() as crm:
        assert await found(crm, "Ruth Cohen", Findable.DONOR) == []
        await nothing_is_stale(crm)
        await restore_donor(crm, donor.id)
        assert await found(crm, "Ruth Cohen", Findable.DONOR) == [donor.id]


async def test_identifiers_addresses_and_gifts_are_followed(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", address={"city": "Athens"})
        person = await crm.session.scalar(select(Person))
    async with house.begin() as crm:
        person = await crm.people.get(person.id)
        await make_identifier(crm, person, IdentifierKind.PHONE, "+30 210 555 4417")
        await crm.session.execute(text("SELECT 1"))
        address = await crm.session.scalar(select(Address))
        address.city = "Haifa"
        await make_gift(crm, donor, 10_000, date(2024, 5, 1))
    async with house.begin() as crm:
        assert await found(crm, "4417") == [person.id]
        hit = (await crm.search.find("Cohen Haifa", [Findable.DONOR])).hits[0]
        assert (hit.place, hit.last_gift_year) == ("Haifa", 2024)
        assert (await crm.session.get(SearchEntry, (house.org_id, donor.id))).weight > 30
        await nothing_is_stale(crm)


async def test_a_merge_leaves_one_and_undoing_it_brings_back_two(house):
    async with house.begin() as crm:
        keep = await make_person(crm, "Ruth Cohen", phone="+30 210 555 0001")
        lose = await make_person(crm, "Rut Kohen", phone="+30 210 555 0002")
    async with house.begin() as crm:
        merge = await merge_people(crm, keep.id, lose.id)
    async with house.begin() as crm:
        assert await found(crm, "Ruth Cohen") == [keep.id]
        assert await found(crm, "+30 210 555 0002") == [keep.id]
        await nothing_is_stale(crm)
    async with house.begin() as crm:
        await undo_merge(crm, merge.id)
    async with house.begin() as crm:
        assert await found(crm, "+30 210 555 0002") == [lose.id]
        await nothing_is_stale(crm)


async def test_merged_donors_are_one_entry(house):
    async with house.begin() as crm:
        keep = await make_donor(crm, "Ruth Cohen")
        lose = await make_donor(crm, "Ruth Kohen")
        await make_gift(crm, lose, 900)
    async with house.begin() as crm:
        await merge_donors(crm, keep.id, lose.id)
    async with house.begin() as crm:
        assert await found(crm, "Ruth Cohen", Findable.DONOR) == [keep.id]
        await nothing_is_stale(crm)


async def test_a_bulk_statement_is_followed_where_it_names_its_rows(house):
    async with house.begin() as crm:
        company = await make_company(crm, "Acme Foundation")
    async with house.begin() as crm:
        await crm.session.execute(update(Company).values(name="Zenith Trust"))
    async with house.begin() as crm:
        assert (await stale(crm, Findable.COMPANY)).outdated == (company.id,)
        indexing.touch(crm.session, "company", [company.id])
        assert await found(crm, "Zenith") == [company.id]


async def test_stale_tells_missing_outdated_and_orphaned_apart(house):
    async with house.begin() as crm:
        ruth, david, noa = [await make_person(crm, f"{n} Cohen") for n in ("Ruth", "David", "Noa")]
    async with house.begin() as crm:
        execute = crm.session.execute
        await execute(text("DELETE FROM search_entries WHERE id = :id"), {"id": ruth.id})
        await execute(text("UPDATE search_entries SET place = 'X' WHERE id = :i"), {"i": david.id})
        await execute(text("UPDATE people SET deleted_at = now() WHERE id = :i"), {"i": noa.id})
        wrong = await stale(crm, Findable.PERSON)
        assert (wrong.missing, wrong.outdated, wrong.orphaned) == (
            (ruth.id,), (david.id,), (noa.id,),
        )  # fmt: skip
        assert await reindex(crm, Findable.PERSON, wrong.ids) == 3
        assert (await stale(crm, Findable.PERSON)).ids == ()


async def test_a_rebuild_makes_the_same_index_and_forgets_unused_words(house, neighbour):
    async with neighbour.begin() as crm:
        theirs = await make_donor(crm, "Xenia Onassis")
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        person = await make_person(crm, "Quentin Cohen")
        person.given_name = "Noa"
    async with house.begin() as crm:
        entries = select(SearchEntry.id, SearchEntry.label, SearchEntry.terms, SearchEntry.weight)
        before = set(map(repr, (await crm.session.execute(entries)).all()))
        assert await rebuild(crm) == 4
        assert set(map(repr, (await crm.session.execute(entries)).all())) == before
        unused = select(SearchKey.term).where(SearchKey.key == "quentin")
        assert (await crm.session.scalars(unused)).all() == []
        assert await found(crm, "Ruth & David Cohen") == [donor.id]
        await nothing_is_stale(crm)
    async with neighbour.begin() as crm:
        assert await found(crm, "Onassis") == [theirs.id]


async def test_many_new_records_are_entered_at_once(house):
    async with house.begin() as crm:
        execute = crm.session.execute
        await execute(
            text(
                "INSERT INTO people (org_id, id, given_name, family_name, given_key, family_key,"
                " sound_key, lead_score, is_vip, is_active, do_not_contact, is_deceased)"
                " SELECT app_org(), gen_random_uuid(), 'Given' || n, 'Family' || n, '', '', '',"
                " 0, false, true, false, false FROM generate_series(1, 500) n"
            )
        )
        ids = (await crm.session.scalars(select(Person.id))).all()
        assert await reindex(crm, Findable.PERSON, ids) == 500
        assert len(await found(crm, "Given77 Family77")) == 1
        await nothing_is_stale(crm)


NAMES = st.text(
    st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_categories=["Cc", "Cs"]),
        st.sampled_from("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώΑΒΓΔ"),
        st.sampled_from("אבגדהוזחטיכךלמםנןסעפףצץקרשתָּׁ"),
        st.sampled_from("🌻🎗️👩‍👩‍👧❤"),
    ),
    min_size=1,
    max_size=24,
)


@given(given_name=NAMES, family_name=NAMES)
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_is_filed_is_found_by_its_label(house, given_name, family_name):
    async with house.begin() as crm:
        person = Person(given_name=given_name.strip(), family_name=family_name.strip())
        crm.session.add(person)
        await crm.flush()
        await indexing.follow(crm.session)
        entry = await crm.session.get(SearchEntry, (house.org_id, person.id))
        if entry.terms:
            assert person.id in [hit.id for hit in (await crm.search.find(entry.label)).hits]
        await crm.session.delete(person)
