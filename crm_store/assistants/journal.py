"""Runs and the call journal: what an assistant did, and the answer a replay is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from crm_store.actor import Actor, Kind
from crm_store.assistants.fingerprint import fingerprint, plain
from crm_store.assistants.models import (
    CallStatus,
    Effect,
    Feedback,
    Rating,
    Run,
    RunStatus,
    ToolCall,
    Usage,
)
from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid

JOURNAL = ("assistants:read", "assistants:write")


class OtherArguments(Conflict):
    """This call was recorded with other arguments."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A call in the journal; when it is a replay, `call.answer` is what was answered."""

    call: ToolCall
    is_replay: bool


async def begin_run(
    crm: Crm,
    *,
    conversation_id: UUID | None = None,
    assistant_id: UUID | None = None,
    model: str | None = None,
    at: datetime | None = None,
) -> Run:
    """A turn begins, in the name of whoever asked."""
    async with crm.granted(*JOURNAL, "conversations:read"):
        if conversation_id is not None:
            await crm.conversations.get(conversation_id)
        run = crm.runs.add(
            Run(
                conversation_id=conversation_id,
                assistant_id=assistant_id,
                member_id=crm.actor.member_id,
                visitor_id=_visitor(crm.actor),
                door=crm.actor.door,
                model=model,
                started_at=at or now(),
            )
        )
        await crm.flush()
    return run


async def finish_run(
    crm: Crm,
    run_id: UUID,
    *,
    status: RunStatus = RunStatus.COMPLETED,
    error: str | None = None,
    is_tainted: bool | None = None,
    at: datetime | None = None,
) -> Run:
    """A turn ends, once."""
    if status is RunStatus.RUNNING:
        raise Invalid("A run ends completed, failed or cancelled.")
    async with crm.granted(*JOURNAL):
        run = await crm.runs.get(run_id, lock=True)
        if run.status is not RunStatus.RUNNING:
            raise Conflict(f"This run is {run.status} already.")
        run.status, run.error, run.finished_at = status, error, at or now()
        run.duration_ms = _milliseconds(run.started_at, run.finished_at)
        run.is_tainted = run.is_tainted or bool(is_tainted)
        await crm.flush()
    return run


async def begin_call(
    crm: Crm,
    run_id: UUID,
    tool_call_id: str,
    tool: str,
    arguments: Mapping[str, Any],
    effect: Effect,
) -> Begun:
    """Enter a tool call before doing it; one that was done already comes back with its answer.

    The same call made twice at once waits for the first to commit.
    """
    digest = fingerprint(tool, arguments)
    async with crm.granted(*JOURNAL):
        await crm.runs.get(run_id)
        entered = await crm.session.scalar(
            insert(ToolCall)
            .values(
                org_id=crm.actor.org,
                id=new_id(),
                run_id=run_id,
                visitor_id=_visitor(crm.actor),
                tool_call_id=tool_call_id,
                tool=tool,
                arguments=plain(arguments),
                arguments_hash=digest,
                effect=effect,
                created_by=crm.actor.id,
            )
            .on_conflict_do_nothing(index_elements=["org_id", "run_id", "tool_call_id"])
            .returning(ToolCall.id)
        )
        call = await crm.tool_calls.recorded(run_id, tool_call_id)
    if call is None:
        raise Conflict("This call could not be recorded; try again.")
    if call.arguments_hash != digest:
        raise OtherArguments
    return Begun(call, is_replay=entered is None)


async def finish_call(
    crm: Crm,
    call: ToolCall,
    answer: Any,
    *,
    status: CallStatus = CallStatus.FINISHED,
    proposal_id: UUID | None = None,
    sql_generated: str | None = None,
    at: datetime | None = None,
) -> ToolCall:
    """Record the answer, in the transaction that made it true."""
    if call.status is not CallStatus.STARTED:
        raise Conflict("This call has been answered.")
    async with crm.granted(*JOURNAL):
        call.status, call.answer = status, {"answer": plain(answer)}
        call.proposal_id, call.sql_generated = proposal_id, sql_generated
        call.finished_at = at or now()
        call.duration_ms = _milliseconds(call.created_at, call.finished_at)
        await crm.flush()
    return call


async def record_usage(
    crm: Crm,
    *,
    purpose: str,
    model: str,
    input_tokens: int,
    output_tokens: int,
    cost: Decimal = Decimal(0),
    currency: str = "USD",
    run_id: UUID | None = None,
    is_estimated: bool = False,
    duration_ms: int | None = None,
    at: datetime | None = None,
) -> Usage:
    """What one call of a model took, added to its run."""
    if input_tokens < 0 or output_tokens < 0 or cost < 0:
        raise Invalid("Tokens and cost are not negative.")
    async with crm.granted(*JOURNAL):
        usage = crm.usage.add(
            Usage(
                at=at or now(),
                run_id=run_id,
                member_id=crm.actor.member_id,
                door=crm.actor.door,
                purpose=purpose,
                model=model,
                input_tokens=input_tokens,
                output_tokens=output_tokens,
                cost=cost,
                currency=currency,
                is_estimated=is_estimated,
                duration_ms=duration_ms,
            )
        )
        await crm.flush()
        if run_id is not None:
            await crm.session.execute(
                update(Run)
                .where(Run.org_id == crm.actor.org, Run.id == run_id)
                .values(
                    input_tokens=Run.input_tokens + input_tokens,
                    output_tokens=Run.output_tokens + output_tokens,
                    cost=Run.cost + cost,
                    currency=currency,
                )
            )
    return usage


async def rate_answer(
    crm: Crm,
    run_id: UUID,
    rating: Rating,
    *,
    comment: str | None = None,
    correction: str | None = None,
    message_id: UUID | None = None,
) -> Feedback:
    """Say whether an answer was good; saying it again changes one's mind."""
    async with crm.granted(*JOURNAL):
        await crm.runs.get(run_id)
        mine = Feedback.visitor_id == crm.actor.visitor_id
        if crm.actor.kind is not Kind.VISITOR:
            mine = Feedback.member_id == crm.actor.member_id
        feedback = await crm.feedback.first(
            crm.feedback.rows().where(Feedback.run_id == run_id, mine)
        )
        if feedback is None:
            feedback = Feedback(
                run_id=run_id, member_id=crm.actor.member_id, visitor_id=_visitor(crm.actor)
            )
            crm.feedback.add(feedback)
        feedback.rating, feedback.comment, feedback.correction = rating, comment, correction
        feedback.message_id = message_id or feedback.message_id
        await crm.flush()
    return feedback


def _visitor(actor: Actor) -> UUID | None:
    return actor.visitor_id if actor.kind is Kind.VISITOR else None


def _milliseconds(since: datetime, until: datetime) -> int:
    return max(0, round((until - since).total_seconds() * 1000))
