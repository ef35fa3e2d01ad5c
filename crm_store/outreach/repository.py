"""Questions about drafts, sending and whether people may be written to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true

from crm_store.actor import Reach
from crm_store.channel import Channel
from crm_store.contacts.models import Person
from crm_store.donors.models import Donor
from crm_store.errors import NotFound
from crm_store.following import follows
from crm_store.outreach.addresses import hash_of, normalise
from crm_store.outreach.models import (
    Consent,
    ContactDecision,
    ContactPolicy,
    Delivery,
    Draft,
    DraftingSession,
    DraftSource,
    Link,
    Mailbox,
    MailProvider,
    Outbox,
    OutboxState,
    SenderIdentity,
    SendSlot,
    SendWindow,
    StyleExample,
    Suppression,
    TrackingEvent,
)
from crm_store.repository import Page, Repository, Row


class PersonalRepository(Repository[Row]):
    """Rows about somebody, seen by those who see the donor, or else the person."""

    def visible(self) -> ColumnElement[bool]:
        parents = [
            (getattr(self.model, column), parent)
            for column, parent in (("donor_id", Donor), ("person_id", Person))
            if hasattr(self.model, column)
        ]
        return follows(self.actor, *parents)


class OwnOrSharedRepository(Repository[Row]):
    """Rows of one member or of the whole organisation: one's own and the shared ones."""

    def visible(self) -> ColumnElement[bool]:
        if self.actor.reach is Reach.ALL:
            return true()
        column = self.model.member_id
        return or_(column.is_(None), column.in_({self.actor.member_id, *self.actor.team_ids}))


class DraftingSessionRepository(OwnOrSharedRepository[DraftingSession]):
    model = DraftingSession

    async def recent(self, limit: int = 20) -> Page[DraftingSession]:
        return await self.page(limit=limit)


class DraftRepository(PersonalRepository[Draft]):
    model = Draft

    async def of_session(self, session_id: UUID, limit: int = 20, offset: int = 0) -> Page[Draft]:
        return await self.page(
            Draft.session_id == session_id, limit=limit, offset=offset, order=Draft.id
        )

    async def of_donor(self, donor_id: UUID, limit: int = 20) -> Page[Draft]:
        return await self.page(Draft.donor_id == donor_id, limit=limit)


class DraftSourceRepository(Repository[DraftSource]):
    model = DraftSource

    def visible(self) -> ColumnElement[bool]:
        if self.actor.reach is Reach.ALL:
            return true()
        within = follows(self.actor, (Draft.donor_id, Donor), (Draft.person_id, Person))
        return DraftSource.draft_id.in_(
            select(Draft.id).where(Draft.org_id == self.actor.org, within)
        )

    async def of(self, draft_id: UUID) -> Sequence[DraftSource]:
        """Each claim's source, in the order of the text."""
        return await self.all(
            self.rows().where(DraftSource.draft_id == draft_id).order_by(DraftSource.place)
        )


class StyleExampleRepository(OwnOrSharedRepository[StyleExample]):
    model = StyleExample

    async def of_member(self, member_id: UUID | None, limit: int = 5) -> Sequence[StyleExample]:
        """The member's own, newest first."""
        return await self.all(
            self.rows()
            .where(StyleExample.member_id == member_id)
            .order_by(StyleExample.id.desc())
            .limit(limit)
        )


class SendWindowRepository(Repository[SendWindow]):
    model = SendWindow

    async def holding(self, session_id: UUID | None = None, *, lock: bool = False) -> SendWindow:
        """The session's own window, or the organisation's."""
        query = self.rows().where(
            or_(SendWindow.session_id == session_id, SendWindow.session_id.is_(None))
        )
        found = await self.first(query.order_by(SendWindow.session_id.is_(None)))
        if found is None:
            raise NotFound("No hours for sending have been set.")
        return await self.get(found.id, lock=True) if lock else found


class SendSlotRepository(PersonalRepository[SendSlot]):
    model = SendSlot


class MailboxRepository(OwnOrSharedRepository[Mailbox]):
    model = Mailbox

    async def providers(self) -> Sequence[MailProvider]:
        query = select(MailProvider).order_by(MailProvider.sort_order)
        return (await self.session.scalars(query)).all()

    async def for_sending(self, member_id: UUID | None = None) -> Mailbox:
        """The member's default mailbox, or else the organisation's."""
        found = await self.first(
            self.rows()
            .where(
                Mailbox.is_active,
                or_(Mailbox.member_id == member_id, Mailbox.member_id.is_(None)),
            )
            .order_by(Mailbox.member_id.is_(None), Mailbox.is_default.desc(), Mailbox.id)
        )
        if found is None:
            raise NotFound("No mailbox is connected to send from.")
        return found


class SenderIdentityRepository(Repository[SenderIdentity]):
    model = SenderIdentity

    async def covering(self, address: str) -> SenderIdentity | None:
        """The proven address or domain that this sender may use."""
        address = address.strip().casefold()
        return await self.first(
            self.rows()
            .where(
                SenderIdentity.value.in_([address, address.rpartition("@")[2]]),
                SenderIdentity.status == "verified",
            )
            .order_by(func.length(SenderIdentity.value).desc())
        )


class OutboxRepository(PersonalRepository[Outbox]):
    model = Outbox

    async def by_key(self, idempotency_key: str) -> Outbox | None:
        return await self.first(self.rows().where(Outbox.idempotency_key == idempotency_key))

    async def unresolved(self, limit: int = 50) -> Page[Outbox]:
        """Those of which nobody knows whether they were sent."""
        return await self.page(Outbox.state == OutboxState.UNKNOWN, limit=limit, order=Outbox.id)


class DeliveryRepository(PersonalRepository[Delivery]):
    model = Delivery

    async def by_tracking_key(self, key: str) -> Delivery:
        return await self.one(self.rows().where(Delivery.tracking_key == key))

    async def by_provider_id(self, provider_message_id: str) -> Delivery | None:
        return await self.first(
            self.rows()
            .where(Delivery.provider_message_id == provider_message_id)
            .order_by(Delivery.id.desc())
        )

    async def of_person(self, person_id: UUID, limit: int = 20) -> Page[Delivery]:
        """What was sent to somebody, newest first."""
        return await self.page(
            Delivery.person_id == person_id, limit=limit, order=Delivery.queued_at.desc()
        )


class LinkRepository(Repository[Link]):
    model = Link

    def visible(self) -> ColumnElement[bool]:
        if self.actor.reach is Reach.ALL:
            return true()
        within = follows(self.actor, (Delivery.donor_id, Donor), (Delivery.person_id, Person))
        return Link.delivery_id.in_(
            select(Delivery.id).where(Delivery.org_id == self.actor.org, within)
        )

    async def by_tracking_key(self, key: str) -> Link:
        return await self.one(self.rows().where(Link.tracking_key == key))


class TrackingEventRepository(PersonalRepository[TrackingEvent]):
    model = TrackingEvent

    async def of_delivery(self, delivery_id: UUID) -> Sequence[TrackingEvent]:
        return await self.all(
            self.rows()
            .where(TrackingEvent.delivery_id == delivery_id)
            .order_by(TrackingEvent.at, TrackingEvent.id)
        )


class SuppressionRepository(PersonalRepository[Suppression]):
    model = Suppression

    async def standing(self, channel: Channel, address: str) -> Sequence[Suppression]:
        """Every reason for which this address is not written to now."""
        digest = hash_of(self.actor.org, channel, normalise(channel, address))
        return await self.all(
            self.everything()
            .where(
                Suppression.channel == channel,
                Suppression.address_hash == digest,
                Suppression.lifted_at.is_(None),
            )
            .order_by(Suppression.at, Suppression.id)
        )


class ConsentRepository(PersonalRepository[Consent]):
    model = Consent

    async def of_person(self, person_id: UUID) -> Sequence[Consent]:
        """The whole history, newest first."""
        return await self.all(
            self.rows()
            .where(Consent.person_id == person_id)
            .order_by(Consent.at.desc(), Consent.id.desc())
        )


class ContactPolicyRepository(Repository[ContactPolicy]):
    model = ContactPolicy

    async def current(self) -> ContactPolicy:
        found = await self.first(self.rows().order_by(ContactPolicy.version.desc()))
        if found is None:
            raise NotFound("Nobody has decided yet how often people may be written to.")
        return found


class ContactDecisionRepository(PersonalRepository[ContactDecision]):
    model = ContactDecision

    async def about(
        self, person_id: UUID, *, since: datetime | None = None, limit: int = 20
    ) -> Page[ContactDecision]:
        """What was decided about somebody, newest first."""
        criteria = [ContactDecision.person_id == person_id]
        if since is not None:
            criteria.append(ContactDecision.at >= since)
        return await self.page(*criteria, limit=limit, order=ContactDecision.at.desc())
