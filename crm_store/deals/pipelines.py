"""Setting up pipelines and their stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, update

from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.deals.models import Deal, DealStatus, Pipeline, Stage, StageKind
from crm_store.errors import Conflict, Invalid, Refused


@dataclass(frozen=True)
class Step:
    """A stage as it is planned."""

    name: str
    probability: int = 0
    kind: StageKind = StageKind.OPEN


class NameTaken(Conflict):
    """There is one of this name already."""


class NotEmpty(Refused):
    """Deals stand in this stage; say where they are to go."""


async def create_pipeline(
    crm: Crm, name: str, steps: Sequence[Step], *, description: str | None = None,
    is_default: bool = False,
) -> Pipeline:  # fmt: skip
    """A pipeline with its stages in order."""
    if not any(step.kind is StageKind.OPEN for step in steps):
        raise Invalid("A pipeline needs a stage in which deals can stand.")
    names = [step.name.strip().casefold() for step in steps]
    if not all([name.strip(), *names]) or len(set(names)) < len(names):
        raise Invalid("A pipeline and each of its stages need a name of their own.")
    if await crm.pipelines.first(crm.pipelines.rows().where(Pipeline.name == name.strip())):
        raise NameTaken
    pipeline = Pipeline(id=new_id(), name=name.strip(), description=description)
    crm.pipelines.add(pipeline)
    for position, step in enumerate(steps, start=1):
        crm.stages.add(_stage(pipeline.id, step, position))
    await crm.flush()
    if is_default:
        await make_default(crm, pipeline.id)
    return pipeline


async def make_default(crm: Crm, pipeline_id: UUID) -> Pipeline:
    """New deals begin here unless another pipeline is named."""
    pipeline = await crm.pipelines.get(pipeline_id, lock=True)
    former = await crm.pipelines.first(crm.pipelines.rows().where(Pipeline.is_default))
    if former is not None and former is not pipeline:
        former.is_default = False
        await crm.flush()
    pipeline.is_default = pipeline.is_active = True
    await crm.flush()
    return pipeline


async def add_stage(crm: Crm, pipeline_id: UUID, step: Step, *, position: int = 0) -> Stage:
    """One more stage, at a position or before the first that decides."""
    await crm.pipelines.get(pipeline_id, lock=True)
    standing = list(await crm.stages.of(pipeline_id))
    if not step.name.strip() or step.name.casefold() in {one.name.casefold() for one in standing}:
        raise NameTaken("A stage needs a name that its pipeline does not have yet.")
    undecided = sum(1 for stage in standing if stage.kind is StageKind.OPEN)
    at = position - 1 if position > 0 else undecided
    stage = crm.stages.add(_stage(pipeline_id, step, await _last_position(crm, pipeline_id) + 1))
    await crm.flush()
    standing.insert(at, stage)
    await _renumber(crm, pipeline_id, standing)
    return stage


async def reorder_stages(crm: Crm, pipeline_id: UUID, stage_ids: Sequence[UUID]) -> Sequence[Stage]:
    """The same stages in another order."""
    await crm.pipelines.get(pipeline_id, lock=True)
    standing = {stage.id: stage for stage in await crm.stages.of(pipeline_id)}
    if sorted(standing) != sorted(stage_ids):
        raise Invalid("Name every stage of the pipeline once.")
    await _renumber(crm, pipeline_id, [standing[stage_id] for stage_id in stage_ids])
    return await crm.stages.of(pipeline_id)


async def change_stage(
    crm: Crm, stage_id: UUID, *, name: str | None = None, probability: int | None = None
) -> Stage:
    """Another name or chance; open deals that took theirs from the stage follow it."""
    stage = await crm.stages.get(stage_id, lock=True)
    if name is not None:
        others = {one.name.casefold() for one in await crm.stages.of(stage.pipeline_id)}
        if not name.strip() or name.casefold() in others - {stage.name.casefold()}:
            raise NameTaken("A stage needs a name that its pipeline does not have yet.")
        stage.name = name.strip()
    if probability is not None and probability != stage.probability:
        if not 0 <= probability <= 100:
            raise Invalid("A probability is a percentage from 0 to 100.")
        stage.probability = probability
        await _change_deals(crm, stage, Deal.probability_is_own.is_(False), probability=probability)
    await crm.flush()
    return stage


async def retire_stage(crm: Crm, stage_id: UUID, *, move_to: UUID | None = None) -> Stage:
    """Take a stage off the board; open deals go to another, and the history keeps it."""
    stage = await crm.stages.get(stage_id, lock=True)
    if move_to is not None:
        target = await crm.stages.get(move_to)
        if target.id == stage.id or target.kind is not StageKind.OPEN or not target.is_active:
            raise Invalid("Open deals can only go to another open stage.")
        at = now()
        await _change_deals(crm, stage, stage_id=target.id, stage_since=at)
    standing = crm.deals.everything().where(
        Deal.stage_id == stage.id, Deal.status == DealStatus.OPEN
    )
    if await crm.deals.count(standing):
        raise NotEmpty
    others = [one for one in await crm.stages.of(stage.pipeline_id) if one.id != stage.id]
    if not any(one.kind is StageKind.OPEN for one in others):
        raise Refused("A pipeline keeps at least one stage in which deals can stand.")
    stage.is_active = False
    await crm.flush()
    return stage


async def _change_deals(crm: Crm, stage: Stage, *criteria: object, **values: object) -> None:
    """The open deals of a stage, all at once."""
    await crm.flush()
    changed = await crm.session.scalars(
        update(Deal)
        .where(
            Deal.org_id == crm.actor.org,
            Deal.stage_id == stage.id,
            Deal.status == DealStatus.OPEN,
            *criteria,  # type: ignore[arg-type]
        )
        .values(**values, updated_by=crm.actor.id)
        .returning(Deal.id)
        .execution_options(synchronize_session="fetch")
    )
    for deal_id in changed:
        crm.note("changed", "deals", deal_id, **{name: {"after": v} for name, v in values.items()})


async def _renumber(crm: Crm, pipeline_id: UUID, order: Sequence[Stage]) -> None:
    """Positions from one; retired stages come after, out of the way."""
    retired = await crm.stages.all(
        crm.stages.rows()
        .where(Stage.pipeline_id == pipeline_id, Stage.is_active.is_(False))
        .order_by(Stage.position)
    )
    for position, stage in enumerate([*order, *retired], start=1):
        stage.position = position
    await crm.flush()


async def _last_position(crm: Crm, pipeline_id: UUID) -> int:
    query = crm.stages.rows().where(Stage.pipeline_id == pipeline_id)
    last = await crm.session.scalar(query.with_only_columns(func.max(Stage.position)))
    return int(last or 0)


def _stage(pipeline_id: UUID, step: Step, position: int) -> Stage:
    if not 0 <= step.probability <= 100:
        raise Invalid("A probability is a percentage from 0 to 100.")
    return Stage(
        pipeline_id=pipeline_id,
        name=step.name.strip(),
        probability=step.probability,
        kind=step.kind,
        position=position,
    )
