"""What runs by itself and what is looked up: segments, knowledge, places, a workflow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from crm_store.channel import Purpose
from crm_store.contacts.models import Tag
from crm_store.demo.names import CYPRUS
from crm_store.demo.scene import Scene
from crm_store.demo.sentences import FAQ, HANDBOOK
from crm_store.knowledge.actions import Passage, cut_document, publish_document, put_document
from crm_store.knowledge.models import Collection, DocumentKind
from crm_store.places.actions import draw_territory, save_location
from crm_store.places.earth import Point
from crm_store.places.models import LocationCategory
from crm_store.segments.actions import save_list, save_segment
from crm_store.sequences.actions import activate_sequence, make_sequence
from crm_store.sequences.automating import make_automation, switch_automation
from crm_store.sequences.models import Enrolment, EnrolmentStatus, Sequence, StepType, Trigger
from crm_store.workflows.actions import (
    activate_workflow,
    create_workflow,
    publish_workflow,
    save_draft,
)

SEGMENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Gave last year but not this", "Whom to write to before the year ends.",
     {"kind": "all", "of": [{"kind": "gave", "period": "last_year"},
                            {"kind": "not", "of": {"kind": "gave", "period": "this_year"}}]}),
    ("Major donors", "Ten thousand and more over the years.",
     {"kind": "field", "field": "total_given", "is": "at_least", "value": 10_000}),
    ("Larnaca", "Near enough to come by.",
     {"kind": "field", "field": "city", "is": "is", "value": "Larnaca"}),
    ("Monthly givers", "Those with a standing gift.",
     {"kind": "recurring", "state": "active", "frequency": "monthly"}),
)  # fmt: skip
STEPS = (
    {"subject": "Thank you, and welcome", "delay_days": 1,
     "body": "Dear {{informal_name}},\n\nYour first gift arrived, and it is at work already."},
    {"subject": "What your gift did", "delay_days": 21,
     "body": "Dear {{informal_name}},\n\nThree weeks ago you gave. Here is what came of it."},
    {"subject": "Come and see", "delay_days": 45,
     "body": "Dear {{informal_name}},\n\nEvery Tuesday our door is open. We would be glad."},
)  # fmt: skip
THANK_LARGE: dict[str, Any] = {
    "nodes": [
        {"key": "gift", "type": "gift_received", "config": {"at_least": 1000}},
        {"key": "call", "type": "create_task",
         "config": {"title": "Call {{donor.name}} to thank them", "due_in_days": 2}},
    ],
    "edges": [{"from": "gift", "port": "next", "to": "call"}],
}  # fmt: skip


async def add_machinery(scene: Scene) -> None:
    await _segments(scene)
    await _knowledge(scene)
    await _places(scene)
    await _workflow(scene)
    await _automation(scene)
    await _sequence(scene)


async def _segments(scene: Scene) -> None:
    for name, description, meant in SEGMENTS:
        await save_segment(scene.crm, name, meant, description=description)
    guests = scene.sample(scene.dice("guests"), 30, 0.1)
    await save_list(
        scene.crm, "Guests of the open evening", [donor.id for donor in guests],
        description="Who came in the autumn.",
    )  # fmt: skip


async def _knowledge(scene: Scene) -> None:
    shelves = {row.name: row.id for row in await scene.crm.session.scalars(select(Collection))}
    site = f"https://{scene.org.slug}.example"
    for title, content in FAQ:
        address = f"{site}/{title.lower().replace(' ', '-')}"
        await _publish(scene, shelves["Public"], title, content, address, DocumentKind.FAQ)
    title, content = HANDBOOK
    await _publish(scene, shelves["Staff"], title, content, None, DocumentKind.NOTE)


async def _publish(
    scene: Scene, shelf: Any, title: str, content: str, address: str | None, kind: DocumentKind
) -> None:
    at = scene.at(120)
    document = await put_document(
        scene.crm, shelf, title, content, source_url=address, kind=kind, at=at, language="en"
    )
    passage = Passage(content, len(content) // 4, (title,), "en")
    await cut_document(scene.crm, document.id, [passage])
    await publish_document(scene.crm, document.id, at=at)


async def _places(scene: Scene) -> None:
    crm, (larnaca, nicosia, *_) = scene.crm, CYPRUS
    here = Point(latitude=larnaca.latitude, longitude=larnaca.longitude)
    beside = Point(latitude=larnaca.latitude + 0.006, longitude=larnaca.longitude - 0.004)
    await save_location(
        crm, "Our office", here, category=LocationCategory.OFFICE, address="Ermou 12, Larnaca"
    )
    await save_location(crm, "The new shelter", beside, notes="Opens when the roof is dry.")
    for city, officer in zip((larnaca, nicosia), scene.officers, strict=False):
        middle = (city.longitude, city.latitude)
        circle = {"type": "Circle", "center": middle, "radius": 18_000}
        await draw_territory(crm, f"{city.name} and around", circle, member_id=officer.id)


async def _workflow(scene: Scene) -> None:
    crm, at = scene.crm, scene.at(150)
    made = await create_workflow(
        crm, "Call after a large gift", description="Whoever gives much is called in two days."
    )
    await save_draft(crm, made.id, THANK_LARGE)
    await publish_workflow(crm, made.id, at=at)
    await activate_workflow(crm, made.id, at=at)


async def _automation(scene: Scene) -> None:
    """Each year on the day they first gave."""
    tag = await scene.crm.session.scalar(select(Tag.id).where(Tag.name == "Open evening"))
    steps: list[tuple[StepType, dict[str, Any]]] = [
        (StepType.CREATE_TASK, {"title": "Write a line: a year since their first gift"}),
        (StepType.ADD_TAG, {"tag_id": str(tag)}),
    ]
    made = await make_automation(
        scene.crm, "A year since the first gift", Trigger.GIVING_ANNIVERSARY, steps
    )
    await switch_automation(scene.crm, made.id, on=True)


async def _sequence(scene: Scene) -> None:
    made = await make_sequence(
        scene.crm, "Welcome to new donors", [dict(step) for step in STEPS],
        purpose=Purpose.STEWARDSHIP, description="Three letters in ten weeks.",
    )  # fmt: skip
    await activate_sequence(scene.crm, made.id)
    await _enrol(scene, made)


async def _enrol(scene: Scene, sequence: Sequence) -> None:
    dice, ids = scene.dice("enrolments"), scene.ids("enrolments")
    new = [donor for donor in scene.donors if donor.stage == "first_gift"]
    rows = []
    for donor in new[: scene.some(24, 0.06)]:
        ago = dice.randrange(2, 100)
        at, step = scene.at(ago), 1 if ago < 22 else 2 if ago < 67 else 3
        over = step == 3
        rows.append({
            "id": ids.next(at), "sequence_id": sequence.id, "person_id": donor.person_id,
            "donor_id": donor.id, "current_step": step, "started_at": at, "created_at": at,
            "status": EnrolmentStatus.COMPLETED if over else EnrolmentStatus.ACTIVE,
            "last_sent_at": at + timedelta(days=1), "ended_at": scene.at(1) if over else None,
            "next_due_at": None if over else scene.at(-dice.randrange(1, 30)),
        })  # fmt: skip
    await scene.put(Enrolment, rows)
