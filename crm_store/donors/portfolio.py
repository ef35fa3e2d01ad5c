"""Who looks after whom: giving a donor an officer, and handing over a whole portfolio."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, literal, select, update

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.donors.models import Donor, DonorAssignment
from crm_store.errors import Conflict, Invalid
from crm_store.identity.models import Member
from crm_store.search import indexing


async def assign_officer(
    crm: Crm,
    donor_id: UUID,
    member_id: UUID | None,
    reason: str | None = None,
    at: datetime | None = None,
) -> Donor:
    """Somebody looks after this donor from now on, or nobody; who did before stays on record."""
    donor = await crm.donors.get(donor_id, lock=True)
    if member_id == donor.owner_id:
        raise Conflict(f"{donor.name} is in that portfolio already.")
    if member_id:
        await _officer(crm, member_id)
    moment = at or now()
    current = await crm.assignments.first(
        crm.assignments.everything().where(
            DonorAssignment.donor_id == donor.id, DonorAssignment.ended_at.is_(None)
        )
    )
    if current is not None:
        current.ended_at = moment
        await crm.flush()
    donor.owner_id = member_id
    if member_id:
        crm.session.add(
            DonorAssignment(
                donor_id=donor.id,
                member_id=member_id,
                assigned_by_id=crm.actor.member_id,
                started_at=moment,
                reason=reason,
            )
        )
    await crm.flush()
    return donor


async def hand_over(crm: Crm, giver_id: UUID, taker_id: UUID, reason: str | None = None) -> int:
    """The whole portfolio of one officer becomes another's. Returns how many donors it was."""
    crm.actor.need("donors:write")
    if giver_id == taker_id:
        raise Invalid("A portfolio cannot be handed to the officer who has it.")
    await _officer(crm, taker_id)
    moment, me = now(), crm.actor.member_id
    mine = (
        crm.donors.rows()
        .where(Donor.owner_id == giver_id)
        .with_only_columns(Donor.id)
        .order_by(Donor.id)
        .with_for_update()
    )
    ids = list((await crm.session.scalars(mine)).all())
    if not ids:
        return 0
    org = crm.actor.org
    await crm.session.execute(
        update(DonorAssignment)
        .where(DonorAssignment.org_id == org, DonorAssignment.donor_id.in_(ids))
        .where(DonorAssignment.ended_at.is_(None))
        .values(ended_at=moment, updated_by=crm.actor.id)
    )
    fresh = select(
        Donor.org_id, func.gen_random_uuid(), Donor.id, literal(taker_id), literal(me),
        literal(moment), literal(reason), literal(crm.actor.id),
    ).where(Donor.org_id == org, Donor.id.in_(ids))  # fmt: skip
    columns = [
        DonorAssignment.org_id, DonorAssignment.id, DonorAssignment.donor_id,
        DonorAssignment.member_id, DonorAssignment.assigned_by_id, DonorAssignment.started_at,
        DonorAssignment.reason, DonorAssignment.created_by,
    ]  # fmt: skip
    await crm.session.execute(insert(DonorAssignment).from_select(columns, fresh))
    await crm.session.execute(
        update(Donor)
        .where(Donor.org_id == org, Donor.id.in_(ids))
        .values(owner_id=taker_id, updated_by=crm.actor.id)
    )
    indexing.touch(crm.session, "donor", ids)
    crm.note("handed over", "donors", None, owner_id={"before": giver_id, "after": taker_id},
             reason=reason, donors=ids)  # fmt: skip
    return len(ids)


async def _officer(crm: Crm, member_id: UUID) -> None:
    """Only somebody of the organisation who still works there can look after donors."""
    found = await crm.session.scalar(
        select(Member.is_active).where(
            Member.org_id == crm.actor.org, Member.id == member_id, Member.deleted_at.is_(None)
        )
    )
    if not found:
        raise Invalid("There is no such active member.")
