"""What a donor is called: on an envelope, formally, and as friends say it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from uuid import UUID

from crm_store.contacts.models import Person
from crm_store.crm import Crm
from crm_store.donors.models import Donor, DonorKind, DonorStatus
from crm_store.search.text import fold, is_greek, is_hebrew

MOURNING = timedelta(days=90)
FAMILY_OF = {"el": "Οικογένεια", "he": "משפחת", "en": "The family of"}
COMPUTED = ("name", "formal_salutation", "informal_salutation")


def envelope(people: Sequence[Person], language: str | None = None) -> str:
    """Ruth and David Cohen; Ruth Cohen and David Levi."""
    if len(people) > 1 and len({person.family_name for person in people}) == 1:
        family = people[0].family_name
        if family and all(person.given_name for person in people):
            given = joined([str(person.given_name) for person in people], language)
            return f"{given} {family}"
    return joined([person.name for person in people], language)


def formal(people: Sequence[Person], language: str | None = None) -> str:
    """Dr and Mr Cohen; Dr Cohen and David Levi. Without titles, as on the envelope."""
    if len(people) > 1 and len({person.family_name for person in people}) == 1:
        if not any(person.prefix for person in people):
            return envelope(people, language)
        if people[0].family_name and all(person.prefix for person in people):
            prefixes = joined([str(person.prefix) for person in people], language)
            return f"{prefixes} {people[0].family_name}"
    return joined([_formally(person) for person in people], language)


def informal(people: Sequence[Person], language: str | None = None) -> str:
    """Ruth and David."""
    called = [person.nickname or person.given_name or _formally(person) for person in people]
    return joined(called, language)


def joined(parts: Sequence[str], language: str | None = None) -> str:
    """Two names with the language's own "and"; Hebrew joins it to the word that follows."""
    *first, last = parts
    if not first:
        return last
    spoken = language or _script("".join(parts))
    word = {"el": " και ", "he": " ו"}.get(spoken[:2], " and ")
    return f"{', '.join(first)}{word}{last}"


def sort_key(people: Sequence[Person], company: str | None) -> str:
    """Family name first, in its own alphabet."""
    if company:
        return fold(company)
    family = next((person.family_name for person in people if person.family_name), "")
    return fold(" ".join([family, *(person.given_name or "" for person in people)]))


def call(donor: Donor, people: Sequence[Person], company: str | None = None) -> None:
    """Give a donor its names, leaving alone those that somebody wrote by hand."""
    living = [person for person in people if not person.is_deceased]
    named = living or list(people)
    language = donor.language
    if not named:
        computed = (company or donor.name or "Unnamed",) * 3
    elif company:
        greeted = living or named
        computed = (company, formal(greeted, language), informal(greeted, language))
    elif not living:
        family = f"{FAMILY_OF[_language(named, language)]} {envelope(named, language)}"
        computed = (envelope(named, language), family, family)
    else:
        computed = (
            envelope(living, language),
            formal(living, language),
            informal(living, language),
        )
    for column, value in zip(COMPUTED, computed, strict=True):
        if column not in donor.custom_names:
            setattr(donor, column, value)
    donor.sort_key = sort_key(named, company)
    if donor.kind is not DonorKind.COMPANY and living:
        donor.kind = DonorKind.COUPLE if len(living) > 1 else DonorKind.INDIVIDUAL


async def refresh(crm: Crm, donors: Sequence[Donor]) -> None:
    """Work the names out again from whoever is part of each donor now."""
    people = await crm.donors.people_of([donor.id for donor in donors])
    companies = await crm.donors.companies_of(donors)
    async with crm.granted("donors:write"):
        for donor in donors:
            call(donor, people.get(donor.id, []), companies.get(donor.id))


async def refresh_donors_of(crm: Crm, person_id: UUID) -> None:
    await refresh(crm, await crm.donors.with_person(person_id))


async def refresh_donors_of_company(crm: Crm, company_id: UUID) -> None:
    await refresh(crm, await crm.donors.with_company(company_id))


async def mourn(crm: Crm, person_id: UUID, on: date) -> None:
    """A donor nobody of whom lives is closed to all contact; a bereaved one rests."""
    donors = await crm.donors.with_person(person_id)
    people = await crm.donors.people_of([donor.id for donor in donors])
    async with crm.granted("donors:write"):
        for donor in donors:
            if donor.kind is DonorKind.COMPANY:
                continue
            if all(person.is_deceased for person in people[donor.id]):
                donor.status, donor.do_not_contact = DonorStatus.DECEASED, True
            else:
                donor.contact_hold_until = max(on + MOURNING, donor.contact_hold_until or on)
                donor.contact_hold_reason = "Bereavement"
    await refresh(crm, donors)


def _formally(person: Person) -> str:
    if person.prefix and person.family_name:
        return f"{person.prefix} {person.family_name}"
    return person.name


def _language(people: Sequence[Person], language: str | None) -> str:
    spoken = (language or _script("".join(person.name for person in people)))[:2]
    return spoken if spoken in FAMILY_OF else "en"


def _script(text: str) -> str:
    tests: tuple[tuple[str, Callable[[str], bool]], ...] = (("el", is_greek), ("he", is_hebrew))
    return next((language for language, test in tests if test(text)), "en")
