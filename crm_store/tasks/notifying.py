"""Telling members something, once, until they have read it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.tasks.models import Notification, NotificationKind


async def notify(
    crm: Crm, member_id: UUID, kind: NotificationKind, title: str, *, message: str | None = None,
    link: str | None = None, once_key: str | None = None, **about: UUID | None,
) -> bool:  # fmt: skip
    """Tell a member; with a key the same news is told once. Returns whether it was told now.

    About: task_id, lead_id, deal_id, ticket_id, person_id, donor_id or campaign_id.
    """
    if not title.strip():
        raise Invalid("A notification needs a title.")
    await crm.flush()
    told = await crm.session.execute(
        insert(Notification)
        .values(
            org_id=crm.actor.org,
            id=new_id(),
            member_id=member_id,
            kind=kind,
            title=title.strip(),
            message=message,
            link=link,
            once_key=once_key,
            created_by=crm.actor.id,
            updated_by=crm.actor.id,
            **about,
        )
        .on_conflict_do_nothing(
            index_elements=["org_id", "member_id", "once_key"],
            index_where=Notification.once_key.is_not(None),
        )
        .returning(Notification.id)
    )
    return told.first() is not None


async def mark_read(
    crm: Crm, ids: Collection[UUID] | None = None, *, at: datetime | None = None
) -> int:
    """The asker has read these, or all of theirs. Returns how many were unread."""
    query = update(Notification).where(
        Notification.org_id == crm.actor.org,
        Notification.member_id == crm.actor.member_id,
        Notification.read_at.is_(None),
    )
    if ids is not None:
        query = query.where(Notification.id.in_(ids))
    read = await crm.session.scalars(
        query.values(read_at=at or now())
        .returning(Notification.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(read.all())
