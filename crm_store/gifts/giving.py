"""Questions about totals: who gave how much, each gift counted once whatever roles people hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, select, union_all

from crm_store.actor import Reach
from crm_store.contacts.models import Person
from crm_store.donors.models import Donor, DonorPerson
from crm_store.gifts.circle import Circle, Credit, Credits, gave, summed, thanked
from crm_store.gifts.fiscal import Period, fiscal_year, period_of
from crm_store.gifts.models import DonorGiving, Gift, GivingYear, SoftCredit
from crm_store.gifts.reach import OfDonors, follows_donor
from crm_store.gifts.repository import between
from crm_store.orgs.models import Org

NET = Gift.amount - Gift.refunded


@dataclass(frozen=True, slots=True)
class TopDonor:
    donor_id: UUID
    name: str
    currency: str
    total: Decimal
    gifts: int
    largest: Decimal
    last_on: date


class GivingRepository(OfDonors[Gift]):
    model = Gift

    async def fiscal_year_starts(self) -> int:
        """The month the organisation's year begins with."""
        found = await self.session.scalar(
            select(Org.fiscal_year_starts).where(Org.id == self.actor.org)
        )
        return int(found or 1)

    async def fiscal_year_of(self, day: date) -> int:
        return fiscal_year(day, await self.fiscal_year_starts())

    async def fiscal_period(self, year: int) -> Period:
        return period_of(year, await self.fiscal_year_starts())

    async def of_donors(
        self, *donor_ids: UUID, within: Period | None = None, **narrower: UUID
    ) -> Credits:
        """What these donors gave, and what they and their people are thanked for besides.

        Narrower: fund_id, project_id or appeal_id.
        """
        for donor_id in donor_ids:
            await self.donor(donor_id)
        members = select(DonorPerson.person_id).where(
            DonorPerson.org_id == self.actor.org,
            DonorPerson.donor_id.in_(donor_ids),
            DonorPerson.left_at.is_(None),
        )
        people = frozenset(await self.session.scalars(members))
        givers = tuple((donor_id, None) for donor_id in dict.fromkeys(donor_ids))
        return await self.of_circle(Circle(givers, people), within=within, **narrower)

    async def of_people(
        self, *person_ids: UUID, within: Period | None = None, **narrower: UUID
    ) -> Credits:
        """What these people gave, alone or with others, and what they are thanked for besides."""
        givers = await self._memberships(person_ids)
        circle = Circle(tuple(givers), frozenset(person_ids))
        return await self.of_circle(circle, within=within, **narrower)

    async def of_household(
        self, household_id: UUID, within: Period | None = None, **narrower: UUID
    ) -> Credits:
        """The same for everybody who lives there."""
        circle = await self.household(household_id)
        return await self.of_circle(circle, within=within, **narrower)

    async def household(self, household_id: UUID) -> Circle:
        people = frozenset(
            await self.session.scalars(
                select(Person.id).where(
                    Person.org_id == self.actor.org, Person.household_id == household_id
                )
            )
        )
        own = await self.session.scalars(
            select(Donor.id).where(
                Donor.org_id == self.actor.org, Donor.household_id == household_id
            )
        )
        whole: dict[UUID, date | None] = dict.fromkeys(own)
        for donor_id, until in await self._memberships(people):
            whole.setdefault(donor_id, until)
        return Circle(tuple(whole.items()), people)

    async def of_circle(
        self, circle: Circle, *, within: Period | None = None, **narrower: UUID
    ) -> Credits:
        """Hard and soft credit of a set of donors and people, each gift in it once."""
        self.actor.need("gifts:read")
        counted = (
            Gift.org_id == self.actor.org,
            Gift.deleted_at.is_(None),
            Gift.amount > Gift.refunded,
            *between(within),
            *(getattr(Gift, name) == value for name, value in narrower.items()),
        )
        own = gave(circle)
        given = select(
            Gift.donor_id, Gift.currency, Gift.received_on, NET.label("credit"),
            literal(True).label("is_hard"),
        ).where(*counted, own)  # fmt: skip
        shared = (
            select(
                Gift.donor_id, Gift.currency, Gift.received_on,
                func.least(func.max(SoftCredit.amount), NET).label("credit"),
                literal(False).label("is_hard"),
            )
            .join(
                SoftCredit,
                and_(SoftCredit.org_id == Gift.org_id, SoftCredit.gift_id == Gift.id),
            )
            .where(*counted, ~own, thanked(circle))
            .group_by(Gift.org_id, Gift.id)
        )  # fmt: skip
        credit = union_all(given, shared).subquery()
        seen = follows_donor(self.actor, credit.c.donor_id)
        found = (await self.session.execute(summed(credit).where(seen))).all()
        return Credits(
            tuple(Credit(**row._mapping) for row in found),
            0 if self.actor.reach is Reach.ALL else await self._count(credit, ~seen),
        )

    async def years(self, donor_id: UUID) -> Sequence[GivingYear]:
        """A donor's fiscal years, latest first."""
        await self.donor(donor_id)
        query = select(GivingYear).where(
            GivingYear.org_id == self.actor.org, GivingYear.donor_id == donor_id
        )
        newest = query.order_by(GivingYear.fiscal_year.desc(), GivingYear.currency)
        return (await self.session.scalars(newest)).all()

    async def lifetime(self, donor_id: UUID) -> Sequence[DonorGiving]:
        """A donor's whole giving, a row for each currency."""
        await self.donor(donor_id)
        query = select(DonorGiving).where(
            DonorGiving.org_id == self.actor.org, DonorGiving.donor_id == donor_id
        )
        return (await self.session.scalars(query.order_by(DonorGiving.currency))).all()

    async def top_donors(
        self,
        currency: str,
        *,
        fiscal_year: int | None = None,
        within: Period | None = None,
        limit: int = 10,
    ) -> Sequence[TopDonor]:
        """Who gave most: in a fiscal year, in a period, or ever."""
        self.actor.need("gifts:read")
        if within is not None:
            query = self._top_within(currency, within, limit)
        else:
            query = self._top_kept(currency, fiscal_year, limit)
        rows = await self.session.execute(query)
        return [TopDonor(**row._mapping) for row in rows]

    def _top_kept(self, currency: str, year: int | None, limit: int) -> Any:
        kept: Any = DonorGiving if year is None else GivingYear
        query = (
            select(
                Donor.id.label("donor_id"), Donor.name, kept.currency, kept.total, kept.gifts,
                kept.largest, kept.last_on,
            )
            .join(Donor, and_(Donor.org_id == kept.org_id, Donor.id == kept.donor_id))
            .where(
                kept.org_id == self.actor.org,
                kept.currency == currency,
                Donor.deleted_at.is_(None),
                follows_donor(self.actor, Donor.id),
            )
            .order_by(kept.total.desc(), Donor.id)
            .limit(limit)
        )  # fmt: skip
        return query if year is None else query.where(GivingYear.fiscal_year == year)

    def _top_within(self, currency: str, period: Period, limit: int) -> Any:
        given = (
            self.rows()
            .where(Gift.currency == currency, Gift.amount > Gift.refunded, *between(period))
            .with_only_columns(
                Gift.donor_id, Gift.currency, func.sum(NET).label("total"),
                func.count().label("gifts"), func.max(NET).label("largest"),
                func.max(Gift.received_on).label("last_on"),
            )
            .group_by(Gift.donor_id, Gift.currency)
            .subquery()
        )  # fmt: skip
        return (
            select(given, Donor.name)
            .join(Donor, and_(Donor.org_id == self.actor.org, Donor.id == given.c.donor_id))
            .where(Donor.deleted_at.is_(None))
            .order_by(given.c.total.desc(), given.c.donor_id)
            .limit(limit)
        )

    async def _memberships(self, people: Iterable[UUID]) -> list[tuple[UUID, date | None]]:
        """The donors people give or gave in, and until when; a whole membership outlasts a part."""
        rows = await self.session.execute(
            select(DonorPerson.donor_id, DonorPerson.left_at).where(
                DonorPerson.org_id == self.actor.org, DonorPerson.person_id.in_(list(people))
            )
        )
        until: dict[UUID, date | None] = {}
        for donor_id, left_at in rows:
            day = None if left_at is None else left_at.date()
            known = until.get(donor_id, day)
            until[donor_id] = None if day is None or known is None else max(day, known)
        return list(until.items())

    async def _count(self, rows: Any, condition: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(rows).where(condition)
        return int(await self.session.scalar(query) or 0)
