"""What figures can be split by, and what each value is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from crm_store.campaigns.models import Campaign
from crm_store.channel import Channel, Direction, Purpose
from crm_store.contacts.models import ActivityKind
from crm_store.conversations.models import Handling
from crm_store.deals.models import Pipeline, Product
from crm_store.deals.models import Stage as DealStage
from crm_store.donors.models import DonorKind, GivingCapacity
from crm_store.gifts.models import (
    Appeal,
    CreditKind,
    Frequency,
    Fund,
    Method,
    Project,
    ReceiptKind,
)
from crm_store.identity.models import Member
from crm_store.leads.models import LeadSource, LeadStatus
from crm_store.orgs.models import Workspace
from crm_store.reports.periods import Grain
from crm_store.reports.rfm import SEGMENTS as RFM_SEGMENTS
from crm_store.segments.models import Segment
from crm_store.tasks.models import TaskPriority, TaskType
from crm_store.tickets.models import TicketPriority, TicketStatus

SIZES = (10, 25, 50, 100, 250, 500, 1_000, 5_000, 10_000)
SIZE_LABELS = {
    0: f"under {SIZES[0]}",
    **{low: f"{low:,} to under {high:,}" for low, high in pairwise(SIZES)},
    SIZES[-1]: f"{SIZES[-1]:,} or more",
}

SCORES = {score: str(score) for score in range(1, 6)}
GIFT_KINDS = ("recurring", "pledge", "single")


@dataclass(frozen=True, eq=False, slots=True)
class Dimension:
    """One way to split figures: what it is, who names its values, what an empty one is called."""

    name: str
    definition: str
    absent: str = "unknown"
    named_by: type[Any] | None = None
    labels: Mapping[Any, str] | None = None
    choices: Iterable[str] | None = None
    tells_amounts: bool = False

    @property
    def title(self) -> str:
        words = self.name.replace("_", " ")
        return words[:3].upper() + words[3:] if words.startswith("rfm") else words.capitalize()

    @property
    def grain(self) -> Grain | None:
        return Grain(self.name) if self.name in GRAINS else None

    @property
    def has_records(self) -> bool:
        """Whether each value is a record with an id."""
        return self.named_by is not None or self.name == "donor"

    def position(self, key: Any) -> int:
        """Where a value stands among the others, where they have an order of their own."""
        order = list(self.labels or self.choices or ())
        return order.index(key) if key in order else len(order)

    def label(self, key: Any) -> str:
        """What a value is called where no row names it."""
        if key is None:
            return self.absent
        if self.labels is not None:
            return self.labels.get(key, str(key))
        return str(key).replace("_", " ") if self.choices is not None else str(key)


GRAINS = frozenset(grain.value for grain in Grain)


def _choice(
    name: str, choices: Iterable[str], definition: str, absent: str = "unknown"
) -> Dimension:
    return Dimension(name, definition, absent, choices=choices)


DIMENSIONS: Mapping[str, Dimension] = {
    dimension.name: dimension
    for dimension in (
        Dimension("day", "Each day, as the organisation's time zone has it."),
        Dimension("week", "Weeks from Monday to Sunday, numbered as ISO 8601 does."),
        Dimension("month", "Calendar months."),
        Dimension("quarter", "Calendar quarters."),
        Dimension("year", "Calendar years."),
        Dimension("fiscal_month", "Months, numbered from the first of the fiscal year."),
        Dimension("fiscal_quarter", "Quarters of the fiscal year."),
        Dimension("fiscal_year", "The organisation's years, named by the year in which they end."),
        Dimension("fund", "What the money may be used for.", "no fund", Fund),
        Dimension("project", "The project it is for.", "no project", Project),
        Dimension("appeal", "The appeal it answers.", "no appeal", Appeal),
        Dimension("campaign", "The campaign that was sent.", "no campaign", Campaign),
        Dimension("officer", "The member of staff who looks after it now.", "nobody", Member),
        Dimension("workspace", "The department or branch it is kept in.", "no workspace",
                  Workspace),
        Dimension("segment", "Each saved segment a donor is in; a donor in two counts in both.",
                  "no segment", Segment),
        Dimension("donor", "Each donor, by their id."),
        Dimension("city", "The city of the donor's postal address, however it is spelt.",
                  "no city"),
        Dimension("country", "The country of the donor's postal address.", "no country"),
        Dimension("journey_stage", "The stage of the donor journey.", "no stage"),
        Dimension("classification", "The donor's classification.", "not classified"),
        _choice("donor_type", DonorKind, "Individual, couple or company."),
        _choice("capacity", GivingCapacity, "The donor's giving capacity.", "not rated"),
        _choice("gift_method", Method, "How the money arrived."),
        _choice("gift_kind", GIFT_KINDS, 
                "From a recurring plan, towards a pledge, or a single gift."),
        Dimension("gift_size", "The size of the gift as given, in its own currency.",
                  labels=SIZE_LABELS, tells_amounts=True),
        Dimension("currency", "The currency of the money; sums are never across currencies."),
        _choice("credit_kind", CreditKind, "Why somebody else is credited."),
        _choice("frequency", Frequency, "How often a recurring gift comes."),
        _choice("receipt_kind", ReceiptKind, "For one gift or for a year."),
        Dimension("rfm_segment", "What a donor's recency and frequency say of them.",
                  labels=RFM_SEGMENTS),
        Dimension("recency", "From 1 (two years without a gift) to 5 (gave within 90 days).",
                  labels=SCORES),
        Dimension("frequency_score", "From 1 (one gift in five years) to 5 (ten or more).",
                  labels=SCORES),
        Dimension("monetary", "Fifths of donors by what they gave in five years; 5 gave most.",
                  labels=SCORES, tells_amounts=True),
        _choice("lead_source", LeadSource, "Where the lead came from."),
        _choice("lead_status", LeadStatus, "How far the lead has come."),
        Dimension("pipeline", "The pipeline the deal is in.", "no pipeline", Pipeline),
        Dimension("deal_stage", "The stage the deal stands at.", "no stage", DealStage),
        Dimension("product", "The product the deal is about.", "no product", Product),
        _choice("ticket_status", TicketStatus, "Where the ticket stands."),
        _choice("ticket_priority", TicketPriority, "How pressing the ticket is."),
        _choice("channel", Channel, "The channel it came in or went out by."),
        _choice("purpose", Purpose, "Why the message was sent."),
        _choice("task_type", TaskType, "What kind of thing is to be done."),
        _choice("task_priority", TaskPriority, "How pressing the task is."),
        _choice("activity_kind", ActivityKind, "Call, meeting, visit and so on."),
        _choice("direction", Direction, "Whether it came in or went out.", "neither"),
        _choice("handling", Handling, "Whether the assistant or a person answers."),
    )
}  # fmt: skip
