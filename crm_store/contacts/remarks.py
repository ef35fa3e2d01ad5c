"""Tagging records, writing notes, logging what happened and keeping pictures."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm_store.base import now
from crm_store.contacts import names
from crm_store.contacts.filling import refuse_unseen
from crm_store.contacts.models import (
    Activity,
    ActivityKind,
    ActivityStatus,
    Image,
    Note,
    Tag,
    Tagging,
)
from crm_store.contacts.visibility import parent_models
from crm_store.crm import Crm
from crm_store.errors import Invalid

MET = frozenset(
    {ActivityKind.CALL, ActivityKind.MEETING, ActivityKind.VISIT, ActivityKind.EMAIL_SENT,
     ActivityKind.TEXT, ActivityKind.WHATSAPP, ActivityKind.LETTER, ActivityKind.EVENT}
)  # fmt: skip


async def tag(crm: Crm, name: str, **noun: UUID) -> Tag:
    """Put a tag on a record, making the tag where it is new: tag(crm, "Board", donor_id=…)."""
    if not names.name_key(name):
        raise Invalid("A tag needs a word.")
    found = await crm.tags.named(name)
    if found is None:
        found = crm.tags.add(Tag(name=name.strip()))
        await crm.flush()
    if noun:
        _one_noun(Tagging, noun)
        await refuse_unseen(crm, Tagging, noun)
        if await _tagging(crm, found.id, noun) is None:
            crm.taggings.add(Tagging(tag_id=found.id, **noun))
            await crm.flush()
    return found


async def untag(crm: Crm, name: str, **noun: UUID) -> None:
    """Take a tag off a record; nothing happens where it was not there."""
    found = await crm.tags.named(name)
    tagging = await _tagging(crm, found.id, noun) if found else None
    if tagging is not None:
        await crm.session.delete(tagging)
        await crm.flush()


async def write_note(
    crm: Crm,
    body: str,
    *,
    pinned: bool = False,
    from_outside: bool = False,
    at: datetime | None = None,
    **noun: UUID,
) -> Note:
    """Write something down about one record."""
    if not body.strip():
        raise Invalid("The note is empty.")
    _one_noun(Note, noun)
    await refuse_unseen(crm, Note, noun)
    note = Note(
        body=body.strip(),
        is_pinned=pinned,
        is_from_outside=from_outside,
        at=at or now(),
        member_id=crm.actor.member_id,
        **noun,
    )
    crm.notes.add(note)
    await crm.flush()
    return note


async def change_note(crm: Crm, note_id: UUID, body: str) -> Note:
    if not body.strip():
        raise Invalid("The note is empty.")
    note = await crm.notes.get(note_id, lock=True)
    note.body = body.strip()
    await crm.flush()
    return note


async def pin_note(crm: Crm, note_id: UUID, *, pinned: bool = True) -> Note:
    """Keep a note at the top, or let it go."""
    note = await crm.notes.get(note_id, lock=True)
    note.is_pinned = pinned
    await crm.flush()
    return note


async def remove_note(crm: Crm, note_id: UUID) -> Note:
    note = await crm.notes.get(note_id, lock=True)
    note.deleted_at = now()
    await crm.flush()
    return note


async def log_activity(
    crm: Crm,
    *,
    kind: ActivityKind,
    subject: str,
    status: ActivityStatus = ActivityStatus.DONE,
    at: datetime | None = None,
    member_id: UUID | None = None,
    details: dict[str, Any] | None = None,
    **facts: Any,
) -> Activity:
    """Record what happened or is planned; being in touch shows on the person and the donor."""
    if not subject.strip():
        raise Invalid("An activity needs a subject.")
    await refuse_unseen(crm, Activity, facts)
    activity = Activity(
        kind=kind,
        subject=subject.strip(),
        status=status,
        at=at or facts.get("due_at") or now(),
        member_id=member_id or crm.actor.member_id,
        details=details or {},
        **facts,
    )
    if status is ActivityStatus.DONE:
        activity.completed_at = activity.completed_at or activity.at
    crm.activities.add(activity)
    await crm.flush()
    await _in_touch(crm, activity)
    return activity


async def complete_activity(
    crm: Crm, activity_id: UUID, outcome: str | None = None, at: datetime | None = None
) -> Activity:
    """It has happened."""
    activity = await crm.activities.get(activity_id, lock=True)
    if activity.status is not ActivityStatus.DONE:
        activity.status, activity.completed_at = ActivityStatus.DONE, at or now()
        activity.at = activity.completed_at
    activity.outcome = outcome or activity.outcome
    await crm.flush()
    await _in_touch(crm, activity)
    return activity


async def cancel_activity(crm: Crm, activity_id: UUID, reason: str | None = None) -> Activity:
    activity = await crm.activities.get(activity_id, lock=True)
    activity.status, activity.outcome = ActivityStatus.CANCELLED, reason
    await crm.flush()
    return activity


async def add_image(crm: Crm, **facts: Any) -> Image:
    """Keep a picture of a record; the bytes live at its address."""
    await refuse_unseen(crm, Image, facts)
    image = crm.images.add(Image(**facts))
    await crm.flush()
    return image


def _one_noun(part: type[Any], noun: dict[str, UUID]) -> None:
    known = dict(parent_models(part))
    if len(noun) != 1 or not noun.keys() <= known.keys():
        raise Invalid(f"A {part.__name__.lower()} is about one record.")


async def _tagging(crm: Crm, tag_id: UUID, noun: dict[str, UUID]) -> Tagging | None:
    ((column, row_id),) = noun.items()
    bears = getattr(Tagging, column) == row_id
    return await crm.taggings.first(crm.taggings.rows().where(Tagging.tag_id == tag_id, bears))


async def _in_touch(crm: Crm, activity: Activity) -> None:
    """The latest contact is kept on the record, so that lists need not look for it."""
    if activity.status is not ActivityStatus.DONE or activity.kind not in MET:
        return
    for name, model in parent_models(Activity):
        row_id = getattr(activity, name)
        if row_id is None or not hasattr(model, "last_contacted_at"):
            continue
        row = await crm.session.get(model, (crm.actor.org, row_id), with_for_update=True)
        if row is not None and (row.last_contacted_at or activity.at) <= activity.at:
            async with crm.granted(f"{model.__domain__}:write"):
                row.last_contacted_at = activity.at
