"""Gifts, promises and receipts are seen by whoever may see the donor."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select, true

from crm_store.actor import Actor, Reach
from crm_store.base import TenantRow
from crm_store.donors.models import Donor
from crm_store.errors import NotFound, NotVisible
from crm_store.repository import Repository, reach_of

Row = TypeVar("Row", bound=TenantRow)


def donors_within(actor: Actor) -> Any:
    """The ids of the donors this person may see."""
    return select(Donor.id).where(Donor.org_id == actor.org, reach_of(actor, Donor))


def follows_donor(actor: Actor, donor_id: Any) -> ColumnElement[bool]:
    if actor.reach is Reach.ALL:
        return true()
    condition: ColumnElement[bool] = donor_id.in_(donors_within(actor))
    return condition


class OfDonors(Repository[Row]):
    """Questions about something that belongs to a donor."""

    def visible(self) -> ColumnElement[bool]:
        return follows_donor(self.actor, self.model.donor_id)

    async def donor(self, donor_id: UUID) -> Donor:
        """The donor a question or a verb is about; refused where they are out of reach."""
        self.actor.need(f"{self.domain}:read")
        here = select(Donor).where(
            Donor.org_id == self.actor.org, Donor.id == donor_id, Donor.deleted_at.is_(None)
        )
        found = await self.session.scalar(here.where(reach_of(self.actor, Donor)))
        if found is not None:
            return found
        if await self.session.scalar(here.with_only_columns(Donor.id)):
            raise NotVisible("This donor is not visible to you.")
        raise NotFound("There is no such donor.")
