"""From what somebody shows at a door to an Actor: a password, a session, a key, a telephone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from crm_store.actor import Actor, Door
from crm_store.base import new_id, now
from crm_store.errors import Ambiguous, Refused
from crm_store.identity import lookup, passwords, tokens
from crm_store.identity.lookup import Found
from crm_store.identity.models import ApiKey, StaffPhone, User, UserSession
from crm_store.identity.standing import NotAMember, actor_for
from crm_store.store import Crm, Store

SESSION_LASTS = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)
TRIES = 10
LOCKED_FOR = timedelta(minutes=15)


class NotRecognised(Refused):
    """The e-mail address or the password is not right."""


class SignedOut(Refused):
    """You have been signed out; please sign in again."""


class KeyRefused(Refused):
    """This key is not known here, or no longer good."""


class PhoneUnknown(Refused):
    """This telephone does not speak for anybody here."""


class ChooseOrganisation(Ambiguous):
    """You belong to more than one organisation; say which one is meant."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who it is, and the token their browser keeps."""

    actor: Actor
    token: str


@dataclass(frozen=True, slots=True)
class Device:
    """What a session is remembered by."""

    user_agent: str | None = None
    ip_address: str | None = None


async def by_password(
    store: Store,
    email: str,
    password: str,
    *,
    door: Door = Door.DESK,
    org_id: UUID | None = None,
    device: Device | None = None,
) -> SignedIn:
    """The same work and the same answer whether the address or the password was wrong."""
    known = await lookup.user_by_email(store, door, email.strip())
    person = Actor.signing_in(known or new_id(), door)
    async with store.begin(person, read_only=True) as crm:
        user = await crm.session.scalar(select(User).where(User.id == person.user_id))
    locked = user is not None and user.locked_until is not None and user.locked_until > now()
    verdict = await passwords.verified(password, user.password_hash if user else None)
    is_right = verdict.is_right and not locked
    async with store.begin(person) as crm:
        await _remember_attempt(crm, is_right, verdict.rehashed)
    if not is_right:
        raise NotRecognised
    return await _start(store, person, door, org_id, device)


async def by_identity(
    store: Store,
    provider: str,
    account_id: str,
    *,
    door: Door = Door.DESK,
    org_id: UUID | None = None,
    device: Device | None = None,
) -> SignedIn:
    """Somebody a provider has just vouched for; the caller has checked its signature."""
    known = await lookup.user_by_identity(store, door, provider, account_id)
    if known is None:
        raise NotRecognised("This account is not linked to anybody here.")
    return await _start(store, Actor.signing_in(known, door), door, org_id, device)


async def by_session(
    store: Store, token: str, *, door: Door = Door.DESK, org_id: UUID | None = None
) -> Actor:
    """Who a browser's token belongs to, with today's rights; org_id moves it to another place."""
    found = await lookup.session(store, door, token)
    if found is None or found.user_id is None:
        raise SignedOut
    person = Actor.signing_in(found.user_id, door)
    org = org_id or found.org_id
    if org is None:
        raise SignedOut
    async with store.begin(_entering(person, org)) as crm:
        session = await crm.session.scalar(
            select(UserSession).where(UserSession.id == found.subject_id)
        )
        if session is None or session.ended_at or session.expires_at <= now():
            raise SignedOut
        try:
            actor = await actor_for(crm.session, door, user_id=person.user_id)
        except NotAMember as error:
            raise (error if org_id else SignedOut()) from error
        if session.chosen_org_id != org or _stale(session.last_seen_at):
            session.chosen_org_id, session.last_seen_at = org, now()
    return actor


async def by_api_key(store: Store, key: str, *, door: Door = Door.API) -> Actor:
    """The member a key acts for, with what the key carries of their rights."""
    found = await lookup.api_key(store, door, key)
    if found is None or found.org_id is None:
        raise KeyRefused
    async with store.begin(Actor.system(found.org_id, door)) as crm:
        row = await crm.session.scalar(
            select(ApiKey).where(ApiKey.org_id == found.org_id, ApiKey.id == found.subject_id)
        )
        if row is None or row.revoked_at or (row.expires_at and row.expires_at <= now()):
            raise KeyRefused
        try:
            actor = await actor_for(crm.session, door, member_id=row.member_id, only=row.scopes)
        except NotAMember as error:
            raise KeyRefused from error
        if _stale(row.last_used_at):
            await crm.session.execute(
                update(ApiKey)
                .where(ApiKey.org_id == found.org_id, ApiKey.id == row.id)
                .values(last_used_at=now())
            )
    return actor


async def by_phone(
    store: Store,
    *,
    number: str | None = None,
    whatsapp_id: str | None = None,
    org_id: UUID | None = None,
    door: Door = Door.WHATSAPP,
) -> Actor:
    """The member a telephone speaks for; WhatsApp's id is surer than the number."""
    found = await lookup.phones(store, door, number=number, whatsapp_id=whatsapp_id)
    here = [each for each in found if org_id is None or each.org_id == org_id]
    if not here:
        raise PhoneUnknown
    if len(here) > 1:
        raise ChooseOrganisation(choices=_orgs(here))
    return await _speaking(store, here[0], door)


async def sign_out(store: Store, token: str, *, door: Door = Door.DESK) -> None:
    """End one session; a token that is not known is as good as ended."""
    found = await lookup.session(store, door, token)
    if found is not None and found.user_id is not None:
        async with store.begin(Actor.signing_in(found.user_id, door)) as crm:
            await end_sessions(crm, UserSession.id == found.subject_id)


async def end_sessions(crm: Crm, *which: ColumnElement[bool]) -> None:
    """All of this person's sessions, or some of them."""
    await crm.session.execute(
        update(UserSession)
        .where(UserSession.user_id == crm.actor.user_id, UserSession.ended_at.is_(None), *which)
        .values(ended_at=now())
    )


async def _speaking(store: Store, found: Found, door: Door) -> Actor:
    async with store.begin(Actor.system(found.org_id, door)) as crm:
        phone = await crm.session.scalar(
            select(StaffPhone).where(
                StaffPhone.org_id == found.org_id, StaffPhone.id == found.subject_id
            )
        )
        if phone is None or not phone.is_allowed:
            raise PhoneUnknown
        try:
            actor = await actor_for(crm.session, door, member_id=phone.member_id, only=phone.scopes)
        except NotAMember as error:
            raise PhoneUnknown from error
        await crm.session.execute(
            update(StaffPhone)
            .where(StaffPhone.org_id == found.org_id, StaffPhone.id == phone.id)
            .values(last_query_at=now(), query_count=StaffPhone.query_count + 1)
        )
    return actor


async def _start(
    store: Store, person: Actor, door: Door, org_id: UUID | None, device: Device | None
) -> SignedIn:
    """A session in the organisation asked for, the last one worked in, or the only one."""
    async with store.begin(person) as crm:
        org = await _chosen(crm, org_id)
    token, device = tokens.fresh(), device or Device()
    async with store.begin(_entering(person, org)) as crm:
        actor = await actor_for(crm.session, door, user_id=person.user_id)
        crm.session.add(
            UserSession(
                user_id=person.user_id,
                token_hash=token.hash,
                door=door,
                expires_at=now() + SESSION_LASTS,
                last_seen_at=now(),
                chosen_org_id=org,
                user_agent=device.user_agent,
                ip_address=device.ip_address,
            )
        )
    return SignedIn(actor, token.shown)


async def _chosen(crm: Crm, org_id: UUID | None) -> UUID:
    found = await lookup.memberships(crm)
    places = {each.org_id for each in found if each.org_id}
    if org_id is not None:
        places &= {org_id}
    if not places:
        raise NotAMember
    if len(places) == 1:
        return places.pop()
    recent = await crm.session.scalar(
        select(UserSession.chosen_org_id)
        .where(UserSession.user_id == crm.actor.user_id, UserSession.chosen_org_id.in_(places))
        .order_by(UserSession.created_at.desc())
        .limit(1)
    )
    if recent is None:
        raise ChooseOrganisation(choices=_orgs(found))
    return recent


async def _remember_attempt(crm: Crm, is_right: bool, rehashed: str | None) -> None:
    """Ten wrong passwords in a row close the account to passwords for a quarter of an hour."""
    person = update(User).where(User.id == crm.actor.user_id)
    if not is_right:
        counted = User.failed_sign_ins + 1
        await crm.session.execute(person.values(failed_sign_ins=counted))
        await crm.session.execute(
            person.where(User.failed_sign_ins % TRIES == 0).values(locked_until=now() + LOCKED_FOR)
        )
        return
    fresh = {"password_hash": rehashed} if rehashed else {}
    await crm.session.execute(
        person.values(last_sign_in_at=now(), failed_sign_ins=0, locked_until=None, **fresh)
    )


def _entering(person: Actor, org_id: UUID) -> Actor:
    return Actor(person.kind, person.door, org_id, user_id=person.user_id)


def _stale(at: datetime | None) -> bool:
    """Whether it is worth a write to say that somebody was here again."""
    return at is None or at < now() - SEEN_EVERY


def _orgs(found: Sequence[Found]) -> tuple[str, ...]:
    return tuple(sorted(str(each.org_id) for each in found))
