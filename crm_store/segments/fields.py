"""The facts about donors and people that a filter may compare, by the names people use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crm_store.contacts.models import CustomerCategory, HouseholdRole, LifecycleStage
from crm_store.donors.models import DonorKind, DonorStatus, GivingCapacity
from crm_store.segments.models import Subject


class Operator(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    BEGINS_WITH = "begins_with"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    WITHIN = "within"
    NOT_WITHIN = "not_within"
    IS_SET = "is_set"
    IS_EMPTY = "is_empty"


# What is not said of a thing is the opposite of what would be: also of things unknown.
OPPOSITES = {
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_WITHIN: Operator.WITHIN,
    Operator.IS_EMPTY: Operator.IS_SET,
}
SETNESS = (Operator.IS_SET, Operator.IS_EMPTY)
SAMENESS = (Operator.IS, Operator.IS_NOT, Operator.IN, Operator.NOT_IN)
SIZES = (
    Operator.AT_LEAST,
    Operator.AT_MOST,
    Operator.MORE_THAN,
    Operator.LESS_THAN,
    Operator.BETWEEN,
)
DAYS = (
    Operator.IS,
    Operator.IS_NOT,
    Operator.BEFORE,
    Operator.AFTER,
    Operator.BETWEEN,
    Operator.WITHIN,
    Operator.NOT_WITHIN,
)


class Kind(StrEnum):
    """What sort of value a field holds, which decides how it can be compared."""

    TEXT = "text"
    PLACE = "place"
    CHOICE = "choice"
    STAGE = "stage"
    OFFICER = "officer"
    WORKSPACE = "workspace"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    FLAG = "flag"
    CHOICES = "choices"

    @property
    def operators(self) -> tuple[Operator, ...]:
        if self is Kind.FLAG:
            return (Operator.IS, Operator.IS_NOT)
        if self in (Kind.TEXT, Kind.PLACE):
            return (*SAMENESS, Operator.CONTAINS, Operator.BEGINS_WITH, *SETNESS)
        if self in (Kind.NUMBER, Kind.MONEY):
            return (Operator.IS, Operator.IS_NOT, *SIZES, *SETNESS)
        if self in (Kind.DATE, Kind.TIME):
            return (*DAYS, *SETNESS)
        return (*SAMENESS, *SETNESS)


@dataclass(frozen=True, slots=True)
class Field:
    """One comparable fact: its column, how a sentence speaks of it, and who may use it."""

    name: str
    kind: Kind
    words: str
    column: str = ""
    choices: tuple[str, ...] = ()
    scope: str | None = None


def _choices(kind: type[StrEnum]) -> tuple[str, ...]:
    return tuple(member.value for member in kind)


COMMON = (
    Field("officer", Kind.OFFICER, "the officer", "owner_id"),
    Field("workspace", Kind.WORKSPACE, "the workspace", "workspace_id"),
    Field("language", Kind.TEXT, "the language"),
    Field("do_not_contact", Kind.FLAG, "must not be contacted"),
    Field("last_contacted", Kind.TIME, "last contacted", "last_contacted_at"),
    Field("next_follow_up", Kind.TIME, "next to be followed up", "next_follow_up_at"),
    Field("recorded", Kind.TIME, "recorded", "created_at"),
    Field("city", Kind.PLACE, "the city"),
    Field("state", Kind.TEXT, "the state or region"),
    Field("postal_code", Kind.TEXT, "the postal code"),
    Field("country", Kind.TEXT, "the country"),
)

DONOR_FIELDS = (
    *COMMON,
    Field("name", Kind.TEXT, "the name"),
    Field("donor_kind", Kind.CHOICE, "the kind of donor", "kind", _choices(DonorKind)),
    Field("status", Kind.CHOICE, "the status", choices=_choices(DonorStatus)),
    Field("journey_stage", Kind.STAGE, "the journey stage"),
    Field("stage_since", Kind.TIME, "in that stage since"),
    Field("classification", Kind.TEXT, "the classification"),
    Field("capacity", Kind.CHOICE, "the giving capacity", choices=_choices(GivingCapacity),
          scope="research:read"),
    Field("is_anonymous", Kind.FLAG, "wish to stay anonymous"),
    Field("do_not_solicit", Kind.FLAG, "must not be asked for gifts"),
    Field("contact_hold_until", Kind.DATE, "left in peace until"),
    Field("total_given", Kind.MONEY, "the lifetime total", "total", scope="amounts:read"),
    Field("largest_gift", Kind.MONEY, "the largest gift", "largest", scope="amounts:read"),
    Field("gift_count", Kind.NUMBER, "the number of gifts", "gifts"),
    Field("first_gift", Kind.DATE, "first gave", "first_on"),
    Field("last_gift", Kind.DATE, "last gave", "last_on"),
)  # fmt: skip

PERSON_FIELDS = (
    *COMMON,
    Field("given_name", Kind.TEXT, "the given name"),
    Field("family_name", Kind.TEXT, "the family name"),
    Field("gender", Kind.TEXT, "the gender", scope="personal:read"),
    Field("birthday", Kind.DATE, "born", scope="personal:read"),
    Field("birth_month", Kind.NUMBER, "the month of birth", scope="personal:read"),
    Field("is_deceased", Kind.FLAG, "have died"),
    Field("is_vip", Kind.FLAG, "are VIPs"),
    Field("is_active", Kind.FLAG, "are active contacts"),
    Field("lifecycle_stage", Kind.CHOICE, "the lifecycle stage", choices=_choices(LifecycleStage)),
    Field("category", Kind.CHOICE, "the category", choices=_choices(CustomerCategory)),
    Field("household_role", Kind.CHOICE, "the role at home", choices=_choices(HouseholdRole)),
    Field("lead_source", Kind.TEXT, "the lead source"),
    Field("lead_score", Kind.NUMBER, "the lead score"),
    Field("employer", Kind.TEXT, "the employer"),
    Field("job_title", Kind.TEXT, "the job title"),
)

FIELDS: dict[Subject, dict[str, Field]] = {
    Subject.DONORS: {field.name: field for field in DONOR_FIELDS},
    Subject.PEOPLE: {field.name: field for field in PERSON_FIELDS},
}
LIFETIME = frozenset({"total_given", "largest_gift", "gift_count", "first_gift", "last_gift"})
OF_ADDRESS = frozenset({"city", "state", "postal_code", "country"})
OF_EMPLOYMENT = frozenset({"employer", "job_title"})


def known_fields() -> list[str]:
    return sorted({name for fields in FIELDS.values() for name in fields})


def find(name: str) -> Field | None:
    """The field of that name, whoever it is of: donors' and people's never disagree in kind."""
    return FIELDS[Subject.DONORS].get(name) or FIELDS[Subject.PEOPLE].get(name)


def home(name: str, subject: Subject) -> tuple[Subject, Field]:
    """Whose field a name means in a filter on this subject: its own first."""
    other = Subject.PEOPLE if subject is Subject.DONORS else Subject.DONORS
    for whose in (subject, other):
        if name in FIELDS[whose]:
            return whose, FIELDS[whose][name]
    raise KeyError(name)
