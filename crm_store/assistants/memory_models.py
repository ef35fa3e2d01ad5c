"""What an assistant keeps in mind between conversations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Live, TenantRow, ref


class MemoryScope(StrEnum):
    ORG = "org"
    MEMBER = "member"
    DONOR = "donor"
    PERSON = "person"


class MemoryKind(StrEnum):
    INSTRUCTION = "instruction"
    PREFERENCE = "preference"
    FACT = "fact"


class Memory(Live, TenantRow):
    """One thing remembered, about the organisation, a member of staff, a donor or a person."""

    __tablename__ = "memories"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(member_id, donor_id, person_id) = (scope <> 'org')::int "
            "AND (scope = 'member') = (member_id IS NOT NULL) "
            "AND (scope = 'donor') = (donor_id IS NOT NULL)",
            name="scope_is_true",
        ),
        Index("ix_memories_org_id_scope", "org_id", "scope"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"content"})

    scope: Mapped[MemoryScope]
    kind: Mapped[MemoryKind] = mapped_column(default=MemoryKind.FACT)
    member_id: Mapped[UUID | None] = ref("members", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    content: Mapped[str]
    run_id: Mapped[UUID | None] = ref("runs", on_delete="SET NULL")
    is_tainted: Mapped[bool] = mapped_column(default=False, comment="Learned from outsiders' text.")
    last_used_at: Mapped[datetime | None]
