"""Configuring assistants and putting them where they answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from crm_store.actor import Door
from crm_store.assistants.models import (
    Assistant,
    AssistantCollection,
    AssistantScope,
    Audience,
    Deployment,
    DeploymentStatus,
)
from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.knowledge.models import Audience as Shelf

SETTINGS = frozenset(
    {"name", "description", "system_prompt", "is_active", "widget_code", "model", "tools",
     "settings"}
)  # fmt: skip


class NotForVisitors(Refused):
    """An assistant for visitors reads only what anybody may read."""


async def create_assistant(
    crm: Crm,
    name: str,
    system_prompt: str,
    *,
    audience: Audience = Audience.STAFF,
    workspace_id: UUID | None = None,
    description: str | None = None,
) -> Assistant:
    """Another assistant, for the whole organisation or one workspace."""
    if not name.strip() or not system_prompt.strip():
        raise Invalid("An assistant needs a name and instructions.")
    scope = AssistantScope.WORKSPACE if workspace_id else AssistantScope.ORGANISATION
    assistant = crm.assistants.add(
        Assistant(
            name=name.strip(),
            system_prompt=system_prompt,
            audience=audience,
            scope=scope,
            workspace_id=workspace_id,
            description=description,
        )
    )
    await crm.flush()
    return assistant


async def change_assistant(crm: Crm, assistant_id: UUID, **changes: Any) -> Assistant:
    if unknown := changes.keys() - SETTINGS:
        raise Invalid(f"An assistant has no {', '.join(sorted(unknown))} to change.")
    assistant = await crm.assistants.get(assistant_id, lock=True)
    for name, value in changes.items():
        setattr(assistant, name, value)
    await crm.flush()
    return assistant


async def let_read(crm: Crm, assistant_id: UUID, collection_ids: Sequence[UUID]) -> Assistant:
    """Which shelves an assistant may quote from, in all."""
    assistant = await crm.assistants.get(assistant_id, lock=True)
    shelves = [await crm.collections.get(each) for each in dict.fromkeys(collection_ids)]
    staff_only = any(shelf.audience is not Shelf.PUBLIC for shelf in shelves)
    if assistant.audience is Audience.VISITORS and staff_only:
        raise NotForVisitors
    await crm.session.execute(
        delete(AssistantCollection).where(
            AssistantCollection.org_id == crm.actor.org,
            AssistantCollection.assistant_id == assistant_id,
        )
    )
    crm.session.add_all(
        AssistantCollection(assistant_id=assistant_id, collection_id=shelf.id) for shelf in shelves
    )
    await crm.flush()
    return assistant


async def deploy(
    crm: Crm,
    assistant_id: UUID,
    door: Door,
    *,
    channel_account_id: UUID | None = None,
    at: datetime | None = None,
) -> Deployment:
    """Let an assistant answer at a door; whichever answered there before retires."""
    assistant = await crm.assistants.get(assistant_id)
    if not assistant.is_active:
        raise Conflict("This assistant is switched off.")
    at = at or now()
    before = await crm.deployments.all(
        crm.deployments.rows().where(
            Deployment.door == door,
            Deployment.channel_account_id.is_not_distinct_from(channel_account_id),
            Deployment.status == DeploymentStatus.LIVE,
        )
    )
    for each in before:
        each.status, each.retired_at = DeploymentStatus.RETIRED, at
    await crm.flush()
    deployment = crm.deployments.add(
        Deployment(
            assistant_id=assistant_id,
            door=door,
            channel_account_id=channel_account_id,
            status=DeploymentStatus.LIVE,
            deployed_at=at,
            deployed_by=crm.actor.member_id,
        )
    )
    await crm.flush()
    return deployment


async def pause_deployment(crm: Crm, deployment_id: UUID) -> Deployment:
    """Stop answering there until it is deployed again."""
    deployment = await crm.deployments.get(deployment_id, lock=True)
    if deployment.status is not DeploymentStatus.LIVE:
        raise Conflict(f"This deployment is {deployment.status}.")
    deployment.status = DeploymentStatus.PAUSED
    await crm.flush()
    return deployment
