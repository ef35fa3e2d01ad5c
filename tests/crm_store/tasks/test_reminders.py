import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm_store.actor import Actor
from crm_store.base import new_id
from crm_store.errors import Invalid, NotFound
from crm_store.tasks.actions import cancel_task, complete_task, delete_task
from crm_store.tasks.models import NotificationKind, Reminder, ReminderChannel, Repeat
from crm_store.tasks.notifying import mark_read, notify
from crm_store.tasks.reminding import cancel_reminder, remind, ring_due, snooze
from crm_store.tasks.testing import make_task
from crm_store.tasks.views import NotificationView, ReminderView

ATHENS = ZoneInfo("Europe/Athens")
NINE = datetime(2026, 3, 27, 9, tzinfo=ATHENS)


async def test_a_reminder_rings_once_when_it_is_due(crm):
    reminder = await remind(crm, " Ring Ruth ", NINE, channel=ReminderChannel.WHATSAPP)
    assert await ring_due(crm, at=NINE - timedelta(seconds=1)) == []
    assert await ring_due(crm, at=NINE) == [reminder]
    assert await ring_due(crm, at=NINE + timedelta(days=1)) == []
    assert (reminder.sent_at, reminder.sent_count, reminder.next_at) == (NINE, 1, None)
    (news,) = await crm.notifications.unread()
    assert NotificationView.of(news).title == "Ring Ruth"
    assert news.kind is NotificationKind.REMINDER


async def test_one_that_repeats_rings_by_the_clock_on_the_wall(crm):
    reminder = await remind(crm, "Stand-up", NINE, repeat=Repeat.DAILY)
    await ring_due(crm, at=NINE)
    assert reminder.next_at == datetime(2026, 3, 28, 9, tzinfo=ATHENS)
    await ring_due(crm, at=reminder.next_at)
    assert reminder.next_at == datetime(2026, 3, 29, 9, tzinfo=ATHENS)
    assert ReminderView.of(reminder).repeat is Repeat.DAILY


async def test_times_missed_ring_once(crm):
    reminder = await remind(crm, "Stand-up", NINE, repeat=Repeat.DAILY)
    week_later = NINE + timedelta(days=7, hours=1)
    assert len(await ring_due(crm, at=week_later)) == 1
    assert reminder.next_at == datetime(2026, 4, 4, 9, tzinfo=ATHENS)
    assert await crm.notifications.unread_count() == 1


async def test_one_that_repeats_ends_when_it_is_to_end(crm):
    reminder = await remind(
        crm, "Stand-up", NINE, repeat=Repeat.DAILY, until=NINE + timedelta(days=1)
    )
    await ring_due(crm, at=NINE)
    await ring_due(crm, at=reminder.next_at)
    assert (reminder.next_at, reminder.sent_count) == (None, 2)


async def test_putting_it_off_does_not_move_the_rule(crm):
    reminder = await remind(crm, "Report", NINE, repeat=Repeat.WEEKLY)
    await ring_due(crm, at=NINE)
    await snooze(crm, reminder.id, NINE + timedelta(hours=2))
    assert reminder.snoozed_count == 1
    assert len(await ring_due(crm, at=NINE + timedelta(hours=2))) == 1
    assert reminder.next_at == datetime(2026, 4, 3, 9, tzinfo=ATHENS)


async def test_a_cancelled_reminder_is_silent(crm):
    reminder = await remind(crm, "Ring", NINE)
    await cancel_reminder(crm, reminder.id)
    assert await ring_due(crm, at=NINE) == []
    assert await crm.reminders.waiting() == []


@pytest.mark.parametrize("end", [complete_task, cancel_task, delete_task])
async def test_a_reminder_of_a_task_that_is_over_is_silent(crm, end):
    over, still_open = await make_task(crm), await make_task(crm)
    silent = await remind(crm, "Over", NINE, task_id=over.id, repeat=Repeat.DAILY)
    rings = await remind(crm, "Open", NINE, task_id=still_open.id)
    await end(crm, over.id)
    assert await ring_due(crm, at=NINE) == [rings]
    assert silent.next_at is None
    assert await crm.reminders.of_task(still_open.id) == [rings]


@pytest.mark.parametrize(
    "odd",
    [
        {"message": " "},
        {"at": NINE.replace(tzinfo=None)},
        {"every": 0},
        {"on": ["mon"]},
        {"until": NINE - timedelta(days=1)},
        {"timezone": "Mars/Olympus"},
    ],
)
async def test_a_reminder_that_makes_no_sense_is_refused(crm, odd):
    with pytest.raises(Invalid):
        await remind(crm, **{"message": "Ring", "at": NINE, **odd})


async def test_several_workers_ring_each_reminder_once(house):
    async with house.begin() as crm:
        for number in range(30):
            await remind(crm, f"Ring {number}", NINE)

    async def work():
        rung = []
        while True:
            async with house.begin(Actor.system(house.org_id)) as crm:
                some = await ring_due(crm, at=NINE, limit=4)
                rung += [one.id for one in some]
                await asyncio.sleep(0)
            if not some:
                return rung

    rung = [one for some in await asyncio.gather(*(work() for _ in range(4))) for one in some]
    assert len(rung) == len(set(rung)) == 30
    async with house.begin() as crm:
        assert await crm.notifications.unread_count() == 30


async def test_a_worker_that_dies_leaves_the_reminder_to_another(house):
    async with house.begin() as crm:
        reminder = await remind(crm, "Ring", NINE)
    with pytest.raises(RuntimeError):
        async with house.begin(Actor.system(house.org_id)) as crm:
            await ring_due(crm, at=NINE)
            raise RuntimeError
    async with house.begin(Actor.system(house.org_id)) as crm:
        assert [one.id for one in await ring_due(crm, at=NINE)] == [reminder.id]


async def test_reminders_and_news_are_seen_by_their_owner_alone(house, neighbour):
    async with house.begin() as crm:
        reminder = await remind(crm, "Mine", NINE)
        await notify(crm, crm.actor.member_id, NotificationKind.SYSTEM, "Mine")
    other = house.actor(member_id=new_id())
    for where, actor in ((house, other), (neighbour, neighbour.director)):
        async with where.begin(actor) as crm:
            assert await crm.reminders.waiting() == []
            assert (await crm.notifications.newest()).rows == []
            assert await mark_read(crm) == 0
            for missing in (reminder.id, new_id()):
                with pytest.raises(NotFound, match="There is no such reminder"):
                    await snooze(crm, missing, NINE)
    async with house.begin() as crm:
        assert await crm.notifications.unread_count() == 1
        assert await mark_read(crm) == 1


async def test_a_stranger_is_not_reminded(house, neighbour):
    async with house.begin() as crm:
        for stranger in (neighbour.director.member_id, new_id()):
            with pytest.raises(NotFound, match="There is no such member"):
                await remind(crm, "Ring", NINE, member_id=stranger)


async def test_the_same_news_is_told_once(crm):
    me = crm.actor.member_id
    told = [
        await notify(crm, me, NotificationKind.BIRTHDAY, "Ruth is 80 🎂", once_key="birthday 2026")
        for _ in range(3)
    ]
    assert told == [True, False, False]
    for _ in range(2):
        assert await notify(crm, me, NotificationKind.SYSTEM, "Without a key")
    assert await crm.notifications.unread_count() == 3
    with pytest.raises(Invalid):
        await notify(crm, me, NotificationKind.SYSTEM, " ")


async def test_news_is_read_one_by_one_or_all_at_once(crm):
    for number in range(3):
        await notify(crm, crm.actor.member_id, NotificationKind.SYSTEM, f"News {number}")
    page = await crm.notifications.newest(limit=2)
    assert [one.title for one in page.rows] == ["News 2", "News 1"]
    assert await mark_read(crm, [page.rows[0].id], at=NINE) == 1
    assert page.rows[0].read_at == NINE
    assert await mark_read(crm) == 2
    assert await crm.notifications.unread() == []


async def test_a_reminder_goes_with_its_task(house):
    async with house.begin() as crm:
        task = await make_task(crm)
        await remind(crm, "Ring", NINE, task_id=task.id)
    async with house.begin() as crm:
        await crm.session.delete(await crm.tasks.get(task.id))
    async with house.begin() as crm:
        assert (
            await crm.reminders.all(crm.reminders.rows().where(Reminder.task_id == task.id)) == []
        )
