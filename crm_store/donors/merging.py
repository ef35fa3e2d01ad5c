"""Two donors that were one giving unit all along."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from crm_store.contacts.choosing import Side
from crm_store.contacts.folding import fold_into
from crm_store.contacts.models import Merge, MergeKind
from crm_store.crm import Crm
from crm_store.donors import naming
from crm_store.donors.models import Donor, DonorKind
from crm_store.errors import Conflict


class UnlikeDonors(Conflict):
    """A company and a person do not give as one."""


class ThreeInACouple(Conflict):
    """Together they would be more than two people; part the couple or merge the people first."""


async def merge_donors(
    crm: Crm,
    keep_id: UUID,
    lose_id: UUID,
    choices: Mapping[str, Side | str] | None = None,
    reason: str | None = None,
    part_of: UUID | None = None,
) -> Merge:
    """The gifts, promises, receipts and story of both become one; receipts stay as printed."""
    crm.actor.need("donors:write")
    async with crm.granted("contacts:read", "contacts:write"):
        keep = await crm.donors.get(keep_id)
        lose = await crm.donors.get(lose_id)
        await _refuse_unlike(crm, keep, lose)
        keep, _, merge = await fold_into(
            crm, MergeKind.DONORS, keep_id, lose_id, choices, reason, part_of
        )
        await naming.refresh(crm, [keep])
    return merge


async def _refuse_unlike(crm: Crm, keep: Donor, lose: Donor) -> None:
    companies = {keep.company_id, lose.company_id}
    if (keep.kind is DonorKind.COMPANY) != (lose.kind is DonorKind.COMPANY):
        raise UnlikeDonors
    if keep.kind is DonorKind.COMPANY:
        if len(companies) > 1:
            raise UnlikeDonors("These are donors of two companies; merge the companies first.")
        return
    people = await crm.donors.people_of([keep.id, lose.id])
    if len({person.id for members in people.values() for person in members}) > 2:
        raise ThreeInACouple
