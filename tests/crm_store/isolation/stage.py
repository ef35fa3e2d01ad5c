"""Who asks, and whose rows must not answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection

from crm_store.actor import Actor, Door, Kind, Reach
from crm_store.identity.rights import ALL_SCOPES
from tests.crm_store.isolation.rehearsing import Outcome, Rehearsal, marks_in, rows_of_everybody
from tests.crm_store.isolation.trials import Question, Trial


@dataclass(frozen=True)
class Stage:
    store: Rehearsal
    ours: UUID
    theirs: UUID
    keys: Mapping[tuple[str, UUID], Mapping[str, Any]]
    director: Actor
    marks: frozenset[str]
    rows: Mapping[str, list[str]]
    answers: dict[str, Outcome] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        connection: Connection,
        store: Rehearsal,
        orgs: list[UUID],
        keys: Mapping[tuple[str, UUID], Mapping[str, Any]],
        users: Mapping[UUID, UUID],
    ) -> Self:
        ours, theirs = orgs[:2]
        director = Actor(
            Kind.STAFF, Door.DESK, ours, keys["members", ours]["id"], users[ours],
            level=6, scopes=ALL_SCOPES, reach=Reach.ALL,
        )  # fmt: skip
        rows = rows_of_everybody(connection)
        others = set().union(
            *(marks_in(lines) for org, lines in rows.items() if org != str(theirs))
        )
        marks = frozenset(marks_in(rows[str(theirs)]) - others)
        return cls(store, ours, theirs, keys, director, marks, rows)

    def trial(
        self, question: Question, given: Mapping[str, Any], actor: Actor | None = None
    ) -> Trial:
        return Trial(self.store, actor or self.director, self.keys, self.theirs, question, given)

    def changes(self, left: Mapping[str, list[str]] | None) -> list[str]:
        """What a call would have done to the neighbour, or made of ours point at them."""
        if left is None:
            return []
        theirs, ours = str(self.theirs), str(self.ours)
        changed = set(left.get(theirs, ())) ^ set(self.rows[theirs])
        pointing = [line for line in left.get(ours, ()) if marks_in([line]) & self.marks]
        return [*sorted(changed), *pointing]

    def written(self, left: Mapping[str, list[str]] | None) -> list[str]:
        """Tables of ours in which a call would have changed something."""
        ours = str(self.ours)
        changed = set((left or self.rows)[ours]) ^ set(self.rows[ours])
        return sorted({line.split(" ", 1)[0] for line in changed})
