"""Drafts: written, edited, approved by somebody, given an hour, and put in the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.outreach.deciding import may_contact
from crm_store.outreach.models import (
    Draft,
    DraftingSession,
    DraftSource,
    DraftStatus,
    Outbox,
    OutboxKind,
    OutboxState,
    SessionStatus,
    StyleExample,
)
from crm_store.outreach.outbox import MayNotContact, cancel, enqueue
from crm_store.outreach.windows import release_slot, reserve_slot

WORDS = frozenset(
    {"subject", "body_plain", "body_html", "structured_content", "language", "to_address"}
)


class NotApproved(Conflict):
    """Nobody has approved this draft as it stands now."""


async def start_session(crm: Crm, name: str, **facts: Any) -> DraftingSession:
    """Begin writing to many donors."""
    if not name.strip():
        raise Invalid("Give this session a name.")
    facts.setdefault("member_id", crm.actor.member_id)
    session = crm.drafting_sessions.add(DraftingSession(name=name.strip(), **facts))
    await crm.flush()
    return session


async def move_session(crm: Crm, session_id: UUID, status: SessionStatus) -> DraftingSession:
    """How far the writing has come; cancelling takes back what has not gone."""
    session = await crm.drafting_sessions.get(session_id, lock=True)
    if session.status in {SessionStatus.CANCELLED, SessionStatus.COMPLETED}:
        raise Conflict("This session is over.")
    session.status = status
    if status is SessionStatus.GENERATING:
        session.job_started_at = session.job_started_at or now()
    elif status in {SessionStatus.COMPLETED, SessionStatus.CANCELLED}:
        session.job_completed_at = now()
    if status is SessionStatus.CANCELLED:
        waiting = crm.drafts.rows().where(
            Draft.session_id == session.id,
            Draft.status.in_([DraftStatus.DRAFT, DraftStatus.APPROVED, DraftStatus.SCHEDULED]),
        )
        for draft in await crm.drafts.all(waiting):
            await cancel_draft(crm, draft.id)
    await crm.flush()
    return session


async def write_draft(
    crm: Crm,
    *,
    donor_id: UUID | None = None,
    person_id: UUID | None = None,
    session_id: UUID | None = None,
    sources: Sequence[dict[str, Any]] = (),
    **content: Any,
) -> Draft:
    """Put a message to somebody down, with the source of every claim in it."""
    if donor_id is None and person_id is None:
        raise Invalid("Say whom this draft is for.")
    session = await crm.drafting_sessions.get(session_id, lock=True) if session_id else None
    if donor_id is not None:
        await crm.donors.get(donor_id)
    if person_id is not None:
        await crm.people.get(person_id)
    if session is not None:
        content.setdefault("channel", session.channel)
        content.setdefault("purpose", session.purpose)
        session.generated_count += 1
    draft = crm.drafts.add(
        Draft(donor_id=donor_id, person_id=person_id, session_id=session_id, **content)
    )
    await cite(crm, draft, sources)
    return draft


async def cite(crm: Crm, draft: Draft, sources: Sequence[dict[str, Any]]) -> None:
    """The sources of a draft, instead of those it had."""
    await crm.flush()
    for old in await crm.draft_sources.of(draft.id):
        await crm.session.delete(old)
    await crm.flush()
    crm.session.add_all(
        DraftSource(draft_id=draft.id, place=place, **source)
        for place, source in enumerate(sources, start=1)
    )
    await crm.flush()


async def edit_draft(crm: Crm, draft_id: UUID, **changes: Any) -> Draft:
    """Change the words. What was approved is no longer this, so it must be approved again."""
    draft = await crm.drafts.get(draft_id, lock=True)
    if unknown := changes.keys() - WORDS:
        raise Invalid(f"A draft has no {', '.join(sorted(unknown))} to edit.")
    if draft.status not in {DraftStatus.DRAFT, DraftStatus.APPROVED, DraftStatus.REJECTED}:
        raise Conflict("This draft can no longer be edited.")
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.version += 1
    draft.status, draft.content_hash = DraftStatus.DRAFT, None
    draft.approved_at = draft.approved_by = None
    await crm.flush()
    return draft


async def approve_draft(crm: Crm, draft_id: UUID) -> Draft:
    """Somebody read it and stands by it: these words, and no others, may go."""
    draft = await crm.drafts.get(draft_id, lock=True)
    if draft.status not in {DraftStatus.DRAFT, DraftStatus.APPROVED}:
        raise Conflict("Only a draft can be approved.")
    if not draft.body_plain.strip() and not (draft.body_html or "").strip():
        raise Invalid("This draft is empty.")
    draft.status, draft.content_hash = DraftStatus.APPROVED, fingerprint(draft)
    draft.approved_at, draft.approved_by = now(), crm.actor.id
    await crm.flush()
    return draft


async def reject_draft(crm: Crm, draft_id: UUID, because: str) -> Draft:
    """Turn a draft down, with the reason for whoever writes the next one."""
    draft = await crm.drafts.get(draft_id, lock=True)
    if draft.status not in {DraftStatus.DRAFT, DraftStatus.APPROVED}:
        raise Conflict("Only a draft can be turned down.")
    draft.status, draft.rejected_reason = DraftStatus.REJECTED, because.strip()
    await crm.flush()
    return draft


async def schedule_draft(crm: Crm, draft_id: UUID, *, after: datetime | None = None) -> Outbox:
    """Give an approved draft its hour within the limits, and put it in the outbox."""
    draft = await crm.drafts.get(draft_id, lock=True)
    if draft.status is not DraftStatus.APPROVED or draft.content_hash != fingerprint(draft):
        raise NotApproved
    draft.person_id = draft.person_id or await _recipient(crm, draft)
    slot = await reserve_slot(
        crm,
        session_id=draft.session_id,
        person_id=draft.person_id,
        draft_id=draft.id,
        after=after,
    )
    row = await enqueue(
        crm,
        OutboxKind.DRAFT,
        channel=draft.channel,
        purpose=draft.purpose,
        idempotency_key=f"draft:{draft.id}:{draft.version}",
        to_address=draft.to_address,
        person_id=draft.person_id,
        donor_id=draft.donor_id,
        draft_id=draft.id,
        mailbox_id=draft.mailbox_id,
        subject=draft.subject,
        body_plain=draft.body_plain,
        body_html=draft.body_html,
        not_before=slot.at,
    )
    draft.status, draft.scheduled_at = DraftStatus.SCHEDULED, row.not_before
    draft.to_address, draft.sender_id = row.to_address, draft.sender_id or crm.actor.member_id
    await crm.flush()
    return row


async def cancel_draft(crm: Crm, draft_id: UUID) -> Draft:
    """Take a draft back, and its hour and its place in the outbox with it."""
    draft = await crm.drafts.get(draft_id, lock=True)
    if draft.status in {DraftStatus.SENT, DraftStatus.FAILED}:
        raise Conflict("This draft has gone out already.")
    waiting = crm.outbox.rows().where(
        Outbox.draft_id == draft.id, Outbox.state != OutboxState.CANCELLED
    )
    for row in await crm.outbox.all(waiting):
        await cancel(crm, row.id)
    await release_slot(crm, draft.id)
    draft.status = DraftStatus.CANCELLED
    await crm.flush()
    return draft


async def keep_example(crm: Crm, body: str, **facts: Any) -> StyleExample:
    """Something a member wrote well, for later drafts to sound like them."""
    if not body.strip():
        raise Invalid("An example needs words.")
    facts.setdefault("member_id", crm.actor.member_id)
    made = crm.style_examples.add(StyleExample(body=body, **facts))
    await crm.flush()
    return made


def fingerprint(draft: Draft) -> bytes:
    """Of everything a reader would see."""
    parts = (draft.subject or "", draft.body_plain, draft.body_html or "", draft.to_address or "")
    return hashlib.sha256("\0".join(parts).encode()).digest()


async def _recipient(crm: Crm, draft: Draft) -> UUID:
    """Whichever of the donor's people may be written to."""
    decision = await may_contact(
        crm, channel=draft.channel, purpose=draft.purpose, donor_id=draft.donor_id
    )
    if not decision.allowed and decision.not_before is None:
        raise MayNotContact(decision.reasons)
    return decision.person_id
