"""Merges: two records that were one person, and how to part them again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, TenantRow, now, ref


class MergeKind(StrEnum):
    PEOPLE = "people"
    COMPANIES = "companies"
    HOUSEHOLDS = "households"
    DONORS = "donors"


class Merge(TenantRow):
    """What one merge moved and chose, in enough detail to take it back."""

    __tablename__ = "merges"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(kept_person_id, kept_company_id, kept_household_id, kept_donor_id) = 1",
            name="one_kept",
        ),
        CheckConstraint(
            "num_nonnulls(lost_person_id, lost_company_id, lost_household_id, lost_donor_id) = 1",
            name="one_lost",
        ),
    )

    kind: Mapped[MergeKind]
    kept_person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    lost_person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
    kept_company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE")
    lost_company_id: Mapped[UUID | None] = ref("companies", on_delete="CASCADE")
    kept_household_id: Mapped[UUID | None] = ref("households", on_delete="CASCADE")
    lost_household_id: Mapped[UUID | None] = ref("households", on_delete="CASCADE")
    kept_donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    lost_donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    part_of_id: Mapped[UUID | None] = ref("merges", on_delete="CASCADE")
    reason: Mapped[str | None]
    moved: Mapped[Json] = mapped_column(default=dict, comment="Row ids by table.column.")
    fields: Mapped[Json] = mapped_column(default=dict, comment="Before and after, by field.")
    conflicts: Mapped[list[Any]] = mapped_column(
        default=list, comment="Rows that could not both stand, and the rule that settled it."
    )
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]
