"""What there is to be allowed, which permission allows it, and which role holds which permission.

The whole matrix is data: a scope is `domain:read` or `domain:write`, or one of SPECIAL.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crm_store.actor import Reach
from crm_store.errors import Invalid

DOMAINS = (
    "orgs", "identity", "contacts", "donors", "gifts", "leads", "deals", "tickets",
    "conversations", "campaigns", "outreach", "sequences", "workflows", "research", "knowledge",
    "tasks", "segments", "places", "assistants", "imports", "audit", "search",
)  # fmt: skip

SPECIAL = {
    "amounts:read": "see how much was given, promised and asked for",
    "personal:read": "see birthdays, home addresses and what else is nobody's business",
    "profile:write": "change their own profile and preferences",
    "reports:read": "see reports",
    "journey:force": "move a donor to a stage that the journey has no way to",
    "exports:run": "take lists of records out of the product",
    "approvals:decide": "approve or refuse what the assistant proposes",
    "keys:manage": "create and revoke API keys",
    "privacy:erase": "erase a person on request",
}

ALL_SCOPES = frozenset(f"{domain}:{effect}" for domain in DOMAINS for effect in ("read", "write"))
ALL_SCOPES |= frozenset(SPECIAL)


class UnknownRight(Invalid):
    """There is no such permission or scope."""


def read(*domains: str) -> frozenset[str]:
    return frozenset(f"{domain}:read" for domain in domains)


def write(*domains: str) -> frozenset[str]:
    """Whoever may change records may see them."""
    return read(*domains) | {f"{domain}:write" for domain in domains}


VIEW = read(
    "orgs", "contacts", "donors", "gifts", "leads", "deals", "tickets", "conversations",
    "campaigns", "outreach", "sequences", "knowledge", "tasks", "segments", "places",
    "assistants", "search",
)  # fmt: skip

PERMISSIONS: dict[str, frozenset[str]] = {
    "view_own_data": VIEW,
    "view_team_data": VIEW,
    "view_workspace_data": VIEW,
    "view_all_data": VIEW,
    "view_users": read("identity"),
    "edit_user_profile": frozenset({"profile:write"}),
    "view_amounts": frozenset({"amounts:read"}),
    "view_personal": frozenset({"personal:read"}),
    "view_research": read("research"),
    "view_reports": frozenset({"reports:read"}),
    "view_analytics": frozenset({"reports:read"}) | read("assistants"),
    "view_audit": read("audit"),
    "generate_reports": frozenset({"reports:read"}) | write("segments"),
    "export_data": frozenset({"exports:run"}),
    "manage_contacts": write("contacts", "places"),
    "manage_companies": write("contacts"),
    "manage_donors": write("donors"),
    "force_stages": frozenset({"journey:force"}),
    "manage_gifts": write("gifts"),
    "manage_leads": write("leads"),
    "manage_deals": write("deals"),
    "manage_products": write("deals"),
    "manage_pipelines": write("deals"),
    "manage_activities": write("contacts", "tasks"),
    "manage_tickets": write("tickets"),
    "manage_conversations": write("conversations"),
    "manage_drafts": write("outreach"),
    "manage_campaigns": write("campaigns", "outreach", "sequences", "segments"),
    "manage_projects": write("gifts"),
    "manage_research": write("research"),
    "manage_knowledge": write("knowledge"),
    "manage_workflows": write("workflows"),
    "manage_imports": write("imports"),
    "manage_assistants": write("assistants", "knowledge"),
    "manage_integrations": write("conversations", "outreach") | {"keys:manage", "audit:write"},
    "manage_users": write("identity"),
    "manage_workspaces": write("orgs"),
    "manage_setup": write("orgs", "workflows", "search"),
    "decide_approvals": frozenset({"approvals:decide"}),
    "erase_people": frozenset({"privacy:erase"}),
}

REACHES = {
    "view_all_data": Reach.ALL,
    "view_workspace_data": Reach.WORKSPACE,
    "view_team_data": Reach.TEAM,
    "view_own_data": Reach.OWN,
}


@dataclass(frozen=True, slots=True)
class StandardRole:
    """A role every organisation begins with."""

    key: str
    name: str
    level: int
    description: str
    permissions: tuple[str, ...]


CASEWORK = (
    "view_users", "edit_user_profile", "view_amounts", "view_personal", "manage_contacts",
    "manage_companies", "manage_donors", "manage_gifts", "manage_leads", "manage_deals",
    "manage_activities", "manage_tickets", "manage_conversations", "manage_drafts",
)  # fmt: skip

LEADING = (
    *CASEWORK, "force_stages", "view_research", "manage_research", "view_reports",
    "generate_reports", "manage_products", "manage_campaigns",
)  # fmt: skip

RUNNING = (
    *LEADING, "view_analytics", "export_data", "manage_pipelines", "manage_projects",
    "manage_knowledge", "manage_workflows", "manage_imports", "manage_assistants",
    "manage_integrations", "manage_users", "manage_workspaces", "manage_setup",
    "decide_approvals",
)  # fmt: skip

STANDARD_ROLES = (
    StandardRole("agent", "Agent", 1, "Looks after their own records.",
                 ("view_own_data", *CASEWORK)),
    StandardRole("sales_manager", "Sales Manager", 2, "Leads a team and sees its records.",
                 ("view_team_data", *LEADING)),
    StandardRole("super_admin", "Super Admin", 3, "Runs the product for everybody.",
                 ("view_all_data", *RUNNING)),
    StandardRole("director", "Director", 4, "May do everything.", tuple(PERMISSIONS)),
    StandardRole("admin", "Admin", 5, "Runs the product in every workspace and reads its log.",
                 ("view_all_data", *RUNNING, "view_audit")),
    StandardRole("workspace_admin", "Workspace Admin", 6, "Leads a workspace and its figures.",
                 ("view_workspace_data", *LEADING, "view_analytics", "export_data",
                  "manage_projects", "manage_users")),
)  # fmt: skip

DIRECTOR = "director"

OTHER_NAMES = {
    "owner": "director",
    "manager": "sales_manager",
    "member": "agent",
    "sales_rep": "agent",
}
"""What imported people's roles are called elsewhere."""


def scopes_of(permissions: Iterable[str], more: Iterable[str] = ()) -> frozenset[str]:
    """Every scope that a set of permissions amounts to, and some single ones beside them."""
    unknown = {*permissions} - PERMISSIONS.keys() | ({*more} - ALL_SCOPES)
    if unknown:
        raise UnknownRight(f"There is no right named {', '.join(sorted(unknown))}.")
    return frozenset(more).union(*(PERMISSIONS[name] for name in permissions))


def reach_of(permissions: Iterable[str]) -> Reach:
    """The widest of the views a role holds; without any, people see what is theirs."""
    held = set(permissions)
    return next((reach for name, reach in REACHES.items() if name in held), Reach.OWN)


def standard_role(name: str) -> StandardRole:
    """By its key or by what it is called elsewhere."""
    key = OTHER_NAMES.get(name, name)
    return next(role for role in STANDARD_ROLES if role.key == key)
