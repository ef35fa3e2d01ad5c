"""The map of stages, and moving along it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.donors.journey import (
    FORCE,
    NoSuchStage,
    NotOnTheWay,
    draw_journey,
    move_stage,
    read_graph,
)
from crm_store.donors.models import StageChange
from crm_store.donors.seeds import GRAPH
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid, NotFound, Refused


def stage(key, *ways, **more):
    transitions = [{"to": to, "condition": ""} for to in ways]
    return {"id": key, "name": key.title(), "transitions": transitions, **more}


def test_the_first_journey_holds_together():
    assert len(read_graph(GRAPH).stages) == 10


@pytest.mark.parametrize(
    ("stages", "sentence"),
    [
        ([], "at least 1"),
        ([stage("a"), stage("a")], "Two stages have the id a"),
        ([stage("a", "b"), stage("b", name="Á")], "the same name"),
        ([stage("a", "c")], "which is no stage"),
        ([stage("a", "a")], "leads to itself"),
        ([stage("a", "b", "b"), stage("b")], "twice"),
        ([stage("a"), stage("b", "a")], "No way leads to B from A"),
        ([stage("A b")], "stages 0 id"),
        ([stage("a", name="  ")], "stages 0 name"),
        ([stage("a", colour="red")], "colour"),
    ],
)
def test_a_map_with_a_fault_is_refused_with_the_fault(stages, sentence):
    with pytest.raises(Invalid, match=sentence):
        read_graph({"stages": stages})


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_map_is_accepted_exactly_when_every_stage_can_be_come_to(ways):
    edges = {(one, other) for one, other in ways if one != other}
    found, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        fresh = {other for one, other in edges if one == here} - found
        found |= fresh
        waiting += fresh
    stages = [
        stage(f"s{n}", *[f"s{other}" for one, other in sorted(edges) if one == n]) for n in range(7)
    ]
    if found == set(range(7)):
        assert read_graph({"stages": stages}).reachable() == {f"s{n}" for n in range(7)}
    else:
        with pytest.raises(Invalid):
            read_graph({"stages": stages})


async def test_a_step_on_the_map_is_taken_and_recorded_with_the_time_spent(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        donor.stage_since = datetime(2025, 1, 1, tzinfo=UTC)
        await move_stage(
            crm, donor.id, "First contact", "She rang", at=datetime(2025, 1, 11, tzinfo=UTC)
        )
        assert donor.journey_stage == "first_contact"
        newest = (await crm.stage_changes.of(donor.id))[-1]
        step = next(c for c in await crm.stage_changes.of(donor.id) if c.from_stage)
        assert (step.from_stage, step.to_stage, step.reason) == (
            "prospect", "first_contact", "She rang",
        )  # fmt: skip
        assert step.seconds_before == 10 * 86_400
        assert step.member_id == house.director.member_id
        assert isinstance(newest, StageChange)


async def test_a_step_the_map_does_not_have_needs_force_a_reason_and_the_right(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        with pytest.raises(NotOnTheWay, match="No way leads from Prospect to Major"):
            await move_stage(crm, donor.id, "major")
        with pytest.raises(Invalid, match="reason"):
            await move_stage(crm, donor.id, "major", force=True)
        change = await move_stage(crm, donor.id, "major", "Sent a million", force=True)
        assert change.was_forced
    weak = house.actor(scopes=house.director.scopes - {FORCE})
    async with house.begin(weak) as crm:
        with pytest.raises(Refused):
            await move_stage(crm, donor.id, "prospect", "Undo", force=True)
        step = await move_stage(crm, donor.id, "stewardship")
        assert not step.was_forced


async def test_a_stage_nobody_drew_and_the_stage_one_is_at_are_refused(house, neighbour):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        with pytest.raises(NoSuchStage, match="it has Prospect"):
            await move_stage(crm, donor.id, "nirvana")
        with pytest.raises(Conflict, match="already"):
            await move_stage(crm, donor.id, "prospect")
    async with neighbour.begin() as crm:
        with pytest.raises(NotFound):
            await move_stage(crm, donor.id, "first_contact")


async def test_a_new_map_is_another_version_and_leaves_nobody_behind(house):
    async with house.begin() as crm:
        here, there = await make_donor(crm), await make_donor(crm, "Dana Levi")
        await move_stage(crm, there.id, "first_contact")
        graph = {"stages": [stage("prospect", "friend"), stage("friend", "prospect")]}
    async with house.begin() as crm:
        with pytest.raises(Invalid, match=r"Donors stand at first_contact \(1\)"):
            await draw_journey(crm, graph)
    async with house.begin() as crm:
        journey = await draw_journey(crm, graph, {"first_contact": "friend"})
        assert journey.version == 2
        assert [j.is_active for j in await crm.journeys.versions()] == [True, False]
    async with house.begin() as crm:
        moved = await crm.donors.get(there.id)
        assert moved.journey_stage == "friend"
        assert (await crm.donors.get(here.id)).journey_stage == "prospect"
        newest = (await crm.stage_changes.of(there.id))[0]
        assert (newest.from_stage, newest.to_stage) == ("first_contact", "friend")
        assert newest.journey_id == journey.id
        assert await crm.donors.stages() == {"prospect": 1, "friend": 1}
