"""Questions answered in figures, as far as somebody's rights reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor, Reach
from crm_store.base import now
from crm_store.errors import Invalid
from crm_store.orgs.models import Org
from crm_store.reports.asking import Asked
from crm_store.reports.audience import Audience
from crm_store.reports.compile import GROUPS, Part, Top, parts_of, statement
from crm_store.reports.facts import Fact, Recorded, Subject, kept
from crm_store.reports.naming import Names
from crm_store.reports.narrowing import Narrower, narrower_of
from crm_store.reports.periods import ALL_TIME, Span, resolve
from crm_store.reports.plan import House, Plan
from crm_store.reports.query import Query
from crm_store.reports.table import Cells
from crm_store.reports.telling import Findings, tell
from crm_store.reports.views import Report

MOST_GROUPS = 20_000
CANCELLED = "57014"
SETTINGS = {
    # Room to hash a million donors.
    "work_mem": "64MB",
    # A plan kept for all organisations suits none.
    "plan_cache_mode": "force_custom_plan",
}


class TooManyRows(Invalid):
    """These are too many rows to go through: split by less, or ask for one figure and a limit."""


class TooSlow(Invalid):
    """This takes too long to count: choose a shorter period, or split by less."""


class Reports:
    """What one read-only transaction of the reporting role can answer."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @property
    def actor(self) -> Actor:
        actor: Actor = self.session.info["actor"]
        return actor

    async def ask(self, query: Query, at: datetime | None = None) -> Report:
        """The figures, with their definitions and all one needs to read them rightly."""
        asked = Asked.of(query)
        asked.check_rights(self.actor)
        await self._settle()
        house = await self._house()
        names = Names(self.session, house.id)
        moment = at or now()
        audience = Audience(self.session, self.actor, house, house.today(moment))
        narrower = await narrower_of(query, names, audience)
        span = await self._span(asked, house, moment)
        plan = Plan(self.actor, house, moment, span, asked.grain, narrower.gifts, query.quiet_days)
        cells = await self._cells(asked, plan, narrower)
        earlier = await self._earlier(asked, plan, narrower)
        hidden = await self._hidden(asked, plan)
        return await tell(asked, Findings(plan, cells, earlier, hidden, audience), names)

    async def _settle(self) -> None:
        settings = (func.set_config(name, value, True) for name, value in SETTINGS.items())
        await self.session.execute(select(*settings))

    async def _house(self) -> House:
        query = select(Org.id, Org.currency, Org.timezone, Org.fiscal_year_starts)
        found = await self._run(query.where(Org.id == self.actor.org))
        return House(*found.one())

    async def _span(self, asked: Asked, house: House, at: datetime) -> Span:
        today = house.today(at)
        if asked.query.period.strip().lower().replace(" ", "_") != ALL_TIME:
            return resolve(asked.query.period, today, house.starts)
        begun = [await self._begins(fact, house) for fact in asked.facts]
        first = min((day for day in begun if day is not None), default=today)
        return Span(min(first, today), today, None, "all time")

    async def _begins(self, fact: Fact, house: House) -> date | None:
        """The day of the first row of a fact, whoever may see it."""
        if fact.begins is None:
            return None
        query = select(func.min(fact.begins))
        if isinstance(fact, Recorded):
            query = query.select_from(fact.source).where(*fact.conditions)
        facts = {"org": house.id, "timezone": house.timezone, "today": date.max}
        found: date | None = (await self._run(query, facts)).scalar()
        return found

    async def _earlier(
        self, asked: Asked, plan: Plan, narrower: Narrower
    ) -> tuple[Plan, Cells] | None:
        """The same for the period compared with, under the steps of this one."""
        how = asked.query.compare_to
        if how is None or not asked.has_time:
            return None
        before = replace(plan, span=plan.span.compared(how, plan.house.starts))
        cells = await self._cells(asked, before, narrower)
        return before, cells.shifted(before.windows, plan.windows)

    async def _cells(self, asked: Asked, plan: Plan, narrower: Narrower) -> Cells:
        parts = parts_of(asked.figures, asked.grouping, plan)
        top = _top(asked, parts)
        cells = Cells(asked.grouping, asked.is_split)
        for part in parts:
            query = statement(part, plan, narrower, top)
            if top is None:
                query = query.limit(MOST_GROUPS + 1)
            rows = (await self._run(query, plan.parameters)).mappings().all()
            if len(rows) > MOST_GROUPS:
                raise TooManyRows
            cells.take(part, rows)
            if top is not None:
                cells.groups = rows[0][GROUPS] if rows else 0
        return cells

    async def _hidden(self, asked: Asked, plan: Plan) -> list[tuple[str, int]]:
        """How many records of each noun lie beyond what somebody may see."""
        if self.actor.reach is Reach.ALL:
            return []
        subjects = {fact.subject.plural: fact.subject for fact in asked.facts}
        return [
            (plural, await self._count_hidden(subject, plan))
            for plural, subject in subjects.items()
        ]

    async def _count_hidden(self, subject: Subject, plan: Plan) -> int:
        whole = select(func.count()).select_from(subject.model).where(*kept(subject.model))
        seen = whole.where(subject.seen(self.actor))
        counts = select(whole.scalar_subquery() - seen.scalar_subquery())
        return int((await self._run(counts, plan.parameters)).scalar_one())

    async def _run(self, query: Any, parameters: dict[str, Any] | None = None) -> Any:
        try:
            return await self.session.execute(query, parameters or {})
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == CANCELLED:
                raise TooSlow from error
            raise


def _top(asked: Asked, parts: Sequence[Part]) -> Top | None:
    """What the database can sort and cut off by itself: one figure of the only SELECT."""
    query = asked.query
    if query.limit is None or query.compare_to is not None or len(parts) > 1 or asked.grain:
        return None
    wanted = (query.order or f"-{asked.measures[0].name}").removeprefix("-")
    named = [figure for figure in parts[0].figures if figure.name == wanted]
    is_descending = query.order is None or query.order.startswith("-")
    return Top(named[0].name, is_descending, query.limit) if named else None
