"""Questions about people, companies and households, and how each is reached."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from crm_store.base import TenantRow, now
from crm_store.contacts.models import (
    Address,
    Company,
    Employment,
    Household,
    Identifier,
    IdentifierKind,
    Person,
    Tagging,
)
from crm_store.contacts.reaching import NUMBERS, normalise
from crm_store.contacts.visibility import seen_with_parents
from crm_store.keyset import keyset_page
from crm_store.orgs.models import Org
from crm_store.repository import Page, Repository

Part = TypeVar("Part", bound=TenantRow)
SAME_NUMBER = (IdentifierKind.PHONE, IdentifierKind.WHATSAPP)


class PersonRepository(Repository[Person]):
    model = Person

    async def alphabetical(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Person]:
        """By family name, a page at a time."""
        order = (Person.family_key, Person.given_key, Person.id)
        return await keyset_page(self, *criteria, order=order, after=after, limit=limit)

    async def tagged(self, tag_id: UUID, after: str | None = None, limit: int = 20) -> Page[Person]:
        bearing = select(Tagging.person_id).where(
            Tagging.org_id == self.actor.org, Tagging.tag_id == tag_id
        )
        return await self.alphabetical(Person.id.in_(bearing), after=after, limit=limit)

    async def living_in(self, household_id: UUID) -> Sequence[Person]:
        return await self.all(
            self.rows()
            .where(Person.household_id == household_id)
            .order_by(Person.family_key, Person.given_key)
        )

    async def with_identifier(
        self, kind: IdentifierKind, value: str, source: str = ""
    ) -> Sequence[Person]:
        """Everybody who answers to this; a WhatsApp number and a telephone number are one."""
        bearing = await IdentifierRepository(self.session).bearing(kind, value, source)
        ids = bearing.with_only_columns(Identifier.person_id)
        return await self.all(self.rows().where(Person.id.in_(ids)).order_by(Person.id))

    async def with_birthday(self, first: date, days: int = 1) -> Sequence[Person]:
        """Living people whose birthday falls on one of the days; 29 February counts on the 28th
        where there is no 29th."""
        keys: set[int] = set()
        for day in (first + timedelta(days=offset) for offset in range(days)):
            keys.add(day.month * 100 + day.day)
            if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
                keys.add(229)
        return await self.all(
            self.rows()
            .where(Person.birthday_key.in_(keys), Person.is_deceased.is_(False))
            .order_by(Person.birthday_key, Person.family_key)
        )


class CompanyRepository(Repository[Company]):
    model = Company

    async def alphabetical(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Company]:
        order = (Company.name_key, Company.id)
        return await keyset_page(self, *criteria, order=order, after=after, limit=limit)

    async def of_person(self, person_id: UUID) -> Sequence[Company]:
        """Where somebody works now."""
        working = select(Employment.company_id).where(
            Employment.org_id == self.actor.org,
            Employment.person_id == person_id,
            or_(Employment.ended_on.is_(None), Employment.ended_on >= now().date()),
        )
        return await self.all(self.rows().where(Company.id.in_(working)).order_by(Company.name_key))


class HouseholdRepository(Repository[Household]):
    model = Household


class PartRepository(Repository[Part]):
    """Parts of people, companies and households: seen with what they belong to."""

    def visible(self) -> ColumnElement[bool]:
        return seen_with_parents(self.actor, self.model)

    async def of(self, **parents: UUID | Collection[UUID]) -> Sequence[Part]:
        """Those of one record or of several: of(person_id=…)."""
        query = self.rows()
        for column, ids in parents.items():
            wanted = [ids] if isinstance(ids, UUID) else list(ids)
            query = query.where(getattr(self.model, column).in_(wanted))
        return await self.all(query.order_by(self.model.id))


class IdentifierRepository(PartRepository[Identifier]):
    model = Identifier

    async def country(self) -> str | None:
        """Where a telephone number without a country code is taken to be."""
        found: str | None = await self.session.scalar(
            select(Org.country).where(Org.id == self.actor.org)
        )
        return found

    async def bearing(
        self, kind: IdentifierKind, value: str, source: str = ""
    ) -> Select[Identifier]:
        """Live identifiers of this value, whoever may see their bearers."""
        normalised = normalise(kind, value, await self.country() if kind in NUMBERS else None)
        kinds = SAME_NUMBER if kind in SAME_NUMBER else (kind,)
        return self.everything().where(
            Identifier.normalised == normalised,
            Identifier.kind.in_(kinds),
            Identifier.source == source,
        )


class AddressRepository(PartRepository[Address]):
    model = Address


class EmploymentRepository(PartRepository[Employment]):
    model = Employment
