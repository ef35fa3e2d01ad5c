from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.donors.testing import make_donor
from crm_store.errors import Invalid, NotFound, NotVisible, Refused
from crm_store.identity.models import Member, Preferences, User
from crm_store.leads.testing import make_lead
from crm_store.tasks.actions import (
    assign_task,
    cancel_task,
    complete_task,
    create_task,
    delete_task,
    edit_task,
    put_off,
    reopen_task,
    start_task,
    suggest_task,
)
from crm_store.tasks.models import (
    NotificationKind,
    TaskPriority,
    TaskStatus,
    TaskType,
)
from crm_store.tasks.reminding import remind
from crm_store.tasks.testing import make_task
from crm_store.tasks.views import MyDayView, TaskView

ATHENS = ZoneInfo("Europe/Athens")
NOON = datetime(2026, 6, 1, 12, tzinfo=ATHENS)


async def a_colleague(house, name="Noa"):
    user_id, member_id = new_id(), new_id()
    async with house.begin() as crm:
        role_id = (await crm.members.me()).role_id
    async with house.begin(house.actor(user_id=user_id)) as crm:
        crm.session.add(User(id=user_id, email=f"{user_id}@example.org", name=name))
        crm.session.add(
            Member(id=member_id, user_id=user_id, role_id=role_id, name=name, email="n@example.org")
        )
    return member_id


async def test_a_task_is_ones_own_unless_it_is_given_to_somebody(house):
    noa = await a_colleague(house)
    async with house.begin() as crm:
        assert (await make_task(crm)).owner_id == crm.actor.member_id
        task = await make_task(crm, owner_id=noa)
        assert (task.owner_id, task.assigned_by_id) == (noa, crm.actor.member_id)
    async with house.begin(house.actor(member_id=noa)) as crm:
        (news,) = await crm.notifications.unread()
        assert (news.kind, news.task_id) == (NotificationKind.TASK_ASSIGNED, task.id)
        assert news.title == "A task for you: Ring Ruth Cohen"


async def test_a_task_due_on_a_day_is_late_when_that_day_is_over_where_they_are(crm):
    task = await make_task(crm, due_on=date(2026, 6, 1))
    assert task.is_all_day
    assert task.due_at == datetime(2026, 6, 1, 23, 59, 59, tzinfo=ATHENS)
    crm.session.add(Preferences(member_id=crm.actor.member_id, timezone="America/New_York"))
    await crm.flush()
    await put_off(crm, task.id, due_on=date(2026, 6, 2))
    assert task.due_at == datetime(2026, 6, 2, 23, 59, 59, tzinfo=ZoneInfo("America/New_York"))
    await put_off(crm, task.id, due_at=NOON)
    assert (task.due_at, task.is_all_day) == (NOON, False)
    await put_off(crm, task.id)
    assert task.due_at is None


@pytest.mark.parametrize(
    "odd",
    [
        {"title": "  "},
        {"due_on": date(2026, 6, 1), "due_at": NOON},
        {"due_at": NOON.replace(tzinfo=None)},
        {"status": "done"},
    ],
)
async def test_a_task_that_makes_no_sense_is_refused(crm, odd):
    with pytest.raises(Invalid):
        await create_task(crm, **{"title": "Ring", **odd})


async def test_a_task_is_begun_finished_dropped_and_taken_up_again(crm):
    task = await make_task(crm)
    assert (await start_task(crm, task.id)).status is TaskStatus.IN_PROGRESS
    await complete_task(crm, task.id, at=NOON)
    assert (task.completed_at, task.completed_by_id) == (NOON, crm.actor.member_id)
    await complete_task(crm, task.id, at=NOON + timedelta(days=1))
    assert task.completed_at == NOON
    await reopen_task(crm, task.id)
    assert (task.status, task.completed_at, task.completed_by_id) == (TaskStatus.TODO, None, None)
    assert (await cancel_task(crm, task.id)).is_open is False


async def test_what_the_assistant_suggests_says_why_and_how_sure_it_is(crm):
    task = await suggest_task(crm, "Thank Ruth", "She gave twice this month.", "0.85")
    view = TaskView.of(task)
    assert (view.is_ai_generated, view.ai_confidence) == (True, Decimal("0.85"))
    for odd in ("1.01", "-0.1"):
        with pytest.raises(Invalid):
            await suggest_task(crm, "Thank Ruth", "Because.", odd)


async def test_a_task_knows_what_it_is_about(crm):
    donor, lead = await make_donor(crm), await make_lead(crm)
    late = await make_task(crm, "Later", donor_id=donor.id, due_at=NOON + timedelta(days=9))
    soon = await make_task(crm, "Soon", donor_id=donor.id, due_at=NOON)
    someday = await make_task(crm, "Someday", donor_id=donor.id, priority=TaskPriority.HIGH)
    done = await make_task(crm, "Done", donor_id=donor.id)
    await complete_task(crm, done.id)
    await make_task(crm, "Other", lead_id=lead.id)
    about = await crm.tasks.open_of(donor_id=donor.id)
    assert [task.id for task in about] == [soon.id, late.id, someday.id]
    await edit_task(crm, late.id, donor_id=None, type=TaskType.CALL)
    assert len(await crm.tasks.open_of(donor_id=donor.id)) == 2


async def test_a_task_is_about_and_for_only_what_is_there(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = await make_donor(crm)
        their_task = await make_task(crm)
    async with house.begin() as crm:
        task = await make_task(crm)
        for missing in (foreign.id, new_id()):
            with pytest.raises(NotFound, match="There is no such donor"):
                await make_task(crm, donor_id=missing)
        for missing in (neighbour.director.member_id, new_id()):
            with pytest.raises(NotFound, match="There is no such member"):
                await assign_task(crm, task.id, missing)
        for missing in (their_task.id, new_id()):
            with pytest.raises(NotFound, match="There is no such task"):
                await complete_task(crm, missing)
            with pytest.raises(NotFound, match="There is no such task"):
                await remind(crm, "Ring", NOON, task_id=missing)


async def test_my_day_holds_what_is_late_due_and_begun(house):
    noa = await a_colleague(house)
    async with house.begin() as crm:
        late = await make_task(crm, "Late", due_at=NOON - timedelta(days=3))
        morning = await make_task(crm, "Morning", due_at=NOON - timedelta(hours=2))
        today = await make_task(crm, "Today", due_on=date(2026, 6, 1))
        urgent = await make_task(
            crm, "Urgent", due_on=date(2026, 6, 1), priority=TaskPriority.URGENT
        )
        begun = await make_task(crm, "Begun")
        await start_task(crm, begun.id)
        await make_task(crm, "Tomorrow", due_at=datetime(2026, 6, 2, tzinfo=ATHENS))
        await make_task(crm, "Whenever")
        await make_task(crm, "Noa's", owner_id=noa, due_at=NOON)
        await complete_task(crm, (await make_task(crm, "Done")).id, at=NOON)
        await complete_task(crm, (await make_task(crm, "Before")).id, at=NOON - timedelta(days=1))
        await delete_task(crm, (await make_task(crm, "Gone", due_at=NOON)).id)
        rings = await remind(crm, "Call back", NOON + timedelta(hours=3))
        await remind(crm, "Call back", NOON + timedelta(hours=13))
        await remind(crm, "Hers", NOON + timedelta(hours=3), member_id=noa)
        day = await crm.tasks.my_day(NOON)
        assert [task.id for task in day.overdue] == [late.id, morning.id]
        assert [task.id for task in day.today] == [urgent.id, today.id]
        assert [task.id for task in day.begun] == [begun.id]
        assert [one.id for one in day.reminders] == [rings.id]
        assert MyDayView.from_day(day).done_today == 1
        assert [task.title for task in await crm.tasks.overdue(NOON)] == ["Late", "Morning"]


async def test_ones_day_is_the_day_where_one_is(crm):
    task = await make_task(crm, due_at=datetime(2026, 6, 2, 3, tzinfo=UTC))
    evening = datetime(2026, 6, 1, 20, tzinfo=UTC)
    assert (await crm.tasks.my_day(evening)).today == []
    there = await crm.tasks.my_day(evening, ZoneInfo("America/New_York"))
    assert [one.id for one in there.today] == [task.id]


async def test_those_who_see_only_their_own_see_what_they_gave_to_others_too(house):
    noa = await a_colleague(house)
    async with house.begin() as crm:
        mine = await make_task(crm)
        given = await make_task(crm, owner_id=noa)
    async with house.begin(house.actor(member_id=noa)) as crm:
        theirs = await make_task(crm)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        page = await crm.tasks.newest()
        assert ({one.id for one in page.rows}, page.hidden) == ({mine.id, given.id}, 1)
        with pytest.raises(NotVisible):
            await crm.tasks.get(theirs.id)


async def test_without_the_right_nothing_is_changed(house):
    async with house.begin() as crm:
        task = await make_task(crm)
    for attempt in (
        lambda crm: complete_task(crm, task.id),
        lambda crm: make_task(crm),
        lambda crm: remind(crm, "Ring", NOON),
    ):
        with pytest.raises(Refused):
            async with house.begin(house.actor(scopes=frozenset({"tasks:read"}))) as crm:
                await attempt(crm)
