"""Questions about leads: which are open, whose they are, why they score, what they became."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true

from crm_store.actor import Actor, Kind, Reach
from crm_store.contacts.models import Activity, Tag, Tagging
from crm_store.contacts.visibility import seen_with_parents
from crm_store.keyset import keyset_page
from crm_store.leads.models import (
    OPEN,
    Lead,
    LeadAssignment,
    LeadConversion,
    LeadStatus,
    Prospect,
    ScoringRule,
)
from crm_store.leads.scoring import Evidence
from crm_store.repository import Page, Repository, reach_of


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """Staff see leads as far as their rights reach; visitors those they left themselves."""
    if actor.kind is Kind.VISITOR:
        return Lead.visitor_id == actor.visitor_id
    return reach_of(actor, Lead)


def of_leads(actor: Actor, lead_id: Any) -> ColumnElement[bool]:
    """What belongs to a lead is seen by whoever sees the lead."""
    if actor.reach is Reach.ALL:
        return true()
    seen = select(Lead.id).where(Lead.org_id == actor.org, within_reach(actor))
    found: ColumnElement[bool] = lead_id.in_(seen)
    return found


class LeadRepository(Repository[Lead]):
    model = Lead

    def visible(self) -> ColumnElement[bool]:
        return within_reach(self.actor)

    async def newest(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Lead]:
        return await keyset_page(
            self, *criteria, order=(Lead.id,), after=after, limit=limit, newest_first=True
        )

    async def hottest(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Lead]:
        """Open leads, the highest score first."""
        open_now = Lead.closed_at.is_(None)
        order = (Lead.score, Lead.id)
        return await keyset_page(
            self, open_now, *criteria, order=order, after=after, limit=limit, newest_first=True
        )

    async def same_as(
        self, email: str | None, phone: str | None, *, not_id: UUID | None = None
    ) -> Sequence[Lead]:
        """Open leads reached the same way, whoever may see them."""
        ways = [Lead.email == email] * bool(email) + [Lead.phone == phone] * bool(phone)
        if not ways:
            return []
        query = self.everything().where(Lead.status.in_(OPEN), or_(*ways))
        if not_id is not None:
            query = query.where(Lead.id != not_id)
        return await self.all(query.order_by(Lead.id))

    async def of_conversation(self, conversation_id: UUID) -> Sequence[Lead]:
        return await self.all(
            self.rows().where(Lead.conversation_id == conversation_id).order_by(Lead.id)
        )

    async def not_scored(self, limit: int = 200) -> Sequence[Lead]:
        """Open leads whose score no longer says what they are."""
        return await self.all(
            self.rows()
            .where(Lead.scored_at.is_(None), Lead.closed_at.is_(None))
            .order_by(Lead.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

    async def counts(self) -> dict[LeadStatus, int]:
        """How many stand where, within the asker's reach."""
        query = self.rows().with_only_columns(Lead.status, func.count()).group_by(Lead.status)
        counted = {status: total for status, total in await self.session.execute(query)}
        return {status: counted.get(status, 0) for status in LeadStatus}

    async def loads(self, members: Collection[UUID]) -> dict[UUID, int]:
        """How many open leads each of these has, seen by the asker or not."""
        query = (
            self.everything()
            .where(Lead.owner_id.in_(members), Lead.status.in_(OPEN))
            .with_only_columns(Lead.owner_id, func.count())
            .group_by(Lead.owner_id)
        )
        counted = {owner: total for owner, total in await self.session.execute(query)}
        return {member: counted.get(member, 0) for member in members}

    async def evidence(self, lead_ids: Collection[UUID]) -> dict[UUID, Evidence]:
        """What speaks for each of these beside its own columns."""
        facts = {
            name: await self._grouped(query.where(column.in_(lead_ids)))
            for name, column, query in (
                (
                    "activities",
                    Activity.lead_id,
                    select(Activity.lead_id, Activity.kind).where(
                        Activity.org_id == self.actor.org, Activity.deleted_at.is_(None)
                    ),
                ),
                (
                    "tags",
                    Tagging.lead_id,
                    select(Tagging.lead_id, Tag.name_key)
                    .join(Tag, (Tag.org_id == Tagging.org_id) & (Tag.id == Tagging.tag_id))
                    .where(Tagging.org_id == self.actor.org),
                ),
                (
                    "qualities",
                    Prospect.lead_id,
                    select(Prospect.lead_id, Prospect.lead_quality).where(
                        Prospect.org_id == self.actor.org, Prospect.lead_quality.is_not(None)
                    ),
                ),
            )
        }
        return {
            lead_id: Evidence(
                activities=tuple(facts["activities"][lead_id]),
                tags=frozenset(facts["tags"][lead_id]),
                qualities=frozenset(facts["qualities"][lead_id]),
            )
            for lead_id in lead_ids
        }

    async def _grouped(self, query: Any) -> dict[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = defaultdict(list)
        for lead_id, value in await self.session.execute(query):
            found[lead_id].append(value)
        return found


class LeadAssignmentRepository(Repository[LeadAssignment]):
    model = LeadAssignment

    def visible(self) -> ColumnElement[bool]:
        return of_leads(self.actor, LeadAssignment.lead_id)

    async def of(self, lead_id: UUID) -> Sequence[LeadAssignment]:
        """Who had it, first to last."""
        return await self.all(
            self.rows()
            .where(LeadAssignment.lead_id == lead_id)
            .order_by(LeadAssignment.assigned_at, LeadAssignment.id)
        )

    async def last_given(self, members: Collection[UUID]) -> dict[UUID, datetime]:
        """When each of these was last given a lead; those who never were are missing."""
        query = (
            self.everything()
            .where(LeadAssignment.member_id.in_(members))
            .with_only_columns(LeadAssignment.member_id, func.max(LeadAssignment.assigned_at))
            .group_by(LeadAssignment.member_id)
        )
        return {member: at for member, at in await self.session.execute(query) if member}


class ScoringRuleRepository(Repository[ScoringRule]):
    model = ScoringRule

    async def listed(self) -> Sequence[ScoringRule]:
        return await self.all(self.rows().order_by(ScoringRule.position, ScoringRule.name))

    async def in_force(self) -> Sequence[ScoringRule]:
        query = self.rows().where(ScoringRule.is_active)
        return await self.all(query.order_by(ScoringRule.position, ScoringRule.name))


class LeadConversionRepository(Repository[LeadConversion]):
    model = LeadConversion

    def visible(self) -> ColumnElement[bool]:
        return of_leads(self.actor, LeadConversion.lead_id)

    async def standing(self, lead_id: UUID) -> LeadConversion | None:
        """What a lead has become, unless that was taken back."""
        return await self.first(
            self.rows().where(LeadConversion.lead_id == lead_id, LeadConversion.undone_at.is_(None))
        )

    async def of(self, lead_id: UUID) -> Sequence[LeadConversion]:
        return await self.all(
            self.rows().where(LeadConversion.lead_id == lead_id).order_by(LeadConversion.id)
        )


class ProspectRepository(Repository[Prospect]):
    model = Prospect

    def visible(self) -> ColumnElement[bool]:
        """Seen with the lead and the conversation they belong to; visitors see their own."""
        if self.actor.kind is Kind.VISITOR:
            return Prospect.visitor_id == self.actor.visitor_id
        return seen_with_parents(self.actor, Prospect)

    async def waiting(self, limit: int = 50) -> Sequence[Prospect]:
        """Those nobody made a lead of yet."""
        query = self.rows().where(Prospect.lead_id.is_(None))
        return await self.all(query.order_by(Prospect.id).limit(limit))
