"""The filter language: who is meant, as data that can be kept, sent, checked and read back.

A filter on donors may speak of people and one on people of donors: a donor is what any of its
people is, a person is what any of their donors is.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_serializer,
    model_validator,
)

from crm_store.channel import Channel, Purpose
from crm_store.contacts.models import ActivityKind
from crm_store.errors import Invalid
from crm_store.gifts.models import CreditKind, Frequency, Method
from crm_store.leads.models import LeadSource
from crm_store.money import known_currency
from crm_store.segments import fields, when
from crm_store.segments.fields import OPPOSITES, Operator
from crm_store.segments.values import Value, operator_for, typed, unknown

DEEPEST = 12
LARGEST = 200

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], Field(max_length=100)]
Period = Annotated[str, StringConstraints(max_length=60), AfterValidator(when.check)]
Currency = Annotated[str, AfterValidator(known_currency)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]
Times = Annotated[int, Field(ge=1, le=10_000)]


class Node(BaseModel):
    """One statement about donors or people; its JSON form leaves out what was left unsaid."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    @model_serializer(mode="wrap")
    def _said(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        form: dict[str, Any] = write(self)
        return {
            name: part for name, part in form.items() if part is not None and part not in ([], ())
        }


class All(Node):
    """Those of whom everything in the list is true; everybody where it is empty."""

    kind: Literal["all"] = "all"
    of: tuple[Filter, ...] = ()


class AnyOf(Node):
    """Those of whom at least one thing in the list is true."""

    kind: Literal["any"] = "any"
    of: tuple[Filter, ...] = Field(min_length=1)


class Not(Node):
    """Those of whom it is not true, or not known."""

    kind: Literal["not"] = "not"
    of: Filter


class Compare(Node):
    """A named fact, compared: {"kind": "field", "field": "city", "is": "in", "value": [...]}."""

    kind: Literal["field"] = "field"
    field: str
    operator: Operator = Field(default=Operator.IS, alias="is")
    value: Value = None
    currency: Currency | None = Field(default=None, description="Of amounts; ours by default.")

    @model_validator(mode="before")
    @classmethod
    def _typed(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("field"), str):
            return data
        known = fields.find(data["field"])
        if known is None:
            raise ValueError(unknown("field", data["field"], fields.known_fields()))
        operator = operator_for(known.name, known.kind, data.get("is", Operator.IS))
        value = typed(known.name, known.kind, operator, data.get("value"), known.choices)
        return {**data, "is": operator, "value": value}


class Custom(Node):
    """A field the organisation added itself, compared as its type allows."""

    kind: Literal["custom"] = "custom"
    field: Name
    operator: Operator = Field(default=Operator.IS, alias="is")
    value: Value = None


class Gave(Node):
    """Donors who gave in a period, net of refunds; inside "not", those who did not."""

    kind: Literal["gave"] = "gave"
    period: Period | None = Field(default=None, description="As in last_fiscal_year; else ever.")
    at_least: Amount | None = Field(default=None, description="In all, over the period.")
    at_most: Amount | None = None
    times_at_least: Times | None = None
    times_at_most: Times | None = None
    gift_at_least: Amount | None = Field(default=None, description="Counting only gifts so large.")
    gift_at_most: Amount | None = None
    currency: Currency | None = None
    funds: Names = ()
    appeals: Names = ()
    projects: Names = ()
    methods: tuple[Method, ...] = ()

    @property
    def speaks_of_amounts(self) -> bool:
        limits = (self.at_least, self.at_most, self.gift_at_least, self.gift_at_most)
        return any(limit is not None for limit in limits)

    @property
    def narrows_gifts(self) -> bool:
        """Whether the yearly totals cannot tell, because only some gifts count."""
        chosen = self.funds or self.appeals or self.projects or self.methods
        return bool(chosen) or self.gift_at_least is not None or self.gift_at_most is not None


class SoftCredited(Node):
    """Those recognised for the gifts of others."""

    kind: Literal["soft_credit"] = "soft_credit"
    roles: tuple[CreditKind, ...] = ()
    period: Period | None = None
    at_least: Amount | None = None
    currency: Currency | None = None

    @property
    def speaks_of_amounts(self) -> bool:
        return self.at_least is not None


class RecurringState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    LAPSED = "lapsed"
    ANY = "any"


class Recurring(Node):
    """Donors with a standing promise; lapsed: they had one and it runs no more."""

    kind: Literal["recurring"] = "recurring"
    state: RecurringState = RecurringState.ACTIVE
    frequency: Frequency | None = None


class PledgeState(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    FULFILLED = "fulfilled"
    WRITTEN_OFF = "written_off"
    ANY = "any"


class Pledged(Node):
    """Donors with a pledge; the balance is what is still to come of all their pledges."""

    kind: Literal["pledge"] = "pledge"
    state: PledgeState = PledgeState.OPEN
    balance_at_least: Amount | None = None
    balance_at_most: Amount | None = None
    currency: Currency | None = None

    @property
    def speaks_of_amounts(self) -> bool:
        return self.balance_at_least is not None or self.balance_at_most is not None


class Tagged(Node):
    """Those who bear at least one of these tags."""

    kind: Literal["tag"] = "tag"
    any_of: Names = Field(min_length=1)


class ConsentIs(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    NONE = "none"


class Consented(Node):
    """What people last said to being written to for a purpose; what has expired is no consent."""

    kind: Literal["consent"] = "consent"
    state: ConsentIs = ConsentIs.GIVEN
    purpose: Purpose = Purpose.MARKETING
    channel: Channel | None = None


class Suppressed(Node):
    """Those with an address we must not write to."""

    kind: Literal["suppressed"] = "suppressed"
    channel: Channel | None = None


class ReachedBy(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    WHATSAPP = "whatsapp"
    MAIL = "mail"


class Reachable(Node):
    """Those with an e-mail address, number or postal address on record that works."""

    kind: Literal["reachable"] = "reachable"
    by: ReachedBy = ReachedBy.EMAIL


class InSegment(Node):
    """Members of another segment, by its name."""

    kind: Literal["segment"] = "segment"
    segment: Name


class AtHome(Node):
    """Those who share a household with another of whom it is true."""

    kind: Literal["household"] = "household"
    of: Filter


class Did(Node):
    """Those with whom something happened, as in a visit or a call."""

    kind: Literal["activity"] = "activity"
    kinds: tuple[ActivityKind, ...] = ()
    period: Period | None = None
    times_at_least: Times = 1


class WasLead(Node):
    """Those who came to us as a lead."""

    kind: Literal["lead"] = "lead"
    sources: tuple[LeadSource, ...] = ()
    period: Period | None = Field(default=None, description="When they became a contact.")


class HadTicket(Node):
    """Those who asked for help."""

    kind: Literal["ticket"] = "ticket"
    is_open: bool | None = None
    period: Period | None = Field(default=None, description="When they asked.")


Filter = Annotated[
    All | AnyOf | Not | Compare | Custom | Gave | SoftCredited | Recurring | Pledged | Tagged
    | Consented | Suppressed | Reachable | InSegment | AtHome | Did | WasLead | HadTicket,
    Field(discriminator="kind"),
]  # fmt: skip
for _node in (All, AnyOf, Not, AtHome):
    _node.model_rebuild()

ADAPTER: TypeAdapter[Any] = TypeAdapter(Filter)
KINDS = tuple(node.model_fields["kind"].default for node in get_args(get_args(Filter)[0]))


class BadFilter(Invalid):
    """This filter does not make sense."""


def read_filter(data: Any) -> Any:
    """A filter from its JSON form, or one sentence about what is wrong and where."""
    _measure(data)
    try:
        return ADAPTER.validate_python(data)
    except ValidationError as error:
        raise BadFilter(_sentence(error)) from error


def written(node: Node) -> dict[str, Any]:
    """The JSON form, as it is kept and sent."""
    return node.model_dump(mode="json")


def walk(node: Any) -> Iterator[Any]:
    """A filter and all it is made of."""
    yield node
    parts = getattr(node, "of", ())
    for part in parts if isinstance(parts, tuple) else (parts,):
        yield from walk(part)


def affirmed(node: Any) -> Any:
    """A comparison that something is so, where the filter says that it is not."""
    if isinstance(node, Compare | Custom) and node.operator in OPPOSITES:
        return node.model_copy(update={"operator": OPPOSITES[node.operator]})
    return node


def _measure(data: Any, depth: int = 0) -> int:
    """Refuse what is too deep or too large to be a question a person asked."""
    if depth > DEEPEST:
        raise BadFilter(f"A filter may be {DEEPEST} levels deep at most.")
    parts = data.get("of", ()) if isinstance(data, dict) else ()
    parts = parts if isinstance(parts, list | tuple) else (parts,)
    size = 1 + sum(_measure(part, depth + 1) for part in parts)
    if size > LARGEST:
        raise BadFilter(f"A filter may have {LARGEST} parts at most.")
    return size


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    said, given = first["msg"].removeprefix("Value error, "), first.get("input")
    if first["type"] == "union_tag_invalid":
        return unknown("kind of filter", str(first.get("ctx", {}).get("tag")), KINDS)
    if first["type"] == "union_tag_not_found":
        return f"Each part of a filter says its kind: one of {', '.join(KINDS)}."
    place = [str(part) for part in first["loc"] if isinstance(part, str)]
    if first["type"] == "extra_forbidden":
        return f"“{place[-1]}” is nothing that {place[-2] if place[1:] else 'a filter'} can say."
    if first["type"] == "value_error" or not place:
        return said
    return f"{place[-1]}: {said[:1].lower()}{said[1:]} (given: {str(given)[:60]})."
