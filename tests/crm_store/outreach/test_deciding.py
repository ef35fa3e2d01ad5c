"""One decision for everybody who sends, from what the store knows, put on record."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import DatabaseRole, Reach
from crm_store.base import new_id, now
from crm_store.channel import Channel, Purpose
from crm_store.contacts.actions import mark_deceased
from crm_store.contacts.models import IdentifierKind
from crm_store.contacts.testing import make_household, make_identifier, make_person
from crm_store.donors.testing import make_donor
from crm_store.errors import Invalid, NotFound
from crm_store.outreach.actions import (
    change_contact_policy,
    decide,
    give_consent,
    may_contact,
    record_past_sends,
    suppress,
    withdraw_consent,
)
from crm_store.outreach.judging import Why
from crm_store.outreach.models import ConsentSource, ContactDecision, SuppressionReason
from crm_store.outreach.testing import make_consent
from crm_store.outreach.views import DecisionView

EMAIL = {"channel": Channel.EMAIL, "purpose": Purpose.APPEAL}


async def why(crm, person, **question):
    """The codes against writing to somebody; none when it is allowed."""
    decision = await may_contact(crm, person_id=person.id, **(EMAIL | question))
    assert decision.allowed is not bool(decision.codes)
    return decision.codes


async def test_a_decision_is_put_on_record_with_its_reasons_and_the_rule_it_followed(crm):
    ruth = await make_person(crm)
    decision = await may_contact(crm, person_id=ruth.id, **EMAIL)
    assert decision.allowed
    assert decision.address == (await crm.identifiers.of(person_id=ruth.id))[0].normalised
    assert decision.policy_version == 1
    assert [d.id for d in (await crm.contact_decisions.about(ruth.id)).rows] == [decision.id]
    assert DecisionView.of(decision).reasons == ["Nothing speaks against it."]


async def test_a_decision_is_neither_changed_nor_deleted(house):
    async with house.begin() as crm:
        ruth = await make_person(crm)
        await may_contact(crm, person_id=ruth.id, **EMAIL)
    for attempt in (
        "UPDATE contact_decisions SET allowed = true",
        "DELETE FROM contact_decisions",
        "DELETE FROM suppressions",
    ):
        async with house.begin() as crm:
            with pytest.raises(DBAPIError, match="permission denied"):
                await crm.session.execute(text(attempt))
            await crm.session.rollback()


async def test_consent_follows_the_latest_word_on_purpose_and_channel(crm):
    ruth, then = await make_person(crm), now() - timedelta(days=9)
    days = [then + timedelta(days=n) for n in range(9)]
    await withdraw_consent(crm, ruth.id, ConsentSource.PAPER, at=days[0])
    assert await why(crm, ruth) == [Why.WITHDRAWN]
    await make_consent(crm, ruth.id, purpose=Purpose.NEWSLETTER, at=days[1])
    assert await why(crm, ruth, purpose=Purpose.NEWSLETTER) == []
    assert await why(crm, ruth, purpose=Purpose.APPEAL) == [Why.WITHDRAWN]
    assert await why(crm, ruth, purpose=Purpose.RECEIPT) == []
    await make_consent(crm, ruth.id, at=days[2])
    assert await why(crm, ruth) == []
    await withdraw_consent(crm, ruth.id, ConsentSource.PHONE, channel=Channel.WHATSAPP, at=days[3])
    assert await why(crm, ruth) == []
    await withdraw_consent(crm, ruth.id, ConsentSource.EMAIL, channel=Channel.EMAIL, at=days[4])
    assert await why(crm, ruth) == [Why.WITHDRAWN]
    assert len(await crm.consents.of_person(ruth.id)) == 5


async def test_a_consent_that_ran_out_no_longer_counts(crm):
    ruth = await make_person(crm, whatsapp="+306912345678")
    at = now()
    await make_consent(crm, ruth.id, at=at - timedelta(days=2), expires_at=at - timedelta(days=1))
    codes = await why(crm, ruth, channel=Channel.WHATSAPP)
    assert Why.NO_CONSENT in codes


async def test_whatsapp_needs_consent_and_a_number(crm):
    ruth = await make_person(crm)
    assert set(await why(crm, ruth, channel=Channel.WHATSAPP)) >= {Why.NO_CONSENT, Why.NO_ADDRESS}
    await make_identifier(crm, ruth, IdentifierKind.PHONE, "+30 691 234 5678")
    await make_consent(crm, ruth.id, channel=Channel.WHATSAPP)
    noon = now().replace(hour=12) + timedelta(days=1)
    decision = await may_contact(
        crm, person_id=ruth.id, channel=Channel.WHATSAPP, purpose=Purpose.APPEAL, at=noon
    )
    assert (decision.allowed, decision.address) == (True, "+306912345678")


async def test_one_refusal_speaks_for_the_household(crm):
    ruth, david = await make_person(crm), await make_person(crm, "David Cohen")
    await make_household(crm, ruth, david)
    await withdraw_consent(crm, david.id, ConsentSource.PHONE)
    assert await why(crm, ruth) == [Why.PARTNER_OPTED_OUT]
    await change_contact_policy(crm, partner_opt_out_counts=False)
    assert await why(crm, ruth) == []
    await withdraw_consent(crm, david.id, ConsentSource.PHONE, covers_household=True)
    assert await why(crm, ruth) == [Why.HOUSEHOLD_OPTED_OUT]
    await give_consent(crm, ruth.id, Purpose.APPEAL, ConsentSource.WEBSITE)
    assert await why(crm, ruth) == []


async def test_a_death_stops_letters_to_the_dead_and_spares_the_bereaved(crm):
    ruth, david = await make_person(crm), await make_person(crm, "David Cohen")
    await make_household(crm, ruth, david)
    await mark_deceased(crm, david.id, now().date() - timedelta(days=10))
    assert Why.DECEASED in await why(crm, david, purpose=Purpose.RECEIPT)
    assert Why.BEREAVED in await why(crm, ruth)
    assert Why.BEREAVED not in await why(crm, ruth, purpose=Purpose.RECEIPT)
    later = await may_contact(crm, person_id=ruth.id, **EMAIL, at=now() + timedelta(days=200))
    assert Why.BEREAVED not in later.codes


async def test_what_is_said_of_the_donor_holds_for_its_people(crm):
    donor = await make_donor(crm, couple="David Cohen")
    (ruth, david) = [p.person_id for p in await crm.donor_people.all()]
    donor.do_not_solicit = True
    verdicts = await decide(crm, [ruth, david], Channel.EMAIL, Purpose.APPEAL)
    assert {v.codes for v in verdicts} == {(Why.DO_NOT_SOLICIT,)}
    newsletter = await decide(crm, [ruth], Channel.EMAIL, Purpose.NEWSLETTER)
    assert newsletter[0].allowed
    donor.do_not_contact = True
    assert not (await decide(crm, [ruth], Channel.EMAIL, Purpose.RECEIPT))[0].allowed


async def test_for_a_couple_whichever_may_be_written_to_is_found(crm):
    donor = await make_donor(crm, couple="David Cohen")
    first, second = (p.person_id for p in await crm.donor_people.of(donor.id))
    one = await may_contact(crm, donor_id=donor.id, **EMAIL)
    assert one.person_id == first
    await mark_deceased(crm, first, now().date() - timedelta(days=900))
    other = await may_contact(crm, donor_id=donor.id, **EMAIL)
    assert (other.allowed, other.person_id) == (True, second)


async def test_a_dead_address_is_passed_over_for_one_that_lives(crm):
    ruth = await make_person(crm, email="old@example.org")
    await suppress(crm, Channel.EMAIL, "OLD@example.org ", SuppressionReason.HARD_BOUNCE)
    assert await why(crm, ruth) == [Why.DEAD_ADDRESS]
    await make_identifier(crm, ruth, IdentifierKind.EMAIL, "new@example.org")
    decision = await may_contact(crm, person_id=ruth.id, **EMAIL)
    assert (decision.allowed, decision.address) == (True, "new@example.org")


async def test_an_unsubscription_follows_the_person_to_their_new_address(crm):
    ruth = await make_person(crm, email="old@example.org")
    await make_identifier(crm, ruth, IdentifierKind.EMAIL, "new@example.org")
    await suppress(crm, Channel.EMAIL, "old@example.org", SuppressionReason.UNSUBSCRIBED)
    assert await why(crm, ruth) == [Why.SUPPRESSED]
    assert await why(crm, ruth, purpose=Purpose.TRANSACTIONAL) == []


async def test_a_new_rule_is_a_new_version_and_old_decisions_keep_theirs(crm):
    ruth = await make_person(crm)
    before = await may_contact(crm, person_id=ruth.id, **EMAIL)
    await change_contact_policy(crm, max_per_period=0)
    after = await may_contact(crm, person_id=ruth.id, **EMAIL)
    assert (before.policy_version, after.policy_version) == (1, 2)
    assert after.codes == [Why.TOO_MANY]
    for bad in ({"max_per_period": -1}, {"period_days": 0}, {"quiet_to_minute": 9999}, {"no": 1}):
        with pytest.raises(Invalid):
            await change_contact_policy(crm, **bad)


async def test_nobody_learns_of_people_they_may_not_see(house, neighbour):
    async with neighbour.begin() as crm:
        theirs = await make_person(crm)
    async with house.begin() as crm:
        hers = await make_person(crm, owner_id=crm.actor.member_id)
    other = house.actor(member_id=new_id(), reach=Reach.OWN)
    async with house.begin(other) as crm:
        for person_id in (hers.id, theirs.id, new_id()):
            with pytest.raises(NotFound):
                await may_contact(crm, person_id=person_id, **EMAIL)
    async with house.begin() as crm:
        verdicts = await decide(crm, [theirs.id], Channel.EMAIL, Purpose.APPEAL)
        assert [v.codes for v in verdicts] == [(Why.UNKNOWN_PERSON,)]
        with pytest.raises(Invalid):
            await may_contact(crm, **EMAIL)


async def test_a_decision_about_a_hidden_person_stays_hidden(house):
    async with house.begin() as crm:
        hers = await make_person(crm, owner_id=crm.actor.member_id)
        decision = await may_contact(crm, person_id=hers.id, **EMAIL)
    async with house.begin(house.actor(member_id=new_id(), reach=Reach.OWN)) as crm:
        with pytest.raises(NotFound):
            await crm.contact_decisions.get(decision.id)


async def test_ten_thousand_people_are_decided_at_once(house, urls):
    async with house.begin() as crm:
        for statement in CROWD:
            await crm.session.execute(text(statement), {"org": crm.actor.org})
    owner = urls[DatabaseRole.OWNER].set(drivername="postgresql+psycopg")
    with create_engine(owner, poolclass=NullPool).begin() as connection:
        connection.execute(text("ANALYZE people, households, identifiers, consents, donors"))
    times = []
    for _ in range(2):
        async with house.begin() as crm:
            people = list(await crm.session.scalars(text("SELECT id FROM people")))
            start = perf_counter()
            verdicts = await decide(crm, people, Channel.EMAIL, Purpose.APPEAL)
            times.append(perf_counter() - start)
    async with house.begin() as crm:
        recorded = await crm.session.scalar(text("SELECT count(*) FROM contact_decisions"))
    assert (len(people), recorded) == (10_000, 20_000)
    assert sum(verdict.allowed for verdict in verdicts) == 9_000
    assert min(times) < 8.0, times


CROWD = (
    """
    INSERT INTO households (org_id, id, name, name_key)
    SELECT :org, gen_random_uuid(), 'Home ' || n, 'home' FROM generate_series(1, 5000) n
    """,
    """
    INSERT INTO people (org_id, id, given_name, given_key, family_key, sound_key, household_id,
        lead_score, is_vip, is_active, do_not_contact, is_deceased)
    SELECT :org, gen_random_uuid(), 'P' || n, '', '', '', h.id, 0, false, true, n % 10 = 0, false
    FROM generate_series(1, 10000) n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM households) h
      ON h.place = (n + 1) / 2
    """,
    """
    INSERT INTO identifiers (org_id, id, person_id, kind, source, value, normalised, is_primary,
        is_shared)
    SELECT :org, gen_random_uuid(), id, 'email', '', given_name || '@x.example',
           lower(given_name) || '@x.example', true, false FROM people
    """,
    """
    INSERT INTO consents (org_id, id, person_id, purpose, state, covers_household, at, source)
    SELECT :org, gen_random_uuid(), id, 'marketing', 'given', false, now() - interval '9 days',
           'website' FROM people
    """,
)


async def test_the_record_keeps_what_the_answer_was(crm):
    ruth = await make_person(crm)
    (verdict,) = await decide(crm, [ruth.id], Channel.EMAIL, Purpose.APPEAL)
    kept = await crm.session.get_one(ContactDecision, (crm.actor.org, verdict.id))
    assert (kept.allowed, tuple(kept.reasons)) == (verdict.allowed, verdict.reasons)
    (unrecorded,) = await decide(crm, [ruth.id], Channel.EMAIL, Purpose.APPEAL, is_recorded=False)
    with pytest.raises(NotFound):
        await crm.contact_decisions.get(unrecorded.id)


async def test_what_another_system_sent_has_its_decision_too(crm):
    ruth = await make_person(crm)
    made = await record_past_sends(
        crm, {ruth.id: "ruth@x.example"}, Channel.EMAIL, Purpose.APPEAL, now() - timedelta(days=700)
    )
    kept = await crm.contact_decisions.get(made[ruth.id])
    assert (kept.allowed, kept.policy_version, kept.address) == (True, 0, "ruth@x.example")
