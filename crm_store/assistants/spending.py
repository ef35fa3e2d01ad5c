"""Budgets: set aside before a model is called, settled when its cost is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from crm_store.actor import Door
from crm_store.assistants.models import (
    Budget,
    BudgetPeriod,
    Period,
    Reservation,
    ReservationStatus,
)
from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.identity.models import Member
from crm_store.orgs.models import Org

HOLDS = timedelta(minutes=15)
SPENDING = ("assistants:read", "assistants:write")


class OverBudget(Refused):
    """There is not enough left in the budget for this."""


async def set_budget(
    crm: Crm,
    period: Period,
    *,
    money_limit: Decimal | None = None,
    token_limit: int | None = None,
    currency: str = "USD",
    member_id: UUID | None = None,
    role_id: UUID | None = None,
    door: Door | None = None,
) -> Budget:
    """Limit what may be spent in each hour, day or month, in place of an earlier such limit."""
    if money_limit is None and token_limit is None:
        raise Invalid("A budget limits money, tokens or both.")
    if min(money_limit or 0, token_limit or 0) < 0:
        raise Invalid("A limit is not negative.")
    if member_id is not None and role_id is not None:
        raise Invalid("A budget is for a member, for a role or for everybody.")
    budget = await crm.budgets.first(
        crm.budgets.rows().where(
            Budget.period == period,
            Budget.member_id.is_not_distinct_from(member_id),
            Budget.role_id.is_not_distinct_from(role_id),
            Budget.door.is_not_distinct_from(door),
        )
    )
    if budget is None:
        budget = Budget(period=period, member_id=member_id, role_id=role_id, door=door)
        crm.budgets.add(budget)
    budget.money_limit, budget.token_limit, budget.currency = money_limit, token_limit, currency
    budget.is_active = True
    await crm.flush()
    return budget


async def reserve(
    crm: Crm,
    key: str,
    *,
    money: Decimal,
    tokens: int,
    currency: str = "USD",
    run_id: UUID | None = None,
    holds: timedelta = HOLDS,
    at: datetime | None = None,
) -> Sequence[Reservation]:
    """Set aside the most a call can cost, in every budget it counts against, or refuse it.

    The same key reserves once. However many ask at a time, no budget is promised twice.
    """
    if money < 0 or tokens < 0:
        raise Invalid("What is set aside is not negative.")
    at = at or now()
    async with crm.granted(*SPENDING):
        if known := await _reserved(crm, key):
            return known
        budgets = await crm.budgets.applying_to(
            member_id=crm.actor.member_id, role_id=await _role(crm), door=crm.actor.door
        )
        zone = await _zone(crm)
        try:
            async with crm.session.begin_nested():
                for budget in budgets:
                    starts = period_start(budget.period, at, zone)
                    reservation = Reservation(
                        key=key, run_id=run_id, money=money, tokens=tokens, expires_at=at + holds
                    )
                    await _hold(crm, budget, reservation, currency, starts)
                await crm.flush()
        except IntegrityError as error:
            if not await _reserved(crm, key):
                raise Conflict("This could not be reserved; try again.") from error
        return await _reserved(crm, key)


async def settle(
    crm: Crm, key: str, *, money: Decimal, tokens: int, at: datetime | None = None
) -> None:
    """Record what a call really cost and give back the rest of what was set aside; once."""
    async with crm.granted(*SPENDING):
        for reservation in await _reserved(crm, key, lock=True):
            if reservation.status is ReservationStatus.SETTLED:
                continue
            held = reservation.status is ReservationStatus.HELD
            await _account(crm, reservation, held=held, money=money, tokens=tokens)
            reservation.status, reservation.settled_at = ReservationStatus.SETTLED, at or now()
        await crm.flush()


async def release(crm: Crm, key: str) -> None:
    """Give back what was set aside for a call that was never made."""
    async with crm.granted(*SPENDING):
        for reservation in await _reserved(crm, key, lock=True):
            if reservation.status is ReservationStatus.HELD:
                await _account(crm, reservation, held=True, money=Decimal(0), tokens=0)
                reservation.status = ReservationStatus.RELEASED
        await crm.flush()


async def release_expired(crm: Crm, *, at: datetime | None = None) -> int:
    """Give back what callers that died had set aside; returns how many calls."""
    at = at or now()
    async with crm.granted(*SPENDING):
        keys = await crm.session.scalars(
            select(Reservation.key)
            .where(
                Reservation.org_id == crm.actor.org,
                Reservation.status == ReservationStatus.HELD,
                Reservation.expires_at <= at,
            )
            .distinct()
            .order_by(Reservation.key)
        )
        late = keys.all()
    for key in late:
        await release(crm, key)
    return len(late)


def period_start(period: Period, at: datetime, zone: ZoneInfo) -> datetime:
    """When the hour, day or month that a moment lies in began, where the organisation is."""
    local = at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if period is Period.HOUR:
        return local
    day = local.replace(hour=0)
    return day if period is Period.DAY else day.replace(day=1)


async def _hold(
    crm: Crm, budget: Budget, reservation: Reservation, currency: str, starts_at: datetime
) -> None:
    """One guarded statement: the row's lock puts those who ask at once in a line."""
    if budget.money_limit is not None and budget.currency != currency:
        raise OverBudget(f"The budget is in {budget.currency}, this costs {currency}.")
    org, money, tokens = crm.actor.org, reservation.money, reservation.tokens
    await crm.session.execute(
        insert(BudgetPeriod)
        .values(org_id=org, id=new_id(), budget_id=budget.id, starts_at=starts_at)
        .on_conflict_do_nothing(index_elements=["org_id", "budget_id", "starts_at"])
    )
    spent, used = BudgetPeriod.money_spent, BudgetPeriod.tokens_spent
    found: UUID | None = await crm.session.scalar(
        update(BudgetPeriod)
        .where(
            BudgetPeriod.org_id == org,
            BudgetPeriod.budget_id == budget.id,
            BudgetPeriod.starts_at == starts_at,
            Budget.org_id == org,
            Budget.id == BudgetPeriod.budget_id,
            or_(
                Budget.money_limit.is_(None),
                spent + BudgetPeriod.money_held + money <= Budget.money_limit,
            ),
            or_(
                Budget.token_limit.is_(None),
                used + BudgetPeriod.tokens_held + tokens <= Budget.token_limit,
            ),
        )
        .values(
            money_held=BudgetPeriod.money_held + money,
            tokens_held=BudgetPeriod.tokens_held + tokens,
        )
        .returning(BudgetPeriod.id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        raise OverBudget(f"This {budget.period}'s budget is used up.")
    reservation.org_id, reservation.period_id = org, found
    crm.session.add(reservation)


async def _account(
    crm: Crm, reservation: Reservation, *, held: bool, money: Decimal, tokens: int
) -> None:
    await crm.session.execute(
        update(BudgetPeriod)
        .where(BudgetPeriod.org_id == crm.actor.org, BudgetPeriod.id == reservation.period_id)
        .values(
            money_spent=BudgetPeriod.money_spent + money,
            tokens_spent=BudgetPeriod.tokens_spent + tokens,
            money_held=BudgetPeriod.money_held - (reservation.money if held else 0),
            tokens_held=BudgetPeriod.tokens_held - (reservation.tokens if held else 0),
        )
        .execution_options(synchronize_session=False)
    )


async def _reserved(crm: Crm, key: str, *, lock: bool = False) -> Sequence[Reservation]:
    """In the order in which budgets are held, so that nobody waits in a circle."""
    query = (
        select(Reservation)
        .join(
            BudgetPeriod,
            (BudgetPeriod.org_id == Reservation.org_id)
            & (BudgetPeriod.id == Reservation.period_id),
        )
        .where(Reservation.org_id == crm.actor.org, Reservation.key == key)
        .order_by(BudgetPeriod.budget_id)
    )
    if lock:
        query = query.with_for_update(of=Reservation).execution_options(populate_existing=True)
    return (await crm.session.scalars(query)).all()


async def _role(crm: Crm) -> UUID | None:
    role: UUID | None = await crm.session.scalar(
        select(Member.role_id).where(
            Member.org_id == crm.actor.org, Member.id == crm.actor.member_id
        )
    )
    return role


async def _zone(crm: Crm) -> ZoneInfo:
    name = await crm.session.scalar(select(Org.timezone).where(Org.id == crm.actor.org))
    return ZoneInfo(name or "UTC")
