"""What may be shown of people who work here; never a hash or a token."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from crm_store.base import Json
from crm_store.identity.models import Theme
from crm_store.view import PERSONAL, View


class RoleView(View):
    id: UUID
    key: str | None
    name: str
    level: int
    permissions: list[str]
    scopes: list[str]
    description: str | None


class MemberView(View):
    id: UUID
    name: str
    email: str
    title: str | None
    role: str | None = None
    manager_id: UUID | None
    workspace_id: UUID | None
    is_active: bool
    joined_at: datetime | None


class InvitationView(View):
    id: UUID
    email: str
    name: str | None
    role_id: UUID
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


class StaffPhoneView(View):
    id: UUID
    member_id: UUID
    display_name: str | None
    phone_number: Annotated[str | None, PERSONAL]
    is_allowed: bool
    scopes: list[str] | None
    last_query_at: datetime | None
    query_count: int


class ApiKeyView(View):
    id: UUID
    member_id: UUID
    name: str
    prefix: str
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class PreferencesView(View):
    theme: Theme
    language: str | None
    timezone: str | None
    notifications: Json
    email_signature: str | None
