"""Two records that were one: everything moves, nothing is lost, and it can be taken back."""

from datetime import date

import pytest
from sqlalchemy import func, select

from crm_store.actor import Reach
from crm_store.base import Base, now
from crm_store.contacts.actions import change_person, move_in
from crm_store.contacts.folding import AlreadyMerged, CannotUndo
from crm_store.contacts.identifying import add_identifier
from crm_store.contacts.merging import (
    merge_companies,
    merge_households,
    merge_people,
    preview_merge,
    undo_merge,
)
from crm_store.contacts.models import (
    IdentifierKind,
    Merge,
    MergeKind,
    Person,
    Tagging,
)
from crm_store.contacts.references import references
from crm_store.contacts.remarks import tag
from crm_store.contacts.testing import (
    make_activity,
    make_company,
    make_household,
    make_note,
    make_person,
    make_tag,
)
from crm_store.contacts.visibility import model_of
from crm_store.donors.testing import make_donor
from crm_store.errors import Invalid, NotFound, NotVisible, Refused
from crm_store.gifts.testing import make_gift


async def snapshot(crm, *ids):
    """Every row that names one of these records, and the records themselves."""
    seen = {}
    wanted = {str(one) for one in ids}
    for table in Base.metadata.sorted_tables:
        if "org_id" not in table.c or "id" not in table.c or table.name in ("merges", "audit_log"):
            continue
        for row in (await crm.session.execute(select(table))).mappings():
            cells = {
                name: str(value)
                for name, value in row.items()
                if name not in ("updated_at", "updated_by", "indexed_at")
            }
            if wanted & set(cells.values()):
                seen[table.name, cells["id"]] = cells
    return seen


async def test_every_reference_there_is_moves_and_comes_back(house):
    async with house.begin() as crm:
        keep = await make_person(crm, "Ruth Cohen")
        lose = await make_person(crm, "Rut Cohen", address={"city": "Haifa"}, job_title="Judge")
        await make_note(crm, person_id=lose.id)
        await make_activity(crm, person_id=lose.id)
        await make_tag(crm, "Board", person_id=lose.id)
    async with house.begin() as crm:
        before = await snapshot(crm, keep.id, lose.id)
        merge = await merge_people(crm, keep.id, lose.id)
        for one in references("people"):
            left = await crm.session.scalar(
                select(func.count()).select_from(one.table).where(one.column == lose.id)
            )
            assert left == 0, one.name
    async with house.begin() as crm:
        await undo_merge(crm, merge.id)
    async with house.begin() as crm:
        assert await snapshot(crm, keep.id, lose.id) == before


def test_no_reference_to_a_mergeable_record_is_overlooked():
    """Whatever foreign key points at people, companies, households or donors is one that moves."""
    for target in ("people", "companies", "households", "donors"):
        known = {one.name for one in references(target)}
        for table in Base.metadata.sorted_tables:
            if table.name == "merges" or getattr(model_of(table.name), "derived", False):
                continue
            for key in table.foreign_key_constraints:
                if key.referred_table.name == target:
                    (column,) = (c.name for c in key.columns if c.name != "org_id")
                    assert column == "merged_into_id" or f"{table.name}.{column}" in known


async def test_the_survivor_keeps_what_it_knows_and_gains_what_it_lacks(house):
    async with house.begin() as crm:
        keep = await make_person(crm, "Ruth Cohen", birthday=date(1960, 5, 1))
        lose = await make_person(
            crm, "Ruth Cohen", birthday=date(1961, 5, 1), prefix="Dr", do_not_contact=True
        )
        await merge_people(crm, keep.id, lose.id)
        assert (keep.birthday, keep.prefix) == (date(1960, 5, 1), "Dr")
        assert keep.do_not_contact


async def test_a_chosen_field_comes_from_the_one_that_is_lost(house):
    async with house.begin() as crm:
        keep = await make_person(crm, "Ruth Cohen", birthday=date(1960, 5, 1))
        lose = await make_person(crm, "Ruth Levi", birthday=date(1961, 5, 1))
        merge = await merge_people(
            crm, keep.id, lose.id, {"family_name": "lose", "birthday": "lose"}
        )
        assert (keep.name, keep.birthday) == ("Ruth Levi", date(1961, 5, 1))
        await undo_merge(crm, merge.id)
        assert (keep.name, keep.birthday) == ("Ruth Cohen", date(1960, 5, 1))
        with pytest.raises(Invalid):
            await merge_people(crm, keep.id, lose.id, {"shoe_size": "lose"})


async def test_a_preview_counts_and_compares_and_changes_nothing(house):
    async with house.begin() as crm:
        keep = await make_person(crm, "Ruth Cohen", prefix="Ms")
        lose = await make_person(crm, "Ruth Cohen", prefix="Dr")
        await make_note(crm, person_id=lose.id)
        await make_note(crm, "Has a dog.", person_id=lose.id)
    async with house.begin() as crm:
        seen = await preview_merge(crm, MergeKind.PEOPLE, keep.id, lose.id)
        assert seen.moves["notes.person_id"] == 2
        assert seen.moves["identifiers.person_id"] == 1
        assert [(d.field, d.keep, d.lose, d.becomes) for d in seen.fields] == [
            ("prefix", "Ms", "Dr", "Ms")
        ]
        assert await crm.people.count() == 2
        assert not crm.session.dirty


async def test_two_first_addresses_leave_one_first_address(house):
    async with house.begin() as crm:
        keep = await make_person(crm, "Ruth Cohen", address={"city": "Haifa"})
        lose = await make_person(crm, "Ruth Cohen", address={"city": "Akko"}, phone="+302101234567")
        merge = await merge_people(crm, keep.id, lose.id)
        emails = await crm.identifiers.of(person_id=keep.id)
        first = [(i.kind, i.is_primary) for i in emails]
        assert sorted(first) == [("email", False), ("email", True), ("phone", True)]
        addresses = {a.city: a.is_primary for a in await crm.addresses.of(person_id=keep.id)}
        assert addresses == {"Haifa": True, "Akko": False}
        assert {c["rule"] for c in merge.conflicts} == {"moved in second place"}
        await undo_merge(crm, merge.id)
        assert [a.is_primary for a in await crm.addresses.of(person_id=lose.id)] == [True]


async def test_the_same_tag_on_both_is_on_the_survivor_once(house):
    async with house.begin() as crm:
        keep, lose = await make_person(crm), await make_person(crm)
        await tag(crm, "Board", person_id=keep.id)
        await tag(crm, "Board", person_id=lose.id)
        await tag(crm, "Choir", person_id=lose.id)
        merge = await merge_people(crm, keep.id, lose.id)
        assert [t.name for t in await crm.tags.on(person_id=keep.id)] == ["Board", "Choir"]
        await undo_merge(crm, merge.id)
        assert [t.name for t in await crm.tags.on(person_id=keep.id)] == ["Board"]
        assert [t.name for t in await crm.tags.on(person_id=lose.id)] == ["Board", "Choir"]


async def test_a_shared_address_that_both_had_is_not_left_to_a_ghost(house):
    async with house.begin() as crm:
        keep = await make_person(crm, "Ruth Cohen", email="cohens@example.org", shared=True)
        lose = await make_person(crm, "Ruth Kohen", email="cohens@example.org", shared=True)
        merge = await merge_people(crm, keep.id, lose.id)
        bearing = await crm.people.with_identifier(IdentifierKind.EMAIL, "cohens@example.org")
        assert [p.id for p in bearing] == [keep.id]
        await undo_merge(crm, merge.id)
        bearing = await crm.people.with_identifier(IdentifierKind.EMAIL, "cohens@example.org")
        assert {p.id for p in bearing} == {keep.id, lose.id}


async def test_one_clash_among_many_rows_does_not_keep_the_others(house):
    async with house.begin() as crm:
        keep, lose = await make_person(crm), await make_person(crm)
        for number in range(9):
            await tag(crm, f"Tag {number}", person_id=lose.id)
        await tag(crm, "Tag 4", person_id=keep.id)
        merge = await merge_people(crm, keep.id, lose.id)
        assert len(merge.moved["taggings.person_id"]) == 8
        assert len(merge.conflicts) == 2  # the tag, and the second first e-mail address
        mine = select(func.count()).where(Tagging.person_id == keep.id)
        assert await crm.session.scalar(mine) == 9


async def test_merging_twice_or_in_a_circle_is_refused(house):
    async with house.begin() as crm:
        a, b = await make_person(crm), await make_person(crm)
        await merge_people(crm, a.id, b.id)
        with pytest.raises(AlreadyMerged):
            await merge_people(crm, a.id, b.id)
        with pytest.raises(AlreadyMerged):
            await merge_people(crm, b.id, a.id)
        with pytest.raises(Invalid):
            await merge_people(crm, a.id, a.id)


async def test_a_foreign_id_is_as_missing_as_an_unknown_one(house, neighbour):
    async with neighbour.begin() as crm:
        theirs = await make_person(crm)
        merge = await merge_people(crm, theirs.id, (await make_person(crm)).id)
    async with house.begin() as crm:
        mine = await make_person(crm)
        answers = set()
        for other in (theirs.id, merge.id):
            for pair in ((mine.id, other), (other, mine.id)):
                with pytest.raises(NotFound) as refusal:
                    await merge_people(crm, *pair)
                answers.add(str(refusal.value))
        with pytest.raises(NotFound):
            await undo_merge(crm, merge.id)
        assert len(answers) == 1


async def test_nobody_merges_a_record_they_cannot_see(house):
    async with house.begin() as crm:
        mine = await make_person(crm, owner_id=house.director.member_id)
        hidden = await make_person(crm)
    officer = house.actor(reach=Reach.OWN)
    async with house.begin(officer) as crm:
        with pytest.raises(NotVisible):
            await merge_people(crm, mine.id, hidden.id)
    reader = house.actor(scopes=frozenset({"contacts:read", "donors:read"}))
    async with house.begin(reader) as crm:
        with pytest.raises(Refused):
            await merge_people(crm, mine.id, hidden.id)


async def test_chains_come_apart_in_the_order_they_were_made(house):
    async with house.begin() as crm:
        a, b, c = await make_person(crm), await make_person(crm), await make_person(crm)
        first = await merge_people(crm, b.id, c.id)
        second = await merge_people(crm, a.id, b.id)
        with pytest.raises(CannotUndo, match="undo that merge first"):
            await undo_merge(crm, first.id)
        await undo_merge(crm, second.id)
        await undo_merge(crm, first.id)
        assert await crm.people.count() == 3
        with pytest.raises(AlreadyMerged):
            await undo_merge(crm, first.id)
        for person in (a, b, c):
            assert len(await crm.identifiers.of(person_id=person.id)) == 1


async def test_what_was_changed_after_a_merge_stays_when_it_is_undone(house):
    async with house.begin() as crm:
        keep, lose = await make_person(crm, "Ruth Cohen"), await make_person(crm, "Ruth Levi")
        lose.prefix, lose.nickname = "Dr", "Ruti"
        merge = await merge_people(crm, keep.id, lose.id)
        await change_person(crm, keep.id, prefix="Prof")
        note = await make_note(crm, person_id=keep.id)
        await undo_merge(crm, merge.id)
        assert (keep.prefix, keep.nickname) == ("Prof", None)
        assert note.person_id == keep.id


async def test_an_undo_is_refused_when_the_address_is_another_s_by_now(house):
    async with house.begin() as crm:
        keep = await make_person(crm, email="cohens@example.org", shared=True)
        lose = await make_person(crm, email="cohens@example.org", shared=True)
        merge = await merge_people(crm, keep.id, lose.id)
    async with house.begin() as crm:
        for identifier in await crm.identifiers.of(person_id=keep.id):
            identifier.deleted_at = now()
        await crm.flush()
        other = await make_person(crm, "Dana Levi", email="cohens@example.org")
    with pytest.raises(CannotUndo):
        async with house.begin() as crm:
            gone = await crm.session.get(Merge, (house.org_id, merge.id))
            twin = next(c for c in gone.conflicts if c["rule"].startswith("stays"))
            table = Base.metadata.tables["identifiers"]
            await crm.session.execute(
                table.update().where(table.c.id == twin["row"]).values(is_shared=False)
            )
            await undo_merge(crm, merge.id)
    async with house.begin() as crm:
        assert (await crm.people.get(other.id)).name == "Dana Levi"
        assert await crm.session.scalar(select(Person.merged_into_id).where(Person.id == lose.id))


async def test_a_merge_that_dies_halfway_leaves_nothing_half_done(house):
    async with house.begin() as crm:
        keep = await make_donor(crm, "Ruth Cohen")
        lose = await make_donor(crm, "Ruth Cohen")
        people = await crm.donors.people_of([keep.id, lose.id])
        a, b = people[keep.id][0].id, people[lose.id][0].id
        await make_gift(crm, lose, 50)
    async with house.begin() as crm:
        before = await snapshot(crm, a, b, keep.id, lose.id)
    with pytest.raises(ZeroDivisionError):
        async with house.begin() as crm:
            await merge_people(crm, a, b)
            raise ZeroDivisionError
    async with house.begin() as crm:
        assert await snapshot(crm, a, b, keep.id, lose.id) == before
        assert await crm.merges.count() == 0


async def test_companies_merge_with_the_people_who_work_there(house):
    async with house.begin() as crm:
        keep = await make_company(crm, "Aegean Foods", afm="094014201")
        lose = await make_company(crm, "Aegean Foods A.E.", domain="aegean.example")
        worker = await make_person(crm, company_id=lose.id, job_title="Buyer")
        child = await make_company(crm, "Aegean Oil", parent_id=lose.id)
        merge = await merge_companies(crm, keep.id, lose.id)
        assert keep.domain == "aegean.example"
        assert [c.id for c in await crm.companies.of_person(worker.id)] == [keep.id]
        await crm.session.refresh(child)
        assert child.parent_id == keep.id
        await undo_merge(crm, merge.id)
        assert [c.id for c in await crm.companies.of_person(worker.id)] == [lose.id]


async def test_a_parent_merged_with_its_daughter_is_not_its_own_parent(house):
    async with house.begin() as crm:
        parent = await make_company(crm, "Aegean Foods")
        daughter = await make_company(crm, "Aegean Oil", parent_id=parent.id)
        merge = await merge_companies(crm, daughter.id, parent.id)
        await crm.session.refresh(daughter)
        assert daughter.parent_id is None
        await undo_merge(crm, merge.id)
        await crm.session.refresh(daughter)
        assert daughter.parent_id == parent.id


async def test_households_merge_with_everybody_in_them(house):
    async with house.begin() as crm:
        ruth, david, dana = [await make_person(crm, n) for n in ("Ruth C", "David C", "Dana C")]
        keep = await make_household(crm, ruth, david)
        lose = await make_household(crm, name="Cohen-Levi")
        await move_in(crm, lose.id, dana.id)
        merge = await merge_households(crm, keep.id, lose.id)
        assert len(await crm.people.living_in(keep.id)) == 3
        await undo_merge(crm, merge.id)
        assert [p.id for p in await crm.people.living_in(lose.id)] == [dana.id]


async def test_other_systems_find_the_survivor(house):
    table = Base.metadata.tables["external_ids"]
    async with house.begin() as crm:
        keep, lose = await make_person(crm), await make_person(crm)
        await add_identifier(crm, lose, IdentifierKind.EXTERNAL, "003A0001", source="Salesforce")
        known = model_of("external_ids")(
            source="salesforce", kind="Contact", external_id="003A0001",
            table_name="people", row_id=lose.id,
        )  # fmt: skip
        async with crm.granted("imports:write"):
            crm.session.add(known)
        merge = await merge_people(crm, keep.id, lose.id)
        where = table.c.external_id == "003A0001"
        assert await crm.session.scalar(select(table.c.row_id).where(where)) == keep.id
        (found,) = await crm.people.with_identifier(
            IdentifierKind.EXTERNAL, "003A0001", "salesforce"
        )
        assert found.id == keep.id
        await undo_merge(crm, merge.id)
        assert await crm.session.scalar(select(table.c.row_id).where(where)) == lose.id


async def test_a_merge_is_in_the_log_with_what_moved(house):
    async with house.begin() as crm:
        keep, lose = await make_person(crm), await make_person(crm)
        await merge_people(crm, keep.id, lose.id, reason="Same passport")
    async with house.begin() as crm:
        log = Base.metadata.tables["audit_log"]
        merged = select(func.count()).where(log.c.action == "merged", log.c.row_id == keep.id)
        assert await crm.session.scalar(merged) == 1
        (merge,) = await crm.merges.of_record(lose)
        assert merge.reason == "Same passport"
