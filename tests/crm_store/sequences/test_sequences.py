"""One person at a time through each sequence, and out of it when they answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crm_store.actor import Reach
from crm_store.base import new_id, now
from crm_store.contacts.testing import make_household, make_person
from crm_store.errors import Conflict, Invalid, NotFound
from crm_store.outreach.testing import make_outbox
from crm_store.sequences import actions
from crm_store.sequences.actions import (
    AlreadyEnrolled,
    InAnotherSequence,
    NotActive,
    StaleStep,
    activate_sequence,
    add_step,
    advance,
    archive_sequence,
    claim_due_steps,
    enrol,
    pause_enrolment,
    pause_sequence,
    put_off,
    resume_enrolment,
    stop_enrolment,
    wake_enrolments,
)
from crm_store.sequences.heeding import heed_absence, heed_ending, heed_gift, heed_reply
from crm_store.sequences.models import EnrolmentStatus, HouseholdReply
from crm_store.sequences.testing import make_sequence
from crm_store.sequences.views import EnrolmentView, SequenceStepView, SequenceView

DAY = timedelta(days=1)


async def test_each_step_comes_its_days_after_the_last(crm):
    sequence, ruth, start = (
        await make_sequence(crm, "Welcome", 0, 3, 7),
        await make_person(crm),
        now(),
    )
    place = await enrol(crm, sequence.id, ruth.id, at=start)
    at, taken = start, []
    for days in (0, 3, 7):
        at += days * DAY
        assert await claim_due_steps(crm, at=at - timedelta(seconds=1)) == []
        (due,) = await claim_due_steps(crm, at=at)
        taken.append(due.step.step_number)
        await advance(crm, place.id, due.fence, at=at)
    assert taken == [1, 2, 3]
    assert (place.status, place.ended_at, place.next_due_at) == (
        EnrolmentStatus.COMPLETED,
        at,
        None,
    )
    progress = await crm.sequences.progress(sequence.id)
    assert (progress.completed, progress.active) == (1, 0)


async def test_somebody_is_in_a_sequence_once_at_a_time(house):
    async with house.begin() as crm:
        sequence, ruth = await make_sequence(crm), await make_person(crm)

    async def join() -> bool:
        try:
            async with house.begin() as crm:
                await enrol(crm, sequence.id, ruth.id)
        except AlreadyEnrolled:
            return False
        return True

    assert sum(await asyncio.gather(*(join() for _ in range(5)))) == 1
    async with house.begin() as crm:
        (place,) = await crm.enrolments.live_of(ruth.id)
        await stop_enrolment(crm, place.id, "She asked us to.")
        assert (await enrol(crm, sequence.id, ruth.id)).id != place.id


async def test_an_exclusive_sequence_takes_nobody_from_another(crm):
    ruth = await make_person(crm)
    await enrol(crm, (await make_sequence(crm)).id, ruth.id)
    only = await make_sequence(crm, "Major donors", is_exclusive=True)
    with pytest.raises(InAnotherSequence):
        await enrol(crm, only.id, ruth.id)


async def test_only_a_running_sequence_takes_people_in_and_moves_them(crm):
    ruth = await make_person(crm)
    draft = await actions.make_sequence(crm, "Draft")
    with pytest.raises(NotActive):
        await enrol(crm, draft.id, ruth.id)
    with pytest.raises(Invalid):
        await activate_sequence(crm, draft.id)
    running = await make_sequence(crm)
    await enrol(crm, running.id, ruth.id)
    await pause_sequence(crm, running.id)
    assert await claim_due_steps(crm, at=now() + DAY) == []
    await activate_sequence(crm, running.id)
    assert len(await claim_due_steps(crm, at=now() + DAY)) == 1
    await archive_sequence(crm, running.id)
    assert await crm.enrolments.live_of(ruth.id) == []
    with pytest.raises(Conflict):
        await activate_sequence(crm, running.id)


async def test_a_step_is_one_workers_until_its_lease_ends(house):
    async with house.begin() as crm:
        sequence = await make_sequence(crm)
        for number in range(8):
            await enrol(crm, sequence.id, (await make_person(crm, f"P{number} Levi")).id)

    async def work() -> list[object]:
        async with house.begin() as crm:
            due = await claim_due_steps(crm, limit=4)
            await asyncio.sleep(0.05)
            return [(one.enrolment.id, one.fence, one.idempotency_key) for one in due]

    first = [one for some in await asyncio.gather(*(work() for _ in range(3))) for one in some]
    assert len({place for place, _, _ in first}) == len(first) == 8
    async with house.begin() as crm:
        again = await claim_due_steps(crm, at=now() + timedelta(minutes=6), limit=20)
        assert {one.idempotency_key for one in again} == {key for _, _, key in first}
        place, fence, _ = first[0]
        with pytest.raises(StaleStep):
            await advance(crm, place, fence)


async def test_a_step_taken_twice_is_sent_once(crm):
    sequence, ruth = await make_sequence(crm), await make_person(crm)
    await enrol(crm, sequence.id, ruth.id)
    rows = set()
    for minutes in (0, 6):
        (due,) = await claim_due_steps(crm, at=now() + timedelta(minutes=minutes))
        row = await make_outbox(
            crm, ruth.id, idempotency_key=due.idempotency_key, enrolment_id=due.enrolment.id
        )
        rows.add(row.id)
    assert len(rows) == 1


async def test_a_reply_ends_it_for_them_and_for_their_household(crm):
    ruth, david, dana = [await make_person(crm, n) for n in ("Ruth C", "David C", "Dana L")]
    await make_household(crm, ruth, david)
    sequence = await make_sequence(crm)
    places = {p.id: await enrol(crm, sequence.id, p.id) for p in (ruth, david, dana)}
    await heed_reply(crm, ruth.id)
    assert [places[p.id].status for p in (ruth, david, dana)] == [
        EnrolmentStatus.REPLIED,
        EnrolmentStatus.STOPPED,
        EnrolmentStatus.ACTIVE,
    ]
    assert places[david.id].reason == "Somebody in their household replied."


@pytest.mark.parametrize(
    ("rule", "status", "days"),
    [
        (HouseholdReply.NOTHING, EnrolmentStatus.ACTIVE, 0),
        (HouseholdReply.DELAY, EnrolmentStatus.ACTIVE, 14),
        (HouseholdReply.STOP, EnrolmentStatus.STOPPED, None),
    ],
)
async def test_what_a_reply_does_at_home_is_for_the_house_to_say(crm, rule, status, days):
    ruth, david, at = await make_person(crm), await make_person(crm, "David C"), now()
    await make_household(crm, ruth, david)
    sequence = await make_sequence(crm, household_reply=rule)
    for one in (ruth, david):
        place = await enrol(crm, sequence.id, one.id, at=at)
    await heed_reply(crm, ruth.id, at=at)
    assert place.status is status
    assert place.next_due_at == (None if days is None else at + days * DAY)


async def test_a_reply_to_one_sequence_leaves_the_partners_other_sequence(crm):
    ruth, david = await make_person(crm), await make_person(crm, "David C")
    await make_household(crm, ruth, david)
    await enrol(crm, (await make_sequence(crm, "Hers")).id, ruth.id)
    his = await enrol(crm, (await make_sequence(crm, "His")).id, david.id)
    await heed_reply(crm, ruth.id)
    assert his.status is EnrolmentStatus.ACTIVE


async def test_a_worker_that_was_at_it_when_they_answered_cannot_go_on(crm):
    sequence, ruth = await make_sequence(crm), await make_person(crm)
    place = await enrol(crm, sequence.id, ruth.id)
    (due,) = await claim_due_steps(crm)
    await heed_reply(crm, ruth.id)
    with pytest.raises(StaleStep):
        await advance(crm, place.id, due.fence)
    assert place.status is EnrolmentStatus.REPLIED


async def test_an_absence_is_waited_out(crm):
    sequence, ruth, back = await make_sequence(crm), await make_person(crm), now() + 5 * DAY
    place = await enrol(crm, sequence.id, ruth.id)
    await heed_absence(crm, ruth.id, back)
    assert await claim_due_steps(crm, at=now() + 3 * DAY) == []
    assert await wake_enrolments(crm, at=back - DAY) == 0
    assert await wake_enrolments(crm, at=back) == 1
    assert (place.status, place.next_due_at) == (EnrolmentStatus.ACTIVE, back)


async def test_bounces_ways_out_and_gifts_end_it(crm):
    ruth = await make_person(crm)
    for name, do, status in [
        ("A", lambda: heed_ending(crm, ruth.id, EnrolmentStatus.BOUNCED), EnrolmentStatus.BOUNCED),
        (
            "B",
            lambda: heed_ending(crm, ruth.id, EnrolmentStatus.UNSUBSCRIBED),
            EnrolmentStatus.UNSUBSCRIBED,
        ),
        ("C", lambda: heed_gift(crm, ruth.id), EnrolmentStatus.COMPLETED),
    ]:
        sequence = await make_sequence(crm, name, stops_on_gift=True)
        place = await enrol(crm, sequence.id, ruth.id)
        await do()
        assert place.status is status


async def test_pausing_resuming_and_putting_off(crm):
    sequence, ruth = await make_sequence(crm), await make_person(crm)
    place = await enrol(crm, sequence.id, ruth.id)
    await pause_enrolment(crm, place.id, because="Her officer asked.")
    assert await claim_due_steps(crm, at=now() + DAY) == []
    await resume_enrolment(crm, place.id)
    with pytest.raises(Conflict):
        await resume_enrolment(crm, place.id)
    (due,) = await claim_due_steps(crm)
    await put_off(crm, place.id, due.fence, now() + DAY)
    assert await claim_due_steps(crm) == []
    await stop_enrolment(crm, place.id)
    with pytest.raises(Conflict):
        await pause_enrolment(crm, place.id)


async def test_a_step_has_words_or_a_template(crm):
    sequence = await actions.make_sequence(crm, "Draft")
    template = await crm.templates.named("Welcome")
    step = await add_step(crm, sequence.id, template_id=template.id, delay_days=2)
    assert step.step_number == 1
    for bad in ({}, {"body": "x", "template_id": template.id}, {"body": "x", "delay_days": -1}):
        with pytest.raises(Invalid):
            await add_step(crm, sequence.id, **bad)
    steps = tuple(SequenceStepView.of(s) for s in await crm.sequence_steps.of(sequence.id))
    assert SequenceView.of(sequence, steps=steps).steps[0].delay_days == 2


async def test_enrolments_follow_their_person(house):
    async with house.begin() as crm:
        hers = await make_person(crm, owner_id=crm.actor.member_id)
        place = await enrol(crm, (await make_sequence(crm)).id, hers.id)
        assert EnrolmentView.of(place, person="Ruth").person == "Ruth"
    async with house.begin(house.actor(member_id=new_id(), reach=Reach.OWN)) as crm:
        with pytest.raises(NotFound):
            await stop_enrolment(crm, place.id)
