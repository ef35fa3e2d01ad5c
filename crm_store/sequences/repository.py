"""Questions about sequences, who is in them, and automations."""

from __future__ import annotations

from collections.abc import Sequence as List
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true

from crm_store.actor import Reach
from crm_store.contacts.models import Person
from crm_store.donors.models import Donor
from crm_store.following import follows
from crm_store.repository import Page, Repository, Row
from crm_store.sequences.models import (
    Automation,
    AutomationRun,
    AutomationStep,
    Enrolment,
    EnrolmentStatus,
    RunStatus,
    Sequence,
    SequenceStatus,
    SequenceStep,
    Trigger,
)

LIVE = (EnrolmentStatus.ACTIVE, EnrolmentStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How those who ever entered a sequence fared."""

    active: int = 0
    paused: int = 0
    completed: int = 0
    replied: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    stopped: int = 0


class WorkspaceRepository(Repository[Row]):
    """A department's are its own; the rest are everybody's."""

    def visible(self) -> ColumnElement[bool]:
        if self.actor.reach is Reach.ALL:
            return true()
        column = self.model.workspace_id
        return or_(column.is_(None), column.in_(self.actor.workspace_ids))


class SequenceRepository(WorkspaceRepository[Sequence]):
    model = Sequence

    async def with_status(self, *statuses: SequenceStatus, limit: int = 20) -> Page[Sequence]:
        criteria = [Sequence.status.in_(statuses)] if statuses else []
        return await self.page(*criteria, limit=limit)

    async def progress(self, sequence_id: UUID) -> Progress:
        """How many are on their way, and how the others ended."""
        found = await self.get(sequence_id)
        rows = await self.session.execute(
            select(Enrolment.status, func.count())
            .where(Enrolment.org_id == found.org_id, Enrolment.sequence_id == found.id)
            .group_by(Enrolment.status)
        )
        return Progress(**{status.value: count for status, count in rows})


class SequenceStepRepository(Repository[SequenceStep]):
    model = SequenceStep

    async def of(self, sequence_id: UUID) -> List[SequenceStep]:
        return await self.all(
            self.rows()
            .where(SequenceStep.sequence_id == sequence_id)
            .order_by(SequenceStep.step_number)
        )

    async def after(self, sequence_id: UUID, number: int) -> SequenceStep | None:
        """The step that follows this one, numbers left out or not."""
        return await self.first(
            self.rows()
            .where(SequenceStep.sequence_id == sequence_id, SequenceStep.step_number > number)
            .order_by(SequenceStep.step_number)
        )


class EnrolmentRepository(Repository[Enrolment]):
    model = Enrolment

    def visible(self) -> ColumnElement[bool]:
        return follows(self.actor, (Enrolment.donor_id, Donor), (Enrolment.person_id, Person))

    async def live_of(self, person_id: UUID) -> List[Enrolment]:
        return await self.all(
            self.rows()
            .where(Enrolment.person_id == person_id, Enrolment.status.in_(LIVE))
            .order_by(Enrolment.id)
        )

    async def of_sequence(
        self, sequence_id: UUID, *statuses: EnrolmentStatus, limit: int = 20, offset: int = 0
    ) -> Page[Enrolment]:
        criteria = [Enrolment.sequence_id == sequence_id]
        if statuses:
            criteria.append(Enrolment.status.in_(statuses))
        return await self.page(*criteria, limit=limit, offset=offset)


class AutomationRepository(WorkspaceRepository[Automation]):
    model = Automation

    async def listening(self, trigger: Trigger) -> List[Automation]:
        """Those that are on and wait for this."""
        return await self.all(
            self.rows()
            .where(Automation.trigger == trigger, Automation.is_active)
            .order_by(Automation.id)
        )

    async def having_birthday(self, day: date) -> List[UUID]:
        """People born on this day of the year; on the 28th also those of a leap day missing."""
        keys = [day.month * 100 + day.day]
        if keys == [228] and (day + timedelta(days=1)).month == 3:
            keys.append(229)
        return (
            await self.session.scalars(
                select(Person.id)
                .where(
                    Person.org_id == self.actor.org,
                    Person.deleted_at.is_(None),
                    Person.is_deceased.is_(False),
                    Person.birthday_key.in_(keys),
                )
                .order_by(Person.id)
            )
        ).all()

    async def inactive_since(self, moment: datetime, limit: int = 1000) -> List[UUID]:
        """People last heard of or written to before this moment."""
        return (
            await self.session.scalars(
                select(Person.id)
                .where(
                    Person.org_id == self.actor.org,
                    Person.deleted_at.is_(None),
                    Person.is_deceased.is_(False),
                    Person.last_contacted_at < moment,
                )
                .order_by(Person.last_contacted_at, Person.id)
                .limit(limit)
            )
        ).all()


class AutomationStepRepository(Repository[AutomationStep]):
    model = AutomationStep

    async def of(self, automation_id: UUID) -> List[AutomationStep]:
        return await self.all(
            self.rows()
            .where(AutomationStep.automation_id == automation_id)
            .order_by(AutomationStep.sort_order)
        )


class AutomationRunRepository(Repository[AutomationRun]):
    model = AutomationRun

    def visible(self) -> ColumnElement[bool]:
        return follows(
            self.actor, (AutomationRun.donor_id, Donor), (AutomationRun.person_id, Person)
        )

    async def latest(self, automation_id: UUID, person_id: UUID) -> AutomationRun | None:
        return await self.first(
            self.rows()
            .where(
                AutomationRun.automation_id == automation_id,
                AutomationRun.person_id == person_id,
            )
            .order_by(AutomationRun.started_at.desc())
        )

    async def failed(self, limit: int = 20) -> Page[AutomationRun]:
        return await self.page(AutomationRun.status == RunStatus.FAILED, limit=limit)
