"""From a filter to a condition on rows of donors or people, with bound values only.

What is unknown is never true: a statement and its opposite divide everybody between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, exists, false, or_, select, true, union_all
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
    """Those meant, as a question that gives their ids."""

    subject: Subject
    query: Any


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

    def condition(
        self, node: Any, subject: Subject, row: Any = None, *, true_of: bool = True
    ) -> ColumnElement[bool]:
        """The condition under which a row of donors or people fits, or does not fit."""
        row = MODELS[subject] if row is None else row
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

    def _combined(
        self, parts: Sequence[Any], subject: Subject, row: Any, true_of: bool, *, every: bool
    ) -> ColumnElement[bool]:
        """Where any part will do, each is looked up by itself, so that each can use its index."""
        if every or len(parts) == 1:
            return and_(true(), *(self.condition(p, subject, row, true_of=true_of) for p in parts))
        if all(self._is_plain(part, subject) for part in parts):
            return or_(false(), *(self.condition(p, subject, row, true_of=true_of) for p in parts))
        branches = []
        for part in parts:
            other, query = self.rows(subject)
            branches.append(query.where(self.condition(part, subject, other, true_of=true_of)))
        return among(row, once(union_all(*branches)))

    def _is_plain(self, part: Any, subject: Subject) -> bool:
        if isinstance(part, language.All | language.AnyOf):
            return all(self._is_plain(one, subject) for one in part.of)
        if isinstance(part, language.Not):
            return self._is_plain(part.of, subject)
        return isinstance(self._leaf(language.affirmed(part), subject, MODELS[subject]), Plain)

    def _single(self, node: Any, subject: Subject, row: Any, true_of: bool) -> ColumnElement[bool]:
        found = self._leaf(node, subject, row)
        if isinstance(found, Plain):
            return found.condition if true_of else found.condition.is_not(True)
        condition = among(row, self.across(found, subject))
        return condition if true_of else ~condition

    def _leaf(self, node: Any, subject: Subject, row: Any) -> Ids | Plain:
        if isinstance(node, language.InSegment):
            return self._members(self.known.segments[node.segment])
        return LEAVES[type(node)](self, node, subject, row)

    def across(self, found: Ids, subject: Subject) -> Any:
        """The ids of those themselves, or of those they give with."""
        if found.subject is subject:
            return found.query
        here, there = DonorPerson.donor_id, DonorPerson.person_id
        if subject is Subject.PEOPLE:
            here, there = there, here
        other, reachable = self.rows(found.subject)
        ids = once(reachable.where(among(other, found.query)))
        return (
            select(here)
            .join(ids, ids.c[0] == there)
            .where(DonorPerson.org_id == self.setting.org_id, DonorPerson.left_at.is_(None))
        )

    def _members(self, segment: Segment) -> Ids:
        if segment.kind is SegmentKind.STATIC:
            column = MEMBER[segment.subject]
            query = select(column).where(
                SegmentMember.org_id == self.setting.org_id,
                SegmentMember.segment_id == segment.id,
            )
            return Ids(segment.subject, query)
        other, query = self.rows(segment.subject)
        node = self.known.filters[segment.id]
        members = query.where(self.condition(node, segment.subject, other))
        return Ids(segment.subject, once(members))


MEMBER: dict[Subject, Any] = {
    Subject.DONORS: SegmentMember.donor_id,
    Subject.PEOPLE: SegmentMember.person_id,
}


def once(query: Any) -> CTE:
    """Found a single time, however often and however deep inside a filter it is asked."""
    found: CTE = query.cte().prefix_with("MATERIALIZED", dialect="postgresql")
    return found


def among(row: Any, query: Any) -> ColumnElement[bool]:
    """Whether the row is one of those a question gives."""
    ids = query if isinstance(query, CTE) else query.subquery()
    return exists(select(1).select_from(ids).where(ids.c[0] == row.id))
