"""What makes a drawing sound."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_store.errors import Invalid
from crm_store.workflows.graph import Graph, check
from crm_store.workflows.models import NodeGroup, NodeType
from crm_store.workflows.testing import THANK, line

ROUND = {
    "nodes": [
        {"key": "go", "type": "manual"},
        {"key": "loop", "type": "loop", "config": {"items": "{{donors}}"}},
        {"key": "tag", "type": "change_tags", "config": {"add": ["thanked"]}},
        {"key": "end", "type": "stop"},
    ],
    "edges": [
        {"from": "go", "to": "loop"},
        {"from": "loop", "port": "each", "to": "tag"},
        {"from": "tag", "to": "loop"},
        {"from": "loop", "port": "done", "to": "end"},
    ],
}


async def _faults(crm, drawn):
    return check(Graph.read(drawn), await crm.workflows.node_types())


def _with(drawn, *, nodes=(), edges=()):
    return {"nodes": [*drawn["nodes"], *nodes], "edges": [*drawn["edges"], *edges]}


async def test_a_trigger_and_a_task_are_a_workflow(crm):
    assert await _faults(crm, THANK) == []


async def test_a_loop_may_go_round(crm):
    assert await _faults(crm, ROUND) == []


async def test_a_loop_in_a_loop_may_go_round(crm):
    inner = {"key": "inner", "type": "loop", "config": {"items": "{{gifts}}"}}
    task = {"key": "task", "type": "create_task", "config": {"title": "x"}}
    edges = [edge for edge in ROUND["edges"] if edge not in ({"from": "tag", "to": "loop"},)]
    drawn = {
        "nodes": [*ROUND["nodes"], inner, task],
        "edges": [
            *edges,
            {"from": "tag", "to": "inner"},
            {"from": "inner", "port": "each", "to": "task"},
            {"from": "task", "to": "inner"},
            {"from": "inner", "port": "done", "to": "loop"},
        ],
    }
    assert await _faults(crm, drawn) == []


async def test_a_circle_without_a_loop_is_refused(crm):
    drawn = line(("go", "manual", {}), ("a", "change_tags", {}), ("b", "change_tags", {}))
    faults = await _faults(crm, _with(drawn, edges=[{"from": "b", "to": "a"}]))
    assert faults == ["It goes round in a circle without a loop: a → b → a."] or faults == [
        "It goes round in a circle without a loop: b → a → b."
    ]


async def test_a_loop_is_not_entered_in_the_middle(crm):
    drawn = {**ROUND, "edges": [*ROUND["edges"], {"from": "go", "to": "tag"}]}
    assert await _faults(crm, drawn) == ["tag belongs to loop, so go cannot lead into it."]


async def test_going_round_by_way_of_done_is_no_loop(crm):
    drawn = {
        **ROUND,
        "edges": [*ROUND["edges"][:3], {"from": "loop", "port": "done", "to": "loop"}],
    }
    faults = await _faults(crm, drawn)
    assert "It goes round in a circle without a loop: loop → loop." in faults


@pytest.mark.parametrize("count", [0, 2])
async def test_there_is_exactly_one_trigger(crm, count):
    nodes = [("a", "create_task", {"title": "x"})]
    drawn = line(*[(f"t{n}", "manual", {}) for n in range(count)], *nodes)
    faults = await _faults(crm, drawn)
    assert f"A workflow has exactly one trigger; this one has {count}." in faults


async def test_a_trigger_alone_does_nothing(crm):
    assert await _faults(crm, line(("go", "manual", {}))) == [
        "Nothing would happen: add a node after the trigger."
    ]


async def test_a_node_nothing_leads_to_is_named(crm):
    drawn = _with(THANK, nodes=[{"key": "lost", "type": "stop"}])
    assert await _faults(crm, drawn) == ["No way leads to lost."]


async def test_an_error_handler_needs_no_way_to_it(crm):
    drawn = _with(
        THANK,
        nodes=[{"key": "oops", "type": "error_handler"}, {"key": "end", "type": "stop"}],
        edges=[{"from": "oops", "to": "end"}],
    )
    assert await _faults(crm, drawn) == []


async def test_a_way_out_that_a_node_does_not_have_is_named(crm):
    drawn = _with(THANK, edges=[{"from": "gift", "port": "maybe", "to": "task"}])
    assert await _faults(crm, drawn) == ["gift has no way out called maybe."]


async def test_the_cases_of_a_switch_are_its_ways_out(crm):
    drawn = line(("go", "manual", {}), ("s", "switch", {"value": "{{x}}", "cases": ["ναι", "לא"]}))
    drawn = _with(drawn, nodes=[{"key": "end", "type": "stop"}])
    for port, faults in (("ναι", []), ("otherwise", []), ("no", ["s has no way out called no."])):
        assert (
            await _faults(crm, _with(drawn, edges=[{"from": "s", "port": port, "to": "end"}]))
            == faults
        )


async def test_a_trigger_cannot_be_led_into(crm):
    drawn = _with(THANK, edges=[{"from": "task", "to": "gift"}])
    assert await _faults(crm, drawn) == ["Nothing can lead into gift."]


async def test_unknown_kinds_twin_names_and_loose_ends_are_all_told_at_once(crm):
    drawn = {
        "nodes": [*THANK["nodes"], {"key": "task", "type": "teleport"}],
        "edges": [*THANK["edges"], {"from": "task", "to": "nowhere"}],
    }
    faults = await _faults(crm, drawn)
    assert "2 nodes are called task." in faults
    assert "task: there is no kind of node called teleport." in faults
    assert "The way from task to nowhere leads from or to nowhere." in faults


async def test_a_trigger_has_nothing_to_fill_in(crm):
    drawn = line(("t", "missed_call", {"number": "{{x}}"}), ("end", "stop", {}))
    assert await _faults(crm, drawn) == ["t: nothing can be filled in before the run has begun."]


@pytest.mark.parametrize(
    "drawn",
    [{"nodes": "x"}, {"nodes": [{"type": "manual"}]}, {"shapes": []}, {"nodes": [{}] * 201}],
)
def test_what_is_no_drawing_is_refused(drawn):
    with pytest.raises(Invalid, match="This is not a workflow"):
        Graph.read(drawn)


KINDS = {
    key: NodeType(
        key=key,
        group=group,
        config_schema={"type": "object", "properties": {}},
        inputs=[] if group is NodeGroup.TRIGGER else ["in"],
        outputs=outputs,
    )
    for key, group, outputs in (
        ("manual", NodeGroup.TRIGGER, ["next"]),
        ("loop", NodeGroup.LOGIC, ["each", "done"]),
        ("step", NodeGroup.OUTPUT, ["next"]),
    )
}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(["loop", "step"]), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 5)), max_size=10),
)
def test_whatever_passes_comes_to_an_end_when_no_loop_has_anything_to_do(kinds, ways):
    """Left by `done` at every loop, no path of a sound drawing meets a node twice."""
    nodes = [{"key": "0", "type": "manual"}]
    nodes += [{"key": str(n), "type": kind} for n, kind in enumerate(kinds, start=1)]
    edges = [
        {
            "from": str(a % len(nodes)),
            "port": ("each" if each else "done")
            if nodes[a % len(nodes)]["type"] == "loop"
            else "next",
            "to": str(1 + b % len(kinds)),
        }
        for a, each, b in ways
    ]
    graph = Graph.read({"nodes": nodes, "edges": edges})
    if check(graph, KINDS):
        return
    ahead = [("0", frozenset({"0"}))]
    while ahead:
        here, seen = ahead.pop()
        for edge in graph.edges:
            if edge.source == here and edge.port != "each":
                assert edge.target not in seen
                ahead.append((edge.target, seen | {edge.target}))
