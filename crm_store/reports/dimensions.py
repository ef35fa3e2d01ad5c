"""What figures can be split by, and what each value is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from crm_store.campaigns.models import Campaign
from crm_store.deals.models import Pipeline, Product
from crm_store.deals.models import Stage as DealStage
from crm_store.gifts.models import Appeal, Fund, Project
from crm_store.identity.models import Member
from crm_store.orgs.models import Workspace
from crm_store.reports.periods import Grain
from crm_store.reports.rfm import SEGMENTS as RFM_SEGMENTS
from crm_store.segments.models import Segment

SIZES = (10, 25, 50, 100, 250, 500, 1_000, 5_000, 10_000)
SIZE_LABELS = {
    0: f"under {SIZES[0]}",
    **{low: f"{low:,} to under {high:,}" for low, high in pairwise(SIZES)},
    SIZES[-1]: f"{SIZES[-1]:,} or more",
}


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to split figures: what it is, who names its values, what an empty one is called."""

    name: str
    definition: str
    absent: str = "unknown"
    named_by: type[Any] | None = None
    labels: Mapping[Any, str] | None = None
    is_code: bool = False
    tells_amounts: bool = False

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    @property
    def grain(self) -> Grain | None:
        return Grain(self.name) if self.name in GRAINS else None

    def label(self, key: Any) -> str:
        """What a value is called where no row names it."""
        if key is None:
            return self.absent
        if self.labels is not None:
            return self.labels.get(key, str(key))
        return str(key).replace("_", " ") if self.is_code else str(key)


GRAINS = frozenset(grain.value for grain in Grain)


def _code(name: str, definition: str, absent: str = "unknown") -> Dimension:
    return Dimension(name, definition, absent, is_code=True)


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
        Dimension("workspace", "The department or branch it is kept in.", "no workspace", Workspace),
        Dimension("segment", "Each saved segment a donor is in; a donor in two counts in both.",
                  "no segment", Segment),
        Dimension("donor", "Each donor, by their id."),
        Dimension("city", "The city of the donor's postal address, however it is spelt.",
                  "no city"),
        Dimension("country", "The country of the donor's postal address.", "no country"),
        Dimension("journey_stage", "The stage of the donor journey.", "no stage"),
        Dimension("classification", "The donor's classification.", "not classified"),
        _code("donor_type", "Individual, couple or company."),
        _code("capacity", "The donor's giving capacity.", "not rated"),
        _code("gift_method", "How the money arrived."),
        _code("gift_kind", "From a recurring plan, towards a pledge, or a single gift."),
        Dimension("gift_size", "The size of the gift as given, in its own currency.",
                  labels=SIZE_LABELS, tells_amounts=True),
        Dimension("currency", "The currency of the money; sums are never across currencies."),
        _code("credit_kind", "Why somebody else is credited."),
        _code("frequency", "How often a recurring gift comes."),
        _code("receipt_kind", "For one gift or for a year."),
        Dimension("rfm_segment", "What a donor's recency and frequency say of them.",
                  labels=RFM_SEGMENTS),
        Dimension("recency", "From 1 (two years without a gift) to 5 (gave within 90 days)."),
        Dimension("frequency_score", "From 1 (one gift in five years) to 5 (ten or more)."),
        Dimension("monetary", "Fifths of donors by what they gave in five years; 5 gave most.",
                  tells_amounts=True),
        _code("lead_source", "Where the lead came from."),
        _code("lead_status", "How far the lead has come."),
        Dimension("pipeline", "The pipeline the deal is in.", "no pipeline", Pipeline),
        Dimension("deal_stage", "The stage the deal stands at.", "no stage", DealStage),
        Dimension("product", "The product the deal is about.", "no product", Product),
        _code("ticket_status", "Where the ticket stands."),
        _code("ticket_priority", "How pressing the ticket is."),
        _code("channel", "The channel it came in or went out by."),
        _code("purpose", "Why the message was sent."),
        _code("task_type", "What kind of thing is to be done."),
        _code("task_priority", "How pressing the task is."),
        _code("activity_kind", "Call, meeting, visit and so on."),
        _code("direction", "Whether it came in or went out.", "neither"),
        _code("handling", "Whether the assistant or a person answers."),
    )
}  # fmt: skip
