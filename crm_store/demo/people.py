"""One donor after another, each the same whatever else is made: people, addresses, gifts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

from crm_store.contacts import names as keys
from crm_store.demo import giving
from crm_store.demo.giving import Given, Habit
from crm_store.demo.names import City, Culture, company, culture, family
from crm_store.donors.models import DonorKind
from crm_store.gifts.models import Method
from crm_store.search.text import fold

KINDS = (DonorKind.INDIVIDUAL, DonorKind.COUPLE, DonorKind.COMPANY)
KIND_WEIGHTS = (66, 27, 7)
CURRENCIES, CURRENCY_WEIGHTS = ("EUR", "USD", "GBP"), (90, 6, 4)
METHODS = (Method.CREDIT_CARD, Method.WIRE, Method.CHECK, Method.CASH)
METHOD_WEIGHTS = (58, 26, 10, 6)
AND = {"el": " και ", "he": " ו", "en": " and "}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the organisation has that donors are tied to."""

    seed: str
    today: date
    officers: tuple[UUID, ...] = ()
    workspaces: tuple[UUID, ...] = ()
    funds: tuple[UUID, ...] = ()
    appeals: tuple[UUID, ...] = ()
    projects: tuple[UUID, ...] = ()


@dataclass(slots=True)
class Made:
    """The rows of some donors, by table, in the order the columns below name."""

    households: list[tuple[Any, ...]] = field(default_factory=list)
    companies: list[tuple[Any, ...]] = field(default_factory=list)
    people: list[tuple[Any, ...]] = field(default_factory=list)
    addresses: list[tuple[Any, ...]] = field(default_factory=list)
    identifiers: list[tuple[Any, ...]] = field(default_factory=list)
    donors: list[tuple[Any, ...]] = field(default_factory=list)
    donor_people: list[tuple[Any, ...]] = field(default_factory=list)
    plans: list[tuple[Any, ...]] = field(default_factory=list)
    gifts: list[tuple[Any, ...]] = field(default_factory=list)


COLUMNS: dict[str, tuple[str, ...]] = {
    "households": ("id", "name", "name_key", "created_at"),
    "companies": ("id", "name", "name_key", "industry", "domain", "owner_id", "created_at"),
    "people": ("id", "given_name", "family_name", "given_key", "family_key", "sound_key",
               "language", "birthday", "household_id", "household_role", "owner_id",
               "workspace_id", "created_at"),
    "addresses": ("id", "person_id", "company_id", "household_id", "street", "city",
                  "postal_code", "country", "city_key", "place_key", "latitude", "longitude",
                  "created_at"),
    "identifiers": ("id", "person_id", "company_id", "kind", "value", "normalised", "is_primary",
                    "created_at"),
    "donors": ("id", "kind", "name", "formal_salutation", "informal_salutation", "sort_key",
               "company_id", "household_id", "address_id", "city_key", "journey_stage",
               "stage_since", "classification", "language", "external_source", "external_id",
               "owner_id", "workspace_id", "last_contacted_at", "created_at"),
    "donor_people": ("id", "donor_id", "person_id", "is_primary", "created_at"),
    "plans": ("id", "donor_id", "amount", "currency", "frequency", "day", "starts_on",
              "expected_from", "next_on", "status", "fund_id", "created_at"),
    "gifts": ("id", "donor_id", "amount", "currency", "received_on", "method",
              "reference_number", "fund_id", "project_id", "appeal_id", "recurring_plan_id",
              "created_at"),
}  # fmt: skip


class Ids:
    """Keys in the shape of time-ordered ones that come out the same every time."""

    def __init__(self, seed: str, number: int, at: datetime) -> None:
        self._dice = Random(f"{seed}/{number}/ids")
        self._milliseconds = int(at.timestamp() * 1000)

    def next(self) -> UUID:
        low = self._dice.getrandbits(74)
        value = self._milliseconds << 80 | 7 << 76 | (low >> 62) << 64 | 2 << 62
        return UUID(int=value | low & (1 << 62) - 1)


def make(setting: Setting, first: int, last: int) -> Made:
    """Donors number `first` up to but not including `last`."""
    made = Made()
    for number in range(first, last):
        _one(made, setting, number)
    return made


def _one(made: Made, setting: Setting, number: int) -> None:
    dice = Random(f"{setting.seed}/{number}")
    habit = giving.habit(dice)
    kind = DonorKind(dice.choices(KINDS, KIND_WEIGHTS)[0])
    given = list(giving.gifts(dice, habit, setting.today))
    since = (given[0].on if given else setting.today) - timedelta(days=dice.randrange(3, 60))
    at = datetime.combine(since, time(9, number % 60), UTC)
    ids = Ids(setting.seed, number, at)
    found = culture(dice)
    city = found.cities[int(len(found.cities) * dice.random() ** 1.5)]
    donor = _Draft(setting, number, dice, ids, at, found, city, habit, kind, given)
    if kind is DonorKind.COMPANY:
        donor.as_company(made)
    else:
        donor.as_people(made)
    donor.give(made)


@dataclass(slots=True)
class _Draft:
    setting: Setting
    number: int
    dice: Random
    ids: Ids
    at: datetime
    culture: Culture
    city: City
    habit: Habit
    kind: DonorKind
    given: list[Given]

    def as_company(self, made: Made) -> None:
        name = company(self.dice)
        company_id = self.ids.next()
        domain = f"{keys.company_key(name).replace(' ', '-')}-{self.number}.example"
        made.companies.append(
            (company_id, name, keys.company_key(name), name.split()[1], domain, None, self.at)
        )
        self._reach(made, None, company_id, f"office@{domain}")
        address_id = self._address(made, None, company_id, None)
        self._donor(made, name, (name, name), fold(name), company_id, None, address_id)

    def as_people(self, made: Made) -> None:
        women, men = self.culture.women, self.culture.men
        surname = family(self.dice, self.culture)
        first = self.dice.choice(women if self.dice.random() < 0.55 else men)
        given = [first]
        if self.kind is DonorKind.COUPLE:
            given.append(self.dice.choice(men if first in women else women))
        household_id = self._household(made, surname) if len(given) > 1 else None
        people = [
            self._person(made, name, surname, household_id, place)
            for place, name in enumerate(given)
        ]
        address_id = self._address(made, None if household_id else people[0], None, household_id)
        both = AND[self.culture.language].join(given)
        envelope = f"{both} {surname}"
        sort = f"{fold(surname)} {fold(first)}"
        donor_id = self._donor(
            made, envelope, (envelope, both), sort, None, household_id, address_id
        )
        for place, person_id in enumerate(people):
            made.donor_people.append((self.ids.next(), donor_id, person_id, place == 0, self.at))

    def give(self, made: Made) -> None:
        donor_id = made.donors[-1][0]
        (currency,) = self.dice.choices(CURRENCIES, CURRENCY_WEIGHTS)
        plan_id = self._plan(made, donor_id, currency) if self.habit is Habit.MONTHLY else None
        for given in self.given:
            at = datetime.combine(given.on, time(10, 30), UTC)
            (method,) = self.dice.choices(METHODS, METHOD_WEIGHTS)
            made.gifts.append((
                self.ids.next(), donor_id, given.amount, currency, given.on,
                Method.DIRECT_DEBIT if plan_id else method,
                f"R{self.number:07}-{given.on:%y%m%d}" if self.dice.random() < 0.3 else None,
                self._one_of(self.setting.funds, 0.8), self._one_of(self.setting.projects, 0.2),
                self._one_of(self.setting.appeals, 0.5), plan_id, at,
            ))  # fmt: skip

    def _plan(self, made: Made, donor_id: UUID, currency: str) -> UUID | None:
        if not self.given:
            return None
        plan_id, first, last = self.ids.next(), self.given[0], self.given[-1]
        is_active = (self.setting.today - last.on).days < 45
        month = last.on.year * 12 + last.on.month
        next_on = last.on.replace(year=month // 12, month=month % 12 + 1) if is_active else None
        made.plans.append((
            plan_id, donor_id, first.amount, currency, "monthly", first.on.day, first.on,
            first.on, next_on, "active" if is_active else "ended",
            self._one_of(self.setting.funds, 1.0), self.at,
        ))  # fmt: skip
        return plan_id

    def _household(self, made: Made, surname: str) -> UUID:
        household_id = self.ids.next()
        name = {"el": f"Οικογένεια {surname}", "he": f"משפחת {surname}"}.get(
            self.culture.language, f"{surname} family"
        )
        made.households.append((household_id, name, keys.name_key(name), self.at))
        return household_id

    def _person(
        self, made: Made, given: str, surname: str, household_id: UUID | None, place: int
    ) -> UUID:
        person_id = self.ids.next()
        year = self.setting.today.year - self.dice.randint(24, 88)
        birthday = date(year, self.dice.randint(1, 12), self.dice.randint(1, 28))
        role = None if household_id is None else ("partner" if place else "head")
        made.people.append((
            person_id, given, surname, *_keys(given, surname), self.culture.language,
            birthday if self.dice.random() < 0.6 else None, household_id, role,
            self._officer(), self._workspace(), self.at,
        ))  # fmt: skip
        if self.dice.random() < (0.9 if place == 0 else 0.5):
            local = f"{_latin(given)}.{_latin(surname)}".replace(" ", "")
            mail = f"{local}.{self.number}{'ab'[place]}@example.org"
            self._reach(made, person_id, None, mail)
        if place == 0 and self.dice.random() < 0.7:
            phone = f"{self.city.dialling}{(self.number * 7919 + 1234567) % 10**7:07}"
            made.identifiers.append(
                (self.ids.next(), person_id, None, "phone", phone, phone, True, self.at)
            )
        return person_id

    def _reach(
        self, made: Made, person_id: UUID | None, company_id: UUID | None, mail: str
    ) -> None:
        made.identifiers.append(
            (self.ids.next(), person_id, company_id, "email", mail, mail.lower(), True, self.at)
        )

    def _address(
        self, made: Made, person_id: UUID | None, company_id: UUID | None, household_id: UUID | None
    ) -> UUID:
        address_id = self.ids.next()
        street = f"{self.dice.choice(self.culture.streets)} {self.dice.randint(1, 180)}"
        made.addresses.append((
            address_id, person_id, company_id, household_id, street, self.city.name,
            self.city.postal, self.city.country, _name_key(self.city.name),
            keys.place_key(street, self.city.postal),
            self.city.latitude + self.dice.gauss(0, 0.03),
            self.city.longitude + self.dice.gauss(0, 0.03), self.at,
        ))  # fmt: skip
        return address_id

    def _donor(
        self, made: Made, name: str, salutations: tuple[str, str], sort: str,
        company_id: UUID | None, household_id: UUID | None, address_id: UUID,
    ) -> UUID:  # fmt: skip
        donor_id = self.ids.next()
        stage, classification = _standing(self.habit, self.given, self.setting.today)
        seen = self.dice.randrange(5, 500)
        contacted = datetime.combine(self.setting.today, time(12), UTC) - timedelta(days=seen)
        made.donors.append((
            donor_id, self.kind, name, *salutations, sort, company_id, household_id, address_id,
            _name_key(self.city.name), stage, self.at, classification, self.culture.language,
            "demo", f"D-{self.number:07}", self._officer(), self._workspace(),
            contacted if contacted > self.at else None, self.at,
        ))  # fmt: skip
        return donor_id

    def _officer(self) -> UUID | None:
        """Large donors have somebody of their own; most have nobody."""
        if not self.setting.officers or not (self.habit is Habit.MAJOR or self.number % 4 == 0):
            return None
        return self.setting.officers[self.number % len(self.setting.officers)]

    def _workspace(self) -> UUID | None:
        spaces = self.setting.workspaces
        return spaces[self.number % len(spaces)] if spaces else None

    def _one_of(self, choices: tuple[UUID, ...], chance: float) -> UUID | None:
        return self.dice.choice(choices) if choices and self.dice.random() < chance else None


def _standing(habit: Habit, given: list[Given], today: date) -> tuple[str, str]:
    if not given:
        return "prospect", "Prospect"
    if habit is Habit.MAJOR:
        return "major", "Major"
    if (today - given[-1].on).days > 550:
        return "lapsed", "Lapsed"
    if habit in (Habit.MONTHLY, Habit.YEARLY):
        return "regular", "Regular"
    return ("first_gift", "New") if len(given) == 1 else ("stewardship", "Occasional")


@lru_cache(maxsize=100_000)
def _keys(given: str, surname: str) -> tuple[str, str, str]:
    return keys.name_key(given), keys.name_key(surname), keys.sound_key(given, surname)


@lru_cache(maxsize=10_000)
def _name_key(text: str) -> str:
    return keys.name_key(text)


@lru_cache(maxsize=10_000)
def _latin(text: str) -> str:
    return keys.name_key(text).replace(" ", "")


def batches(total: int, size: int) -> Iterator[tuple[int, int]]:
    for first in range(0, total, size):
        yield first, min(first + size, total)
