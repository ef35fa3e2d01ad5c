"""Where somebody stands in an organisation just now, as an Actor: one query."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor, Door, Kind
from crm_store.errors import Refused
from crm_store.identity.rights import reach_of, scopes_of

STANDING = text(
    """
    WITH RECURSIVE me AS (
        SELECT m.org_id, m.id, m.user_id, m.workspace_id, m.extra_scopes,
               r.level, r.permissions, r.scopes
        FROM members m JOIN roles r ON r.org_id = m.org_id AND r.id = m.role_id
        WHERE m.org_id = (SELECT app_org()) AND (m.id = :member_id OR m.user_id = :user_id)
          AND m.is_active AND m.deleted_at IS NULL
    ), team AS (
        SELECT m.org_id, m.id
        FROM members m JOIN me ON m.org_id = me.org_id AND m.manager_id = me.id
        UNION
        SELECT m.org_id, m.id
        FROM members m JOIN team ON m.org_id = team.org_id AND m.manager_id = team.id
    )
    SELECT me.*,
           ARRAY(SELECT id FROM team) AS team_ids,
           ARRAY(SELECT w.workspace_id FROM member_workspaces w
                 WHERE w.org_id = me.org_id AND w.member_id = me.id
                 UNION SELECT me.workspace_id WHERE me.workspace_id IS NOT NULL) AS workspace_ids
    FROM me
    """
)


class NotAMember(Refused):
    """You do not belong to this organisation, or no longer do."""


async def actor_for(
    session: AsyncSession,
    door: Door,
    *,
    member_id: UUID | None = None,
    user_id: UUID | None = None,
    only: Collection[str] | None = None,
) -> Actor:
    """The active member with this id, or of this account, with today's rights.

    only: the scopes a key or a telephone carries; never more than the person has.
    """
    me = (
        await session.execute(STANDING, {"member_id": member_id, "user_id": user_id})
    ).one_or_none()
    if me is None:
        raise NotAMember
    scopes = scopes_of(me.permissions, (*me.scopes, *me.extra_scopes))
    return Actor(
        Kind.STAFF,
        door,
        me.org_id,
        member_id=me.id,
        user_id=me.user_id,
        level=me.level,
        scopes=scopes if only is None else scopes & frozenset(only),
        reach=reach_of(me.permissions),
        team_ids=frozenset(me.team_ids) - {me.id},
        workspace_ids=frozenset(me.workspace_ids),
    )
