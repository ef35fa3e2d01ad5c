"""A small organisation with four years behind it: everything the reports count, in odd corners too.

Its year begins in July, its clocks stand in Athens, and it is a little past midnight there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import select

from crm_store.base import new_id
from crm_store.campaigns.models import Campaign, CampaignRecipient, CampaignStatus, RecipientState
from crm_store.channel import Channel, Direction, Purpose
from crm_store.contacts.models import Activity, ActivityKind, ActivityStatus
from crm_store.conversations.models import Conversation, Handling
from crm_store.deals.models import Deal, DealStatus, Stage
from crm_store.donors.models import Donor, DonorKind, DonorPerson, DonorStatus, StageChange
from crm_store.donors.testing import make_donor
from crm_store.gifts.models import (
    Appeal,
    CreditKind,
    ExpectedGift,
    ExpectedStatus,
    Frequency,
    Fund,
    Gift,
    Instalment,
    Method,
    PlanStatus,
    Pledge,
    Project,
    Receipt,
    ReceiptGift,
    RecurringPlan,
    Refund,
    SoftCredit,
    TributeKind,
)
from crm_store.identity.testing import make_member
from crm_store.leads.models import Lead, LeadConversion, LeadSource, LeadStatus
from crm_store.orgs.models import Org, Workspace
from crm_store.outreach.models import (
    BounceKind,
    ContactDecision,
    Delivery,
    DeliveryStatus,
    TrackingEvent,
    TrackingKind,
)
from crm_store.segments.models import Segment, SegmentKind, SegmentMember, Subject
from crm_store.tasks.models import Task, TaskPriority, TaskStatus, TaskType
from crm_store.testing import House, new_house
from crm_store.tickets.models import Ticket, TicketPriority, TicketStatus

ATHENS = ZoneInfo("Europe/Athens")
AT = datetime(2026, 5, 20, 21, 30, tzinfo=UTC)
TODAY = date(2026, 5, 21)
STARTS = 7
CITIES = (("Athens", "GR"), ("ATHENS", "GR"), ("Θεσσαλονίκη", "GR"), ("חיפה", "IL"), ("Oslo", "NO"))
METHODS = tuple(Method)
TABLES = (
    "gifts", "refunds", "soft_credits", "recurring_plans", "expected_gifts", "pledges",
    "instalments", "receipts", "receipt_gifts", "appeals", "funds", "donors", "donor_people",
    "addresses", "leads", "lead_conversions", "deals", "stages", "tickets", "tasks", "activities",
    "conversations", "campaigns", "campaign_recipients", "deliveries", "tracking_events",
    "stage_changes", "journeys", "members", "workspaces", "segments", "segment_members",
)  # fmt: skip


@dataclass
class World:
    """The organisation, and all its rows as plain dictionaries read past every rule."""

    house: House
    rows: dict[str, list[dict[str, Any]]]
    officers: list[UUID]

    def live(self, table: str) -> list[dict[str, Any]]:
        return [row for row in self.rows[table] if row.get("deleted_at") is None]

    def by_id(self, table: str) -> dict[UUID, dict[str, Any]]:
        return {row["id"]: row for row in self.rows[table]}


async def build(store: Any, url: str) -> World:
    house = await new_house(store, "Lighthouse Fund")
    colleagues = [await make_member(house, name) for name in ("Eleni Vasiliou", "Noa Ben-Ami")]
    officers = [house.director.member_id, *(member.id for member in colleagues)]
    async with house.begin() as crm:
        await Maker(crm, Random(7), officers).make()
    return World(house, read_everything(url, house.org_id), officers)


def read_everything(url: str, org_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """The rows as the superuser finds them; who also counts them for the planner."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("ANALYZE")
        return {
            table: connection.execute(
                sql.SQL("SELECT * FROM {} WHERE org_id = %s ORDER BY id").format(
                    sql.Identifier(table)
                ),
                [org_id],
            ).fetchall()
            for table in TABLES
        }


class Maker:
    """Makes it all, the same each time."""

    def __init__(self, crm: Any, random: Random, officers: list[UUID]) -> None:
        self.crm = crm
        self.random = random
        self.officers = officers
        self.donors: list[Donor] = []
        self.gifts: list[Gift] = []

    async def make(self) -> None:
        org = await self.crm.session.get(Org, self.crm.actor.org)
        org.fiscal_year_starts, org.timezone, org.currency = STARTS, "Europe/Athens", "EUR"
        self.north = Workspace(id=new_id(), name="North")
        self.add(self.north)
        await self.crm.flush()
        await self.people()
        self.purposes()
        await self.crm.flush()
        await self.giving()
        await self.promises()
        await self.papers()
        await self.seekers()
        await self.partners()
        await self.help()
        await self.mailings()
        await self.days()
        await self.lists()

    def add(self, *rows: Any) -> None:
        self.crm.session.add_all(rows)

    async def people(self) -> None:
        """Sixty donors: alone, in couples, companies; one dead, one deleted."""
        for place in range(60):
            more: dict[str, Any] = {"owner_id": [*self.officers, None][place % 4]}
            if place % 6 == 5:
                more["couple"] = f"Partner {place}"
            if place % 15 == 14:
                more = {"company": f"Firm {place}", "owner_id": more["owner_id"]}
            if place % 10 == 9:
                more["workspace_id"] = self.north.id
            if place % 3 == 0 and "company" not in more:
                city, country = CITIES[place // 3 % len(CITIES)]
                more["address"] = {"street": f"{place} Quay", "city": city, "country": country}
            donor = await make_donor(self.crm, f"Giver {place}", **more)
            donor.classification = [None, "Regular", "High-value"][place % 3]
            if place % 4 == 1:
                donor.last_contacted_at = AT - timedelta(days=place * 9)
            self.donors.append(donor)
        self.donors[7].status = DonorStatus.DECEASED
        self.donors[8].deleted_at = AT
        # Contacted 180 days ago where the organisation is, 181 where the server is.
        self.donors[2].last_contacted_at = datetime(2025, 11, 22, 0, 30, tzinfo=ATHENS)
        self.donors[3].last_contacted_at = datetime(2025, 11, 21, 23, 30, tzinfo=ATHENS)
        for place, donor in enumerate(self.donors[:24]):
            self.add(
                StageChange(
                    donor_id=donor.id,
                    from_stage=donor.journey_stage,
                    to_stage=["cultivation", "stewardship", donor.journey_stage or "new"][
                        place % 3
                    ],
                    at=self.moment(date(2025, 6, 20) + timedelta(days=place), 23),
                )
            )

    def purposes(self) -> None:
        self.funds = [Fund(id=new_id(), name=name) for name in ("Building", "Bread", "Σχολείο")]
        self.projects = [Project(id=new_id(), name=name) for name in ("Kitchen", "Library")]
        self.add(*self.funds, *self.projects)
        terms: list[dict[str, Any]] = [
            {"name": "Winter 2024", "starts_on": date(2024, 11, 1), "cost_amount": 300,
             "goal_amount": 5000, "currency": "EUR", "fund_id": self.funds[1].id},
            {"name": "Summer 2025", "starts_on": date(2025, 7, 1), "cost_amount": 500,
             "goal_amount": None, "currency": "EUR"},
            {"name": "Gala", "starts_on": date(2025, 9, 9), "cost_amount": None,
             "goal_amount": 2000, "currency": "USD", "fund_id": self.funds[0].id},
            {"name": "Dollars", "starts_on": date(2025, 10, 9), "cost_amount": 80,
             "goal_amount": 900, "currency": "USD"},
            {"name": "Unpriced", "starts_on": date(2025, 10, 10)},
        ]  # fmt: skip
        self.appeals = [Appeal(id=new_id(), **one) for one in terms]
        self.add(*self.appeals)

    async def giving(self) -> None:
        """Four fiscal years of gifts, with both edges of each year, refunds and credits."""
        for place, donor in enumerate(self.donors):
            if place % 11 == 10:
                continue
            for year in range(2023, 2027):
                if (place * 7 + year * 3) % 5 > (3 if place % 2 else 2):
                    continue
                for _ in range(self.random.choice((1, 1, 2, 4))):
                    self.gift(donor, place, year)
        edges = [date(year, month, day) for year in (2023, 2024, 2025) for month, day in
                 ((6, 30), (7, 1), (12, 31), (1, 1))]  # fmt: skip
        for place, day in enumerate(edges):
            self.gift(self.donors[place * 4 % 60], place, 0, on=day)
        self.gift(self.donors[20], 20, 0, on=TODAY)
        self.gift(self.donors[21], 21, 0, on=date(2024, 2, 29))
        self.add(*self.gifts)
        await self.crm.flush()
        for place, gift in enumerate(self.gifts):
            if place % 9 == 4:
                self.refund(gift, gift.amount if place % 18 == 4 else gift.amount / 4)
            if place % 13 == 5:
                gift.deleted_at = AT
            if place % 8 == 3:
                credited = self.donors[(place + 5) % 60]
                if credited.id != gift.donor_id:
                    self.add(
                        SoftCredit(
                            gift_id=gift.id,
                            donor_id=credited.id,
                            kind=list(CreditKind)[place % 5],
                            amount=gift.amount / (1 + place % 2),
                        )
                    )
        self.edges()
        await self.crm.flush()

    def edges(self) -> None:
        """Gifts on the last day that counts and on the first that does not, never undone."""
        before = len(self.gifts)
        for donor, ago in ((10, 180), (32, 181), (43, 365), (54, 366)):
            self.gift(self.donors[donor], donor, 0, on=TODAY - timedelta(days=ago))
        # The second letter left in the last hours of June, which was the first of July in Athens.
        for donor, day in (
            (15, date(2025, 6, 30)), (11, date(2025, 7, 1)), (5, date(2025, 7, 31)),
            (13, date(2025, 8, 1)),
        ):  # fmt: skip
            self.gift(self.donors[donor], donor, 0, on=day)
        self.add(*self.gifts[before:])

    def gift(self, donor: Donor, place: int, year: int, on: date | None = None) -> None:
        first = date(year - 1, STARTS, 1) if on is None else on
        day = on or min(first + timedelta(days=self.random.randrange(365)), TODAY)
        roll = self.random.random()
        self.gifts.append(
            Gift(
                id=new_id(),
                donor_id=donor.id,
                amount=Decimal(self.random.choice((5, 10, 18, 25, 50, 50, 100, 180, 360, 1200)))
                + (Decimal("0.37") if roll < 0.2 else 0),
                currency="USD" if place % 7 == 3 or roll > 0.93 else "EUR",
                received_on=day,
                method=METHODS[self.random.randrange(len(METHODS))],
                fund_id=self.random.choice([None, *(fund.id for fund in self.funds)]),
                project_id=self.random.choice([None, None, *(p.id for p in self.projects)]),
                appeal_id=self.random.choice([None, None, *(a.id for a in self.appeals)]),
                tribute_kind=TributeKind.MEMORY if roll > 0.9 else None,
                tribute_name="Miriam" if roll > 0.9 else None,
                outside_receipt_on=day if roll < 0.1 else None,
            )
        )

    def refund(self, gift: Gift, amount: Decimal) -> None:
        day = min(gift.received_on + timedelta(days=self.random.randrange(200)), TODAY)
        self.add(Refund(gift_id=gift.id, amount=amount, refunded_on=day))

    async def promises(self) -> None:
        """Plans of every rhythm and fate with the gifts they foresaw, and pledges."""
        for place, (frequency, starts, ends, status) in enumerate(PLANS):
            plan = RecurringPlan(
                id=new_id(),
                donor_id=self.donors[place * 3 % 60].id,
                amount=Decimal(10 + place),
                currency="USD" if place % 5 == 4 else "EUR",
                frequency=frequency,
                day=1,
                starts_on=starts,
                expected_from=starts,
                ends_on=ends,
                status=status,
                fund_id=self.funds[place % 3].id if place % 2 else None,
                method=METHODS[place % 5],
            )
            self.add(plan)
            await self.crm.flush()
            self.foresee(plan, place)
        for place in range(9):
            await self.pledge(place)
        await self.crm.flush()

    def foresee(self, plan: RecurringPlan, place: int) -> None:
        states = (ExpectedStatus.MISSED, ExpectedStatus.SKIPPED, ExpectedStatus.EXPECTED)
        for number in range(6):
            due = plan.starts_on + timedelta(days=30 * number)
            expected = ExpectedGift(
                plan_id=plan.id, due_on=due, amount=plan.amount, currency=plan.currency
            )
            if number % 2 and due <= TODAY:
                gift = Gift(
                    id=new_id(), donor_id=plan.donor_id, amount=plan.amount,
                    currency=plan.currency, received_on=due, recurring_plan_id=plan.id,
                    method=Method.DIRECT_DEBIT, fund_id=plan.fund_id,
                )  # fmt: skip
                self.add(gift)
                expected.status, expected.gift_id = ExpectedStatus.RECEIVED, gift.id
            else:
                expected.status = states[(place + number) % 3]
            self.add(expected)

    async def pledge(self, place: int) -> None:
        made = date(2024, 8, 1) + timedelta(days=71 * place)
        pledge = Pledge(
            id=new_id(), donor_id=self.donors[place * 5].id, amount=Decimal(300), pledged_on=made,
            currency="USD" if place == 4 else "EUR",
            fund_id=self.funds[0].id if place % 2 else None,
            deleted_at=AT if place == 8 else None,
        )  # fmt: skip
        parts = [
            Instalment(
                id=new_id(), pledge_id=pledge.id, number=number + 1, amount=Decimal(100),
                due_on=made + timedelta(days=180 * number),
            )
            for number in range(3)
        ]  # fmt: skip
        self.add(pledge, *parts)
        await self.crm.flush()
        for number in range(place % 5):
            self.add(
                Gift(
                    id=new_id(), donor_id=pledge.donor_id, amount=Decimal(90 + 10 * number),
                    currency=pledge.currency, received_on=made + timedelta(days=20 * number),
                    method=Method.WIRE, instalment_id=parts[min(number, 2)].id,
                )
            )  # fmt: skip
        await self.crm.flush()
        if place % 5 == 2:
            parts[2].written_off, parts[2].write_off_reason = Decimal(30), "Moved away."

    async def papers(self) -> None:
        """Receipts, valid and void."""
        wanted = [gift for gift in self.gifts if gift.deleted_at is None][::6]
        for serial, gift in enumerate(wanted, start=1):
            void = serial % 5 == 0
            receipt = Receipt(
                id=new_id(), donor_id=gift.donor_id, year=gift.received_on.year, serial=serial,
                number=f"{serial}", issued_on=min(gift.received_on + timedelta(days=3), TODAY),
                language="en", covers_from=gift.received_on, covers_to=gift.received_on,
                issuer="Lighthouse", names=["Giver"], totals={},
                deductible_totals={}, text="",
                voided_at=AT if void else None, void_reason="Wrong name." if void else None,
            )  # fmt: skip
            self.add(receipt)
            await self.crm.flush()
            self.add(
                ReceiptGift(
                    receipt_id=receipt.id, gift_id=gift.id, line=1, is_void=void,
                    received_on=gift.received_on, amount=gift.amount, currency=gift.currency,
                    deductible_amount=gift.amount, method=gift.method,
                )
            )  # fmt: skip

    async def seekers(self) -> None:
        """Leads; some came in the last hours of June, which is July where we are."""
        for place in range(30):
            came = self.moment(date(2025, 6, 20) + timedelta(days=11 * place), 23)
            status = list(LeadStatus)[place % 6]
            decided = status in (LeadStatus.WON, LeadStatus.LOST)
            lead = Lead(
                id=new_id(), given_name=f"Seeker {place}", source=list(LeadSource)[place % 4],
                status=status, closed_at=came + timedelta(days=5) if decided else None,
                score=place * 3, scored_at=came if place % 2 else None, created_at=came,
                owner_id=[*self.officers, None][place % 4],
                deleted_at=AT if place == 12 else None,
            )  # fmt: skip
            self.add(lead)
            await self.crm.flush()
            if place % 3 == 0:
                when = min(came + timedelta(days=place + 1, hours=6), AT)
                self.add(
                    LeadConversion(
                        lead_id=lead.id, status_before=LeadStatus.NEW, converted_at=when,
                        undone_at=when + timedelta(hours=1) if place % 9 == 0 else None,
                        donor_id=self.donors[place].id,
                    )
                )  # fmt: skip

    async def partners(self) -> None:
        """Deals at every stage, in two currencies."""
        found = await self.crm.session.scalars(
            select(Stage).where(Stage.org_id == self.crm.actor.org).order_by(Stage.position)
        )
        stages = list(found)
        for place in range(18):
            stage = stages[place % len(stages)]
            begun = self.moment(date(2025, 5, 1) + timedelta(days=17 * place), 22)
            decided = stage.kind.value != "open"
            closed = min(begun + timedelta(days=40, hours=place), AT) if decided else None
            self.add(
                Deal(
                    id=new_id(), name=f"Deal {place}", value=Decimal(1000 + 250 * place),
                    currency="USD" if place % 4 == 3 else "EUR", probability=stage.probability,
                    status=DealStatus(stage.kind.value), stage_id=stage.id, closed_at=closed,
                    created_at=begun, owner_id=[*self.officers, None][place % 4],
                    donor_id=self.donors[place].id if place % 2 else None,
                    deleted_at=AT if place == 6 else None,
                )
            )  # fmt: skip
        await self.crm.flush()

    async def help(self) -> None:
        """Tickets, answered late and soon, solved and not, one merged and one deleted."""
        first: UUID | None = None
        for place in range(26):
            came = self.moment(date(2025, 10, 20) + timedelta(days=8 * place), 22)
            status = list(TicketStatus)[place % 5]
            over = status in (TicketStatus.SOLVED, TicketStatus.CLOSED)
            solved = min(came + timedelta(hours=30 + 7 * place), AT) if over else None
            answered = came + timedelta(minutes=20 * place + 5) if place % 3 else None
            ticket = Ticket(
                id=new_id(), subject=f"Question {place}", status=status, created_at=came,
                priority=list(TicketPriority)[place % 4], channel=list(Channel)[place % 7],
                owner_id=[*self.officers, None][place % 4], first_responded_at=answered,
                solved_at=solved, closed_at=solved if status is TicketStatus.CLOSED else None,
                reopened_count=place % 6 == 5, escalated_at=came if place % 8 == 7 else None,
                deleted_at=AT if place == 11 else None,
            )  # fmt: skip
            if place % 2 == 0:
                ticket.clock_started_at = came
                ticket.first_response_minutes = ticket.resolution_minutes = 240
                if answered is not None:
                    ticket.first_response_left = 14_400 - 1_200 * place
                elif status is TicketStatus.OPEN:
                    ticket.first_response_due_at = came + timedelta(hours=5000)
                if status is TicketStatus.OPEN:
                    ticket.resolution_due_at = came + timedelta(hours=4000 if place % 4 else 4)
                else:
                    ticket.resolution_left = 500 if place % 4 else -500
            self.add(ticket)
            if place == 13:
                ticket.status, ticket.solved_at, ticket.closed_at = TicketStatus.CLOSED, came, came
                ticket.merged_into_id = first
            if place == 0:
                first = ticket.id
            await self.crm.flush()

    async def mailings(self) -> None:
        """Three campaigns with all that can come of them; the middle one failed for some."""
        purposes = (Purpose.APPEAL, Purpose.NEWSLETTER, Purpose.APPEAL)
        for number, day in enumerate((date(2025, 3, 5), date(2025, 6, 30), date(2026, 2, 10))):
            campaign = Campaign(
                id=new_id(), name=f"Letter {number}", purpose=purposes[number],
                channel=Channel.WHATSAPP if number == 1 else Channel.EMAIL,
                status=CampaignStatus.SENT,
            )  # fmt: skip
            self.add(campaign)
            await self.crm.flush()
            for place, donor in enumerate(self.donors[number : 40 + number : 2]):
                await self.send(campaign, donor, place, self.moment(day, 20 + place % 4))

    async def send(self, campaign: Campaign, donor: Donor, place: int, at: datetime) -> None:
        person = await self.crm.session.scalar(
            select(DonorPerson.person_id).where(DonorPerson.donor_id == donor.id).limit(1)
        )
        if person is None:
            return
        decision = ContactDecision(
            id=new_id(), person_id=person, channel=campaign.channel, purpose=campaign.purpose,
            at=at, allowed=True, reasons=[], address="x@example.org", policy_version=1,
        )  # fmt: skip
        self.add(decision)
        await self.crm.flush()
        sent = place % 9 != 8
        recipient = CampaignRecipient(
            id=new_id(), campaign_id=campaign.id, person_id=person, donor_id=donor.id,
            address="x@example.org", decision_id=decision.id,
            state=RecipientState.ACCEPTED if sent else RecipientState.FAILED,
            accepted_at=at if sent else None,
        )  # fmt: skip
        self.add(recipient)
        await self.crm.flush()
        for fence in range(1, 3 if place % 7 == 6 else 2):
            self.deliver(
                campaign, recipient, place, at, fence, retried=fence == 1 and place % 7 == 6
            )

    def deliver(
        self, campaign: Campaign, recipient: CampaignRecipient, place: int, at: datetime,
        fence: int, *, retried: bool,
    ) -> None:  # fmt: skip
        fates = (DeliveryStatus.DELIVERED, DeliveryStatus.DELIVERED, DeliveryStatus.BOUNCED,
                 DeliveryStatus.COMPLAINED, DeliveryStatus.SENT)  # fmt: skip
        status = DeliveryStatus.FAILED if retried else fates[place % 5]
        delivery = Delivery(
            id=new_id(), campaign_recipient_id=recipient.id, campaign_id=campaign.id, fence=fence,
            person_id=recipient.person_id, donor_id=recipient.donor_id, channel=campaign.channel,
            purpose=campaign.purpose, to_address="x@example.org", status=status,
            tracking_key=new_id().hex, queued_at=at, sent_at=at,
            delivered_at=at if status is DeliveryStatus.DELIVERED else None,
            bounce_kind=BounceKind.HARD if status is DeliveryStatus.BOUNCED else None,
        )  # fmt: skip
        self.add(delivery)
        if retried:
            return
        happened = {
            TrackingKind.OPEN: (place % 2 == 0, place % 4 == 0, 2),
            TrackingKind.CLICK: (place % 3 == 0, place % 6 == 3, 1),
            TrackingKind.REPLY: (place % 8 == 1, False, 1),
            TrackingKind.UNSUBSCRIBE: (place % 10 == 5, False, 1),
        }
        for kind, (did, is_machine, times) in happened.items():
            for _ in range(times if did else 0):
                self.add(
                    TrackingEvent(
                        kind=kind, delivery_id=delivery.id, campaign_id=campaign.id,
                        person_id=recipient.person_id, at=at + timedelta(hours=1),
                        is_machine=is_machine,
                    )
                )  # fmt: skip
        if place % 12 == 4:
            self.add(
                TrackingEvent(
                    kind=TrackingKind.OPEN, delivery_id=delivery.id, campaign_id=campaign.id,
                    person_id=recipient.person_id, at=at, is_machine=False,
                )
            )  # fmt: skip

    async def days(self) -> None:
        """Activities, conversations and tasks."""
        for place in range(40):
            at = self.moment(date(2025, 6, 25) + timedelta(days=7 * place), 22)
            self.add(
                Activity(
                    kind=list(ActivityKind)[place % 6], subject="Talk", at=at,
                    status=ActivityStatus.PLANNED if place % 7 == 6 else ActivityStatus.DONE,
                    direction=[None, *Direction][place % 3],
                    donor_id=self.donors[place % 17].id if place % 4 else None,
                    member_id=self.officers[place % 3], deleted_at=AT if place == 9 else None,
                ),
                Conversation(
                    channel=list(Channel)[place % 5], handling=list(Handling)[place % 3],
                    created_at=at, owner_id=[*self.officers, None][place % 4],
                    resolved_at=at + timedelta(days=1) if place % 2 else None,
                    rating=1 + place % 5 if place % 3 == 0 else None,
                ),
            )  # fmt: skip
            status = list(TaskStatus)[place % 4]
            self.add(
                Task(
                    title="Ring", type=list(TaskType)[place % 5], status=status,
                    priority=list(TaskPriority)[place % 4],
                    due_at=None if place % 10 == 0 else AT + timedelta(hours=place * 3 - 60),
                    completed_at=at if status is TaskStatus.DONE else None, created_at=at,
                    owner_id=[*self.officers, None][place % 4],
                    donor_id=self.donors[place].id if place % 2 else None,
                    deleted_at=AT if place == 14 else None,
                )
            )  # fmt: skip
        await self.crm.flush()

    async def lists(self) -> None:
        """A fixed segment and one that follows the data."""
        board = Segment(id=new_id(), name="Board", kind=SegmentKind.STATIC, subject=Subject.DONORS)
        couples = Segment(
            id=new_id(),
            name="Couples",
            kind=SegmentKind.DYNAMIC,
            subject=Subject.DONORS,
            filter={"kind": "field", "field": "donor_kind", "value": DonorKind.COUPLE.value},
        )
        named = Segment(
            id=new_id(),
            name="Givers by name",
            kind=SegmentKind.DYNAMIC,
            subject=Subject.DONORS,
            filter={"kind": "field", "field": "name", "is": "begins_with", "value": "Giver"},
        )
        self.add(board, couples, named)
        await self.crm.flush()
        for donor in self.donors[::6]:
            self.add(SegmentMember(segment_id=board.id, donor_id=donor.id))
        await self.crm.flush()

    @staticmethod
    def moment(day: date, hour: int) -> datetime:
        """An hour in Greenwich; late in the evening it is tomorrow in Athens."""
        return datetime(day.year, day.month, day.day, hour, 15, tzinfo=UTC)


PLANS = (
    (Frequency.MONTHLY, date(2024, 9, 1), None, PlanStatus.ACTIVE),
    (Frequency.WEEKLY, date(2025, 1, 6), None, PlanStatus.ACTIVE),
    (Frequency.QUARTERLY, date(2024, 10, 1), None, PlanStatus.ACTIVE),
    (Frequency.YEARLY, date(2024, 7, 1), None, PlanStatus.ACTIVE),
    (Frequency.MONTHLY, date(2025, 2, 1), None, PlanStatus.ACTIVE),
    (Frequency.MONTHLY, date(2025, 3, 1), None, PlanStatus.PAUSED),
    (Frequency.MONTHLY, date(2024, 8, 1), date(2025, 6, 30), PlanStatus.ENDED),
    (Frequency.MONTHLY, date(2024, 8, 1), date(2025, 7, 1), PlanStatus.ENDED),
    (Frequency.MONTHLY, date(2025, 7, 1), date(2026, 1, 15), PlanStatus.ENDED),
    (Frequency.WEEKLY, date(2025, 6, 2), date(2026, 12, 31), PlanStatus.ACTIVE),
    (Frequency.MONTHLY, date(2024, 8, 1), None, PlanStatus.ENDED),
    (Frequency.QUARTERLY, TODAY, None, PlanStatus.ACTIVE),
)
