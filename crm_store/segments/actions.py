"""Saving audiences, fixing them, and putting them together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, select

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.search.text import fold
from crm_store.segments.compiling import MEMBER, MODELS
from crm_store.segments.language import All as AllOf
from crm_store.segments.language import AnyOf, InSegment, Node, Not, read_filter, walk, written
from crm_store.segments.models import Segment, SegmentKind, SegmentMember, Subject

ENROLMENTS: Any = SegmentMember.__table__
LONGEST_NAME = 120
UNCHANGED: Any = object()


class NameTaken(Conflict):
    """There is a segment of that name already."""


class StandsStill(Conflict):
    """This is a fixed list; its members are added and removed one by one."""


class FollowsItsFilter(Conflict):
    """This segment follows its filter; change the filter, or fix it as a list first."""


class InUse(Conflict):
    """Another segment is made from this one."""


async def save_segment(
    crm: Crm,
    name: str,
    filter: Node | dict[str, Any],
    *,
    subject: Subject = Subject.DONORS,
    description: str | None = None,
) -> Segment:
    """A segment that follows the data; its members are counted at once."""
    node = read_filter(filter)
    crm.segments.may_ask(node, subject)
    segment = Segment(
        name=await _free_name(crm, name),
        description=description,
        kind=SegmentKind.DYNAMIC,
        subject=subject,
        filter=written(node),
    )
    crm.segments.add(segment)
    await crm.flush()
    return await _counted(crm, segment)


async def save_list(
    crm: Crm,
    name: str,
    ids: Collection[UUID] = (),
    *,
    subject: Subject = Subject.DONORS,
    description: str | None = None,
) -> Segment:
    """A fixed list of these donors or people, as of a result that is to be kept."""
    segment = Segment(
        name=await _free_name(crm, name),
        description=description,
        kind=SegmentKind.STATIC,
        subject=subject,
    )
    crm.segments.add(segment)
    await crm.flush()
    await add_members(crm, segment.id, ids)
    return segment


async def change_segment(
    crm: Crm,
    segment_id: UUID,
    *,
    name: str | None = None,
    description: str | None = UNCHANGED,
    filter: Node | dict[str, Any] | None = None,
) -> Segment:
    """Another name, description or filter."""
    segment = await crm.segments.get(segment_id, lock=True)
    if name is not None and fold(name) != fold(segment.name):
        await _refuse_in_use(crm, segment)
        segment.name = await _free_name(crm, name)
    elif name is not None:
        segment.name = name.strip()
    if description is not UNCHANGED:
        segment.description = description
    if filter is None:
        await crm.flush()
        return segment
    if segment.kind is SegmentKind.STATIC:
        raise StandsStill
    node = read_filter(filter)
    crm.segments.may_ask(node, segment.subject)
    segment.filter = written(node)
    await crm.flush()
    return await _counted(crm, segment)


async def remove_segment(crm: Crm, segment_id: UUID) -> Segment:
    """Put a segment away; refused while another is made from it."""
    segment = await crm.segments.get(segment_id, lock=True)
    await _refuse_in_use(crm, segment)
    segment.deleted_at = now()
    await crm.flush()
    return segment


async def refresh_count(crm: Crm, segment_id: UUID) -> Segment:
    """Count the members again, and remember when."""
    return await _counted(crm, await crm.segments.get(segment_id, lock=True))


async def fix_segment(crm: Crm, segment_id: UUID, name: str) -> Segment:
    """A fixed list of those who are in the segment now, whatever becomes of them later."""
    source = await crm.segments.get(segment_id)
    fixed = Segment(
        name=await _free_name(crm, name),
        description=source.description,
        kind=SegmentKind.STATIC,
        subject=source.subject,
        filter=source.filter,
    )
    crm.segments.add(fixed)
    await crm.flush()
    await _enrol(crm, fixed, await crm.segments.members(source))
    return await _counted(crm, fixed)


async def combine_segments(
    crm: Crm,
    name: str,
    either: Sequence[Segment],
    *,
    without: Sequence[Segment] = (),
    description: str | None = None,
) -> Segment:
    """Everybody in any of the first, less everybody in the second; it follows them all."""
    if not either:
        raise Invalid("Say at least one segment to begin with.")
    subject = either[0].subject
    members: Node = AnyOf(of=_each(either)) if len(either) > 1 else _each(either)[0]
    if without:
        members = AllOf(of=(members, *(Not(of=one) for one in _each(without))))
    return await save_segment(crm, name, members, subject=subject, description=description)


async def add_members(crm: Crm, segment_id: UUID, ids: Iterable[UUID]) -> int:
    """Put donors or people on a fixed list; answers how many were not on it yet."""
    segment = await _fixed(crm, segment_id)
    wanted = set(ids)
    model = MODELS[segment.subject]
    rows = crm.donors.rows() if segment.subject is Subject.DONORS else crm.people.rows()
    found = rows.where(model.id.in_(wanted)).with_only_columns(model.id)
    seen = set((await crm.session.scalars(found)).all())
    if wanted - seen:
        raise Invalid(f"{len(wanted - seen)} of these {segment.subject} are not there for you.")
    added = await _enrol(crm, segment, found)
    await _counted(crm, segment)
    return added


async def remove_members(crm: Crm, segment_id: UUID, ids: Iterable[UUID]) -> int:
    """Take donors or people off a fixed list; answers how many were on it."""
    segment = await _fixed(crm, segment_id)
    gone = await crm.session.execute(
        delete(ENROLMENTS).where(
            SegmentMember.org_id == crm.actor.org,
            SegmentMember.segment_id == segment.id,
            MEMBER[segment.subject].in_(set(ids)),
        )
    )
    removed = int(getattr(gone, "rowcount", 0))
    crm.note("members removed", "segments", segment.id, count=removed)
    await _counted(crm, segment)
    return removed


async def _enrol(crm: Crm, segment: Segment, ids: Select[Any]) -> int:
    """In one statement, however many; who is on the list stays on it once."""
    crm.actor.need("segments:write")
    chosen = ids.subquery()
    column = MEMBER[segment.subject]
    rows = select(
        literal(segment.org_id),
        func.gen_random_uuid(),
        literal(segment.id),
        chosen.c[0],
        literal(crm.actor.id),
    )
    names = ["org_id", "id", "segment_id", column.key, "created_by"]
    statement = insert(ENROLMENTS).from_select(names, rows.where(~_on_it(segment, chosen.c[0])))
    statement = statement.execution_options(preserve_rowcount=True)
    result = await crm.session.execute(statement)
    added = int(getattr(result, "rowcount", 0))
    crm.note("members added", "segments", segment.id, count=added)
    return added


def _on_it(segment: Segment, row_id: Any) -> ColumnElement[bool]:
    return (
        select(SegmentMember.id)
        .where(
            SegmentMember.org_id == segment.org_id,
            SegmentMember.segment_id == segment.id,
            MEMBER[segment.subject] == row_id,
        )
        .exists()
    )


async def _fixed(crm: Crm, segment_id: UUID) -> Segment:
    segment = await crm.segments.get(segment_id, lock=True)
    if segment.kind is not SegmentKind.STATIC:
        raise FollowsItsFilter
    return segment


async def _counted(crm: Crm, segment: Segment) -> Segment:
    node = InSegment(segment=str(segment.id))
    segment.count = (await crm.segments.count_matching(node, segment.subject)).total
    segment.refreshed_at = now()
    await crm.flush()
    return segment


async def _free_name(crm: Crm, name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME:
        raise Invalid(f"A segment needs a name of at most {LONGEST_NAME} letters.")
    names = crm.segments.everything().with_only_columns(Segment.name)
    if fold(plain) in {fold(known) for known in await crm.session.scalars(names)}:
        raise NameTaken(f"There is a segment called “{plain}” already.")
    return plain


async def _refuse_in_use(crm: Crm, segment: Segment) -> None:
    """Segments that name this one would lose their meaning."""
    names = {fold(segment.name), str(segment.id)}
    for other in await crm.segments.all():
        if other.id == segment.id or other.filter is None or other.kind is SegmentKind.STATIC:
            continue
        for part in walk(read_filter(other.filter)):
            if isinstance(part, InSegment) and {fold(part.segment), part.segment} & names:
                raise InUse(f"The segment “{other.name}” is made from this one.")


def _each(segments: Sequence[Segment]) -> tuple[InSegment, ...]:
    return tuple(InSegment(segment=segment.name) for segment in segments)
