"""Questions about recurring plans, the gifts they lead us to expect, pledges and instalments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from crm_store.gifts.fiscal import Period
from crm_store.gifts.models import (
    ExpectedGift,
    ExpectedStatus,
    Gift,
    Instalment,
    InstalmentStatus,
    PlanStatus,
    Pledge,
    PledgeStatus,
    RecurringPlan,
)
from crm_store.gifts.reach import OfDonors, follows_donor
from crm_store.repository import Repository

OPEN = (ExpectedStatus.EXPECTED, ExpectedStatus.MISSED)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What plans led us to expect in a month, and what came."""

    month: date
    currency: str
    expected: Decimal
    received: Decimal
    missed: Decimal
    expected_gifts: int
    received_gifts: int
    missed_gifts: int


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What has been promised and not yet paid, in one currency."""

    currency: str
    pledges: int
    promised: Decimal
    paid: Decimal
    written_off: Decimal
    balance: Decimal


class PlanRepository(OfDonors[RecurringPlan]):
    model = RecurringPlan

    async def of_donor(self, donor_id: UUID) -> Sequence[RecurringPlan]:
        """A donor's plans, those that still run first."""
        await self.donor(donor_id)
        running = RecurringPlan.status != PlanStatus.ENDED
        return await self.all(
            self.rows()
            .where(RecurringPlan.donor_id == donor_id)
            .order_by(running.desc(), RecurringPlan.starts_on.desc(), RecurringPlan.id)
        )

    async def matching(
        self, donor_id: UUID, amount: Decimal, currency: str
    ) -> Sequence[RecurringPlan]:
        """Running plans of a donor that a gift of this size may belong to."""
        return await self.all(
            self.rows().where(
                RecurringPlan.donor_id == donor_id,
                RecurringPlan.amount == amount,
                RecurringPlan.currency == currency,
                RecurringPlan.status == PlanStatus.ACTIVE,
            )
        )

    async def to_foresee(self, until: date, *, limit: int = 1000) -> Sequence[RecurringPlan]:
        """Active plans whose gifts have not been foreseen up to this day; locked."""
        self.actor.need("gifts:write")
        return await self.all(
            self.rows()
            .where(
                RecurringPlan.status == PlanStatus.ACTIVE,
                func.coalesce(RecurringPlan.expected_until, date.min) < until,
                func.coalesce(RecurringPlan.ends_on, date.max)
                > func.coalesce(RecurringPlan.expected_until, date.min),
            )
            .order_by(RecurringPlan.id)
            .limit(limit)
            .with_for_update(of=RecurringPlan, skip_locked=True)
            .execution_options(populate_existing=True)
        )


class ExpectedGiftRepository(Repository[ExpectedGift]):
    model = ExpectedGift

    def visible(self) -> ColumnElement[bool]:
        plans = select(RecurringPlan.id).where(
            RecurringPlan.org_id == self.actor.org,
            follows_donor(self.actor, RecurringPlan.donor_id),
        )
        return ExpectedGift.plan_id.in_(plans)

    async def of_plan(self, plan_id: UUID) -> Sequence[ExpectedGift]:
        """Everything foreseen under a plan, in order."""
        query = self.rows().where(ExpectedGift.plan_id == plan_id)
        return await self.all(query.order_by(ExpectedGift.due_on))

    async def of_gift(self, gift_id: UUID) -> ExpectedGift | None:
        return await self.first(self.rows().where(ExpectedGift.gift_id == gift_id))

    async def nearest(self, plan_id: UUID, day: date, *, within: int) -> ExpectedGift | None:
        """The open expectation whose day is closest, if it is at most this many days away."""
        apart = func.abs(ExpectedGift.due_on - day)
        return await self.first(
            self.rows()
            .where(
                ExpectedGift.plan_id == plan_id,
                ExpectedGift.status.in_(OPEN),
                ExpectedGift.due_on.between(
                    day - timedelta(days=within), day + timedelta(days=within)
                ),
            )
            .order_by(apart, ExpectedGift.due_on)
            .with_for_update(of=ExpectedGift)
        )

    async def missed(self, limit: int = 50) -> Sequence[ExpectedGift]:
        """Gifts that should have come and did not, the longest missed first."""
        query = self.rows().where(ExpectedGift.status == ExpectedStatus.MISSED)
        return await self.all(query.order_by(ExpectedGift.due_on, ExpectedGift.id).limit(limit))

    async def against_received(self, within: Period) -> Sequence[Expectation]:
        """By month and currency: what plans promised, what came, what was missed."""
        month = func.date_trunc("month", ExpectedGift.due_on).cast(ExpectedGift.due_on.type)
        came = ExpectedGift.status == ExpectedStatus.RECEIVED
        missed = ExpectedGift.status == ExpectedStatus.MISSED
        query = (
            self.rows()
            .outerjoin(
                Gift, and_(Gift.org_id == ExpectedGift.org_id, Gift.id == ExpectedGift.gift_id)
            )
            .where(
                ExpectedGift.due_on.between(within.first, within.last),
                ExpectedGift.status != ExpectedStatus.SKIPPED,
            )
            .with_only_columns(
                month.label("month"),
                ExpectedGift.currency,
                func.sum(ExpectedGift.amount).label("expected"),
                _sum_where(Gift.amount - Gift.refunded, came).label("received"),
                _sum_where(ExpectedGift.amount, missed).label("missed"),
                func.count().label("expected_gifts"),
                func.count().filter(came).label("received_gifts"),
                func.count().filter(missed).label("missed_gifts"),
            )
            .group_by(month, ExpectedGift.currency)
            .order_by(month, ExpectedGift.currency)
        )
        return [Expectation(**row._mapping) for row in await self.session.execute(query)]


class PledgeRepository(OfDonors[Pledge]):
    model = Pledge

    async def of_donor(self, donor_id: UUID) -> Sequence[Pledge]:
        """A donor's pledges, latest first."""
        await self.donor(donor_id)
        query = self.rows().where(Pledge.donor_id == donor_id)
        return await self.all(query.order_by(Pledge.pledged_on.desc(), Pledge.id.desc()))

    async def of_instalment(self, instalment_id: UUID, *, lock: bool = False) -> Pledge:
        pledge = select(Instalment.pledge_id).where(
            Instalment.org_id == self.actor.org, Instalment.id == instalment_id
        )
        return await self.one(self.rows().where(Pledge.id.in_(pledge)), lock=lock)

    async def instalments(self, pledge_id: UUID) -> Sequence[Instalment]:
        """In the order they fall due."""
        await self.get(pledge_id)
        query = select(Instalment).where(
            Instalment.org_id == self.actor.org, Instalment.pledge_id == pledge_id
        )
        return (
            await self.session.scalars(query.order_by(Instalment.due_on, Instalment.number))
        ).all()

    async def payments(self, pledge_id: UUID) -> Sequence[Gift]:
        """The gifts that pay a pledge, oldest first."""
        await self.get(pledge_id)
        parts = select(Instalment.id).where(
            Instalment.org_id == self.actor.org, Instalment.pledge_id == pledge_id
        )
        query = select(Gift).where(
            Gift.org_id == self.actor.org, Gift.instalment_id.in_(parts), Gift.deleted_at.is_(None)
        )
        return (await self.session.scalars(query.order_by(Gift.received_on, Gift.id))).all()

    async def overdue(self, on: date, limit: int = 50) -> Sequence[tuple[Instalment, Pledge]]:
        """Instalments that were due before this day and are not paid, the oldest first."""
        query = (
            select(Instalment, Pledge)
            .join(
                Pledge, and_(Pledge.org_id == Instalment.org_id, Pledge.id == Instalment.pledge_id)
            )
            .where(
                Instalment.org_id == self.actor.org,
                Instalment.status == InstalmentStatus.OPEN,
                Instalment.due_on < on,
                Pledge.deleted_at.is_(None),
                self.visible(),
            )
            .order_by(Instalment.due_on, Instalment.id)
            .limit(limit)
        )
        self.actor.need("gifts:read")
        return [(row[0], row[1]) for row in await self.session.execute(query)]

    async def outstanding(self, donor_id: UUID | None = None) -> Sequence[Outstanding]:
        """The balance of running pledges by currency, of a donor or of all."""
        owed = Pledge.amount - Pledge.written_off - Pledge.paid
        query = (
            self.rows()
            .where(Pledge.status == PledgeStatus.ACTIVE)
            .with_only_columns(
                Pledge.currency,
                func.count().label("pledges"),
                func.sum(Pledge.amount).label("promised"),
                func.sum(Pledge.paid).label("paid"),
                func.sum(Pledge.written_off).label("written_off"),
                func.sum(owed).label("balance"),
            )
            .group_by(Pledge.currency)
            .order_by(Pledge.currency)
        )
        if donor_id is not None:
            await self.donor(donor_id)
            query = query.where(Pledge.donor_id == donor_id)
        return [Outstanding(**row._mapping) for row in await self.session.execute(query)]


class InstalmentRepository(Repository[Instalment]):
    model = Instalment

    def visible(self) -> ColumnElement[bool]:
        pledges = select(Pledge.id).where(
            Pledge.org_id == self.actor.org,
            Pledge.deleted_at.is_(None),
            follows_donor(self.actor, Pledge.donor_id),
        )
        return Instalment.pledge_id.in_(pledges)


def _sum_where(amount: Any, condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(amount).filter(condition), Decimal(0))
