"""Finding every row that is held on a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid

from crm_store.contacts.models import Identifier, Person
from crm_store.crm import Crm
from crm_store.donors.models import Donor, DonorKind, DonorPerson
from crm_store.errors import NotFound
from crm_store.privacy import links
from crm_store.privacy.links import table_of

Rows = dict[str, set[UUID]]
SHORTEST = 5
NAMED_BY = ("people", "donors", "leads", "visitors")


@dataclass(slots=True)
class Holdings:
    """Whose it is, what is theirs alone, and what they hold together with others."""

    person: Person
    people: tuple[Person, ...]
    identifiers: tuple[Identifier, ...] = ()
    own: Rows = field(default_factory=lambda: defaultdict(set))
    shared: Rows = field(default_factory=lambda: defaultdict(set))
    mentioned: Rows = field(default_factory=lambda: defaultdict(set))
    others: tuple[Person, ...] = ()

    @property
    def ids(self) -> list[UUID]:
        return [row_id for rows in self.own.values() for row_id in rows]

    @property
    def addresses(self) -> frozenset[str]:
        """As written and as compared; what others are reached by too is not among them."""
        theirs = [one for one in self.identifiers if len(one.normalised) >= SHORTEST]
        return frozenset(form for one in theirs for form in (one.value, one.normalised))

    @property
    def names(self) -> frozenset[str]:
        """Whole names alone: half of one may be anybody's."""
        whole = [p.name for p in self.people if p.given_name and p.family_name]
        return frozenset(whole)


async def find_holdings(crm: Crm, person_id: UUID) -> Holdings:
    """Everything on one person, with the records that were merged into theirs."""
    await crm.flush()
    people = await _with_merged(crm, person_id)
    ids = [person.id for person in people]
    held = Holdings(people[0], people, await _identifiers(crm, ids))
    held.own["people"].update(ids)
    await _divide_donors(crm, held)
    await _divide_households(crm, held)
    await _walk(crm, held.own, held=held)
    await _walk(crm, held.shared, held=held, beside=held.own)
    await _look_for_mentions(crm, held)
    return held


async def _with_merged(crm: Crm, person_id: UUID) -> tuple[Person, ...]:
    """The record that stands, then those it took in."""
    org = crm.actor.org
    found = await crm.session.get(Person, (org, person_id))
    if found is None:
        raise NotFound("There is no such person.")
    while found.merged_into_id is not None:
        found = await crm.session.get_one(Person, (org, found.merged_into_id))
    people = [found]
    latest = [found.id]
    while latest:
        query = select(Person).where(Person.org_id == org, Person.merged_into_id.in_(latest))
        merged = (await crm.session.scalars(query.order_by(Person.id))).all()
        people += merged
        latest = [person.id for person in merged]
    return tuple(people)


async def _identifiers(crm: Crm, people: Sequence[UUID]) -> tuple[Identifier, ...]:
    """Their addresses, save those by which somebody else is reached as well."""
    mine, other = Identifier, Identifier.__table__.alias("other")
    elsewhere = (
        select(other.c.id)
        .where(
            other.c.org_id == mine.org_id,
            other.c.normalised == mine.normalised,
            other.c.kind == mine.kind,
            other.c.deleted_at.is_(None),
            or_(other.c.person_id.not_in(people), other.c.company_id.is_not(None)),
        )
        .exists()
    )
    query = (
        select(mine)
        .where(mine.org_id == crm.actor.org, mine.person_id.in_(people), ~elsewhere)
        .order_by(mine.id)
    )
    return tuple(await crm.session.scalars(query))


async def _divide_donors(crm: Crm, held: Holdings) -> None:
    """A donor whose people are all this person is theirs; a couple's is held together.

    What a company gives is the company's, whoever is its contact.
    """
    org, mine = crm.actor.org, held.own["people"]
    members = await crm.session.execute(
        select(Donor.id, Donor.kind, DonorPerson.person_id, DonorPerson.left_at)
        .join(DonorPerson, and_(DonorPerson.org_id == org, DonorPerson.donor_id == Donor.id))
        .where(
            Donor.org_id == org,
            Donor.id.in_(
                select(DonorPerson.donor_id).where(
                    DonorPerson.org_id == org, DonorPerson.person_id.in_(mine)
                )
            ),
        )
    )
    together: dict[UUID, set[UUID]] = defaultdict(set)
    for donor_id, kind, person_id, left_at in members:
        if kind is DonorKind.COMPANY:
            continue
        together[donor_id].update({person_id} if left_at is None else ())
    for donor_id, people in together.items():
        (held.shared if people - mine else held.own)["donors"].add(donor_id)
    await _add_merged_donors(crm, held)
    beside = {person for people in together.values() for person in people - mine}
    held.others = (*held.others, *await _people(crm, beside))


async def _add_merged_donors(crm: Crm, held: Holdings) -> None:
    for rows in (held.own["donors"], held.shared["donors"]):
        latest = set(rows)
        while latest:
            query = select(Donor.id).where(
                Donor.org_id == crm.actor.org, Donor.merged_into_id.in_(latest)
            )
            latest = set(await crm.session.scalars(query)) - rows
            rows |= latest


async def _divide_households(crm: Crm, held: Holdings) -> None:
    homes = {person.household_id for person in held.people if person.household_id}
    for household_id in homes:
        query = select(Person).where(
            Person.org_id == crm.actor.org,
            Person.household_id == household_id,
            Person.id.not_in(held.own["people"]),
            Person.deleted_at.is_(None),
        )
        others = (await crm.session.scalars(query)).all()
        (held.shared if others else held.own)["households"].add(household_id)
        held.others = (*held.others, *others)


async def _people(crm: Crm, ids: Collection[UUID]) -> Sequence[Person]:
    query = select(Person).where(Person.org_id == crm.actor.org, Person.id.in_(ids))
    return (await crm.session.scalars(query)).all()


async def _walk(crm: Crm, rows: Rows, *, held: Holdings, beside: Rows | None = None) -> None:
    """From row to row along every link, until nothing new is found."""
    seen: dict[str, tuple[int, ...]] = {}
    while True:
        grew = False
        for name in links.held_tables():
            steps = _steps(name)
            size = tuple(len(rows.get(step.target, ())) for step in steps)
            if seen.get(name) == size:
                continue
            seen[name] = size
            found = await _belonging(crm, name, rows, held, alone=beside is None)
            fresh = found - rows.get(name, set()) - (beside or {}).get(name, set())
            if fresh:
                rows[name] |= fresh
                grew = True
        grew |= await _upward(crm, rows, held) if beside is None else False
        if not grew:
            return


def _steps(name: str) -> tuple[links.Link, ...]:
    return tuple(link for link in links.links() if link.table == name)


async def _belonging(crm: Crm, name: str, rows: Rows, held: Holdings, *, alone: bool) -> set[UUID]:
    """Rows of one table that point at what is known to be theirs, or bear their address."""
    table = table_of(name)
    ways: list[ColumnElement[bool]] = []
    named: list[ColumnElement[bool]] = []
    for step in _steps(name):
        if ids := rows.get(step.target):
            way = is_one_of(table.c[step.column], ids)
            (named if step.column == "person_id" else ways).append(way)
    ways += _loosely(name, rows)
    if alone:
        ways += _by_address(name, held)
    if ways and links.names_somebody(name):
        ways = [and_(table.c.person_id.is_(None), or_(*ways))]
    if not (ways or named):
        return set()
    query = select(table.c.id).where(table.c.org_id == crm.actor.org, or_(*ways, *named))
    return set(await crm.session.scalars(query))


def _loosely(name: str, rows: Rows) -> Iterable[ColumnElement[bool]]:
    if name not in links.LOOSE:
        return
    of_table, of_row = (table_of(name).c[column] for column in links.LOOSE[name])
    for target, ids in rows.items():
        if ids and target != name:
            yield and_(of_table == target, is_one_of(of_row, ids))


def _by_address(name: str, held: Holdings) -> Iterable[ColumnElement[bool]]:
    forms = sorted({form.lower() for form in held.addresses})
    if not forms:
        return
    for column in links.ADDRESSES.get(name, ()):
        yield func.lower(table_of(name).c[column]).in_(forms)


async def _look_for_mentions(crm: Crm, held: Holdings) -> None:
    """What was written down by machines as it passed: calls, answers, rows of files."""
    keys = {str(row_id) for name in NAMED_BY for row_id in held.own[name]}
    for name in links.MENTIONS:
        table = table_of(name)
        words = held.addresses | keys | (held.names if name in links.JOURNAL else frozenset())
        ways = [mentions(name, words)]
        if name == "webhook_events":
            ways.append(table.c.receipt.in_(await _provider_ids(crm, held)))
        query = select(table.c.id).where(table.c.org_id == crm.actor.org, or_(*ways))
        held.mentioned[name] = set(await crm.session.scalars(query)) - held.own[name]


async def _provider_ids(crm: Crm, held: Holdings) -> list[str]:
    """The receipts under which providers told of their messages and calls."""
    found: list[str] = []
    for name, column in links.RECEIPTS:
        table = table_of(name)
        query = select(table.c[column]).where(
            table.c.org_id == crm.actor.org,
            is_one_of(table.c.id, held.own[name]),
            table.c[column].is_not(None),
        )
        found += await crm.session.scalars(query)
    return found


def mentions(name: str, words: Iterable[str]) -> ColumnElement[bool]:
    """Rows in which any of these stands somewhere in a text or a document."""
    patterns = cast([f"%{escaped(word)}%" for word in sorted(words)], ARRAY(Text))
    columns = (table_of(name).c[column] for column in links.MENTIONS[name])
    whole = func.concat_ws(" ", *(cast(column, Text) for column in columns))
    return whole.ilike(func.any(patterns))


def escaped(word: str) -> str:
    for sign in ("\\", "%", "_"):
        word = word.replace(sign, f"\\{sign}")
    return word


def is_one_of(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """One parameter however many there are."""
    found: ColumnElement[bool] = column == func.any(cast(sorted(ids), ARRAY(Uuid)))
    return found


async def _upward(crm: Crm, rows: Rows, held: Holdings) -> bool:
    grew = False
    for link in links.UPWARD:
        if not rows.get(link.table):
            continue
        source, target = table_of(link.table), table_of(link.target)
        query = (
            select(target.c.id)
            .join(source, source.c[link.column] == target.c.id)
            .where(
                source.c.org_id == crm.actor.org,
                target.c.org_id == crm.actor.org,
                is_one_of(source.c.id, rows[link.table]),
            )
        )
        if links.names_somebody(link.target):
            mine = is_one_of(target.c.person_id, held.own["people"])
            query = query.where(or_(target.c.person_id.is_(None), mine))
        fresh = set(await crm.session.scalars(query)) - rows.get(link.target, set())
        rows[link.target] |= fresh
        grew = grew or bool(fresh)
    return grew
