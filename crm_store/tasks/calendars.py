"""Links to members' calendars elsewhere; their keys are sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.tasks.models import CalendarLink, CalendarProvider


@dataclass(frozen=True)
class Keys:
    """What opens a calendar; never shown, never logged."""

    access_token: str | None
    refresh_token: str | None
    expires_at: datetime | None

    def __repr__(self) -> str:
        return "Keys(…)"


async def link_calendar(
    crm: Crm, provider: CalendarProvider, *, access_token: str, refresh_token: str | None = None,
    expires_at: datetime | None = None, calendar_id: str | None = None, scope: str | None = None,
) -> CalendarLink:  # fmt: skip
    """Link one's own calendar, or renew the keys of a link there is."""
    if crm.actor.member_id is None:
        raise Invalid("Only a member has a calendar.")
    link = await crm.calendar_links.of(provider)
    if link is None:
        link = CalendarLink(member_id=crm.actor.member_id, provider=provider)
    crm.seal(link, "access_token", access_token)
    if refresh_token is not None:
        crm.seal(link, "refresh_token", refresh_token)
    link.expires_at, link.is_active = expires_at, True
    link.calendar_id = calendar_id or link.calendar_id
    link.scope = scope or link.scope
    crm.calendar_links.add(link)
    await crm.flush()
    return link


async def open_calendar(crm: Crm, link_id: UUID) -> Keys:
    """The keys of one's own link, for the call that needs them."""
    link = await crm.calendar_links.get(link_id)
    return Keys(
        crm.unseal(link, "access_token"), crm.unseal(link, "refresh_token"), link.expires_at
    )


async def synced(crm: Crm, link_id: UUID, sync_token: str | None, at: datetime) -> CalendarLink:
    """Remember how far a calendar has been read."""
    link = await crm.calendar_links.get(link_id, lock=True)
    link.sync_token, link.last_synced_at = sync_token, at
    await crm.flush()
    return link


async def unlink_calendar(crm: Crm, link_id: UUID) -> None:
    """Forget a link and its keys."""
    await crm.session.delete(await crm.calendar_links.get(link_id, lock=True))
    await crm.flush()
