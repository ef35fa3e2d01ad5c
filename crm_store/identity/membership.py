"""Places in one organisation: roles, the people who hold them, and those invited to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, TenantRow, ref


class Role(TenantRow):
    """A named set of rights at one of six levels."""

    __tablename__ = "roles"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        UniqueConstraint("org_id", "key"),
        CheckConstraint("level BETWEEN 1 AND 6", name="level_is_one_of_six"),
    )

    key: Mapped[str | None] = mapped_column(comment="Of a role every organisation begins with.")
    name: Mapped[str]
    level: Mapped[int]
    permissions: Mapped[list[str]] = mapped_column(default=list)
    scopes: Mapped[list[str]] = mapped_column(default=list, comment="Beyond the permissions'.")
    description: Mapped[str | None]


class Member(Live, TenantRow):
    """Somebody's place in one organisation."""

    __tablename__ = "members"
    __table_args__ = (
        UniqueConstraint("org_id", "user_id"),
        CheckConstraint("manager_id <> id", name="nobody_manages_themselves"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role_id: Mapped[UUID] = ref("roles")
    name: Mapped[str]
    email: Mapped[str]
    title: Mapped[str | None]
    manager_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    extra_scopes: Mapped[list[str]] = mapped_column(default=list, comment="Beyond the role's.")
    is_active: Mapped[bool] = mapped_column(default=True)
    invited_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]


class MemberWorkspace(TenantRow):
    """A workspace someone works in beside their own."""

    __tablename__ = "member_workspaces"
    __table_args__ = (UniqueConstraint("org_id", "member_id", "workspace_id"),)

    member_id: Mapped[UUID] = ref("members", on_delete="CASCADE", index=False)
    workspace_id: Mapped[UUID] = ref("workspaces", on_delete="CASCADE")


class Invitation(TenantRow):
    """A place offered to an address; we keep a hash of the token in the link."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("org_id", "token_hash"),)

    email: Mapped[str] = mapped_column(comment="Lower case.")
    name: Mapped[str | None]
    role_id: Mapped[UUID] = ref("roles")
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    manager_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    token_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")


class Theme(StrEnum):
    DARK = "dark"
    LIGHT = "light"
    SYSTEM = "system"


class Preferences(TenantRow):
    """How one member likes the product to look and when it should call for them."""

    __tablename__ = "preferences"
    __table_args__ = (UniqueConstraint("org_id", "member_id"),)

    member_id: Mapped[UUID] = ref("members", on_delete="CASCADE", index=False)
    theme: Mapped[Theme] = mapped_column(default=Theme.DARK)
    language: Mapped[str | None]
    timezone: Mapped[str | None]
    notifications: Mapped[Json] = mapped_column(default=dict)
    email_signature: Mapped[str | None]
    settings: Mapped[Json] = mapped_column(default=dict)
