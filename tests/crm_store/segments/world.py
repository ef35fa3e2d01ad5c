"""A small random organisation, kept in memory as well as in the database, facts and all."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from crm_store.base import new_id
from crm_store.channel import Channel, Purpose
from crm_store.contacts.models import (
    Activity,
    ActivityKind,
    ActivityStatus,
    Address,
    Company,
    CustomerCategory,
    CustomValue,
    Employment,
    Household,
    HouseholdRole,
    Identifier,
    IdentifierKind,
    LifecycleStage,
    Person,
    Tag,
    Tagging,
)
from crm_store.crm import Crm
from crm_store.donors.models import Donor, DonorKind, DonorPerson, DonorStatus, GivingCapacity
from crm_store.gifts.models import (
    Appeal,
    CreditKind,
    Frequency,
    Fund,
    Gift,
    Instalment,
    Method,
    PlanStatus,
    Pledge,
    PledgeStatus,
    Project,
    RecurringPlan,
    Refund,
    SoftCredit,
)
from crm_store.leads.models import Lead, LeadConversion, LeadSource, LeadStatus
from crm_store.orgs.models import CustomField, FieldNoun, FieldType, Org, Workspace
from crm_store.outreach.models import Consent, ConsentSource, ConsentState, Suppression
from crm_store.outreach.models import SuppressionReason as Reason
from crm_store.segments.models import Segment, SegmentKind, SegmentMember, Subject
from crm_store.testing import House
from crm_store.tickets.models import Ticket, TicketStatus

TODAY = date(2026, 6, 15)
ZONE = ZoneInfo("Europe/Athens")
STARTS = 7
WORDS = ("Ruth", "ruth", "Cohen", "el", "Νίκος", "ΝΊΚΟΣ", "50% off", "a_b", "")
CITIES = ("Athens", "Αθήνα", "Tel Aviv", "", None)
FUNDS = ("Building", "General")
TAGS = ("Board", "Volunteer", "Press")
FIELDS = {
    ("shirt", FieldNoun.DONOR): FieldType.SELECT,
    ("score", FieldNoun.DONOR): FieldType.NUMBER,
    ("joined", FieldNoun.PERSON): FieldType.DATE,
    ("vegan", FieldNoun.PERSON): FieldType.CHECKBOX,
    ("likes", FieldNoun.PERSON): FieldType.MULTISELECT,
    ("motto", FieldNoun.PERSON): FieldType.TEXT,
}


class World:
    """Rows by the name of their table, as they were written."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rows: dict[str, list[Any]] = defaultdict(list)

    def __repr__(self) -> str:
        return "a world"

    def add(self, crm: Crm, row: Any) -> Any:
        if row.id is None:
            row.id = new_id()
        crm.session.add(row)
        self.rows[row.__tablename__].append(row)
        return row


class Maker:
    """Fills a world by chance, always the same for the same seed."""

    def __init__(self, crm: Crm, world: World, seed: int) -> None:
        self.crm = crm
        self.world = world
        self.by_chance = random.Random(seed)
        self.add = lambda row: world.add(crm, row)

    def any(self, *choices: Any) -> Any:
        return self.by_chance.choice(choices)

    def often(self, part: float) -> bool:
        return self.by_chance.random() < part

    def day(self) -> date:
        return date(2024, 1, 1) + timedelta(days=self.by_chance.randrange(900))

    def moment(self) -> datetime:
        return datetime(2024, 1, 1, 22, 30, tzinfo=UTC) + timedelta(
            hours=self.by_chance.randrange(900 * 24)
        )

    def amount(self) -> Decimal:
        return Decimal(self.any(10, 50, "99.99", 100, 250, 1000))

    async def fill(self) -> None:
        org = await self.crm.session.get(Org, self.world.house.org_id)
        org.fiscal_year_starts, org.timezone, org.currency = STARTS, ZONE.key, "EUR"
        self.purposes()
        for _ in range(14):
            self.person()
        await self.crm.flush()
        for _ in range(12):
            self.donor()
        await self.crm.flush()
        for donor in self.world.rows["donors"]:
            self.giving(donor)
        self.lists()
        await self.crm.flush()
        self.returns()
        await self.crm.flush()
        for kept_by_trigger in (*self.world.rows["pledges"], *self.world.rows["instalments"]):
            await self.crm.session.refresh(kept_by_trigger)

    def purposes(self) -> None:
        for name in FUNDS:
            self.add(Fund(name=name))
            self.add(Appeal(name=f"{name} letter"))
            self.add(Project(name=f"{name} works"))
        for name in TAGS:
            self.add(Tag(name=name))
        for name in ("Haifa", "Patras"):
            self.add(Workspace(name=name))
        for _ in range(3):
            self.add(Household(name="Home"))
        self.add(Company(name="Ruth Foods"))
        for (name, noun), kind in FIELDS.items():
            self.add(CustomField(name=name, noun=noun, label=name.title(), type=kind))

    def shared(self) -> dict[str, Any]:
        """What people and donors have alike."""
        return {
            "owner_id": self.any(self.world.house.director.member_id, None),
            "workspace_id": self.any(*(w.id for w in self.world.rows["workspaces"]), None),
            "language": self.any("en", "el", "EN", None),
            "do_not_contact": self.often(0.3),
            "last_contacted_at": self.any(self.moment(), None),
            "next_follow_up_at": self.any(self.moment(), None),
            "created_at": self.moment(),
            "household_id": self.any(*(h.id for h in self.world.rows["households"]), None),
            "deleted_at": self.moment() if self.often(0.15) else None,
        }

    def person(self) -> None:
        person = self.add(
            Person(
                **self.shared(),
                given_name=self.any(*WORDS, None),
                family_name=self.any(*WORDS, None),
                gender=self.any("f", "m", None),
                birthday=self.any(self.day(), None),
                is_deceased=self.often(0.2),
                is_vip=self.often(0.3),
                is_active=self.often(0.7),
                lifecycle_stage=self.any(*LifecycleStage, None),
                category=self.any(*CustomerCategory, None),
                household_role=self.any(*HouseholdRole, None),
                lead_source=self.any("Fair", "fair", None),
                lead_score=self.any(0, 5, 10),
            )
        )
        for place in range(self.any(0, 1, 2)):
            self.address(person, is_primary=not place and self.often(0.8))
        for kind in (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.WHATSAPP):
            if self.often(0.5):
                self.identifier(kind, person_id=person.id)
        self.belongings(person_id=person.id)
        self.happenings(person)
        self.consents(person)

    def address(self, person: Person, is_primary: bool) -> Address:
        return self.add(
            Address(
                person_id=person.id,
                street=self.any("Hermes Street 1", None),
                city=self.any(*CITIES),
                state=self.any("Attica", "attica", None),
                postal_code=self.any("10557", None),
                country=self.any("GR", "IL", None),
                is_primary=is_primary,
            )
        )

    def identifier(self, kind: IdentifierKind, **bearer: Any) -> None:
        value = f"{new_id().hex}@x.example" if kind == "email" else f"+3069{new_id().int % 10**8}"
        self.add(
            Identifier(
                kind=kind,
                value=value,
                normalised=value,
                bounced_at=self.any(self.moment(), None, None),
                deleted_at=self.any(self.moment(), None, None, None),
                **bearer,
            )
        )
        if self.often(0.3):
            self.suppress(value, kind, person_id=None)

    def suppress(self, address: str | None, kind: IdentifierKind, **more: Any) -> None:
        lifted = self.often(0.3)
        self.add(
            Suppression(
                channel=Channel.EMAIL if kind == "email" else Channel.WHATSAPP,
                address=address,
                address_hash=new_id().bytes,
                reason=Reason.UNSUBSCRIBED,
                lifted_at=self.moment() if lifted else None,
                lifted_because="asked" if lifted else None,
                **more,
            )
        )

    def belongings(self, **noun: Any) -> None:
        whose = FieldNoun.PERSON if "person_id" in noun else FieldNoun.DONOR
        for tag in self.world.rows["tags"]:
            if self.often(0.25):
                self.add(Tagging(tag_id=tag.id, **noun))
        for own in self.world.rows["custom_fields"]:
            if own.noun is whose and self.often(0.5):
                self.add(CustomValue(field_id=own.id, **self.filling(own.type), **noun))

    def filling(self, kind: FieldType) -> dict[str, Any]:
        return {
            FieldType.SELECT: {"text_value": self.any("S", "M", "L")},
            FieldType.TEXT: {"text_value": self.any("Carpe diem", "50% off", "a_b")},
            FieldType.NUMBER: {"number_value": self.amount()},
            FieldType.DATE: {"date_value": self.day()},
            FieldType.CHECKBOX: {"bool_value": self.often(0.5)},
            FieldType.MULTISELECT: {"list_value": self.any(["tea"], ["tea", "cake"], ["cake"])},
        }[kind]

    def happenings(self, person: Person) -> None:
        if self.often(0.5):
            self.add(
                Employment(
                    person_id=person.id,
                    company_id=self.any(self.world.rows["companies"][0].id, None),
                    title=self.any("Director", None),
                    ended_on=self.any(TODAY, TODAY - timedelta(days=1), None),
                )
            )
        if self.often(0.4):
            self.add(
                Ticket(
                    subject="Help",
                    person_id=person.id,
                    status=self.any(*TicketStatus),
                    created_at=self.moment(),
                    deleted_at=self.any(self.moment(), None, None),
                )
            )
        if self.often(0.2):
            self.suppress(None, self.any(IdentifierKind.EMAIL, IdentifierKind.PHONE),
                          person_id=person.id)  # fmt: skip
        self.activities(person_id=person.id)
        if self.often(0.4):
            self.was_lead(person_id=person.id)

    def activities(self, **noun: Any) -> None:
        for _ in range(self.any(0, 1, 3)):
            self.add(
                Activity(
                    kind=self.any(ActivityKind.CALL, ActivityKind.VISIT),
                    subject="Talk",
                    status=self.any(*2 * [ActivityStatus.DONE], ActivityStatus.PLANNED),
                    at=self.moment(),
                    deleted_at=self.any(self.moment(), None, None, None),
                    **noun,
                )
            )

    def was_lead(self, **noun: Any) -> None:
        lead = self.add(
            Lead(
                given_name="Lead",
                source=self.any(LeadSource.WEBSITE, LeadSource.EVENT),
                status=LeadStatus.NEW,
                score_reasons=[],
            )
        )
        self.add(
            LeadConversion(
                lead_id=lead.id,
                status_before=LeadStatus.NEW,
                converted_at=self.moment(),
                undone_at=self.any(self.moment(), None, None),
                **noun,
            )
        )

    def consents(self, person: Person) -> None:
        for _ in range(self.any(0, 1, 3)):
            self.add(
                Consent(
                    person_id=person.id,
                    purpose=self.any(Purpose.MARKETING, Purpose.NEWSLETTER, Purpose.RECEIPT),
                    channel=self.any(Channel.EMAIL, Channel.WHATSAPP, None),
                    state=self.any(*ConsentState),
                    at=self.moment(),
                    expires_at=self.any(
                        datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC), None
                    ),
                    source=ConsentSource.STAFF,
                )
            )

    def donor(self) -> None:
        firm = self.often(0.2)
        kind = self.any(DonorKind.INDIVIDUAL, DonorKind.COUPLE)
        donor = self.add(
            Donor(
                **self.shared(),
                kind=DonorKind.COMPANY if firm else kind,
                name=self.any(*WORDS),
                formal_salutation="",
                informal_salutation="",
                company_id=self.world.rows["companies"][0].id if firm else None,
                address_id=self.any(self.any(*self.world.rows["addresses"]).id, None),
                status=self.any(*DonorStatus),
                journey_stage=self.any("prospect", "cultivation", None),
                stage_since=self.any(self.moment(), None),
                classification=self.any("High-value", "Regular", "", None),
                capacity=self.any(*GivingCapacity, None),
                is_anonymous=self.often(0.3),
                do_not_solicit=self.often(0.3),
                contact_hold_until=self.any(self.day(), None),
            )
        )
        people = self.by_chance.sample(self.world.rows["people"], self.any(0, 1, 2))
        for person in people:
            self.add(
                DonorPerson(
                    donor_id=donor.id,
                    person_id=person.id,
                    left_at=self.any(self.moment(), None, None, None),
                )
            )
        self.belongings(donor_id=donor.id)
        self.activities(donor_id=donor.id)
        if self.often(0.2):
            self.was_lead(donor_id=donor.id)

    def giving(self, donor: Donor) -> None:
        rows = self.world.rows
        for _ in range(self.any(0, 0, 1, 2, 5)):
            gift = self.add(
                Gift(
                    donor_id=donor.id,
                    amount=self.amount(),
                    currency=self.any("EUR", "EUR", "USD"),
                    received_on=self.day(),
                    method=self.any(Method.CASH, Method.WIRE),
                    fund_id=self.any(*(one.id for one in rows["funds"]), None),
                    appeal_id=self.any(*(one.id for one in rows["appeals"]), None),
                    project_id=self.any(*(one.id for one in rows["projects"]), None),
                    deleted_at=self.any(self.moment(), None, None, None, None),
                )
            )
            if self.often(0.3):
                who = self.any("person_id", "donor_id")
                table = "people" if who == "person_id" else "donors"
                recipient = self.any(*rows[table]).id
                self.add(
                    SoftCredit(
                        gift_id=gift.id,
                        kind=self.any(*CreditKind),
                        amount=gift.amount,
                        **{who: recipient},
                    )
                )
        if self.often(0.4):
            self.plan(donor)
        if self.often(0.4):
            self.pledge(donor)

    def plan(self, donor: Donor) -> None:
        for _ in range(self.any(1, 2)):
            self.add(
                RecurringPlan(
                    donor_id=donor.id, amount=self.amount(), currency="EUR", day=1,
                    frequency=self.any(Frequency.MONTHLY, Frequency.YEARLY),
                    starts_on=self.day(), expected_from=self.day(), status=self.any(*PlanStatus),
                )
            )  # fmt: skip

    def pledge(self, donor: Donor) -> None:
        pledge = self.add(
            Pledge(
                donor_id=donor.id, amount=Decimal(300), currency=self.any("EUR", "USD"),
                pledged_on=self.day(), status=self.any(*PledgeStatus),
                paid=self.any(Decimal(0), Decimal(100), Decimal(400)),
                deleted_at=self.any(self.moment(), None, None),
            )
        )  # fmt: skip
        self.add(
            Instalment(
                pledge_id=pledge.id, number=1, amount=Decimal(300),
                due_on=TODAY + timedelta(days=self.any(-1, 0, 30)),
            )
        )  # fmt: skip

    def lists(self) -> None:
        """A fixed list of each kind and two that follow a filter, one inside the other."""
        for subject, table in ((Subject.DONORS, "donors"), (Subject.PEOPLE, "people")):
            fixed = self.add(
                Segment(name=f"Fixed {subject}", kind=SegmentKind.STATIC, subject=subject)
            )
            for row in self.by_chance.sample(self.world.rows[table], 5):
                column = "donor_id" if subject is Subject.DONORS else "person_id"
                self.add(SegmentMember(segment_id=fixed.id, **{column: row.id}))
        for name, subject, made_of in (
            ("Givers", Subject.DONORS, {"kind": "gave", "period": "last_fiscal_year"}),
            ("Friends", Subject.PEOPLE, {"kind": "segment", "segment": "givers"}),
        ):
            self.add(Segment(name=name, subject=subject, filter=made_of))

    def returns(self) -> None:
        """Some gifts go back in part or whole."""
        for gift in self.world.rows["gifts"]:
            if self.often(0.25):
                part = self.any(gift.amount, Decimal(5))
                self.add(Refund(gift_id=gift.id, amount=part, refunded_on=gift.received_on))
