"""A new organisation, with everything it needs on its first day."""

from __future__ import annotations

import importlib
import pkgutil
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any
from uuid import UUID

import crm_store
from crm_store.actor import Actor, Door, Kind, Reach
from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.identity import lookup
from crm_store.identity.models import Member, Role, User
from crm_store.identity.rights import ALL_SCOPES, DIRECTOR
from crm_store.orgs.models import Org, Workspace
from crm_store.search.text import fold, latin
from crm_store.store import Store

FIRST = ("orgs", "identity", "contacts", "donors", "gifts")
MAIN_WORKSPACE = "Main"


@dataclass(frozen=True)
class Founded:
    org_id: UUID
    director: Actor


async def found_org(
    store: Store, *, name: str, director_name: str, director_email: str | None = None, **more: Any
) -> Founded:
    """A new organisation with its default roles and settings, and its first director.

    More: columns of the organisation, such as currency="ILS".
    """
    org = Org(id=new_id(), name=name, slug=_slug(name), **more)
    email = (director_email or f"director@{org.slug}.example").strip().lower()
    known = await lookup.user_by_email(store, Door.CLI, email) if director_email else None
    director = Actor(
        Kind.STAFF,
        Door.CLI,
        org.id,
        member_id=new_id(),
        user_id=known or new_id(),
        level=4,
        scopes=ALL_SCOPES,
        reach=Reach.ALL,
    )
    founder = Actor(
        Kind.SYSTEM, Door.CLI, org.id, director.member_id, director.user_id, reach=Reach.ALL
    )
    async with store.begin(founder) as crm:
        crm.session.add(org)
        if known is None:
            crm.session.add(User(id=director.user_id, email=email, name=director_name))
        for domain, plant in _seeds():
            await plant(crm)
            if domain == "identity":
                _settle(crm, director, director_name, email)
    return Founded(org.id, director)


def _settle(crm: Crm, director: Actor, name: str, email: str) -> None:
    """The first workspace and the first member."""
    workspace = Workspace(id=new_id(), name=MAIN_WORKSPACE)
    role = next(row for row in crm.session.new if isinstance(row, Role) and row.key == DIRECTOR)
    member = Member(
        id=director.member_id,
        user_id=director.user_id,
        role_id=role.id,
        workspace_id=workspace.id,
        name=name,
        email=email,
        joined_at=now(),
    )
    crm.session.add_all([workspace, member])


@lru_cache
def _seeds() -> tuple[tuple[str, Callable[[Crm], Awaitable[None]]], ...]:
    """What each domain plants, those that others build on first."""
    domains = sorted(
        (package.name for package in pkgutil.iter_modules(crm_store.__path__) if package.ispkg),
        key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name),
    )
    return tuple(
        (name, importlib.import_module(f"crm_store.{name}.seeds").plant)
        for name in domains
        if find_spec(f"crm_store.{name}.seeds")
    )


def _slug(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", fold(latin(name))).strip("-") or "org"
    return f"{words[:40]}-{secrets.token_hex(6)}"
