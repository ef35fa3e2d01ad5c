"""Adding people, companies and households, changing them, and letting them go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, update

from crm_store.base import now
from crm_store.contacts import identifying
from crm_store.contacts.addressing import add_address
from crm_store.contacts.candidates import Candidate
from crm_store.contacts.filling import fill, sound_facts
from crm_store.contacts.matching import Grade, Match, find_company_matches, find_matches
from crm_store.contacts.models import (
    Company,
    Employment,
    Household,
    HouseholdRole,
    Identifier,
    IdentifierKind,
    Person,
)
from crm_store.crm import Crm
from crm_store.donors import naming
from crm_store.errors import Conflict, Invalid
from crm_store.repository import Repository

Bearer = TypeVar("Bearer", Person, Company)
NAMES = frozenset({"given_name", "middle_name", "family_name", "prefix", "suffix", "nickname"})


class AlreadyKnown(Conflict):
    """Somebody like this is already recorded."""

    def __init__(self, matches: Sequence[Match]) -> None:
        best = matches[0]
        super().__init__(f"{best.who} may be the same: {best.why}.")
        self.matches = matches


class Nameless(Invalid):
    """A person needs a name or a way to be reached."""


async def add_person(
    crm: Crm,
    *,
    email: str | None = None,
    phone: str | None = None,
    whatsapp: str | None = None,
    address: dict[str, Any] | None = None,
    company_id: UUID | None = None,
    job_title: str | None = None,
    shared: bool = False,
    even_if_known: bool = False,
    **facts: Any,
) -> Person:
    """Record somebody new, unless they are known already.

    shared: their e-mail and numbers may be somebody else's too, as a couple's are.
    """
    person = Person(**await sound_facts(crm, Person, facts))
    named = {
        IdentifierKind.EMAIL: email,
        IdentifierKind.PHONE: phone,
        IdentifierKind.WHATSAPP: whatsapp,
    }
    reached = {kind: value for kind, value in named.items() if value and value.strip()}
    if not (person.given_name or person.family_name or reached):
        raise Nameless
    if not even_if_known:
        candidate = Candidate.of(person, identifiers=tuple(reached.items()), address=address)
        _refuse_known(await find_matches(crm, candidate))
    for kind, value in reached.items():
        await identifying.refuse_taken(crm, kind, value, shared=shared)
    crm.people.add(person)
    await crm.flush()
    for kind, value in reached.items():
        await identifying.add_identifier(crm, person, kind, value, shared=shared)
    if address:
        await add_address(crm, person, **address)
    if company_id or job_title:
        await employ(crm, person, company_id, title=job_title)
    return person


async def change_person(crm: Crm, person_id: UUID, **facts: Any) -> Person:
    """Correct what is known of somebody; a new name reaches the donors they are part of."""
    person = await crm.people.get(person_id, lock=True)
    fill(person, await sound_facts(crm, Person, facts))
    await crm.flush()
    if NAMES & facts.keys():
        await naming.refresh_donors_of(crm, person.id)
    return person


async def mark_deceased(crm: Crm, person_id: UUID, on: date | None = None) -> Person:
    """Nobody writes to the dead; a bereaved partner is left in peace for a while."""
    person = await crm.people.get(person_id, lock=True)
    person.is_deceased, person.died_on = True, on
    person.do_not_contact, person.do_not_contact_reason = True, "Deceased"
    await crm.flush()
    await naming.mourn(crm, person.id, on or now().date())
    return person


async def add_company(
    crm: Crm,
    *,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    address: dict[str, Any] | None = None,
    even_if_known: bool = False,
    **facts: Any,
) -> Company:
    """Record a company, unless it is known already by its tax number, domain or name."""
    if not name.strip():
        raise Invalid("A company needs a name.")
    company = Company(**await sound_facts(crm, Company, {"name": name, **facts}))
    if not even_if_known:
        _refuse_known(await find_company_matches(crm, company))
    named = {IdentifierKind.EMAIL: email, IdentifierKind.PHONE: phone}
    reached = {kind: value for kind, value in named.items() if value and value.strip()}
    for kind, value in reached.items():
        await identifying.refuse_taken(crm, kind, value)
    crm.companies.add(company)
    await crm.flush()
    for kind, value in reached.items():
        await identifying.add_identifier(crm, company, kind, value)
    if address:
        await add_address(crm, company, kind="work", **address)
    return company


async def change_company(crm: Crm, company_id: UUID, **facts: Any) -> Company:
    company = await crm.companies.get(company_id, lock=True)
    fill(company, await sound_facts(crm, Company, facts))
    await crm.flush()
    if "name" in facts:
        await naming.refresh_donors_of_company(crm, company.id)
    return company


async def add_household(
    crm: Crm, *, name: str, members: Sequence[UUID] = (), **facts: Any
) -> Household:
    """A household and who lives in it, the first of them its head."""
    household = Household(**await sound_facts(crm, Household, {"name": name, **facts}))
    if not household.name:
        raise Invalid("A household needs a name.")
    crm.households.add(household)
    await crm.flush()
    for place, person_id in enumerate(members):
        role = HouseholdRole.PARTNER if place else HouseholdRole.HEAD
        await move_in(crm, household.id, person_id, role)
    return household


async def move_in(
    crm: Crm, household_id: UUID, person_id: UUID, role: HouseholdRole = HouseholdRole.OTHER
) -> Person:
    """Somebody lives in this household from now on, and in no other."""
    await crm.households.get(household_id)
    person = await crm.people.get(person_id, lock=True)
    person.household_id, person.household_role = household_id, role
    await crm.flush()
    return person


async def move_out(crm: Crm, person_id: UUID) -> Person:
    person = await crm.people.get(person_id, lock=True)
    person.household_id = person.household_role = None
    await crm.flush()
    return person


async def employ(
    crm: Crm,
    person: Person,
    company_id: UUID | None = None,
    *,
    title: str | None = None,
    department: str | None = None,
    started_on: date | None = None,
) -> Employment:
    """Where somebody works now; what was their main work becomes history they keep."""
    if company_id:
        await crm.companies.get(company_id)
    await crm.session.execute(
        update(Employment)
        .where(Employment.org_id == crm.actor.org, Employment.person_id == person.id)
        .where(Employment.is_primary)
        .values(is_primary=False)
    )
    job = Employment(
        person_id=person.id,
        company_id=company_id,
        title=title,
        department=department,
        started_on=started_on,
    )
    crm.employments.add(job)
    await crm.flush()
    return job


async def remove_person(crm: Crm, person_id: UUID) -> Person:
    """Put somebody away with their identifiers, which others may then use."""
    return await _remove(crm, await crm.people.get(person_id, lock=True), "person_id")


async def remove_company(crm: Crm, company_id: UUID) -> Company:
    return await _remove(crm, await crm.companies.get(company_id, lock=True), "company_id")


async def restore_person(crm: Crm, person_id: UUID) -> Person:
    """Bring somebody back as they were, unless another has their address by now."""
    return await _restore(crm, crm.people, person_id, "person_id")


async def restore_company(crm: Crm, company_id: UUID) -> Company:
    return await _restore(crm, crm.companies, company_id, "company_id")


async def _remove(crm: Crm, row: Bearer, column: str) -> Bearer:
    row.deleted_at = now()
    for identifier in await crm.identifiers.of(**{column: row.id}):
        identifier.deleted_at = row.deleted_at
    await crm.flush()
    return row


async def _restore(crm: Crm, repository: Repository[Bearer], row_id: UUID, column: str) -> Bearer:
    crm.actor.need("contacts:write")
    model = repository.model
    gone = select(model).where(
        model.org_id == crm.actor.org,
        model.id == row_id,
        model.deleted_at.is_not(None),
        repository.visible(),
    )
    row: Bearer | None = await crm.session.scalar(gone.with_for_update())
    if row is None:
        return await repository.get(row_id)
    if row.merged_into_id:
        raise Conflict("This record was merged into another; undo the merge instead.")
    theirs = await crm.session.scalars(
        select(Identifier).where(
            Identifier.org_id == crm.actor.org,
            getattr(Identifier, column) == row.id,
            Identifier.deleted_at == row.deleted_at,
        )
    )
    for identifier in theirs:
        await identifying.refuse_taken(
            crm, identifier.kind, identifier.value, identifier.source, shared=identifier.is_shared
        )
        identifier.deleted_at = None
    row.deleted_at = None
    await crm.flush()
    return row


def _refuse_known(matches: Sequence[Match]) -> None:
    sure = [match for match in matches if match.grade is not Grade.POSSIBLE]
    if sure:
        raise AlreadyKnown(sure)
