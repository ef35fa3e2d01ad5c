"""What a lead is worth calling: points from typed conditions, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from crm_store.contacts.models import ActivityKind
from crm_store.contacts.names import name_key
from crm_store.errors import Invalid
from crm_store.leads.models import Lead, LeadQuality, LeadSource, LeadStatus, ScoringRule

LOWEST, HIGHEST = 0, 100
FREE_MAIL = frozenset(
    {"gmail.com", "googlemail.com", "yahoo.com", "yahoo.gr", "hotmail.com", "hotmail.gr",
     "outlook.com", "live.com", "icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com",
     "gmx.com", "gmx.de", "mail.com", "walla.co.il", "walla.com", "freemail.gr", "in.gr",
     "otenet.gr"}
)  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """What is known about a lead beside its own columns."""

    activities: tuple[ActivityKind, ...] = ()
    tags: frozenset[str] = frozenset()
    qualities: frozenset[LeadQuality] = frozenset()


class Condition(BaseModel):
    """Something that holds of a lead or not; `unless` turns it round."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    unless: bool = False

    def holds(self, lead: Lead, evidence: Evidence) -> bool:
        return self.test(lead, evidence) is not self.unless

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        raise NotImplementedError


class SourceIs(Condition):
    kind: Literal["source"] = "source"
    any_of: tuple[LeadSource, ...] = Field(min_length=1)

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        return lead.source in self.any_of


class StatusIs(Condition):
    kind: Literal["status"] = "status"
    any_of: tuple[LeadStatus, ...] = Field(min_length=1)

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        return lead.status in self.any_of


class Filled(Condition):
    kind: Literal["filled"] = "filled"
    field: Literal["name", "email", "phone", "company_name", "job_title", "notes", "expected_value"]

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        return bool(getattr(lead, self.field))


class Mentions(Condition):
    """One of these words stands in a text, in any case, with or without accents."""

    kind: Literal["mentions"] = "mentions"
    field: Literal["job_title", "company_name", "notes", "source_detail"]
    any_of: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        said = f" {name_key(getattr(lead, self.field))} "
        return any(f" {name_key(word)} " in said for word in self.any_of)


class MailDomain(Condition):
    kind: Literal["mail_domain"] = "mail_domain"
    any_of: tuple[str, ...] = Field(min_length=1)

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        return _domain(lead) in {domain.casefold() for domain in self.any_of}


class WorkMail(Condition):
    """The address is a company's own, not one anybody can have."""

    kind: Literal["work_mail"] = "work_mail"

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        return bool(lead.email) and _domain(lead) not in FREE_MAIL


class WorthAtLeast(Condition):
    kind: Literal["worth_at_least"] = "worth_at_least"
    amount: Decimal = Field(gt=0)

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        return (lead.expected_value or 0) >= self.amount


class ActivitiesAtLeast(Condition):
    kind: Literal["activities_at_least"] = "activities_at_least"
    count: int = Field(ge=1)
    of: tuple[ActivityKind, ...] = ()

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        counted = [one for one in evidence.activities if not self.of or one in self.of]
        return len(counted) >= self.count


class Tagged(Condition):
    kind: Literal["tagged"] = "tagged"
    any_of: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        return any(name_key(tag) in evidence.tags for tag in self.any_of)


class QualityIs(Condition):
    """How the assistant judged the prospect this lead came from."""

    kind: Literal["quality"] = "quality"
    any_of: tuple[LeadQuality, ...] = Field(min_length=1)

    def test(self, lead: Lead, evidence: Evidence) -> bool:
        return not evidence.qualities.isdisjoint(self.any_of)


AnyCondition: TypeAlias = Annotated[
    SourceIs | StatusIs | Filled | Mentions | MailDomain | WorkMail | WorthAtLeast
    | ActivitiesAtLeast | Tagged | QualityIs,
    Field(discriminator="kind"),
]  # fmt: skip
CONDITION: TypeAdapter[AnyCondition] = TypeAdapter(AnyCondition)


class BadCondition(Invalid):
    """This is not a condition that leads can be scored by."""


@dataclass(frozen=True)
class Reason:
    """A rule that held, and what it gave."""

    rule: str
    name: str
    points: int


@dataclass(frozen=True)
class Score:
    points: int
    reasons: tuple[Reason, ...] = field(default=())


def read_condition(stored: Any) -> AnyCondition:
    try:
        return CONDITION.validate_python(stored)
    except ValidationError as error:
        raise BadCondition from error


def score(lead: Lead, rules: Iterable[ScoringRule], evidence: Evidence) -> Score:
    """The sum of what every rule gives, between 0 and 100."""
    reasons = tuple(
        Reason(str(rule.id), rule.name, rule.points)
        for rule in rules
        if _holds(rule, lead, evidence)
    )
    total = sum(reason.points for reason in reasons)
    return Score(max(LOWEST, min(HIGHEST, total)), reasons)


def _holds(rule: ScoringRule, lead: Lead, evidence: Evidence) -> bool:
    """A condition nobody can read does not hold, rather than keep leads from being taken down."""
    try:
        return read_condition(rule.condition).holds(lead, evidence)
    except BadCondition:
        return False


def _domain(lead: Lead) -> str:
    return (lead.email or "").rpartition("@")[2].casefold()
