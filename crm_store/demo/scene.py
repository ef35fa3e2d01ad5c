"""The donors and staff whose days are told, and the means to write them down quickly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from crm_store import bulk
from crm_store.contacts.models import Identifier, IdentifierKind, Person
from crm_store.crm import Crm
from crm_store.demo.people import Ids, Setting
from crm_store.donors.models import Donor, DonorKind, DonorPerson
from crm_store.gifts.models import DonorGiving
from crm_store.identity.models import Member, Role
from crm_store.orgs.models import Org

MOST = 400
MANY = 100
LEADING = "harbour"
BESIDE = 0.35


@dataclass(frozen=True, slots=True)
class Known:
    """A donor of whom something will be told."""

    number: int
    id: UUID
    name: str
    greeting: str
    kind: DonorKind
    language: str
    stage: str
    owner_id: UUID | None
    company_id: UUID | None
    household_id: UUID | None
    person_id: UUID
    person: str
    email: str | None
    total: Decimal
    last_on: date | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Firm:
    """A company that gives."""

    id: UUID
    name: str
    company_id: UUID | None


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a day's work refers to."""

    crm: Crm
    setting: Setting
    org: Org
    donors: Sequence[Known]
    firms: Sequence[Firm]
    staff: Sequence[Member]
    officers: Sequence[Member]

    @property
    def today(self) -> date:
        return self.setting.today

    @property
    def key(self) -> str:
        return self.setting.seed

    def dice(self, part: str) -> Random:
        """The same throws for the same part of the same organisation."""
        return Random(f"{self.key}/daily/{part}")

    def some(self, most: int, share: float = 1.0) -> int:
        """How many of something: as many as the donors bear, and fewer next door."""
        wanted = min(most, max(6, round(len(self.donors) * share)))
        return wanted if self.key == LEADING else max(3, round(wanted * BESIDE))

    def sample(self, dice: Random, most: int, share: float) -> list[Known]:
        """Some donors, none of them twice."""
        return dice.sample(self.donors, min(len(self.donors), self.some(most, share)))

    def at(self, days_ago: int, hour: int = 10, minute: int = 0) -> datetime:
        day = self.today - timedelta(days=days_ago)
        return datetime.combine(day, time(hour, minute % 60), UTC)

    def ids(self, part: str) -> Keys:
        return Keys(f"{self.key}/{part}")

    async def put(self, model: type[Any], rows: Iterable[dict[str, Any]]) -> None:
        """Rows by column name, all at once; what none of them names takes its default."""
        kept = list(rows)
        columns = list(dict.fromkeys(name for row in kept for name in row))
        values = [[row.get(name) for name in columns] for row in kept]
        if values:
            await bulk.load(self.crm.session, model, columns, values)
        if len(values) >= MANY:
            await bulk.analyse(self.crm.session, model)


class Keys:
    """Ids in the order of their times, the same in every loading."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._number = 0

    def next(self, at: datetime) -> UUID:
        self._number += 1
        return Ids(self._seed, self._number, at).next()


async def set_scene(crm: Crm, setting: Setting) -> Scene:
    """The first few hundred donors, who are as mixed as all of them, and the staff."""
    staff = select(Member, Role.level).join(Role, Role.id == Member.role_id)
    found = (await crm.session.execute(staff.order_by(Role.level.desc(), Member.id))).all()
    members = [row[0] for row in found]
    return Scene(
        crm=crm,
        setting=setting,
        org=await crm.orgs.current(),
        donors=await _donors(crm),
        firms=await _firms(crm),
        staff=members,
        officers=[row[0] for row in found if row[1] <= 2] or members,
    )


async def _donors(crm: Crm) -> list[Known]:
    org = crm.actor.org
    email = (
        select(Identifier.value)
        .where(
            Identifier.org_id == org,
            Identifier.person_id == Person.id,
            Identifier.kind == IdentifierKind.EMAIL,
        )
        .order_by(Identifier.is_primary.desc(), Identifier.value)
        .limit(1)
        .scalar_subquery()
    )
    giving = (
        select(
            func.max(DonorGiving.total).label("total"), func.max(DonorGiving.last_on).label("on")
        )
        .where(DonorGiving.org_id == org, DonorGiving.donor_id == Donor.id)
        .lateral("giving")
    )
    chosen = _first(crm).subquery()
    query = (
        select(Donor, Person, email.label("email"), giving.c.total, giving.c.on)
        .join(chosen, chosen.c.id == Donor.id)
        .join(DonorPerson, and_(DonorPerson.org_id == org, DonorPerson.donor_id == Donor.id))
        .join(Person, and_(Person.org_id == org, Person.id == DonorPerson.person_id))
        .outerjoin(giving, Donor.id == Donor.id)
        .where(Donor.org_id == org, DonorPerson.is_primary, DonorPerson.left_at.is_(None))
        .order_by(Donor.external_id)
    )
    rows = (await crm.session.execute(query)).all()
    return [_known(number, *row) for number, row in enumerate(rows)]


def _first(crm: Crm) -> Select[UUID]:
    """By the number they were made under, which is looked up at once among a million."""
    made = select(Donor.id).where(
        Donor.org_id == crm.actor.org,
        Donor.external_source == "demo",
        Donor.deleted_at.is_(None),
        Donor.external_id.is_not(None),
    )
    return made.order_by(Donor.external_id).limit(MOST)


async def _firms(crm: Crm) -> list[Firm]:
    chosen = _first(crm).subquery()
    query = (
        select(Donor.id, Donor.name, Donor.company_id)
        .join(chosen, chosen.c.id == Donor.id)
        .where(Donor.org_id == crm.actor.org, Donor.company_id.is_not(None))
        .order_by(Donor.external_id)
    )
    found = await crm.session.execute(query)
    return [Firm(row.id, row.name, row.company_id) for row in found]


def _known(
    number: int, donor: Donor, person: Person, email: str | None, total: Any, last_on: date | None
) -> Known:
    return Known(
        number=number,
        id=donor.id,
        name=donor.name,
        greeting=donor.informal_salutation,
        kind=donor.kind,
        language=(donor.language or "en")[:2],
        stage=donor.journey_stage or "prospect",
        owner_id=donor.owner_id,
        company_id=donor.company_id,
        household_id=donor.household_id,
        person_id=person.id,
        person=person.name,
        email=email,
        total=total or Decimal(0),
        last_on=last_on,
        since=donor.created_at,
    )
