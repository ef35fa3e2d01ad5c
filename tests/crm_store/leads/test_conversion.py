import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.contacts.identifying import verify_identifier
from crm_store.contacts.models import (
    Activity,
    Company,
    IdentifierKind,
    LifecycleStage,
    Note,
    Person,
    Tagging,
)
from crm_store.contacts.testing import (
    make_activity,
    make_company,
    make_note,
    make_person,
    make_tag,
)
from crm_store.deals.actions import win_deal
from crm_store.deals.models import Deal
from crm_store.donors.models import Donor
from crm_store.donors.testing import make_donor
from crm_store.errors import NotFound, NotVisible, Refused
from crm_store.gifts.testing import make_gift
from crm_store.leads.actions import IsConverted, lose_lead, reopen_lead
from crm_store.leads.conversion import (
    AlreadyConverted,
    Becoming,
    MayBeKnown,
    WasLost,
    convert_lead,
)
from crm_store.leads.models import LeadConversion, LeadStatus
from crm_store.leads.testing import make_lead
from crm_store.leads.undoing import BuiltUpon, NotConverted, undo_conversion
from crm_store.leads.views import LeadConversionView
from crm_store.tasks.models import Task

DAY = datetime(2026, 6, 1, tzinfo=UTC)
EVERYTHING = Becoming(as_donor=True, deal={"name": "Gala table"})


async def known_as(crm, name, email):
    """Somebody who has shown that the address is theirs."""
    person = await make_person(crm, name, email=email)
    (identifier,) = await crm.identifiers.of(person_id=person.id)
    await verify_identifier(crm, identifier.id)
    return person


async def everything_there(house):
    """How many people, companies, donors, deals and conversions an organisation has."""
    async with house.begin() as crm:
        return {
            model.__tablename__: len((await crm.session.scalars(select(model.id))).all())
            for model in (Person, Company, Donor, Deal, LeadConversion)
        }


async def test_a_lead_becomes_a_person_where_they_work_with_how_they_are_reached(crm):
    lead = await make_lead(
        crm, "Eleni Markou", email="eleni@aegean.example", phone="+302101234567",
        company_name="Aegean Foods", job_title="Founder",
    )  # fmt: skip
    conversion = await convert_lead(crm, lead.id, at=DAY)
    person = await crm.people.get(conversion.person_id)
    assert (person.name, person.lifecycle_stage) == ("Eleni Markou", LifecycleStage.CUSTOMER)
    assert (person.lead_source, person.lead_score) == ("manual", lead.score)
    identifiers = await crm.identifiers.of(person_id=person.id)
    assert {one.normalised for one in identifiers} == {"eleni@aegean.example", "+302101234567"}
    (company,) = await crm.companies.of_person(person.id)
    assert (company.id, company.name) == (conversion.company_id, "Aegean Foods")
    assert (lead.status, lead.closed_at) == (LeadStatus.WON, DAY)
    assert LeadConversionView.of(conversion).created == ("company", "person")


async def test_a_lead_becomes_a_donor_and_a_deal_where_that_is_wished(crm):
    lead = await make_lead(crm, expected_value="2500")
    conversion = await convert_lead(crm, lead.id, EVERYTHING)
    donor = await crm.donors.get(conversion.donor_id)
    deal = await crm.deals.get(conversion.deal_id)
    assert donor.name == "Eleni Markou"
    assert (deal.name, deal.value) == ("Gala table", Decimal(2500))
    assert (deal.person_id, deal.donor_id) == (conversion.person_id, donor.id)
    assert conversion.created == ["person", "donor", "deal"]


async def test_somebody_surely_known_is_not_recorded_twice(crm):
    ruth = await known_as(crm, "Ruth Cohen", "ruth@example.com")
    lead = await make_lead(crm, "Ruth Cohen", email="ruth@example.com", phone="+302101234567")
    conversion = await convert_lead(crm, lead.id, Becoming(as_donor=True))
    assert conversion.person_id == ruth.id
    assert conversion.created == ["donor"]
    held = await crm.identifiers.of(person_id=ruth.id)
    assert {one.kind for one in held} == {IdentifierKind.EMAIL, IdentifierKind.PHONE}


async def test_a_donor_who_is_one_already_stays_one(crm):
    ruth = await known_as(crm, "Ruth Cohen", "ruth@example.com")
    donor = await make_donor(crm, person=ruth)
    lead = await make_lead(crm, "Ruth Cohen", email="ruth@example.com")
    conversion = await convert_lead(crm, lead.id, Becoming(as_donor=True))
    assert (conversion.donor_id, conversion.created) == (donor.id, [])


async def test_whoever_may_be_known_is_asked_about(crm):
    known = await make_person(crm, "Jacob Stern", email="office@stern.example")
    lead = await make_lead(crm, "Miriam Katz", email="office@stern.example")
    with pytest.raises(MayBeKnown, match="Jacob Stern may be the same") as question:
        await convert_lead(crm, lead.id)
    assert question.value.choices == ("Jacob Stern",)
    conversion = await convert_lead(crm, lead.id, Becoming(somebody_new=True))
    assert conversion.person_id != known.id
    (shared,) = await crm.identifiers.of(person_id=conversion.person_id)
    assert shared.is_shared


async def test_an_unproven_address_and_the_same_name_are_asked_about(crm):
    ruth = await make_person(crm, "Ruth Cohen", email="ruth@example.com")
    lead = await make_lead(crm, "Ruth Cohen", email="ruth@example.com", phone="+302101234567")
    with pytest.raises(MayBeKnown, match="the same e-mail address, the same name"):
        await convert_lead(crm, lead.id)
    assert (await convert_lead(crm, lead.id, Becoming(person_id=ruth.id))).created == []


async def test_the_address_of_a_company_is_shared_with_whoever_writes_from_it(crm):
    await make_company(crm, "Stern & Co", email="office@stern.example")
    lead = await make_lead(
        crm, "Miriam Katz", email="office@stern.example", company_name="Stern & Co"
    )
    conversion = await convert_lead(crm, lead.id)
    assert conversion.created == ["person"]
    (address,) = await crm.identifiers.of(person_id=conversion.person_id)
    assert address.is_shared


async def test_who_is_meant_can_be_said(crm):
    jacob = await make_person(crm, "Jacob Stern", email="office@stern.example")
    lead = await make_lead(crm, "J. Stern", email="office@stern.example", company_name="Stern & Co")
    conversion = await convert_lead(crm, lead.id, Becoming(person_id=jacob.id))
    assert (conversion.person_id, conversion.created) == (jacob.id, ["company"])
    assert [one.name for one in await crm.companies.of_person(jacob.id)] == ["Stern & Co"]


async def test_a_number_that_is_somebody_elses_stays_theirs(crm):
    ruth = await known_as(crm, "Ruth Cohen", "ruth@example.com")
    david = await make_person(crm, "David Levi", phone="+302101234567")
    lead = await make_lead(crm, "Ruth Cohen", email="ruth@example.com", phone="+302101234567")
    await convert_lead(crm, lead.id, Becoming(person_id=ruth.id))
    numbers = await crm.identifiers.bearing(IdentifierKind.PHONE, "+302101234567")
    assert [one.person_id for one in await crm.identifiers.all(numbers)] == [david.id]


async def test_a_company_that_is_known_is_not_recorded_twice(crm):
    known = await make_company(crm, "Aegean Foods")
    lead = await make_lead(crm, company_name="AEGEAN FOODS A.E.")
    conversion = await convert_lead(crm, lead.id)
    assert (conversion.company_id, conversion.created) == (known.id, ["person"])
    other = await make_lead(crm, "Noa Bar", company_name="Elsewhere")
    conversion = await convert_lead(crm, other.id, Becoming(with_company=False))
    assert conversion.company_id is None


async def test_what_hangs_on_a_lead_comes_along(crm):
    ruth = await known_as(crm, "Ruth Cohen", "ruth@example.com")
    lead = await make_lead(crm, "Ruth Cohen", email="ruth@example.com")
    await make_tag(crm, "Board", person_id=ruth.id)
    await make_tag(crm, "Board", lead_id=lead.id)
    await make_tag(crm, "Gala", lead_id=lead.id)
    note = await make_note(crm, "Met at the gala.", lead_id=lead.id)
    call = await make_activity(crm, "Rang her", lead_id=lead.id)
    task = Task(title="Ring again", lead_id=lead.id)
    crm.session.add(task)
    await convert_lead(crm, lead.id)
    for row in (note, call, task):
        await crm.session.refresh(row)
        assert row.person_id == ruth.id
    assert (note.lead_id, call.lead_id, task.lead_id) == (None, lead.id, lead.id)
    tags = await crm.session.scalars(select(Tagging.tag_id).where(Tagging.person_id == ruth.id))
    assert len(tags.all()) == 2


async def test_twenty_conversions_at_once_make_one_contact(house):
    async with house.begin() as crm:
        lead = await make_lead(crm, company_name="Aegean Foods")

    async def convert():
        try:
            async with house.begin() as crm:
                await convert_lead(crm, lead.id, EVERYTHING)
        except AlreadyConverted as error:
            return error

    outcomes = await asyncio.gather(*(convert() for _ in range(20)))
    assert outcomes.count(None) == 1
    assert set((await everything_there(house)).values()) == {1}


async def test_the_database_itself_keeps_a_second_conversion_out(house):
    async with house.begin() as crm:
        lead = await make_lead(crm)
        await convert_lead(crm, lead.id)
    with pytest.raises(DBAPIError, match="uq_lead_conversions_standing"):
        async with house.begin() as crm:
            crm.session.add(LeadConversion(lead_id=lead.id, status_before=LeadStatus.NEW))


async def test_a_conversion_killed_in_the_middle_leaves_nothing_half_done(house):
    async with house.begin() as crm:
        lead = await make_lead(crm, company_name="Aegean Foods")
        await make_note(crm, "Met at the gala.", lead_id=lead.id)
    with pytest.raises(DBAPIError):
        async with house.begin() as crm:
            await convert_lead(crm, lead.id, EVERYTHING)
            await crm.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert set((await everything_there(house)).values()) == {0}
    async with house.begin() as crm:
        assert (await crm.leads.get(lead.id)).status is LeadStatus.NEW
        assert (await crm.session.scalars(select(Note.lead_id))).all() == [lead.id]
        await convert_lead(crm, lead.id, EVERYTHING)
    assert set((await everything_there(house)).values()) == {1}


async def test_what_cannot_be_made_undoes_the_rest(house):
    async with house.begin() as crm:
        lead = await make_lead(crm)
    with pytest.raises(NotFound):
        async with house.begin() as crm:
            await convert_lead(crm, lead.id, Becoming(deal={"stage_id": new_id()}))
    assert set((await everything_there(house)).values()) == {0}


async def test_without_the_right_to_donors_no_donor_is_made(house):
    scopes = frozenset({"leads:read", "leads:write", "donors:read", "deals:read", "tasks:read"})
    async with house.begin() as crm:
        lead = await make_lead(crm)
    for becoming in (Becoming(as_donor=True), Becoming(deal={})):
        with pytest.raises(Refused):
            async with house.begin(house.actor(scopes=scopes)) as crm:
                await convert_lead(crm, lead.id, becoming)
    async with house.begin(house.actor(scopes=scopes)) as crm:
        assert (await convert_lead(crm, lead.id)).created == ["person"]
        assert not crm.actor.may("contacts:write")


async def test_a_lost_lead_and_a_converted_one_are_not_converted(crm):
    lost, done = await make_lead(crm), await make_lead(crm)
    await lose_lead(crm, lost.id, "No.")
    with pytest.raises(WasLost):
        await convert_lead(crm, lost.id)
    await convert_lead(crm, done.id)
    with pytest.raises(AlreadyConverted):
        await convert_lead(crm, done.id)
    with pytest.raises(IsConverted):
        await reopen_lead(crm, done.id)


async def test_a_foreign_person_and_a_missing_one_are_answered_alike(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = await make_person(crm)
        firm = await make_company(crm)
        their_lead = await make_lead(crm)
    async with house.begin() as crm:
        lead = await make_lead(crm)
        for missing in (foreign.id, new_id()):
            with pytest.raises(NotFound, match="There is no such person"):
                await convert_lead(crm, lead.id, Becoming(person_id=missing))
        for missing in (firm.id, new_id()):
            with pytest.raises(NotFound, match="There is no such company"):
                await convert_lead(crm, lead.id, Becoming(company_id=missing))
        for missing in (their_lead.id, new_id()):
            with pytest.raises(NotFound, match="There is no such lead"):
                await convert_lead(crm, missing)
            with pytest.raises(NotFound, match="There is no such lead"):
                await undo_conversion(crm, missing)


async def test_somebody_hidden_is_not_named_and_not_joined(house):
    async with house.begin() as crm:
        hidden = await known_as(crm, "Ruth Cohen", "ruth@example.com")
        lead = await make_lead(
            crm, "Ruth Cohen", email="ruth@example.com", owner_id=crm.actor.member_id
        )
    limited = house.actor(reach=Reach.OWN)
    with pytest.raises(MayBeKnown, match="Somebody who is not visible to you"):
        async with house.begin(limited) as crm:
            await convert_lead(crm, lead.id)
    with pytest.raises(NotVisible):
        async with house.begin(limited) as crm:
            await convert_lead(crm, lead.id, Becoming(person_id=hidden.id))


async def test_undoing_puts_away_what_was_made_and_brings_back_what_was_carried(crm):
    lead = await make_lead(crm, company_name="Aegean Foods")
    note = await make_note(crm, "Met at the gala.", lead_id=lead.id)
    await make_tag(crm, "Gala", lead_id=lead.id)
    call = await make_activity(crm, "Rang her", lead_id=lead.id)
    conversion = await convert_lead(crm, lead.id, EVERYTHING)
    await undo_conversion(crm, lead.id, at=DAY)
    assert (lead.status, lead.closed_at, lead.close_reason) == (LeadStatus.NEW, None, None)
    assert (conversion.undone_at, conversion.undone_by_id) == (DAY, crm.actor.member_id)
    for question, row_id in (
        (crm.people, conversion.person_id),
        (crm.companies, conversion.company_id),
        (crm.donors, conversion.donor_id),
        (crm.deals, conversion.deal_id),
    ):
        with pytest.raises(NotFound):
            await question.get(row_id)
    await crm.session.refresh(note)
    await crm.session.refresh(call)
    assert (note.lead_id, note.person_id, call.person_id) == (lead.id, None, None)
    tags = await crm.session.scalars(select(Tagging.lead_id).where(Tagging.org_id == crm.actor.org))
    assert tags.all() == [lead.id]
    with pytest.raises(NotConverted):
        await undo_conversion(crm, lead.id)


async def test_what_was_undone_can_be_done_again(crm):
    lead = await make_lead(crm)
    await convert_lead(crm, lead.id)
    await undo_conversion(crm, lead.id)
    again = await convert_lead(crm, lead.id)
    assert (await crm.people.get(again.person_id)).name == "Eleni Markou"
    assert len(await crm.lead_conversions.of(lead.id)) == 2


async def test_undoing_leaves_somebody_who_was_known_before_as_they_were(crm):
    ruth = await known_as(crm, "Ruth Cohen", "ruth@example.com")
    lead = await make_lead(
        crm, "Ruth Cohen", email="ruth@example.com", phone="+302101234567",
        company_name="Aegean Foods",
    )  # fmt: skip
    await convert_lead(crm, lead.id)
    await undo_conversion(crm, lead.id)
    assert (await crm.people.get(ruth.id)).name == "Ruth Cohen"
    assert [one.kind for one in await crm.identifiers.of(person_id=ruth.id)] == [
        IdentifierKind.EMAIL
    ]
    assert await crm.companies.of_person(ruth.id) == []


async def test_a_company_others_work_at_by_now_stays(crm):
    lead = await make_lead(crm, company_name="Aegean Foods")
    conversion = await convert_lead(crm, lead.id)
    await make_person(crm, "Noa Bar", company_id=conversion.company_id)
    await undo_conversion(crm, lead.id)
    assert (await crm.companies.get(conversion.company_id)).name == "Aegean Foods"


async def test_a_conversion_that_was_built_upon_stands(crm):
    given, won, merged = [
        await make_lead(crm, f"{name} Markou") for name in ("Anna", "Zoe", "Iris")
    ]
    conversion = await convert_lead(crm, given.id, Becoming(as_donor=True))
    await make_gift(crm, await crm.donors.get(conversion.donor_id))
    with pytest.raises(BuiltUpon, match="has given since"):
        await undo_conversion(crm, given.id)
    conversion = await convert_lead(crm, won.id, Becoming(deal={}))
    await win_deal(crm, conversion.deal_id)
    with pytest.raises(BuiltUpon, match="decided"):
        await undo_conversion(crm, won.id)
    conversion = await convert_lead(crm, merged.id)
    other = await make_person(crm)
    await crm.session.execute(
        update(Person).where(Person.id == conversion.person_id).values(merged_into_id=other.id)
    )
    with pytest.raises(BuiltUpon, match="merged"):
        await undo_conversion(crm, merged.id)
    assert (await crm.session.scalars(select(Activity.id))).all() == []
