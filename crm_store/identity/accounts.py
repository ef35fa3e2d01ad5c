"""One person's account, whatever organisations they belong to; seen by that person alone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.actor import Door
from crm_store.base import Base, PersonRow, Sealed, Stamped, new_id


class User(Stamped, Base):
    """Somebody who signs in."""

    __tablename__ = "users"
    person_key: ClassVar[str] = "id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True, comment="Lower case.")
    name: Mapped[str]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    avatar_url: Mapped[str | None]
    password_hash: Mapped[str | None]
    email_verified_at: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]
    failed_sign_ins: Mapped[int] = mapped_column(default=0, comment="In a row.")
    locked_until: Mapped[datetime | None]


class UserIdentity(PersonRow):
    """An account elsewhere that signs this person in, with what that provider gave us."""

    __tablename__ = "user_identities"
    __table_args__ = (UniqueConstraint("provider", "account_id"),)

    provider: Mapped[str]
    account_id: Mapped[str] = mapped_column(comment="The provider's own id of the person.")
    type: Mapped[str] = mapped_column(default="oauth")
    access_token: Mapped[Sealed | None]
    refresh_token: Mapped[Sealed | None]
    id_token: Mapped[Sealed | None]
    expires_at: Mapped[datetime | None]
    token_type: Mapped[str | None]
    scope: Mapped[str | None]
    session_state: Mapped[str | None]


class UserSession(PersonRow):
    """A signed-in browser or device; we keep a hash of its token."""

    __tablename__ = "user_sessions"

    token_hash: Mapped[bytes] = mapped_column(unique=True)
    door: Mapped[Door]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    chosen_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("orgs.id", ondelete="SET NULL"))
    user_agent: Mapped[str | None]
    ip_address: Mapped[str | None]


class TokenPurpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"


class UserToken(PersonRow):
    """A link sent by e-mail that may be used once; we keep its hash."""

    __tablename__ = "user_tokens"

    purpose: Mapped[TokenPurpose]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    sent_to: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Signup(Stamped, Base):
    """Somebody who has asked for an account and not yet typed the code sent to them.

    The id is made from the address: there is one at a time for each, and its attempts add up.
    """

    __tablename__ = "signups"
    person_key: ClassVar[str] = "id"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(comment="Lower case.")
    name: Mapped[str]
    org_name: Mapped[str | None]
    password_hash: Mapped[str | None]
    code_hash: Mapped[bytes]
    codes_sent: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    began_at: Mapped[datetime] = mapped_column(comment="Codes and attempts are counted from here.")
    expires_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
