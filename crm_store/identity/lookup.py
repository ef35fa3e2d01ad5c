"""Asking the directory, before anybody knows which organisation this is about."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Function, column, func, select

from crm_store.actor import Actor, Door, Kind
from crm_store.identity.tokens import digest
from crm_store.store import Crm, Store


class Found(NamedTuple):
    """Ids and nothing else; an organisation, a person, or both."""

    org_id: UUID | None
    user_id: UUID | None
    subject_id: UUID


async def user_by_email(store: Store, door: Door, email: str) -> UUID | None:
    found = await _one(store, door, func.user_by_email(email))
    return found and found.user_id


async def user_by_identity(store: Store, door: Door, provider: str, account_id: str) -> UUID | None:
    found = await _one(store, door, func.user_by_identity(provider, account_id))
    return found and found.user_id


async def user_token(store: Store, door: Door, shown: str) -> Found | None:
    return await _one(store, door, func.user_token_by_hash(digest(shown)))


async def session(store: Store, door: Door, shown: str) -> Found | None:
    return await _one(store, door, func.session_by_hash(digest(shown)))


async def invitation(store: Store, door: Door, shown: str) -> Found | None:
    return await _one(store, door, func.invitation_by_hash(digest(shown)))


async def api_key(store: Store, door: Door, shown: str) -> Found | None:
    return await _one(store, door, func.api_key_by_hash(digest(shown)))


async def phones(
    store: Store, door: Door, *, number: str | None = None, whatsapp_id: str | None = None
) -> list[Found]:
    """One for each organisation in which this telephone speaks for somebody."""
    by_id = await _all(store, door, func.staff_by_whatsapp(whatsapp_id)) if whatsapp_id else []
    return by_id or (await _all(store, door, func.staff_by_phone(number)) if number else [])


async def org_by_slug(store: Store, door: Door, slug: str) -> UUID | None:
    found = await _one(store, door, func.org_by_slug(slug))
    return found and found.org_id


async def org_by_subdomain(store: Store, door: Door, subdomain: str) -> UUID | None:
    found = await _one(store, door, func.org_by_subdomain(subdomain))
    return found and found.org_id


async def channel(store: Store, door: Door, key: str) -> Found | None:
    """The organisation and channel account that a provider's call is for."""
    return await _one(store, door, func.org_by_channel_key(key))


async def widget(store: Store, embed_key: str) -> Found | None:
    """The organisation and widget that a web page names; asked with the visitors' role."""
    return await _one(store, Door.WIDGET, func.org_by_embed_key(embed_key), Kind.VISITOR)


async def tracked(store: Store, tracking_id: str) -> Found | None:
    """The organisation and message that an opened picture or link belongs to."""
    return await _one(store, Door.EMAIL, func.org_by_tracking_id(tracking_id), Kind.VISITOR)


async def memberships(crm: Crm) -> list[Found]:
    """Where the person of this transaction belongs, wherever they are now."""
    return await _rows(crm, func.my_memberships())


async def _one(
    store: Store, door: Door, question: Function[Any], kind: Kind = Kind.SIGNING_IN
) -> Found | None:
    return next(iter(await _all(store, door, question, kind)), None)


async def _all(
    store: Store, door: Door, question: Function[Any], kind: Kind = Kind.SIGNING_IN
) -> list[Found]:
    async with store.begin(Actor(kind, door), read_only=True) as crm:
        return await _rows(crm, question)


async def _rows(crm: Crm, question: Function[Any]) -> list[Found]:
    answer = select(
        question.table_valued(column("org_id"), column("user_id"), column("subject_id"))
    )
    return [Found(*row) for row in await crm.session.execute(answer)]
