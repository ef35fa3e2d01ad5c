"""Who is asking at the terminal: somebody named, or whoever runs the installation."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import create_engine, select, text

from crm_store.actor import Actor, DatabaseRole, Door
from crm_store.database import Database
from crm_store.demo.world import HARBOUR
from crm_store.errors import Ambiguous, NotFound
from crm_store.identity import lookup
from crm_store.identity.standing import actor_for
from crm_store.orgs.models import Org
from crm_store.settings import store_settings
from crm_store.store import Store


@dataclass(frozen=True, slots=True)
class Known:
    """One organisation of this installation."""

    id: UUID
    name: str
    slug: str


async def organisations(store: Store) -> list[Known]:
    """All of them, as only whoever holds the owner's address may ask."""
    found = []
    for org_id in _ids():
        async with store.begin(Actor.system(org_id, Door.CLI), read_only=True) as crm:
            row = (await crm.session.execute(select(Org.name, Org.slug))).one_or_none()
        if row:
            found.append(Known(org_id, row.name, row.slug))
    return sorted(found, key=lambda org: org.slug)


async def asker(store: Store, org: str | None, email: str | None = None) -> Actor:
    """The member of staff with this address, or the installation itself."""
    org_id = await _chosen(store, org)
    if email is None:
        return Actor.system(org_id, Door.CLI)
    user_id = await lookup.user_by_email(store, Door.CLI, email)
    if user_id is None:
        raise NotFound(f"Nobody signs in as {email}.")
    async with store.begin(Actor.system(org_id, Door.CLI), read_only=True) as crm:
        return await actor_for(crm.session, Door.CLI, user_id=user_id)


async def _chosen(store: Store, slug: str | None) -> UUID:
    if slug is not None:
        found = await lookup.org_by_slug(store, Door.CLI, slug)
        if found is None:
            known = ", ".join(org.slug for org in await organisations(store)) or "none yet"
            raise NotFound(f"There is no organisation {slug!r}. There are: {known}.")
        return found
    known_orgs = await organisations(store)
    if not known_orgs:
        raise NotFound("There is no organisation yet. Run `almoner demo` or `almoner org create`.")
    real = [org for org in known_orgs if org.slug == HARBOUR.slug] or known_orgs
    if len(real) > 1:
        slugs = tuple(org.slug for org in real)
        raise Ambiguous(f"Say which organisation with --org: {', '.join(slugs)}.", slugs)
    return real[0].id


def _ids() -> list[UUID]:
    url = Database.of(store_settings()).urls[DatabaseRole.OWNER]
    engine = create_engine(url.set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            asked = text("SELECT org_id FROM directory WHERE kind = 'org'")
            return list(connection.scalars(asked))
    finally:
        engine.dispose()
