"""Taking a conversion back, as long as nothing was built on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, not_, select

from crm_store.base import now
from crm_store.contacts.actions import remove_company, remove_person
from crm_store.contacts.identifying import remove_identifier
from crm_store.contacts.models import Company, Employment, Identifier, Person
from crm_store.crm import Crm
from crm_store.deals.actions import delete_deal
from crm_store.deals.models import Deal, DealStatus
from crm_store.donors.actions import remove_donor
from crm_store.donors.models import Donor
from crm_store.errors import NotFound, Refused
from crm_store.gifts.models import Gift
from crm_store.leads.carrying import carry_back
from crm_store.leads.models import OPEN, LeadConversion
from crm_store.leads.rescoring import rescore

REMOVALS: tuple[tuple[str, type[Any], Callable[[Crm, UUID], Awaitable[object]]], ...] = (
    ("deal", Deal, delete_deal),
    ("donor", Donor, remove_donor),
    ("person", Person, remove_person),
    ("company", Company, remove_company),
)


class NotConverted(NotFound):
    """This lead has not been converted."""


class BuiltUpon(Refused):
    """Something was built on this conversion, so it can no longer be undone."""


async def undo_conversion(crm: Crm, lead_id: UUID, *, at: datetime | None = None) -> LeadConversion:
    """Put away what the conversion made, bring back what it carried, and open the lead again."""
    lead = await crm.leads.get(lead_id, lock=True)
    conversion = await crm.lead_conversions.standing(lead.id)
    if conversion is None:
        raise NotConverted
    async with crm.granted("contacts:read", "contacts:write"):
        await _refuse_built_upon(crm, conversion)
        if conversion.person_id is not None:
            await carry_back(crm, lead.id, conversion.person_id, conversion.carried)
        await _take_back(crm, conversion)
        await _put_away(crm, conversion)
    conversion.undone_at, conversion.undone_by_id = at or now(), crm.actor.member_id
    if conversion.status_before in OPEN:
        lead.status, lead.closed_at, lead.close_reason = conversion.status_before, None, None
    await crm.flush()
    await rescore(crm, [lead])
    return conversion


async def _refuse_built_upon(crm: Crm, conversion: LeadConversion) -> None:
    """Gifts, a decision on the deal, or a merge: these are not undone with it."""
    org, made = crm.actor.org, conversion.created
    reasons = {
        "The donor has given since": "donor" in made
        and exists(select(Gift.id).where(Gift.org_id == org, Gift.donor_id == conversion.donor_id)),
        "The deal has been decided since": "deal" in made
        and exists(
            select(Deal.id).where(
                Deal.org_id == org,
                Deal.id == conversion.deal_id,
                Deal.status != DealStatus.OPEN,
            )
        ),
        "The person has been merged with another since": "person" in made
        and exists(
            select(Person.id).where(
                Person.org_id == org,
                Person.id == conversion.person_id,
                Person.merged_into_id.is_not(None),
            )
        ),
    }
    for reason, condition in reasons.items():
        if condition is not False and await crm.session.scalar(select(condition)):
            raise BuiltUpon(f"{reason}, so the conversion can no longer be undone.")


async def _take_back(crm: Crm, conversion: LeadConversion) -> None:
    """What somebody recorded before was given by the lead."""
    for identifier_id in conversion.carried.get("identifiers", ()):
        row = await crm.identifiers.first(
            crm.identifiers.rows().where(Identifier.id == UUID(identifier_id))
        )
        if row is not None:
            await remove_identifier(crm, row.id)
    for employment_id in conversion.carried.get("employments", ()):
        job = await crm.employments.first(
            crm.employments.rows().where(Employment.id == UUID(employment_id))
        )
        if job is not None:
            await crm.session.delete(job)
    await crm.flush()


async def _put_away(crm: Crm, conversion: LeadConversion) -> None:
    """What the conversion brought into being, unless it has gone already or serves others too."""
    for name, model, remove in REMOVALS:
        row_id: UUID | None = getattr(conversion, f"{name}_id")
        if name not in conversion.created or row_id is None:
            continue
        there: ColumnElement[bool] = exists().where(
            model.org_id == crm.actor.org, model.id == row_id, model.deleted_at.is_(None)
        )
        if name == "company":
            there = and_(there, not_(_others_work_there(crm, conversion)))
        if await crm.session.scalar(select(there)):
            await remove(crm, row_id)


def _others_work_there(crm: Crm, conversion: LeadConversion) -> ColumnElement[bool]:
    return exists().where(
        Employment.org_id == crm.actor.org,
        Employment.company_id == conversion.company_id,
        Employment.person_id != conversion.person_id,
    )
