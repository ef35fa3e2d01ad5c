"""What somebody gave, promised and was thanked for, compiled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, select, union_all

from crm_store.gifts.models import (
    DonorGiving,
    Gift,
    GivingYear,
    Instalment,
    InstalmentStatus,
    PlanStatus,
    Pledge,
    PledgeStatus,
    RecurringPlan,
    SoftCredit,
)
from crm_store.segments import language, when
from crm_store.segments.compiling import Compiler, Ids, Plain, leaf
from crm_store.segments.language import PledgeState, RecurringState
from crm_store.segments.models import Subject

NET = Gift.amount - Gift.refunded
RUNNING = (PlanStatus.ACTIVE, PlanStatus.PAUSED)
BALANCE = func.greatest(Pledge.amount - Pledge.written_off - Pledge.paid, Decimal(0))


@leaf(language.Gave)
def gave(compiler: Compiler, node: language.Gave, subject: Subject, row: Any) -> Ids | Plain:
    setting = compiler.setting
    span = when.between(node.period, setting.today, setting.fiscal_year_starts)
    years = span.fiscal_years(setting.fiscal_year_starts)
    if node.narrows_gifts or years is None:
        query = _by_gifts(compiler, node, span)
    elif years == (None, None):
        query = _by_totals(compiler, node, DonorGiving, ())
    else:
        query = _by_totals(compiler, node, GivingYear, years)
    return Ids(Subject.DONORS, query)


def _by_totals(
    compiler: Compiler, node: language.Gave, totals: Any, years: tuple[int | None, ...]
) -> Select[Any]:
    """Whole fiscal years, or a lifetime, from totals that are kept."""
    query = select(totals.donor_id).where(totals.org_id == compiler.setting.org_id)
    if years and years[0] is not None:
        query = query.where(totals.fiscal_year >= years[0])
    if years and years[1] is not None:
        query = query.where(totals.fiscal_year <= years[1])
    currency = _currency(compiler, node)
    if currency is not None:
        query = query.where(totals.currency == currency)
    single = currency is not None and len(set(years)) < 2
    return _limited(query, node, totals, one_row=single)


def _limited(query: Select[Any], node: language.Gave, totals: Any, *, one_row: bool) -> Select[Any]:
    total = totals.total if one_row else func.sum(totals.total)
    times = totals.gifts if one_row else func.sum(totals.gifts)
    limits = _limits(node, total, times)
    if one_row or not limits:
        return query.where(*limits)
    return query.group_by(totals.donor_id).having(and_(*limits))


def _by_gifts(compiler: Compiler, node: language.Gave, span: when.Between) -> Select[Any]:
    query = select(Gift.donor_id).where(
        Gift.org_id == compiler.setting.org_id,
        Gift.deleted_at.is_(None),
        Gift.amount > Gift.refunded,
        *_between(Gift.received_on, span),
    )
    for column, noun, names in (
        (Gift.fund_id, "fund", node.funds),
        (Gift.appeal_id, "appeal", node.appeals),
        (Gift.project_id, "project", node.projects),
    ):
        if names:
            query = query.where(column.in_(compiler.known.ids_of(noun, names)))
    if node.methods:
        query = query.where(Gift.method.in_(node.methods))
    if currency := _currency(compiler, node):
        query = query.where(Gift.currency == currency)
    if node.gift_at_least is not None:
        query = query.where(node.gift_at_least <= NET)
    if node.gift_at_most is not None:
        query = query.where(node.gift_at_most >= NET)
    limits = _limits(node, func.sum(NET), func.count())
    return query.group_by(Gift.donor_id).having(and_(*limits)) if limits else query


def _limits(node: language.Gave, total: Any, times: Any) -> list[Any]:
    return [
        limit
        for limit in (
            None if node.at_least is None else total >= node.at_least,
            None if node.at_most is None else total <= node.at_most,
            None if node.times_at_least is None else times >= node.times_at_least,
            None if node.times_at_most is None else times <= node.times_at_most,
        )
        if limit is not None
    ]


@leaf(language.SoftCredited)
def soft_credited(
    compiler: Compiler, node: language.SoftCredited, subject: Subject, row: Any
) -> Ids | Plain:
    found = [
        compiler.across(Ids(whose, _credits(compiler, node, column)), subject)
        for whose, column in (
            (Subject.DONORS, SoftCredit.donor_id),
            (Subject.PEOPLE, SoftCredit.person_id),
        )
    ]
    return Ids(subject, union_all(*found))


def _credits(compiler: Compiler, node: language.SoftCredited, column: Any) -> Select[Any]:
    setting = compiler.setting
    span = when.between(node.period, setting.today, setting.fiscal_year_starts)
    query = (
        select(column)
        .join(Gift, and_(Gift.org_id == SoftCredit.org_id, Gift.id == SoftCredit.gift_id))
        .where(
            SoftCredit.org_id == setting.org_id,
            column.is_not(None),
            Gift.deleted_at.is_(None),
            *_between(Gift.received_on, span),
        )
    )
    if node.roles:
        query = query.where(SoftCredit.kind.in_(node.roles))
    if currency := _currency(compiler, node):
        query = query.where(Gift.currency == currency)
    if node.at_least is None:
        return query
    return query.group_by(column).having(func.sum(SoftCredit.amount) >= node.at_least)


@leaf(language.Recurring)
def recurring(
    compiler: Compiler, node: language.Recurring, subject: Subject, row: Any
) -> Ids | Plain:
    query = select(RecurringPlan.donor_id).where(RecurringPlan.org_id == compiler.setting.org_id)
    if node.frequency is not None:
        query = query.where(RecurringPlan.frequency == node.frequency)
    if node.state in (RecurringState.ACTIVE, RecurringState.PAUSED):
        query = query.where(RecurringPlan.status == PlanStatus(node.state.value))
    elif node.state is RecurringState.LAPSED:
        running = func.bool_or(RecurringPlan.status.in_(RUNNING))
        query = query.group_by(RecurringPlan.donor_id).having(~running)
    return Ids(Subject.DONORS, query)


@leaf(language.Pledged)
def pledged(compiler: Compiler, node: language.Pledged, subject: Subject, row: Any) -> Ids | Plain:
    org_id, today = compiler.setting.org_id, compiler.setting.today
    query = select(Pledge.donor_id).where(Pledge.org_id == org_id, Pledge.deleted_at.is_(None))
    if node.state in (PledgeState.OPEN, PledgeState.OVERDUE):
        query = query.where(Pledge.status == PledgeStatus.ACTIVE)
    elif node.state is not PledgeState.ANY:
        query = query.where(Pledge.status == PledgeStatus(node.state.value))
    if node.state is PledgeState.OVERDUE:
        late = select(Instalment.pledge_id).where(
            Instalment.org_id == org_id,
            Instalment.status == InstalmentStatus.OPEN,
            Instalment.due_on < today,
        )
        query = query.where(Pledge.id.in_(late))
    if currency := _currency(compiler, node):
        query = query.where(Pledge.currency == currency)
    limits = []
    if node.balance_at_least is not None:
        limits.append(func.sum(BALANCE) >= node.balance_at_least)
    if node.balance_at_most is not None:
        limits.append(func.sum(BALANCE) <= node.balance_at_most)
    if limits:
        query = query.group_by(Pledge.donor_id).having(and_(*limits))
    return Ids(Subject.DONORS, query)


def _currency(compiler: Compiler, node: Any) -> str | None:
    """The one that was named; ours where amounts are compared and none was named."""
    named: str | None = node.currency
    return named or (compiler.setting.currency if node.speaks_of_amounts else None)


def _between(column: Any, span: when.Between) -> list[Any]:
    limits = []
    if span.first is not None:
        limits.append(column >= span.first)
    if span.last is not None:
        limits.append(column <= span.last)
    return limits
