"""Addresses as suppressions know them: one normal form, and the hash that outlives erasure."""

from __future__ import annotations

import hashlib
from uuid import UUID

from crm_store.channel import Channel
from crm_store.contacts.models import IdentifierKind
from crm_store.contacts.reaching import normalise as contact_form

KINDS = {
    Channel.EMAIL: IdentifierKind.EMAIL,
    Channel.WHATSAPP: IdentifierKind.WHATSAPP,
    Channel.TEXT: IdentifierKind.PHONE,
    Channel.PHONE: IdentifierKind.PHONE,
}


def normalise(channel: Channel, address: str, country: str | None = None) -> str:
    """The form in which the same address is always the same."""
    kind = KINDS.get(channel)
    return contact_form(kind, address, country) if kind else " ".join(address.casefold().split())


def hash_of(org_id: UUID, channel: Channel, normalised: str) -> bytes:
    """The same in SQL: address_hash()."""
    return hashlib.sha256(f"{org_id}|{channel.value}|{normalised}".encode()).digest()


def locking_key(*parts: object) -> int:
    """A number for an advisory lock, the same in every process."""
    digest = hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
