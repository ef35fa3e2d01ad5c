"""What is done with a deal: opened, moved on, won, lost, taken up again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.deals.models import Deal, DealStatus, Stage, StageKind
from crm_store.deals.pricing import Buyer
from crm_store.errors import Invalid, Refused
from crm_store.money import Money
from crm_store.orgs.models import Org
from crm_store.references import check_references

EDITABLE = frozenset(
    {"name", "description", "value", "currency", "probability", "expected_close_on", "person_id",
     "company_id", "donor_id", "interest_level_id", "owner_id", "supervisor_id", "workspace_id",
     "project_id"}
)  # fmt: skip


GIVEN_AT_FIRST = EDITABLE - {"value", "currency"} | {"product_id", "quantity"}


class NeedsReason(Invalid):
    """Say why the deal was lost."""


class IsDecided(Refused):
    """This deal has been decided; reopen it first."""


class NoSuchStage(Invalid):
    """This pipeline has no stage a deal could stand in."""


async def create_deal(
    crm: Crm, name: str, *, value: Decimal | int | str | None = None, currency: str | None = None,
    pipeline_id: UUID | None = None, stage_id: UUID | None = None, at: datetime | None = None,
    **more: Any,
) -> Deal:  # fmt: skip
    """A deal at the beginning of its pipeline; a product gives it a price where no value is named.

    More: probability, product_id, quantity and what edit_deal takes.
    """
    _only(more, GIVEN_AT_FIRST)
    if not name.strip():
        raise Invalid("A deal needs a name.")
    at = at or now()
    stage = await _starting_stage(crm, stage_id, pipeline_id)
    own = more.pop("probability", None)
    deal = Deal(
        name=name.strip(),
        stage_id=stage.id,
        stage_since=at,
        probability=_percent(stage.probability if own is None else own),
        probability_is_own=own is not None,
        **{"quantity": 1, **more},
    )
    await check_references(crm, deal)
    if deal.product_id is not None:
        await _price(crm, deal, at)
    if value is not None or deal.product_id is None:
        set_value(deal, value or 0, currency or deal.currency or await org_currency(crm))
        deal.offer_id = None
    crm.deals.add(deal)
    await crm.flush()
    return deal


async def edit_deal(crm: Crm, deal_id: UUID, **changes: Any) -> Deal:
    """Change what is known about a deal; where it stands is changed by moving it."""
    _only(changes, EDITABLE)
    deal = await crm.deals.get(deal_id, lock=True)
    if {"value", "currency"} & set(changes):
        set_value(deal, changes.pop("value", deal.value), changes.pop("currency", deal.currency))
        deal.offer_id = None
    if "probability" in changes:
        deal.probability = _percent(changes.pop("probability"))
        deal.probability_is_own = True
    if not changes.get("name", "-").strip():
        raise Invalid("A deal needs a name.")
    for name, value in changes.items():
        setattr(deal, name, value)
    await check_references(crm, deal)
    await crm.flush()
    return deal


async def move_deal(
    crm: Crm, deal_id: UUID, stage_id: UUID, *, reason: str | None = None,
    at: datetime | None = None,
) -> Deal:  # fmt: skip
    """Put it in another stage; one that means won or lost decides it."""
    deal = await crm.deals.get(deal_id, lock=True)
    stage = await crm.stages.get(stage_id)
    if not stage.is_active:
        raise NoSuchStage(f"The stage {stage.name} has been retired.")
    if deal.status is not DealStatus.OPEN:
        raise IsDecided
    if stage.kind is not StageKind.OPEN:
        return await _decide(crm, deal, DealStatus(stage.kind.value), stage, reason, at or now())
    _enter(deal, stage, at or now())
    await crm.flush()
    return deal


async def win_deal(
    crm: Crm, deal_id: UUID, *, reason: str | None = None, at: datetime | None = None
) -> Deal:
    """It is won, wherever it stood."""
    return await _close(crm, deal_id, DealStatus.WON, reason, at or now())


async def lose_deal(crm: Crm, deal_id: UUID, reason: str, *, at: datetime | None = None) -> Deal:
    """It is lost, and for this reason."""
    return await _close(crm, deal_id, DealStatus.LOST, reason, at or now())


async def reopen_deal(
    crm: Crm, deal_id: UUID, *, stage_id: UUID | None = None, at: datetime | None = None
) -> Deal:
    """Take it up again where it stood before it was decided, or in the stage named."""
    deal = await crm.deals.get(deal_id, lock=True)
    if deal.status is DealStatus.OPEN:
        return deal
    stage = await crm.stages.get(stage_id) if stage_id else await _stage_before(crm, deal)
    if stage.kind is not StageKind.OPEN or not stage.is_active:
        raise NoSuchStage(f"An open deal cannot stand in {stage.name}.")
    deal.status, deal.closed_at, deal.close_reason = DealStatus.OPEN, None, None
    deal.probability_is_own = False
    _enter(deal, stage, at or now())
    await crm.flush()
    return deal


async def reprice_deal(
    crm: Crm, deal_id: UUID, *, product_id: UUID | None = None, quantity: int | None = None,
    at: datetime | None = None,
) -> Deal:  # fmt: skip
    """Value it at what its product costs now, after the best offer."""
    deal = await crm.deals.get(deal_id, lock=True)
    deal.product_id = product_id or deal.product_id
    deal.quantity = quantity or deal.quantity
    if deal.product_id is None:
        raise Invalid("This deal is about no product, so it has no price.")
    await check_references(crm, deal)
    await _price(crm, deal, at or now())
    await crm.flush()
    return deal


async def delete_deal(crm: Crm, deal_id: UUID) -> Deal:
    deal = await crm.deals.get(deal_id, lock=True)
    deal.deleted_at = now()
    await crm.flush()
    return deal


def set_value(deal: Deal, value: Decimal | int | str, currency: str) -> None:
    money = Money.of(value, currency)
    if money.amount < 0:
        raise Invalid("A deal is worth nothing or more.")
    deal.value, deal.currency = money.amount, money.currency


async def org_currency(crm: Crm) -> str:
    found = await crm.session.scalar(select(Org.currency).where(Org.id == crm.actor.org))
    return found or "EUR"


async def _price(crm: Crm, deal: Deal, at: datetime) -> None:
    links = {
        Buyer.PERSON: deal.person_id,
        Buyer.COMPANY: deal.company_id,
        Buyer.DONOR: deal.donor_id,
    }
    buyers = frozenset(buyer for buyer, link in links.items() if link is not None)
    if deal.product_id is None:
        return
    found = await crm.products.quote(deal.product_id, at=at, quantity=deal.quantity, buyers=buyers)
    deal.value, deal.currency = found.total.amount, found.total.currency
    deal.offer_id = found.offer.id if found.offer else None


async def _starting_stage(crm: Crm, stage_id: UUID | None, pipeline_id: UUID | None) -> Stage:
    if stage_id is not None:
        stage: Stage | None = await crm.stages.get(stage_id)
    else:
        pipeline = await (
            crm.pipelines.get(pipeline_id) if pipeline_id else crm.pipelines.default()
        )
        stage = await crm.stages.first_of(pipeline.id, StageKind.OPEN)
    if stage is None or stage.kind is not StageKind.OPEN or not stage.is_active:
        raise NoSuchStage
    return stage


async def _stage_before(crm: Crm, deal: Deal) -> Stage:
    """The last open stage it stood in."""
    now_at = await crm.stages.get(deal.stage_id)
    if now_at.kind is StageKind.OPEN and now_at.is_active:
        return now_at
    for move in reversed(await crm.stage_moves.of(deal.id)):
        if move.from_stage_id is not None:
            stage = await crm.stages.get(move.from_stage_id)
            if stage.kind is StageKind.OPEN and stage.is_active:
                return stage
    return await _starting_stage(crm, None, now_at.pipeline_id)


async def _close(
    crm: Crm, deal_id: UUID, status: DealStatus, reason: str | None, at: datetime
) -> Deal:
    """Decided where it stands, or in its pipeline's stage for that."""
    deal = await crm.deals.get(deal_id, lock=True)
    if deal.status is not DealStatus.OPEN:
        raise IsDecided
    stage = await crm.stages.get(deal.stage_id)
    for_that = await crm.stages.first_of(stage.pipeline_id, StageKind(status.value))
    return await _decide(crm, deal, status, for_that or stage, reason, at)


async def _decide(
    crm: Crm, deal: Deal, status: DealStatus, stage: Stage, reason: str | None, at: datetime
) -> Deal:
    reason = (reason or "").strip() or None
    if status is DealStatus.LOST and reason is None:
        raise NeedsReason
    deal.status, deal.closed_at, deal.close_reason = status, at, reason
    if stage.id != deal.stage_id:
        deal.stage_id, deal.stage_since = stage.id, at
    deal.probability = 100 if status is DealStatus.WON else 0
    deal.probability_is_own = False
    await crm.flush()
    return deal


def _enter(deal: Deal, stage: Stage, at: datetime) -> None:
    if stage.id != deal.stage_id:
        deal.stage_id, deal.stage_since = stage.id, at
    if not deal.probability_is_own:
        deal.probability = stage.probability


def _only(changes: dict[str, Any], known: frozenset[str]) -> None:
    unknown = changes.keys() - known
    if unknown:
        raise Invalid(f"A deal's {', '.join(sorted(unknown))} cannot be set like this.")


def _percent(probability: int) -> int:
    if not 0 <= probability <= 100:
        raise Invalid("A probability is a percentage from 0 to 100.")
    return probability
