"""What may leave about deals; values are for those who may see amounts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from crm_store.actor import Actor
from crm_store.deals.board import Board, Column, Worth
from crm_store.deals.models import DealStatus, DiscountKind, StageKind
from crm_store.deals.pricing import Quote
from crm_store.view import AMOUNTS, View


class StageView(View):
    id: UUID
    name: str
    position: int
    probability: int
    kind: StageKind


class PipelineView(View):
    id: UUID
    name: str
    description: str | None = None
    is_default: bool
    stages: tuple[StageView, ...] = ()


class DealView(View):
    id: UUID
    name: str
    description: str | None = None
    value: Annotated[Decimal | None, AMOUNTS] = None
    currency: str
    probability: int
    status: DealStatus
    stage_id: UUID
    stage: str | None = None
    stage_since: datetime
    expected_close_on: date | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    person_id: UUID | None = None
    company_id: UUID | None = None
    donor_id: UUID | None = None
    product_id: UUID | None = None
    quantity: int = 1
    offer_id: UUID | None = None
    interest_level_id: UUID | None = None
    owner_id: UUID | None = None
    supervisor_id: UUID | None = None
    project_id: UUID | None = None
    created_at: datetime


class StageMoveView(View):
    from_stage_id: UUID | None = None
    to_stage_id: UUID
    status: DealStatus
    moved_at: datetime
    moved_by_id: UUID | None = None
    seconds_in_stage: int | None = None
    reason: str | None = None


class WorthView(View):
    currency: str
    deals: int
    value: Annotated[Decimal | None, AMOUNTS] = None
    weighted: Annotated[Decimal | None, AMOUNTS] = None


class ColumnView(View):
    stage: StageView
    count: int
    not_visible: int
    worth: tuple[WorthView, ...]
    deals: tuple[DealView, ...]


class BoardView(View):
    pipeline_id: UUID
    not_visible: int
    worth: tuple[WorthView, ...]
    columns: tuple[ColumnView, ...]

    @classmethod
    def from_board(cls, board: Board, actor: Actor) -> BoardView:
        return cls(
            pipeline_id=board.pipeline_id,
            not_visible=board.hidden,
            worth=tuple(_worth(one, actor) for one in board.worth),
            columns=tuple(_column(column, actor) for column in board.columns),
        )


class ProductView(View):
    id: UUID
    name: str
    title: str | None = None
    description: str | None = None
    price: Decimal
    currency: str
    sku: str | None = None
    product_type_id: UUID | None = None
    category_id: UUID | None = None
    photo_url: str | None = None
    is_featured: bool
    is_active: bool
    stock: int | None = None
    specifications: dict[str, object]


class OfferView(View):
    id: UUID
    product_id: UUID
    name: str
    description: str | None = None
    discount_kind: DiscountKind
    discount_value: Decimal
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_active: bool
    conditions: dict[str, object]


class QuoteView(View):
    product_id: UUID
    quantity: int
    currency: str
    full: Decimal
    discount: Decimal
    total: Decimal
    offer: str | None = None

    @classmethod
    def from_quote(cls, quote: Quote) -> QuoteView:
        return cls(
            product_id=quote.product.id,
            quantity=quote.quantity,
            currency=quote.total.currency,
            full=quote.full.amount,
            discount=quote.discount.amount,
            total=quote.total.amount,
            offer=quote.offer.name if quote.offer else None,
        )


def _worth(worth: Worth, actor: Actor) -> WorthView:
    return WorthView.seen_by(
        actor,
        currency=worth.currency,
        deals=worth.deals,
        value=worth.value,
        weighted=worth.weighted,
    )


def _column(column: Column, actor: Actor) -> ColumnView:
    return ColumnView(
        stage=StageView.of(column.stage),
        count=column.count,
        not_visible=column.hidden,
        worth=tuple(_worth(one, actor) for one in column.worth),
        deals=tuple(DealView.of(deal, stage=column.stage.name) for deal in column.deals),
    )
