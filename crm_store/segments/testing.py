"""Segments for tests, in one line each."""

from __future__ import annotations

from typing import Any

from crm_store.crm import Crm
from crm_store.segments.actions import save_segment
from crm_store.segments.models import Segment

EVERYBODY: dict[str, Any] = {"kind": "all"}


async def make_segment(
    crm: Crm, name: str = "Everybody", filter: dict[str, Any] | None = None, **more: Any
) -> Segment:
    """A segment that follows its filter; all donors if none is given."""
    return await save_segment(crm, name, filter or EVERYBODY, **more)
