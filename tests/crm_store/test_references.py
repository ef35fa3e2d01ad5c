import pytest

from crm_store.actor import Reach
from crm_store.contacts.actions import remove_person
from crm_store.contacts.testing import make_person
from crm_store.errors import NotFound
from crm_store.identity.models import Member
from crm_store.references import check_references
from crm_store.tasks.models import Task


async def test_a_row_may_point_at_what_its_writer_sees(crm):
    person = await make_person(crm)
    await check_references(crm, Task(title="Ring", person_id=person.id))
    await check_references(crm, Task(title="Ring"))


async def test_what_was_put_away_is_not_pointed_at(crm):
    person = await make_person(crm)
    await remove_person(crm, person.id)
    with pytest.raises(NotFound, match="There is no such person"):
        await check_references(crm, Task(title="Ring", person_id=person.id))


async def test_what_is_out_of_reach_is_as_good_as_missing(house):
    async with house.begin() as crm:
        person = await make_person(crm)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        with pytest.raises(NotFound, match="There is no such person"):
            await check_references(crm, Task(title="Ring", person_id=person.id))


async def test_work_is_not_given_to_somebody_who_has_left(house):
    async with house.begin() as crm:
        me = await crm.members.me()
        member = await crm.session.get(Member, (me.org_id, me.id))
        member.is_active = False
        await crm.flush()
        with pytest.raises(NotFound, match="There is no such member"):
            await check_references(crm, Task(title="Ring", owner_id=me.id))
        member.is_active = True


async def test_a_refused_reference_is_taken_back_and_the_old_one_stands(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = await make_person(crm)
    async with house.begin() as crm:
        person = await make_person(crm)
        task = Task(title="Ring", person_id=person.id)
        crm.session.add(task)
        await crm.flush()
        task.person_id = foreign.id
        with pytest.raises(NotFound):
            await check_references(crm, task)
        assert task.person_id == person.id
        await check_references(crm, task)
