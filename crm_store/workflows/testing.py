"""Workflows for tests."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from crm_store.crm import Crm
from crm_store.workflows.actions import (
    activate_workflow,
    create_workflow,
    publish_workflow,
    save_draft,
)
from crm_store.workflows.models import Workflow

THANK = {
    "nodes": [
        {"key": "gift", "type": "gift_received", "config": {"at_least": 100}},
        {"key": "task", "type": "create_task", "config": {"title": "Ring {{donor.name}}"}},
    ],
    "edges": [{"from": "gift", "port": "next", "to": "task"}],
}


def line(*nodes: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """Nodes one after the other, each (key, type, config), joined by `next`."""
    keys = [key for key, _, _ in nodes]
    return {
        "nodes": [{"key": key, "type": kind, "config": config} for key, kind, config in nodes],
        "edges": [{"from": a, "port": "next", "to": b} for a, b in pairwise(keys)],
    }


async def make_workflow(
    crm: Crm, drawn: dict[str, Any] | None = None, *, name: str = "Thank them", active: bool = True
) -> Workflow:
    """A published one, switched on."""
    workflow = await create_workflow(crm, name)
    await save_draft(crm, workflow.id, drawn or THANK)
    await publish_workflow(crm, workflow.id)
    return await activate_workflow(crm, workflow.id) if active else workflow
