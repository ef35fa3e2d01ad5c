"""Questions about deals: where each stands, what a pipeline is worth, what moved and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from crm_store.actor import Reach
from crm_store.deals.board import Board, Column, Worth, board_query
from crm_store.deals.models import (
    Deal,
    DealStatus,
    InterestLevel,
    Offer,
    Pipeline,
    Product,
    ProductCategory,
    ProductType,
    Stage,
    StageKind,
    StageMove,
)
from crm_store.deals.pricing import Buyer, Quote, quote
from crm_store.keyset import keyset_page
from crm_store.repository import Page, Repository, reach_of


class PipelineRepository(Repository[Pipeline]):
    model = Pipeline

    async def default(self) -> Pipeline:
        return await self.one(self.rows().where(Pipeline.is_default))

    async def listed(self) -> Sequence[Pipeline]:
        query = self.rows().where(Pipeline.is_active)
        return await self.all(query.order_by(Pipeline.is_default.desc(), Pipeline.name))


class StageRepository(Repository[Stage]):
    model = Stage

    async def of(self, pipeline_id: UUID) -> Sequence[Stage]:
        """The stages of a pipeline in order, without retired ones."""
        query = self.rows().where(Stage.pipeline_id == pipeline_id, Stage.is_active)
        return await self.all(query.order_by(Stage.position))

    async def first_of(self, pipeline_id: UUID, kind: StageKind) -> Stage | None:
        return next((stage for stage in await self.of(pipeline_id) if stage.kind is kind), None)


class DealRepository(Repository[Deal]):
    model = Deal

    def visible(self) -> ColumnElement[bool]:
        """As far as one's rights reach, and what one supervises."""
        within = reach_of(self.actor, Deal)
        if self.actor.reach is Reach.ALL or self.actor.member_id is None:
            return within
        return or_(within, Deal.supervisor_id == self.actor.member_id)

    async def newest(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Deal]:
        return await keyset_page(
            self, *criteria, order=(Deal.id,), after=after, limit=limit, newest_first=True
        )

    async def board(self, pipeline_id: UUID, *, per_stage: int = 25) -> Board:
        """The open deals of a pipeline by stage, with the worth of each; one query."""
        self.actor.need("deals:read")
        query = board_query(self.actor, pipeline_id, self.visible(), per_stage)
        columns: dict[UUID, Column] = {}
        for stage, worth, hidden, deal in await self.session.execute(query):
            column = columns.setdefault(stage.id, Column(stage, Worth.read(worth), hidden))
            if deal is not None:
                column.deals.append(deal)
        return Board(pipeline_id, list(columns.values()))

    async def forecast(self, first: date, last: date) -> list[tuple[date, str, Decimal, Decimal]]:
        """What open deals promise: month, currency, whole value, value times chance."""
        month = func.date_trunc("month", Deal.expected_close_on)
        query = (
            self.rows()
            .where(Deal.status == DealStatus.OPEN, Deal.expected_close_on.between(first, last))
            .with_only_columns(
                month.label("month"),
                Deal.currency,
                func.sum(Deal.value),
                func.sum(Deal.value * Deal.probability) / 100,
            )
            .group_by(month, Deal.currency)
            .order_by(month, Deal.currency)
        )
        return [
            (month.date(), currency, value, weighted)
            for month, currency, value, weighted in await self.session.execute(query)
        ]

    async def stale(self, since: datetime, limit: int = 50) -> Sequence[Deal]:
        """Open deals that have stood in one stage since before a moment, longest first."""
        query = self.rows().where(Deal.status == DealStatus.OPEN, Deal.stage_since < since)
        return await self.all(query.order_by(Deal.stage_since, Deal.id).limit(limit))


class StageMoveRepository(Repository[StageMove]):
    model = StageMove

    def visible(self) -> ColumnElement[bool]:
        """Whoever sees the deal sees where it has been."""
        seen = select(Deal.id).where(
            Deal.org_id == self.actor.org, DealRepository(self.session).visible()
        )
        return StageMove.deal_id.in_(seen)

    async def of(self, deal_id: UUID) -> Sequence[StageMove]:
        return await self.all(
            self.rows()
            .where(StageMove.deal_id == deal_id)
            .order_by(StageMove.created_at, StageMove.moved_at, StageMove.id)
        )

    async def seconds_in_stage(self, pipeline_id: UUID) -> dict[UUID, float]:
        """How long deals stayed in each stage of a pipeline before they left it, on average."""
        here = (Stage.org_id == StageMove.org_id) & (Stage.id == StageMove.from_stage_id)
        query = (
            self.rows()
            .join(Stage, here)
            .where(Stage.pipeline_id == pipeline_id, StageMove.seconds_in_stage.is_not(None))
            .with_only_columns(StageMove.from_stage_id, func.avg(StageMove.seconds_in_stage))
            .group_by(StageMove.from_stage_id)
        )
        return {stage: float(mean) for stage, mean in await self.session.execute(query)}


class InterestLevelRepository(Repository[InterestLevel]):
    model = InterestLevel

    async def listed(self) -> Sequence[InterestLevel]:
        return await self.all(self.rows().order_by(InterestLevel.position, InterestLevel.name))


class ProductRepository(Repository[Product]):
    model = Product

    async def by_sku(self, sku: str) -> Product:
        return await self.one(self.rows().where(Product.sku == sku))

    async def offered(
        self, *, category_id: UUID | None = None, featured: bool = False
    ) -> Sequence[Product]:
        """What can be sold now, featured products first."""
        query = self.rows().where(Product.is_active)
        if category_id is not None:
            query = query.where(Product.category_id == category_id)
        if featured:
            query = query.where(Product.is_featured)
        return await self.all(query.order_by(Product.is_featured.desc(), Product.name, Product.id))

    async def quote(
        self, product_id: UUID, *, at: datetime, quantity: int = 1,
        buyers: frozenset[Buyer] = frozenset(),
    ) -> Quote:  # fmt: skip
        """What so many of it cost at a moment, after the best offer."""
        product = await self.get(product_id)
        offers = await OfferRepository(self.session).of(product_id)
        return quote(product, offers, quantity, at, buyers)


class ProductTypeRepository(Repository[ProductType]):
    model = ProductType


class ProductCategoryRepository(Repository[ProductCategory]):
    model = ProductCategory


class OfferRepository(Repository[Offer]):
    model = Offer

    async def of(self, product_id: UUID) -> Sequence[Offer]:
        """Every offer on a product, past and to come."""
        return await self.all(self.rows().where(Offer.product_id == product_id).order_by(Offer.id))
