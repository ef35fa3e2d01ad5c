"""Consents, messages to send and mailboxes for tests, with as few words as a test has."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from crm_store.channel import Channel, Purpose
from crm_store.crm import Crm
from crm_store.outreach import actions
from crm_store.outreach.models import (
    Consent,
    ConsentSource,
    Draft,
    DraftingSession,
    Mailbox,
    Outbox,
    OutboxKind,
)


async def make_consent(crm: Crm, person_id: UUID, **more: Any) -> Consent:
    purpose = more.pop("purpose", Purpose.MARKETING)
    return await actions.give_consent(
        crm, person_id, purpose, more.pop("source", ConsentSource.WEBSITE), **more
    )


async def make_session(crm: Crm, name: str = "Spring letters", **more: Any) -> DraftingSession:
    return await actions.start_session(crm, name, **more)


async def make_draft(crm: Crm, body: str = "Thank you for March.", **more: Any) -> Draft:
    return await actions.write_draft(crm, body_plain=body, subject="Thank you", **more)


async def make_outbox(crm: Crm, person_id: UUID, **more: Any) -> Outbox:
    """A message to somebody that wants a decision, unless it is given another purpose."""
    facts: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "purpose": Purpose.APPEAL,
        "idempotency_key": str(uuid4()),
        "subject": "Spring",
        "body_plain": "Spring is here.",
    } | more
    return await actions.enqueue(crm, OutboxKind.WORKFLOW, person_id=person_id, **facts)


async def make_mailbox(crm: Crm, address: str = "office@harbour.example", **more: Any) -> Mailbox:
    return await actions.connect_mailbox(crm, more.pop("provider", "smtp"), address, **more)
