"""The approval ledger: what was proposed, in exactly which words, and who decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.actor import Door
from crm_store.base import Json, TenantRow, ref
from crm_store.errors import Conflict


class Effect(StrEnum):
    READ = "read"
    WRITE = "write"
    SEND = "send"
    DESTROY = "destroy"


class ProposalStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    EXECUTED = "executed"
    UNDONE = "undone"
    SUPERSEDED = "superseded"


MOVES: Mapping[ProposalStatus, frozenset[ProposalStatus]] = {
    ProposalStatus.PENDING: frozenset(
        {
            ProposalStatus.APPROVED,
            ProposalStatus.REJECTED,
            ProposalStatus.EXPIRED,
            ProposalStatus.SUPERSEDED,
        }
    ),
    ProposalStatus.APPROVED: frozenset({ProposalStatus.EXECUTED, ProposalStatus.EXPIRED}),
    ProposalStatus.EXECUTED: frozenset({ProposalStatus.UNDONE}),
    ProposalStatus.REJECTED: frozenset(),
    ProposalStatus.EXPIRED: frozenset(),
    ProposalStatus.UNDONE: frozenset(),
    ProposalStatus.SUPERSEDED: frozenset(),
}


class AlreadyDecided(Conflict):
    """This proposal has been decided."""


class Proposal(TenantRow):
    """A tool call waiting for a person's word; an edit is a new revision of the same number."""

    __tablename__ = "proposals"
    __table_args__ = (
        UniqueConstraint("org_id", "number", "revision"),
        Index(
            "uq_proposals_org_id_number_open",
            "org_id",
            "number",
            unique=True,
            postgresql_where=text("status <> 'superseded'"),
        ),
        Index("ix_proposals_org_id_status", "org_id", "status", "expires_at"),
        CheckConstraint("quorum >= 1", name="somebody_decides"),
        CheckConstraint("effect <> 'read'", name="reading_needs_no_word"),
    )

    number: Mapped[int] = mapped_column(comment="What people call it, as in #42.")
    revision: Mapped[int] = mapped_column(default=1)
    supersedes_id: Mapped[UUID | None] = ref("proposals", on_delete="SET NULL")
    run_id: Mapped[UUID | None] = ref("runs", on_delete="SET NULL")
    tool: Mapped[str]
    arguments: Mapped[Json]
    arguments_hash: Mapped[str] = mapped_column(comment="SHA-256 of tool and canonical arguments.")
    diff: Mapped[str] = mapped_column(comment="What would change, as a person reads it.")
    reason: Mapped[str | None] = mapped_column(comment="Why it was not simply done.")
    effect: Mapped[Effect]
    scope: Mapped[str] = mapped_column(comment="What one must hold to decide.")
    quorum: Mapped[int] = mapped_column(default=1)
    needs_another: Mapped[bool] = mapped_column(
        default=False, comment="Whoever asked may not also approve."
    )
    asked_by: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    asked_door: Mapped[Door]
    status: Mapped[ProposalStatus] = mapped_column(default=ProposalStatus.PENDING)
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    executed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    outcome: Mapped[Json | None]

    def move(self, to: ProposalStatus) -> None:
        if to not in MOVES[self.status]:
            raise AlreadyDecided(f"#{self.number} is {self.status}, so it cannot be {to}.")
        self.status = to


class Verdict(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


class Decision(TenantRow):
    """One person's word on one revision of a proposal."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("org_id", "proposal_id", "member_id"),)

    proposal_id: Mapped[UUID] = ref("proposals", on_delete="RESTRICT", index=False)
    member_id: Mapped[UUID] = ref("members")
    door: Mapped[Door]
    verdict: Mapped[Verdict]
    arguments_hash: Mapped[str] = mapped_column(comment="Of what this person was shown.")
    comment: Mapped[str | None]
    decided_at: Mapped[datetime]
