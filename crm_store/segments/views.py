"""Segments as they are shown: what they are called, whom they mean in words, how many that is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm_store.segments.models import SegmentKind, Subject
from crm_store.view import View


class SegmentView(View):
    """A saved audience."""

    id: UUID
    name: str
    description: str | None = None
    kind: SegmentKind
    subject: Subject
    filter: dict[str, Any] | None = None
    in_words: str = ""
    count: int | None = None
    refreshed_at: datetime | None = None
    created_at: datetime


class Preview(View):
    """Whom a filter would mean: in words, in numbers, and a few of them by name."""

    in_words: str
    subject: Subject
    count: int
    unseen: int = 0
    sample: tuple[tuple[UUID, str], ...] = ()
