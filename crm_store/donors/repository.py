"""Questions about donors and who they are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from crm_store.contacts import names
from crm_store.contacts.models import Company, Person, Tagging
from crm_store.contacts.visibility import seen_with_parents
from crm_store.donors.card import card_of, laid_out
from crm_store.donors.models import (
    Donor,
    DonorAssignment,
    DonorPerson,
    DonorStatus,
    Journey,
    StageChange,
)
from crm_store.donors.views import DonorCard
from crm_store.errors import NotFound
from crm_store.keyset import keyset_page
from crm_store.repository import Page, Repository


class DonorRepository(Repository[Donor]):
    model = Donor

    async def card(self, donor_id: UUID) -> DonorCard:
        """All one wants to see of a donor before calling, in one round trip."""
        self.actor.need("donors:read")
        found = await card_of(self.actor).rows(self.session, donor=donor_id)
        if not found:
            await self._explain_absence(donor_id)
            raise NotFound("There is no such donor.")
        return laid_out(self.actor, found[0])

    async def alphabetical(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Donor]:
        """By family name, a page at a time."""
        order = (Donor.sort_key, Donor.id)
        return await keyset_page(self, *criteria, order=order, after=after, limit=limit)

    async def of_officer(
        self, member_id: UUID | None, after: str | None = None, limit: int = 20
    ) -> Page[Donor]:
        """A portfolio; None asks for donors nobody looks after."""
        return await self.alphabetical(Donor.owner_id == member_id, after=after, limit=limit)

    async def at_stage(self, stage: str, after: str | None = None, limit: int = 20) -> Page[Donor]:
        return await self.alphabetical(Donor.journey_stage == stage, after=after, limit=limit)

    async def in_city(self, city: str, after: str | None = None, limit: int = 20) -> Page[Donor]:
        """Those whose post goes to this city, however it is spelt."""
        there = Donor.city_key == names.name_key(city)
        return await self.alphabetical(there, after=after, limit=limit)

    async def tagged(self, tag_id: UUID, after: str | None = None, limit: int = 20) -> Page[Donor]:
        """Oldest record first, which is the order of the index."""
        bearing = select(Tagging.donor_id).where(
            Tagging.org_id == self.actor.org, Tagging.tag_id == tag_id
        )
        order = (Donor.id,)
        return await keyset_page(self, Donor.id.in_(bearing), order=order, after=after, limit=limit)

    async def by_external_id(self, source: str, external_id: str) -> Donor:
        return await self.one(
            self.rows().where(Donor.external_source == source, Donor.external_id == external_id)
        )

    async def with_person(self, person_id: UUID) -> Sequence[Donor]:
        """Every donor somebody is part of now, whoever may see it."""
        return await self.all(self._made_of(DonorPerson.person_id == person_id))

    async def with_company(self, company_id: UUID) -> Sequence[Donor]:
        return await self.all(
            select(Donor).where(
                Donor.org_id == self.actor.org,
                Donor.company_id == company_id,
                Donor.deleted_at.is_(None),
            )
        )

    async def people_of(
        self, donor_ids: Sequence[UUID], *, former: bool = False
    ) -> Mapping[UUID, list[Person]]:
        """Who each donor is made of, the primary person first."""
        now_or_ever = () if former else (DonorPerson.left_at.is_(None),)
        found = await self.session.execute(
            select(DonorPerson.donor_id, Person)
            .join(
                Person, (Person.org_id == DonorPerson.org_id) & (Person.id == DonorPerson.person_id)
            )
            .where(
                DonorPerson.org_id == self.actor.org,
                DonorPerson.donor_id.in_(donor_ids),
                Person.deleted_at.is_(None),
                *now_or_ever,
            )
            .order_by(DonorPerson.is_primary.desc(), DonorPerson.id)
        )
        people: dict[UUID, list[Person]] = defaultdict(list)
        for donor_id, person in found:
            people[donor_id].append(person)
        return people

    async def companies_of(self, donors: Sequence[Donor]) -> dict[UUID, str]:
        """The names of corporate donors' companies, by donor."""
        wanted = {donor.company_id for donor in donors if donor.company_id}
        if not wanted:
            return {}
        found = await self.session.execute(
            select(Company.id, Company.name).where(
                Company.org_id == self.actor.org, Company.id.in_(wanted)
            )
        )
        by_id = dict(found.all())
        return {donor.id: by_id[donor.company_id] for donor in donors if donor.company_id}

    async def stages(self) -> dict[str | None, int]:
        """How many living donors stand at each stage: the board."""
        found = await self.session.execute(
            self.rows()
            .where(Donor.status != DonorStatus.DECEASED)
            .with_only_columns(Donor.journey_stage, func.count())
            .group_by(Donor.journey_stage)
        )
        return dict(found.all())

    def _made_of(self, who: ColumnElement[bool]) -> Select[Donor]:
        parts = select(DonorPerson.donor_id).where(
            DonorPerson.org_id == self.actor.org, DonorPerson.left_at.is_(None), who
        )
        return select(Donor).where(
            Donor.org_id == self.actor.org, Donor.deleted_at.is_(None), Donor.id.in_(parts)
        )


class DonorPersonRepository(Repository[DonorPerson]):
    model = DonorPerson

    def visible(self) -> ColumnElement[bool]:
        return seen_with_parents(self.actor, self.model)

    async def of(self, donor_id: UUID) -> Sequence[DonorPerson]:
        return await self.all(
            self.rows()
            .where(DonorPerson.donor_id == donor_id)
            .order_by(DonorPerson.is_primary.desc(), DonorPerson.id)
        )


class JourneyRepository(Repository[Journey]):
    model = Journey

    async def active(self, *, lock: bool = False) -> Journey:
        return await self.one(self.rows().where(Journey.is_active), lock=lock)

    async def versions(self) -> Sequence[Journey]:
        return await self.all(self.rows().order_by(Journey.version.desc()))


class StageChangeRepository(Repository[StageChange]):
    model = StageChange

    def visible(self) -> ColumnElement[bool]:
        return seen_with_parents(self.actor, self.model)

    async def of(self, donor_id: UUID) -> Sequence[StageChange]:
        """A donor's whole way, newest first."""
        return await self.all(
            self.rows()
            .where(StageChange.donor_id == donor_id)
            .order_by(StageChange.at.desc(), StageChange.id.desc())
        )


class AssignmentRepository(Repository[DonorAssignment]):
    model = DonorAssignment

    def visible(self) -> ColumnElement[bool]:
        return seen_with_parents(self.actor, self.model)

    async def of(self, donor_id: UUID) -> Sequence[DonorAssignment]:
        """Every officer a donor has had, the present one first."""
        return await self.all(
            self.rows()
            .where(DonorAssignment.donor_id == donor_id)
            .order_by(DonorAssignment.started_at.desc(), DonorAssignment.id.desc())
        )
