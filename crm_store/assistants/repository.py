"""Questions we ask about assistants, their runs and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true

from crm_store.actor import Actor, Door, Kind, Reach
from crm_store.assistants.models import (
    Assistant,
    AssistantCollection,
    Audience,
    Budget,
    Deployment,
    DeploymentStatus,
    Feedback,
    Run,
    RunStatus,
    ToolCall,
    Usage,
)
from crm_store.conversations.models import Conversation
from crm_store.repository import Repository, reach_of


class AssistantRepository(Repository[Assistant]):
    model = Assistant

    async def default_for(self, audience: Audience) -> Assistant:
        """Whoever answers where no other assistant has been put."""
        return await self.one(
            self.rows().where(Assistant.audience == audience, Assistant.is_default)
        )

    async def collections_of(self, assistant_id: UUID) -> Sequence[UUID]:
        """The shelves it may quote from."""
        await self.get(assistant_id)
        found = await self.session.scalars(
            select(AssistantCollection.collection_id)
            .where(
                AssistantCollection.org_id == self.actor.org,
                AssistantCollection.assistant_id == assistant_id,
            )
            .order_by(AssistantCollection.id)
        )
        return found.all()


class DeploymentRepository(Repository[Deployment]):
    model = Deployment

    async def live_at(
        self, door: Door, channel_account_id: UUID | None = None
    ) -> Deployment | None:
        """Which assistant answers there: the account's own, else the door's."""
        at_door = self.rows().where(
            Deployment.door == door, Deployment.status == DeploymentStatus.LIVE
        )
        own = at_door.where(Deployment.channel_account_id == channel_account_id)
        found = await self.first(own) if channel_account_id else None
        return found or await self.first(at_door.where(Deployment.channel_account_id.is_(None)))


def runs_seen_by(actor: Actor) -> ColumnElement[bool]:
    """One's own runs, and those in conversations within one's reach."""
    if actor.kind is Kind.VISITOR:
        return Run.visitor_id == actor.visitor_id
    if actor.reach is Reach.ALL:
        return true()
    conversations = select(Conversation.id).where(
        Conversation.org_id == actor.org, reach_of(actor, Conversation)
    )
    return or_(Run.member_id == actor.member_id, Run.conversation_id.in_(conversations))


def _of_seen_run(actor: Actor, run_id: Any) -> ColumnElement[bool]:
    if actor.kind is not Kind.VISITOR and actor.reach is Reach.ALL:
        return true()
    seen = select(Run.id).where(Run.org_id == actor.org, runs_seen_by(actor))
    condition: ColumnElement[bool] = run_id.in_(seen)
    return condition


class RunRepository(Repository[Run]):
    model = Run

    def visible(self) -> ColumnElement[bool]:
        return runs_seen_by(self.actor)

    async def unfinished(self) -> Sequence[Run]:
        """Runs that began and have not ended, oldest first: a crash leaves them so."""
        return await self.all(
            self.rows().where(Run.status == RunStatus.RUNNING).order_by(Run.created_at)
        )


class ToolCallRepository(Repository[ToolCall]):
    model = ToolCall

    def visible(self) -> ColumnElement[bool]:
        return _of_seen_run(self.actor, ToolCall.run_id)

    async def recorded(self, run_id: UUID, tool_call_id: str) -> ToolCall | None:
        return await self.first(
            self.rows().where(ToolCall.run_id == run_id, ToolCall.tool_call_id == tool_call_id)
        )

    async def of_run(self, run_id: UUID) -> Sequence[ToolCall]:
        return await self.all(
            self.rows().where(ToolCall.run_id == run_id).order_by(ToolCall.created_at, ToolCall.id)
        )


class FeedbackRepository(Repository[Feedback]):
    model = Feedback

    def visible(self) -> ColumnElement[bool]:
        return _of_seen_run(self.actor, Feedback.run_id)


class UsageRepository(Repository[Usage]):
    model = Usage

    def visible(self) -> ColumnElement[bool]:
        if self.actor.reach is Reach.ALL:
            return true()
        return Usage.member_id == self.actor.member_id


class BudgetRepository(Repository[Budget]):
    model = Budget

    async def applying_to(
        self, *, member_id: UUID | None, role_id: UUID | None, door: Door
    ) -> Sequence[Budget]:
        """Every limit that somebody's call at a door must keep."""
        return await self.all(
            self.rows()
            .where(
                Budget.is_active,
                or_(Budget.member_id.is_(None), Budget.member_id == member_id),
                or_(Budget.role_id.is_(None), Budget.role_id == role_id),
                or_(Budget.door.is_(None), Budget.door == door),
            )
            .order_by(Budget.id)
        )
