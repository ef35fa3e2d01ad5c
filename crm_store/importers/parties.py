"""Who a row is about: people, a company, where they live and how they are reached."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from crm_store.contacts import reaching
from crm_store.contacts.candidates import Candidate
from crm_store.contacts.models import IdentifierKind
from crm_store.donors.models import DonorKind
from crm_store.errors import Invalid
from crm_store.importers import reading, spelling
from crm_store.importers.fields import SPOUSE, Kind, Noun
from crm_store.importers.mapping import Plan
from crm_store.importers.spoken_names import Called, is_firm, people_in
from crm_store.search.text import fold

SEVERAL_MAILS = re.compile(r"[;,\s]+(?=\S+@)")
SEVERAL_NUMBERS = re.compile(r"\s*[;/|\n]\s*|,\s+")
HUMAN = ("prefix", "suffix", "middle_name", "nickname", "birthday", "gender", "language", "afm",
         "do_not_contact", "lead_source", "website", "doy")  # fmt: skip
PLACE = ("street", "street_2", "city", "state", "postal_code", "country")
UNIT = ("formal_salutation", "informal_salutation", "classification", "do_not_contact",
        "do_not_solicit")  # fmt: skip
FIRM = ("legal_name", "doy", "website", "industry", "company_type", "employee_count", "description",
        "do_not_contact")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody as the file has them; identifiers are (kind, as written, normalised)."""

    given: str | None
    family: str | None
    identifiers: tuple[tuple[IdentifierKind, str, str], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        named = " ".join(part for part in (self.given, self.family) if part)
        return named or (self.identifiers[0][1] if self.identifiers else "Unnamed")

    def candidate(self, place: Mapping[str, Any]) -> Candidate:
        return Candidate(
            given_name=self.given,
            family_name=self.family,
            identifiers=tuple((kind, normalised) for kind, _, normalised in self.identifiers),
            birthday=self.facts.get("birthday"),
            afm=self.facts.get("afm"),
            suffix=self.facts.get("suffix"),
            street=place.get("street"),
            postal_code=place.get("postal_code"),
            city=place.get("city"),
        )


@dataclass(frozen=True, slots=True)
class Firm:
    name: str
    identifiers: tuple[tuple[IdentifierKind, str, str], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Party:
    """One giver, person or company of the file. The same words make the same key."""

    key: str
    people: tuple[Human, ...]
    firm: Firm | None
    place: Mapping[str, Any]
    external_id: str | None
    facts: Mapping[str, Any]
    job_title: str | None = None
    is_known_by_name_alone: bool = False

    @property
    def name(self) -> str:
        if self.firm and self.is_company:
            return self.firm.name
        if not self.people:
            return self.external_id or "Unnamed"
        return " & ".join(human.name for human in self.people)

    @property
    def kind(self) -> DonorKind:
        if self.is_company:
            return DonorKind.COMPANY
        return DonorKind.COUPLE if len(self.people) > 1 else DonorKind.INDIVIDUAL

    @property
    def is_company(self) -> bool:
        return self.firm is not None and bool(self.facts.get("gives_as_company", not self.people))


@dataclass(frozen=True, slots=True)
class PartyReader:
    """Makes a party of the cells that tell of one."""

    noun: Noun
    plans: tuple[Plan, ...]
    country: str | None

    def read(self, cells: Sequence[str]) -> Party:
        """Raises Invalid with the reason where a cell cannot be read or nobody is named."""
        values: dict[str, Any] = {}
        for plan, cell in zip(self.plans, cells, strict=True):
            if plan.field is None or reading.is_nothing(cell):
                continue
            key = plan.field.key
            if plan.field.many:
                values.setdefault(key, []).append(cell)
            else:
                values[key] = _value(plan, cell)
        country = values.get("country") or self.country
        people = list(self._people(values, country))
        firm = self._firm(values, people, country)
        if not people and firm is None and not values.get("donor_id"):
            raise Invalid("Nobody is named: no name, company, e-mail, telephone or id.")
        place = {name: values[name] for name in PLACE if values.get(name)}
        return Party(
            key=self._key(cells),
            people=tuple(people),
            firm=firm,
            place=place,
            external_id=values.get("donor_id") or values.get("external_id"),
            facts={name: values[name] for name in (*UNIT, "gives_as_company") if name in values},
            job_title=values.get("job_title"),
            is_known_by_name_alone=not (
                place.get("street")
                or any(human.identifiers or human.facts.get("afm") for human in people)
                or firm is not None
                or values.get("donor_id")
            ),
        )

    def _people(self, values: dict[str, Any], country: str | None) -> Any:
        whole = values.get("name")
        said = values.get("donor_kind")
        named = bool(values.get("given_name") or values.get("family_name"))
        if whole and not named and self.noun is not Noun.COMPANIES:
            if said == "company" or (said is None and is_firm(whole)):
                values["company"], values["gives_as_company"] = whole, True
                whole = None
        elif self.noun is Noun.COMPANIES:
            values["company"] = whole
            return
        if said == "company" and values.get("company"):
            values["gives_as_company"] = True
        called = [] if named or not whole else list(people_in(whole))
        first = Called(values.get("given_name"), None, values.get("family_name"))
        if named and not values.get("spouse_given_name") and "&" in str(first.given):
            called = list(people_in(f"{first.given} {first.family or ''}"))
        elif named:
            called = [first]
        reached = _reached(values, "", country)
        by_firm = bool(values.get("company")) and not called
        if called or (reached and not by_firm):
            yield _human(called[0] if called else Called(), reached, values, "")
        spouse = Called(values.get("spouse_given_name"), None, values.get("spouse_family_name"))
        if values.get("spouse_name"):
            (spouse, *_) = people_in(values["spouse_name"])
        if spouse.given or spouse.family:
            if not spouse.family and called:
                spouse = Called(spouse.given, spouse.middle, called[0].family, spouse.prefix)
            yield _human(spouse, _reached(values, SPOUSE, country), values, SPOUSE)
        elif len(called) > 1 and self.noun in (Noun.GIFTS, Noun.DONORS):
            yield _human(called[1], (), {}, SPOUSE)

    def _firm(
        self, values: dict[str, Any], people: Sequence[Human], country: str | None
    ) -> Firm | None:
        name = values.get("company")
        if not name:
            return None
        own = not people
        facts = {key: values[key] for key in FIRM if own and values.get(key) is not None}
        if own and values.get("afm"):
            facts["afm"] = values["afm"]
        if website := facts.get("website"):
            facts["domain"] = _domain(website)
        return Firm(name, _reached(values, "", country) if own else (), facts)

    def _key(self, cells: Sequence[str]) -> str:
        """Whatever the order of the columns."""
        said = sorted(
            f"{plan.target}={fold(cell)}"
            for plan, cell in zip(self.plans, cells, strict=True)
            if not reading.is_nothing(cell)
        )
        return hashlib.blake2b("\n".join(said).encode(), digest_size=16).hexdigest()


def _human(called: Called, reached: tuple[Any, ...], values: Mapping[str, Any], role: str) -> Human:
    facts = {name: values[role + name] for name in HUMAN if values.get(role + name)}
    for name, value in (("prefix", called.prefix), ("suffix", called.suffix),
                        ("middle_name", called.middle)):  # fmt: skip
        if value and name not in facts:
            facts[name] = value
    return Human(called.given, called.family, reached, facts)


def _reached(
    values: Mapping[str, Any], role: str, country: str | None
) -> tuple[tuple[IdentifierKind, str, str], ...]:
    found: dict[tuple[IdentifierKind, str], str] = {}
    for cell in values.get(f"{role}email", ()):
        for part in SEVERAL_MAILS.split(cell):
            if plain := part.strip(" ;,"):
                found.setdefault((IdentifierKind.EMAIL, mail(plain)), plain)
    for cell in values.get(f"{role}phone", ()):
        for part in SEVERAL_NUMBERS.split(cell):
            if plain := part.strip():
                found.setdefault((IdentifierKind.PHONE, number(plain, country)), plain)
    if said := values.get(f"{role}whatsapp"):
        found.setdefault((IdentifierKind.WHATSAPP, number(said, country)), said)
    return tuple((kind, written, normalised) for (kind, normalised), written in found.items())


@lru_cache(maxsize=100_000)
def mail(text: str) -> str:
    return reaching.normalise(IdentifierKind.EMAIL, text)


@lru_cache(maxsize=100_000)
def number(text: str, country: str | None) -> str:
    """Excel drops the + and leading zeros of numbers; a full one is understood all the same."""
    try:
        return reaching.normalise(IdentifierKind.PHONE, text, country)
    except Invalid:
        digits = re.sub(r"\D", "", text)
        if 10 <= len(digits) <= 15 and digits[0] != "0":
            return reaching.normalise(IdentifierKind.PHONE, f"+{digits}")
        raise


def _domain(website: str) -> str:
    bare = re.sub(r"^[a-z]+://", "", website.strip().casefold())
    return bare.removeprefix("www.").split("/")[0]


def _value(plan: Plan, cell: str) -> Any:
    assert plan.field is not None
    match plan.field.kind:
        case Kind.DATE:
            return _past(reading.read_date(cell, plan.order), cell)
        case Kind.COUNTRY:
            return reading.read_country(cell)
        case Kind.TAX_NUMBER:
            return reading.read_tax_number(cell)
        case Kind.YES_NO:
            return reading.read_yes_no(cell)
        case Kind.LANGUAGE:
            return reading.read_language(cell)
        case Kind.DONOR_KIND:
            return _donor_kind(cell)
        case _:
            return " ".join(cell.split())


def _past(day: date, cell: str) -> date:
    if day > date.today():  # noqa: DTZ011
        raise Invalid(f"“{cell}” has not come yet.")
    return day


@lru_cache(maxsize=1_000)
def _donor_kind(cell: str) -> str | None:
    said = fold(cell)
    return next(
        (kind for kind, words in spelling.DONOR_KINDS.items() if any(w in said for w in words)),
        None,
    )
