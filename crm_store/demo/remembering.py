"""Notes, calls and visits, tags and extra fields, the journey so far, and what is to be done."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from crm_store.contacts.models import Activity, CustomValue, Note, Tag, Tagging
from crm_store.contacts.names import name_key
from crm_store.demo.scene import Keys, Known, Scene
from crm_store.demo.sentences import MEETINGS, NOTES, TASKS
from crm_store.donors.models import Journey, StageChange
from crm_store.orgs.custom_fields import define_field
from crm_store.orgs.models import FieldNoun, FieldType
from crm_store.tasks.models import Reminder, Task, TaskPriority, TaskStatus, TaskType

TAGS = {"Board": "#7C3AED", "Volunteer": "#059669", "Open evening": "#D97706",
        "Gala": "#DB2777", "Speaks Greek": "#2563EB"}  # fmt: skip
WAYS: dict[str, tuple[str, ...]] = {
    "first_gift": ("first_contact", "first_gift"),
    "stewardship": ("first_contact", "first_gift", "stewardship"),
    "regular": ("first_contact", "first_gift", "stewardship", "regular"),
    "major": ("first_contact", "cultivation", "solicitation", "first_gift", "stewardship", "major"),
    "lapsed": ("first_contact", "first_gift", "stewardship", "lapsed"),
}


async def add_memories(scene: Scene) -> None:
    await _notes(scene)
    await _activities(scene)
    await _tags(scene)
    await _fields(scene)
    await _journeys(scene)


async def _notes(scene: Scene) -> None:
    dice, ids = scene.dice("notes"), scene.ids("notes")
    rows = []
    for donor in _looked_after(scene, dice, scene.some(160, 0.4)):
        at = scene.at(dice.randrange(3, 420), dice.randrange(8, 17), dice.randrange(60))
        rows.append({
            "id": ids.next(at), "donor_id": donor.id, "member_id": _whose(scene, donor, dice),
            "body": dice.choice(NOTES[donor.language if donor.language in NOTES else "en"]),
            "at": at, "is_pinned": dice.random() < 0.1, "created_at": at,
        })  # fmt: skip
    await scene.put(Note, rows)


async def _activities(scene: Scene) -> None:
    dice, ids = scene.dice("activities"), scene.ids("activities")
    rows = []
    for donor in _looked_after(scene, dice, scene.some(240, 0.6)):
        words = MEETINGS[donor.language if donor.language in MEETINGS else "en"]
        kind, subject, said, minutes = dice.choice(words)
        at = scene.at(dice.randrange(1, 360), dice.randrange(8, 18), dice.choice((0, 15, 30, 45)))
        rows.append({
            "id": ids.next(at), "kind": kind, "subject": subject, "description": said,
            "donor_id": donor.id, "member_id": _whose(scene, donor, dice), "at": at,
            "completed_at": at + timedelta(minutes=minutes), "duration_minutes": minutes,
            "created_at": at,
        })  # fmt: skip
    await scene.put(Activity, rows)


async def _tags(scene: Scene) -> None:
    dice, ids, at = scene.dice("tags"), scene.ids("tags"), scene.at(400)
    made = {name: ids.next(at) for name in TAGS}
    await scene.put(Tag, (
        {"id": made[name], "name": name, "name_key": name_key(name), "color": color,
         "created_at": at}
        for name, color in TAGS.items()
    ))  # fmt: skip
    rows = []
    for donor in scene.sample(dice, 90, 0.25):
        when = scene.at(dice.randrange(5, 390))
        name = "Speaks Greek" if donor.language == "el" else dice.choice(list(TAGS)[:4])
        rows.append({"id": ids.next(when), "tag_id": made[name], "donor_id": donor.id,
                     "created_at": when})  # fmt: skip
    await scene.put(Tagging, rows)


async def _fields(scene: Scene) -> None:
    crm, dice, ids = scene.crm, scene.dice("fields"), scene.ids("fields")
    newsletter = await define_field(
        crm, FieldNoun.DONOR, "newsletter_in", "Newsletter in", FieldType.SELECT,
        options=("English", "Greek", "Hebrew"),
    )  # fmt: skip
    met = await define_field(crm, FieldNoun.DONOR, "met_at", "First met at", FieldType.TEXT)
    capacity = await define_field(
        crm, FieldNoun.DONOR, "yearly_goal", "Goal for the year", FieldType.NUMBER
    )
    spoken = {"el": "Greek", "he": "Hebrew"}
    rows: list[dict[str, Any]] = []
    for donor in scene.sample(dice, 100, 0.25):
        at = scene.at(dice.randrange(5, 300))
        places = ("the open evening", "the gala", "the bazaar", "a friend's house")
        for field, column, value in (
            (newsletter, "text_value", spoken.get(donor.language, "English")),
            (met, "text_value", dice.choice(places)),
            (capacity, "number_value", Decimal(dice.choice((250, 500, 1000, 5000)))),
        ):
            if dice.random() < 0.7:
                rows.append({"id": ids.next(at), "field_id": field.id, "donor_id": donor.id,
                             column: value, "created_at": at})  # fmt: skip
    await scene.put(CustomValue, rows)


async def _journeys(scene: Scene) -> None:
    """How some donors came to the stage they stand at."""
    dice, ids = scene.dice("journeys"), scene.ids("journeys")
    journey = await scene.crm.session.scalar(select(Journey.id).where(Journey.is_active))
    walkers = [donor for donor in scene.donors if donor.stage in WAYS]
    rows: list[dict[str, Any]] = []
    for donor in walkers[: scene.some(150, 0.5)]:
        stages = ("prospect", *WAYS[donor.stage])
        first = donor.since - timedelta(days=dice.randrange(40, 120))
        last = min(scene.at(4), donor.since + timedelta(days=dice.randrange(200, 900)))
        times = _between(dice, first, last, len(stages) - 1)
        before = first
        for (old, new), at in zip(pairwise(stages), times, strict=True):
            rows.append({
                "id": ids.next(at), "donor_id": donor.id, "journey_id": journey,
                "from_stage": old, "to_stage": new, "at": at, "created_at": at,
                "member_id": donor.owner_id, "was_forced": False,
                "seconds_before": int((at - before).total_seconds()),
            })  # fmt: skip
            before = at
    await scene.put(StageChange, rows)


def _between(dice: Random, first: datetime, last: datetime, count: int) -> list[datetime]:
    span = max((last - first).total_seconds(), 86_400.0 * count)
    steps = sorted(dice.uniform(0.05, 1) for _ in range(count))
    return [first + timedelta(seconds=int(span * step)) for step in steps]


async def add_duties(scene: Scene) -> None:
    """For each officer something overdue, something for today, the days ahead, and much done."""
    dice, ids = scene.dice("tasks"), scene.ids("tasks")
    tasks: list[dict[str, Any]] = []
    reminders: list[dict[str, Any]] = []
    for member in scene.staff:
        mine = [one for one in scene.donors if one.owner_id == member.id] or list(scene.donors)
        for days in (-9, -4, -1, 0, 0, 1, 3, 8, 20):
            tasks.append(_task(scene, ids, dice, member.id, dice.choice(mine), days))
        for ago in dice.sample(range(2, 200), 12 if scene.key == "harbour" else 4):
            tasks.append(_task(scene, ids, dice, member.id, dice.choice(mine), -ago, done=True))
    for task in tasks:
        if task["status"] is TaskStatus.TODO and task["due_at"] > scene.at(0, 0):
            at = task["due_at"] - timedelta(hours=1)
            reminders.append({
                "id": ids.next(at), "member_id": task["owner_id"], "task_id": task["id"],
                "message": task["title"], "at": at, "next_at": at,
                "timezone": scene.org.timezone, "created_at": task["created_at"],
            })  # fmt: skip
    await scene.put(Task, tasks)
    await scene.put(Reminder, reminders)


def _task(
    scene: Scene,
    ids: Keys,
    dice: Random,
    member: UUID,
    donor: Known,
    days: int,
    *,
    done: bool = False,
) -> dict[str, Any]:
    kind, title = dice.choice(TASKS)
    due = scene.at(-days, dice.randrange(9, 16))
    made = min(due, scene.at(0)) - timedelta(days=dice.randrange(2, 12))
    return {
        "id": ids.next(made), "title": title.format(name=donor.name), "type": TaskType(kind),
        "status": TaskStatus.DONE if done else TaskStatus.TODO, "due_at": due,
        "completed_at": due if done else None, "completed_by_id": member if done else None,
        "priority": dice.choice((TaskPriority.MEDIUM, TaskPriority.MEDIUM, TaskPriority.HIGH)),
        "owner_id": member, "donor_id": donor.id, "created_at": made,
    }  # fmt: skip


def _looked_after(scene: Scene, dice: Random, count: int) -> list[Known]:
    """Donors as often as there is something to tell: the larger ones more often."""
    weights = [6 if donor.stage == "major" else 3 if donor.owner_id else 1
               for donor in scene.donors]  # fmt: skip
    return dice.choices(scene.donors, weights, k=count)


def _whose(scene: Scene, donor: Known, dice: Random) -> Any:
    return donor.owner_id or dice.choice(scene.officers).id
