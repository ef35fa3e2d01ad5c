"""Questions about funds, projects and appeals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, or_, select

from crm_store.base import TenantRow
from crm_store.errors import Ambiguous, NotFound
from crm_store.gifts.models import Appeal, Fund, Gift, Project, ProjectStatus
from crm_store.repository import Repository

Row = TypeVar("Row", bound=TenantRow)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project is from its target, in the target's currency."""

    raised: Decimal
    gifts: int
    target: Decimal | None

    @property
    def share(self) -> Decimal | None:
        return self.raised / self.target if self.target else None


class PurposeRepository(Repository[Row]):
    """What the three have in common: people say their names, not their ids."""

    async def by_name(self, name: str) -> Row:
        """By name or code, whatever the capitals; asks when several would do."""
        said = name.strip().lower()
        names = [func.lower(self.model.name) == said]
        if hasattr(self.model, "code"):
            names.append(func.lower(self.model.code) == said)
        found = await self.all(self.rows().where(or_(*names)).order_by(self.model.name))
        if len(found) > 1:
            choices = tuple(str(row.name) for row in found)  # type: ignore[attr-defined]
            raise Ambiguous(f"Several {self.noun}s are called {name!r}.", choices)
        if not found:
            raise NotFound(f"There is no {self.noun} called {name!r}.")
        return found[0]

    async def named(self) -> Sequence[Row]:
        return await self.all(self.rows().order_by(self.model.name))


class FundRepository(PurposeRepository[Fund]):
    model = Fund

    async def active(self) -> Sequence[Fund]:
        return await self.all(self.rows().where(Fund.is_active).order_by(Fund.name))


class AppealRepository(PurposeRepository[Appeal]):
    model = Appeal

    async def active(self, on: date) -> Sequence[Appeal]:
        """Appeals that are being made on this day."""
        begun = or_(Appeal.starts_on.is_(None), Appeal.starts_on <= on)
        open_ = or_(Appeal.ends_on.is_(None), Appeal.ends_on >= on)
        return await self.all(
            self.rows().where(Appeal.is_active, begun, open_).order_by(Appeal.name)
        )


class ProjectRepository(PurposeRepository[Project]):
    model = Project

    async def active(self) -> Sequence[Project]:
        running = Project.status == ProjectStatus.ACTIVE
        return await self.all(self.rows().where(running).order_by(Project.name))

    async def progress(self, project_id: UUID) -> Progress:
        """What has been given for a project towards its target."""
        project = await self.get(project_id)
        raised = select(
            func.coalesce(func.sum(Gift.amount - Gift.refunded), Decimal(0)), func.count()
        ).where(
            Gift.org_id == self.actor.org,
            Gift.project_id == project_id,
            Gift.deleted_at.is_(None),
            Gift.amount > Gift.refunded,
            *([Gift.currency == project.currency] if project.currency else []),
        )
        amount, gifts = (await self.session.execute(raised)).one()
        return Progress(amount, gifts, project.target_amount)
