"""What people do to their own account: verify its address, set its password, link others to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from crm_store.actor import Actor, Door
from crm_store.base import now
from crm_store.errors import Conflict, NotFound, Refused
from crm_store.identity import lookup, passwords, tokens
from crm_store.identity.addresses import address
from crm_store.identity.models import TokenPurpose, User, UserIdentity, UserToken
from crm_store.identity.signing_in import end_sessions
from crm_store.identity.signing_up import Mailed
from crm_store.store import Crm, Store

LASTS = {
    TokenPurpose.VERIFY_EMAIL: timedelta(days=3),
    TokenPurpose.RESET_PASSWORD: timedelta(hours=1),
}


class LinkGone(NotFound):
    """This link is no longer good; ask for a new one."""


class IdentityTaken(Conflict):
    """This outside account signs somebody else in."""


class LastWayIn(Refused):
    """This is the only way into the account; set a password first."""


async def ask_for_link(
    store: Store, email: str, purpose: TokenPurpose, *, door: Door = Door.DESK
) -> Mailed:
    """A link to verify an address or to set a new password; for strangers, none."""
    email = address(email)
    known = await lookup.user_by_email(store, door, email)
    if known is None:
        return Mailed(email, None)
    token = tokens.fresh()
    async with store.begin(Actor.signing_in(known, door)) as crm:
        crm.session.add(
            UserToken(
                user_id=known,
                purpose=purpose,
                token_hash=token.hash,
                sent_to=email,
                expires_at=now() + LASTS[purpose],
            )
        )
    return Mailed(email, token.shown)


async def verify_email(store: Store, token: str, *, door: Door = Door.DESK) -> None:
    """The link was opened, so the address it went to is theirs."""
    async with store.begin(await _bearer(store, token, door)) as crm:
        _confirm(await me(crm, lock=True), await _use(crm, token, TokenPurpose.VERIFY_EMAIL))


async def reset_password(
    store: Store, token: str, password: str, *, door: Door = Door.DESK
) -> None:
    """A new password by a link; every session ends and the other links die with it."""
    person = await _bearer(store, token, door)
    async with store.begin(person, read_only=True) as crm:
        email = (await me(crm)).email
    secret = await passwords.hashed(password, email=email)
    async with store.begin(person) as crm:
        user = await me(crm, lock=True)
        _confirm(user, await _use(crm, token, TokenPurpose.RESET_PASSWORD))
        await _set(crm, user, secret)


async def change_password(store: Store, user_id: UUID, old: str, new: str) -> None:
    """By somebody signed in who knows the old one; every session ends."""
    person = Actor.signing_in(user_id, Door.DESK)
    async with store.begin(person, read_only=True) as crm:
        user = await me(crm)
    if not (await passwords.verified(old, user.password_hash)).is_right:
        raise Refused("The old password is not right.")
    await _replace(store, person, user.email, new)


async def set_password(store: Store, user_id: UUID, password: str) -> None:
    """By whoever runs the installation, from its own command line."""
    person = Actor.signing_in(user_id, Door.CLI)
    async with store.begin(person, read_only=True) as crm:
        email = (await me(crm)).email
    await _replace(store, person, email, password)


async def link_identity(
    store: Store,
    user_id: UUID,
    provider: str,
    account_id: str,
    *,
    access_token: str | None = None,
    refresh_token: str | None = None,
    expires_at: datetime | None = None,
    scope: str | None = None,
    door: Door = Door.DESK,
) -> UUID:
    """Let an outside account sign this person in; the provider has just vouched for both."""
    known = await lookup.user_by_identity(store, door, provider, account_id)
    if known not in {None, user_id}:
        raise IdentityTaken
    async with store.begin(Actor.signing_in(user_id, door)) as crm:
        identity = await crm.session.scalar(
            select(UserIdentity).where(
                UserIdentity.provider == provider, UserIdentity.account_id == account_id
            )
        ) or UserIdentity(user_id=user_id, provider=provider, account_id=account_id)
        identity.expires_at, identity.scope = expires_at, scope
        crm.seal(identity, "access_token", access_token)
        crm.seal(identity, "refresh_token", refresh_token)
        crm.session.add(identity)
    return identity.id


async def unlink_identity(store: Store, user_id: UUID, identity_id: UUID) -> None:
    async with store.begin(Actor.signing_in(user_id, Door.DESK)) as crm:
        linked = set(await crm.session.scalars(select(UserIdentity.id)))
        if identity_id not in linked:
            raise NotFound("There is no such account linked to yours.")
        if linked == {identity_id} and not (await me(crm)).password_hash:
            raise LastWayIn
        await crm.session.execute(delete(UserIdentity).where(UserIdentity.id == identity_id))


async def me(crm: Crm, *, lock: bool = False) -> User:
    """The account whose transaction this is."""
    query = select(User).where(User.id == crm.actor.user_id)
    found: User | None = await crm.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound("There is no such account.")
    return found


async def _replace(store: Store, person: Actor, email: str, password: str) -> None:
    secret = await passwords.hashed(password, email=email)
    async with store.begin(person) as crm:
        await _set(crm, await me(crm, lock=True), secret)


async def _set(crm: Crm, user: User, password_hash: str) -> None:
    """Whoever knew the old password is out, wherever they are."""
    user.password_hash, user.failed_sign_ins, user.locked_until = password_hash, 0, None
    await end_sessions(crm)
    links = select(UserToken).where(
        UserToken.purpose == TokenPurpose.RESET_PASSWORD, UserToken.used_at.is_(None)
    )
    for link in await crm.session.scalars(links):
        link.used_at = now()


async def _bearer(store: Store, token: str, door: Door) -> Actor:
    found = await lookup.user_token(store, door, token)
    if found is None or found.user_id is None:
        raise LinkGone
    return Actor.signing_in(found.user_id, door)


async def _use(crm: Crm, token: str, purpose: TokenPurpose) -> UserToken:
    """Once, in time, and for what it was made."""
    link: UserToken | None = await crm.session.scalar(
        select(UserToken).where(UserToken.token_hash == tokens.digest(token)).with_for_update()
    )
    if link is None or link.purpose != purpose or link.used_at or link.expires_at <= now():
        raise LinkGone
    link.used_at = now()
    return link


def _confirm(user: User, link: UserToken) -> None:
    if user.email == link.sent_to:
        user.email_verified_at = user.email_verified_at or now()
