"""From terms to entries: one statement that ranks, counts and keeps to what may be seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Float,
    Row,
    Select,
    Text,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor, Reach
from crm_store.identity.models import Member
from crm_store.repository import within_reach
from crm_store.search.models import Findable, SearchEntry, SearchKey, SearchTerm

LOOKED_AT = 6_000
FEWEST = 40
RANKED = 100
MOST_TERMS = 400
OWN_FIRST = 12
PREFIX_END = "\U0010ffff"

Others = Sequence[Collection[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of search_entries, best first, whether to be seen or not, and how many there are."""

    rows: Sequence[Row[Any]] = ()
    seen: int = 0
    hidden: int = 0
    is_exact: bool = True


class Finder:
    """Asks the index on behalf of one person, for some kinds of records."""

    def __init__(self, session: AsyncSession, actor: Actor, kinds: Sequence[Findable]) -> None:
        self.session = session
        self.actor = actor
        self.kinds = [kind.value for kind in kinds]

    def with_people(self) -> Finder:
        """The same, through the people whose addresses and numbers lead to donors."""
        if Findable.DONOR.value not in self.kinds:
            return self
        return Finder(self.session, self.actor, [*map(Findable, self.kinds), Findable.PERSON])

    async def words(self, keys: Collection[str], beginnings: Collection[str]) -> Sequence[str]:
        """Words on file under any of these keys, and words that begin so."""
        parts: list[Select[Any]] = [self._words(SearchKey.key == any_(_texts(keys)))]
        for beginning in beginnings:
            begun = self._words(_begins(SearchKey.key, beginning)).limit(MOST_TERMS).subquery()
            parts.append(select(begun.c.term))
        return (await self.session.scalars(union(*parts))).all()

    async def sizes(self, groups: Others) -> list[int]:
        """How many entries each group of terms has, counted up to LOOKED_AT."""
        counts = [
            select(func.count())
            .select_from(
                select(SearchTerm.entry_id)
                .where(SearchTerm.org_id == self.actor.org, SearchTerm.term == any_(_texts(terms)))
                .limit(LOOKED_AT)
                .subquery()
            )
            .scalar_subquery()
            for terms in groups
        ]
        return list((await self.session.execute(select(*counts))).one())

    async def by_terms(
        self, terms: Mapping[str, float], *others: Collection[str], each: int | None = None
    ) -> Found:
        """Entries filed under one of the terms and under one of each of the others.

        each: how many entries of one term to look at; as many as the time allows by default.
        """
        best = sorted(terms.items(), key=lambda item: -item[1])[:MOST_TERMS]
        wanted = (
            func.unnest(
                _texts([term for term, _ in best]),
                cast([quality for _, quality in best], ARRAY(Float)),
            )
            .table_valued("term", "quality", name="wanted")
            .render_derived()
        )
        each = each or max(FEWEST, LOOKED_AT // max(1, len(best)))
        filed = self._filed(SearchTerm.term == wanted.c.term, each, len(best) <= OWN_FIRST)
        pairs = wanted.join(filed.lateral("filed"), true())
        return await self._ranked(pairs, wanted.c.quality, others, each)

    async def by_beginning(self, beginning: str, *others: Collection[str]) -> Found:
        """Entries filed under a term that begins so, as addresses and numbers are typed."""
        filed = self._filed(_begins(SearchTerm.term, beginning), LOOKED_AT, own_first=True)
        return await self._ranked(filed.subquery("filed"), literal(1.0), others, LOOKED_AT)

    async def donors(self, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Those of these donors that may be seen."""
        visible = within_reach(self.actor, SearchEntry.owner_id, SearchEntry.workspace_id)
        own = SearchEntry.owner_id.is_not_distinct_from(self.actor.member_id)
        query = (
            _shown()
            .add_columns(own.label("own"), literal(1.0).label("quality"))
            .where(SearchEntry.org_id == self.actor.org, SearchEntry.id.in_(ids), visible)
        )
        rows: Sequence[Row[Any]] = (await self.session.execute(query)).all()
        return rows

    def _words(self, criterion: ColumnElement[bool]) -> Select[Any]:
        return select(SearchKey.term).where(SearchKey.org_id == self.actor.org, criterion)

    def _filed(self, criterion: ColumnElement[bool], each: int, own_first: bool) -> Any:
        """Postings that match: those to be seen first, then one's own, then the weightiest."""
        visible = within_reach(self.actor, SearchTerm.owner_id, SearchTerm.workspace_id)
        visible = func.coalesce(visible, false())
        own: ColumnElement[bool] = false()
        order: list[Any] = []
        if self.actor.reach is not Reach.ALL:
            order.append(visible.desc())
        if self.actor.member_id is not None and own_first:
            own = func.coalesce(SearchTerm.owner_id == self.actor.member_id, false())
            order.append(own.desc())
        return (
            select(
                SearchTerm.entry_id.label("id"),
                SearchTerm.weight.label("weight"),
                visible.label("visible"),
                own.label("own"),
            )
            .where(SearchTerm.org_id == self.actor.org, criterion)
            .where(SearchTerm.kind == any_(_texts(self.kinds)))
            .order_by(*order, SearchTerm.weight.desc())
            .limit(each)
        )

    async def _ranked(self, source: Any, quality: Any, others: Others, each: int) -> Found:
        filed = _part(source, "filed")
        best = func.max(quality).label("quality")
        grouped = (filed.id, filed.weight, filed.visible, filed.own)
        query = select(*grouped, best).select_from(source).group_by(*grouped)
        if others:
            query = query.join(
                SearchEntry,
                and_(SearchEntry.org_id == self.actor.org, SearchEntry.id == filed.id),
            ).where(*(_has_one_of(terms) for terms in others))
        found = query.subquery("found")
        order = [found.c[name].desc() for name in ("visible", "quality", "own", "weight")]
        top = (
            select(
                found,
                func.count().filter(found.c.visible).over().label("seen"),
                func.count().filter(~found.c.visible).over().label("hidden"),
            )
            .order_by(*order)
            .limit(RANKED)
            .subquery("top")
        )
        shown = (
            _shown()
            .add_columns(top.c.visible, top.c.own, top.c.quality, top.c.seen, top.c.hidden)
            .join(top, and_(SearchEntry.org_id == self.actor.org, SearchEntry.id == top.c.id))
        )
        rows = (await self.session.execute(shown)).all()
        if not rows:
            return Found()
        seen, hidden = rows[0].seen, rows[0].hidden
        return Found(rows, seen, hidden, seen + hidden < each)


def _shown() -> Select[Any]:
    columns = [column for column in SearchEntry.__table__.columns if column.name != "org_id"]
    return select(*columns, Member.name.label("officer")).outerjoin(
        Member, and_(Member.org_id == SearchEntry.org_id, Member.id == SearchEntry.owner_id)
    )


def _part(source: Any, name: str) -> Any:
    return source.c if getattr(source, "name", None) == name else source.right.c


def _begins(column: Any, beginning: str) -> ColumnElement[bool]:
    return and_(column >= beginning, column < beginning + PREFIX_END)


def _has_one_of(terms: Collection[str]) -> ColumnElement[bool]:
    """Filed under one of the terms; a single letter stands for all that begin with it."""
    initials = [term for term in terms if len(term) == 1]
    whole: ColumnElement[bool] = SearchEntry.terms.overlap(_texts(terms))
    if not initials:
        return whole
    filed_under = func.concat(" ", func.array_to_string(SearchEntry.terms, " "))
    return or_(whole, *(filed_under.contains(f" {letter}", autoescape=True) for letter in initials))


def _texts(values: Collection[str]) -> Any:
    return cast(list(values), ARRAY(Text))
