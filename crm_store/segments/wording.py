"""A filter in plain words, to be read back to whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from crm_store.channel import Channel
from crm_store.segments import fields, language, when
from crm_store.segments.fields import OPPOSITES, Field, Kind, Operator
from crm_store.segments.language import ConsentIs, PledgeState, ReachedBy, RecurringState
from crm_store.segments.models import Subject

SUBJECTS = {Subject.DONORS: "Donors", Subject.PEOPLE: "People"}
EVERYBODY = {Subject.DONORS: "All donors", Subject.PEOPLE: "All people"}
MONTHS = tuple(f"{date(2025, month, 1):%B}" for month in range(1, 13))
FLAGS = {
    "do_not_contact": ("must not be contacted", "may be contacted"),
    "is_anonymous": ("wish to stay anonymous", "do not mind being named"),
    "do_not_solicit": ("must not be asked for gifts", "may be asked for gifts"),
    "is_deceased": ("have died", "are alive"),
    "is_vip": ("are VIPs", "are not VIPs"),
    "is_active": ("are active contacts", "are not active contacts"),
}
STATES = {
    RecurringState.ACTIVE: ("give regularly", "do not give regularly"),
    RecurringState.PAUSED: ("paused their regular gift", "did not pause a regular gift"),
    RecurringState.LAPSED: ("stopped giving regularly", "did not stop giving regularly"),
    RecurringState.ANY: ("have or had a regular gift", "never had a regular gift"),
}
PLEDGES = {
    PledgeState.OPEN: "an open pledge",
    PledgeState.OVERDUE: "an overdue pledge",
    PledgeState.FULFILLED: "a fulfilled pledge",
    PledgeState.WRITTEN_OFF: "a pledge that was written off",
    PledgeState.ANY: "a pledge",
}
REACHED = {
    ReachedBy.EMAIL: "an e-mail address",
    ReachedBy.PHONE: "a telephone number",
    ReachedBy.WHATSAPP: "a WhatsApp number",
    ReachedBy.MAIL: "a postal address",
}
SIZES = {
    Operator.AT_LEAST: "at least {}",
    Operator.AT_MOST: "at most {}",
    Operator.MORE_THAN: "more than {}",
    Operator.LESS_THAN: "less than {}",
}


def describe(
    node: Any, subject: Subject = Subject.DONORS, *, locale: str = "en", currency: str = "EUR"
) -> str:
    """ "Donors who gave at least €100 last fiscal year, and did not give this fiscal year"."""
    said = Wording(subject, locale, currency).says(node)
    return f"{SUBJECTS[subject]} who {said}" if said else EVERYBODY[subject]


class Wording:
    """Says each part of a filter as what somebody does or does not do."""

    def __init__(self, subject: Subject, locale: str, currency: str) -> None:
        self.subject = subject
        self.locale = locale
        self.currency = currency

    def says(self, node: Any, yes: bool = True) -> str:
        match node:
            case language.Not():
                return self.says(node.of, not yes)
            case language.All():
                return self._joined(node.of, yes, "and" if yes else "or")
            case language.AnyOf():
                return self._joined(node.of, yes, "or" if yes else "and")
            case language.Compare() | language.Custom() if node.operator in OPPOSITES:
                return self.says(language.affirmed(node), not yes)
        say: Callable[[Any, bool], str] = getattr(self, f"_{node.kind}")
        return say(node, yes)

    def _joined(self, parts: Sequence[Any], yes: bool, word: str) -> str:
        """Parts that are lists themselves stand in brackets."""
        if not parts:
            return "" if word == "and" else "are nobody at all"
        said = [self.says(part, yes) or "are anybody" for part in parts]
        if len(said) == 1:
            return said[0]
        said = [
            f"({one})" if _is_list(part) else one for one, part in zip(said, parts, strict=True)
        ]
        if word == "or":
            return "either " + " or ".join(said)
        return f"{', '.join(said[:-1])}, and {said[-1]}"

    def _gave(self, node: language.Gave, yes: bool) -> str:
        parts = ["gave" if yes else "did not give"]
        if not yes and not node.period:
            parts = ["never gave"]
        parts += [self._total(node), self._times(node), self._single(node), self._purpose(node)]
        return _phrase(*parts, when.in_words(node.period, self.locale))

    def _total(self, node: language.Gave) -> str:
        limits = (node.at_least, node.at_most)
        if limits == (None, None):
            return f"in {node.currency}" if node.currency and not node.speaks_of_amounts else ""
        return self._range(*limits, node.currency)

    def _times(self, node: language.Gave) -> str:
        least, most = node.times_at_least, node.times_at_most
        if least is None and most is None:
            return ""
        if least == most:
            return "once" if least == 1 else f"{least} times"
        if most is None:
            return "at least once" if least == 1 else f"at least {least} times"
        if least is None:
            return "at most once" if most == 1 else f"at most {most} times"
        return f"{least} to {most} times"

    def _single(self, node: language.Gave) -> str:
        if node.gift_at_least is None and node.gift_at_most is None:
            return ""
        return f"in gifts of {self._range(node.gift_at_least, node.gift_at_most, node.currency)}"

    def _purpose(self, node: language.Gave) -> str:
        parts = []
        if purposes := (*node.funds, *node.projects):
            parts.append(f"for {_either(purposes)}")
        if node.appeals:
            parts.append(f"in answer to {_either(node.appeals)}")
        if node.methods:
            parts.append(
                f"by {_either([method.value.replace('_', ' ') for method in node.methods])}"
            )
        return " ".join(parts)

    def _soft_credit(self, node: language.SoftCredited, yes: bool) -> str:
        verb = "were credited" if yes else "were not credited"
        roles = f"as {_either([role.value for role in node.roles])}" if node.roles else ""
        amount = f"with {self._range(node.at_least, None, node.currency)}" if node.at_least else ""
        period = when.in_words(node.period, self.locale)
        return _phrase(verb, amount, "for gifts of others", roles, period)

    def _recurring(self, node: language.Recurring, yes: bool) -> str:
        said = STATES[node.state][0 if yes else 1]
        return _phrase(said, f"({node.frequency.value})" if node.frequency else "")

    def _pledge(self, node: language.Pledged, yes: bool) -> str:
        balance = ""
        if node.speaks_of_amounts:
            limits = (node.balance_at_least, node.balance_at_most)
            balance = f"with {self._range(*limits, node.currency)} still to come"
        elif node.currency:
            balance = f"in {node.currency}"
        return _phrase("have" if yes else "do not have", PLEDGES[node.state], balance)

    def _tag(self, node: language.Tagged, yes: bool) -> str:
        return f"are {'' if yes else 'not '}tagged {_either(node.any_of)}"

    def _consent(self, node: language.Consented, yes: bool) -> str:
        verbs = {
            ConsentIs.GIVEN: ("agreed to", "did not agree to"),
            ConsentIs.WITHDRAWN: ("declined", "did not decline"),
            ConsentIs.NONE: ("said neither yes nor no to", "said yes or no to"),
        }
        channel = f"by {_channel(node.channel)}" if node.channel else ""
        return _phrase(verbs[node.state][0 if yes else 1], node.purpose.value, channel)

    def _suppressed(self, node: language.Suppressed, yes: bool) -> str:
        channel = f"by {_channel(node.channel)}" if node.channel else ""
        return _phrase("must not be" if yes else "are not barred from being", "written to", channel)

    def _reachable(self, node: language.Reachable, yes: bool) -> str:
        return f"{'have' if yes else 'do not have'} {REACHED[node.by]}"

    def _segment(self, node: language.InSegment, yes: bool) -> str:
        return f"are {'' if yes else 'not '}in the segment “{node.segment}”"

    def _household(self, node: language.AtHome, yes: bool) -> str:
        others = "others" if self.subject is Subject.PEOPLE else "other donors"
        verb = "share" if yes else "do not share"
        return f"{verb} a home with {others} who {self.says(node.of) or 'are anybody'}"

    def _activity(self, node: language.Did, yes: bool) -> str:
        kinds = _either([kind.value.replace("_", " ") for kind in node.kinds])
        often = f"at least {node.times_at_least} times" if node.times_at_least > 1 else ""
        period = when.in_words(node.period, self.locale)
        verb = "had" if yes else "did not have"
        return _phrase(verb, f"a {kinds}" if kinds else "an activity", often, period)

    def _lead(self, node: language.WasLead, yes: bool) -> str:
        sources = f"from {_either([one.value for one in node.sources])}" if node.sources else ""
        verb = "came to us as a lead" if yes else "did not come to us as a lead"
        return _phrase(verb, sources, when.in_words(node.period, self.locale))

    def _ticket(self, node: language.HadTicket, yes: bool) -> str:
        state = {None: "a ticket", True: "an open ticket", False: "a closed ticket"}[node.is_open]
        period = when.in_words(node.period, self.locale)
        opened = f"opened {period}" if period else ""
        return _phrase("have" if yes else "do not have", state, opened)

    def _custom(self, node: language.Custom, yes: bool) -> str:
        return self._compared(Field(node.field, Kind.TEXT, f"“{node.field}”"), node, yes)

    def _field(self, node: language.Compare, yes: bool) -> str:
        field = fields.home(node.field, self.subject)[1]
        if field.kind is Kind.FLAG:
            return FLAGS[field.name][0 if yes is bool(node.value) else 1]
        if field.name == "city" and node.operator in (Operator.IS, Operator.IN):
            return f"{'live' if yes else 'do not live'} in {self._values(node.value)}"
        if field.kind in (Kind.DATE, Kind.TIME):
            return self._dated(field, node, yes)
        return self._compared(field, node, yes)

    def _dated(self, field: Field, node: Any, yes: bool) -> str:
        verb = field.words if field.words in ("first gave", "last gave") else f"were {field.words}"
        if field.words.endswith(("since", "until")):
            verb = f"are {field.words}"
        if node.operator is Operator.IS_SET:
            return f"{verb} at some time" if yes else f"{verb} never or nobody knows when"
        if node.operator is Operator.WITHIN:
            days = when.in_words(node.value, self.locale)
        elif node.operator is Operator.BETWEEN:
            days = f"between {self._value(node.value[0])} and {self._value(node.value[1])}"
        else:
            word = {Operator.IS: "on"}.get(node.operator, node.operator.value)
            days = f"{word} {self._value(node.value)}"
        return f"{verb} {days}" if yes else f"it is not so that they {verb} {days}"

    def _compared(self, field: Field, node: Any, yes: bool) -> str:
        subject = field.words
        if node.operator is Operator.IS_SET:
            return f"{'have' if yes else 'do not have'} {subject.replace('the ', '', 1)} on record"
        verb = "is" if yes else "is not"
        currency = getattr(node, "currency", None)
        if node.operator in (Operator.CONTAINS, Operator.BEGINS_WITH):
            word = "contains" if node.operator is Operator.CONTAINS else "begins with"
            plain = word if yes else f"does not {word.replace('s ', ' ').removesuffix('s')}"
            return f"have {subject} that {plain} “{node.value}”"
        if node.operator is Operator.BETWEEN:
            lower, upper = (self._value(one, field, currency) for one in node.value)
            return f"have {subject} {'' if yes else 'not '}between {lower} and {upper}"
        if node.operator in SIZES:
            size = SIZES[node.operator].format(self._value(node.value, field, currency))
            return f"have {subject} {'' if yes else 'not '}{size}"
        return f"have {subject} that {verb} {self._values(node.value, field, currency)}"

    def _values(self, value: Any, field: Field | None = None, currency: str | None = None) -> str:
        parts = value if isinstance(value, tuple) else (value,)
        return _either([self._value(part, field, currency) for part in parts])

    def _value(self, value: Any, field: Field | None = None, currency: str | None = None) -> str:
        if field is not None and field.kind is Kind.MONEY:
            return self._money(value, currency)
        if field is not None and field.name == "birth_month" and 1 <= value <= 12:
            return MONTHS[int(value) - 1]
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, date):
            if self.locale == "en":
                return f"{value.day} {value:%B %Y}"
            return format_date(value, "long", self.locale)
        if isinstance(value, Decimal | int):
            return format_decimal(value, locale=self.locale)
        return str(value).replace("_", " ") if field and field.choices else str(value)

    def _range(self, least: Decimal | None, most: Decimal | None, currency: str | None) -> str:
        if least is not None and most is not None:
            return f"{self._money(least, currency)} to {self._money(most, currency)}"
        if least is not None:
            return f"at least {self._money(least, currency)}"
        return f"at most {self._money(most or Decimal(0), currency)}"

    def _money(self, amount: Decimal, currency: str | None) -> str:
        code = currency or self.currency
        whole = amount == amount.to_integral_value()
        pattern = "¤#,##0" if whole else "¤#,##0.00##"
        if self.locale == "en":
            return str(format_currency(amount, code, pattern, locale="en", currency_digits=False))
        return str(format_currency(amount, code, locale=self.locale))


def _is_list(node: Any) -> bool:
    if isinstance(node, language.Not):
        return _is_list(node.of)
    return isinstance(node, language.All | language.AnyOf) and len(node.of) > 1


def _phrase(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _either(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _channel(channel: Channel) -> str:
    return {"email": "e-mail", "whatsapp": "WhatsApp", "text": "text message"}.get(
        channel.value, channel.value.replace("_", " ")
    )
