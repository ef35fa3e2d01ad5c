"""Where every question starts: rows of this organisation, within this person's reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor, Reach
from crm_store.base import Live, Owned, TenantRow
from crm_store.errors import NotFound, NotVisible

Row = TypeVar("Row", bound=TenantRow)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows of an answer: how many there are, and how many this person may not see."""

    rows: Sequence[Item] = field(default_factory=tuple)
    total: int = 0
    hidden: int = 0
    next: str | None = None


class Repository(Generic[Row]):
    """Questions about one noun. Subclasses name the model; rights are already applied."""

    model: ClassVar[type[Any]]

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @property
    def actor(self) -> Actor:
        actor: Actor = self.session.info["actor"]
        return actor

    @property
    def domain(self) -> str:
        return str(self.model.__domain__)

    def everything(self) -> Select[Row]:
        """All rows of the organisation that are not deleted, whoever may see them."""
        self.actor.need(f"{self.domain}:read")
        query = select(self.model).where(self.model.org_id == self.actor.org)
        if issubclass(self.model, Live):
            query = query.where(self.model.deleted_at.is_(None))
        return query

    def visible(self) -> ColumnElement[bool]:
        """Which of the organisation's rows this person may see; overridden by what has no owner."""
        return reach_of(self.actor, self.model)

    def rows(self) -> Select[Row]:
        return self.everything().where(self.visible())

    async def get(self, row_id: UUID, *, lock: bool = False) -> Row:
        if lock:
            self.actor.need(f"{self.domain}:write")
        return await self.one(self.rows().where(self.model.id == row_id), lock=lock, row_id=row_id)

    async def one(
        self, query: Select[Row], *, lock: bool = False, row_id: UUID | None = None
    ) -> Row:
        if lock:
            query = query.with_for_update(of=self.model).execution_options(populate_existing=True)
        found: Row | None = (await self.session.scalars(query)).one_or_none()
        if found is None:
            await self._explain_absence(row_id)
            raise NotFound(f"There is no such {self.noun}.")
        return found

    async def first(self, query: Select[Row]) -> Row | None:
        found: Row | None = (await self.session.scalars(query.limit(1))).first()
        return found

    async def all(self, query: Select[Row] | None = None) -> Sequence[Row]:
        found: Sequence[Row] = (
            await self.session.scalars(self.rows() if query is None else query)
        ).all()
        return found

    async def count(self, query: Select[Any] | None = None) -> int:
        inner = (self.rows() if query is None else query).order_by(None).subquery()
        return int(await self.session.scalar(select(func.count()).select_from(inner)) or 0)

    async def page(
        self, *criteria: ColumnElement[bool], limit: int = 20, offset: int = 0, order: Any = None
    ) -> Page[Row]:
        """One screenful, with the number of all and of those hidden by rights."""
        query = self.rows().where(*criteria)
        ordered = (
            query.order_by(*(order if isinstance(order, tuple) else (order,)))
            if (order is not None)
            else query.order_by(self.model.id.desc())
        )
        found = await self.all(ordered.limit(limit).offset(offset))
        whole = len(found) < limit and (found or not offset)
        total = offset + len(found) if whole else await self.count(query)
        hidden = 0
        if self.actor.reach is not Reach.ALL:
            hidden = await self.count(self.everything().where(*criteria)) - total
        return Page(found, total, hidden)

    def add(self, row: Row) -> Row:
        row.org_id = self.actor.org
        self.session.add(row)
        return row

    @property
    def noun(self) -> str:
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in self.model.__name__)
        return words.strip()

    async def _explain_absence(self, row_id: UUID | None) -> None:
        if row_id is None or self.actor.reach is Reach.ALL:
            return
        beyond = self.everything().where(self.model.id == row_id).with_only_columns(self.model.id)
        if (await self.session.scalar(beyond)) is not None:
            raise NotVisible(f"This {self.noun} is not visible to you.")


def reach_of(actor: Actor, model: type[Any]) -> ColumnElement[bool]:
    """The condition on owner and workspace that an actor's reach amounts to."""
    if not issubclass(model, Owned):
        return true()
    return within_reach(actor, model.owner_id, model.workspace_id)


def within_reach(actor: Actor, owner_id: Any, workspace_id: Any) -> ColumnElement[bool]:
    """The same for columns that stand elsewhere than on the row they speak of."""
    if actor.reach is Reach.ALL:
        return true()
    if actor.member_id is None:
        return false()
    own: ColumnElement[bool] = owner_id == actor.member_id
    if actor.reach is Reach.OWN:
        return own
    mine: ColumnElement[bool] = owner_id.in_({actor.member_id, *actor.team_ids})
    if actor.reach is Reach.TEAM:
        return mine
    return or_(
        mine,
        workspace_id.in_(actor.workspace_ids) if actor.workspace_ids else false(),
        and_(workspace_id.is_(None), owner_id.is_(None)),
    )
