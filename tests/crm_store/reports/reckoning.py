"""Every measure by hand: plain Python over plain rows, knowing nothing of the reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from statistics import median
from typing import Any
from uuid import UUID

from tests.crm_store.reports.world import AT, ATHENS, STARTS, TODAY, World

DAY = timedelta(days=1)
Answer = dict[str | None, Any]
BY_HAND: dict[str, Callable[[Slip], Answer]] = {}


def by_hand(function: Callable[[Slip], Answer]) -> Callable[[Slip], Answer]:
    """Registers a reckoning under the name of its measure."""
    BY_HAND[function.__name__] = function
    return function


@dataclass
class Slip:
    """One period to reckon, with the one before it; and the fiscal year in which it ends."""

    world: World
    first: date
    last: date
    before_first: date
    before_last: date

    def within(self, day: date | datetime | None) -> bool:
        return day is not None and self.first <= where_we_are(day) <= self.last

    def before(self, day: date) -> bool:
        return self.before_first <= day <= self.before_last

    @property
    def end(self) -> date:
        return min(self.last, TODAY)

    @cached_property
    def gifts(self) -> list[dict[str, Any]]:
        return self.world.live("gifts")

    @cached_property
    def kept(self) -> list[dict[str, Any]]:
        return [gift for gift in self.gifts if gift["amount"] > gift["refunded"]]

    @cached_property
    def received(self) -> list[dict[str, Any]]:
        return [gift for gift in self.gifts if self.within(gift["received_on"])]

    @cached_property
    def received_kept(self) -> list[dict[str, Any]]:
        return [gift for gift in self.kept if self.within(gift["received_on"])]

    @cached_property
    def givers(self) -> set[UUID]:
        return {gift["donor_id"] for gift in self.received_kept}

    @cached_property
    def givers_before(self) -> set[UUID]:
        return {g["donor_id"] for g in self.kept if self.before(g["received_on"])}

    @cached_property
    def firsts(self) -> dict[UUID, date]:
        """When each donor first gave."""
        found: dict[UUID, date] = {}
        for gift in sorted(self.kept, key=lambda gift: gift["received_on"]):
            found.setdefault(gift["donor_id"], gift["received_on"])
        return found

    @cached_property
    def newcomers(self) -> set[UUID]:
        return {donor for donor, day in self.firsts.items() if self.within(day)}

    @cached_property
    def year(self) -> tuple[date, date]:
        """The fiscal year in which the period ends."""
        begins = self.last.year if self.last.month >= STARTS else self.last.year - 1
        return date(begins, STARTS, 1), date(begins + 1, STARTS, 1) - DAY

    def givers_between(self, first: date, last: date) -> set[UUID]:
        return {g["donor_id"] for g in self.kept if first <= g["received_on"] <= last}

    @property
    def givers_this_year(self) -> set[UUID]:
        return self.givers_between(*self.year)

    @property
    def givers_last_year(self) -> set[UUID]:
        first = self.year[0]
        return self.givers_between(first.replace(year=first.year - 1), first - DAY)

    @property
    def both_sums(self) -> dict[tuple[UUID, str], tuple[Decimal, Decimal]]:
        """What each donor gave before and now in a currency, where both are something."""
        sums: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for gift in self.kept:
            for place, is_in in enumerate((self.before, self.within)):
                if is_in(gift["received_on"]):
                    sums[gift["donor_id"], gift["currency"]][place] += net(gift)
        return {key: (was, now) for key, (was, now) in sums.items() if was and now}

    @cached_property
    def plans(self) -> list[dict[str, Any]]:
        """Plans that run at the end."""
        return [
            plan
            for plan in self.world.rows["recurring_plans"]
            if plan["status"] != "paused"
            and not (plan["status"] == "ended" and plan["ends_on"] is None)
            and plan["starts_on"] <= self.end
            and (plan["ends_on"] is None or plan["ends_on"] > self.end)
            and self.first <= TODAY
        ]

    @cached_property
    def plans_before(self) -> list[dict[str, Any]]:
        return [
            plan
            for plan in self.world.rows["recurring_plans"]
            if not (plan["status"] == "ended" and plan["ends_on"] is None)
            and plan["starts_on"] < self.first
            and (plan["ends_on"] is None or plan["ends_on"] >= self.first)
        ]

    @cached_property
    def expected(self) -> list[dict[str, Any]]:
        return [
            one
            for one in self.world.rows["expected_gifts"]
            if self.within(one["due_on"]) and one["status"] != "skipped"
        ]

    @cached_property
    def promised(self) -> list[dict[str, Any]]:
        return [p for p in self.world.live("pledges") if self.within(p["pledged_on"])]

    @cached_property
    def late(self) -> list[dict[str, Any]]:
        pledges = {pledge["id"]: pledge for pledge in self.world.live("pledges")}
        return [
            {**part, "currency": pledges[part["pledge_id"]]["currency"]}
            for part in self.world.rows["instalments"]
            if part["pledge_id"] in pledges
            and part["due_on"] < TODAY
            and part["amount"] - part["written_off"] > part["paid"]
        ]

    @cached_property
    def appeals(self) -> list[dict[str, Any]]:
        return [
            a for a in self.world.rows["appeals"] if a["currency"] and self.within(a["starts_on"])
        ]

    def brought(self, appeal: dict[str, Any]) -> Decimal:
        return sum(
            (
                net(gift)
                for gift in self.gifts
                if gift["appeal_id"] == appeal["id"] and gift["currency"] == appeal["currency"]
            ),
            Decimal(0),
        )

    @cached_property
    def sent(self) -> list[dict[str, Any]]:
        return [
            r
            for r in self.world.rows["campaign_recipients"]
            if r["state"] == "accepted" and self.within(r["accepted_at"])
        ]

    def deliveries(self, recipient: dict[str, Any]) -> list[dict[str, Any]]:
        rows = self.world.rows["deliveries"]
        return [d for d in rows if d["campaign_recipient_id"] == recipient["id"]]

    def events(self, recipient: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        ids = {delivery["id"] for delivery in self.deliveries(recipient)}
        rows = self.world.rows["tracking_events"]
        return [e for e in rows if e["delivery_id"] in ids and e["kind"] == kind]

    @cached_property
    def after_campaigns(self) -> list[dict[str, Any]]:
        """Gifts whose donor had been sent something in the thirty days before."""
        sent = [r for r in self.world.rows["campaign_recipients"] if r["state"] == "accepted"]
        return [
            gift
            for gift in self.received_kept
            if any(
                r["donor_id"] == gift["donor_id"]
                and timedelta(0)
                <= gift["received_on"] - where_we_are(r["accepted_at"])
                <= timedelta(30)
                for r in sent
            )
        ]

    @cached_property
    def leads(self) -> list[dict[str, Any]]:
        return [lead for lead in self.world.live("leads") if self.within(lead["created_at"])]

    @cached_property
    def conversions(self) -> list[dict[str, Any]]:
        living = {lead["id"] for lead in self.world.live("leads")}
        rows = self.world.rows["lead_conversions"]
        return [c for c in rows if c["undone_at"] is None and c["lead_id"] in living]

    @property
    def open_leads(self) -> list[dict[str, Any]]:
        return [x for x in self.world.live("leads") if x["status"] not in ("won", "lost")]

    @cached_property
    def decided(self) -> list[dict[str, Any]]:
        return [
            deal
            for deal in self.world.live("deals")
            if deal["status"] in ("won", "lost") and self.within(deal["closed_at"])
        ]

    @property
    def open_deals(self) -> list[dict[str, Any]]:
        return [deal for deal in self.world.live("deals") if deal["status"] == "open"]

    @cached_property
    def tickets(self) -> list[dict[str, Any]]:
        return [t for t in self.all_tickets if self.within(t["created_at"])]

    @cached_property
    def all_tickets(self) -> list[dict[str, Any]]:
        return [t for t in self.world.live("tickets") if t["merged_into_id"] is None]

    @property
    def donors(self) -> list[dict[str, Any]]:
        return self.world.live("donors")

    @property
    def living(self) -> list[dict[str, Any]]:
        return [donor for donor in self.donors if donor["status"] != "deceased"]

    @cached_property
    def activities(self) -> list[dict[str, Any]]:
        rows = self.world.live("activities")
        return [a for a in rows if a["status"] == "done" and self.within(a["at"])]

    @cached_property
    def conversations(self) -> list[dict[str, Any]]:
        return [c for c in self.world.rows["conversations"] if self.within(c["created_at"])]

    @property
    def open_tasks(self) -> list[dict[str, Any]]:
        rows = self.world.live("tasks")
        return [task for task in rows if task["status"] in ("todo", "in_progress")]


def where_we_are(day: date | datetime) -> date:
    """The day in Athens."""
    return day.astimezone(ATHENS).date() if isinstance(day, datetime) else day


def net(gift: dict[str, Any]) -> Decimal:
    return Decimal(gift["amount"] - gift["refunded"])


def count(rows: Iterable[Any]) -> Answer:
    return {None: len(list(rows))}


def per_currency(
    rows: Iterable[dict[str, Any]], value: Callable[[list[dict[str, Any]]], Any]
) -> Answer:
    sorted_out: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        sorted_out[row["currency"]].append(row)
    return {currency: value(some) for currency, some in sorted_out.items()}


def sums(rows: Iterable[dict[str, Any]], amount: Callable[[dict[str, Any]], Any]) -> Answer:
    return per_currency(rows, lambda some: sum((Decimal(amount(row)) for row in some), Decimal(0)))


def share(part: Answer, whole: Answer) -> Answer:
    return {
        key: Decimal(part.get(key, 0)) / Decimal(total) if total else None
        for key, total in whole.items()
    }


def average(values: Iterable[Any]) -> Answer:
    known = [Decimal(value) for value in values]
    return {None: sum(known) / len(known) if known else None}


def hours(earlier: datetime, later: datetime) -> Decimal:
    return Decimal((later - earlier) / timedelta(hours=1))


@by_hand
def raised(slip: Slip) -> Answer:
    return sums(slip.received, net)


@by_hand
def gross(slip: Slip) -> Answer:
    return sums(slip.received, lambda gift: gift["amount"])


@by_hand
def gifts(slip: Slip) -> Answer:
    return count(slip.received_kept)


@by_hand
def donors(slip: Slip) -> Answer:
    return count(slip.givers)


@by_hand
def average_gift(slip: Slip) -> Answer:
    return share(raised(slip), per_currency(slip.received_kept, len))


def givers_per_currency(slip: Slip) -> Answer:
    return per_currency(slip.received_kept, lambda some: len({g["donor_id"] for g in some}))


@by_hand
def average_per_donor(slip: Slip) -> Answer:
    return share(raised(slip), givers_per_currency(slip))


@by_hand
def gifts_per_donor(slip: Slip) -> Answer:
    return share(gifts(slip), donors(slip))


@by_hand
def median_gift(slip: Slip) -> Answer:
    return per_currency(slip.received_kept, lambda some: median(net(gift) for gift in some))


@by_hand
def largest_gift(slip: Slip) -> Answer:
    return per_currency(slip.received_kept, lambda some: max(net(gift) for gift in some))


@by_hand
def recurring_raised(slip: Slip) -> Answer:
    return sums((g for g in slip.received if g["recurring_plan_id"]), net)


@by_hand
def recurring_share(slip: Slip) -> Answer:
    return share(recurring_raised(slip), raised(slip))


@by_hand
def tribute_gifts(slip: Slip) -> Answer:
    return count(gift for gift in slip.received_kept if gift["tribute_kind"])


@by_hand
def returned(slip: Slip) -> Answer:
    return sums(slip.received, lambda gift: gift["refunded"])


@by_hand
def refund_rate(slip: Slip) -> Answer:
    return share(returned(slip), gross(slip))


def refunds_made(slip: Slip) -> list[dict[str, Any]]:
    alive = {gift["id"]: gift["currency"] for gift in slip.gifts}
    return [
        {**refund, "currency": alive[refund["gift_id"]]}
        for refund in slip.world.live("refunds")
        if refund["gift_id"] in alive and slip.within(refund["refunded_on"])
    ]


@by_hand
def refunds(slip: Slip) -> Answer:
    return count(refunds_made(slip))


@by_hand
def refunded(slip: Slip) -> Answer:
    return sums(refunds_made(slip), lambda refund: refund["amount"])


def credits_given(slip: Slip) -> list[dict[str, Any]]:
    counted = {gift["id"]: gift for gift in slip.received_kept}
    return [
        {
            "currency": counted[credit["gift_id"]]["currency"],
            "amount": min(credit["amount"], net(counted[credit["gift_id"]])),
        }
        for credit in slip.world.rows["soft_credits"]
        if credit["gift_id"] in counted
    ]


@by_hand
def soft_credits(slip: Slip) -> Answer:
    return count(credits_given(slip))


@by_hand
def soft_credited(slip: Slip) -> Answer:
    return sums(credits_given(slip), lambda credit: credit["amount"])


@by_hand
def gifts_without_receipt(slip: Slip) -> Answer:
    valid = {line["gift_id"] for line in slip.world.rows["receipt_gifts"] if not line["is_void"]}
    return count(
        gift
        for gift in slip.received_kept
        if gift["id"] not in valid and gift["outside_receipt_on"] is None
    )


@by_hand
def new_donors(slip: Slip) -> Answer:
    return count(slip.newcomers)


def came_again(slip: Slip) -> set[UUID]:
    times = defaultdict(int)
    for gift in slip.kept:
        times[gift["donor_id"]] += 1
    return {donor for donor in slip.newcomers if times[donor] >= 2}


@by_hand
def second_gift_donors(slip: Slip) -> Answer:
    return count(came_again(slip))


@by_hand
def second_gift_rate(slip: Slip) -> Answer:
    return share(count(came_again(slip)), count(slip.newcomers))


@by_hand
def donors_before(slip: Slip) -> Answer:
    return count(slip.givers_before)


@by_hand
def retained_donors(slip: Slip) -> Answer:
    return count(slip.givers & slip.givers_before)


@by_hand
def recovered_donors(slip: Slip) -> Answer:
    returning = slip.givers - slip.givers_before
    return count(donor for donor in returning if slip.firsts[donor] < slip.first)


@by_hand
def lapsed_donors(slip: Slip) -> Answer:
    return count(slip.givers_before - slip.givers)


@by_hand
def retention_rate(slip: Slip) -> Answer:
    return share(retained_donors(slip), donors_before(slip))


@by_hand
def lapse_rate(slip: Slip) -> Answer:
    return share(lapsed_donors(slip), donors_before(slip))


def newcomers_before(slip: Slip) -> set[UUID]:
    return {donor for donor, day in slip.firsts.items() if slip.before(day)}


@by_hand
def new_donors_before(slip: Slip) -> Answer:
    return count(newcomers_before(slip))


@by_hand
def new_donors_retained(slip: Slip) -> Answer:
    return count(newcomers_before(slip) & slip.givers)


@by_hand
def new_donor_retention_rate(slip: Slip) -> Answer:
    return share(new_donors_retained(slip), new_donors_before(slip))


@by_hand
def lybunt(slip: Slip) -> Answer:
    return count(slip.givers_last_year - slip.givers_this_year)


@by_hand
def lybunt_amount(slip: Slip) -> Answer:
    first = slip.year[0]
    missing = slip.givers_last_year - slip.givers_this_year
    last_year = (first.replace(year=first.year - 1), first - DAY)
    given = (
        gift
        for gift in slip.kept
        if gift["donor_id"] in missing and last_year[0] <= gift["received_on"] <= last_year[1]
    )
    return sums(given, net)


@by_hand
def sybunt(slip: Slip) -> Answer:
    earlier = slip.givers_between(date.min, slip.year[0] - DAY)
    return count(earlier - slip.givers_this_year)


@by_hand
def upgraded_donors(slip: Slip) -> Answer:
    both = [{"currency": c, "rose": now > was} for (_, c), (was, now) in slip.both_sums.items()]
    return per_currency(both, lambda some: sum(row["rose"] for row in some))


@by_hand
def downgraded_donors(slip: Slip) -> Answer:
    both = [{"currency": c, "fell": now < was} for (_, c), (was, now) in slip.both_sums.items()]
    return per_currency(both, lambda some: sum(row["fell"] for row in some))


@by_hand
def lifetime_giving(slip: Slip) -> Answer:
    return sums(slip.kept, net)


@by_hand
def lifetime_donors(slip: Slip) -> Answer:
    return count({gift["donor_id"] for gift in slip.kept})


@by_hand
def lifetime_value(slip: Slip) -> Answer:
    ever = per_currency(slip.kept, lambda some: len({gift["donor_id"] for gift in some}))
    return share(lifetime_giving(slip), ever)


def scored(slip: Slip) -> list[dict[str, Any]]:
    """Recency, frequency and money of everybody who gave since July 2021, by currency."""
    own: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for gift in slip.kept:
        if gift["received_on"] >= date(2021, STARTS, 1):
            own[gift["donor_id"], gift["currency"]].append(gift)
    totals = {key: sum(net(gift) for gift in some) for key, some in own.items()}
    made = []
    for (donor, currency), some in own.items():
        rivals = [total for (_, c), total in totals.items() if c == currency]
        below = sum(total < totals[donor, currency] for total in rivals)
        rank = Decimal(below) / (len(rivals) - 1) if len(rivals) > 1 else Decimal(0)
        days = (TODAY - max(gift["received_on"] for gift in some)).days
        recency = next(
            (s for most, s in ((90, 5), (180, 4), (365, 3), (730, 2)) if days <= most), 1
        )
        often = next((s for most, s in ((1, 1), (2, 2), (4, 3), (9, 4)) if len(some) <= most), 5)
        made.append(
            {
                "donor_id": donor,
                "currency": currency,
                "recency": recency,
                "frequency": often,
                "monetary": min(5, 1 + int(rank * 5)),
            }
        )
    return made


@by_hand
def rfm_donors(slip: Slip) -> Answer:
    return per_currency(scored(slip), len)


@by_hand
def rfm_score(slip: Slip) -> Answer:
    return per_currency(
        scored(slip),
        lambda some: (
            sum(Decimal(row["recency"] + row["frequency"] + row["monetary"]) for row in some)
            / len(some)
        ),
    )


A_MONTH = {
    "weekly": Decimal(52) / 12,
    "monthly": Decimal(1),
    "quarterly": Decimal(1) / 3,
    "yearly": Decimal(1) / 12,
}


@by_hand
def recurring_per_month(slip: Slip) -> Answer:
    return sums(slip.plans, lambda plan: plan["amount"] * A_MONTH[plan["frequency"]])


@by_hand
def active_plans(slip: Slip) -> Answer:
    return count(slip.plans)


@by_hand
def recurring_donors(slip: Slip) -> Answer:
    return count({plan["donor_id"] for plan in slip.plans})


@by_hand
def plans_started(slip: Slip) -> Answer:
    return count(p for p in slip.world.rows["recurring_plans"] if slip.within(p["starts_on"]))


@by_hand
def plans_ended(slip: Slip) -> Answer:
    return count(
        plan
        for plan in slip.world.rows["recurring_plans"]
        if slip.within(plan["ends_on"]) and plan["ends_on"] <= TODAY
    )


@by_hand
def plans_at_start(slip: Slip) -> Answer:
    return count(slip.plans_before)


@by_hand
def plans_lost(slip: Slip) -> Answer:
    return count(p for p in slip.plans_before if p["ends_on"] and p["ends_on"] <= slip.end)


@by_hand
def recurring_churn(slip: Slip) -> Answer:
    return share(plans_lost(slip), plans_at_start(slip))


@by_hand
def expected_gifts(slip: Slip) -> Answer:
    return count(slip.expected)


@by_hand
def expected_amount(slip: Slip) -> Answer:
    return sums(slip.expected, lambda one: one["amount"])


def missed(slip: Slip) -> list[dict[str, Any]]:
    return [one for one in slip.expected if one["status"] == "missed"]


@by_hand
def missed_gifts(slip: Slip) -> Answer:
    return count(missed(slip))


@by_hand
def missed_amount(slip: Slip) -> Answer:
    return sums(missed(slip), lambda one: one["amount"])


@by_hand
def missed_rate(slip: Slip) -> Answer:
    return share(missed_gifts(slip), expected_gifts(slip))


@by_hand
def pledges(slip: Slip) -> Answer:
    return count(slip.promised)


@by_hand
def pledged(slip: Slip) -> Answer:
    return sums(slip.promised, lambda pledge: pledge["amount"])


def paid_of(slip: Slip, pledge: dict[str, Any]) -> Decimal:
    parts = {p["id"] for p in slip.world.rows["instalments"] if p["pledge_id"] == pledge["id"]}
    return sum((net(g) for g in slip.gifts if g["instalment_id"] in parts), Decimal(0))


def written_off_of(slip: Slip, pledge: dict[str, Any]) -> Decimal:
    rows = slip.world.rows["instalments"]
    return sum((p["written_off"] for p in rows if p["pledge_id"] == pledge["id"]), Decimal(0))


def owed_on(slip: Slip, pledge: dict[str, Any]) -> Decimal:
    owed = pledge["amount"] - written_off_of(slip, pledge) - paid_of(slip, pledge)
    return max(owed, Decimal(0))


@by_hand
def pledges_paid(slip: Slip) -> Answer:
    return sums(slip.promised, lambda one: min(paid_of(slip, one), one["amount"]))


@by_hand
def pledge_fulfilment(slip: Slip) -> Answer:
    return share(pledges_paid(slip), pledged(slip))


@by_hand
def pledge_balance(slip: Slip) -> Answer:
    return sums(slip.world.live("pledges"), lambda pledge: owed_on(slip, pledge))


@by_hand
def open_pledges(slip: Slip) -> Answer:
    return count(one for one in slip.world.live("pledges") if owed_on(slip, one) > 0)


@by_hand
def written_off(slip: Slip) -> Answer:
    return sums(slip.world.live("pledges"), lambda pledge: written_off_of(slip, pledge))


@by_hand
def overdue_instalments(slip: Slip) -> Answer:
    return count(slip.late)


@by_hand
def overdue_amount(slip: Slip) -> Answer:
    return sums(slip.late, lambda part: part["amount"] - part["written_off"] - part["paid"])


def issued(slip: Slip, *, void: bool) -> list[dict[str, Any]]:
    return [
        receipt
        for receipt in slip.world.rows["receipts"]
        if slip.within(receipt["issued_on"]) and (receipt["voided_at"] is not None) == void
    ]


@by_hand
def receipts_issued(slip: Slip) -> Answer:
    return count(issued(slip, void=False))


@by_hand
def receipts_voided(slip: Slip) -> Answer:
    return count(issued(slip, void=True))


def priced(slip: Slip) -> list[dict[str, Any]]:
    return [appeal for appeal in slip.appeals if appeal["cost_amount"] is not None]


def aimed(slip: Slip) -> list[dict[str, Any]]:
    return [appeal for appeal in slip.appeals if appeal["goal_amount"] is not None]


@by_hand
def appeal_cost(slip: Slip) -> Answer:
    return sums(priced(slip), lambda appeal: appeal["cost_amount"])


@by_hand
def appeal_raised(slip: Slip) -> Answer:
    return sums(priced(slip), slip.brought)


@by_hand
def cost_per_raised(slip: Slip) -> Answer:
    return share(appeal_cost(slip), appeal_raised(slip))


@by_hand
def appeal_return(slip: Slip) -> Answer:
    return share(appeal_raised(slip), appeal_cost(slip))


@by_hand
def appeal_goal(slip: Slip) -> Answer:
    return sums(aimed(slip), lambda appeal: appeal["goal_amount"])


@by_hand
def raised_towards_goal(slip: Slip) -> Answer:
    return sums(aimed(slip), slip.brought)


@by_hand
def goal_reached(slip: Slip) -> Answer:
    return share(raised_towards_goal(slip), appeal_goal(slip))


@by_hand
def campaign_sent(slip: Slip) -> Answer:
    return count(slip.sent)


def whose_delivery(slip: Slip, *statuses: str) -> Answer:
    return count(r for r in slip.sent if any(d["status"] in statuses for d in slip.deliveries(r)))


@by_hand
def campaign_delivered(slip: Slip) -> Answer:
    return whose_delivery(slip, "delivered", "complained")


@by_hand
def campaign_bounced(slip: Slip) -> Answer:
    return whose_delivery(slip, "bounced")


@by_hand
def campaign_complaints(slip: Slip) -> Answer:
    return whose_delivery(slip, "complained")


def who_did(slip: Slip, kind: str, *, machine: bool | None = None) -> Answer:
    return count(
        r
        for r in slip.sent
        if any(machine is None or e["is_machine"] is machine for e in slip.events(r, kind))
    )


@by_hand
def campaign_opens(slip: Slip) -> Answer:
    return who_did(slip, "open", machine=False)


@by_hand
def campaign_machine_opens(slip: Slip) -> Answer:
    return who_did(slip, "open", machine=True)


@by_hand
def campaign_clicks(slip: Slip) -> Answer:
    return who_did(slip, "click", machine=False)


@by_hand
def campaign_replies(slip: Slip) -> Answer:
    return who_did(slip, "reply")


@by_hand
def campaign_unsubscribes(slip: Slip) -> Answer:
    return who_did(slip, "unsubscribe")


@by_hand
def delivery_rate(slip: Slip) -> Answer:
    return share(campaign_delivered(slip), campaign_sent(slip))


@by_hand
def bounce_rate(slip: Slip) -> Answer:
    return share(campaign_bounced(slip), campaign_sent(slip))


@by_hand
def open_rate(slip: Slip) -> Answer:
    return share(campaign_opens(slip), campaign_delivered(slip))


@by_hand
def click_rate(slip: Slip) -> Answer:
    return share(campaign_clicks(slip), campaign_delivered(slip))


@by_hand
def reply_rate(slip: Slip) -> Answer:
    return share(campaign_replies(slip), campaign_delivered(slip))


@by_hand
def unsubscribe_rate(slip: Slip) -> Answer:
    return share(campaign_unsubscribes(slip), campaign_delivered(slip))


@by_hand
def complaint_rate(slip: Slip) -> Answer:
    return share(campaign_complaints(slip), campaign_delivered(slip))


@by_hand
def gifts_after_campaigns(slip: Slip) -> Answer:
    return count(slip.after_campaigns)


@by_hand
def raised_after_campaigns(slip: Slip) -> Answer:
    return sums(slip.after_campaigns, net)


@by_hand
def leads(slip: Slip) -> Answer:
    return count(slip.leads)


@by_hand
def leads_converted(slip: Slip) -> Answer:
    converted = {conversion["lead_id"] for conversion in slip.conversions}
    return count(lead for lead in slip.leads if lead["id"] in converted)


@by_hand
def lead_conversion_rate(slip: Slip) -> Answer:
    return share(leads_converted(slip), leads(slip))


@by_hand
def leads_lost(slip: Slip) -> Answer:
    return count(lead for lead in slip.leads if lead["status"] == "lost")


@by_hand
def conversions(slip: Slip) -> Answer:
    return count(c for c in slip.conversions if slip.within(c["converted_at"]))


@by_hand
def days_to_convert(slip: Slip) -> Answer:
    came = {lead["id"]: lead["created_at"] for lead in slip.world.live("leads")}
    return average(
        hours(came[c["lead_id"]], c["converted_at"]) / 24
        for c in slip.conversions
        if slip.within(c["converted_at"])
    )


@by_hand
def open_leads(slip: Slip) -> Answer:
    return count(slip.open_leads)


@by_hand
def unassigned_leads(slip: Slip) -> Answer:
    return count(lead for lead in slip.open_leads if lead["owner_id"] is None)


@by_hand
def lead_score(slip: Slip) -> Answer:
    return average(lead["score"] for lead in slip.open_leads if lead["scored_at"])


@by_hand
def deals_created(slip: Slip) -> Answer:
    return count(deal for deal in slip.world.live("deals") if slip.within(deal["created_at"]))


@by_hand
def open_deals(slip: Slip) -> Answer:
    return count(slip.open_deals)


@by_hand
def pipeline_value(slip: Slip) -> Answer:
    return sums(slip.open_deals, lambda deal: deal["value"])


@by_hand
def weighted_pipeline(slip: Slip) -> Answer:
    return sums(slip.open_deals, lambda deal: deal["value"] * deal["probability"] / 100)


def won(slip: Slip) -> list[dict[str, Any]]:
    return [deal for deal in slip.decided if deal["status"] == "won"]


@by_hand
def deals_won(slip: Slip) -> Answer:
    return count(won(slip))


@by_hand
def deals_lost(slip: Slip) -> Answer:
    return count(deal for deal in slip.decided if deal["status"] == "lost")


@by_hand
def deals_decided(slip: Slip) -> Answer:
    return count(slip.decided)


@by_hand
def win_rate(slip: Slip) -> Answer:
    return share(deals_won(slip), deals_decided(slip))


@by_hand
def won_value(slip: Slip) -> Answer:
    return sums(won(slip), lambda deal: deal["value"])


@by_hand
def days_to_close(slip: Slip) -> Answer:
    return average(hours(deal["created_at"], deal["closed_at"]) / 24 for deal in slip.decided)


@by_hand
def tickets(slip: Slip) -> Answer:
    return count(slip.tickets)


@by_hand
def tickets_solved(slip: Slip) -> Answer:
    return count(t for t in slip.all_tickets if slip.within(t["solved_at"]))


@by_hand
def ticket_backlog(slip: Slip) -> Answer:
    return count(
        t
        for t in slip.all_tickets
        if slip.first <= TODAY
        and where_we_are(t["created_at"]) <= slip.end
        and (t["solved_at"] is None or where_we_are(t["solved_at"]) > slip.end)
    )


@by_hand
def first_response_hours(slip: Slip) -> Answer:
    answered = [t for t in slip.tickets if t["first_responded_at"]]
    return average(hours(t["created_at"], t["first_responded_at"]) for t in answered)


@by_hand
def resolution_hours(slip: Slip) -> Answer:
    return average(hours(t["created_at"], t["solved_at"]) for t in slip.tickets if t["solved_at"])


def with_promise(slip: Slip) -> list[dict[str, Any]]:
    return [t for t in slip.tickets if t["resolution_minutes"] or t["first_response_minutes"]]


def is_late(ticket: dict[str, Any]) -> bool:
    ends = (ticket["first_response_due_at"], ticket["resolution_due_at"])
    left = (ticket["first_response_left"], ticket["resolution_left"])
    return any(end and end < AT for end in ends) or any(one is not None and one < 0 for one in left)


@by_hand
def tickets_with_promise(slip: Slip) -> Answer:
    return count(with_promise(slip))


@by_hand
def sla_breaches(slip: Slip) -> Answer:
    return count(ticket for ticket in with_promise(slip) if is_late(ticket))


@by_hand
def sla_breach_rate(slip: Slip) -> Answer:
    return share(sla_breaches(slip), tickets_with_promise(slip))


@by_hand
def tickets_reopened(slip: Slip) -> Answer:
    return count(ticket for ticket in slip.tickets if ticket["reopened_count"])


@by_hand
def tickets_escalated(slip: Slip) -> Answer:
    return count(ticket for ticket in slip.tickets if ticket["escalated_at"])


@by_hand
def donors_on_file(slip: Slip) -> Answer:
    return count(slip.donors)


@by_hand
def portfolio_size(slip: Slip) -> Answer:
    return count(donor for donor in slip.living if donor["owner_id"])


@by_hand
def unassigned_donors(slip: Slip) -> Answer:
    return count(donor for donor in slip.living if not donor["owner_id"])


@by_hand
def donors_without_contact(slip: Slip) -> Answer:
    return count(
        donor
        for donor in slip.living
        if donor["last_contacted_at"] is None
        or (TODAY - where_we_are(donor["last_contacted_at"])).days > 180
    )


@by_hand
def stage_changes(slip: Slip) -> Answer:
    there = {donor["id"] for donor in slip.donors}
    rows = slip.world.rows["stage_changes"]
    return count(c for c in rows if slip.within(c["at"]) and c["donor_id"] in there)


@by_hand
def activities(slip: Slip) -> Answer:
    return count(slip.activities)


@by_hand
def donors_contacted(slip: Slip) -> Answer:
    return count({a["donor_id"] for a in slip.activities if a["donor_id"]})


@by_hand
def conversations(slip: Slip) -> Answer:
    return count(slip.conversations)


@by_hand
def conversations_resolved(slip: Slip) -> Answer:
    return count(c for c in slip.conversations if c["resolved_at"])


@by_hand
def conversations_by_people(slip: Slip) -> Answer:
    return count(c for c in slip.conversations if c["handling"] != "assistant")


@by_hand
def handoff_rate(slip: Slip) -> Answer:
    return share(conversations_by_people(slip), conversations(slip))


@by_hand
def satisfaction(slip: Slip) -> Answer:
    return average(c["rating"] for c in slip.conversations if c["rating"] is not None)


@by_hand
def open_tasks(slip: Slip) -> Answer:
    return count(slip.open_tasks)


@by_hand
def overdue_tasks(slip: Slip) -> Answer:
    return count(task for task in slip.open_tasks if task["due_at"] and task["due_at"] < AT)


@by_hand
def tasks_done(slip: Slip) -> Answer:
    rows = slip.world.live("tasks")
    return count(t for t in rows if t["status"] == "done" and slip.within(t["completed_at"]))
