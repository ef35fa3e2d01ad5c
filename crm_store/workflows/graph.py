"""A workflow as it is drawn: nodes, the ways between them, and what makes a drawing sound."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crm_store.errors import Invalid
from crm_store.workflows.config import TEMPLATE, problems
from crm_store.workflows.models import NodeGroup, NodeType

MOST_NODES = 200


class BadGraph(Invalid):
    """This workflow cannot be published as it is drawn."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)


class Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key: str = Field(min_length=1, max_length=60)
    type: str
    name: str | None = None
    config: dict[str, Any] = Field(default_factory=dict)
    x: float = 0
    y: float = 0


class Edge(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    source: str = Field(alias="from")
    port: str = "next"
    target: str = Field(alias="to")


class Graph(BaseModel):
    """What people draw. Saving asks only for this shape; publishing asks for soundness."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    nodes: list[Node] = Field(default_factory=list, max_length=MOST_NODES)
    edges: list[Edge] = Field(default_factory=list, max_length=MOST_NODES * 5)

    @classmethod
    def read(cls, drawn: Mapping[str, Any]) -> Graph:
        try:
            return cls.model_validate(drawn)
        except ValidationError as error:
            first = error.errors()[0]
            place = " ".join(str(part) for part in first["loc"])
            raise Invalid(f"This is not a workflow: {place}: {first['msg']}.") from error

    def stored(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True)

    def node(self, key: str) -> Node | None:
        return next((node for node in self.nodes if node.key == key), None)

    def into(self, key: str) -> list[Edge]:
        return [edge for edge in self.edges if edge.target == key]

    def trigger(self, kinds: Mapping[str, NodeType]) -> Node | None:
        return next((node for node in self.nodes if _is_trigger(node, kinds)), None)


def check(graph: Graph, kinds: Mapping[str, NodeType]) -> list[str]:
    """Every fault of a drawing, in sentences; an empty list means it may be published."""
    faults = [*_node_faults(graph, kinds), *_edge_faults(graph, kinds)]
    return faults or [*_shape_faults(graph, kinds)]


def _is_trigger(node: Node, kinds: Mapping[str, NodeType]) -> bool:
    return node.type in kinds and kinds[node.type].group is NodeGroup.TRIGGER


def _node_faults(graph: Graph, kinds: Mapping[str, NodeType]) -> Iterator[str]:
    for key, times in Counter(node.key for node in graph.nodes).items():
        if times > 1:
            yield f"{times} nodes are called {key}."
    triggers = sum(_is_trigger(node, kinds) for node in graph.nodes)
    if triggers != 1:
        yield f"A workflow has exactly one trigger; this one has {triggers}."
    if len(graph.nodes) <= triggers:
        yield "Nothing would happen: add a node after the trigger."
    for node in graph.nodes:
        if node.type not in kinds:
            yield f"{node.key}: there is no kind of node called {node.type}."
            continue
        for fault in problems(kinds[node.type].config_schema, node.config):
            yield f"{node.key}: {fault}."
        if _is_trigger(node, kinds) and TEMPLATE.search(str(node.config)):
            yield f"{node.key}: nothing can be filled in before the run has begun."


def _edge_faults(graph: Graph, kinds: Mapping[str, NodeType]) -> Iterator[str]:
    nodes = {node.key: node for node in graph.nodes}
    for edge in graph.edges:
        source, target = nodes.get(edge.source), nodes.get(edge.target)
        if source is None or target is None:
            yield f"The way from {edge.source} to {edge.target} leads from or to nowhere."
            continue
        if source.type in kinds and edge.port not in ports(source, kinds[source.type]):
            yield f"{source.key} has no way out called {edge.port}."
        if target.type in kinds and not kinds[target.type].inputs:
            yield f"Nothing can lead into {target.key}."


def ports(node: Node, kind: NodeType) -> list[str]:
    """The ways out of a node: its kind's, and those its settings name."""
    named = node.config.get(kind.outputs_from, []) if kind.outputs_from else []
    return [*kind.outputs, *(named if isinstance(named, list) else [])]


def _shape_faults(graph: Graph, kinds: Mapping[str, NodeType]) -> Iterator[str]:
    roots = [node.key for node in graph.nodes if not kinds[node.type].inputs]
    reached = _reach(roots, graph.edges)
    for node in graph.nodes:
        if node.key not in reached:
            yield f"No way leads to {node.key}."
    returns: set[tuple[str, str]] = set()
    for loop in (node.key for node in graph.nodes if node.type == "loop"):
        body = _body(loop, graph)
        returns |= {(edge.source, loop) for edge in graph.into(loop) if edge.source in body}
        for edge in graph.edges:
            inside = edge.source in body or (edge.source, edge.port) == (loop, "each")
            if edge.target in body and not inside:
                yield f"{edge.target} belongs to {loop}, so {edge.source} cannot lead into it."
    yield from _circles(graph, returns)


def _body(loop: str, graph: Graph) -> set[str]:
    """What is done once for each item: all that follows `each`, up to the loop again."""
    firsts = [e.target for e in graph.edges if e.source == loop and e.port == "each"]
    onward = [edge for edge in graph.edges if loop not in (edge.source, edge.target)]
    return _reach(firsts, onward) - {loop}


def _reach(firsts: Iterable[str], edges: Iterable[Edge]) -> set[str]:
    onward = defaultdict(list)
    for edge in edges:
        onward[edge.source].append(edge.target)
    seen: set[str] = set()
    ahead = list(firsts)
    while ahead:
        key = ahead.pop()
        if key not in seen:
            seen.add(key)
            ahead.extend(onward[key])
    return seen


def _circles(graph: Graph, returns: set[tuple[str, str]]) -> Iterator[str]:
    order: TopologicalSorter[str] = TopologicalSorter()
    for edge in graph.edges:
        if (edge.source, edge.target) not in returns:
            order.add(edge.target, edge.source)
    try:
        order.prepare()
    except CycleError as error:
        yield f"It goes round in a circle without a loop: {' → '.join(error.args[1])}."
