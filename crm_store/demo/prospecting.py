"""People who showed interest, and what became of it: leads, deals, what is offered."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from crm_store.contacts.names import name_key
from crm_store.deals.catalogue import create_offer, create_product
from crm_store.deals.models import Deal, DealStatus, DiscountKind, Pipeline, Stage, StageKind
from crm_store.deals.pipelines import Step, create_pipeline
from crm_store.demo.names import company, culture, family
from crm_store.demo.scene import Firm, Known, Scene
from crm_store.demo.sentences import JOBS, LEAD_WORDS
from crm_store.donors.models import DonorKind
from crm_store.leads.models import (
    AssignmentMethod,
    Lead,
    LeadAssignment,
    LeadConversion,
    LeadSource,
    LeadStatus,
    ScoringRule,
)
from crm_store.leads.scoring import Evidence, score

SOURCES = (LeadSource.WEBSITE, LeadSource.REFERRAL, LeadSource.EVENT, LeadSource.WIDGET,
           LeadSource.PHONE, LeadSource.CAMPAIGN)  # fmt: skip
SOURCE_WEIGHTS = (30, 20, 20, 15, 8, 7)
STATES = (LeadStatus.NEW, LeadStatus.CONTACTED, LeadStatus.QUALIFIED, LeadStatus.PROPOSAL,
          LeadStatus.LOST)  # fmt: skip
STATE_WEIGHTS = (34, 26, 14, 8, 18)
LOST_BECAUSE = ("Never answered.", "Gives to another cause.", "Moved abroad.", "Not this year.")
SPONSORING = (
    Step("First talk", 15), Step("Proposal sent", 40), Step("Contract", 80),
    Step("Signed", 100, StageKind.WON), Step("Declined", 0, StageKind.LOST),
)  # fmt: skip
OFFERED = (
    ("Table at the gala", 1200, "GALA-10"), ("Seat at the gala", 130, "GALA-1"),
    ("Page in the programme", 450, "PROG-1"), ("Box of holiday cards", 18, "CARDS"),
)  # fmt: skip
DEALS = (
    "Table at the gala",
    "Programme page",
    "Sponsorship of the kitchen",
    "Named room in the shelter",
    "Partnership for the year",
    "Matching gifts of the staff",
)
VALUES = (450, 1200, 2400, 5000, 10_000, 25_000)


async def add_prospects(scene: Scene) -> None:
    await _leads(scene)
    await _converted(scene)
    products = await _offered(scene)
    await _deals(scene, products)


async def _leads(scene: Scene) -> None:
    dice, ids = scene.dice("leads"), scene.ids("leads")
    rules = (await scene.crm.session.scalars(select(ScoringRule))).all()
    leads: list[dict[str, Any]] = []
    given: list[dict[str, Any]] = []
    for number in range(scene.some(400, 0.3)):
        at = scene.at(dice.randrange(1, 300), dice.randrange(7, 20), dice.randrange(60))
        row = _lead(scene, dice, number, at, ids.next(at))
        rated = score(Lead(**row), rules, Evidence())
        reasons = [asdict(reason) for reason in rated.reasons]
        row |= {"score": rated.points, "score_reasons": reasons, "scored_at": at}
        leads.append(row)
        if row["owner_id"]:
            given.append(_assignment(ids, row, at + timedelta(hours=2)))
    await scene.put(Lead, leads)
    await scene.put(LeadAssignment, given)


def _lead(scene: Scene, dice: Random, number: int, at: datetime, row_id: UUID) -> dict[str, Any]:
    found = culture(dice)
    given, surname = dice.choice(found.women + found.men), family(dice, found)
    (status,) = dice.choices(STATES, STATE_WEIGHTS)
    (source,) = dice.choices(SOURCES, SOURCE_WEIGHTS)
    latin = ".".join(name_key(part).replace(" ", "") for part in (given, surname))
    is_lost = status is LeadStatus.LOST
    firm = company(dice) if dice.random() < 0.25 else None
    return {
        "id": row_id, "given_name": given, "family_name": surname, "company_name": firm,
        "email": f"{latin}.{number}@example.org" if dice.random() < 0.9 else None,
        "phone": f"+447700900{number:03}" if dice.random() < 0.6 else None,
        "job_title": dice.choice(JOBS) if firm or dice.random() < 0.3 else None,
        "source": source, "status": status, "notes": dice.choice(LEAD_WORDS),
        "closed_at": min(at + timedelta(days=30), scene.at(0)) if is_lost else None,
        "close_reason": dice.choice(LOST_BECAUSE) if is_lost else None,
        "expected_value": Decimal(dice.choice((50, 100, 250, 500, 1000))), "currency": "EUR",
        "owner_id": dice.choice(scene.officers).id if dice.random() < 0.75 else None,
        "created_at": at,
    }  # fmt: skip


def _assignment(ids: Any, lead: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {"id": ids.next(at), "lead_id": lead["id"], "member_id": lead["owner_id"],
            "assigned_at": at, "method": AssignmentMethod.ROUND_ROBIN,
            "created_at": at}  # fmt: skip


async def _converted(scene: Scene) -> None:
    """Donors of today who were leads before their first gift."""
    dice, ids = scene.dice("converted"), scene.ids("converted")
    new = [one for one in scene.donors if one.stage == "first_gift" and one.kind is not
           DonorKind.COMPANY]  # fmt: skip
    leads: list[dict[str, Any]] = []
    became: list[dict[str, Any]] = []
    for donor in new[: scene.some(24, 0.06)]:
        at = donor.since - timedelta(days=dice.randrange(10, 60))
        given, _, surname = donor.person.partition(" ")
        lead_id = ids.next(at)
        leads.append({
            "id": lead_id, "given_name": given, "family_name": surname, "email": donor.email,
            "source": dice.choice(SOURCES), "status": LeadStatus.WON, "closed_at": donor.since,
            "score": dice.randrange(35, 80), "scored_at": at, "notes": dice.choice(LEAD_WORDS),
            "owner_id": donor.owner_id, "created_at": at,
        })  # fmt: skip
        became.append({
            "id": ids.next(donor.since), "lead_id": lead_id, "person_id": donor.person_id,
            "donor_id": donor.id, "created": ["person", "donor"],
            "status_before": LeadStatus.QUALIFIED, "converted_at": donor.since,
            "converted_by_id": donor.owner_id, "created_at": donor.since,
        })  # fmt: skip
    await scene.put(Lead, leads)
    await scene.put(LeadConversion, became)


async def _offered(scene: Scene) -> list[UUID]:
    crm = scene.crm
    made = [
        await create_product(crm, name, price, currency="EUR", sku=sku)
        for name, price, sku in OFFERED
    ]
    await create_offer(
        crm, made[0].id, "Early tables", DiscountKind.PERCENTAGE, 10,
        starts_at=scene.at(60), ends_at=scene.at(-20),
    )  # fmt: skip
    return [product.id for product in made]


async def _deals(scene: Scene, products: list[UUID]) -> None:
    await create_pipeline(
        scene.crm, "Sponsors", SPONSORING, description="Firms that stand behind an evening."
    )
    dice, ids = scene.dice("deals"), scene.ids("deals")
    likely: list[Known | Firm] = [*scene.firms, *(d for d in scene.donors if d.stage == "major")]
    stages = await _stages(scene)
    rows: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    likely += scene.donors
    for donor in likely[: scene.some(44, 0.12)]:
        row, steps = _deal(scene, dice, donor, dice.choice(stages), ids, products)
        rows.append(row)
        moves += steps
    await scene.put(Deal, rows)
    await _move(scene, moves)


async def _stages(scene: Scene) -> list[list[Stage]]:
    query = (
        select(Stage)
        .join(Pipeline, (Pipeline.org_id == Stage.org_id) & (Pipeline.id == Stage.pipeline_id))
        .order_by(Pipeline.is_default.desc(), Stage.position)
    )
    by_pipeline: dict[UUID, list[Stage]] = {}
    for stage in await scene.crm.session.scalars(query):
        by_pipeline.setdefault(stage.pipeline_id, []).append(stage)
    return list(by_pipeline.values())


def _deal(
    scene: Scene,
    dice: Random,
    donor: Known | Firm,
    stages: list[Stage],
    ids: Any,
    products: list[UUID],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Where it began, and each step it made since."""
    at = scene.at(dice.randrange(20, 260), dice.randrange(9, 17))
    ways = [stage for stage in stages if stage.kind is StageKind.OPEN]
    ends = [stage for stage in stages if stage.kind is not StageKind.OPEN]
    taken = ways[: dice.randint(1, len(ways))]
    if dice.random() < 0.45:
        taken.append(dice.choice(ends))
    subject = dice.choice(DEALS)
    row = {
        "id": ids.next(at), "name": f"{subject}, {donor.name}", "currency": "EUR",
        "value": Decimal(dice.choice(VALUES)), "stage_id": taken[0].id,
        "probability": taken[0].probability, "stage_since": at, "donor_id": donor.id,
        "person_id": getattr(donor, "person_id", None), "company_id": donor.company_id,
        "product_id": products[0] if subject == DEALS[0] else None,
        "expected_close_on": scene.today + timedelta(days=dice.randrange(-10, 90)),
        "owner_id": dice.choice(scene.officers).id, "created_at": at,
    }  # fmt: skip
    gap = (scene.at(1) - at) / (len(taken) + 1)
    steps = [
        {"id": row["id"], "stage": stage.id, "chance": stage.probability, "at": at + gap * place,
         "status": _status(stage).value, "closed": None if stage.kind is StageKind.OPEN else
         at + gap * place, "reason": "Not this year." if stage.kind is StageKind.LOST else None}
        for place, stage in enumerate(taken[1:], start=1)
    ]  # fmt: skip
    return row, steps


def _status(stage: Stage) -> DealStatus:
    return DealStatus(stage.kind.value)


async def _move(scene: Scene, moves: list[dict[str, Any]]) -> None:
    """One after another, so that the history is written as it was."""
    statement = text(
        "UPDATE deals SET stage_id = :stage, probability = :chance, stage_since = :at,"
        " status = :status, closed_at = :closed, close_reason = :reason"
        " WHERE org_id = app_org() AND id = :id"
    )
    if moves:
        await scene.crm.session.execute(statement, moves)
