"""Assistants, what they may read and where they answer."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Actor, Door
from crm_store.assistants.actions import (
    NotForVisitors,
    change_assistant,
    create_assistant,
    deploy,
    let_read,
    pause_deployment,
)
from crm_store.assistants.models import Audience, DeploymentStatus
from crm_store.assistants.views import AssistantView, DeploymentView
from crm_store.base import new_id
from crm_store.errors import Conflict, Invalid, NotFound, Refused


async def test_an_organisation_begins_with_an_assistant_for_staff_and_one_for_visitors(crm):
    assert (await crm.assistants.default_for(Audience.STAFF)).name == "Almoner"
    assert (await crm.assistants.default_for(Audience.VISITORS)).name == "Welcome"


async def test_an_assistant_for_visitors_reads_only_what_all_may_read(crm):
    welcome = await crm.assistants.default_for(Audience.VISITORS)
    public, staff = [await crm.collections.by_name(name) for name in ("Public", "Staff")]
    await let_read(crm, welcome.id, [public.id, public.id])
    assert await crm.assistants.collections_of(welcome.id) == [public.id]
    with pytest.raises(NotForVisitors):
        await let_read(crm, welcome.id, [public.id, staff.id])
    almoner = await crm.assistants.default_for(Audience.STAFF)
    await let_read(crm, almoner.id, [staff.id, public.id])
    await let_read(crm, almoner.id, [staff.id])
    assert await crm.assistants.collections_of(almoner.id) == [staff.id]


async def test_one_assistant_answers_at_a_door(crm):
    first = await crm.assistants.default_for(Audience.STAFF)
    second = await create_assistant(crm, "Ελπίδα", "Answer in Greek.")
    before = await deploy(crm, first.id, Door.WHATSAPP)
    after = await deploy(crm, second.id, Door.WHATSAPP)
    assert (await crm.deployments.live_at(Door.WHATSAPP)).assistant_id == second.id
    assert (await crm.deployments.live_at(Door.WHATSAPP, new_id())).assistant_id == second.id
    assert before.status is DeploymentStatus.RETIRED
    await pause_deployment(crm, after.id)
    assert await crm.deployments.live_at(Door.WHATSAPP) is None
    with pytest.raises(Conflict, match="This deployment is paused"):
        await pause_deployment(crm, after.id)
    assert DeploymentView.of(after).door == "whatsapp"


async def test_an_assistant_that_is_off_is_not_deployed(crm):
    assistant = await create_assistant(crm, "Off", "Be quiet.")
    await change_assistant(crm, assistant.id, is_active=False)
    with pytest.raises(Conflict, match="switched off"):
        await deploy(crm, assistant.id, Door.DESK)


async def test_only_settings_are_changed(crm):
    assistant = await crm.assistants.default_for(Audience.STAFF)
    await change_assistant(crm, assistant.id, system_prompt="Be kind.", model="large")
    assert AssistantView.of(assistant).system_prompt == "Be kind."
    with pytest.raises(Invalid, match="no audience to change"):
        await change_assistant(crm, assistant.id, audience="visitors")


async def test_instructions_are_for_those_who_may_change_them(house):
    async with house.begin(house.actor(scopes=frozenset({"assistants:read"}))) as crm:
        assistant = await crm.assistants.default_for(Audience.STAFF)
        assert AssistantView.of(assistant).hidden == ("system_prompt",)
    with pytest.raises(Refused):
        async with house.begin(house.actor(scopes=frozenset({"assistants:read"}))) as crm:
            await create_assistant(crm, "Mine", "Obey.")


@pytest.mark.parametrize(("name", "prompt"), [("", "x"), ("x", " ")])
async def test_an_assistant_has_a_name_and_instructions(crm, name, prompt):
    with pytest.raises(Invalid):
        await create_assistant(crm, name, prompt)


async def test_visitors_see_no_instructions_and_no_ledger(house):
    visitor = Actor.visitor(house.org_id, new_id(), {"assistants:read"})
    for table in ("assistants", "proposals", "decisions", "memories", "budgets", "usage"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with house.store.begin(visitor) as crm:
                await crm.session.execute(text(f"SELECT 1 FROM {table}"))


async def test_a_foreign_shelf_or_assistant_is_as_good_as_missing(house, neighbour):
    async with neighbour.begin() as crm:
        shelf = await crm.collections.by_name("Public")
        theirs = await crm.assistants.default_for(Audience.STAFF)
    async with house.begin() as crm:
        mine = await crm.assistants.default_for(Audience.STAFF)
        with pytest.raises(NotFound, match=r"There is no such collection\."):
            await let_read(crm, mine.id, [shelf.id])
        with pytest.raises(NotFound, match=r"There is no such assistant\."):
            await deploy(crm, theirs.id, Door.DESK)
