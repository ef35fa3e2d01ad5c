"""Where a donor's post goes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select

from crm_store.contacts.models import Address, Company, Household, Person
from crm_store.crm import Crm
from crm_store.donors.models import Donor, DonorPerson


async def mailing_address(crm: Crm, donor: Donor, people: Sequence[Person]) -> UUID | None:
    """Home, or the company's door, unless somebody says otherwise."""
    bearers: list[ColumnElement[bool]] = [false()]
    if donor.company_id:
        bearers.append(Address.company_id == donor.company_id)
    else:
        bearers.append(Address.person_id.in_([person.id for person in people]))
    if donor.household_id and not donor.company_id:
        bearers.append(Address.household_id == donor.household_id)
    found: UUID | None = await crm.session.scalar(
        select(Address.id)
        .where(Address.org_id == crm.actor.org, or_(*bearers))
        .order_by(Address.household_id.is_(None), Address.is_primary.desc(), Address.id)
        .limit(1)
    )
    return found


async def send_here(crm: Crm, bearer: Person | Company | Household, address: Address) -> None:
    """Donors of this person, company or household that had no address are written to here."""
    if isinstance(bearer, Person):
        membership = select(DonorPerson.donor_id).where(
            DonorPerson.org_id == crm.actor.org,
            DonorPerson.person_id == bearer.id,
            DonorPerson.left_at.is_(None),
        )
        whose: ColumnElement[bool] = Donor.id.in_(membership) & Donor.company_id.is_(None)
    elif isinstance(bearer, Company):
        whose = Donor.company_id == bearer.id
    else:
        whose = Donor.household_id == bearer.id
    donors = await crm.session.scalars(
        select(Donor).where(
            Donor.org_id == crm.actor.org,
            Donor.deleted_at.is_(None),
            Donor.address_id.is_(None),
            whose,
        )
    )
    async with crm.granted("donors:write"):
        for donor in donors:
            donor.address_id = address.id
            donor.city_key = address.city_key
