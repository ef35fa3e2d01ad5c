"""What people asked of the organisation: tickets with their clocks, and talks on three channels."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_store.channel import Channel, Direction
from crm_store.conversations.models import (
    Conversation,
    ConversationStatus,
    Handling,
    Message,
    MessageRole,
    MessageStatus,
    Visitor,
    Widget,
)
from crm_store.demo.names import culture, family
from crm_store.demo.scene import Keys, Scene
from crm_store.demo.sentences import TALKS, TICKETS
from crm_store.tickets import clocks
from crm_store.tickets.models import Ticket, TicketNote, TicketPriority, TicketStatus

CLOCKS = (
    "clock_started_at", "sla_policy_id", "first_response_minutes", "first_response_due_at",
    "first_response_left", "first_responded_at", "resolution_minutes", "resolution_due_at",
    "resolution_left",
)  # fmt: skip
ENDS = (TicketStatus.SOLVED, TicketStatus.SOLVED, TicketStatus.OPEN, TicketStatus.PENDING,
        TicketStatus.CLOSED)  # fmt: skip
OVER = (TicketStatus.SOLVED, TicketStatus.CLOSED)
ROLES = {"user": MessageRole.USER, "assistant": MessageRole.ASSISTANT, "staff": MessageRole.STAFF}


async def add_help(scene: Scene) -> None:
    await _tickets(scene)
    await _talks(scene)


async def _tickets(scene: Scene) -> None:
    """Most are solved, some wait, and one that nobody saw is long overdue."""
    dice, ids = scene.dice("tickets"), scene.ids("tickets")
    tickets: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for number in range(scene.some(40, 0.12)):
        subject, asked, priority, answer = TICKETS[number % len(TICKETS)]
        status = TicketStatus.OPEN if number == 0 else dice.choice(ENDS)
        ago = 12 if number == 0 else dice.randrange(1, 9 if status not in OVER else 200)
        at = scene.at(ago, dice.randrange(7, 15), dice.randrange(60))
        owner = dice.choice(scene.officers).id
        ticket = Ticket(
            id=ids.next(at), subject=subject, description=asked, status=TicketStatus.OPEN,
            priority=TicketPriority(priority), owner_id=owner if number else None,
            channel=dice.choice((Channel.EMAIL, Channel.EMAIL, Channel.WIDGET, Channel.PHONE)),
            person_id=dice.choice(scene.donors).person_id, created_at=at,
        )  # fmt: skip
        promise = await scene.crm.sla_policies.promise(ticket.priority)
        clocks.start(ticket, promise, at)
        answered = at + timedelta(minutes=dice.choice((25, 50, 90)))
        if number and (status is not TicketStatus.OPEN or ago > 1):
            clocks.answered(ticket, promise, answered)
            notes.append(_note(ids, ticket.id, owner, answer, answered, is_private=False))
        if number and dice.random() < 0.3:
            notes.append(_note(ids, ticket.id, owner, "Asked the bank.", answered))
        if status is not TicketStatus.OPEN:
            ends.append(_end(ticket, promise, status, answered))
        tickets.append(_row(ticket))
    await scene.put(Ticket, tickets)
    await scene.put(TicketNote, notes)
    await _finish(scene, ends)


def _row(ticket: Ticket) -> dict[str, Any]:
    """As it came in, with its clocks as they stand now."""
    names = ("id", "subject", "description", "priority", "owner_id", "channel", "person_id",
             "created_at", *CLOCKS)  # fmt: skip
    return {name: getattr(ticket, name) for name in names}


def _end(ticket: Ticket, promise: Any, status: TicketStatus, at: datetime) -> dict[str, Any]:
    ticket.status = status
    clocks.follow_status(ticket, promise, at)
    return {
        "id": ticket.id, "status": status.value,
        "solved": at if status in OVER else None,
        "closed": at if status is TicketStatus.CLOSED else None,
    }  # fmt: skip


def _note(
    ids: Keys, ticket_id: UUID, author: UUID, body: str, at: datetime, *, is_private: bool = True
) -> dict[str, Any]:
    return {"id": ids.next(at), "ticket_id": ticket_id, "author_id": author, "body": body,
            "is_private": is_private, "created_at": at}  # fmt: skip


async def _finish(scene: Scene, ends: list[dict[str, Any]]) -> None:
    statement = text(
        "UPDATE tickets SET status = :status, solved_at = :solved, closed_at = :closed"
        " WHERE org_id = app_org() AND id = :id"
    )
    if ends:
        await scene.crm.session.execute(statement, ends)


async def _talks(scene: Scene) -> None:
    dice, ids = scene.dice("talks"), scene.ids("talks")
    widget = await _widget(scene, ids)
    visitors: list[dict[str, Any]] = []
    talks: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for number in range(scene.some(36, 0.1)):
        channel = (Channel.WIDGET, Channel.WHATSAPP, Channel.EMAIL)[number % 3]
        at = scene.at(dice.randrange(0, 90), dice.randrange(8, 17), dice.randrange(60))
        words = dice.choice(TALKS[channel.value])
        talk: dict[str, Any] = {"id": ids.next(at), "channel": channel, "created_at": at}
        talk["handling"] = Handling.ASSISTANT if channel is Channel.WIDGET else Handling.PERSON
        talk["owner_id"] = dice.choice(scene.officers).id
        if channel is Channel.WIDGET:
            visitor = _visitor(dice, ids, widget, number, at)
            visitors.append(visitor)
            talk |= {"visitor_id": visitor["id"], "widget_id": widget}
        else:
            donor = dice.choice(scene.donors)
            talk |= {"person_id": donor.person_id, "subject": _subject(channel)}
            talk["thread_key"] = f"demo-{number}"
        talks.append(talk)
        said += _messages(scene, ids, talk, words, dice)
    await scene.put(Visitor, visitors)
    await scene.put(Conversation, talks)
    await scene.put(Message, said)
    await _rest(scene, dice, talks)


def _subject(channel: Channel) -> str | None:
    return "A question" if channel is Channel.EMAIL else None


async def _widget(scene: Scene, ids: Keys) -> UUID:
    at = scene.at(300)
    made = ids.next(at)
    await scene.put(Widget, [{
        "id": made, "name": "Website", "embed_key": f"demo-{scene.key}",
        "title": scene.org.name, "greeting": "Hello! What would you like to know?",
        "suggestions": ["How can I give?", "Where does the money go?", "Can I visit?"],
        "language": "en", "timezone": scene.org.timezone, "created_at": at,
    }])  # fmt: skip
    return made


def _visitor(dice: Random, ids: Keys, widget: UUID, number: int, at: datetime) -> dict[str, Any]:
    found = culture(dice)
    name = f"{dice.choice(found.women + found.men)} {family(dice, found)}"
    return {
        "id": ids.next(at), "visitor_key": f"demo-visitor-{number}", "widget_id": widget,
        "name": name if dice.random() < 0.5 else None, "language": found.language,
        "email": f"visitor.{number}@example.org" if dice.random() < 0.4 else None,
        "first_seen_at": at, "last_seen_at": at, "first_page": "/give", "created_at": at,
    }  # fmt: skip


def _messages(
    scene: Scene, ids: Keys, talk: dict[str, Any], words: Any, dice: Random
) -> list[dict[str, Any]]:
    rows, at = [], talk["created_at"]
    for role, content in words:
        inbound = role == "user"
        rows.append({
            "id": ids.next(at), "conversation_id": talk["id"], "channel": talk["channel"],
            "direction": Direction.INBOUND if inbound else Direction.OUTBOUND,
            "role": ROLES[role], "content": content, "sent_at": at, "created_at": at,
            "status": MessageStatus.READ, "is_tainted": inbound,
            "visitor_id": talk.get("visitor_id"),
            "person_id": talk.get("person_id") if inbound else None,
            "member_id": talk["owner_id"] if role == "staff" else None,
        })  # fmt: skip
        at += timedelta(minutes=dice.choice((1, 2, 4, 35)))
    return rows


async def _rest(scene: Scene, dice: Random, talks: list[dict[str, Any]]) -> None:
    """Most are settled and read; a few still wait for an answer."""
    statement = text(
        "UPDATE conversations SET status = :status, unread_count = 0, resolved_at = :at"
        " WHERE org_id = app_org() AND id = :id"
    )
    settled = [
        {"id": talk["id"], "status": ConversationStatus.RESOLVED.value,
         "at": talk["created_at"] + timedelta(hours=3)}
        for talk in talks if dice.random() < 0.75
    ]  # fmt: skip
    if settled:
        await scene.crm.session.execute(statement, settled)
