"""Questions we ask of the approval ledger and of what assistants remember."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, or_, select, true

from crm_store.actor import Kind, Reach
from crm_store.assistants.models import (
    Decision,
    Memory,
    MemoryScope,
    Proposal,
    ProposalStatus,
)
from crm_store.contacts.models import Person
from crm_store.donors.models import Donor
from crm_store.repository import Repository, reach_of


class ProposalRepository(Repository[Proposal]):
    model = Proposal

    def visible(self) -> ColumnElement[bool]:
        """What one asked for oneself, and what one may decide."""
        if self.actor.kind is Kind.SYSTEM:
            return true()
        mine = Proposal.asked_by == self.actor.member_id if self.actor.member_id else false()
        return or_(mine, Proposal.scope.in_(sorted(self.actor.scopes)))

    async def numbered(self, number: int, *, lock: bool = False) -> Proposal:
        """#42 as it stands now."""
        return await self.one(
            self.rows().where(
                Proposal.number == number, Proposal.status != ProposalStatus.SUPERSEDED
            ),
            lock=lock,
        )

    async def revisions(self, number: int) -> Sequence[Proposal]:
        """How #42 came to read as it does, first to last."""
        return await self.all(
            self.rows().where(Proposal.number == number).order_by(Proposal.revision)
        )

    async def waiting(self, at: datetime) -> Sequence[Proposal]:
        """What one may decide now, what expires first being first."""
        return await self.all(
            self.rows()
            .where(
                Proposal.status == ProposalStatus.PENDING,
                Proposal.expires_at > at,
                Proposal.scope.in_(sorted(self.actor.scopes)) if self.actor.scopes else true(),
            )
            .order_by(Proposal.expires_at, Proposal.number)
        )

    async def last_number(self) -> int:
        found = await self.session.scalar(
            select(func.max(Proposal.number)).where(Proposal.org_id == self.actor.org)
        )
        return found or 0


class DecisionRepository(Repository[Decision]):
    model = Decision

    def visible(self) -> ColumnElement[bool]:
        proposals = ProposalRepository(self.session)
        if self.actor.kind is Kind.SYSTEM:
            return true()
        return Decision.proposal_id.in_(proposals.rows().with_only_columns(Proposal.id))

    async def on(self, proposal_id: UUID) -> Sequence[Decision]:
        return await self.all(
            self.rows().where(Decision.proposal_id == proposal_id).order_by(Decision.decided_at)
        )


class MemoryRepository(Repository[Memory]):
    model = Memory

    def visible(self) -> ColumnElement[bool]:
        """The organisation's, one's own, and those on donors and people within one's reach."""
        actor = self.actor
        if actor.kind is Kind.SYSTEM:
            return true()
        return or_(
            Memory.scope == MemoryScope.ORG,
            Memory.member_id == actor.member_id if actor.member_id else false(),
            self._about(Memory.donor_id, Donor, "donors:read"),
            self._about(Memory.person_id, Person, "contacts:read"),
        )

    async def relevant(
        self, *, donor_id: UUID | None = None, person_id: UUID | None = None
    ) -> Sequence[Memory]:
        """What a turn should bear in mind: general, one's own, and of whom it speaks."""
        return await self.all(
            self.rows()
            .where(
                or_(
                    Memory.scope.in_([MemoryScope.ORG, MemoryScope.MEMBER]),
                    Memory.donor_id == donor_id if donor_id else false(),
                    Memory.person_id == person_id if person_id else false(),
                )
            )
            .order_by(Memory.scope, Memory.id)
        )

    def _about(
        self, column: ColumnElement[UUID | None] | object, subject: type[Donor | Person], scope: str
    ) -> ColumnElement[bool]:
        if not self.actor.may(scope):
            return false()
        target: ColumnElement[UUID | None] = column  # type: ignore[assignment]
        if self.actor.reach is Reach.ALL:
            return target.is_not(None)
        seen = select(subject.id).where(
            subject.org_id == self.actor.org, reach_of(self.actor, subject)
        )
        return target.in_(seen)
