"""The meaning of every filter, written down a second time in plain Python over rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from crm_store.channel import Purpose
from crm_store.contacts.models import IdentifierKind
from crm_store.contacts.names import name_key
from crm_store.reports.periods import resolve
from crm_store.segments.models import Subject
from tests.crm_store.segments.world import STARTS, TODAY, ZONE, World

NEGATIVE = {"is_not": "is", "not_in": "in", "not_within": "within", "is_empty": "is_set"}
OWN_NAMES = {
    "officer": "owner_id", "workspace": "workspace_id", "last_contacted": "last_contacted_at",
    "next_follow_up": "next_follow_up_at", "recorded": "created_at", "donor_kind": "kind",
}  # fmt: skip
DONOR_ONLY = {
    "name", "donor_kind", "status", "journey_stage", "stage_since", "classification", "capacity",
    "is_anonymous", "do_not_solicit", "contact_hold_until", "total_given", "largest_gift",
    "gift_count", "first_gift", "last_gift",
}  # fmt: skip
BOTH = {
    "officer", "workspace", "language", "do_not_contact", "last_contacted", "next_follow_up",
    "recorded", "city", "state", "postal_code", "country",
}  # fmt: skip
PLACES = {"city", "state", "postal_code", "country"}
Test = Callable[[Any], bool]


class Truth:
    """Who fits a filter in a world, found by looking at everybody."""

    def __init__(self, world: World) -> None:
        self.rows = world.rows
        self.me = world.house.director.member_id

    def fitting(self, node: dict[str, Any], subject: Subject) -> set[Any]:
        return {row.id for row in self.everybody(subject) if self.holds(node, subject, row)}

    def everybody(self, subject: Subject) -> list[Any]:
        table = "donors" if subject is Subject.DONORS else "people"
        return [row for row in self.rows[table] if row.deleted_at is None]

    def holds(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        kind = node["kind"]
        if kind == "all":
            return all(self.holds(part, subject, row) for part in node.get("of", ()))
        if kind == "any":
            return any(self.holds(part, subject, row) for part in node["of"])
        if kind == "not":
            return not self.holds(node["of"], subject, row)
        if node.get("is") in NEGATIVE:
            return not self.holds({**node, "is": NEGATIVE[node["is"]]}, subject, row)
        return bool(getattr(self, f"_{kind}")(node, subject, row))

    def others(self, subject: Subject, row: Any) -> list[Any]:
        """The donors somebody gives with now, or the people a donor is made of now."""
        links = [link for link in self.rows["donor_people"] if link.left_at is None]
        if subject is Subject.DONORS:
            ids = {link.person_id for link in links if link.donor_id == row.id}
            return [one for one in self.everybody(Subject.PEOPLE) if one.id in ids]
        ids = {link.donor_id for link in links if link.person_id == row.id}
        return [one for one in self.everybody(Subject.DONORS) if one.id in ids]

    def either(self, subject: Subject, row: Any, test: Test) -> bool:
        return test(row) or any(test(other) for other in self.others(subject, row))

    def of(self, whose: Subject, subject: Subject, row: Any, test: Test) -> bool:
        if whose is subject:
            return test(row)
        return any(test(other) for other in self.others(subject, row))

    def linked(self, table: str, row: Any, key: str | None = None) -> Iterable[Any]:
        """Rows of a table that name this donor or person."""
        key = key or ("donor_id" if row.__tablename__ == "donors" else "person_id")
        return (one for one in self.rows[table] if getattr(one, key) == row.id)

    # fields

    def _field(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        name = node["field"]
        whose = subject
        if name not in BOTH:
            whose = Subject.DONORS if name in DONOR_ONLY else Subject.PEOPLE
        test = self.test_of(node)
        return self.of(whose, subject, row, lambda one: any(map(test, self.facts(node, one))))

    def facts(self, node: dict[str, Any], row: Any) -> list[Any]:
        """What a row has under a field's name; several for those who have several."""
        name = node["field"]
        if name in PLACES:
            return self.places(name, row)
        if name in ("employer", "job_title"):
            return self.work(name, row)
        if name in ("total_given", "largest_gift", "gift_count", "first_gift", "last_gift"):
            return self.lifetime(name, node.get("currency", "EUR"), row)
        if name == "birth_month":
            return [Decimal(row.birthday.month) if row.birthday else None]
        return [getattr(row, OWN_NAMES.get(name, name))]

    def places(self, name: str, row: Any) -> list[Any]:
        if row.__tablename__ == "donors":
            found = [one for one in self.rows["addresses"] if one.id == row.address_id]
        else:
            found = [one for one in self.linked("addresses", row) if one.is_primary]
        values = [getattr(one, name) for one in found]
        return [name_key(value) for value in values] if name == "city" else values

    def work(self, name: str, row: Any) -> list[Any]:
        now = [
            one for one in self.linked("employments", row)
            if one.ended_on is None or one.ended_on >= TODAY
        ]  # fmt: skip
        if name == "job_title":
            return [one.title for one in now]
        return [self.rows["companies"][0].name for one in now if one.company_id]

    def lifetime(self, name: str, currency: str, row: Any) -> list[Any]:
        gifts = list(self.gifts_of(row))
        if name in ("total_given", "largest_gift"):
            nets = [self.net(gift) for gift in gifts if gift.currency == currency]
            if name == "total_given":
                return [sum(nets, Decimal(0))]
            return [max(nets, default=None)]
        days = [gift.received_on for gift in gifts]
        if name == "gift_count":
            return [Decimal(len(gifts))]
        return [(min if name == "first_gift" else max)(days, default=None)]

    def test_of(self, node: dict[str, Any]) -> Test:
        how, wanted, name = node.get("is", "is"), node.get("value", True), node["field"]
        if how == "is_set":
            if name in ("total_given", "gift_count"):
                return lambda fact: fact > 0
            return lambda fact: fact is not None and fact != ""
        if name == "officer":
            known = {"me": self.me, "Dana Levi": self.me}
            ids = {known[one] for one in as_list(wanted)}
            return lambda fact: fact in ids
        if name == "workspace":
            ids = {w.id for w in self.rows["workspaces"] if w.name in as_list(wanted)}
            return lambda fact: fact in ids
        return self.comparison(how, wanted, name == "city")

    def comparison(self, how: str, wanted: Any, is_place: bool) -> Test:
        def plain(value: Any) -> Any:
            if isinstance(value, str):
                return name_key(value) if is_place else value.lower().replace("ς", "σ")
            if isinstance(value, datetime):
                return value.astimezone(ZONE).date()
            return value

        def test(fact: Any) -> bool:
            if fact is None:
                return False
            given = plain(fact)
            if how == "within":
                first, last = days(wanted)
                return first <= given <= last
            values = [plain(like(given, one)) for one in as_list(wanted)]
            return COMPARED[how](given, values)

        return test

    # giving

    def gifts_of(self, row: Any) -> Iterable[Any]:
        return (
            gift for gift in self.linked("gifts", row)
            if gift.deleted_at is None and self.net(gift) > 0
        )  # fmt: skip

    def net(self, gift: Any) -> Decimal:
        returned = (one.amount for one in self.rows["refunds"] if one.gift_id == gift.id)
        return gift.amount - sum(returned, Decimal(0))

    def _gave(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        return self.of(Subject.DONORS, subject, row, lambda donor: self.donor_gave(node, donor))

    def donor_gave(self, node: dict[str, Any], donor: Any) -> bool:
        limits = ("at_least", "at_most", "gift_at_least", "gift_at_most")
        currency = node.get("currency") or ("EUR" if any(one in node for one in limits) else None)
        gifts = [gift for gift in self.gifts_of(donor) if self.counts(node, gift, currency)]
        total = sum(map(self.net, gifts), Decimal(0))
        return (
            bool(gifts)
            and within(total, node, "at_least", "at_most")
            and within(len(gifts), node, "times_at_least", "times_at_most")
        )

    def counts(self, node: dict[str, Any], gift: Any, currency: str | None) -> bool:
        first, last = days(node.get("period"))
        named = all(
            gift_id in {one.id for one in self.rows[table] if one.name in node[table]}
            for table, gift_id in (
                ("funds", gift.fund_id), ("appeals", gift.appeal_id), ("projects", gift.project_id)
            ) if table in node
        )  # fmt: skip
        return (
            named
            and first <= gift.received_on <= last
            and currency in (None, gift.currency)
            and within(self.net(gift), node, "gift_at_least", "gift_at_most")
            and ("methods" not in node or gift.method in node["methods"])
        )

    def _soft_credit(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        return self.either(subject, row, lambda one: self.credited(node, one))

    def credited(self, node: dict[str, Any], row: Any) -> bool:
        first, last = days(node.get("period"))
        gifts = {gift.id: gift for gift in self.rows["gifts"] if gift.deleted_at is None}
        currency = node.get("currency") or ("EUR" if "at_least" in node else None)
        found = [
            credit.amount for credit in self.linked("soft_credits", row)
            if credit.gift_id in gifts
            and first <= gifts[credit.gift_id].received_on <= last
            and ("roles" not in node or credit.kind in node["roles"])
            and currency in (None, gifts[credit.gift_id].currency)
        ]  # fmt: skip
        return bool(found) and sum(found) >= Decimal(node.get("at_least", 0))

    def _recurring(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        def test(donor: Any) -> bool:
            states = [
                plan.status.value for plan in self.linked("recurring_plans", donor)
                if node.get("frequency") in (None, plan.frequency)
            ]  # fmt: skip
            wanted = node.get("state", "active")
            if wanted == "lapsed":
                return bool(states) and set(states) == {"ended"}
            return bool(states) if wanted == "any" else wanted in states

        return self.of(Subject.DONORS, subject, row, test)

    def _pledge(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        return self.of(Subject.DONORS, subject, row, lambda donor: self.pledged(node, donor))

    def pledged(self, node: dict[str, Any], donor: Any) -> bool:
        wanted = node.get("state", "open")
        limits = ("balance_at_least", "balance_at_most")
        currency = node.get("currency") or ("EUR" if any(one in node for one in limits) else None)
        late = {
            one.pledge_id for one in self.rows["instalments"]
            if one.due_on < TODAY and one.status == "open"
        }  # fmt: skip
        status = {"open": "active", "overdue": "active"}.get(wanted, wanted)
        found = [
            max(one.amount - one.written_off - one.paid, Decimal(0))
            for one in self.linked("pledges", donor)
            if one.deleted_at is None
            and (wanted == "any" or one.status == status)
            and (wanted != "overdue" or one.id in late)
            and currency in (None, one.currency)
        ]  # fmt: skip
        return bool(found) and within(sum(found), node, *limits)

    # standing

    def _tag(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        tags = {tag.id for tag in self.rows["tags"] if tag.name in node["any_of"]}
        return self.either(
            subject, row, lambda one: any(t.tag_id in tags for t in self.linked("taggings", one))
        )

    def _custom(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        (own,) = (one for one in self.rows["custom_fields"] if one.name == node["field"])
        test = self.test_of(node)

        def holds(one: Any) -> bool:
            for value in self.linked("custom_values", one):
                if value.field_id != own.id:
                    continue
                if value.list_value is not None and node.get("is") != "is_set":
                    return bool(set(value.list_value) & set(as_list(node["value"])))
                facts = (value.text_value, value.number_value, value.date_value, value.bool_value)
                return any(test(fact) for fact in (*facts, value.list_value) if fact is not None)
            return False

        whose = Subject.DONORS if own.noun == "donor" else Subject.PEOPLE
        return self.of(whose, subject, row, holds)

    def _consent(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        def test(person: Any) -> bool:
            said = self.last_word(node, person)
            return said == node.get("state", "given")

        return self.of(Subject.PEOPLE, subject, row, test)

    def last_word(self, node: dict[str, Any], person: Any) -> str:
        purpose = Purpose(node.get("purpose", "marketing"))
        purposes = {purpose, Purpose.MARKETING} if purpose.is_marketing else {purpose}
        heard = [
            one for one in self.linked("consents", person)
            if one.purpose in purposes
            and ("channel" not in node or one.channel in (None, node["channel"]))
        ]  # fmt: skip
        if not heard:
            return "none"
        last = max(heard, key=lambda one: (one.at, one.id))
        if last.state == "withdrawn":
            return "withdrawn"
        return "none" if last.expires_at and last.expires_at.year < 2026 else "given"

    def _suppressed(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        def test(person: Any) -> bool:
            own = {
                one.normalised for one in self.linked("identifiers", person)
                if one.deleted_at is None
            }  # fmt: skip
            return any(
                one.lifted_at is None
                and node.get("channel") in (None, one.channel)
                and (one.person_id == person.id or one.address in own)
                for one in self.rows["suppressions"]
            )

        return self.of(Subject.PEOPLE, subject, row, test)

    def _reachable(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        by = node.get("by", "email")
        if by == "mail":

            def test(person: Any) -> bool:
                return any(map(postal, self.linked("addresses", person)))
        else:
            kinds = {by, "whatsapp"} if by == "phone" else {by}

            def test(person: Any) -> bool:
                return any(
                    one.kind in kinds and one.deleted_at is None and one.bounced_at is None
                    for one in self.linked("identifiers", person)
                )

        own = False
        if subject is Subject.DONORS and by == "mail":
            own = any(postal(one) for one in self.rows["addresses"] if one.id == row.address_id)
        return own or self.of(Subject.PEOPLE, subject, row, test)

    def _segment(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        (segment,) = (
            one for one in self.rows["segments"] if one.name.lower() == node["segment"].lower()
        )
        whose = Subject(segment.subject)

        def test(one: Any) -> bool:
            if segment.filter:
                return self.holds(segment.filter, whose, one)
            return any(
                member.segment_id == segment.id for member in self.linked("segment_members", one)
            )

        return self.of(whose, subject, row, test)

    def _household(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        return row.household_id is not None and any(
            other.household_id == row.household_id
            and other.id != row.id
            and self.holds(node["of"], subject, other)
            for other in self.everybody(subject)
        )

    def _activity(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        first, last = days(node.get("period"))

        def test(one: Any) -> bool:
            done = [
                each for each in self.linked("activities", one)
                if each.status == "done" and each.deleted_at is None
                and ("kinds" not in node or each.kind in node["kinds"])
                and first <= each.at.astimezone(ZONE).date() <= last
            ]  # fmt: skip
            return len(done) >= node.get("times_at_least", 1)

        return self.either(subject, row, test)

    def _lead(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        first, last = days(node.get("period"))
        sources = {lead.id: lead.source for lead in self.rows["leads"]}
        return self.either(
            subject,
            row,
            lambda one: any(
                each.undone_at is None
                and first <= each.converted_at.astimezone(ZONE).date() <= last
                and ("sources" not in node or sources[each.lead_id] in node["sources"])
                for each in self.linked("lead_conversions", one)
            ),
        )

    def _ticket(self, node: dict[str, Any], subject: Subject, row: Any) -> bool:
        first, last = days(node.get("period"))
        return self.of(
            Subject.PEOPLE,
            subject,
            row,
            lambda person: any(
                each.deleted_at is None
                and first <= each.created_at.astimezone(ZONE).date() <= last
                and node.get("is_open") in (None, each.status not in ("solved", "closed"))
                for each in self.linked("tickets", person)
            ),
        )


COMPARED: dict[str, Callable[[Any, list[Any]], bool]] = {
    "is": lambda fact, wanted: fact == wanted[0],
    "in": lambda fact, wanted: fact in wanted,
    "contains": lambda fact, wanted: wanted[0] in fact,
    "begins_with": lambda fact, wanted: fact.startswith(wanted[0]),
    "at_least": lambda fact, wanted: fact >= wanted[0],
    "at_most": lambda fact, wanted: fact <= wanted[0],
    "more_than": lambda fact, wanted: fact > wanted[0],
    "less_than": lambda fact, wanted: fact < wanted[0],
    "before": lambda fact, wanted: fact < wanted[0],
    "after": lambda fact, wanted: fact > wanted[0],
    "between": lambda fact, wanted: wanted[0] <= fact <= wanted[1],
}


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def like(fact: Any, value: Any) -> Any:
    """A value from JSON in the type of the fact it is compared with."""
    if isinstance(fact, bool):
        return value
    if isinstance(fact, date):
        return date.fromisoformat(value)
    return Decimal(str(value)) if isinstance(fact, Decimal | int) else value


def within(amount: Any, node: dict[str, Any], least: str, most: str) -> bool:
    return amount >= Decimal(str(node.get(least, 0))) and (
        most not in node or amount <= Decimal(str(node[most]))
    )


def days(period: str | None) -> tuple[date, date]:
    if period in (None, "all_time"):
        return date.min, date.max
    word, _, day = period.partition(" ")
    if word == "since":
        return date.fromisoformat(day), date.max
    if word == "until":
        return date.min, date.fromisoformat(day)
    if word == "before":
        return date.min, date.fromisoformat(day) - timedelta(days=1)
    span = resolve(period, TODAY, STARTS)
    return span.first, span.last


def postal(address: Any) -> bool:
    return address.street is not None and address.city is not None


__all__ = ["IdentifierKind", "Truth"]
