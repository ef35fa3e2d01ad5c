"""The map of stages donors move along, and moving them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from sqlalchemy import Integer, cast, func, insert, literal, select, update

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.donors.models import Donor, Journey, StageChange
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.search.text import fold

FORCE = "journey:force"
StageId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class NoSuchStage(Invalid):
    """The journey has no such stage."""


class NotOnTheWay(Refused):
    """The journey has no way from the one stage to the other."""


class Transition(BaseModel):
    """A way on, and when it is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    to: StageId
    condition: str = ""


class Stage(BaseModel):
    """A place on the journey."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: StageId
    name: Words
    description: str = ""
    transitions: tuple[Transition, ...] = ()


class Graph(BaseModel):
    """The whole map; its first stage is where donors begin."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    stages: tuple[Stage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        ids = [stage.id for stage in self.stages]
        names = [fold(stage.name) for stage in self.stages]
        if twice := {one for one in ids if ids.count(one) > 1}:
            raise ValueError(f"Two stages have the id {min(twice)}.")
        if any(names.count(name) > 1 for name in names):
            raise ValueError("Two stages have the same name.")
        for stage in self.stages:
            ways = [way.to for way in stage.transitions]
            if astray := set(ways) - set(ids):
                raise ValueError(f"{stage.name} leads to {min(astray)}, which is no stage.")
            if stage.id in ways:
                raise ValueError(f"{stage.name} leads to itself.")
            if len(set(ways)) != len(ways):
                raise ValueError(f"{stage.name} leads to the same stage twice.")
        if lost := [stage.name for stage in self.stages if stage.id not in self.reachable()]:
            raise ValueError(f"No way leads to {', '.join(lost)} from {self.stages[0].name}.")
        return self

    def reachable(self) -> set[str]:
        """Stages one can come to from the first."""
        ways = {stage.id: [way.to for way in stage.transitions] for stage in self.stages}
        found, waiting = {self.stages[0].id}, [self.stages[0].id]
        while waiting:
            fresh = set(ways[waiting.pop()]) - found
            found |= fresh
            waiting += fresh
        return found

    def stage(self, wanted: str) -> Stage:
        """By id, or by name as somebody would say it."""
        for stage in self.stages:
            if wanted == stage.id or fold(wanted) == fold(stage.name):
                return stage
        known = ", ".join(stage.name for stage in self.stages)
        raise NoSuchStage(f"The journey has no stage “{wanted}”; it has {known}.")

    def ways_from(self, stage_id: str | None) -> tuple[Transition, ...]:
        """Where a donor may go next; from nowhere, or a stage that is gone, to the beginning."""
        for stage in self.stages:
            if stage.id == stage_id:
                return stage.transitions
        return (Transition(to=self.stages[0].id),)


def read_graph(graph: dict[str, Any]) -> Graph:
    """A graph that holds together, or Invalid with what is wrong with it."""
    try:
        return Graph.model_validate(graph)
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"])
        sentence = first["msg"].removeprefix("Value error, ")
        raise Invalid(f"{where}: {sentence}" if where else sentence) from error


async def draw_journey(
    crm: Crm, graph: dict[str, Any], moves: dict[str, str] | None = None
) -> Journey:
    """A new version of the map. Donors at a stage it drops go where `moves` says."""
    drawn = read_graph(graph)
    crm.actor.need("donors:write")
    active = crm.journeys.rows().where(Journey.is_active)
    before = await crm.journeys.first(active.with_for_update())
    leaving = await _leaving(crm, drawn, moves or {})
    if before is not None:
        before.is_active = False
        await crm.flush()
    latest = await crm.session.scalar(
        select(func.max(Journey.version)).where(Journey.org_id == crm.actor.org)
    )
    journey = Journey(version=(latest or 0) + 1, graph=drawn.model_dump(mode="json"))
    crm.journeys.add(journey)
    await crm.flush()
    for gone, to in leaving.items():
        await _move_all(crm, journey, gone, to)
    return journey


async def move_stage(
    crm: Crm,
    donor_id: UUID,
    to: str,
    reason: str | None = None,
    *,
    force: bool = False,
    at: datetime | None = None,
) -> StageChange:
    """One step along the journey. One the map does not have takes force, a reason and a right."""
    donor = await crm.donors.get(donor_id, lock=True)
    journey = await crm.journeys.active()
    graph = Graph.model_validate(journey.graph)
    stage = graph.stage(to)
    if stage.id == donor.journey_stage:
        raise Conflict(f"{donor.name} is at {stage.name} already.")
    allowed = {way.to for way in graph.ways_from(donor.journey_stage)}
    if forced := stage.id not in allowed:
        _refuse_unless_forced(crm, donor, graph, stage, reason, force)
    moment = at or now()
    change = StageChange(
        donor_id=donor.id,
        journey_id=journey.id,
        from_stage=donor.journey_stage,
        to_stage=stage.id,
        reason=(reason or "").strip() or None,
        at=moment,
        member_id=crm.actor.member_id,
        was_forced=forced,
        seconds_before=_spent(donor.stage_since, moment),
    )
    crm.session.add(change)
    donor.journey_stage, donor.stage_since = stage.id, moment
    await crm.flush()
    return change


def _refuse_unless_forced(
    crm: Crm, donor: Donor, graph: Graph, stage: Stage, reason: str | None, force: bool
) -> None:
    if not force:
        ways = [graph.stage(way.to).name for way in graph.ways_from(donor.journey_stage)]
        here = next((s.name for s in graph.stages if s.id == donor.journey_stage), "here")
        onward = f"only to {', '.join(ways)}" if ways else "nowhere"
        raise NotOnTheWay(f"No way leads from {here} to {stage.name}: {onward}.")
    crm.actor.need(FORCE)
    if not (reason or "").strip():
        raise Invalid("A step outside the journey needs a reason.")


async def _leaving(crm: Crm, graph: Graph, moves: dict[str, str]) -> dict[str, str]:
    """Stages that are no longer on the map but have donors, and where those go."""
    kept = [stage.id for stage in graph.stages]
    standing = await crm.session.execute(
        select(Donor.journey_stage, func.count())
        .where(Donor.org_id == crm.actor.org, Donor.journey_stage.is_not(None))
        .where(Donor.journey_stage.not_in(kept))
        .group_by(Donor.journey_stage)
    )
    leaving = {}
    for stage, count in standing:
        if stage not in moves:
            raise Invalid(f"Donors stand at {stage} ({count}); say where they go.")
        leaving[str(stage)] = graph.stage(moves[stage]).id
    return leaving


async def _move_all(crm: Crm, journey: Journey, gone: str, to: str) -> None:
    """One statement for the donors and one for their history, however many they are."""
    org, moment, me = crm.actor.org, now(), crm.actor.member_id
    there = (Donor.org_id == org, Donor.journey_stage == gone)
    spent = cast(func.extract("epoch", moment - Donor.stage_since), Integer)
    steps = select(
        Donor.org_id,
        func.gen_random_uuid(),
        Donor.id,
        literal(journey.id),
        literal(gone),
        literal(to),
        literal(f"Journey version {journey.version}"),
        literal(moment),
        literal(me),
        literal(False),
        spent,
    ).where(*there)
    columns = [
        StageChange.org_id, StageChange.id, StageChange.donor_id, StageChange.journey_id,
        StageChange.from_stage, StageChange.to_stage, StageChange.reason, StageChange.at,
        StageChange.member_id, StageChange.was_forced, StageChange.seconds_before,
    ]  # fmt: skip
    await crm.session.execute(insert(StageChange).from_select(columns, steps))
    moved: Any = await crm.session.execute(
        update(Donor)
        .where(*there)
        .values(journey_stage=to, stage_since=moment, updated_by=crm.actor.id)
    )
    crm.note("moved", "donors", stage={"before": gone, "after": to}, donors=moved.rowcount)


def _spent(since: datetime | None, until: datetime) -> int | None:
    return None if since is None else max(0, int((until - since).total_seconds()))
