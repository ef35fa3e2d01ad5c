"""The scoring rules every organisation begins with."""

from crm_store.contacts.models import ActivityKind
from crm_store.crm import Crm
from crm_store.leads.models import LeadQuality, LeadSource, ScoringRule
from crm_store.leads.scoring import (
    ActivitiesAtLeast,
    AnyCondition,
    Filled,
    Mentions,
    QualityIs,
    SourceIs,
    WorkMail,
)

MET = (ActivityKind.CALL, ActivityKind.MEETING, ActivityKind.VISIT)
HEADS = ("director", "president", "founder", "owner", "chair", "chairman", "ceo", "trustee",
         "partner")  # fmt: skip
RULES: tuple[tuple[str, int, AnyCondition], ...] = (
    ("Somebody recommended us", 25, SourceIs(any_of=(LeadSource.REFERRAL,))),
    ("Wrote to us themselves", 10, SourceIs(any_of=(LeadSource.WIDGET, LeadSource.WEBSITE))),
    ("Left a telephone number", 10, Filled(field="phone")),
    ("Writes from work", 10, WorkMail()),
    ("Decides where they work", 15, Mentions(field="job_title", any_of=HEADS)),
    ("Seemed hot to the assistant", 20, QualityIs(any_of=(LeadQuality.HOT,))),
    ("We have spoken", 15, ActivitiesAtLeast(count=1, of=MET)),
    ("Cannot be reached by mail", -20, Filled(field="email", unless=True)),
)


async def plant(crm: Crm) -> None:
    crm.session.add_all(
        ScoringRule(
            name=name,
            points=points,
            condition=condition.model_dump(mode="json"),
            position=position,
        )
        for position, (name, points, condition) in enumerate(RULES, start=1)
    )
