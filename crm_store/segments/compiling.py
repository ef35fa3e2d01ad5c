"""From a filter to a condition on rows of donors or people, with bound values only.

What is unknown is never true: a statement and its opposite divide everybody between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    exists,
    false,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from crm_store.actor import Actor
from crm_store.contacts.models import Person
from crm_store.donors.models import Donor, DonorPerson
from crm_store.repository import within_reach
from crm_store.segments import language
from crm_store.segments.fields import OPPOSITES
from crm_store.segments.models import Segment, SegmentKind, SegmentMember, Subject
from crm_store.segments.resolving import Known, Setting

MODELS: dict[Subject, type[Any]] = {Subject.DONORS: Donor, Subject.PEOPLE: Person}


@dataclass(frozen=True, slots=True)
class Ids:
    """Those meant, as a question that gives their ids; or all but those it gives."""

    subject: Subject
    query: Any
    all_but: bool = False


@dataclass(frozen=True, slots=True)
class Plain:
    """Those meant, as a condition on their own row."""

    condition: ColumnElement[bool]


Leaf = Callable[["Compiler", Any, Subject, Any], Ids | Plain]
LEAVES: dict[type[Any], Leaf] = {}


def leaf(kind: type[Any]) -> Callable[[Leaf], Leaf]:
    """Registers how one kind of statement is compiled."""

    def register(compile_leaf: Leaf) -> Leaf:
        LEAVES[kind] = compile_leaf
        return compile_leaf

    return register


class Compiler:
    """Compiles filters for one organisation at one moment, within one person's reach or without."""

    def __init__(self, setting: Setting, known: Known, reach: Actor | None = None) -> None:
        self.setting = setting
        self.known = known
        self.reach = reach
        self._depth = 0

    def condition(
        self, node: Any, subject: Subject, row: Any = None, *, true_of: bool = True
    ) -> ColumnElement[bool]:
        """The condition under which a row of donors or people fits, or does not fit."""
        row = MODELS[subject] if row is None else row
        node = self._unfolded(node, subject)
        match node:
            case language.Not():
                return self.condition(node.of, subject, row, true_of=not true_of)
            case language.All():
                return self._combined(node.of, subject, row, true_of, every=true_of)
            case language.AnyOf():
                return self._combined(node.of, subject, row, true_of, every=not true_of)
            case language.Compare() | language.Custom() if node.operator in OPPOSITES:
                return self._single(language.affirmed(node), subject, row, not true_of)
        return self._single(node, subject, row, true_of)

    def rows(self, subject: Subject) -> tuple[Any, Select[Any]]:
        """Another look at the table, at rows that are there and within reach: alias and ids."""
        other = aliased(MODELS[subject])
        query = select(other.id).where(
            other.org_id == self.setting.org_id, other.deleted_at.is_(None)
        )
        if self.reach is not None:
            query = query.where(within_reach(self.reach, other.owner_id, other.workspace_id))
        return other, query

    def fitting(self, node: Any, subject: Subject, *, true_of: bool = True) -> tuple[Any, Any]:
        """The rows that fit, by themselves: alias and ids."""
        other, query = self.rows(subject)
        self._depth += 1
        try:
            return other, query.where(self.condition(node, subject, other, true_of=true_of))
        finally:
            self._depth -= 1

    def once(self, query: Any) -> FromClause:
        """A question within a question is answered a single time, not for every row outside it."""
        if not self._depth:
            found: FromClause = query.subquery()
            return found
        within: FromClause = query.cte().prefix_with("MATERIALIZED", dialect="postgresql")
        return within

    def across(self, found: Ids, subject: Subject) -> Any:
        """The ids of those themselves, or of those they give with."""
        if found.all_but:
            other, everybody = self.rows(found.subject)
            found = Ids(found.subject, everybody.where(~among(other, found.query)))
        if found.subject is subject:
            return found.query
        here, there = DonorPerson.donor_id, DonorPerson.person_id
        if subject is Subject.PEOPLE:
            here, there = there, here
        other, reachable = self.rows(found.subject)
        ids = self.once(reachable.where(among(other, found.query)))
        return (
            select(here)
            .join(ids, ids.c[0] == there)
            .where(DonorPerson.org_id == self.setting.org_id, DonorPerson.left_at.is_(None))
        )

    def _combined(
        self, parts: Sequence[Any], subject: Subject, row: Any, true_of: bool, *, every: bool
    ) -> ColumnElement[bool]:
        """Where any part will do, each is looked up by itself, so that each can use its index."""
        if every or len(parts) == 1:
            return and_(true(), *(self.condition(p, subject, row, true_of=true_of) for p in parts))
        if all(self._is_plain(part, subject) for part in parts):
            return or_(false(), *(self.condition(p, subject, row, true_of=true_of) for p in parts))
        branches = [self._branch(part, subject, true_of) for part in parts]
        return among(row, self.once(union_all(*branches)))

    def _branch(self, part: Any, subject: Subject, true_of: bool) -> Any:
        """The ids of those of whom one part is true."""
        part = self._unfolded(part, subject)
        if true_of and type(part) in LEAVES and part == language.affirmed(part):
            found = self._leaf(part, subject, MODELS[subject])
            if isinstance(found, Ids):
                return self.across(found, subject)
        return self.fitting(part, subject, true_of=true_of)[1]

    def _is_plain(self, part: Any, subject: Subject) -> bool:
        part = self._unfolded(part, subject)
        if isinstance(part, language.All | language.AnyOf):
            return all(self._is_plain(one, subject) for one in part.of)
        if isinstance(part, language.Not):
            return self._is_plain(part.of, subject)
        return isinstance(self._leaf(language.affirmed(part), subject, MODELS[subject]), Plain)

    def _single(self, node: Any, subject: Subject, row: Any, true_of: bool) -> ColumnElement[bool]:
        found = self._leaf(node, subject, row)
        if isinstance(found, Plain):
            return found.condition if true_of else found.condition.is_not(True)
        if found.all_but and found.subject is subject:
            found, true_of = Ids(subject, found.query), not true_of
        condition = among(row, self.across(found, subject))
        return condition if true_of else ~condition

    def _leaf(self, node: Any, subject: Subject, row: Any) -> Ids | Plain:
        if isinstance(node, language.InSegment):
            return self._members(self.known.segments[node.segment])
        return LEAVES[type(node)](self, node, subject, row)

    def _unfolded(self, node: Any, subject: Subject) -> Any:
        """A segment of the same subject that follows a filter is that filter."""
        while isinstance(node, language.InSegment):
            segment = self.known.segments[node.segment]
            if segment.kind is SegmentKind.STATIC or segment.subject is not subject:
                break
            node = self.known.filters[segment.id]
        return node

    def _members(self, segment: Segment) -> Ids:
        if segment.kind is SegmentKind.DYNAMIC:
            node = self.known.filters[segment.id]
            return Ids(segment.subject, self.fitting(node, segment.subject)[1])
        column = MEMBER[segment.subject]
        query = select(column).where(
            SegmentMember.org_id == self.setting.org_id, SegmentMember.segment_id == segment.id
        )
        return Ids(segment.subject, query)


MEMBER: dict[Subject, Any] = {
    Subject.DONORS: SegmentMember.donor_id,
    Subject.PEOPLE: SegmentMember.person_id,
}


def among(row: Any, query: Any) -> ColumnElement[bool]:
    """Whether the row is one of those a question gives."""
    ids = query if isinstance(query, FromClause) else query.subquery()
    return exists(select(1).select_from(ids).where(ids.c[0] == row.id))
