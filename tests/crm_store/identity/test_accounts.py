"""Getting an account, a password and a place; and proving that an address is one's own."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from crm_store.actor import Actor, Door
from crm_store.base import new_id, now
from crm_store.errors import Invalid, NotFound
from crm_store.identity import inviting, own_account, passwords, signing_in, signing_up
from crm_store.identity.addresses import address, e164
from crm_store.identity.inviting import AlreadyMember, InvitationGone, NotYours, SignInFirst
from crm_store.identity.models import Invitation, Signup, TokenPurpose, UserToken
from crm_store.identity.own_account import LinkGone
from crm_store.identity.passwords import WeakPassword
from crm_store.identity.signing_in import NotRecognised
from crm_store.identity.signing_up import AccountExists, TooManyCodes, WrongCode
from crm_store.identity.testing import actor_of, make_member, make_user
from crm_store.orgs.actions import found_org

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(passwords, "HASHER", passwords.PasswordHasher(1, 8, 1))
    passwords._nobodys.cache_clear()


@pytest.fixture
def email():
    return f"{new_id().hex}@people.example"


async def account(store, user_id):
    async with store.begin(Actor.signing_in(user_id, Door.CLI)) as crm:
        return await own_account.me(crm)


async def test_a_code_makes_an_account_with_its_address_verified(store, email):
    mailed = await signing_up.sign_up(store, f" {email.upper()}", "Δανάη Παπαδάκη", PASSWORD)
    assert mailed.to == email
    assert mailed.secret not in repr(mailed)
    with pytest.raises(NotRecognised):
        await signing_in.by_password(store, email, PASSWORD)
    user = await account(store, await signing_up.complete_sign_up(store, email, mailed.secret))
    assert (user.email, user.name) == (email, "Δανάη Παπαδάκη")
    assert user.email_verified_at
    with pytest.raises(WrongCode):
        await signing_up.complete_sign_up(store, email, mailed.secret)


async def test_a_person_who_signed_up_can_direct_an_organisation(store, email):
    mailed = await signing_up.sign_up(store, email, "Dana Levi", PASSWORD)
    user_id = await signing_up.complete_sign_up(store, email, mailed.secret)
    founded = await found_org(store, name="Beit Or", director_name="Dana", director_email=email)
    assert founded.director.user_id == user_id
    signed_in = await signing_in.by_password(store, email, PASSWORD)
    assert signed_in.actor.org_id == founded.org_id


async def test_whoever_signs_up_learns_nothing_about_who_has_an_account(store, email):
    known = await make_user(store)
    for each in (known.email, email):
        mailed = await signing_up.sign_up(store, each, "Somebody", PASSWORD)
        assert mailed.to == each
        with pytest.raises(WrongCode):
            await signing_up.complete_sign_up(store, each, "000000x")
    assert (await signing_up.sign_up(store, known.email, "S", PASSWORD)).secret is None
    assert (await account(store, known.id)).name == known.name


async def test_a_code_is_not_guessed(store, email):
    mailed = await signing_up.sign_up(store, email, "Dana", PASSWORD)
    for guess in range(signing_up.ATTEMPTS):
        with pytest.raises(WrongCode):
            await signing_up.complete_sign_up(store, email, f"x{guess}")
    with pytest.raises(WrongCode):
        await signing_up.complete_sign_up(store, email, mailed.secret)
    again = await signing_up.sign_up(store, email, "Dana", PASSWORD)
    with pytest.raises(WrongCode):
        await signing_up.complete_sign_up(store, email, again.secret)
    await signing_up.sign_up(store, email, "Dana", PASSWORD)
    with pytest.raises(TooManyCodes):
        await signing_up.sign_up(store, email, "Dana", PASSWORD)
    async with store.begin(signing_up._begun(email, Door.CLI)) as crm:
        await crm.session.execute(update(Signup).values(began_at=now() - timedelta(hours=2)))
    later = await signing_up.sign_up(store, email, "Dana", PASSWORD)
    assert await signing_up.complete_sign_up(store, email, later.secret)


async def test_an_old_code_is_no_good(store, email):
    mailed = await signing_up.sign_up(store, email, "Dana", PASSWORD)
    async with store.begin(signing_up._begun(email, Door.CLI)) as crm:
        await crm.session.execute(update(Signup).values(expires_at=now()))
    with pytest.raises(WrongCode):
        await signing_up.complete_sign_up(store, email, mailed.secret)


async def test_a_code_typed_twice_at_once_makes_one_account(store, email):
    mailed = await signing_up.sign_up(store, email, "Dana", PASSWORD)
    ends = await asyncio.gather(
        *(signing_up.complete_sign_up(store, email, mailed.secret) for _ in range(4)),
        return_exceptions=True,
    )
    (made,) = [end for end in ends if not isinstance(end, AccountExists | WrongCode)]
    assert (await account(store, made)).email == email


@pytest.mark.parametrize("weak", ["short", "a" * 40, "", "dana@people.example", "x" * 300])
async def test_weak_passwords_are_refused_with_a_reason(weak):
    with pytest.raises(WeakPassword) as refused:
        await passwords.hashed(weak, email="dana@people.example")
    assert str(refused.value).endswith(".")


async def test_the_real_hash_is_argon2id_and_not_cheap(monkeypatch):
    monkeypatch.undo()
    kept = await passwords.hashed("Пароль-σύνθημα-סיסמה", email="dana@people.example")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert (await passwords.verified("Пароль-σύνθημα-סיסמה", kept)).is_right
    assert not (await passwords.verified("Пароль-σύνθημα-סיסמא", kept)).is_right


async def test_a_forgotten_password_is_replaced_by_a_link_once(store):
    user = await make_user(store)
    first = await own_account.ask_for_link(store, user.email, TokenPurpose.RESET_PASSWORD)
    second = await own_account.ask_for_link(store, user.email, TokenPurpose.RESET_PASSWORD)
    with pytest.raises(WeakPassword):
        await own_account.reset_password(store, first.secret, "weak")
    await own_account.reset_password(store, first.secret, PASSWORD)
    assert (await account(store, user.id)).email_verified_at
    for used in (first, second):
        with pytest.raises(LinkGone):
            await own_account.reset_password(store, used.secret, PASSWORD)


async def test_a_link_is_good_in_time_and_for_its_purpose(store):
    user = await make_user(store)
    verify = await own_account.ask_for_link(store, user.email, TokenPurpose.VERIFY_EMAIL)
    with pytest.raises(LinkGone):
        await own_account.reset_password(store, verify.secret, PASSWORD)
    await own_account.verify_email(store, verify.secret)
    assert (await account(store, user.id)).email_verified_at
    late = await own_account.ask_for_link(store, user.email, TokenPurpose.RESET_PASSWORD)
    async with store.begin(Actor.signing_in(user.id, Door.CLI)) as crm:
        await crm.session.execute(update(UserToken).values(expires_at=now()))
    for secret in (late.secret, "nothing", ""):
        with pytest.raises(LinkGone):
            await own_account.reset_password(store, secret, PASSWORD)


async def test_strangers_get_no_link_and_no_hint(store):
    mailed = await own_account.ask_for_link(
        store, "nobody@people.example", TokenPurpose.RESET_PASSWORD
    )
    assert (mailed.to, mailed.secret) == ("nobody@people.example", None)


async def offer(house, email, role="agent", **more):
    async with house.begin() as crm:
        return await inviting.invite(crm, email, (await crm.roles.by_key(role)).id, **more)


async def test_an_invitation_makes_an_account_and_a_member(house, email):
    made = await offer(house, email.upper(), "sales_manager", name="Noa")
    actor = await inviting.accept_invitation(
        house.store, made.token.shown, door=Door.DESK, password=PASSWORD
    )
    async with house.begin() as crm:
        member = await crm.members.by_email(email)
        invitation = await crm.invitations.get(made.invitation.id)
        (entry, *_) = await crm.audit.of_row(member.id)
    assert actor == await actor_of(house, member)
    assert (invitation.member_id, entry.entry.actor_kind) == (member.id, "signing_in")
    assert member.joined_at >= member.invited_at
    assert (await signing_in.by_password(house.store, email, PASSWORD)).actor.level == 2
    with pytest.raises(InvitationGone):
        await inviting.accept_invitation(house.store, made.token.shown, door=Door.DESK)


async def test_somebody_with_an_account_joins_by_signing_in(house, neighbour, email):
    user = await make_user(house.store, email=email)
    other = await make_user(house.store)
    made = await offer(house, email)
    with pytest.raises(SignInFirst):
        await inviting.accept_invitation(
            house.store, made.token.shown, door=Door.DESK, password="taken over!"
        )
    with pytest.raises(NotYours):
        await inviting.accept_invitation(
            house.store, made.token.shown, door=Door.DESK, user_id=other.id
        )
    actor = await inviting.accept_invitation(
        house.store, made.token.shown, door=Door.DESK, user_id=user.id
    )
    assert (actor.org_id, actor.user_id) == (house.org_id, user.id)
    assert (await account(house.store, user.id)).password_hash is None


async def test_a_stranger_cannot_use_somebodys_account_for_a_new_address(house, email):
    made = await offer(house, email)
    somebody = await make_user(house.store)
    with pytest.raises(NotYours):
        await inviting.accept_invitation(
            house.store, made.token.shown, door=Door.DESK, user_id=somebody.id
        )


async def test_a_later_invitation_replaces_an_earlier_one(house, email):
    first, second = await offer(house, email), await offer(house, email)
    with pytest.raises(InvitationGone):
        await inviting.accept_invitation(house.store, first.token.shown, door=Door.DESK, name="N")
    async with house.begin() as crm:
        (still_open,) = await crm.invitations.open()
        await inviting.revoke_invitation(crm, still_open.id)
    with pytest.raises(InvitationGone):
        await inviting.accept_invitation(house.store, second.token.shown, door=Door.DESK, name="N")


async def test_an_invitation_that_is_over_is_gone(house, email):
    made = await offer(house, email, name="Noa")
    async with house.begin() as crm:
        await crm.session.execute(update(Invitation).values(expires_at=now()))
    with pytest.raises(InvitationGone):
        await inviting.accept_invitation(house.store, made.token.shown, door=Door.DESK)


async def test_a_link_opened_twice_at_once_makes_one_member(house, email):
    user = await make_user(house.store, email=email)
    made = await offer(house, email)
    ends = await asyncio.gather(
        *(
            inviting.accept_invitation(
                house.store, made.token.shown, door=Door.DESK, user_id=user.id
            )
            for _ in range(4)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(end, Actor) for end in ends) == 1
    assert {type(end) for end in ends} == {Actor, InvitationGone}


async def test_who_comes_back_gets_their_old_place_with_the_new_rights(house, email):
    user = await make_user(house.store, email=email)
    old = await make_member(house, role="admin", user=user, is_active=False)
    made = await offer(house, email)
    actor = await inviting.accept_invitation(
        house.store, made.token.shown, door=Door.DESK, user_id=user.id
    )
    assert (actor.member_id, actor.level) == (old.id, 1)
    with pytest.raises(AlreadyMember):
        await offer(house, email)


async def test_invitations_of_another_organisation_are_not_there(house, neighbour, email):
    made = await offer(neighbour, email)
    async with house.begin() as crm:
        assert await crm.invitations.open() == []
        with pytest.raises(NotFound):
            await inviting.revoke_invitation(crm, made.invitation.id)
        with pytest.raises(NotFound):
            await inviting.invite(crm, email, (await made_role(neighbour)).id)


async def made_role(house):
    async with house.begin() as crm:
        return await crm.roles.by_key("agent")


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "dana",
        "dana@",
        "@x.org",
        "a b@x.org",
        "a@b",
        "a@b@c.org",
        "a,b@c.org",
        "x@.",
        "é\n@x.org",
    ],
)
def test_what_is_no_address_is_refused(odd):
    with pytest.raises(Invalid):
        address(odd)


def test_addresses_and_numbers_are_written_one_way():
    assert address("  Dana.Levi+crm@Example.ORG ") == "dana.levi+crm@example.org"
    assert e164("+30 691 234 5678") == e164("691 234 5678", "GR") == "+306912345678"
    for odd in ("691 234 5678", "+999", "call me", ""):
        with pytest.raises(Invalid):
            e164(odd)
