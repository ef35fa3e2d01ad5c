"""The approval ledger: proposed, decided by those entitled, done exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from crm_store.actor import Actor, Kind
from crm_store.assistants.fingerprint import fingerprint, plain
from crm_store.assistants.models import (
    AlreadyDecided,
    Decision,
    Effect,
    Proposal,
    ProposalStatus,
    Verdict,
)
from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, NotFound, Refused

WAITS = timedelta(days=7)
APPROVAL_LASTS = timedelta(days=1)
LEDGER = ("assistants:read", "assistants:write")


class Expired(Refused):
    """This proposal has expired; ask for it again."""


class ChangedSince(Conflict):
    """This is not what you were shown: the proposal reads differently now. Look at it again."""


class NeedsAnother(Refused):
    """Somebody other than whoever asked must approve this."""


class Twice(Conflict):
    """You have decided this proposal already."""


async def propose(
    crm: Crm,
    *,
    tool: str,
    arguments: Mapping[str, Any],
    diff: str,
    effect: Effect,
    scope: str = "approvals:decide",
    quorum: int = 1,
    needs_another: bool = False,
    reason: str | None = None,
    run_id: UUID | None = None,
    waits: timedelta = WAITS,
    at: datetime | None = None,
) -> Proposal:
    """Put a tool call before people, under a number they can say."""
    if effect is Effect.READ:
        raise Invalid("Reading needs nobody's approval.")
    if quorum < 1 or waits <= timedelta(0):
        raise Invalid("A proposal needs somebody to decide it, and time to do so.")
    if not diff.strip():
        raise Invalid("Say what would change.")
    async with crm.granted(*LEDGER):
        await _one_at_a_time(crm)
        proposal = crm.proposals.add(
            Proposal(
                number=await crm.proposals.last_number() + 1,
                run_id=run_id,
                tool=tool,
                arguments=plain(arguments),
                arguments_hash=fingerprint(tool, arguments),
                diff=diff.strip(),
                reason=reason,
                effect=effect,
                scope=scope,
                quorum=quorum,
                needs_another=needs_another,
                asked_by=crm.actor.member_id,
                asked_door=crm.actor.door,
                expires_at=(at or now()) + waits,
            )
        )
        await crm.flush()
    return proposal


async def edit_proposal(
    crm: Crm,
    number: int,
    arguments: Mapping[str, Any],
    diff: str,
    *,
    at: datetime | None = None,
) -> Proposal:
    """Change what #42 asks for: another revision with another hash, undecided again."""
    asker = crm.actor
    async with crm.granted(*LEDGER):
        old = await _open(crm, asker, number, at or now())
        old.move(ProposalStatus.SUPERSEDED)
        await crm.flush()
        new = crm.proposals.add(
            Proposal(
                number=number,
                revision=old.revision + 1,
                supersedes_id=old.id,
                run_id=old.run_id,
                tool=old.tool,
                arguments=plain(arguments),
                arguments_hash=fingerprint(old.tool, arguments),
                diff=diff.strip(),
                reason=old.reason,
                effect=old.effect,
                scope=old.scope,
                quorum=old.quorum,
                needs_another=old.needs_another,
                asked_by=crm.actor.member_id,
                asked_door=crm.actor.door,
                expires_at=old.expires_at,
            )
        )
        await crm.flush()
    return new


async def decide(
    crm: Crm,
    number: int,
    verdict: Verdict,
    arguments_hash: str,
    *,
    comment: str | None = None,
    at: datetime | None = None,
) -> Proposal:
    """Give one's word on exactly what one was shown; enough words approve it, one rejects it."""
    at, decider = at or now(), crm.actor
    async with crm.granted(*LEDGER):
        proposal = await _open(crm, decider, number, at)
        await _check_entitled(crm, decider, proposal, verdict, arguments_hash)
        crm.decisions.add(
            Decision(
                proposal_id=proposal.id,
                member_id=crm.actor.member_id,
                door=crm.actor.door,
                verdict=verdict,
                arguments_hash=arguments_hash,
                comment=comment,
                decided_at=at,
            )
        )
        await crm.flush()
        if verdict is Verdict.REJECT:
            proposal.move(ProposalStatus.REJECTED)
            proposal.decided_at = at
        elif await _approvals(crm, proposal) >= proposal.quorum:
            proposal.move(ProposalStatus.APPROVED)
            proposal.decided_at = at
        await crm.flush()
    return proposal


async def execute_once(crm: Crm, proposal_id: UUID, *, at: datetime | None = None) -> Proposal:
    """Claim an approved proposal in the transaction that does it; a second claim is refused."""
    at, doer = at or now(), crm.actor
    async with crm.granted(*LEDGER):
        proposal = await _locked(crm, doer, proposal_id)
        if proposal.status is ProposalStatus.APPROVED and _is_stale(proposal, at):
            raise Expired("This approval was given too long ago; ask again.")
        _check_words(proposal, proposal.arguments_hash)
        proposal.move(ProposalStatus.EXECUTED)
        proposal.executed_at = at
        await crm.flush()
    return proposal


async def record_outcome(crm: Crm, proposal_id: UUID, outcome: Mapping[str, Any]) -> Proposal:
    """What came of it, for whoever asks later."""
    doer = crm.actor
    async with crm.granted(*LEDGER):
        proposal = await _locked(crm, doer, proposal_id)
        if proposal.status is not ProposalStatus.EXECUTED or proposal.outcome is not None:
            raise Conflict(f"#{proposal.number} has nothing to record, or has been recorded.")
        proposal.outcome = plain(outcome)
        await crm.flush()
    return proposal


async def mark_undone(crm: Crm, proposal_id: UUID, *, at: datetime | None = None) -> Proposal:
    """It was done, and taken back."""
    doer = crm.actor
    async with crm.granted(*LEDGER):
        proposal = await _locked(crm, doer, proposal_id)
        proposal.move(ProposalStatus.UNDONE)
        proposal.undone_at = at or now()
        await crm.flush()
    return proposal


async def expire_proposals(crm: Crm, *, at: datetime | None = None) -> Sequence[Proposal]:
    """Close what nobody decided in time, and approvals nobody used."""
    at = at or now()
    async with crm.granted(*LEDGER):
        late = await crm.proposals.all(
            crm.proposals.rows()
            .where(
                or_(
                    and_(Proposal.status == ProposalStatus.PENDING, Proposal.expires_at <= at),
                    and_(
                        Proposal.status == ProposalStatus.APPROVED,
                        Proposal.decided_at <= at - APPROVAL_LASTS,
                    ),
                )
            )
            .with_for_update(skip_locked=True)
        )
        for proposal in late:
            proposal.move(ProposalStatus.EXPIRED)
        await crm.flush()
    return late


async def _locked(crm: Crm, actor: Actor, proposal_id: UUID) -> Proposal:
    """For whoever asked or may decide; the ledger's own rights must not widen that."""
    proposal = await crm.proposals.get(proposal_id, lock=True)
    asked = actor.member_id is not None and proposal.asked_by == actor.member_id
    if not asked and not actor.may(proposal.scope):
        raise NotFound("There is no such proposal.")
    return proposal


async def _open(crm: Crm, actor: Actor, number: int, at: datetime) -> Proposal:
    proposal = await _locked(crm, actor, (await crm.proposals.numbered(number)).id)
    if proposal.status is not ProposalStatus.PENDING:
        raise AlreadyDecided(f"#{number} is {proposal.status} already.")
    if proposal.expires_at <= at:
        raise Expired
    return proposal


async def _check_entitled(
    crm: Crm, decider: Actor, proposal: Proposal, verdict: Verdict, arguments_hash: str
) -> None:
    if decider.kind is not Kind.STAFF or decider.member_id is None:
        raise Refused("Only a member of staff can decide this.")
    decider.need(proposal.scope)
    _check_words(proposal, arguments_hash)
    asked = proposal.asked_by == decider.member_id
    if proposal.needs_another and asked and verdict is Verdict.APPROVE:
        raise NeedsAnother
    if any(d.member_id == decider.member_id for d in await crm.decisions.on(proposal.id)):
        raise Twice


def _check_words(proposal: Proposal, arguments_hash: str) -> None:
    """The hash somebody saw, the hash on record and the words on record are one."""
    if arguments_hash != proposal.arguments_hash:
        raise ChangedSince
    if fingerprint(proposal.tool, proposal.arguments) != proposal.arguments_hash:
        raise ChangedSince(f"The words of #{proposal.number} are not those it was given.")


def _is_stale(proposal: Proposal, at: datetime) -> bool:
    return proposal.decided_at is None or proposal.decided_at + APPROVAL_LASTS <= at


async def _approvals(crm: Crm, proposal: Proposal) -> int:
    return sum(
        decision.verdict is Verdict.APPROVE and decision.arguments_hash == proposal.arguments_hash
        for decision in await crm.decisions.on(proposal.id)
    )


async def _one_at_a_time(crm: Crm) -> None:
    """Numbers have no gaps and no twins: whoever proposes next waits for this transaction."""
    key = func.hashtextextended(f"proposals {crm.actor.org}", 0)
    await crm.session.execute(select(func.pg_advisory_xact_lock(key)))
