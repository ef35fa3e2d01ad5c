"""Whom a paper is made out to: both names of a couple, and where they live."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from babel import Locale
from sqlalchemy import ColumnElement, select

from crm_store.contacts.models import Address, Person
from crm_store.crm import Crm
from crm_store.donors.models import Donor, DonorKind, DonorPerson


@dataclass(frozen=True, slots=True)
class Recipient:
    donor: Donor
    names: tuple[str, ...]
    address: str | None
    language: str | None


async def recipients(crm: Crm, donor_ids: Collection[UUID]) -> dict[UUID, Recipient]:
    """Names, address and language of many donors in four questions."""
    org = crm.actor.org
    donors = (
        await crm.session.scalars(select(Donor).where(Donor.org_id == org, Donor.id.in_(donor_ids)))
    ).all()
    people = await _people(crm, donor_ids)
    addresses = await _addresses(crm, donors, people)
    found = {}
    for donor in donors:
        members = people[donor.id]
        names = tuple(person.name for person in members)
        spoken = (person.language for person in members if person.language)
        found[donor.id] = Recipient(
            donor,
            names if names and donor.kind is not DonorKind.COMPANY else (donor.name,),
            _first_address(donor, members, addresses),
            donor.language or next(spoken, None),
        )
    return found


async def _people(crm: Crm, donor_ids: Collection[UUID]) -> dict[UUID, list[Person]]:
    rows = await crm.session.execute(
        select(DonorPerson.donor_id, Person)
        .join(Person, (Person.org_id == DonorPerson.org_id) & (Person.id == DonorPerson.person_id))
        .where(
            DonorPerson.org_id == crm.actor.org,
            DonorPerson.donor_id.in_(donor_ids),
            DonorPerson.left_at.is_(None),
        )
        .order_by(DonorPerson.donor_id, DonorPerson.is_primary.desc(), DonorPerson.id)
    )
    people: dict[UUID, list[Person]] = defaultdict(list)
    for donor_id, person in rows:
        people[donor_id].append(person)
    return people


async def _addresses(
    crm: Crm, donors: Iterable[Donor], people: dict[UUID, list[Person]]
) -> dict[UUID, Address]:
    """Addresses by their own id and by whoever lives there, the main one of each."""
    chosen = {donor.address_id for donor in donors if donor.address_id}
    bearers: dict[str, set[UUID]] = {"person_id": set(), "household_id": set(), "company_id": set()}
    for donor in donors:
        if donor.address_id:
            continue
        bearers["person_id"] |= {person.id for person in people[donor.id]}
        bearers["household_id"] |= {donor.household_id} if donor.household_id else set()
        bearers["company_id"] |= {donor.company_id} if donor.company_id else set()
    found: dict[UUID, Address] = {}
    wanted: list[tuple[str, set[UUID]]] = [("id", chosen), *bearers.items()]
    for column, ids in wanted:
        if not ids:
            continue
        where: ColumnElement[bool] = getattr(Address, column).in_(ids)
        rows = await crm.session.scalars(
            select(Address)
            .where(Address.org_id == crm.actor.org, where)
            .order_by(Address.is_primary, Address.id)
        )
        found |= {getattr(address, column): address for address in rows}
    return found


def _first_address(
    donor: Donor, members: Iterable[Person], addresses: dict[UUID, Address]
) -> str | None:
    places = [donor.address_id, donor.household_id, donor.company_id, *(one.id for one in members)]
    found = next((addresses[place] for place in places if place in addresses), None)
    return None if found is None else _lines(found, donor.language)


def _lines(address: Address, language: str | None) -> str | None:
    country = address.country
    if country:
        named = Locale.parse((language or "en").replace("-", "_"))
        country = named.territories.get(country.upper(), country)
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    lines = (address.street, address.street_2, town, address.state, country)
    return "\n".join(line for line in lines if line) or None
