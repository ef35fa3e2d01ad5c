"""Two records that were one: looked at first, then merged, and parted again if that was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from crm_store.contacts.choosing import Side
from crm_store.contacts.folding import Preview, fold_into, preview, unfold
from crm_store.contacts.models import Company, Household, Merge, MergeKind, Person
from crm_store.crm import Crm
from crm_store.donors import naming
from crm_store.donors.merging import merge_donors
from crm_store.donors.models import Donor, DonorKind
from crm_store.errors import Refused

Choices = Mapping[str, Side | str]


async def preview_merge(
    crm: Crm, kind: MergeKind, keep_id: UUID, lose_id: UUID, choices: Choices | None = None
) -> Preview:
    """What would move and which fields differ; nothing changes."""
    return await preview(crm, kind, keep_id, lose_id, choices)


async def merge_people(
    crm: Crm,
    keep_id: UUID,
    lose_id: UUID,
    choices: Choices | None = None,
    reason: str | None = None,
) -> Merge:
    """Two people turn out to be one, and so do the donors each was alone.

    choices: whose value of a field stands, as {"birthday": "lose"}.
    """
    mine = await crm.donors.with_person(keep_id)
    theirs = await crm.donors.with_person(lose_id)
    keep, _, merge = await fold_into(crm, MergeKind.PEOPLE, keep_id, lose_id, choices, reason)
    alone = [donor for donor in (*mine, *theirs) if donor.kind is DonorKind.INDIVIDUAL]
    for donor in alone[1:]:
        await merge_donors(crm, alone[0].id, donor.id, reason=reason, part_of=merge.id)
    await naming.refresh_donors_of(crm, keep.id)
    return merge


async def merge_companies(
    crm: Crm,
    keep_id: UUID,
    lose_id: UUID,
    choices: Choices | None = None,
    reason: str | None = None,
) -> Merge:
    """Two companies turn out to be one, and so do the donors they were."""
    mine = await crm.donors.with_company(keep_id)
    theirs = await crm.donors.with_company(lose_id)
    keep, _, merge = await fold_into(crm, MergeKind.COMPANIES, keep_id, lose_id, choices, reason)
    both = [*mine, *theirs]
    for donor in both[1:]:
        await merge_donors(crm, both[0].id, donor.id, reason=reason, part_of=merge.id)
    await naming.refresh_donors_of_company(crm, keep.id)
    return merge


async def merge_households(
    crm: Crm,
    keep_id: UUID,
    lose_id: UUID,
    choices: Choices | None = None,
    reason: str | None = None,
) -> Merge:
    """Two households turn out to be one: everybody lives in the one that is kept."""
    _, _, merge = await fold_into(crm, MergeKind.HOUSEHOLDS, keep_id, lose_id, choices, reason)
    return merge


async def undo_merge(crm: Crm, merge_id: UUID) -> Merge:
    """Part what was merged: every row, field and identifier goes back, unless it moved on since."""
    merge = await crm.merges.get(merge_id, lock=True)
    if merge.part_of_id is not None:
        raise Refused("This was part of a larger merge; undo that one.")
    parts = await crm.session.scalars(
        select(Merge)
        .where(Merge.org_id == crm.actor.org, Merge.part_of_id == merge.id)
        .order_by(Merge.id.desc())
        .with_for_update()
    )
    async with crm.granted("donors:read", "donors:write"):
        for part in (*parts.all(), merge):
            for row in await unfold(crm, part):
                await _rename(crm, row)
    return merge


async def _rename(crm: Crm, row: Person | Company | Household | Donor) -> None:
    """The donors a record is part of are called by who they are made of now."""
    if isinstance(row, Person):
        await naming.refresh_donors_of(crm, row.id)
    elif isinstance(row, Company):
        await naming.refresh_donors_of_company(crm, row.id)
    elif isinstance(row, Donor):
        await naming.refresh(crm, [row])
