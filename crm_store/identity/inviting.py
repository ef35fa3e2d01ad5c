"""Offering somebody a place, and taking it up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from crm_store.actor import Actor, Door, Kind, Reach
from crm_store.base import new_id, now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, NotFound, Refused
from crm_store.identity import lookup, passwords, tokens
from crm_store.identity.actions import need_to_hold_role, need_to_reach
from crm_store.identity.addresses import address
from crm_store.identity.models import Invitation, Member, User
from crm_store.identity.standing import actor_for
from crm_store.identity.tokens import Token
from crm_store.store import Store

LASTS = timedelta(days=7)


class InvitationGone(NotFound):
    """This invitation is no longer good; ask for a new one."""


class AlreadyMember(Conflict):
    """This person is a member already."""


class SignInFirst(Conflict):
    """There is an account with this address; sign in, then open the invitation again."""


class NotYours(Refused):
    """This invitation was sent to another address."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation and the token for its link, which is not kept."""

    invitation: Invitation
    token: Token


async def invite(
    crm: Crm,
    email: str,
    role_id: UUID,
    *,
    name: str | None = None,
    manager_id: UUID | None = None,
    workspace_id: UUID | None = None,
    at: datetime | None = None,
) -> Offer:
    """Offer a place with no more rights than the inviter has; an earlier offer is withdrawn."""
    email = address(email)
    role = await crm.roles.get(role_id)
    need_to_hold_role(crm.actor, role)
    need_to_reach(crm.actor, set(), {workspace_id})
    if manager_id is not None:
        await crm.members.get(manager_id)
    if workspace_id is not None:
        await crm.workspaces.get(workspace_id)
    members = crm.members.everything().where(Member.email == email, Member.is_active)
    if await crm.members.count(members):
        raise AlreadyMember
    at = at or now()
    for earlier in await crm.invitations.open():
        if earlier.email == email:
            earlier.revoked_at = at
    token = tokens.fresh()
    invitation = Invitation(
        email=email,
        name=name,
        role_id=role.id,
        manager_id=manager_id,
        workspace_id=workspace_id,
        token_hash=token.hash,
        expires_at=at + LASTS,
    )
    crm.invitations.add(invitation)
    await crm.flush()
    return Offer(invitation, token)


async def revoke_invitation(crm: Crm, invitation_id: UUID) -> Invitation:
    invitation = await crm.invitations.get(invitation_id, lock=True)
    if invitation.accepted_at is not None:
        raise Conflict("This invitation has been accepted already.")
    invitation.revoked_at = invitation.revoked_at or now()
    await crm.flush()
    return invitation


async def accept_invitation(
    store: Store,
    token: str,
    *,
    door: Door,
    user_id: UUID | None = None,
    name: str | None = None,
    password: str | None = None,
) -> Actor:
    """Join: with a new account, or as the signed-in person the invitation was sent to."""
    found = await lookup.invitation(store, door, token)
    if found is None or found.org_id is None:
        raise InvitationGone
    email = await _sent_to(store, door, found.org_id, found.subject_id)
    known = await lookup.user_by_email(store, door, email)
    if known is not None and user_id is None:
        raise SignInFirst
    if known != user_id:
        raise NotYours
    secret = await passwords.hashed(password, email=email) if password and not known else None
    joining = Actor(
        Kind.SIGNING_IN,
        door,
        found.org_id,
        user_id=user_id or new_id(),
        scopes=frozenset({"identity:read", "identity:write"}),
        reach=Reach.ALL,
    )
    async with store.begin(joining) as crm:
        invitation = await _open_invitation(crm, found.subject_id)
        if known is None:
            crm.session.add(_account(joining, invitation, name, secret))
        invitation.member_id = (await _join(crm, joining, invitation, name)).id
        invitation.accepted_at = now()
        await crm.flush()
        return await actor_for(crm.session, door, user_id=joining.user_id)


async def _sent_to(store: Store, door: Door, org_id: UUID, invitation_id: UUID) -> str:
    reading = Actor(
        Kind.SIGNING_IN, door, org_id, scopes=frozenset({"identity:read"}), reach=Reach.ALL
    )
    async with store.begin(reading, read_only=True) as crm:
        invitation = await crm.invitations.get(invitation_id)
    if invitation.expires_at <= now():
        raise InvitationGone
    return invitation.email


async def _open_invitation(crm: Crm, invitation_id: UUID) -> Invitation:
    """Locked, so that a link opened twice makes one member."""
    invitation = await crm.invitations.get(invitation_id, lock=True)
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= now():
        raise InvitationGone
    return invitation


def _account(
    joining: Actor, invitation: Invitation, name: str | None, password_hash: str | None
) -> User:
    called = (name or invitation.name or "").strip()
    if not called:
        raise Invalid("Please tell us your name.")
    return User(
        id=joining.user_id,
        email=invitation.email,
        name=called,
        password_hash=password_hash,
        email_verified_at=now(),
    )


async def _join(crm: Crm, joining: Actor, invitation: Invitation, name: str | None) -> Member:
    """A new place, or the old one of somebody who comes back."""
    member = await crm.session.scalar(
        select(Member).where(Member.org_id == joining.org, Member.user_id == joining.user_id)
    )
    if member is None:
        called = (name or invitation.name or invitation.email).strip()
        member = Member(user_id=joining.user_id, name=called, email=invitation.email)
        crm.members.add(member)
    elif member.is_active and member.deleted_at is None:
        raise AlreadyMember
    member.role_id = invitation.role_id
    member.manager_id = invitation.manager_id
    member.workspace_id = invitation.workspace_id
    member.extra_scopes = []
    member.is_active, member.deactivated_at, member.deleted_at = True, None, None
    member.invited_at, member.joined_at = invitation.created_at, now()
    await crm.flush()
    return member
