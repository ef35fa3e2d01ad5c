"""Who the parties of a batch are: known by an id, known by the rules of matching, or new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.contacts.blocking import gather
from crm_store.contacts.candidates import reached_by
from crm_store.contacts.matching import RANK, Grade, Match
from crm_store.crm import Crm
from crm_store.importers.arrays import array, texts
from crm_store.importers.fields import Noun
from crm_store.importers.firms import Firms
from crm_store.importers.newcomers import Newcomers, grade_all
from crm_store.importers.parties import Party
from crm_store.importers.units import Units, units_of
from crm_store.repository import reach_of

SAME_ROW = "row"
TARGET = {Noun.GIFTS: "donors", Noun.DONORS: "donors", Noun.PEOPLE: "people",
          Noun.COMPANIES: "companies", Noun.LEADS: "leads"}  # fmt: skip
KIND = {"donors": "donor", "people": "person", "companies": "company", "leads": "lead"}

OUTSIDE = text(
    """
    SELECT e.kind, e.external_id, e.row_id FROM external_ids e
    JOIN unnest(CAST(:kinds AS text[]), CAST(:ids AS text[])) AS w (kind, id)
      ON e.kind = w.kind AND e.external_id = w.id
    WHERE e.org_id = :org AND e.source = :source AND e.table_name = :table
    """
)
OWN_IDS = text(
    "SELECT d.external_id, d.id FROM donors d WHERE d.org_id = :org AND d.external_source = :source"
    " AND d.external_id = ANY(CAST(:ids AS text[])) AND d.deleted_at IS NULL"
)


@dataclass(slots=True)
class Standing:
    """What became of one party: the record it is, or the new ones it needs."""

    party: Party
    target: UUID
    is_new: bool = False
    name: str = ""
    grade: Grade | None = None
    why: str = ""
    people: list[tuple[UUID, bool]] = field(default_factory=list)
    company: tuple[UUID, bool] | None = None
    possible: tuple[Match, ...] = ()
    problem: str | None = None
    known_as: set[tuple[str, str]] = field(default_factory=set)


class Resolver:
    """Asks in a handful of round trips for all parties of a batch; in a preview it remembers those
    that would have been made, and otherwise finds them in the database."""

    def __init__(self, noun: Noun, source: str, scope: str, *, remembers: bool = False) -> None:
        self.noun, self.source, self.scope = noun, source, scope
        self.table = TARGET[noun]
        self._remembers = remembers
        self._standing: dict[str, Standing] = {}
        self._newcomers = Newcomers()
        self.stale: list[tuple[str, str]] = []

    async def resolve(self, crm: Crm, parties: Iterable[Party]) -> dict[str, Standing]:
        """A standing for each party by its key."""
        wanted = {party.key: party for party in parties}
        found = {key: self._standing[key] for key in wanted if key in self._standing}
        if not self._remembers:
            self._standing, self._newcomers, self.stale = {}, Newcomers(), []
        left = [party for key, party in wanted.items() if key not in found]
        found |= await self._by_id(crm, left)
        left = [party for party in left if party.key not in found]
        if self.noun is not Noun.LEADS:
            found |= await self._by_likeness(crm, left)
        else:
            found |= {party.key: Standing(party, new_id(), is_new=True) for party in left}
        if self._remembers:
            self._standing |= found
        return found

    def names_of(self, party: Party) -> list[tuple[str, str]]:
        """The ids a party is found by the next time, as kind and value. A bare name is one
        only inside its own file: another file's namesake is somebody else until looked at."""
        row = f"{self.scope}:{party.key}" if party.is_known_by_name_alone else party.key
        outside = [(KIND[self.table], party.external_id)] if party.external_id else []
        return [*outside, (SAME_ROW, row)]

    async def _by_id(self, crm: Crm, parties: Sequence[Party]) -> dict[str, Standing]:
        asked = [(kind, value, party) for party in parties for kind, value in self.names_of(party)]
        if not asked:
            return {}
        org = crm.actor.org
        rows = await crm.session.execute(
            OUTSIDE,
            {"org": org, "source": self.source, "table": self.table,
             "kinds": texts(kind for kind, _, _ in asked),
             "ids": texts(value for _, value, _ in asked)},
        )  # fmt: skip
        known: dict[tuple[str, str], UUID] = {(kind, value): row_id for kind, value, row_id in rows}
        if self.table == "donors":
            ids = [party.external_id for party in parties if party.external_id]
            own = await crm.session.execute(
                OWN_IDS, {"org": org, "source": self.source, "ids": texts(ids)}
            )
            known |= {("donor", value): row_id for value, row_id in own}
        seen = await self._live(crm, set(known.values()))
        self.stale += [key for key, row_id in known.items() if row_id not in seen]
        found: dict[str, Standing] = {}
        for kind, value, party in asked:
            row_id = known.get((kind, value))
            if row_id in seen and party.key in found:
                found[party.key].known_as.add((kind, value))
            elif row_id in seen:
                name, visible = seen[row_id]
                why = "the same words before" if kind == SAME_ROW else f"the id {value}"
                found[party.key] = Standing(
                    party, row_id, name=name, grade=Grade.EXACT, why=why,
                    problem=None if visible else HIDDEN, known_as={(kind, value)},
                )  # fmt: skip
        return found

    async def _live(self, crm: Crm, ids: set[UUID]) -> dict[UUID, tuple[str, bool]]:
        """Those of these records that are not deleted: name, and whether the actor may see them."""
        if not ids:
            return {}
        label = "name" if self.table in ("donors", "companies") else (
            "trim(concat_ws(' ', given_name, family_name)) AS name"
        )  # fmt: skip
        rows = await crm.session.execute(
            text(f"SELECT id, {label} FROM {self.table} WHERE org_id = :org"
                 " AND id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL"),
            {"org": crm.actor.org, "ids": array(ids)},
        )  # fmt: skip
        live = {row_id: name for row_id, name in rows}
        visible = (
            live.keys() if crm.actor.reach is Reach.ALL else await _visible(crm, self.table, live)
        )
        return {row_id: (name, row_id in visible) for row_id, name in live.items()}

    async def _by_likeness(self, crm: Crm, parties: Sequence[Party]) -> dict[str, Standing]:
        humans = [(party, human) for party in parties for human in party.people]
        candidates = [human.candidate(party.place) for party, human in humans]
        reached = [reached_by(candidate, None) for candidate in candidates]
        known = await gather(crm, candidates, reached, closely=False) if candidates else None
        matches = {
            id(human): grade_all(candidate, reach, known.near(candidate, reach) if known else ())
            for (_, human), candidate, reach in zip(humans, candidates, reached, strict=True)
        }
        self._newcomers.expect(
            zip([human for _, human in humans], candidates, reached, strict=True)
        )
        firms = await Firms.of(crm, [party.firm for party in parties if party.firm])
        units = await units_of(crm, self.table, matches, firms.ids)
        return {party.key: self._settle(party, matches, firms, units) for party in parties}

    def _settle(
        self, party: Party, matches: Mapping[int, list[Match]], firms: Firms, units: Units
    ) -> Standing:
        """In the order of the file, so that later rows know those before them."""
        best: list[tuple[UUID, bool, Match | None]] = []
        possible: list[Match] = []
        for human in party.people:
            graded = _rank([*matches[id(human)], *self._newcomers.near(human)])
            sure = next((m for m in graded if m.grade is not Grade.POSSIBLE), None)
            taken = {row_id for row_id, _, _ in best}
            if sure is None or sure.row_id in taken:
                possible += graded if sure is None else []
                best.append((self._newcomers.add(human), True, None))
            else:
                best.append((sure.row_id, False, sure))
        standing = Standing(party, new_id(), is_new=True, name=party.name)
        standing.people = [(row_id, is_new) for row_id, is_new, _ in best]
        standing.possible = tuple(possible[:3])
        if party.firm:
            firm_id, is_new, why = firms.settle(party.firm)
            standing.company = (firm_id, is_new)
            if self.table == "companies" and not is_new:
                standing.target, standing.is_new = firm_id, False
                standing.grade, standing.why = Grade.STRONG, why
            elif self.table == "companies":
                standing.target = firm_id
        hidden = next((m for _, _, m in best if m and not m.is_visible), None)
        if hidden is not None:
            standing.problem = HIDDEN
        if self.table == "people" and best:
            row_id, is_new, match = best[0]
            standing.target, standing.is_new = row_id, is_new
            _explain(standing, match)
        elif self.table == "donors":
            self._as_donor(standing, [m for _, _, m in best], units)
        return standing

    def _as_donor(self, standing: Standing, matched: Sequence[Match | None], units: Units) -> None:
        """Money goes to the unit these people give as; a couple's other half is not added to it."""
        ids = [row_id for row_id, _ in standing.people]
        found = None
        if standing.party.is_company and standing.company:
            found = units.company(standing.company[0])
        elif ids:
            found = units.people(ids)
        elif standing.party.external_id:
            standing.problem = f"Nobody is known by the id {standing.party.external_id}."
        if found is None:
            if standing.party.is_company and standing.company:
                units.add_company(standing.company[0], standing.target, standing.name)
            else:
                units.add_people(ids, standing.target, standing.name)
            return
        standing.target, standing.name, standing.is_new = found[0], found[1], False
        match = next((m for m in matched if m), None)
        _explain(standing, match)
        if match is None:
            standing.grade, standing.why = Grade.STRONG, "the same company"


HIDDEN = "This is somebody already recorded who is not visible to you."


async def _visible(crm: Crm, table: str, ids: Iterable[UUID]) -> set[UUID]:
    repositories: dict[str, Any] = {
        "donors": crm.donors, "people": crm.people, "companies": crm.companies, "leads": crm.leads,
    }  # fmt: skip
    repository = repositories[table]
    model: Any = repository.model
    query = repository.rows().where(model.id.in_(list(ids)), reach_of(crm.actor, model))
    return set(await crm.session.scalars(query.with_only_columns(model.id)))


def _rank(matches: Sequence[Match]) -> list[Match]:
    """Surest first; of equals, whoever was recorded first."""
    return sorted(matches, key=lambda m: (RANK[m.grade], -len(m.reasons), m.row_id))


def _explain(standing: Standing, match: Match | None) -> None:
    if match is not None:
        standing.grade, standing.why = match.grade, match.why
