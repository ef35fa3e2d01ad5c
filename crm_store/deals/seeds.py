"""The pipeline, the interest levels and the kinds of product every organisation begins with."""

from crm_store.base import new_id
from crm_store.crm import Crm
from crm_store.deals.models import InterestLevel, Pipeline, ProductType, Stage, StageKind

STAGES = (
    ("New", 10, StageKind.OPEN),
    ("Qualified", 25, StageKind.OPEN),
    ("Proposal", 50, StageKind.OPEN),
    ("Negotiation", 75, StageKind.OPEN),
    ("Won", 100, StageKind.WON),
    ("Lost", 0, StageKind.LOST),
)
INTEREST = {
    "Hot": "Wants to go ahead now.",
    "Warm": "Interested, not yet decided.",
    "Cold": "Polite, no more.",
}
PRODUCT_TYPES = {
    "Physical": "Something that is handed over or sent.",
    "Digital": "Something that is downloaded or shown.",
    "Service": "Something that is done.",
}


async def plant(crm: Crm) -> None:
    pipeline = Pipeline(
        id=new_id(),
        name="Partnerships",
        description="From a first talk to a decision.",
        is_default=True,
    )
    stages = (
        Stage(pipeline_id=pipeline.id, name=name, probability=chance, kind=kind, position=place)
        for place, (name, chance, kind) in enumerate(STAGES, start=1)
    )
    levels = (
        InterestLevel(name=name, description=description, position=place)
        for place, (name, description) in enumerate(INTEREST.items(), start=1)
    )
    types = (ProductType(name=name, description=text) for name, text in PRODUCT_TYPES.items())
    crm.session.add_all([pipeline, *stages, *levels, *types])
