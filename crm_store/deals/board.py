"""The board: a pipeline's open deals by stage, with what they are worth, in one query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    cast,
    func,
    literal,
    not_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from crm_store.actor import Actor, Reach
from crm_store.deals.models import Deal, DealStatus, Stage


@dataclass(frozen=True, slots=True)
class Worth:
    """How many deals in one currency, what they come to, and that times their chances."""

    currency: str
    deals: int
    value: Decimal
    weighted: Decimal

    @classmethod
    def read(cls, stored: list[dict[str, Any]] | None) -> tuple[Worth, ...]:
        return tuple(
            cls(one["currency"], one["deals"], Decimal(one["value"]), Decimal(one["weighted"]))
            for one in stored or ()
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One stage: what stands there, of which the longest waiting are listed."""

    stage: Stage
    worth: tuple[Worth, ...]
    hidden: int
    deals: list[Deal] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(worth.deals for worth in self.worth)


@dataclass(frozen=True, slots=True)
class Board:
    pipeline_id: UUID
    columns: list[Column]

    @property
    def worth(self) -> tuple[Worth, ...]:
        """The whole pipeline, by currency."""
        return _together(worth for column in self.columns for worth in column.worth)

    @property
    def hidden(self) -> int:
        return sum(column.hidden for column in self.columns)


def board_query(
    actor: Actor, pipeline_id: UUID, visible: ColumnElement[bool], per_stage: int
) -> Select[Any]:
    """Each stage with its worth, how much of it is hidden, and its first deals."""
    standing = (
        Deal.org_id == actor.org,
        Deal.stage_id == Stage.id,
        Deal.status == DealStatus.OPEN,
        Deal.deleted_at.is_(None),
    )
    worth = _worth(standing, visible)
    hidden = _hidden(actor, standing, visible)
    cards = (
        select(Deal)
        .where(*standing, visible)
        .order_by(Deal.stage_since, Deal.id)
        .limit(per_stage)
        .correlate(Stage)
        .lateral()
    )
    card = aliased(Deal, cards)
    return (
        select(Stage, worth.c.worth, hidden.c.hidden, card)
        .select_from(Stage)
        .join(worth, true())
        .join(hidden, true())
        .outerjoin(cards, true())
        .where(Stage.org_id == actor.org, Stage.pipeline_id == pipeline_id, Stage.is_active)
        .order_by(Stage.position, card.stage_since, card.id)
    )


def _worth(standing: Any, visible: ColumnElement[bool]) -> FromClause:
    """What stands in a stage, summed once for each currency."""
    sums = (
        select(
            Deal.currency,
            func.count().label("deals"),
            func.sum(Deal.value).label("value"),
            (func.sum(Deal.value * Deal.probability) / 100).label("weighted"),
        )
        .where(*standing, visible)
        .group_by(Deal.currency)
        .correlate(Stage)
        .subquery()
    )
    parts = func.jsonb_build_object(
        "currency", sums.c.currency,
        "deals", sums.c.deals,
        "value", cast(sums.c.value, Text),
        "weighted", cast(sums.c.weighted, Text),
    )  # fmt: skip
    return select(func.jsonb_agg(parts).label("worth")).correlate(Stage).lateral()


def _hidden(actor: Actor, standing: Any, visible: ColumnElement[bool]) -> FromClause:
    """How many stand there that the asker may not see."""
    if actor.reach is Reach.ALL:
        return select(literal(0, Integer).label("hidden")).lateral()
    unseen = not_(func.coalesce(visible, False))
    return select(func.count().label("hidden")).where(*standing, unseen).correlate(Stage).lateral()


def _together(parts: Iterable[Worth]) -> tuple[Worth, ...]:
    sums: dict[str, Worth] = {}
    for part in parts:
        so_far = sums.get(part.currency, Worth(part.currency, 0, Decimal(0), Decimal(0)))
        sums[part.currency] = Worth(
            part.currency,
            so_far.deals + part.deals,
            so_far.value + part.value,
            so_far.weighted + part.weighted,
        )
    return tuple(sums[currency] for currency in sorted(sums))
