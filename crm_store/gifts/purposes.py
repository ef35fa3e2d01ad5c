"""What one can do with funds, projects and appeals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.gifts.models import Appeal, Fund, Project, ProjectStatus
from crm_store.money import Money

AFTER = {
    ProjectStatus.DRAFT: {ProjectStatus.ACTIVE, ProjectStatus.CANCELLED},
    ProjectStatus.ACTIVE: {
        ProjectStatus.ON_HOLD,
        ProjectStatus.COMPLETED,
        ProjectStatus.CANCELLED,
    },
    ProjectStatus.ON_HOLD: {
        ProjectStatus.ACTIVE,
        ProjectStatus.COMPLETED,
        ProjectStatus.CANCELLED,
    },
    ProjectStatus.COMPLETED: {ProjectStatus.ACTIVE},
    ProjectStatus.CANCELLED: {ProjectStatus.DRAFT},
}


class NameTaken(Conflict):
    """Another one has this name."""


async def open_fund(
    crm: Crm,
    name: str,
    *,
    code: str | None = None,
    description: str | None = None,
    is_restricted: bool = False,
) -> Fund:
    """A new use that money can be given for."""
    fund = Fund(
        name=await _free(crm, Fund, name),
        code=code,
        description=description,
        is_restricted=is_restricted,
    )
    crm.funds.add(fund)
    await crm.flush()
    return fund


async def close_fund(crm: Crm, fund_id: UUID) -> Fund:
    """No longer offered for new gifts; what was given for it stays."""
    fund = await crm.funds.get(fund_id, lock=True)
    fund.is_active = False
    await crm.flush()
    return fund


async def plan_project(
    crm: Crm,
    name: str,
    *,
    description: str | None = None,
    target: Decimal | int | str | None = None,
    currency: str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    status: ProjectStatus = ProjectStatus.DRAFT,
    workspace_id: UUID | None = None,
) -> Project:
    """A piece of work that gifts can be given for, with a target if there is one."""
    money = None
    if target is not None:
        money = Money.of(target, currency or (await crm.orgs.current()).currency)
        if money.amount <= 0:
            raise Invalid("A target is an amount above zero.")
    _check_days(starts_on, ends_on)
    project = Project(
        name=await _free(crm, Project, name),
        description=description,
        target_amount=money.amount if money else None,
        currency=money.currency if money else None,
        starts_on=starts_on,
        ends_on=ends_on,
        status=status,
        workspace_id=workspace_id,
    )
    crm.projects.add(project)
    await crm.flush()
    return project


async def set_project_status(crm: Crm, project_id: UUID, status: ProjectStatus) -> Project:
    """Move a project along; a cancelled one begins again as a draft."""
    project = await crm.projects.get(project_id, lock=True)
    if status is not project.status and status not in AFTER[project.status]:
        raise Conflict(f"A project that is {project.status} cannot become {status}.")
    project.status = status
    await crm.flush()
    return project


async def open_appeal(
    crm: Crm,
    name: str,
    *,
    code: str | None = None,
    description: str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    goal: Decimal | int | str | None = None,
    cost: Decimal | int | str | None = None,
    currency: str | None = None,
    fund_id: UUID | None = None,
) -> Appeal:
    """An asking that gifts can answer, with what it is to bring and what it costs."""
    known = currency or (await crm.orgs.current()).currency
    _check_days(starts_on, ends_on)
    if fund_id is not None:
        await crm.funds.get(fund_id)
    appeal = Appeal(
        name=await _free(crm, Appeal, name),
        code=code,
        description=description,
        starts_on=starts_on,
        ends_on=ends_on,
        goal_amount=None if goal is None else Money.of(goal, known).amount,
        cost_amount=None if cost is None else Money.of(cost, known).amount,
        currency=known,
        fund_id=fund_id,
    )
    crm.appeals.add(appeal)
    await crm.flush()
    return appeal


def _check_days(starts_on: date | None, ends_on: date | None) -> None:
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid("It cannot end before it starts.")


async def _free(crm: Crm, model: type[Fund] | type[Project] | type[Appeal], name: str) -> str:
    """The name without stray spaces, if nothing of the kind is called so."""
    name = " ".join(name.split())
    if not name:
        raise Invalid("It needs a name.")
    known = await crm.session.scalar(
        select(model.id).where(
            model.org_id == crm.actor.org, func.lower(model.name) == name.lower()
        )
    )
    if known is not None:
        raise NameTaken(f"There is one called {name} already.")
    return name
