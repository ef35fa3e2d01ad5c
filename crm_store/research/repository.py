"""Questions we ask about research; whoever may see a donor may see what was found on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true

from crm_store.actor import Actor, Reach
from crm_store.contacts.models import Person
from crm_store.donors.models import Donor
from crm_store.repository import Repository, reach_of
from crm_store.research.models import (
    Dossier,
    DossierStatus,
    Fact,
    IdentityMatch,
    MatchVerdict,
)


def dossiers_seen_by(actor: Actor) -> ColumnElement[bool]:
    if actor.reach is Reach.ALL:
        return true()
    donors = select(Donor.id).where(Donor.org_id == actor.org, reach_of(actor, Donor))
    people = select(Person.id).where(Person.org_id == actor.org, reach_of(actor, Person))
    return or_(Dossier.donor_id.in_(donors), Dossier.person_id.in_(people))


def _in_seen_dossier(actor: Actor, dossier_id: Any) -> ColumnElement[bool]:
    seen = select(Dossier.id).where(Dossier.org_id == actor.org, dossiers_seen_by(actor))
    condition: ColumnElement[bool] = dossier_id.in_(seen)
    return condition


class DossierRepository(Repository[Dossier]):
    model = Dossier

    def visible(self) -> ColumnElement[bool]:
        return dossiers_seen_by(self.actor)

    async def versions(
        self, *, donor_id: UUID | None = None, person_id: UUID | None = None
    ) -> Sequence[Dossier]:
        """Newest first."""
        about = (
            Dossier.donor_id == donor_id if donor_id is not None else Dossier.person_id == person_id
        )
        return await self.all(self.rows().where(about).order_by(Dossier.version.desc()))

    async def current(
        self, *, donor_id: UUID | None = None, person_id: UUID | None = None
    ) -> Dossier | None:
        """The newest that was finished."""
        versions = await self.versions(donor_id=donor_id, person_id=person_id)
        return next((d for d in versions if d.status is DossierStatus.COMPLETED), None)


class FactRepository(Repository[Fact]):
    model = Fact

    def visible(self) -> ColumnElement[bool]:
        return _in_seen_dossier(self.actor, Fact.dossier_id)

    async def standing(self, dossier_id: UUID, on: date) -> Sequence[Fact]:
        """What may still be relied on: neither withdrawn nor out of date; surest first."""
        return await self.all(
            self.rows()
            .where(
                Fact.dossier_id == dossier_id,
                Fact.withdrawn_at.is_(None),
                or_(Fact.expires_on.is_(None), Fact.expires_on > on),
            )
            .order_by(Fact.topic, Fact.confidence.desc(), Fact.id)
        )

    async def expired(self, on: date) -> Sequence[Fact]:
        """What should be looked up again."""
        return await self.all(
            self.rows()
            .where(and_(Fact.expires_on <= on, Fact.withdrawn_at.is_(None)))
            .order_by(Fact.expires_on)
        )


class IdentityMatchRepository(Repository[IdentityMatch]):
    model = IdentityMatch

    def visible(self) -> ColumnElement[bool]:
        return _in_seen_dossier(self.actor, IdentityMatch.dossier_id)

    async def open_for(self, dossier_id: UUID) -> Sequence[IdentityMatch]:
        """Those nobody has judged yet, likeliest first."""
        return await self.all(
            self.rows()
            .where(
                IdentityMatch.dossier_id == dossier_id,
                IdentityMatch.verdict == MatchVerdict.OPEN,
            )
            .order_by(IdentityMatch.score.desc(), IdentityMatch.id)
        )
