"""The few records worth comparing with newcomers, fetched by indexes in three round trips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, and_, func, select, union, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import literal

from crm_store.contacts.candidates import Candidate, Reached, tails
from crm_store.contacts.models import Address, Identifier, IdentifierKind, Person
from crm_store.crm import Crm

MOST_IN_A_FAMILY = 300


@dataclass(frozen=True, slots=True)
class Held:
    """An identifier somebody has."""

    kind: IdentifierKind
    normalised: str
    source: str
    is_shared: bool
    is_verified: bool


@dataclass(slots=True)
class Known:
    """Somebody recorded, as far as it matters for comparing."""

    id: UUID
    name: str
    given_name: str | None
    family_name: str | None
    given_key: str
    family_key: str
    sound_key: str
    birthday: date | None
    afm: str | None
    suffix: str | None
    is_visible: bool
    identifiers: list[Held] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    cities: set[str] = field(default_factory=set)

    @property
    def tails(self) -> frozenset[str]:
        return tails(frozenset((h.kind, h.normalised, h.source) for h in self.identifiers))


class Neighbours:
    """Everybody fetched, filed under each key a candidate may share with them."""

    def __init__(self, people: Sequence[Known], *, closely: bool) -> None:
        self._closely = closely
        self._filed: dict[tuple[str, str], list[Known]] = defaultdict(list)
        for person in people:
            for key in self._keys_of(person):
                self._filed[key].append(person)

    def near(self, candidate: Candidate, reached: Reached) -> list[Known]:
        """Those who share at least one key with the candidate."""
        found = {
            person.id: person
            for key in _keys(candidate, reached, closely=self._closely)
            for person in self._filed.get(key, ())
        }
        return list(found.values())

    def _keys_of(self, person: Known) -> Iterator[tuple[str, str]]:
        yield from (("id", held.normalised) for held in person.identifiers)
        yield from (("tail", tail) for tail in person.tails)
        yield from (("place", place) for place in person.places if place)
        yield "name", f"{person.family_key}|{person.given_key}"
        yield "family", person.family_key
        yield "sound", person.sound_key
        yield "afm", person.afm or ""


def _keys(candidate: Candidate, reached: Reached, *, closely: bool) -> set[tuple[str, str]]:
    keys = {("id", value) for _, value, _ in reached} | {("tail", tail) for tail in tails(reached)}
    given, family = candidate.given_key, candidate.family_key
    if given or family:
        keys |= {("name", f"{family}|{given}"), ("name", f"{given}|{family}")}
    keys |= {("sound", sound) for sound in candidate.sounds}
    keys |= {("place", candidate.place)} if candidate.place else set()
    keys |= {("afm", candidate.afm)} if candidate.afm else set()
    keys |= {("family", family)} if closely and family else set()
    return keys


async def gather(
    crm: Crm, candidates: Sequence[Candidate], reached: Sequence[Reached], *, closely: bool
) -> Neighbours:
    """Everybody who shares a key with any of the candidates."""
    keys: dict[str, set[str]] = defaultdict(set)
    for candidate, reach in zip(candidates, reached, strict=True):
        for kind, key in _keys(candidate, reach, closely=closely):
            keys[kind].add(key)
    branches = list(_branches(crm.actor.org, keys))
    if not branches:
        return Neighbours([], closely=closely)
    people = await _people(crm, union(*branches))
    await _furnish(crm, people)
    return Neighbours([person for person, _ in people.values()], closely=closely)


def _branches(org: UUID, keys: dict[str, set[str]]) -> Iterator[Select[Any]]:
    """One indexed lookup for each kind of key."""
    held = select(Identifier.person_id).where(
        Identifier.org_id == org, Identifier.deleted_at.is_(None), Identifier.person_id.is_not(None)
    )
    people = select(Person.id).where(Person.org_id == org, Person.deleted_at.is_(None))
    if values := keys.get("id"):
        yield held.where(Identifier.normalised == func.any(_array(values)))
    if values := keys.get("tail"):
        yield held.where(Identifier.tail == func.any(_array(values)))
    if values := keys.get("afm"):
        yield people.where(Person.afm == func.any(_array(values)))
    if values := keys.get("sound"):
        yield people.where(Person.sound_key == func.any(_array(values)))
    if values := keys.get("name"):
        pairs = [value.split("|") for value in sorted(values)]
        wanted = (
            func.unnest(
                _array([family for family, _ in pairs]), _array([given for _, given in pairs])
            )
            .table_valued("family", "given")
            .render_derived()
        )
        yield people.join(
            wanted,
            and_(Person.family_key == wanted.c.family, Person.given_key == wanted.c.given),
        )
    if values := keys.get("family"):
        yield people.where(Person.family_key == func.any(_array(values))).limit(MOST_IN_A_FAMILY)
    if values := keys.get("place"):
        there = select(Address.person_id, Address.household_id).where(
            Address.org_id == org, Address.place_key == func.any(_array(values))
        )
        yield there.with_only_columns(Address.person_id).where(Address.person_id.is_not(None))
        households = there.with_only_columns(Address.household_id)
        yield people.where(Person.household_id.in_(households))


async def _people(crm: Crm, ids: Any) -> dict[UUID, tuple[Known, UUID | None]]:
    """Each with their household, whoever may see them: a hidden double is a double all the same."""
    visible = func.coalesce(crm.people.visible(), False).label("is_visible")
    query = (
        crm.people.everything()
        .where(Person.id.in_(select(ids.subquery().c[0])))
        .with_only_columns(
            Person.id,
            Person.given_name,
            Person.family_name,
            Person.given_key,
            Person.family_key,
            Person.sound_key,
            Person.birthday,
            Person.afm,
            Person.suffix,
            visible,
            Person.household_id,
        )
    )
    found = {}
    for row in await crm.session.execute(query):
        facts = dict(row._mapping)
        household = facts.pop("household_id")
        name = " ".join(part for part in (row.given_name, row.family_name) if part) or "Unnamed"
        found[row.id] = (Known(name=name, **facts), household)
    return found


async def _furnish(crm: Crm, people: dict[UUID, tuple[Known, UUID | None]]) -> None:
    """Their identifiers and addresses, those of their households included."""
    org, ids = crm.actor.org, _ids(people)
    held = select(
        Identifier.person_id,
        Identifier.kind,
        Identifier.normalised,
        Identifier.source,
        Identifier.is_shared,
        Identifier.verified_at.is_not(None),
    ).where(
        Identifier.org_id == org,
        Identifier.deleted_at.is_(None),
        Identifier.person_id == func.any(ids),
    )
    found: Any = await crm.session.execute(held)
    for person_id, *facts in found:
        people[person_id][0].identifiers.append(Held(*facts))
    homes: dict[UUID, list[Known]] = defaultdict(list)
    for person, household in people.values():
        if household:
            homes[household].append(person)
    placed = select(
        Address.person_id, Address.household_id, Address.place_key, Address.city_key
    ).where(Address.org_id == org)
    theirs = placed.where(Address.person_id == func.any(ids))
    if homes:
        shared = placed.where(Address.household_id == func.any(_ids(homes)))
        query: Any = union_all(theirs, shared)
    else:
        query = theirs
    for person_id, household_id, place, city in await crm.session.execute(query):
        for person in [people[person_id][0]] if person_id else homes[household_id]:
            person.places.add(place)
            person.cities.add(city)


def _ids(rows: Iterable[UUID]) -> Any:
    return literal(list(rows), ARRAY(Uuid))


def _array(values: Any) -> Any:
    return literal(sorted(values) if isinstance(values, set) else values, ARRAY(Text))
