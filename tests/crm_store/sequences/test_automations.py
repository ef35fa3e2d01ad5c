"""When this happens, do these things, once for each occasion."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from crm_store.base import now
from crm_store.contacts.testing import make_person
from crm_store.errors import Conflict, Invalid
from crm_store.segments.testing import EVERYBODY
from crm_store.sequences.automating import (
    StaleRun,
    advance_run,
    claim_due_runs,
    fail_run,
    replace_steps,
    start_run,
    stop_run,
    switch_automation,
)
from crm_store.sequences.configs import STEPS, TRIGGERS
from crm_store.sequences.models import RunStatus, StepType, Trigger
from crm_store.sequences.testing import make_automation
from crm_store.sequences.views import AutomationRunView, AutomationStepView, AutomationView

SEND = (StepType.SEND_EMAIL, {"body": "Hello"})


def test_every_trigger_and_every_step_can_be_read():
    assert set(TRIGGERS) == set(Trigger)
    assert set(STEPS) == set(StepType)


@pytest.mark.parametrize(
    ("trigger", "config"),
    [
        (Trigger.TAG_ADDED, {}),
        (Trigger.INACTIVITY, {"days": 0}),
        (Trigger.BIRTHDAY, {"days_before": 99}),
        (Trigger.GIFT_RECEIVED, {"currency": "euro"}),
        (Trigger.MANUAL, {"surprise": 1}),
    ],
)
async def test_a_trigger_that_cannot_work_is_refused_when_saved(crm, trigger, config):
    with pytest.raises(Invalid, match="cannot be read"):
        await make_automation(crm, trigger, SEND, trigger_config=config)


@pytest.mark.parametrize(
    "step",
    [
        (StepType.SEND_EMAIL, {}),
        (StepType.SEND_EMAIL, {"body": "x", "template_id": str(UUID(int=7))}),
        (StepType.WAIT, {}),
        (StepType.ADD_TAG, {"tag_id": "red"}),
        (StepType.CONDITION, {"filter": {"kind": "nonsense"}}),
        (StepType.CONDITION, {"filter": EVERYBODY, "otherwise": 1}),
        (StepType.CONDITION, {"filter": EVERYBODY, "otherwise": 9}),
    ],
    ids=str,
)
async def test_a_step_that_cannot_work_is_refused_when_saved(crm, step):
    with pytest.raises(Invalid):
        await make_automation(crm, Trigger.MANUAL, step, SEND)


async def test_an_automation_takes_its_steps_and_waits_between_them(crm):
    automation, ruth, at = await make_automation(crm), await make_person(crm), now()
    run = await start_run(crm, automation.id, ruth.id, "created", at=at)
    (due,) = await claim_due_runs(crm, at=at)
    assert due.step.type is StepType.WAIT
    await advance_run(crm, run.id, due.fence, at=at)
    assert (run.status, run.due_at) == (RunStatus.WAITING, at + timedelta(days=1))
    assert await claim_due_runs(crm, at=at) == []
    (due,) = await claim_due_runs(crm, at=at + timedelta(days=1))
    assert due.config.body == "Welcome"
    await advance_run(crm, run.id, due.fence, at=at + timedelta(days=1))
    assert run.status is RunStatus.COMPLETED
    assert AutomationRunView.of(run).due_at is None


@pytest.mark.parametrize(("held", "numbers"), [(True, [1, 2, 3]), (False, [1, 3])])
async def test_a_condition_chooses_the_way(crm, held, numbers):
    steps = [(StepType.CONDITION, {"filter": EVERYBODY, "otherwise": 3}), SEND, SEND]
    automation, ruth = await make_automation(crm, Trigger.MANUAL, *steps), await make_person(crm)
    run = await start_run(crm, automation.id, ruth.id, "once")
    taken = []
    while due := await claim_due_runs(crm):
        taken.append(due[0].step.sort_order)
        await advance_run(crm, run.id, due[0].fence, held=held)
    assert (taken, run.status) == (numbers, RunStatus.COMPLETED)


async def test_a_condition_without_another_way_ends_it(crm):
    automation = await make_automation(
        crm, Trigger.MANUAL, (StepType.CONDITION, {"filter": EVERYBODY}), SEND
    )
    run = await start_run(crm, automation.id, (await make_person(crm)).id, "once")
    (due,) = await claim_due_runs(crm)
    await advance_run(crm, run.id, due.fence, held=False)
    assert run.status is RunStatus.COMPLETED


async def test_an_occasion_sets_it_off_once(house):
    async with house.begin() as crm:
        automation = await make_automation(crm, again_after_days=0)
        ruth = await make_person(crm)

    async def happen() -> bool:
        async with house.begin() as crm:
            return await start_run(crm, automation.id, ruth.id, "gift:7") is not None

    assert sum(await asyncio.gather(*(happen() for _ in range(5)))) == 1


@pytest.mark.parametrize(("again", "later", "runs"), [(None, 400, 1), (30, 29, 1), (30, 30, 2)])
async def test_the_same_person_sets_it_off_again_only_after_a_while(crm, again, later, runs):
    automation = await make_automation(crm, again_after_days=again)
    ruth, at = await make_person(crm), now()
    await start_run(crm, automation.id, ruth.id, "first", at=at)
    await start_run(crm, automation.id, ruth.id, "second", at=at + timedelta(days=later))
    assert await crm.automation_runs.count() == runs


async def test_what_is_off_does_not_listen(crm):
    automation, ruth = await make_automation(crm), await make_person(crm)
    assert len(await crm.automations.listening(Trigger.CUSTOMER_CREATED)) == 1
    with pytest.raises(Conflict):
        await replace_steps(crm, automation.id, [SEND])
    await switch_automation(crm, automation.id, on=False)
    assert await crm.automations.listening(Trigger.CUSTOMER_CREATED) == []
    assert await start_run(crm, automation.id, ruth.id, "created") is None
    await replace_steps(crm, automation.id, [])
    with pytest.raises(Invalid):
        await switch_automation(crm, automation.id, on=True)


async def test_only_the_latest_claim_may_report(crm):
    automation = await make_automation(crm)
    run = await start_run(crm, automation.id, (await make_person(crm)).id, "created")
    (first,) = await claim_due_runs(crm)
    (second,) = await claim_due_runs(crm, at=now() + timedelta(minutes=6))
    assert first.idempotency_key == second.idempotency_key
    with pytest.raises(StaleRun):
        await advance_run(crm, run.id, first.fence)
    await fail_run(crm, run.id, second.fence, "The template is gone.")
    assert [r.id for r in (await crm.automation_runs.failed()).rows] == [run.id]
    assert (await stop_run(crm, run.id)).status is RunStatus.FAILED


async def test_birthdays_are_found_leap_days_too(crm):
    ruth = await make_person(crm, birthday=date(1960, 3, 14))
    leap = await make_person(crm, "Leah Day", birthday=date(1964, 2, 29))
    found = crm.automations.having_birthday
    assert await found(date(2027, 3, 14)) == [ruth.id]
    assert await found(date(2027, 2, 28)) == [leap.id]
    assert await found(date(2028, 2, 28)) == []
    assert await found(date(2028, 2, 29)) == [leap.id]


async def test_silence_is_noticed(crm):
    ruth = await make_person(crm, last_contacted_at=now() - timedelta(days=400))
    await make_person(crm, "Dana Levi", last_contacted_at=now())
    assert await crm.automations.inactive_since(now() - timedelta(days=365)) == [ruth.id]


async def test_views_show_steps_in_order(crm):
    automation = await make_automation(crm, Trigger.BIRTHDAY, SEND, trigger_config={"hour": 10})
    steps = tuple(AutomationStepView.of(s) for s in await crm.automation_steps.of(automation.id))
    view = AutomationView.of(automation, steps=steps)
    assert view.trigger_config == {"days_before": 0, "hour": 10}
    assert [step.sort_order for step in view.steps] == [1]
