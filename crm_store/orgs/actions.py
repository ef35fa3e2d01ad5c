"""Changing how an organisation is set up."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency
from sqlalchemy import func, select

from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, NotFound
from crm_store.orgs.founding import Founded, found_org
from crm_store.orgs.models import Feature, Org, OrgFeature, OrgSetting, Workspace

__all__ = [
    "Founded",
    "create_workspace",
    "forget_setting",
    "found_org",
    "rename_workspace",
    "set_setting",
    "switch_feature",
    "update_org",
]

SETTLED = frozenset({"id", "created_at", "updated_at", "subscription_tier"})
RECOUNT = "15min"  # every giving year is counted again when the year moves
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class NameTaken(Conflict):
    """There is one of this name already."""


async def update_org(crm: Crm, **changes: Any) -> Org:
    """Change what the organisation is called, counts in, speaks or shows on its receipts."""
    crm.actor.need("orgs:write")
    org = await crm.orgs.current(lock=True)
    for name, value in changes.items():
        if name in SETTLED or name not in Org.__table__.columns:
            raise Invalid(f"An organisation has no {name.replace('_', ' ')} to change.")
        setattr(org, name, _checked(name, value))
    if "fiscal_year_starts" in changes:
        await crm.session.execute(select(func.set_config("statement_timeout", RECOUNT, True)))
    await crm.flush()
    return org


async def set_setting(crm: Crm, key: str, value: Any) -> OrgSetting:
    """Decide something for the whole organisation, under a key of its own."""
    setting = await _setting(crm, key)
    if setting is None:
        setting = OrgSetting(key=key)
        crm.session.add(setting)
    setting.value = value
    await crm.flush()
    return setting


async def forget_setting(crm: Crm, key: str) -> None:
    setting = await _setting(crm, key)
    if setting is not None:
        await crm.session.delete(setting)
        await crm.flush()


async def switch_feature(crm: Crm, key: str, enabled: bool) -> OrgFeature:
    """Switch a part of the product on or off for everybody here."""
    crm.actor.need("orgs:write")
    if await crm.session.get(Feature, key) is None:
        raise NotFound(f"There is no feature named {key!r}.")
    found = await crm.session.scalar(
        select(OrgFeature)
        .where(OrgFeature.org_id == crm.actor.org, OrgFeature.feature_key == key)
        .with_for_update()
    )
    feature = found or OrgFeature(feature_key=key)
    feature.is_enabled = enabled
    crm.session.add(feature)
    await crm.flush()
    return feature


async def create_workspace(crm: Crm, name: str, description: str | None = None) -> Workspace:
    """A department or branch of its own."""
    workspace = Workspace(name=await _free(crm, name), description=description)
    crm.workspaces.add(workspace)
    await crm.flush()
    return workspace


async def rename_workspace(
    crm: Crm, workspace_id: UUID, name: str, description: str | None = None
) -> Workspace:
    workspace = await crm.workspaces.get(workspace_id, lock=True)
    if name.strip() != workspace.name:
        workspace.name = await _free(crm, name)
    workspace.description = description
    await crm.flush()
    return workspace


async def _free(crm: Crm, name: str) -> str:
    """The name, trimmed, if no workspace has it."""
    if not name.strip():
        raise Invalid("A workspace needs a name.")
    same = crm.workspaces.rows().where(Workspace.name == name.strip())
    if await crm.workspaces.count(same):
        raise NameTaken(f"There is a workspace named {name.strip()} already.")
    return name.strip()


async def _setting(crm: Crm, key: str) -> OrgSetting | None:
    crm.actor.need("orgs:write")
    if not key.strip():
        raise Invalid("A setting needs a key.")
    found: OrgSetting | None = await crm.session.scalar(
        select(OrgSetting)
        .where(OrgSetting.org_id == crm.actor.org, OrgSetting.key == key)
        .with_for_update()
    )
    return found


def _checked(name: str, value: Any) -> Any:
    """What is shown on receipts and decides whole years' figures must make sense."""
    match name:
        case "name":
            is_good = bool(value and value.strip())
        case "slug":
            is_good = bool(NAME.fullmatch(value or ""))
        case "subdomain":
            is_good = value is None or bool(NAME.fullmatch(value))
        case "currency":
            is_good = is_currency(value or "")
        case "timezone":
            is_good = value in available_timezones()
        case "locale":
            is_good = _is_locale(value)
        case "fiscal_year_starts":
            is_good = value in range(1, 13)
        case "website_url":
            is_good = value is None or value.startswith(("https://", "http://"))
        case _:
            is_good = True
    if not is_good:
        raise Invalid(f"{value!r} cannot be the organisation's {name.replace('_', ' ')}.")
    return value


def _is_locale(value: str | None) -> bool:
    try:
        return bool(value) and Locale.parse(value, sep="-") is not None
    except (UnknownLocaleError, ValueError):
        return False
