"""Telephones and programs that may speak for a member."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.identity import tokens
from crm_store.identity.actions import need_to_hold
from crm_store.identity.addresses import e164
from crm_store.identity.models import ApiKey, Member, StaffPhone
from crm_store.identity.rights import scopes_of
from crm_store.identity.tokens import Token

PREFIX = "alm_"


class PhoneTaken(Conflict):
    """This telephone speaks for somebody already."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key and the secret itself, which is shown once."""

    key: ApiKey
    token: Token


async def create_api_key(
    crm: Crm,
    name: str,
    scopes: Iterable[str],
    *,
    member_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> NewKey:
    """A key that acts for a member (the asker, unless said), within some of the asker's rights."""
    crm.actor.need("keys:manage")
    wanted = scopes_of((), scopes)
    need_to_hold(crm.actor, wanted)
    if not name.strip():
        raise Invalid("A key needs a name that says what it is for.")
    if expires_at is not None and expires_at <= now():
        raise Invalid("A key cannot expire in the past.")
    member = await _whose(crm, member_id)
    token = tokens.fresh(PREFIX)
    key = ApiKey(
        member_id=member.id,
        name=name.strip(),
        prefix=token.shown[: len(PREFIX) + 6],
        key_hash=token.hash,
        scopes=sorted(wanted),
        expires_at=expires_at,
    )
    async with crm.granted("identity:write"):
        crm.api_keys.add(key)
    return NewKey(key, token)


async def revoke_api_key(crm: Crm, key_id: UUID) -> ApiKey:
    """One's own key, or anybody's for those who manage members."""
    crm.actor.need("keys:manage")
    key = await crm.api_keys.get(key_id)
    async with crm.granted("identity:write"):
        key.revoked_at = key.revoked_at or now()
    return key


async def link_phone(
    crm: Crm,
    member_id: UUID,
    *,
    phone_number: str | None = None,
    whatsapp_id: str | None = None,
    display_name: str | None = None,
    scopes: Iterable[str] | None = None,
    region: str | None = None,
) -> StaffPhone:
    """Let a telephone speak for a member; scopes narrow what may be asked from it."""
    crm.actor.need("identity:write")
    member = await _whose(crm, member_id)
    number = e164(phone_number, region) if phone_number else None
    if not (number or whatsapp_id):
        raise Invalid("Give a telephone number or a WhatsApp id.")
    taken = crm.staff_phones.everything().where(
        (StaffPhone.phone_number == number) | (StaffPhone.whatsapp_id == whatsapp_id)
    )
    if await crm.staff_phones.count(taken):
        raise PhoneTaken
    phone = StaffPhone(
        member_id=member.id,
        phone_number=number,
        whatsapp_id=whatsapp_id,
        display_name=display_name or member.name,
        scopes=None if scopes is None else sorted(scopes_of((), scopes)),
    )
    crm.staff_phones.add(phone)
    await crm.flush()
    return phone


async def unlink_phone(crm: Crm, phone_id: UUID) -> None:
    crm.actor.need("identity:write")
    phone = await crm.staff_phones.get(phone_id, lock=True)
    await crm.session.delete(phone)
    await crm.flush()


async def allow_phone(crm: Crm, phone_id: UUID, allowed: bool) -> StaffPhone:
    """Stop a telephone for a while, or let it speak again."""
    phone = await crm.staff_phones.get(phone_id, lock=True)
    phone.is_allowed = allowed
    await crm.flush()
    return phone


async def _whose(crm: Crm, member_id: UUID | None) -> Member:
    """An active member: oneself, or another for those who manage members."""
    if member_id is None or member_id == crm.actor.member_id:
        return await crm.members.me()
    crm.actor.need("identity:write")
    member = await crm.members.get(member_id)
    if not member.is_active:
        raise Refused(f"{member.name} is no longer active.")
    return member
