"""What is promised: calendars of working time, policies by priority, and keeping the clocks set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.orgs.models import Org
from crm_store.references import check_references
from crm_store.tickets import clocks
from crm_store.tickets.actions import change_status
from crm_store.tickets.business_time import WorkingTime
from crm_store.tickets.models import (
    BusinessCalendar,
    SlaPolicy,
    Ticket,
    TicketPriority,
    TicketStatus,
)


class PromisesNothing(Invalid):
    """A policy needs a time to answer in, a time to solve in, or both."""


class AnswerAfterSolution(Invalid):
    """The first answer cannot be due after the solution."""


async def save_calendar(
    crm: Crm, name: str, hours: dict[str, Any], *, timezone: str | None = None,
    holidays: dict[str, str] | None = None, is_default: bool = False,
) -> BusinessCalendar:  # fmt: skip
    """Keep a calendar of working hours, in the organisation's zone unless another is named.

    Clocks that run already keep their due times; what is counted from now on follows it.
    """
    zone = timezone or await org_timezone(crm)
    WorkingTime.parse(zone, hours, holidays or {})
    rows = crm.business_calendars.rows()
    calendar = await crm.business_calendars.first(rows.where(BusinessCalendar.name == name))
    if calendar is None:
        calendar = crm.business_calendars.add(BusinessCalendar(name=name))
    calendar.timezone, calendar.hours, calendar.holidays = zone, hours, holidays or {}
    if is_default and not calendar.is_default:
        former = await crm.business_calendars.default()
        if former is not None:
            former.is_default = False
            await crm.flush()
        calendar.is_default = True
    await crm.flush()
    return calendar


async def save_policy(
    crm: Crm, priority: TicketPriority, *, name: str = "Standard",
    first_response_minutes: int | None = None, resolution_minutes: int | None = None,
    calendar_id: UUID | None = None,
) -> SlaPolicy:  # fmt: skip
    """Promise these times to tickets of one priority from now on, in place of what was promised."""
    _check_minutes(first_response_minutes, resolution_minutes)
    rows = crm.sla_policies.rows().where(SlaPolicy.priority == priority)
    former = await crm.sla_policies.first(rows.where(SlaPolicy.is_active))
    policy = await crm.sla_policies.first(rows.where(SlaPolicy.name == name))
    if former is not None and former is not policy:
        former.is_active = False
        await crm.flush()
    if policy is None:
        policy = SlaPolicy(name=name, priority=priority)
    policy.first_response_minutes = first_response_minutes
    policy.resolution_minutes = resolution_minutes
    policy.calendar_id = calendar_id
    policy.is_active = True
    await check_references(crm, policy)
    crm.sla_policies.add(policy)
    await crm.flush()
    return policy


async def start_clocks(crm: Crm, *, limit: int = 100) -> Sequence[Ticket]:
    """Set the clocks of tickets that came in without, from the moment each was opened."""
    tickets = await crm.tickets.not_clocked(limit)
    for ticket in tickets:
        promise = await crm.sla_policies.promise(ticket.priority)
        clocks.start(ticket, promise, ticket.created_at)
    await crm.flush()
    return tickets


async def close_solved(
    crm: Crm, before: datetime, *, at: datetime | None = None, limit: int = 100
) -> Sequence[Ticket]:
    """Close what was solved before a moment and nobody came back to."""
    tickets = await crm.tickets.solved_before(before, limit)
    for ticket in tickets:
        await change_status(crm, ticket, TicketStatus.CLOSED, at or now())
    await crm.flush()
    return tickets


def _check_minutes(first_response: int | None, resolution: int | None) -> None:
    stated = [minutes for minutes in (first_response, resolution) if minutes is not None]
    if not stated:
        raise PromisesNothing
    if min(stated) <= 0:
        raise Invalid("Times are promised in whole minutes, one or more.")
    if first_response and resolution and first_response > resolution:
        raise AnswerAfterSolution


async def org_timezone(crm: Crm) -> str:
    zone = await crm.session.scalar(select(Org.timezone).where(Org.id == crm.actor.org))
    return zone or "UTC"
