"""Segments: who an appeal, a report or a task is about."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, TenantRow, ref


class SegmentKind(StrEnum):
    DYNAMIC = "dynamic"
    STATIC = "static"


class Subject(StrEnum):
    """What a segment is a list of."""

    DONORS = "donors"
    PEOPLE = "people"


class Segment(Live, TenantRow):
    """A named audience: a filter that follows the data, or a list somebody fixed."""

    __tablename__ = "segments"
    __table_args__ = (
        Index(
            "uq_segments_org_id_name",
            "org_id",
            "name",
            unique=True,
            postgresql_where="deleted_at IS NULL",
        ),
        CheckConstraint("kind = 'static' OR filter IS NOT NULL", name="dynamic_has_filter"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    kind: Mapped[SegmentKind] = mapped_column(default=SegmentKind.DYNAMIC)
    subject: Mapped[Subject] = mapped_column(default=Subject.DONORS)
    filter: Mapped[Json | None] = mapped_column(
        comment="In the filter language; for a static list, what it was made from."
    )
    count: Mapped[int | None] = mapped_column(comment="As last counted, whoever may see them.")
    refreshed_at: Mapped[datetime | None] = mapped_column(comment="When count was taken.")


class SegmentMember(TenantRow):
    """Somebody on a static list; created_at and created_by tell since when and by whom."""

    __tablename__ = "segment_members"
    __table_args__ = (
        CheckConstraint("num_nonnulls(donor_id, person_id) = 1", name="one_member"),
        UniqueConstraint("org_id", "segment_id", "donor_id"),
        UniqueConstraint("org_id", "segment_id", "person_id"),
    )
    audited: ClassVar[bool] = False

    segment_id: Mapped[UUID] = ref("segments", on_delete="CASCADE", index=False)
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="CASCADE")
    person_id: Mapped[UUID | None] = ref("people", on_delete="CASCADE")
