"""Writing to the log by other ways than changing a record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from crm_store.audit import trail
from crm_store.audit.models import ProductEvent
from crm_store.base import now
from crm_store.crm import Crm

ERASED = "erased"


async def forget(crm: Crm, rows: Mapping[str, Collection[UUID]]) -> int:
    """Take before and after out of everything the log says of these rows, and say so in it.

    To be called last: what the same transaction changes later is recorded as always.
    """
    crm.actor.need("privacy:erase")
    await crm.flush()
    ids = [row_id for table in rows.values() for row_id in table]
    trail.forget(crm.session.sync_session, ids)
    forgotten = await crm.session.scalar(select(func.audit_forget(ids)))
    for table, row_ids in rows.items():
        for row_id in row_ids:
            crm.note(ERASED, table, row_id)
    return int(forgotten or 0)


async def record_event(
    crm: Crm,
    name: str,
    *,
    properties: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    **where: str | None,
) -> ProductEvent:
    """Something the asker did in the product; where: source, url, session_key …"""
    event = ProductEvent(
        name=name,
        member_id=crm.actor.member_id,
        at=at or now(),
        properties=dict(properties or {}),
        **where,
    )
    async with crm.granted("audit:write"):
        crm.session.add(event)
    return event
