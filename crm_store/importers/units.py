"""The donors that people and companies are part of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_store.contacts.matching import Grade, Match
from crm_store.crm import Crm
from crm_store.importers.arrays import array

GIVING_WITH = text(
    """
    SELECT p.person_id, d.id, d.name,
           (SELECT array_agg(o.person_id) FROM donor_people o
            WHERE o.org_id = d.org_id AND o.donor_id = d.id AND o.left_at IS NULL) AS people
    FROM donor_people p JOIN donors d ON d.org_id = p.org_id AND d.id = p.donor_id
    WHERE p.org_id = :org AND p.person_id = ANY(CAST(:ids AS uuid[])) AND p.left_at IS NULL
      AND d.deleted_at IS NULL AND d.company_id IS NULL
    ORDER BY d.id
    """
)
GIVING_AS = text(
    "SELECT d.company_id, d.id, d.name FROM donors d WHERE d.org_id = :org"
    " AND d.company_id = ANY(CAST(:ids AS uuid[])) AND d.deleted_at IS NULL ORDER BY d.id DESC"
)


class Units:
    """The donors that people and companies are part of, those of this batch among them."""

    def __init__(self, rows: Iterable[Any] = (), companies: Iterable[Any] = ()) -> None:
        self._people: dict[UUID, list[tuple[UUID, str, frozenset[UUID]]]] = defaultdict(list)
        self._companies: dict[UUID, tuple[UUID, str]] = {}
        for person, donor, name, together in rows:
            self._people[person].append((donor, name, frozenset(together or ())))
        for company, donor, name in companies:
            self._companies[company] = (donor, name)

    def people(self, ids: Sequence[UUID]) -> tuple[UUID, str] | None:
        """The unit of exactly these, else the one they share, else the first one's."""
        wanted = frozenset(ids)
        units = list(chain.from_iterable(self._people.get(row_id, ()) for row_id in ids))
        for fits in (lambda u: u[2] == wanted, lambda u: u[2] >= wanted, lambda u: True):
            if found := next(filter(fits, units), None):
                return found[0], found[1]
        return None

    def company(self, company_id: UUID) -> tuple[UUID, str] | None:
        return self._companies.get(company_id)

    def add_company(self, company_id: UUID, donor: UUID, name: str) -> None:
        self._companies[company_id] = (donor, name)

    def add_people(self, ids: Iterable[UUID], donor: UUID, name: str) -> None:
        together = frozenset(ids)
        for row_id in together:
            self._people[row_id].append((donor, name, together))


async def units_of(
    crm: Crm, table: str, matches: Mapping[int, list[Match]], companies: Sequence[UUID]
) -> Units:
    if table != "donors":
        return Units()
    every = chain.from_iterable(matches.values())
    ids = {match.row_id for match in every if match.grade is not Grade.POSSIBLE}
    org = crm.actor.org
    people = await crm.session.execute(GIVING_WITH, {"org": org, "ids": array(ids)}) if ids else ()
    firms = (
        await crm.session.execute(GIVING_AS, {"org": org, "ids": array(companies)})
        if companies
        else ()
    )
    return Units(people, firms)
