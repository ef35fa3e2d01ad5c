"""Getting an account: a code goes to the address, and typing it makes the account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm_store.actor import Actor, Door
from crm_store.base import new_id, now
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.identity import lookup, passwords, tokens
from crm_store.identity.addresses import address
from crm_store.identity.models import Signup, User
from crm_store.store import Crm, Store

CODE_LASTS = timedelta(minutes=15)
COUNTED_FOR = timedelta(hours=1)
ATTEMPTS, CODES = 10, 3


class WrongCode(Refused):
    """This code is not right, or no longer good."""


class TooManyCodes(Refused):
    """Too many codes were asked for with this address; please wait an hour."""


class AccountExists(Conflict):
    """There is an account with this address already; sign in instead."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What the letter must carry: a code or a link; nothing where it must say why not."""

    to: str
    secret: str | None = field(repr=False)


async def sign_up(
    store: Store,
    email: str,
    name: str,
    password: str,
    *,
    org_name: str | None = None,
    door: Door = Door.DESK,
) -> Mailed:
    """Begin. The answer is the same whether or not there is an account; the letter differs."""
    email = address(email)
    if not name.strip():
        raise Invalid("Please tell us your name.")
    secret = await passwords.hashed(password, email=email)
    known = await lookup.user_by_email(store, door, email)
    async with store.begin(_begun(email, door)) as crm:
        signup = await _counted(crm, email)
        code = tokens.code(signup.id)
        signup.name, signup.org_name, signup.password_hash = name.strip(), org_name, secret
        signup.code_hash, signup.expires_at = code.hash, now() + CODE_LASTS
        signup.completed_at = None
        crm.session.add(signup)
    return Mailed(email, None if known else code.shown)


async def complete_sign_up(store: Store, email: str, code: str, *, door: Door = Door.DESK) -> UUID:
    """The code was typed: there is an account, and its address is verified."""
    begun = _begun(address(email), door)
    async with store.begin(begun) as crm:
        signup = await _tried(crm, code.strip())
    if signup is None:
        raise WrongCode
    user = User(
        id=new_id(),
        email=signup.email,
        name=signup.name,
        password_hash=signup.password_hash,
        email_verified_at=now(),
    )
    try:
        async with store.begin(Actor.signing_in(user.id, door)) as crm:
            crm.session.add(user)
    except IntegrityError as error:
        raise AccountExists from error
    async with store.begin(begun) as crm:
        done = await _kept(crm)
        if done is not None:
            done.completed_at, done.password_hash = now(), None
    return user.id


def _begun(email: str, door: Door) -> Actor:
    """Whoever asks with this address: one sign-up for each, so that its tries add up."""
    return Actor.signing_in(UUID(bytes=sha256(email.encode()).digest()[:16]), door)


async def _kept(crm: Crm) -> Signup | None:
    found: Signup | None = await crm.session.scalar(
        select(Signup).where(Signup.id == crm.actor.user_id).with_for_update()
    )
    return found


async def _counted(crm: Crm, email: str) -> Signup:
    """The sign-up of this address, with one more code sent within the hour."""
    kept = await _kept(crm)
    if kept is None:
        return Signup(id=crm.actor.user_id, email=email, began_at=now(), codes_sent=1, attempts=0)
    if kept.began_at < now() - COUNTED_FOR:
        kept.began_at, kept.codes_sent, kept.attempts = now(), 0, 0
    if kept.codes_sent >= CODES:
        raise TooManyCodes
    kept.codes_sent += 1
    return kept


async def _tried(crm: Crm, code: str) -> Signup | None:
    """The sign-up whose code this is; a wrong one is counted."""
    signup = await _kept(crm)
    if signup is None or signup.completed_at or signup.expires_at <= now():
        return None
    signup.attempts += 1
    is_right = compare_digest(signup.code_hash, tokens.code_digest(signup.id, code))
    return signup if is_right and signup.attempts <= ATTEMPTS else None
