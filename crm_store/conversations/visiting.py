"""Website visitors: meeting them, letting them come back, and learning who they are."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from crm_store.base import now
from crm_store.conversations.models import Conversation, Visitor, VisitorSession
from crm_store.crm import Crm
from crm_store.errors import Conflict, Refused

SESSION_DAYS = 7


class Blocked(Refused):
    """This visitor has been turned away."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session and the only copy there is of its token."""

    session: VisitorSession
    token: str


async def meet_visitor(crm: Crm, visitor_key: str | None = None, **facts: Any) -> Visitor:
    """A new visitor, or the one this browser already was."""
    known = await crm.visitors.by_key(visitor_key) if visitor_key else None
    if known is None:
        known = crm.visitors.add(Visitor(visitor_key=visitor_key, **facts))
    else:
        known.visits, known.last_seen_at = known.visits + 1, now()
        known.last_page = facts.get("last_page", known.last_page)
    await crm.flush()
    return known


async def open_session(
    crm: Crm, visitor_id: UUID, *, at: datetime | None = None, **facts: Any
) -> Opened:
    """Proof for one browser. It ends when it ends: using it does not make it longer."""
    visitor = await crm.visitors.get(visitor_id)
    if visitor.is_blocked:
        raise Blocked
    at = at or now()
    widget = await crm.widgets.get(visitor.widget_id) if visitor.widget_id else None
    token = secrets.token_urlsafe(32)
    session = crm.visitor_sessions.add(
        VisitorSession(
            visitor_id=visitor.id,
            widget_id=visitor.widget_id,
            token_hash=sha256(token.encode()).digest(),
            started_at=at,
            last_seen_at=at,
            expires_at=at + timedelta(days=widget.session_days if widget else SESSION_DAYS),
            **facts,
        )
    )
    await crm.flush()
    return Opened(session, token)


async def end_sessions(crm: Crm, visitor_id: UUID, *, at: datetime | None = None) -> int:
    """Every browser of this visitor must prove itself anew."""
    visitor = await crm.visitors.get(visitor_id)
    running = crm.visitor_sessions.rows().where(
        VisitorSession.visitor_id == visitor.id, VisitorSession.ended_at.is_(None)
    )
    ended = await crm.visitor_sessions.all(running)
    for session in ended:
        session.ended_at = at or now()
    await crm.flush()
    return len(ended)


async def verify_visitor(
    crm: Crm, visitor_id: UUID, person_id: UUID, *, by: str, at: datetime | None = None
) -> Visitor:
    """They proved who they are. A claim alone never gets this far, and proof is not overwritten:
    somebody else at the same browser is another visitor."""
    visitor = await crm.visitors.get(visitor_id, lock=True)
    person = await crm.people.get(person_id)
    if visitor.person_id not in {None, person.id}:
        raise Conflict("This visitor is known already, as somebody else.")
    if visitor.person_id is None:
        visitor.person_id, visitor.verified_at, visitor.verified_by = person.id, at or now(), by
    threads = crm.conversations.everything().where(
        Conversation.visitor_id == visitor.id, Conversation.person_id.is_(None)
    )
    for conversation in await crm.conversations.all(threads):
        conversation.person_id = person.id
    await crm.flush()
    return visitor


async def block_visitor(crm: Crm, visitor_id: UUID, *, blocked: bool = True) -> Visitor:
    """Turn somebody away, or let them in again."""
    visitor = await crm.visitors.get(visitor_id, lock=True)
    visitor.is_blocked = blocked
    if blocked:
        await end_sessions(crm, visitor.id)
    await crm.flush()
    return visitor


async def note_consent(
    crm: Crm, visitor_id: UUID, words: str, *, at: datetime | None = None
) -> Visitor:
    """The visitor agreed to these words before anything was sent."""
    visitor = await crm.visitors.get(visitor_id)
    visitor.consented_at, visitor.consent_text = at or now(), words
    await crm.flush()
    return visitor
