"""Questions we ask about workflows and their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true

from crm_store.actor import Actor, Reach
from crm_store.contacts.models import Person
from crm_store.conversations.models import Conversation
from crm_store.donors.models import Donor
from crm_store.leads.models import Lead
from crm_store.repository import Repository, reach_of
from crm_store.tickets.models import Ticket
from crm_store.workflows.models import (
    NodeType,
    TimerStatus,
    VersionState,
    Workflow,
    WorkflowLog,
    WorkflowNodeRun,
    WorkflowRun,
    WorkflowTimer,
    WorkflowVersion,
)


class WorkflowRepository(Repository[Workflow]):
    model = Workflow

    async def node_types(self) -> Mapping[str, NodeType]:
        """Every kind of node, in the order people choose from."""
        found = await self.session.scalars(select(NodeType).order_by(NodeType.sort_order))
        return {kind.key: kind for kind in found}

    async def listening(self, trigger_type: str) -> Sequence[Workflow]:
        """The active workflows an event of this kind should start."""
        return await self.all(
            self.rows()
            .where(Workflow.trigger_type == trigger_type, Workflow.is_active)
            .order_by(Workflow.id)
        )


class WorkflowVersionRepository(Repository[WorkflowVersion]):
    model = WorkflowVersion

    async def of(self, workflow_id: UUID, state: VersionState) -> WorkflowVersion | None:
        return await self.first(
            self.rows().where(
                WorkflowVersion.workflow_id == workflow_id, WorkflowVersion.state == state
            )
        )

    async def history(self, workflow_id: UUID) -> Sequence[WorkflowVersion]:
        """Newest first."""
        return await self.all(
            self.rows()
            .where(WorkflowVersion.workflow_id == workflow_id)
            .order_by(WorkflowVersion.number.desc())
        )


SUBJECTS = (
    (WorkflowRun.donor_id, Donor),
    (WorkflowRun.person_id, Person),
    (WorkflowRun.lead_id, Lead),
    (WorkflowRun.ticket_id, Ticket),
    (WorkflowRun.conversation_id, Conversation),
)


def runs_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Runs about nothing this person may not see."""
    if actor.reach is Reach.ALL:
        return true()
    return and_(
        *(
            or_(
                column.is_(None),
                column.in_(
                    select(subject.id).where(subject.org_id == actor.org, reach_of(actor, subject))
                ),
            )
            for column, subject in SUBJECTS
        )
    )


class WorkflowRunRepository(Repository[WorkflowRun]):
    model = WorkflowRun

    def visible(self) -> ColumnElement[bool]:
        return runs_seen_by(self.actor)

    async def by_trigger(self, workflow_id: UUID, trigger_key: str) -> WorkflowRun | None:
        return await self.first(
            self.rows().where(
                WorkflowRun.workflow_id == workflow_id, WorkflowRun.trigger_key == trigger_key
            )
        )


def _of_seen_run(actor: Actor, run_id: Any) -> ColumnElement[bool]:
    if actor.reach is Reach.ALL:
        return true()
    seen = select(WorkflowRun.id).where(WorkflowRun.org_id == actor.org, runs_seen_by(actor))
    condition: ColumnElement[bool] = run_id.in_(seen)
    return condition


class WorkflowNodeRunRepository(Repository[WorkflowNodeRun]):
    model = WorkflowNodeRun

    def visible(self) -> ColumnElement[bool]:
        return _of_seen_run(self.actor, WorkflowNodeRun.run_id)

    async def of_run(self, run_id: UUID) -> Sequence[WorkflowNodeRun]:
        """In the order they began."""
        return await self.all(
            self.rows()
            .where(WorkflowNodeRun.run_id == run_id)
            .order_by(WorkflowNodeRun.started_at, WorkflowNodeRun.id)
        )


class WorkflowLogRepository(Repository[WorkflowLog]):
    model = WorkflowLog

    def visible(self) -> ColumnElement[bool]:
        return _of_seen_run(self.actor, WorkflowLog.run_id)

    async def of_run(self, run_id: UUID) -> Sequence[WorkflowLog]:
        return await self.all(
            self.rows().where(WorkflowLog.run_id == run_id).order_by(WorkflowLog.at, WorkflowLog.id)
        )


class WorkflowTimerRepository(Repository[WorkflowTimer]):
    model = WorkflowTimer

    def visible(self) -> ColumnElement[bool]:
        return or_(WorkflowTimer.run_id.is_(None), _of_seen_run(self.actor, WorkflowTimer.run_id))

    async def due(self, at: datetime, limit: int = 100) -> Sequence[WorkflowTimer]:
        """Those whose time has come, longest overdue first."""
        return await self.all(
            self.rows()
            .where(WorkflowTimer.status == TimerStatus.PENDING, WorkflowTimer.due_at <= at)
            .order_by(WorkflowTimer.due_at)
            .limit(limit)
        )

    async def pending_for(
        self, *, workflow_id: UUID | None = None, run_id: UUID | None = None
    ) -> Sequence[WorkflowTimer]:
        """What waits on a workflow's schedule, or on one run."""
        query = self.rows().where(WorkflowTimer.status == TimerStatus.PENDING)
        if run_id is not None:
            return await self.all(query.where(WorkflowTimer.run_id == run_id))
        return await self.all(
            query.where(WorkflowTimer.workflow_id == workflow_id, WorkflowTimer.run_id.is_(None))
        )
