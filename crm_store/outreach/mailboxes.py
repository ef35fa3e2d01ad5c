"""Connecting mailboxes, and never sending more from one than it may."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from crm_store.base import now
from crm_store.channel import Channel
from crm_store.crm import Crm
from crm_store.errors import Invalid, Refused
from crm_store.orgs.models import Org
from crm_store.outreach.addresses import normalise
from crm_store.outreach.models import (
    IdentityKind,
    IdentityStatus,
    Mailbox,
    MailProvider,
    SenderIdentity,
)

SECRETS = ("access_token", "refresh_token", "smtp_password", "api_key")


class NotOurs(Refused):
    """This address has not been proven to be yours, so nothing may be sent from it."""


async def connect_mailbox(
    crm: Crm,
    provider: str,
    address: str,
    *,
    member_id: UUID | None = None,
    secrets: dict[str, str] | None = None,
    **facts: object,
) -> Mailbox:
    """Connect an account to send from, or bring its tokens up to date; secrets are sealed."""
    if await crm.session.get(MailProvider, provider) is None:
        raise Invalid(f"There is no mail provider “{provider}”.")
    if unknown := (secrets or {}).keys() - set(SECRETS):
        raise Invalid(f"A mailbox has no secret {', '.join(sorted(unknown))}.")
    address = normalise(Channel.EMAIL, address)
    same = crm.mailboxes.everything().where(
        Mailbox.provider == provider, Mailbox.address == address
    )
    box = await crm.mailboxes.first(same)
    if box is None:
        box = crm.mailboxes.add(Mailbox(provider=provider, address=address))
    elif box.member_id != member_id:
        raise Refused("This mailbox is connected already, for somebody else.")
    box.member_id, box.is_active, box.last_error = member_id, True, None
    for name, value in facts.items():
        setattr(box, name, value)
    for name, plain in (secrets or {}).items():
        crm.seal(box, name, plain)
    await crm.flush()
    return box


async def disconnect_mailbox(crm: Crm, mailbox_id: UUID) -> Mailbox:
    """Stop sending from an account and throw its secrets away."""
    box = await crm.mailboxes.get(mailbox_id, lock=True)
    box.is_active = box.is_default = False
    for name in SECRETS:
        crm.seal(box, name, None)
    await crm.flush()
    return box


async def add_sender_identity(crm: Crm, value: str, **facts: object) -> SenderIdentity:
    """A domain or address to send from, waiting to be proven."""
    plain = value.strip().casefold()
    kind = IdentityKind.ADDRESS if "@" in plain else IdentityKind.DOMAIN
    if kind is IdentityKind.ADDRESS:
        plain = normalise(Channel.EMAIL, plain)
    elif "." not in plain or " " in plain:
        raise Invalid(f"“{value[:80]}” is neither a domain nor an address.")
    made = crm.sender_identities.add(SenderIdentity(kind=kind, value=plain, **facts))
    await crm.flush()
    return made


async def mark_identity(
    crm: Crm, identity_id: UUID, status: IdentityStatus, *, because: str | None = None
) -> SenderIdentity:
    """What the provider or the name servers say of a domain."""
    found = await crm.sender_identities.get(identity_id, lock=True)
    found.status, found.failure_reason, found.last_checked_at = status, because, now()
    if status is IdentityStatus.VERIFIED:
        found.verified_at = found.verified_at or now()
    await crm.flush()
    return found


async def need_sender(crm: Crm, address: str) -> SenderIdentity:
    """The proof that an address is ours, or a refusal."""
    found = await crm.sender_identities.covering(address)
    if found is None:
        raise NotOurs
    return found


async def room_today(crm: Crm, mailbox_id: UUID, wanted: int, at: datetime) -> int:
    """Set aside up to so many messages of today's limit, counted before they go.

    A mailbox that is off, or whose limit is unknown to be free, gives none.
    """
    query = crm.mailboxes.everything().where(Mailbox.id == mailbox_id)
    box = await crm.mailboxes.one(query, lock=True)
    if not box.is_active:
        return 0
    day = await _day_of(crm, box, at)
    if box.sent_on != day:
        box.sent_on, box.sent_today = day, 0
    limit = box.daily_limit
    if limit is None:
        provider = await crm.session.get_one(MailProvider, box.provider)
        limit = provider.default_daily_limit
    granted = wanted if limit is None else max(0, min(wanted, limit - box.sent_today))
    box.sent_today += granted
    await crm.flush()
    return granted


async def _day_of(crm: Crm, box: Mailbox, at: datetime) -> date:
    name = box.timezone or await crm.session.scalar(
        select(Org.timezone).where(Org.id == crm.actor.org)
    )
    return at.astimezone(ZoneInfo(name or "UTC")).date()
