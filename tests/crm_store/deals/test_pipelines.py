import pytest

from crm_store.deals.actions import NoSuchStage, move_deal, win_deal
from crm_store.deals.models import StageKind
from crm_store.deals.pipelines import (
    NameTaken,
    NotEmpty,
    Step,
    add_stage,
    change_stage,
    create_pipeline,
    make_default,
    reorder_stages,
    retire_stage,
)
from crm_store.deals.testing import make_deal
from crm_store.errors import Invalid, Refused

STEPS = [Step("Talk", 20), Step("Visit", 60), Step("Yes", 100, StageKind.WON)]


async def names(crm, pipeline):
    return [stage.name for stage in await crm.stages.of(pipeline.id)]


async def test_a_new_organisation_has_one_pipeline_by_default(crm):
    (pipeline,) = await crm.pipelines.listed()
    assert pipeline.is_default
    assert [level.name for level in await crm.interest_levels.listed()] == ["Hot", "Warm", "Cold"]


async def test_one_pipeline_is_the_default(crm):
    first = await crm.pipelines.default()
    second = await create_pipeline(crm, "Grants", STEPS, is_default=True)
    assert (await crm.pipelines.default()).id == second.id
    assert first.is_default is False
    await make_default(crm, first.id)
    assert [one.name for one in await crm.pipelines.listed()] == ["Partnerships", "Grants"]


async def test_a_pipeline_without_a_stage_to_stand_in_is_refused(crm):
    for steps in ([], [Step("Yes", 100, StageKind.WON)], [Step("One"), Step("one ")], [Step("")]):
        with pytest.raises(Invalid):
            await create_pipeline(crm, "Odd", steps)
    with pytest.raises(Invalid):
        await create_pipeline(crm, "Odd", [Step("Sure", 101)])
    with pytest.raises(NameTaken):
        await create_pipeline(crm, "Partnerships", STEPS)


async def test_a_stage_is_added_before_those_that_decide_or_where_it_is_wanted(crm):
    pipeline = await create_pipeline(crm, "Grants", STEPS)
    await add_stage(crm, pipeline.id, Step("Letter", 80))
    await add_stage(crm, pipeline.id, Step("Idea", 5), position=1)
    assert await names(crm, pipeline) == ["Idea", "Talk", "Visit", "Letter", "Yes"]
    assert [stage.position for stage in await crm.stages.of(pipeline.id)] == [1, 2, 3, 4, 5]
    with pytest.raises(NameTaken):
        await add_stage(crm, pipeline.id, Step("TALK"))


async def test_stages_can_be_put_in_another_order(crm):
    pipeline = await create_pipeline(crm, "Grants", STEPS)
    talk, visit, yes = await crm.stages.of(pipeline.id)
    await reorder_stages(crm, pipeline.id, [visit.id, talk.id, yes.id])
    assert await names(crm, pipeline) == ["Visit", "Talk", "Yes"]
    for odd in ([visit.id, talk.id], [visit.id, visit.id, yes.id]):
        with pytest.raises(Invalid):
            await reorder_stages(crm, pipeline.id, odd)


async def test_changing_the_chance_of_a_stage_changes_its_deals_but_not_those_set_by_hand(crm):
    pipeline = await create_pipeline(crm, "Grants", STEPS)
    talk, *_ = await crm.stages.of(pipeline.id)
    follows = await make_deal(crm, stage_id=talk.id)
    stays = await make_deal(crm, stage_id=talk.id, probability=90)
    await change_stage(crm, talk.id, name="Conversation", probability=30)
    assert (follows.probability, stays.probability) == (30, 90)
    assert await names(crm, pipeline) == ["Conversation", "Visit", "Yes"]
    with pytest.raises(NameTaken):
        await change_stage(crm, talk.id, name="visit")
    with pytest.raises(Invalid):
        await change_stage(crm, talk.id, probability=-1)


async def test_a_stage_with_deals_is_retired_only_once_they_have_gone_elsewhere(crm):
    pipeline = await create_pipeline(crm, "Grants", STEPS)
    talk, visit, yes = await crm.stages.of(pipeline.id)
    deal = await make_deal(crm, stage_id=talk.id)
    with pytest.raises(NotEmpty):
        await retire_stage(crm, talk.id)
    with pytest.raises(Invalid):
        await retire_stage(crm, talk.id, move_to=yes.id)
    await retire_stage(crm, talk.id, move_to=visit.id)
    assert deal.stage_id == visit.id
    assert await names(crm, pipeline) == ["Visit", "Yes"]
    moves = await crm.stage_moves.of(deal.id)
    assert [move.to_stage_id for move in moves] == [talk.id, visit.id]
    with pytest.raises(NoSuchStage):
        await move_deal(crm, deal.id, talk.id)
    with pytest.raises(Refused):
        await retire_stage(crm, visit.id, move_to=None)
    await win_deal(crm, deal.id)
    with pytest.raises(Refused, match="at least one stage"):
        await retire_stage(crm, visit.id)
