"""People a batch will make, found by the same rules as those who are recorded."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from crm_store.base import new_id
from crm_store.contacts import names
from crm_store.contacts.blocking import Held, Known, Neighbours
from crm_store.contacts.candidates import Candidate, Reached
from crm_store.contacts.matching import Match, grade
from crm_store.importers.parties import Human


class Newcomers:
    """People this batch will make, findable by the same rules as those recorded."""

    def __init__(self) -> None:
        self._filed = Neighbours([], closely=False)
        self._expected: dict[int, tuple[Candidate, Reached, UUID]] = {}

    def expect(self, people: Iterable[tuple[Human, Candidate, Reached]]) -> None:
        self._expected = {
            id(human): (candidate, reach, new_id()) for human, candidate, reach in people
        }

    def near(self, human: Human) -> list[Match]:
        candidate, reach, _ = self._expected[id(human)]
        return grade_all(candidate, reach, self._filed.near(candidate, reach))

    def add(self, human: Human) -> UUID:
        candidate, reach, row_id = self._expected[id(human)]
        city = names.name_key(candidate.city)
        known = Known(
            id=row_id, given_name=human.given, family_name=human.family,
            given_key=candidate.given_key, family_key=candidate.family_key,
            sound_key=names.sound_key(human.given, human.family), birthday=candidate.birthday,
            afm=candidate.afm, suffix=candidate.suffix, household_id=None, is_visible=True,
            identifiers=[Held(kind, value, source, False, False) for kind, value, source in reach],
            places={candidate.place} if candidate.place else set(),
            cities={city} if city else set(),
        )  # fmt: skip
        self._filed.file(known)
        return row_id


def grade_all(candidate: Candidate, reach: Reached, people: Iterable[Known]) -> list[Match]:
    return [match for person in people if (match := grade(candidate, reach, person))]
