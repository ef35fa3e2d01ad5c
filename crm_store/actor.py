"""Who is asking, through which door, and how far their rights reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from crm_store.errors import Refused


class Kind(StrEnum):
    STAFF = "staff"
    VISITOR = "visitor"
    SYSTEM = "system"
    SIGNING_IN = "signing_in"


class Door(StrEnum):
    DESK = "desk"
    WHATSAPP = "whatsapp"
    WIDGET = "widget"
    EMAIL = "email"
    PHONE = "phone"
    API = "api"
    MCP = "mcp"
    CLI = "cli"
    JOB = "job"


class Reach(StrEnum):
    """Which rows with an owner someone may see."""

    OWN = "own"
    TEAM = "team"
    WORKSPACE = "workspace"
    ALL = "all"


class DatabaseRole(StrEnum):
    OWNER = "owner"
    STAFF = "staff"
    VISITOR = "visitor"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Actor:
    """The authenticated principal; made by a door, never by a model."""

    kind: Kind
    door: Door
    org_id: UUID | None = None
    member_id: UUID | None = None
    user_id: UUID | None = None
    visitor_id: UUID | None = None
    level: int = 0
    scopes: frozenset[str] = field(default_factory=frozenset)
    reach: Reach = Reach.OWN
    team_ids: frozenset[UUID] = field(default_factory=frozenset)
    workspace_ids: frozenset[UUID] = field(default_factory=frozenset)

    @property
    def id(self) -> UUID | None:
        """Whose name stands in created_by and in the audit log."""
        return self.member_id or self.visitor_id or self.user_id

    @property
    def org(self) -> UUID:
        if self.org_id is None:
            raise Refused("No organisation has been chosen.")
        return self.org_id

    @property
    def role(self) -> DatabaseRole:
        """The database role whose pool this actor's transactions come from."""
        return DatabaseRole.VISITOR if self.kind is Kind.VISITOR else DatabaseRole.STAFF

    def may(self, scope: str) -> bool:
        return scope in self.scopes or self.kind is Kind.SYSTEM

    def need(self, scope: str) -> None:
        if not self.may(scope):
            domain, _, effect = scope.partition(":")
            verb = {"read": "see", "write": "change"}.get(effect, effect)
            raise Refused(f"You may not {verb} {domain.replace('_', ' ')}.")

    def granted(self, scopes: Iterable[str]) -> Actor:
        """The same person with more rights, for the inside of one verb."""
        return replace(self, scopes=self.scopes | frozenset(scopes))

    @classmethod
    def system(cls, org_id: UUID | None, door: Door = Door.JOB) -> Actor:
        return cls(kind=Kind.SYSTEM, door=door, org_id=org_id, level=6, reach=Reach.ALL)

    @classmethod
    def signing_in(cls, user_id: UUID, door: Door) -> Actor:
        """Someone known by name but not yet in an organisation: sees only their own account."""
        return cls(kind=Kind.SIGNING_IN, door=door, user_id=user_id)

    @classmethod
    def visitor(
        cls, org_id: UUID, visitor_id: UUID, scopes: Iterable[str], door: Door = Door.WIDGET
    ) -> Actor:
        return cls(Kind.VISITOR, door, org_id, visitor_id=visitor_id, scopes=frozenset(scopes))
