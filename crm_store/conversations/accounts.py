"""Connecting channels: senders and numbers with their secrets, widgets, and who may write in."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from crm_store.channel import Channel
from crm_store.contacts import reaching
from crm_store.contacts.models import IdentifierKind
from crm_store.conversations.models import AllowedSender, ChannelAccount, Provider, Widget
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid

SECRETS = frozenset({"auth_token", "api_secret"})
FORMS = {
    Channel.EMAIL: IdentifierKind.EMAIL,
    Channel.WHATSAPP: IdentifierKind.WHATSAPP,
    Channel.TEXT: IdentifierKind.PHONE,
    Channel.PHONE: IdentifierKind.PHONE,
}


async def connect_account(
    crm: Crm,
    channel: Channel,
    address: str,
    *,
    name: str | None = None,
    provider: Provider = Provider.TWILIO,
    secret: dict[str, str] | None = None,
    **facts: Any,
) -> ChannelAccount:
    """Connect a WhatsApp sender, a number or an inbound address; its secrets are sealed."""
    if unknown := (secret or {}).keys() - SECRETS:
        raise Invalid(f"A channel account has no secret {', '.join(sorted(unknown))}.")
    form = FORMS.get(channel)
    plain = reaching.normalise(form, address) if form else address.strip()
    same = crm.channel_accounts.everything().where(
        ChannelAccount.channel == channel, ChannelAccount.address == plain
    )
    if await crm.channel_accounts.first(same) is not None:
        raise Conflict(f"{plain} is connected already.")
    account = crm.channel_accounts.add(
        ChannelAccount(
            channel=channel,
            address=plain,
            name=name or plain,
            provider=provider,
            channel_key=secrets.token_urlsafe(24),
            **facts,
        )
    )
    for column, value in (secret or {}).items():
        crm.seal(account, column, value)
    await crm.flush()
    return account


async def rotate_auth_token(crm: Crm, account_id: UUID, token: str) -> ChannelAccount:
    """A new token; calls signed with the old one are still believed until the next rotation."""
    account = await crm.channel_accounts.get(account_id, lock=True)
    crm.seal(account, "previous_auth_token", crm.unseal(account, "auth_token"))
    crm.seal(account, "auth_token", token)
    await crm.flush()
    return account


async def disconnect_account(crm: Crm, account_id: UUID) -> ChannelAccount:
    """Neither send nor listen here any more; the secrets are thrown away."""
    account = await crm.channel_accounts.get(account_id, lock=True)
    account.is_active = account.is_default = False
    for column in (*SECRETS, "previous_auth_token"):
        crm.seal(account, column, None)
    await crm.flush()
    return account


async def add_widget(crm: Crm, name: str, domains: list[str], **facts: Any) -> Widget:
    """A chat window for the organisation's website."""
    if not name.strip():
        raise Invalid("Give the widget a name.")
    widget = crm.widgets.add(
        Widget(
            name=name.strip(),
            embed_key=secrets.token_urlsafe(18),
            allowed_domains=[_domain(domain) for domain in domains],
            **facts,
        )
    )
    await crm.flush()
    return widget


async def change_widget(crm: Crm, widget_id: UUID, **changes: Any) -> Widget:
    """How the chat window looks, what it says, where it may stand."""
    widget = await crm.widgets.get(widget_id, lock=True)
    for name, value in changes.items():
        if name in {"embed_key", "signing_secret"} or name not in Widget.__mapper__.column_attrs:
            raise Invalid(f"A widget has no {name.replace('_', ' ')} to change.")
        setattr(
            widget,
            name,
            [_domain(domain) for domain in value] if name == "allowed_domains" else value,
        )
    await crm.flush()
    return widget


async def new_embed_key(crm: Crm, widget_id: UUID) -> Widget:
    """The old key stops working at once, wherever it has been copied to."""
    widget = await crm.widgets.get(widget_id, lock=True)
    widget.embed_key = secrets.token_urlsafe(18)
    await crm.flush()
    return widget


def may_stand_on(widget: Widget, host: str) -> bool:
    """Whether a page of this host may show the widget; `*.` stands for any part before."""
    host = host.strip().casefold().rstrip(".").partition(":")[0]
    return any(
        host.endswith(domain[1:]) if domain.startswith("*.") else host == domain
        for domain in widget.allowed_domains
    )


async def allow_sender(
    crm: Crm,
    pattern: str,
    *,
    allowed: bool = True,
    account_id: UUID | None = None,
    note: str | None = None,
) -> AllowedSender:
    """Take mail in from an address or a whole @domain, or turn it away."""
    plain = pattern.strip().casefold()
    if not plain.startswith("@"):
        plain = reaching.email(plain)
    elif "." not in plain or " " in plain:
        raise Invalid(f"“{pattern[:80]}” is not a domain.")
    same = crm.allowed_senders.everything().where(
        AllowedSender.pattern == plain, AllowedSender.channel_account_id == account_id
    )
    known = await crm.allowed_senders.first(same)
    if known is None:
        known = crm.allowed_senders.add(AllowedSender(pattern=plain, channel_account_id=account_id))
    known.is_allowed, known.note = allowed, note or known.note
    await crm.flush()
    return known


def _domain(value: str) -> str:
    plain = value.strip().casefold().removeprefix("https://").removeprefix("http://")
    plain = plain.partition("/")[0].partition(":")[0].rstrip(".")
    if not plain or " " in plain or (plain.startswith("*") and not plain.startswith("*.")):
        raise Invalid(f"“{value[:80]}” is not a domain.")
    return plain
