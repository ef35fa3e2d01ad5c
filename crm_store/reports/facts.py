"""What figures are figures of: rows that happen on a day, stand on a day, or are so today."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, false, func, join, literal, or_

from crm_store.actor import Actor
from crm_store.base import Live
from crm_store.donors.models import Donor
from crm_store.gifts.fiscal import fiscal_year
from crm_store.gifts.reach import follows_donor
from crm_store.reports.plan import ORG, STEP, Plan, on_day
from crm_store.repository import reach_of

Condition = ColumnElement[bool]
Seen = Callable[[Actor], Condition]


@dataclass(frozen=True, slots=True)
class Link:
    """A table joined to a row for what it says of it."""

    target: Any
    on: Condition


@dataclass(frozen=True, slots=True)
class Cut:
    """How a fact is split by a dimension; where a link finds nothing the row stays."""

    key: Any
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The noun whose visibility decides which rows somebody's figures include."""

    plural: str
    model: Any
    seen: Seen


@dataclass(frozen=True, slots=True)
class Ground:
    """The rows of a fact in one question: from where, under which conditions, in which step."""

    source: Any
    where: tuple[Any, ...]
    step: ColumnElement[date] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Fact:
    """A kind of row that is counted, and all it can be split and narrowed by."""

    noun: str
    subject: Subject
    seen: Seen
    cuts: Mapping[str, Cut]
    donor_id: Any = None
    amount: Any = None
    has_time: bool = True
    only_fiscal_years: bool = False
    made_of_gifts: bool = False
    needs_everything: bool = False

    @property
    def begins(self) -> Any:
        """The column whose smallest value is where all time begins, if it has time."""
        return None

    @property
    def tables(self) -> tuple[Any, ...]:
        """What is in its rows already and need not be joined again."""
        return ()

    def ground(self, plan: Plan) -> Ground:
        raise NotImplementedError


@dataclass(frozen=True, eq=False, kw_only=True)
class Recorded(Fact):
    """Rows of a table with the rows they belong to."""

    model: Any
    parents: tuple[Link, ...] = ()
    where: tuple[Any, ...] = ()

    @property
    def tables(self) -> tuple[Any, ...]:
        return (self.model, *(link.target for link in self.parents))

    @property
    def source(self) -> Any:
        found = self.model
        for link in self.parents:
            found = join(found, link.target, link.on)
        return found

    @property
    def conditions(self) -> tuple[Any, ...]:
        return (*kept(self.model), *self.where)


@dataclass(frozen=True, eq=False, kw_only=True)
class Happening(Recorded):
    """Rows that fall on a day, or at a moment whose day depends on where the organisation is."""

    day: Any = None
    moment: Any = None

    @property
    def begins(self) -> Any:
        return self.day if self.moment is None else on_day(self.moment)

    def ground(self, plan: Plan) -> Ground:
        if self.moment is not None:
            within, day = plan.during(self.moment), on_day(self.moment)
        else:
            within, day = self.day.between(plan.span.first, plan.span.last), self.day
        narrower = plan.gifts if self.made_of_gifts else ()
        return Ground(self.source, (*self.conditions, within, *narrower), plan.step(day))


@dataclass(frozen=True, eq=False, kw_only=True)
class Yearly(Recorded):
    """Totals kept for each fiscal year; only for periods made of whole ones."""

    def ground(self, plan: Plan) -> Ground:
        year, starts = self.model.fiscal_year, plan.house.starts
        first, last = (fiscal_year(day, starts) for day in (plan.span.first, plan.span.last))
        opens = func.make_date(year - int(starts > 1), starts, 1)
        return Ground(self.source, (*self.conditions, year.between(first, last)), opens)


@dataclass(frozen=True, eq=False, kw_only=True)
class Standing(Recorded):
    """Rows that stand at a certain point of a step, such as plans that run at its end."""

    since: Any
    stands: Condition

    @property
    def begins(self) -> Any:
        return self.since

    def ground(self, plan: Plan) -> Ground:
        begun = [
            replace(window, last=min(window.last, plan.today))
            for window in plan.windows
            if window.first <= plan.today
        ]
        if not begun:
            return Ground(self.source, (false(),), literal(plan.span.first, Date))
        return Ground(join(plan.steps(begun), self.source, self.stands), self.conditions, STEP)


@dataclass(frozen=True, eq=False, kw_only=True)
class AsOfToday(Recorded):
    """Rows as they are now, whatever period is asked about."""

    has_time: bool = False

    def ground(self, plan: Plan) -> Ground:
        return Ground(self.source, self.conditions)


@dataclass(frozen=True, eq=False, kw_only=True)
class Derived(Fact):
    """Rows worked out for one question: a subquery, its columns called by names of their own.

    Either laid out in the steps of the period, or dated by day, or without time.
    """

    rows: Callable[[Plan], Any]
    day: Any = None
    since: Any = None

    @property
    def begins(self) -> Any:
        return self.since

    def ground(self, plan: Plan) -> Ground:
        if self.day is not None:
            within = self.day.between(plan.span.first, plan.span.last)
            return Ground(self.rows(plan), (within,), plan.step(self.day))
        return Ground(self.rows(plan), (), STEP if self.has_time else None)


def kept(model: Any) -> tuple[Any, ...]:
    """Of the organisation and not deleted."""
    here = (model.org_id == ORG,)
    return (*here, model.deleted_at.is_(None)) if issubclass(model, Live) else here


def linked(target: Any, here: Any) -> Link:
    """The row that a reference names."""
    return Link(target, and_(target.org_id == ORG, target.id == here))


def one_of(key: Any, values: Sequence[Any]) -> Condition:
    """That a key is among some values, of which None is one that can be meant."""
    among: Condition = key.in_([value for value in values if value is not None])
    return or_(among, key.is_(None)) if None in values else among


def owned(plural: str, model: Any) -> Subject:
    return Subject(plural, model, lambda actor: reach_of(actor, model))


def of_donor(donor_id: Any) -> Seen:
    """Seen by whoever may see the donor."""
    return lambda actor: follows_donor(actor, donor_id)


DONORS = owned("donors", Donor)
