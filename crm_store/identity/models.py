"""Who people are, where they belong, and how each proves it."""

from crm_store.identity.accounts import (
    Signup,
    TokenPurpose,
    User,
    UserIdentity,
    UserSession,
    UserToken,
)
from crm_store.identity.directory import Directory, LookupKind
from crm_store.identity.keys import ApiKey, StaffPhone
from crm_store.identity.membership import (
    Invitation,
    Member,
    MemberWorkspace,
    Preferences,
    Role,
    Theme,
)

__all__ = [
    "ApiKey",
    "Directory",
    "Invitation",
    "LookupKind",
    "Member",
    "MemberWorkspace",
    "Preferences",
    "Role",
    "Signup",
    "StaffPhone",
    "Theme",
    "TokenPurpose",
    "User",
    "UserIdentity",
    "UserSession",
    "UserToken",
]
