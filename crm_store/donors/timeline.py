"""Everything that happened with a donor or a person, newest first, a page at a time.

Each source answers with its own newest lines by an index of its own; only those are put in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor
from crm_store.base import Live, Owned
from crm_store.campaigns.models import Campaign
from crm_store.contacts.models import Activity, Note, Person
from crm_store.contacts.repository import PersonRepository
from crm_store.contacts.visibility import seen_with_parents
from crm_store.conversations.models import Conversation
from crm_store.donors.models import Donor, DonorAssignment, DonorPerson, StageChange
from crm_store.donors.repository import DonorRepository
from crm_store.donors.views import TimelineLine
from crm_store.gifts.models import Gift, Pledge
from crm_store.identity.models import Member
from crm_store.keyset import read_cursor, write_cursor
from crm_store.outreach.models import Delivery, Outbox, TrackingEvent, TrackingKind
from crm_store.prepared import Prepared, alike
from crm_store.repository import Page, reach_of
from crm_store.tasks.models import Task, TaskStatus
from crm_store.tickets.models import Ticket

EXCERPT = 280

MOST: Any = bindparam("most", None, Integer())


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


class TimelineRepository:
    """What happened, whatever table keeps it; what a person's rights leave out is counted."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @property
    def actor(self) -> Actor:
        actor: Actor = self.session.info["actor"]
        return actor

    async def of_donor(
        self,
        donor_id: UUID,
        *,
        after: str | None = None,
        limit: int = 30,
        kinds: Collection[Happening] = (),
    ) -> Page[TimelineLine]:
        """The donor's own lines and those of everybody who gives as part of it."""
        donor = await DonorRepository(self.session).get(donor_id)
        people = (await self.session.scalars(_members(donor))).all()
        whose = {f"person_{place}": person_id for place, person_id in enumerate(people)}
        return await self._read({"donor": donor.id, **whose}, after, limit, kinds)

    async def of_person(
        self,
        person_id: UUID,
        *,
        after: str | None = None,
        limit: int = 30,
        kinds: Collection[Happening] = (),
    ) -> Page[TimelineLine]:
        person = await PersonRepository(self.session).get(person_id)
        return await self._read({"person_0": person.id}, after, limit, kinds)

    async def _read(
        self, whose: dict[str, UUID], after: str | None, limit: int, kinds: Collection[Happening]
    ) -> Page[TimelineLine]:
        wanted = frozenset(kinds or Happening)
        readable = frozenset(s.kind for s in SOURCES if self.actor.may(s.scope))
        hidden = len(wanted - readable)
        place: dict[str, Any] = {}
        if after:
            at, row_id = read_cursor(after, (Activity.at, Activity.id))
            place = {"at": at, "day": at.date(), "row": row_id}
        question = _question(
            alike(self.actor, ()), tuple(whose), wanted & readable, is_first=not after
        )
        if question is None:
            return Page(hidden=hidden)
        found = await question.rows(self.session, **whose, **place, most=limit + 1)
        rows = [TimelineLine.seen_by(self.actor, **line) for line in found[:limit]]
        following = write_cursor([rows[-1].at, rows[-1].id]) if len(found) > limit else None
        return Page(rows, len(rows), hidden, following)


def _members(donor: Donor) -> Select[UUID]:
    return (
        select(DonorPerson.person_id)
        .join(Person, (Person.org_id == DonorPerson.org_id) & (Person.id == DonorPerson.person_id))
        .where(
            DonorPerson.org_id == donor.org_id,
            DonorPerson.donor_id == donor.id,
            DonorPerson.left_at.is_(None),
            Person.deleted_at.is_(None),
        )
    )


@lru_cache(maxsize=512)
def _question(
    actor: Actor, whose: tuple[str, ...], kinds: frozenset[Happening], *, is_first: bool
) -> Prepared | None:
    """The newest lines of all sources, for a donor and its people or for one person."""
    branches = [
        _branch(actor, source, name, besides="donor" if "donor" in whose else None, first=is_first)
        for source in SOURCES
        for name in whose
        if source.kind in kinds and hasattr(source.model, _column(name))
    ]
    if not branches:
        return None
    lines = union_all(*branches).subquery()
    newest = select(lines).order_by(lines.c.at.desc(), lines.c.id.desc()).limit(MOST)
    return Prepared.of(newest)


def _column(name: str) -> str:
    return f"{name.split('_')[0]}_id"


def _branch(actor: Actor, source: Source, name: str, *, besides: str | None, first: bool) -> Any:
    """The newest lines of one source. A person's that are the donor's too are told once."""
    model = source.model
    query = select(
        literal_column(f"'{source.kind.value}'", Text).label("kind"),
        model.id.label("id"),
        source.at.label("at"),
        cast(source.title, Text).label("title"),
        _or_null(source.body, Text).label("body"),
        _or_null(source.status, Text).label("status"),
        _or_null(source.amount, Numeric(18, 4)).label("amount"),
        _or_null(source.currency, Text).label("currency"),
        _or_null(source.member, Uuid).label("member_id"),
    ).where(model.org_id == actor.org, getattr(model, _column(name)) == _id(name), *source.only)
    if besides and name != besides and hasattr(model, "donor_id"):
        query = query.where(model.donor_id.is_distinct_from(_id(besides)))
    if issubclass(model, Live):
        query = query.where(model.deleted_at.is_(None))
    seen = reach_of(actor, model) if issubclass(model, Owned) else seen_with_parents(actor, model)
    query = query.where(seen)
    if not first:
        query = query.where(*_older(source))
    return query.order_by(source.at.desc(), model.id.desc()).limit(MOST)


def _older(source: Source) -> Iterator[ColumnElement[bool]]:
    """After the last line seen. A source that keeps days is asked by day, as its index is."""
    at, row_id = bindparam("at", None, DateTime(timezone=True)), _id("row")
    if source.model in DAYS:
        yield DAYS[source.model] <= bindparam("day", None, Date())
    else:
        yield source.at <= at
    yield tuple_(source.at, source.model.id) < tuple_(at, row_id)


def _id(name: str) -> Any:
    return bindparam(name, None, Uuid())


def _or_null(value: Any, kind: Any) -> Any:
    return cast(null() if value is None else value, kind)


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
