"""Making donors of people and companies, and changing what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from crm_store.base import now
from crm_store.contacts.filling import refuse_unseen
from crm_store.contacts.models import Person
from crm_store.crm import Crm
from crm_store.donors import naming
from crm_store.donors.journey import Graph
from crm_store.donors.models import (
    Donor,
    DonorAssignment,
    DonorKind,
    DonorPerson,
    StageChange,
)
from crm_store.donors.posting import mailing_address
from crm_store.errors import Conflict, Invalid

CHANGEABLE = frozenset(
    {"name", "formal_salutation", "informal_salutation", "status", "classification", "capacity",
     "language", "is_anonymous", "do_not_contact", "do_not_solicit", "contact_hold_until",
     "contact_hold_reason", "last_contacted_at", "next_follow_up_at", "workspace_id",
     "household_id", "address_id", "external_source", "external_id"}
)  # fmt: skip


class AlreadyDonor(Conflict):
    """This is a donor already."""


async def add_donor(
    crm: Crm,
    people: Sequence[UUID] = (),
    *,
    company_id: UUID | None = None,
    owner_id: UUID | None = None,
    stage: str | None = None,
    even_if_donor: bool = False,
    **facts: Any,
) -> Donor:
    """A giving unit of one person, of a couple, or of a company and those who speak for it."""
    if not people and not company_id:
        raise Invalid("A donor is at least one person or a company.")
    if len(set(people)) != len(people) or (len(people) > 2 and not company_id):
        raise Invalid("A couple is two different people.")
    members = [await crm.people.get(person_id) for person_id in people]
    company = await crm.companies.get(company_id) if company_id else None
    if not even_if_donor:
        await _refuse_known(crm, members, company_id)
    kind = DonorKind.COMPANY if company else DonorKind.INDIVIDUAL
    donor = Donor(kind=kind, company_id=company_id, owner_id=owner_id, custom_names=[])
    donor.household_id = _shared_household(members)
    await refuse_unseen(crm, Donor, {"owner_id": owner_id, **facts})
    _apply(donor, facts)
    naming.call(donor, members, company.name if company else None)
    crm.donors.add(donor)
    await crm.flush()
    for place, person in enumerate(members):
        crm.session.add(DonorPerson(donor_id=donor.id, person_id=person.id, is_primary=not place))
    if donor.address_id is None:
        donor.address_id = await mailing_address(crm, donor, members)
    await _begin_journey(crm, donor, stage)
    if owner_id:
        crm.session.add(
            DonorAssignment(
                donor_id=donor.id, member_id=owner_id, assigned_by_id=crm.actor.member_id
            )
        )
    await crm.flush()
    await crm.session.refresh(donor, ["city_key"])
    return donor


async def change_donor(crm: Crm, donor_id: UUID, **facts: Any) -> Donor:
    """Correct what is known; a name given as None is worked out from the people again."""
    donor = await crm.donors.get(donor_id, lock=True)
    await refuse_unseen(crm, Donor, facts)
    _apply(donor, facts)
    await crm.flush()
    if facts.keys() & {*naming.COMPUTED} or "language" in facts:
        await naming.refresh(crm, [donor])
    if "address_id" in facts:
        await crm.session.refresh(donor, ["city_key"])
    return donor


async def remove_donor(crm: Crm, donor_id: UUID) -> Donor:
    """Put a donor away; the gifts stay in the books."""
    donor = await crm.donors.get(donor_id, lock=True)
    donor.deleted_at = now()
    await crm.flush()
    return donor


async def restore_donor(crm: Crm, donor_id: UUID) -> Donor:
    crm.actor.need("donors:write")
    gone = (
        select(Donor)
        .where(Donor.org_id == crm.actor.org, Donor.id == donor_id, Donor.deleted_at.is_not(None))
        .where(crm.donors.visible())
    )
    donor: Donor | None = await crm.session.scalar(gone.with_for_update())
    if donor is None:
        return await crm.donors.get(donor_id)
    if donor.merged_into_id:
        raise Conflict("This donor was merged into another; undo the merge instead.")
    donor.deleted_at = None
    await crm.flush()
    return donor


async def _begin_journey(crm: Crm, donor: Donor, stage: str | None) -> None:
    journey = await crm.journeys.active()
    graph = Graph.model_validate(journey.graph)
    donor.journey_stage = graph.stage(stage).id if stage else graph.stages[0].id
    donor.stage_since = now()
    crm.session.add(
        StageChange(
            donor_id=donor.id,
            journey_id=journey.id,
            to_stage=donor.journey_stage,
            at=donor.stage_since,
            member_id=crm.actor.member_id,
        )
    )


async def _refuse_known(crm: Crm, people: Sequence[Person], company_id: UUID | None) -> None:
    known: list[Donor] = []
    if company_id:
        known += await crm.donors.with_company(company_id)
    else:
        for person in people:
            known += [
                donor for donor in await crm.donors.with_person(person.id) if not donor.company_id
            ]
    if known:
        raise AlreadyDonor(f"{known[0].name} is a donor already.")


def _apply(donor: Donor, facts: dict[str, Any]) -> None:
    if unknown := facts.keys() - CHANGEABLE:
        raise Invalid(f"A donor has no {', '.join(sorted(unknown))} to change here.")
    by_hand = set(donor.custom_names)
    for name, value in facts.items():
        if name in naming.COMPUTED:
            by_hand = by_hand | {name} if value else by_hand - {name}
            if value:
                setattr(donor, name, value)
        else:
            setattr(donor, name, value)
    donor.custom_names = sorted(by_hand)


def _shared_household(people: Sequence[Person]) -> UUID | None:
    homes = {person.household_id for person in people}
    return homes.pop() if len(homes) == 1 else None
