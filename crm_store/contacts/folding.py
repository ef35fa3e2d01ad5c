"""One record folded into another of its kind, and unfolded: the part all merges share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from crm_store.base import TenantRow, new_id, now
from crm_store.contacts import moving
from crm_store.contacts.choosing import Difference, Side, differences
from crm_store.contacts.models import Merge, MergeKind
from crm_store.contacts.references import tally
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, NotFound, Refused
from crm_store.repository import Repository
from crm_store.search import indexing

NOUN = {
    MergeKind.PEOPLE: "person",
    MergeKind.COMPANIES: "company",
    MergeKind.HOUSEHOLDS: "household",
    MergeKind.DONORS: "donor",
}


class AlreadyMerged(Conflict):
    """This record has been merged already."""


class CannotUndo(Refused):
    """This merge can no longer be undone."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do: rows that would move by table and column, and fields that differ."""

    kind: MergeKind
    keep: str
    lose: str
    moves: dict[str, int]
    fields: list[Difference]


async def preview(
    crm: Crm,
    kind: MergeKind,
    keep_id: UUID,
    lose_id: UUID,
    choices: Mapping[str, Side | str] | None = None,
) -> Preview:
    """Look before merging: nothing changes."""
    keep, lose = await _pair(crm, kind, keep_id, lose_id, lock=False)
    return Preview(
        kind,
        keep.name,
        lose.name,
        await tally(crm, kind.value, lose.id),
        differences(keep, lose, choices),
    )


async def fold_into(
    crm: Crm,
    kind: MergeKind,
    keep_id: UUID,
    lose_id: UUID,
    choices: Mapping[str, Side | str] | None = None,
    reason: str | None = None,
    part_of: UUID | None = None,
) -> tuple[Any, Any, Merge]:
    """The one becomes part of the other. Both are locked in one order, so that two merges wait."""
    keep, lose = await _pair(crm, kind, keep_id, lose_id, lock=True)
    changes = differences(keep, lose, choices)
    merge = crm.merges.add(
        Merge(id=new_id(), kind=kind, reason=reason, part_of_id=part_of, fields={}, moved={})
    )
    setattr(merge, f"kept_{NOUN[kind]}_id", keep.id)
    setattr(merge, f"lost_{NOUN[kind]}_id", lose.id)
    lose.deleted_at, lose.merged_into_id = now(), keep.id
    await crm.flush()
    done = await moving.move(crm, kind.value, lose.id, keep.id)
    for change in changes:
        if change.becomes != change.keep:
            setattr(keep, change.field, change.becomes)
            before, after = _plain(change.keep), _plain(change.becomes)
            merge.fields = {**merge.fields, change.field: {"before": before, "after": after}}
    merge.moved = {name: [str(row_id) for row_id in ids] for name, ids in done.rows.items() if ids}
    merge.conflicts = done.conflicts
    counts = {name: len(ids) for name, ids in merge.moved.items()}
    crm.note("merged", kind.value, keep.id, lost=lose.id, moved=counts, conflicts=done.conflicts)
    await crm.flush()
    _reindex(crm, kind, keep.id, lose.id)
    return keep, lose, merge


async def unfold(crm: Crm, merge: Merge) -> tuple[Any, Any]:
    """Everything goes back where it was; what was changed since stays as it is now."""
    keep_id, lose_id = parties(merge)
    keep, lose = await _parted(crm, merge, keep_id, lose_id)
    lose.deleted_at = lose.merged_into_id = None
    for name, change in merge.fields.items():
        if _plain(getattr(keep, name)) == change["after"]:
            setattr(keep, name, _revived(keep, name, change["before"]))
    try:
        async with crm.session.begin_nested():
            await crm.flush()
            await moving.move_back(crm, merge.kind.value, keep.id, lose.id, merge.moved)
            await moving.put_back(crm, merge.conflicts)
    except IntegrityError as error:
        raise CannotUndo(
            "Something of the merged record has been given to another since, so the merge "
            "cannot be undone."
        ) from error
    merge.undone_at, merge.undone_by = now(), crm.actor.id
    crm.note("unmerged", merge.kind.value, keep.id, restored=lose.id)
    await crm.flush()
    _reindex(crm, merge.kind, keep.id, lose.id)
    return keep, lose


def parties(merge: Merge) -> tuple[UUID, UUID]:
    """Who was kept and who was lost."""
    noun = NOUN[merge.kind]
    keep: UUID = getattr(merge, f"kept_{noun}_id")
    lose: UUID = getattr(merge, f"lost_{noun}_id")
    return keep, lose


def _repository(crm: Crm, kind: MergeKind) -> Repository[Any]:
    found: dict[MergeKind, Repository[Any]] = {
        MergeKind.PEOPLE: crm.people,
        MergeKind.COMPANIES: crm.companies,
        MergeKind.HOUSEHOLDS: crm.households,
        MergeKind.DONORS: crm.donors,
    }
    return found[kind]


async def _pair(
    crm: Crm, kind: MergeKind, keep_id: UUID, lose_id: UUID, *, lock: bool
) -> tuple[Any, Any]:
    """Both records, within reach; one that is gone because it was merged says so."""
    repository = _repository(crm, kind)
    if keep_id == lose_id:
        raise Invalid(f"A {NOUN[kind]} cannot be merged with itself.")
    found = {}
    for row_id in sorted((keep_id, lose_id)):
        try:
            found[row_id] = await repository.get(row_id, lock=lock)
        except NotFound:
            await _explain_merged(crm, repository, row_id)
            raise
    return found[keep_id], found[lose_id]


async def _explain_merged(crm: Crm, repository: Repository[Any], row_id: UUID) -> None:
    model = repository.model
    merged = select(model.id).where(
        model.org_id == crm.actor.org,
        model.id == row_id,
        model.merged_into_id.is_not(None),
        repository.visible(),
    )
    if await crm.session.scalar(merged):
        raise AlreadyMerged


async def _parted(crm: Crm, merge: Merge, keep_id: UUID, lose_id: UUID) -> tuple[Any, Any]:
    """Both records as the merge left them, or the reason why it cannot be undone."""
    repository = _repository(crm, merge.kind)
    crm.actor.need(f"{repository.domain}:write")
    if merge.undone_at is not None:
        raise AlreadyMerged("This merge has been undone already.")
    model = repository.model
    rows = await crm.session.scalars(
        select(model)
        .where(model.org_id == crm.actor.org, model.id.in_([keep_id, lose_id]))
        .where(repository.visible())
        .order_by(model.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    by_id = {row.id: row for row in rows}
    if len(by_id) < 2:
        raise CannotUndo("One of the two records is not visible to you, so you cannot part them.")
    keep, lose = by_id[keep_id], by_id[lose_id]
    if keep.merged_into_id is not None:
        raise CannotUndo(f"{keep.name} was itself merged since; undo that merge first.")
    if keep.deleted_at is not None:
        raise CannotUndo(f"{keep.name} was removed since; restore the record first.")
    if lose.merged_into_id != keep.id:
        raise CannotUndo(f"{lose.name} is no longer part of {keep.name}.")
    return keep, lose


def _reindex(crm: Crm, kind: MergeKind, *ids: UUID) -> None:
    if kind is not MergeKind.HOUSEHOLDS:
        indexing.touch(crm.session, NOUN[kind], ids)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def _revived(row: TenantRow, name: str, value: Any) -> Any:
    """A value kept as JSON, as its column holds it."""
    if value is None:
        return None
    kind = inspect(type(row)).columns[name].type.python_type
    if issubclass(kind, datetime | date):
        return kind.fromisoformat(value)
    return kind(value) if issubclass(kind, Decimal | UUID) else value
