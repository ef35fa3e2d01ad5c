"""Tags, notes, activities, pictures and fields of one's own."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.contacts.actions import employ, move_out
from crm_store.contacts.custom import require_custom_values, set_custom_value
from crm_store.contacts.models import ActivityKind, ActivityStatus
from crm_store.contacts.remarks import (
    add_image,
    complete_activity,
    log_activity,
    pin_note,
    remove_note,
    tag,
    untag,
    write_note,
)
from crm_store.contacts.testing import make_company, make_household, make_person
from crm_store.contacts.views import AddressView, PersonView
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid, NotFound, Refused
from crm_store.gifts.testing import make_gift
from crm_store.orgs.custom_fields import WrongValue, define_field
from crm_store.orgs.models import FieldNoun, FieldType

THEN = datetime(2025, 3, 1, 12, tzinfo=UTC)


async def test_the_same_word_is_one_tag_in_any_case_and_accent(house):
    async with house.begin() as crm:
        person, donor = await make_person(crm), await make_donor(crm)
        first = await tag(crm, "Φίλος", person_id=person.id)
        again = await tag(
            crm,
            " ΦΙΛΟΣ ",
            person_id=person.id,
        )
        await tag(crm, "φιλος", donor_id=donor.id)
        assert first.id == again.id
        assert len(await crm.taggings.all()) == 2
        await untag(crm, "φίλος", person_id=person.id)
        await untag(crm, "never heard of", person_id=person.id)
        assert await crm.tags.on(person_id=person.id) == []
        assert [t.name for t in await crm.tags.on(donor_id=donor.id)] == ["Φίλος"]
        with pytest.raises(Invalid):
            await tag(crm, " ! ")


async def test_notes_are_about_one_record_newest_first_and_pinned_apart(house):
    async with house.begin() as crm:
        person = await make_person(crm)
        for number in range(5):
            at = THEN.replace(day=1 + number)
            await write_note(crm, f"Note {number}", person_id=person.id, at=at)
        page = await crm.notes.about(person_id=person.id, limit=3)
        rest = await crm.notes.about(person_id=person.id, limit=3, after=page.next)
        told = [n.body for n in (*page.rows, *rest.rows)]
        assert told == [f"Note {n}" for n in (4, 3, 2, 1, 0)]
        await pin_note(crm, page.rows[2].id)
        assert [n.body for n in await crm.notes.pinned(person_id=person.id)] == ["Note 2"]
        await remove_note(crm, page.rows[2].id)
        assert await crm.notes.pinned(person_id=person.id) == []
        for bad in ({}, {"person_id": person.id, "donor_id": person.id}, {"shoe_id": person.id}):
            with pytest.raises(Invalid):
                await write_note(crm, "Hello", **bad)
        with pytest.raises(Invalid):
            await write_note(crm, "   ", person_id=person.id)


async def test_nobody_writes_about_what_they_cannot_see(house, neighbour):
    async with neighbour.begin() as crm:
        theirs = await make_person(crm)
    async with house.begin() as crm:
        hidden = await make_person(crm)
        for row_id in (theirs.id, new_id()):
            with pytest.raises(NotFound):
                await write_note(crm, "Hello", person_id=row_id)
            with pytest.raises(NotFound):
                await tag(crm, "Board", person_id=row_id)
    officer = house.actor(reach=Reach.OWN)
    async with house.begin(officer) as crm:
        with pytest.raises(NotFound):
            await write_note(crm, "Hello", person_id=hidden.id)
        with pytest.raises(NotFound):
            await log_activity(crm, kind=ActivityKind.CALL, subject="Hello", person_id=hidden.id)


async def test_what_is_said_of_a_hidden_record_is_hidden(house):
    async with house.begin() as crm:
        hidden = await make_donor(crm)
        mine = await make_person(crm, owner_id=house.director.member_id)
        await write_note(crm, "Secret", donor_id=hidden.id)
        await write_note(crm, "Known", person_id=mine.id)
        await log_activity(
            crm, kind=ActivityKind.CALL, subject="Both", person_id=mine.id, donor_id=hidden.id
        )
    officer = house.actor(reach=Reach.OWN)
    async with house.begin(officer) as crm:
        assert [n.body for n in await crm.notes.all()] == ["Known"]
        assert await crm.activities.all() == []


async def test_being_in_touch_shows_on_the_person_and_the_donor(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        (person,) = (await crm.donors.people_of([donor.id]))[donor.id]
    clerk = house.actor(scopes=frozenset({"contacts:read", "contacts:write", "donors:read"}))
    async with house.begin(clerk) as crm:
        await log_activity(
            crm, kind=ActivityKind.CALL, subject="Rang", at=THEN, person_id=person.id,
            donor_id=donor.id,
        )  # fmt: skip
        await log_activity(
            crm, kind=ActivityKind.CALL, subject="Rang before", at=THEN.replace(year=2024),
            person_id=person.id,
        )  # fmt: skip
        await log_activity(
            crm, kind=ActivityKind.STATUS_CHANGE, subject="Moved", person_id=person.id
        )
        assert (await crm.people.get(person.id)).last_contacted_at == THEN
        assert (await crm.donors.get(donor.id)).last_contacted_at == THEN


async def test_a_planned_activity_counts_once_it_has_happened(house):
    async with house.begin() as crm:
        person = await make_person(crm)
        visit = await log_activity(
            crm, kind=ActivityKind.VISIT, subject="Visit", status=ActivityStatus.PLANNED,
            due_at=THEN, person_id=person.id,
        )  # fmt: skip
        assert person.last_contacted_at is None
        assert [a.id for a in await crm.activities.open_of(person_id=person.id)] == [visit.id]
        await complete_activity(crm, visit.id, "Left a book", at=THEN.replace(day=2))
        assert person.last_contacted_at == THEN.replace(day=2)
        assert await crm.activities.open_of(person_id=person.id) == []
        mine = await crm.activities.of_member(house.director.member_id)
        assert [a.outcome for a in mine.rows] == ["Left a book"]


async def test_a_picture_is_kept_by_its_address(house):
    async with house.begin() as crm:
        person = await make_person(crm)
        await add_image(
            crm, person_id=person.id, url="https://cdn.example/r.jpg", filename="r.jpg",
            mime_type="image/jpeg", size_bytes=1024,
        )  # fmt: skip
        assert len(await crm.images.of(person_id=person.id)) == 1


FIELDS = [
    (FieldType.TEXT, " Violin ", "Violin"),
    (FieldType.NUMBER, "1234.5", Decimal("1234.5")),
    (FieldType.DATE, date(2025, 3, 1), date(2025, 3, 1)),
    (FieldType.SELECT, "red", "Red"),
    (FieldType.MULTISELECT, ["red", "Blue"], ["Red", "Blue"]),
    (FieldType.CHECKBOX, "no", False),
]


@pytest.mark.parametrize(("kind", "given", "kept"), FIELDS)
async def test_a_field_keeps_what_its_type_says(house, kind, given, kept):
    options = ["Red", "Blue"] if kind in (FieldType.SELECT, FieldType.MULTISELECT) else []
    async with house.begin() as crm:
        person = await make_person(crm)
        await define_field(crm, FieldNoun.PERSON, "extra", "Extra", kind, options=options)
        await set_custom_value(crm, FieldNoun.PERSON, person.id, "extra", given)
        await set_custom_value(crm, FieldNoun.PERSON, person.id, "extra", given)
        assert await crm.custom_values.by_name(FieldNoun.PERSON, person.id) == {"extra": kept}
        wrong = {
            FieldType.TEXT: 5, FieldType.NUMBER: "many", FieldType.DATE: "yesterday",
            FieldType.SELECT: "green", FieldType.MULTISELECT: ["Red", "green"],
            FieldType.CHECKBOX: "perhaps",
        }[kind]  # fmt: skip
        with pytest.raises(WrongValue):
            await set_custom_value(crm, FieldNoun.PERSON, person.id, "extra", wrong)
        await set_custom_value(crm, FieldNoun.PERSON, person.id, "extra", None)
        assert await crm.custom_values.by_name(FieldNoun.PERSON, person.id) == {}


async def test_numbers_that_do_not_fit_are_refused_not_rounded(house):
    async with house.begin() as crm:
        person = await make_person(crm)
        await define_field(crm, FieldNoun.PERSON, "size", "Size", FieldType.NUMBER)
        for number in ("1e20", "0.00001", "-1e14"):
            with pytest.raises(WrongValue):
                await set_custom_value(crm, FieldNoun.PERSON, person.id, "size", number)
        await set_custom_value(crm, FieldNoun.PERSON, person.id, "size", "99999999999999.9999")


async def test_a_required_field_is_asked_for_by_its_label(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        await define_field(crm, FieldNoun.DONOR, "faith", "Faith", FieldType.TEXT, is_required=True)
        with pytest.raises(Conflict, match="Faith"):
            await require_custom_values(crm, FieldNoun.DONOR, donor.id)
        await set_custom_value(crm, FieldNoun.DONOR, donor.id, "faith", "Jewish")
        await require_custom_values(crm, FieldNoun.DONOR, donor.id)
        with pytest.raises(NotFound):
            await set_custom_value(crm, FieldNoun.DONOR, donor.id, "unknown", "x")


async def test_who_may_change_the_record_may_fill_its_fields(house):
    async with house.begin() as crm:
        gift = await make_gift(crm, await make_donor(crm))
        await define_field(crm, FieldNoun.GIFT, "code", "Code", FieldType.TEXT)
    cashier = house.actor(scopes=frozenset({"gifts:read", "gifts:write"}))
    async with house.begin(cashier) as crm:
        await set_custom_value(crm, FieldNoun.GIFT, gift.id, "code", "A7")
    reader = house.actor(scopes=frozenset({"gifts:read"}))
    async with house.begin(reader) as crm:
        with pytest.raises(Refused):
            await set_custom_value(crm, FieldNoun.GIFT, gift.id, "code", "B8")


async def test_work_and_home_have_a_history(house):
    async with house.begin() as crm:
        person = await make_person(crm, job_title="Clerk")
        firm = await make_company(crm)
        await employ(crm, person, firm.id, title="Judge")
        jobs = {job.title: job.is_primary for job in await crm.employments.of(person_id=person.id)}
        assert jobs == {"Clerk": False, "Judge": True}
        home = await make_household(crm, person)
        assert [p.id for p in await crm.people.living_in(home.id)] == [person.id]
        await move_out(crm, person.id)
        assert await crm.people.living_in(home.id) == []


async def test_birthdays_come_round_every_year(house):
    async with house.begin() as crm:
        leap = await make_person(crm, "Leap Levi", birthday=date(1960, 2, 29))
        await make_person(crm, "May Levi", birthday=date(1970, 5, 1))
        dead = await make_person(crm, "Gone Levi", birthday=date(1900, 2, 28))
        dead.is_deceased = True
        await crm.flush()
        for day in (date(2025, 2, 28), date(2024, 2, 29)):
            assert [p.id for p in await crm.people.with_birthday(day)] == [leap.id]
        assert await crm.people.with_birthday(date(2024, 2, 28)) == []
        assert len(await crm.people.with_birthday(date(2025, 1, 1), days=365)) == 2


async def test_what_is_personal_is_for_those_who_may_see_it(house):
    async with house.begin() as crm:
        person = await make_person(
            crm, birthday=date(1960, 5, 1), afm="094014201", address={"street": "Ermou 1"}
        )
    clerk = house.actor(scopes=frozenset({"contacts:read"}))
    async with house.begin(clerk) as crm:
        seen = PersonView.of(await crm.people.get(person.id), name=person.name)
        assert (seen.birthday, seen.afm, seen.hidden) == (None, None, ("afm", "birthday"))
        (address,) = await crm.addresses.of(person_id=person.id)
        assert AddressView.of(address).hidden == ("street",)
