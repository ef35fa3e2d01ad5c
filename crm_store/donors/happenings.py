"""What a timeline tells of, and which table knows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, cast, func, literal, select

from crm_store.campaigns.models import Campaign
from crm_store.contacts.models import Activity, Note
from crm_store.conversations.models import Conversation
from crm_store.donors.models import DonorAssignment, StageChange
from crm_store.gifts.models import Gift, Pledge
from crm_store.identity.models import Member
from crm_store.outreach.models import Delivery, Outbox, TrackingEvent, TrackingKind
from crm_store.tasks.models import Task, TaskStatus
from crm_store.tickets.models import Ticket

EXCERPT = 280


class Happening(StrEnum):
    """The kinds of line a timeline has."""

    GIFT = "gift"
    PLEDGE = "pledge"
    STAGE = "stage"
    OFFICER = "officer"
    ACTIVITY = "activity"
    NOTE = "note"
    TASK = "task"
    TICKET = "ticket"
    CONVERSATION = "conversation"
    MAIL_SENT = "mail_sent"
    MAIL_OPENED = "mail_opened"
    LINK_CLICKED = "link_clicked"


@dataclass(frozen=True, slots=True)
class Source:
    """Where lines of one kind come from, and what they say."""

    kind: Happening
    model: Any
    at: Any
    title: Any
    body: Any = None
    status: Any = None
    amount: Any = None
    currency: Any = None
    member: Any = None
    only: tuple[Any, ...] = ()

    @property
    def scope(self) -> str:
        return f"{self.model.__domain__}:read"


def _midnight(day: Any) -> Any:
    """A day as a moment, so that days and moments stand in one order."""
    return func.timezone("UTC", cast(day, DateTime(timezone=False)), type_=DateTime(timezone=True))


def _excerpt(words: Any) -> Any:
    return func.left(words, EXCERPT)


def _one(column: Any, *where: Any) -> Any:
    return select(column).where(*where).correlate_except(column.class_).scalar_subquery()


def _subject(outbox_id: Any, campaign_id: Any, org_id: Any) -> Any:
    """What the mail was headed: its own subject or its campaign's."""
    return func.coalesce(
        _one(Outbox.subject, Outbox.org_id == org_id, Outbox.id == outbox_id),
        _one(Campaign.subject, Campaign.org_id == org_id, Campaign.id == campaign_id),
        "Mail",
    )


def _tracked(kind: Happening, event: TrackingKind) -> Source:
    sent = (Delivery.org_id == TrackingEvent.org_id, Delivery.id == TrackingEvent.delivery_id)
    title = _subject(
        _one(Delivery.outbox_id, *sent), _one(Delivery.campaign_id, *sent), TrackingEvent.org_id
    )
    only = (TrackingEvent.kind == event, TrackingEvent.is_machine.is_(False))
    return Source(kind, TrackingEvent, TrackingEvent.at, title, TrackingEvent.link_url, only=only)


OFFICER = _one(
    Member.name, Member.org_id == DonorAssignment.org_id, Member.id == DonorAssignment.member_id
)
DAYS: dict[Any, Any] = {Gift: Gift.received_on, Pledge: Pledge.pledged_on}
SOURCES = (
    Source(
        Happening.GIFT, Gift, _midnight(Gift.received_on), Gift.method, _excerpt(Gift.notes),
        amount=Gift.amount - Gift.refunded, currency=Gift.currency,
    ),
    Source(
        Happening.PLEDGE, Pledge, _midnight(Pledge.pledged_on), literal("Pledge"),
        _excerpt(Pledge.notes), Pledge.status, Pledge.amount, Pledge.currency,
    ),
    Source(
        Happening.STAGE, StageChange, StageChange.at, StageChange.to_stage, StageChange.reason,
        StageChange.from_stage, member=StageChange.member_id,
    ),
    Source(
        Happening.OFFICER, DonorAssignment, DonorAssignment.started_at,
        func.coalesce(OFFICER, "Nobody"), DonorAssignment.reason,
        member=DonorAssignment.assigned_by_id,
    ),
    Source(
        Happening.ACTIVITY, Activity, Activity.at, Activity.subject,
        _excerpt(Activity.description), Activity.kind, member=Activity.member_id,
    ),
    Source(
        Happening.NOTE, Note, Note.at, literal("Note"), _excerpt(Note.body),
        member=Note.member_id,
    ),
    Source(
        Happening.TASK, Task, Task.completed_at, Task.title, _excerpt(Task.description),
        Task.type, member=Task.completed_by_id, only=(Task.status == TaskStatus.DONE,),
    ),
    Source(
        Happening.TICKET, Ticket, Ticket.created_at, Ticket.subject,
        _excerpt(Ticket.description), Ticket.status, member=Ticket.owner_id,
    ),
    Source(
        Happening.CONVERSATION, Conversation, Conversation.last_message_at,
        func.coalesce(Conversation.subject, Conversation.channel),
        Conversation.last_message_preview, Conversation.status, member=Conversation.owner_id,
        only=(Conversation.last_message_at.is_not(None),),
    ),
    Source(
        Happening.MAIL_SENT, Delivery, Delivery.queued_at,
        _subject(Delivery.outbox_id, Delivery.campaign_id, Delivery.org_id),
        Delivery.to_address, Delivery.status,
    ),
    _tracked(Happening.MAIL_OPENED, TrackingKind.OPEN),
    _tracked(Happening.LINK_CLICKED, TrackingKind.CLICK),
)  # fmt: skip
