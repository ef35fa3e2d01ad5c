"""Where post arrives."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from crm_store.contacts.filling import checked_facts, fill
from crm_store.contacts.models import Address, Company, Household, Person
from crm_store.crm import Crm
from crm_store.donors.posting import send_here
from crm_store.errors import Invalid


async def add_address(crm: Crm, bearer: Person | Company | Household, **facts: Any) -> Address:
    """Another address; the first one is where post goes."""
    column = f"{bearer.__class__.__name__.lower()}_id"
    if country := facts.get("country"):
        facts["country"] = _country(country)
    if not any(facts.get(part) for part in Address.parts):
        raise Invalid("An address needs at least a street or a city.")
    others = await crm.addresses.of(**{column: bearer.id})
    primary = facts.pop("is_primary", None)
    if primary:
        for other in others:
            other.is_primary = False
        await crm.flush()
    facts = checked_facts(Address, facts)
    address = Address(**{column: bearer.id}, **facts, is_primary=primary or not others)
    crm.addresses.add(address)
    await crm.flush()
    await send_here(crm, bearer, address)
    return address


async def change_address(crm: Crm, address_id: UUID, **facts: Any) -> Address:
    """Correct an address; where it moved, its coordinates are forgotten."""
    address = await crm.addresses.get(address_id, lock=True)
    if country := facts.get("country"):
        facts["country"] = _country(country)
    fill(address, checked_facts(Address, facts))
    if facts.keys() - {"latitude", "longitude", "geocoded_at", "is_primary", "kind"}:
        address.latitude = facts.get("latitude")
        address.longitude = facts.get("longitude")
        address.geocoded_at = facts.get("geocoded_at")
    await crm.flush()
    return address


def _country(country: str) -> str:
    plain = country.strip().upper()
    if len(plain) != 2 or not plain.isalpha():
        raise Invalid(f"“{country}” is not a two-letter country code, as in GR.")
    return plain
