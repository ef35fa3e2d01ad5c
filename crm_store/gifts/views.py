"""What may leave about gifts: amounts only to those who may read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from crm_store.actor import Actor
from crm_store.gifts.models import (
    CreditKind,
    ExpectedStatus,
    Frequency,
    InstalmentStatus,
    Method,
    PlanStatus,
    PledgeStatus,
    ProjectStatus,
    TributeKind,
)
from crm_store.money import tidy
from crm_store.view import AMOUNTS, View

Amount = Annotated[Decimal | None, AMOUNTS]


class MoneyView(View):
    """A view whose amounts read as their currency is written: 100.00, not 100.0000."""

    @classmethod
    def seen_by(cls, actor: Actor | None, /, **values: Any) -> Self:
        currency = values.get("currency")
        if currency:
            values = {
                name: tidy(value, currency)
                if isinstance(value, Decimal) and name in cls._sensitive
                else value
                for name, value in values.items()
            }
        return super().seen_by(actor, **values)


class FigureView(MoneyView):
    """A view of figures that no single row holds; say who asks."""

    @classmethod
    def of(cls, row: Any, /, actor: Actor | None = None, **more: Any) -> Self:
        figures = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls.seen_by(actor, **{**figures, **more})


class FundView(View):
    id: UUID
    name: str
    code: str | None
    description: str | None
    is_restricted: bool
    is_active: bool


class ProjectView(MoneyView):
    id: UUID
    name: str
    description: str | None
    status: ProjectStatus
    starts_on: date | None
    ends_on: date | None
    target_amount: Decimal | None
    currency: str | None
    workspace_id: UUID | None
    raised: Amount = None
    gifts: int | None = None


class AppealView(MoneyView):
    id: UUID
    name: str
    code: str | None
    description: str | None
    starts_on: date | None
    ends_on: date | None
    goal_amount: Decimal | None
    cost_amount: Amount
    currency: str | None
    fund_id: UUID | None
    is_active: bool


class GiftView(MoneyView):
    id: UUID
    donor_id: UUID
    donor_name: str | None = None
    amount: Amount
    refunded: Amount
    net: Amount = None
    currency: str
    received_on: date
    method: Method
    reference_number: str | None
    notes: str | None
    fund_id: UUID | None
    project_id: UUID | None
    appeal_id: UUID | None
    recurring_plan_id: UUID | None
    instalment_id: UUID | None
    is_tax_deductible: bool
    deductible_amount: Amount
    is_anonymous: bool
    tribute_kind: TributeKind | None
    tribute_name: str | None
    receipt_number: str | None = None

    @classmethod
    def of(cls, row: Any, /, **more: Any) -> Self:
        return super().of(row, **{"net": row.net, **more})


class RefundView(MoneyView):
    id: UUID
    gift_id: UUID
    amount: Amount
    currency: str | None = None
    refunded_on: date
    reason: str | None
    method: Method | None
    reference_number: str | None


class SoftCreditView(MoneyView):
    id: UUID
    gift_id: UUID
    person_id: UUID | None
    donor_id: UUID | None
    kind: CreditKind
    amount: Amount
    currency: str | None = None
    notes: str | None


class PlanView(MoneyView):
    id: UUID
    donor_id: UUID
    amount: Amount
    currency: str
    frequency: Frequency
    day: int
    method: Method
    starts_on: date
    ends_on: date | None
    next_on: date | None
    status: PlanStatus
    status_reason: str | None
    fund_id: UUID | None
    project_id: UUID | None


class ExpectedGiftView(MoneyView):
    id: UUID
    plan_id: UUID
    due_on: date
    amount: Amount
    currency: str
    status: ExpectedStatus
    gift_id: UUID | None


class ExpectationView(FigureView):
    month: date
    currency: str
    expected: Amount
    received: Amount
    missed: Amount
    expected_gifts: int
    received_gifts: int
    missed_gifts: int


class PledgeView(MoneyView):
    id: UUID
    donor_id: UUID
    amount: Amount
    paid: Amount
    written_off: Amount
    balance: Amount = None
    overpaid: Amount = None
    currency: str
    pledged_on: date
    status: PledgeStatus
    fund_id: UUID | None
    project_id: UUID | None
    notes: str | None

    @classmethod
    def of(cls, row: Any, /, **more: Any) -> Self:
        return super().of(row, **{"balance": row.balance, "overpaid": row.overpaid, **more})


class InstalmentView(MoneyView):
    id: UUID
    pledge_id: UUID
    number: int
    due_on: date
    amount: Amount
    paid: Amount
    written_off: Amount
    currency: str | None = None
    status: InstalmentStatus


class OutstandingView(FigureView):
    currency: str
    pledges: int
    promised: Amount
    paid: Amount
    written_off: Amount
    balance: Amount


class CreditView(FigureView):
    """What some people gave and brought in, in one currency."""

    currency: str
    hard: Amount
    soft: Amount
    combined: Amount
    hard_gifts: int
    soft_gifts: int
    gifts: int
    largest: Amount
    first_on: date
    last_on: date


class TopDonorView(FigureView):
    donor_id: UUID
    name: str
    currency: str
    total: Amount
    gifts: int
    largest: Amount
    last_on: date


class GivingYearView(MoneyView):
    donor_id: UUID
    fiscal_year: int
    currency: str
    gifts: int
    total: Amount
    largest: Amount
    first_on: date
    first_amount: Amount
    last_on: date
    last_amount: Amount


class DonorGivingView(MoneyView):
    donor_id: UUID
    currency: str
    gifts: int
    total: Amount
    largest: Amount
    first_on: date
    first_amount: Amount
    last_on: date
    last_amount: Amount
