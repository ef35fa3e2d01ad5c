"""Nobody is written to twice, nobody against their will, and what came of it is counted."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Reach
from crm_store.base import new_id, now
from crm_store.campaigns.actions import (
    Report,
    cancel_campaign,
    claim_recipients,
    draft_campaign,
    finish,
    freeze_audience,
    lapse_recipients,
    pause_campaign,
    record_sending,
    record_sendings,
    resolve_recipient,
    resume_campaign,
)
from crm_store.campaigns.models import CampaignRecipient, CampaignStatus, RecipientState
from crm_store.campaigns.testing import make_campaign
from crm_store.campaigns.views import ResultsView
from crm_store.channel import Channel
from crm_store.contacts.models import Person
from crm_store.contacts.testing import make_household, make_person
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid
from crm_store.gifts.testing import make_gift
from crm_store.outreach.actions import (
    Outcome,
    StaleClaim,
    change_contact_policy,
    record_event,
    suppress,
    unsubscribe,
    withdraw_consent,
)
from crm_store.outreach.models import ConsentSource, SuppressionReason, TrackingKind
from crm_store.outreach.testing import make_mailbox
from crm_store.segments.testing import make_segment

PENDING, SUPPRESSED = RecipientState.PENDING, RecipientState.SUPPRESSED


async def crowd(crm, size=3):
    return [(await make_person(crm, f"P{n} Papadopoulos")).id for n in range(size)]


async def send(crm, campaign, outcome=Outcome.SENT, limit=100, **more):
    """One claim and what came of it; those written to."""
    claims = await claim_recipients(crm, campaign.id, "w", limit=limit)
    for held in claims:
        await record_sending(crm, held.recipient.id, held.fence, outcome, **more)
    return claims


async def states(crm, campaign):
    rows = (await crm.campaign_recipients.of(campaign.id, limit=1000)).rows
    return {row.person_id: row.state for row in rows}


async def test_freezing_names_everybody_and_why_some_are_left_out(crm):
    ruth, dana, boris = await crowd(crm)
    await withdraw_consent(crm, dana, ConsentSource.EMAIL)
    (await crm.people.get(boris)).do_not_contact = True
    campaign = await draft_campaign(crm, "Spring", content="Hello")
    frozen = await freeze_audience(crm, campaign.id, [ruth, dana, boris, ruth])
    assert (frozen.total, frozen.pending, frozen.suppressed) == (3, 1, 2)
    assert "They are marked “do not contact”." in frozen.because
    assert await states(crm, campaign) == {ruth: PENDING, dana: SUPPRESSED, boris: SUPPRESSED}
    again = await freeze_audience(crm, campaign.id, [ruth])
    assert again.total == 1


async def test_an_audience_comes_from_a_segment_as_it_is_now(crm):
    await make_donor(crm, couple="David Cohen")
    segment = await make_segment(crm)
    campaign = await draft_campaign(crm, "Spring", content="Hello", segment_id=segment.id)
    frozen = await freeze_audience(crm, campaign.id)
    assert (frozen.total, frozen.pending) == (2, 1)
    assert frozen.because == {"Their household is written to once.": 1}
    campaign.one_per_household = False
    await make_donor(crm, "Dana Levi")
    assert (await freeze_audience(crm, campaign.id)).pending == 3
    with pytest.raises(Invalid):
        await freeze_audience(crm, (await draft_campaign(crm, "No one", content="x")).id)


async def test_an_audience_comes_from_a_filter_of_the_campaigns_own(crm):
    await make_person(crm, "Ruth Cohen", language="he")
    await make_person(crm, "Dana Levi", language="el")
    speaks_hebrew = {"kind": "field", "field": "language", "value": "he"}
    campaign = await draft_campaign(crm, "Spring", content="x", audience_filter=speaks_hebrew)
    assert (await freeze_audience(crm, campaign.id)).total == 1


async def test_an_audience_comes_from_a_question(crm):
    ruth, _ = await make_person(crm), await make_person(crm, "Dana Levi")
    campaign = await draft_campaign(crm, "Spring", content="x")
    asked = select(Person.id).where(Person.family_name == ruth.family_name)
    assert (await freeze_audience(crm, campaign.id, asked)).total == 1


async def test_of_a_household_the_one_who_may_be_written_to_is_chosen(crm):
    ruth, david = await make_person(crm), await make_person(crm, "David Cohen")
    await make_household(crm, ruth, david)
    await suppress(
        crm,
        Channel.EMAIL,
        (await crm.identifiers.of(person_id=ruth.id))[0].value,
        SuppressionReason.HARD_BOUNCE,
    )
    campaign = await draft_campaign(crm, "Spring", content="Hello")
    await freeze_audience(crm, campaign.id, [ruth.id, david.id])
    assert await states(crm, campaign) == {ruth.id: SUPPRESSED, david.id: PENDING}


async def test_nobody_outside_the_askers_reach_can_be_put_in(house):
    async with house.begin() as crm:
        hers = await make_person(crm, owner_id=crm.actor.member_id)
    async with house.begin(house.actor(member_id=new_id(), reach=Reach.OWN)) as crm:
        campaign = await draft_campaign(crm, "Mine", content="Hello", sender_id=None)
        with pytest.raises(Invalid):
            await freeze_audience(crm, campaign.id, [hers.id])


async def test_everybody_is_written_to_once_by_many_workers(house):
    async with house.begin() as crm:
        campaign = await make_campaign(crm, people=await crowd(crm, 24))

    async def work(name: str) -> list[object]:
        sent = []
        for _ in range(4):
            async with house.begin() as crm:
                claims = await claim_recipients(crm, campaign.id, name, limit=5)
            await asyncio.sleep(0.01)
            for held in claims:
                async with house.begin() as crm:
                    await record_sending(crm, held.recipient.id, held.fence, Outcome.SENT)
                sent.append(held.recipient.person_id)
        return sent

    rounds = await asyncio.gather(*(work(f"w{n}") for n in range(3)))
    written = [person for some in rounds for person in some]
    assert len(written) == len(set(written)) == 24
    async with house.begin() as crm:
        assert (await finish(crm, campaign.id)).status is CampaignStatus.SENT


async def test_a_campaign_is_not_finished_while_somebody_waits(crm):
    campaign = await make_campaign(crm, people=await crowd(crm))
    await send(crm, campaign, limit=2)
    assert (await finish(crm, campaign.id)).status is CampaignStatus.SENDING
    held = await claim_recipients(crm, campaign.id, "w")
    assert (await finish(crm, campaign.id)).status is CampaignStatus.SENDING
    await record_sending(crm, held[0].recipient.id, held[0].fence, Outcome.SENT)
    assert (await finish(crm, campaign.id)).status is CampaignStatus.SENT


async def test_pausing_and_cancelling_are_seen_by_the_next_claim(crm):
    campaign = await make_campaign(crm, people=await crowd(crm))
    await send(crm, campaign, limit=1)
    await pause_campaign(crm, campaign.id)
    assert await claim_recipients(crm, campaign.id, "w") == []
    await resume_campaign(crm, campaign.id)
    assert len(await send(crm, campaign, limit=1)) == 1
    await cancel_campaign(crm, campaign.id)
    assert await claim_recipients(crm, campaign.id, "w") == []
    assert sorted(s.value for s in (await states(crm, campaign)).values()) == [
        "accepted",
        "accepted",
        "cancelled",
    ]


async def test_unsubscribing_during_a_send_stops_the_rest(house):
    async with house.begin() as crm:
        people = await crowd(crm, 6)
        campaign = await make_campaign(crm, people=people)
        other = await make_campaign(crm, "Second letter", people=people)
        await change_contact_policy(crm, min_days_between=0)
        (first,) = await send(crm, campaign, limit=1)
    async with house.begin() as crm:
        await unsubscribe(crm, first.delivery.id)
        waiting = next(p for p in people if p != first.recipient.person_id)
        await withdraw_consent(crm, waiting, ConsentSource.PHONE)
    async with house.begin() as crm:
        await send(crm, campaign)
        await send(crm, other)
        gone = {first.recipient.person_id, waiting}
        for sending in (campaign, other):
            found = await states(crm, sending)
            late = {p for p in gone if p != first.recipient.person_id or sending is other}
            assert {found[p] for p in late} == {SUPPRESSED}
            assert {found[p] for p in people if p not in gone} == {RecipientState.ACCEPTED}


async def test_a_lapsed_claim_is_unknown_and_not_sent_again(crm):
    campaign = await make_campaign(crm, people=await crowd(crm, 1))
    (held,) = await claim_recipients(crm, campaign.id, "w1")
    await lapse_recipients(crm, at=now() + timedelta(hours=1))
    assert held.recipient.state is RecipientState.UNKNOWN
    assert await claim_recipients(crm, campaign.id, "w2", at=now() + timedelta(days=9)) == []
    with pytest.raises(StaleClaim):
        await record_sending(crm, held.recipient.id, held.fence + 1, Outcome.SENT)
    await record_sending(crm, held.recipient.id, held.fence, Outcome.SENT)
    assert held.recipient.state is RecipientState.ACCEPTED
    await record_sending(crm, held.recipient.id, held.fence, Outcome.SENT)
    with pytest.raises(StaleClaim):
        await record_sending(crm, held.recipient.id, held.fence, Outcome.REFUSED)


async def test_a_batch_of_results_leaves_out_what_is_stale(crm):
    campaign = await make_campaign(crm, people=await crowd(crm, 3))
    held = await claim_recipients(crm, campaign.id, "w")
    reports = [
        Report(one.recipient.id, one.fence + (place == 0), Outcome.SENT)
        for place, one in enumerate(held)
    ]
    recorded = await record_sendings(crm, reports)
    assert {row.id for row in recorded} == {one.recipient.id for one in held[1:]}
    assert held[0].recipient.state is RecipientState.CLAIMED
    await lapse_recipients(crm, at=now() + timedelta(hours=1))
    found = await resolve_recipient(crm, held[0].recipient.id, was_sent=False)
    assert found.state is RecipientState.FAILED


async def test_what_surely_did_not_go_is_tried_again_until_it_is_given_up(crm):
    campaign = await make_campaign(crm, people=await crowd(crm, 1))
    at = now()
    for _ in range(3):
        (held,) = await claim_recipients(crm, campaign.id, "w", at=at)
        await record_sending(
            crm, held.recipient.id, held.fence, Outcome.TRY_AGAIN, error="421", at=at
        )
        assert await claim_recipients(crm, campaign.id, "w", at=at + timedelta(minutes=1)) == []
        at += timedelta(days=1)
    assert held.recipient.state is RecipientState.FAILED


async def test_who_was_just_written_to_waits_and_is_not_lost(crm):
    people = await crowd(crm, 1)
    first = await make_campaign(crm, "One", people=people)
    second = await make_campaign(crm, "Two", people=people)
    await send(crm, first)
    assert await claim_recipients(crm, second.id, "w") == []
    assert (await states(crm, second))[people[0]] is PENDING
    assert len(await claim_recipients(crm, second.id, "w", at=now() + timedelta(days=4))) == 1


async def test_a_mailboxs_day_bounds_a_campaign(crm):
    box = await make_mailbox(crm, daily_limit=2)
    campaign = await make_campaign(crm, people=await crowd(crm, 5), mailbox_id=box.id)
    assert len(await claim_recipients(crm, campaign.id, "w")) == 2
    assert await claim_recipients(crm, campaign.id, "w") == []
    assert len(await claim_recipients(crm, campaign.id, "w", at=now() + timedelta(days=1))) == 2


async def test_officers_keep_their_donors_out_if_asked(crm):
    mine = await make_donor(crm, owner_id=crm.actor.member_id)
    theirs = (await crm.donor_people.of(mine.id))[0].person_id
    (free,) = await crowd(crm, 1)
    campaign = await make_campaign(crm, people=[theirs, free], skips_officer_owned=True)
    assert await states(crm, campaign) == {theirs: SUPPRESSED, free: PENDING}


@pytest.mark.parametrize(
    "change",
    ["decision_id = NULL", "decision_id = '{refused}'", "address = 'else@where.example'"],
)
async def test_the_database_lets_nobody_be_claimed_without_a_positive_decision(house, change):
    async with house.begin() as crm:
        ruth, dana = await crowd(crm, 2)
        campaign = await make_campaign(crm, people=[ruth])
        await withdraw_consent(crm, dana, ConsentSource.EMAIL)
        refused = await make_campaign(crm, "No", people=[ruth, dana])
        denied = next(
            row
            for row in (await crm.campaign_recipients.of(refused.id)).rows
            if row.person_id == dana
        )
    claimed = "state = 'claimed', lease_until = now()"
    query = f"UPDATE campaign_recipients SET {claimed}, {change} WHERE campaign_id = :campaign"
    async with house.begin() as crm:
        with pytest.raises(DBAPIError):
            await crm.session.execute(
                text(query.format(refused=denied.decision_id)), {"campaign": campaign.id}
            )
        await crm.session.rollback()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["claim", "sent", "again", "unknown", "refuse", "opt_out", "die", "lapse", "pause"]
        ),
        st.integers(0, 3),
    ),
    max_size=14,
)


@given(steps=STEPS)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_no_send_exists_without_a_positive_decision_before_it(house, steps):
    async with house.begin() as crm:
        people = await crowd(crm, 4)
        campaign = await make_campaign(crm, people=people)
    held, stopped_at, claimed_at, moment = [], {}, {}, now()
    for action, who in steps:
        moment += timedelta(minutes=7)
        async with house.begin() as crm:
            if action == "claim":
                claims = await claim_recipients(crm, campaign.id, "w", limit=2, at=moment)
                held += claims
                claimed_at |= {(c.recipient.person_id, c.fence): moment for c in claims}
            elif action == "opt_out":
                await withdraw_consent(crm, people[who], ConsentSource.PHONE)
                stopped_at.setdefault(people[who], moment)
            elif action == "die":
                (await crm.people.get(people[who])).is_deceased = True
                stopped_at.setdefault(people[who], moment)
            elif action == "lapse":
                await lapse_recipients(crm, at=moment)
            elif action == "pause":
                found = await crm.campaigns.get(campaign.id)
                paused = found.status is CampaignStatus.PAUSED
                await (resume_campaign if paused else pause_campaign)(crm, campaign.id)
            elif held:
                one = held.pop(who % len(held))
                outcome = {
                    "sent": Outcome.SENT,
                    "again": Outcome.TRY_AGAIN,
                    "unknown": Outcome.UNKNOWN,
                    "refuse": Outcome.REFUSED,
                }[action]
                await record_sending(crm, one.recipient.id, one.fence, outcome, at=moment)
    for (person, _), at in claimed_at.items():
        assert person not in stopped_at or at < stopped_at[person]
    async with house.begin() as crm:
        wrong = await crm.session.scalar(
            text(
                """
                SELECT count(*) FROM deliveries v
                JOIN campaign_recipients r ON r.id = v.campaign_recipient_id
                WHERE v.campaign_id = :campaign AND NOT EXISTS (
                    SELECT 1 FROM contact_decisions d
                    WHERE d.person_id = v.person_id AND d.allowed AND d.channel = v.channel
                      AND d.purpose = v.purpose AND d.address = v.to_address
                      AND d.at = v.queued_at)
                """
            ),
            {"campaign": campaign.id},
        )
        accepted = await crm.session.scalar(
            text(
                """
                SELECT coalesce(max(n), 0) FROM (
                    SELECT count(*) AS n FROM deliveries
                    WHERE campaign_id = :campaign AND status NOT IN ('failed', 'cancelled')
                    GROUP BY person_id) AS each
                """
            ),
            {"campaign": campaign.id},
        )
    assert (wrong, accepted <= 1) == (0, True)


async def test_results_are_counted_as_by_hand(crm):
    donors = [await make_donor(crm, f"D{n} Levi") for n in range(6)]
    people = [(await crm.donor_people.of(donor.id))[0].person_id for donor in donors]
    await withdraw_consent(crm, people[5], ConsentSource.EMAIL)
    campaign = await make_campaign(crm, people=people)
    before = await make_gift(crm, donors[0], "500", received_on=now().date() - timedelta(days=3))
    claims = await claim_recipients(crm, campaign.id, "w")
    sent_at = now()
    for held in claims:
        failed = held.recipient.person_id == people[4]
        outcome = Outcome.REFUSED if failed else Outcome.SENT
        await record_sending(crm, held.recipient.id, held.fence, outcome, at=sent_at)
    by_person = {held.recipient.person_id: held.delivery.id for held in claims}
    reader = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15"
    later = sent_at + timedelta(hours=1)
    for person, kind, agent in [
        (0, TrackingKind.OPEN, reader),
        (0, TrackingKind.OPEN, "GoogleImageProxy"),
        (0, TrackingKind.CLICK, reader),
        (1, TrackingKind.OPEN, "GoogleImageProxy"),
        (2, TrackingKind.REPLY, None),
        (2, TrackingKind.UNSUBSCRIBE, None),
        (3, TrackingKind.BOUNCE, None),
    ]:
        await record_event(crm, by_person[people[person]], kind, at=later, user_agent=agent)
    today = now().date()
    await make_gift(crm, donors[0], "100", received_on=today)
    await make_gift(crm, donors[1], "20.50", received_on=today)
    await make_gift(crm, donors[5], "999", received_on=today)
    results = await crm.campaigns.results(campaign.id)
    assert before is not None
    assert (results.recipients, results.sent, results.failed, results.suppressed) == (6, 4, 1, 1)
    assert (results.delivered, results.bounced) == (3, 1)
    assert (results.opened, results.opened_by_machine, results.clicked) == (1, 1, 1)
    assert (results.replied, results.unsubscribed) == (1, 1)
    (gifts,) = results.gifts
    assert (gifts.gifts, gifts.amount) == (2, Decimal("120.50"))
    view = ResultsView.from_results(crm.actor, results)
    assert view.gifts[0].amount == Decimal("120.50")


async def test_amounts_after_a_campaign_are_for_those_who_may_see_amounts(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        person = (await crm.donor_people.of(donor.id))[0].person_id
        campaign = await make_campaign(crm, people=[person])
        await send(crm, campaign)
        await make_gift(crm, donor, "100", received_on=now().date())
    plain = house.actor(scopes=house.director.scopes - {"amounts:read"})
    async with house.begin(plain) as crm:
        view = ResultsView.from_results(plain, await crm.campaigns.results(campaign.id))
    assert (view.gifts[0].gifts, view.gifts[0].amount) == (1, None)


async def test_a_frozen_audience_is_fixed_once_scheduled(crm):
    campaign = await make_campaign(crm, people=await crowd(crm, 1))
    with pytest.raises(Conflict):
        await freeze_audience(crm, campaign.id, await crowd(crm, 1))


async def test_recipients_follow_the_person_they_are(house):
    async with house.begin() as crm:
        hers = await make_person(crm, owner_id=crm.actor.member_id)
        campaign = await make_campaign(crm, people=[hers.id])
    async with house.begin(house.actor(member_id=new_id(), reach=Reach.OWN)) as crm:
        page = await crm.campaign_recipients.of(campaign.id)
        assert (page.rows, page.hidden) == ([], 1)
        assert await crm.campaign_recipients.count(
            crm.campaign_recipients.everything().where(CampaignRecipient.person_id == hers.id)
        )
