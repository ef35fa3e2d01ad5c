"""Sequences and automations for tests, with as few words as a test has."""

from __future__ import annotations

from typing import Any

from crm_store.crm import Crm
from crm_store.sequences import actions, automating
from crm_store.sequences.models import Automation, Sequence, StepType, Trigger


async def make_sequence(crm: Crm, name: str = "Welcome", *delays: int, **more: Any) -> Sequence:
    """A running one; make_sequence(crm, "Welcome", 0, 3) writes at once and after three days."""
    steps = [
        {"body": f"Message {place}", "delay_days": days}
        for place, days in enumerate(delays or (0, 3), start=1)
    ]
    sequence = await actions.make_sequence(crm, name, steps, **more)
    return await actions.activate_sequence(crm, sequence.id)


async def make_automation(
    crm: Crm, trigger: Trigger = Trigger.CUSTOMER_CREATED, *steps: Any, **more: Any
) -> Automation:
    """A listening one; without steps it waits a day and writes."""
    default = ((StepType.WAIT, {"days": 1}), (StepType.SEND_EMAIL, {"body": "Welcome"}))
    name = more.pop("name", "When it happens")
    made = await automating.make_automation(crm, name, trigger, steps or default, **more)
    return await automating.switch_automation(crm, made.id, on=True)
