"""The few records worth comparing with newcomers, fetched by indexes in three round trips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, and_, bindparam, column, func, select, union, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from crm_store.actor import Actor
from crm_store.contacts.candidates import Candidate, Reached, tails
from crm_store.contacts.models import Address, Identifier, IdentifierKind, Person
from crm_store.crm import Crm
from crm_store.prepared import Prepared, alike
from crm_store.repository import reach_of

MOST_IN_A_FAMILY = 300
LAST = "\U0010ffff"
PAIRS = ("name", "family")
KINDS = ("id", "tail", "afm", "sound", "place", *PAIRS)


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
    given_name: str | None
    family_name: str | None
    given_key: str
    family_key: str
    sound_key: str
    birthday: date | None
    afm: str | None
    suffix: str | None
    household_id: UUID | None
    is_visible: bool
    identifiers: list[Held] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    cities: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.given_name, self.family_name) if part) or "Unnamed"

    @property
    def tails(self) -> frozenset[str]:
        return tails(frozenset((h.kind, h.normalised, h.source) for h in self.identifiers))


class Neighbours:
    """Everybody fetched, filed under each key a candidate may share with them."""

    def __init__(self, people: Sequence[Known], *, closely: bool) -> None:
        self._closely = closely
        self._filed: dict[tuple[str, str], list[Known]] = defaultdict(list)
        for person in people:
            self.file(person)

    def file(self, person: Known) -> None:
        """One more, to be found from now on."""
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
        yield "name", _pair(person.family_key, person.given_key)
        yield "family", _pair(person.family_key, person.given_key[:1])
        yield "sound", person.sound_key
        yield "afm", person.afm or ""


def _keys(candidate: Candidate, reached: Reached, *, closely: bool) -> set[tuple[str, str]]:
    keys = {("id", value) for _, value, _ in reached} | {("tail", tail) for tail in tails(reached)}
    given, family = candidate.given_key, candidate.family_key
    if given or family:
        keys |= {("name", _pair(family, given)), ("name", _pair(given, family))}
    if closely and given and family:
        keys.add(("family", _pair(family, given[:1])))
    keys |= {("sound", sound) for sound in candidate.sounds}
    keys |= {("place", candidate.place)} if candidate.place else set()
    keys |= {("afm", candidate.afm)} if candidate.afm else set()
    return keys


def _pair(one: str, other: str) -> str:
    return f"{one}|{other}"


async def gather(
    crm: Crm, candidates: Sequence[Candidate], reached: Sequence[Reached], *, closely: bool
) -> Neighbours:
    """Everybody who shares a key with any of the candidates, whoever may see them."""
    crm.actor.need("contacts:read")
    keys: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for candidate, reach in zip(candidates, reached, strict=True):
        for kind, key in _keys(candidate, reach, closely=closely):
            keys[kind].add(key)
    if not any(keys.values()):
        return Neighbours([], closely=closely)
    asked = _questions(alike(crm.actor, ()))
    found = await asked.people.rows(crm.session, **_lists(keys))
    people = {row["id"]: Known(**row) for row in found}
    homes: dict[UUID, list[Known]] = defaultdict(list)
    for person in people.values():
        if person.household_id:
            homes[person.household_id].append(person)
    for row in await asked.held.rows(crm.session, ids=list(people)):
        bearer = people[row.pop("person_id")]
        bearer.identifiers.append(Held(kind=IdentifierKind(row.pop("kind")), **row))
    for row in await asked.placed.rows(crm.session, ids=list(people), homes=list(homes)):
        person_id = row["person_id"]
        for person in [people[person_id]] if person_id else homes[row["household_id"]]:
            person.places.add(row["place_key"])
            person.cities.add(row["city_key"])
    return Neighbours(list(people.values()), closely=closely)


def _lists(keys: dict[str, set[str]]) -> dict[str, list[str]]:
    """Each kind of key as the statement takes it; pairs come as two lists of equal length."""
    values = {kind: sorted(found) for kind, found in keys.items() if kind not in PAIRS}
    for kind in PAIRS:
        pairs = [key.split("|") for key in sorted(keys[kind])]
        values[f"{kind}_one"] = [one for one, _ in pairs]
        values[f"{kind}_other"] = [other for _, other in pairs]
    return values


@dataclass(frozen=True, slots=True)
class Questions:
    people: Prepared
    held: Prepared
    placed: Prepared


@lru_cache(maxsize=512)
def _questions(actor: Actor) -> Questions:
    """Worked out once for each kind of asker; a hidden double is a double all the same."""
    org = actor.org
    people = select(
        Person.id,
        Person.given_name,
        Person.family_name,
        Person.given_key,
        Person.family_key,
        Person.sound_key,
        Person.birthday,
        Person.afm,
        Person.suffix,
        Person.household_id,
        func.coalesce(reach_of(actor, Person), False).label("is_visible"),
    ).where(
        Person.org_id == org,
        Person.deleted_at.is_(None),
        Person.id.in_(union(*_branches(org))),
    )
    held = select(
        Identifier.person_id,
        Identifier.kind,
        Identifier.normalised,
        Identifier.source,
        Identifier.is_shared,
        Identifier.verified_at.is_not(None).label("is_verified"),
    ).where(
        Identifier.org_id == org,
        Identifier.deleted_at.is_(None),
        Identifier.person_id == _any("ids", Uuid()),
    )
    placed = select(
        Address.person_id, Address.household_id, Address.place_key, Address.city_key
    ).where(Address.org_id == org)
    places = union_all(
        placed.where(Address.person_id == _any("ids", Uuid())),
        placed.where(Address.household_id == _any("homes", Uuid())),
    )
    return Questions(Prepared.of(people), Prepared.of(held), Prepared.of(places))


def _branches(org: UUID) -> Iterator[Select[Any]]:
    """One indexed lookup for each kind of key; one without keys costs nothing."""
    held = select(Identifier.person_id).where(
        Identifier.org_id == org, Identifier.deleted_at.is_(None), Identifier.person_id.is_not(None)
    )
    people = select(Person.id).where(Person.org_id == org, Person.deleted_at.is_(None))
    there = select(Address.person_id).where(
        Address.org_id == org, Address.place_key == _any("place")
    )
    homes = there.with_only_columns(Address.household_id)
    names, families = _pairs("name"), _pairs("family")
    after = families.c.other.concat(LAST)
    yield held.where(Identifier.normalised == _any("id"))
    yield held.where(Identifier.tail == _any("tail"))
    yield people.where(Person.afm == _any("afm"))
    yield people.where(Person.sound_key == _any("sound"))
    yield people.join(
        names, and_(Person.family_key == names.c.one, Person.given_key == names.c.other)
    )
    yield people.join(
        families,
        and_(
            Person.family_key == families.c.one,
            Person.given_key >= families.c.other,
            Person.given_key < after,
        ),
    ).limit(MOST_IN_A_FAMILY)
    yield there.where(Address.person_id.is_not(None))
    yield people.where(Person.household_id.in_(homes))


def _any(name: str, kind: Any = None) -> Any:
    return func.any(bindparam(name, None, ARRAY(kind or Text())))


def _pairs(kind: str) -> Any:
    """Two lists as a table of two columns, in the order in which our keys are sorted."""
    lists = [bindparam(f"{kind}_{side}", None, ARRAY(Text())) for side in ("one", "other")]
    columns = [column(side, Text(collation="C")) for side in ("one", "other")]
    return func.unnest(*lists).table_valued(*columns).render_derived(name=f"{kind}_pairs")
