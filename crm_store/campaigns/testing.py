"""Campaigns for tests, with as few words as a test has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crm_store.campaigns import actions
from crm_store.campaigns.models import Campaign, Template
from crm_store.crm import Crm


async def make_template(crm: Crm, name: str = "Spring", **more: Any) -> Template:
    content = more.pop("content", "<p>Dear {{informal_name}}</p>")
    return await actions.write_template(crm, name, content, **more)


async def make_campaign(
    crm: Crm, name: str = "Spring appeal", people: Sequence[UUID] | None = None, **more: Any
) -> Campaign:
    """A draft; with people named, one that is being sent to them."""
    facts: dict[str, Any] = {"subject": "Spring", "content": "<p>Spring is here.</p>"} | more
    campaign = await actions.draft_campaign(crm, name, **facts)
    if people is not None:
        await actions.approve_campaign(crm, campaign.id)
        await actions.freeze_audience(crm, campaign.id, people)
        await actions.schedule_campaign(crm, campaign.id)
        await actions.start_campaign(crm, campaign.id)
    return campaign
