"""Questions we ask about people, their places and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true

from crm_store.errors import NotFound
from crm_store.identity.models import (
    ApiKey,
    Invitation,
    Member,
    MemberWorkspace,
    Preferences,
    Role,
    StaffPhone,
    Theme,
)
from crm_store.repository import Repository


class RoleRepository(Repository[Role]):
    model = Role

    async def by_key(self, key: str, *, lock: bool = False) -> Role:
        """A role every organisation begins with."""
        return await self.one(self.rows().where(Role.key == key), lock=lock)

    async def by_name(self, name: str) -> Role:
        return await self.one(self.rows().where(func.lower(Role.name) == name.strip().lower()))

    async def ordered(self) -> Sequence[Role]:
        return await self.all(self.rows().order_by(Role.level, Role.name))


class MemberRepository(Repository[Member]):
    model = Member

    async def me(self) -> Member:
        """The asker's own place."""
        found = await self.session.get(Member, (self.actor.org, self.actor.member_id))
        if found is None:
            raise NotFound("You are not a member here.")
        return found

    async def by_email(self, email: str) -> Member:
        return await self.one(self.rows().where(Member.email == email.strip().lower()))

    async def named(self, name: str) -> Sequence[Member]:
        """Active people whose name begins with these words, as in "give it to Dana"."""
        spoken = func.lower(Member.name) + " "
        is_meant = spoken.startswith(f"{name.strip().lower()} ", autoescape=True)
        return await self.all(self.rows().where(Member.is_active, is_meant).order_by(Member.name))

    async def active(self) -> Sequence[Member]:
        return await self.all(self.rows().where(Member.is_active).order_by(Member.name))

    async def directors(self) -> Sequence[Member]:
        """Those who may do everything: there is always at least one."""
        return await self.all(
            self.rows()
            .join(Role, (Role.org_id == Member.org_id) & (Role.id == Member.role_id))
            .where(Role.key == "director", Member.is_active)
        )

    async def chain_above(self, member_id: UUID) -> list[UUID]:
        """The manager, the manager's manager, and so on up."""
        above = (
            select(Member.id, Member.manager_id)
            .where(Member.org_id == self.actor.org, Member.id == member_id)
            .cte("above", recursive=True)
        )
        above = above.union(
            select(Member.id, Member.manager_id).join(above, Member.id == above.c.manager_id)
        )
        found = await self.session.scalars(select(above.c.id).where(above.c.id != member_id))
        return list(found)

    async def workspaces_of(self, member_id: UUID) -> Sequence[UUID]:
        """Where someone works beside their own workspace."""
        found = await self.session.scalars(
            select(MemberWorkspace.workspace_id).where(
                MemberWorkspace.org_id == self.actor.org, MemberWorkspace.member_id == member_id
            )
        )
        return found.all()


class InvitationRepository(Repository[Invitation]):
    model = Invitation

    async def open(self) -> Sequence[Invitation]:
        return await self.all(
            self.rows()
            .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
            .order_by(Invitation.created_at.desc())
        )


class ApiKeyRepository(Repository[ApiKey]):
    model = ApiKey

    def visible(self) -> ColumnElement[bool]:
        """One's own; those who manage members see all."""
        if self.actor.may("identity:write"):
            return true()
        return ApiKey.member_id == self.actor.member_id

    async def of(self, member_id: UUID) -> Sequence[ApiKey]:
        return await self.all(self.rows().where(ApiKey.member_id == member_id))

    async def in_use(self) -> Sequence[ApiKey]:
        return await self.all(
            self.rows().where(ApiKey.revoked_at.is_(None)).order_by(ApiKey.created_at.desc())
        )


class StaffPhoneRepository(Repository[StaffPhone]):
    model = StaffPhone

    def visible(self) -> ColumnElement[bool]:
        """One's own; those who manage members see all."""
        if self.actor.may("identity:write"):
            return true()
        return StaffPhone.member_id == self.actor.member_id

    async def of(self, member_id: UUID) -> Sequence[StaffPhone]:
        return await self.all(
            self.rows().where(StaffPhone.member_id == member_id).order_by(StaffPhone.id)
        )


class PreferencesRepository(Repository[Preferences]):
    model = Preferences

    def visible(self) -> ColumnElement[bool]:
        return Preferences.member_id == self.actor.member_id

    async def mine(self) -> Preferences:
        """The asker's own, as they are before anything was chosen."""
        found = await self.first(self.rows())
        return found or Preferences(
            org_id=self.actor.org,
            member_id=self.actor.member_id,
            theme=Theme.DARK,
            notifications={},
            settings={},
        )
