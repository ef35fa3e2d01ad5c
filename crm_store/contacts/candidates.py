"""Somebody who may or may not be recorded already, and how they would be recognised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self
from uuid import UUID

from crm_store.contacts import names
from crm_store.contacts.models import IdentifierKind, Person
from crm_store.contacts.reaching import normalise
from crm_store.errors import Invalid

Reached = frozenset[tuple[IdentifierKind, str, str]]
NUMBERS = frozenset({IdentifierKind.PHONE, IdentifierKind.WHATSAPP})


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of somebody: identifiers are (kind, value) or (kind, value, source)."""

    given_name: str | None = None
    family_name: str | None = None
    identifiers: tuple[tuple[IdentifierKind, str] | tuple[IdentifierKind, str, str], ...] = ()
    birthday: date | None = None
    afm: str | None = None
    suffix: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    not_id: UUID | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        person: Person,
        identifiers: Iterable[Any] = (),
        address: Mapping[str, Any] | None = None,
    ) -> Self:
        """Somebody recorded, to find their doubles."""
        place = address or {}
        return cls(
            given_name=person.given_name,
            family_name=person.family_name,
            identifiers=tuple(identifiers),
            birthday=person.birthday,
            afm=person.afm,
            suffix=person.suffix,
            street=place.get("street"),
            postal_code=place.get("postal_code"),
            city=place.get("city"),
            not_id=person.id,
        )

    @property
    def given_key(self) -> str:
        return names.name_key(self.given_name)

    @property
    def family_key(self) -> str:
        return names.name_key(self.family_name)

    @property
    def place(self) -> str:
        return names.place_key(self.street, self.postal_code)

    @property
    def sounds(self) -> frozenset[str]:
        return names.sound_keys(self.given_name, self.family_name)


def reached_by(candidate: Candidate, country: str | None) -> Reached:
    """Their identifiers as they would be stored; those that cannot be read are left out."""
    found = set()
    for kind, value, *source in candidate.identifiers:
        try:
            normalised = normalise(kind, value, country)
        except Invalid:
            continue
        found.add((kind, normalised, source[0].strip().casefold() if source else ""))
    return frozenset(found)


def tails(reached: Reached) -> frozenset[str]:
    """The last seven digits of each number."""
    return frozenset(value.split(";")[0][-7:] for kind, value, _ in reached if kind in NUMBERS)
