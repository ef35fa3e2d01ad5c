"""Questions we ask about an organisation and how it is set up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor
from crm_store.errors import NotFound
from crm_store.orgs.models import (
    CustomField,
    Feature,
    FieldNoun,
    Org,
    OrgFeature,
    OrgSetting,
    Workspace,
)
from crm_store.repository import Repository


class OrgRepository:
    """The one organisation the asker is in."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @property
    def actor(self) -> Actor:
        actor: Actor = self.session.info["actor"]
        return actor

    async def current(self, *, lock: bool = False) -> Org:
        """Its name, money, calendar and language: what everything shown depends on."""
        query = select(Org).where(Org.id == self.actor.org)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        found = await self.session.scalar(query)
        if found is None:
            raise NotFound("There is no such organisation.")
        return found

    async def features(self) -> dict[str, bool]:
        """Every feature of the product, and whether this organisation has it."""
        is_on = func.coalesce(OrgFeature.is_enabled, False)
        query = (
            select(Feature.key, is_on)
            .outerjoin(
                OrgFeature,
                (OrgFeature.feature_key == Feature.key) & (OrgFeature.org_id == self.actor.org),
            )
            .order_by(Feature.sort_order)
        )
        return {key: on for key, on in await self.session.execute(query)}

    async def has(self, feature: str) -> bool:
        return (await self.features()).get(feature, False)

    async def setting(self, key: str, otherwise: Any = None) -> Any:
        """What the organisation has decided under this key."""
        found = await self.session.execute(
            select(OrgSetting.value).where(
                OrgSetting.org_id == self.actor.org, OrgSetting.key == key
            )
        )
        row = found.one_or_none()
        return otherwise if row is None else row.value

    async def settings(self) -> dict[str, Any]:
        found = await self.session.execute(
            select(OrgSetting.key, OrgSetting.value)
            .where(OrgSetting.org_id == self.actor.org)
            .order_by(OrgSetting.key)
        )
        return {key: value for key, value in found}


class WorkspaceRepository(Repository[Workspace]):
    model = Workspace

    async def by_name(self, name: str) -> Workspace:
        return await self.one(self.rows().where(func.lower(Workspace.name) == name.strip().lower()))

    async def ordered(self) -> Sequence[Workspace]:
        return await self.all(self.rows().order_by(Workspace.name))


class CustomFieldRepository(Repository[CustomField]):
    model = CustomField

    async def of(self, noun: FieldNoun) -> Sequence[CustomField]:
        """The fields in use of one noun, in the order people see them."""
        return await self.all(
            self.rows()
            .where(CustomField.noun == noun, CustomField.is_active)
            .order_by(CustomField.sort_order, CustomField.label)
        )

    async def by_name(self, noun: FieldNoun, name: str) -> CustomField:
        return await self.one(self.rows().where(CustomField.noun == noun, CustomField.name == name))
