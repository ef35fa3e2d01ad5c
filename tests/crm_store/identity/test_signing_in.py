"""From what is shown at a door to an actor with today's rights, or to a refusal."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm_store.actor import Actor, Door, Kind, Reach
from crm_store.base import new_id, now
from crm_store.identity import actions, credentials, own_account, passwords, signing_in, tokens
from crm_store.identity.credentials import PhoneTaken
from crm_store.identity.models import ApiKey, User, UserSession
from crm_store.identity.signing_in import (
    LOCKED_FOR,
    TRIES,
    ChooseOrganisation,
    Device,
    KeyRefused,
    NotRecognised,
    PhoneUnknown,
    SignedOut,
)
from crm_store.identity.standing import NotAMember
from crm_store.identity.testing import actor_of, make_member, make_user
from crm_store.identity.views import ApiKeyView, PreferencesView, StaffPhoneView

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The same algorithm with less of it; the kept hash says how much."""
    monkeypatch.setattr(passwords, "HASHER", passwords.PasswordHasher(1, 8, 1))
    passwords._nobodys.cache_clear()


@pytest.fixture
async def noa(house):
    """A member of the house who has a password."""
    user = await make_user(house.store, "Noa Mizrahi")
    await own_account.set_password(house.store, user.id, PASSWORD)
    member = await make_member(house, "Noa Mizrahi", user=user)
    return user, member


async def sessions(store, user_id):
    async with store.begin(Actor.signing_in(user_id, Door.CLI)) as crm:
        return (await crm.session.scalars(select(UserSession))).all()


async def test_a_password_makes_a_session_and_the_session_an_actor(house, noa):
    user, member = noa
    device = Device("Firefox", "192.0.2.7")
    signed_in = await signing_in.by_password(
        house.store, f" {user.email.upper()} ", PASSWORD, device=device
    )
    assert signed_in.actor == await actor_of(house, member)
    assert await signing_in.by_session(house.store, signed_in.token) == signed_in.actor
    (session,) = await sessions(house.store, user.id)
    assert session.token_hash == tokens.digest(signed_in.token)
    assert (session.user_agent, session.ip_address) == ("Firefox", "192.0.2.7")
    assert session.expires_at < now() + timedelta(days=8)


@pytest.mark.parametrize("password", ["wrong password", "", PASSWORD + " ", "x" * 5000])
async def test_a_wrong_password_and_a_strange_address_are_answered_alike(house, noa, password):
    user, _ = noa
    answers = []
    for email in (user.email, "nobody@people.example", "not an address", ""):
        with pytest.raises(NotRecognised) as refused:
            await signing_in.by_password(house.store, email, password)
        answers.append(str(refused.value))
    assert set(answers) == {"The e-mail address or the password is not right."}


async def test_the_same_work_is_done_for_strangers(house, noa, monkeypatch):
    user, _ = noa
    checked = []
    verify = passwords.verified
    monkeypatch.setattr(
        passwords, "verified", lambda given, kept: checked.append(kept) or verify(given, kept)
    )
    for email in (user.email, "nobody@people.example"):
        with pytest.raises(NotRecognised):
            await signing_in.by_password(house.store, email, "wrong password")
    assert [kept and kept[:9] for kept in checked] == ["$argon2id", None]


async def test_an_account_without_a_password_cannot_be_entered_with_one(house):
    user = await make_user(house.store)
    await make_member(house, user=user)
    for password in ("", "None", "a password that nobody has"):
        with pytest.raises(NotRecognised):
            await signing_in.by_password(house.store, user.email, password)


async def test_many_wrong_passwords_close_the_account_for_a_while(house, noa):
    user, _ = noa
    for _ in range(TRIES):
        with pytest.raises(NotRecognised):
            await signing_in.by_password(house.store, user.email, "wrong password")
    with pytest.raises(NotRecognised):
        await signing_in.by_password(house.store, user.email, PASSWORD)
    async with house.store.begin(Actor.signing_in(user.id, Door.CLI)) as crm:
        earlier = now() - timedelta(seconds=1)
        assert (await own_account.me(crm)).locked_until < now() + LOCKED_FOR
        await crm.session.execute(update(User).values(locked_until=earlier))
    assert await signing_in.by_password(house.store, user.email, PASSWORD)
    async with house.store.begin(Actor.signing_in(user.id, Door.CLI)) as crm:
        assert (await own_account.me(crm)).failed_sign_ins == 0


async def test_an_outdated_hash_is_replaced_when_its_password_is_used(house, noa, monkeypatch):
    user, _ = noa
    monkeypatch.setattr(passwords, "HASHER", passwords.PasswordHasher(2, 16, 1))
    await signing_in.by_password(house.store, user.email, PASSWORD)
    async with house.store.begin(Actor.signing_in(user.id, Door.CLI)) as crm:
        assert "m=16,t=2" in (await own_account.me(crm)).password_hash
    assert await signing_in.by_password(house.store, user.email, PASSWORD)


async def test_a_session_ends_when_its_owner_signs_out_and_when_its_time_is_over(house, noa):
    user, _ = noa
    first = await signing_in.by_password(house.store, user.email, PASSWORD)
    second = await signing_in.by_password(house.store, user.email, PASSWORD)
    await signing_in.sign_out(house.store, first.token)
    await signing_in.sign_out(house.store, "no such token")
    with pytest.raises(SignedOut):
        await signing_in.by_session(house.store, first.token)
    assert await signing_in.by_session(house.store, second.token)
    async with house.store.begin(Actor.signing_in(user.id, Door.CLI)) as crm:
        await crm.session.execute(update(UserSession).values(expires_at=now()))
    with pytest.raises(SignedOut):
        await signing_in.by_session(house.store, second.token)


async def test_a_changed_password_ends_every_session(house, noa):
    user, _ = noa
    signed_in = await signing_in.by_password(house.store, user.email, PASSWORD)
    await own_account.change_password(house.store, user.id, PASSWORD, "another horse battery")
    with pytest.raises(SignedOut):
        await signing_in.by_session(house.store, signed_in.token)


async def test_who_is_deactivated_is_out_everywhere_at_once(house, noa):
    user, member = noa
    token = (await signing_in.by_password(house.store, user.email, PASSWORD)).token
    async with house.begin() as crm:
        key = await credentials.create_api_key(crm, "Sync", ["donors:read"], member_id=member.id)
        await credentials.link_phone(crm, member.id, phone_number="+306912345678")
        await actions.deactivate_member(crm, member.id)
    with pytest.raises(SignedOut):
        await signing_in.by_session(house.store, token)
    with pytest.raises(KeyRefused):
        await signing_in.by_api_key(house.store, key.token.shown)
    with pytest.raises(PhoneUnknown):
        await signing_in.by_phone(house.store, number="+306912345678")
    with pytest.raises(NotAMember):
        await signing_in.by_password(house.store, user.email, PASSWORD)
    async with house.begin() as crm:
        await actions.reactivate_member(crm, member.id)
    with pytest.raises(SignedOut):
        await signing_in.by_session(house.store, token)
    assert await signing_in.by_password(house.store, user.email, PASSWORD)


async def test_who_belongs_to_two_organisations_says_which(house, neighbour, noa):
    user, _ = noa
    await make_member(neighbour, user=user)
    with pytest.raises(ChooseOrganisation) as which:
        await signing_in.by_password(house.store, user.email, PASSWORD)
    assert set(which.value.choices) == {str(house.org_id), str(neighbour.org_id)}
    there = await signing_in.by_password(house.store, user.email, PASSWORD, org_id=neighbour.org_id)
    assert there.actor.org_id == neighbour.org_id
    again = await signing_in.by_password(house.store, user.email, PASSWORD)
    assert again.actor.org_id == neighbour.org_id
    moved = await signing_in.by_session(house.store, again.token, org_id=house.org_id)
    assert moved.org_id == house.org_id
    assert (await signing_in.by_session(house.store, again.token)).org_id == house.org_id


async def test_a_session_does_not_open_an_organisation_one_does_not_belong_to(
    house, neighbour, noa
):
    user, _ = noa
    token = (await signing_in.by_password(house.store, user.email, PASSWORD)).token
    for elsewhere in (neighbour.org_id, new_id()):
        with pytest.raises(NotAMember):
            await signing_in.by_session(house.store, token, org_id=elsewhere)
        with pytest.raises(NotAMember):
            await signing_in.by_password(house.store, user.email, PASSWORD, org_id=elsewhere)
    assert (await signing_in.by_session(house.store, token)).org_id == house.org_id


async def test_a_session_forged_into_another_organisation_opens_nothing(house, neighbour, noa):
    user, _ = noa
    token = tokens.fresh()
    async with house.store.begin(Actor.signing_in(user.id, Door.DESK)) as crm:
        crm.session.add(
            UserSession(
                user_id=user.id,
                token_hash=token.hash,
                door=Door.DESK,
                expires_at=now() + timedelta(days=1),
                chosen_org_id=neighbour.org_id,
            )
        )
    with pytest.raises(SignedOut):
        await signing_in.by_session(house.store, token.shown)


async def test_an_outside_account_signs_in_once_it_is_linked(house, noa):
    user, member = noa
    with pytest.raises(NotRecognised):
        await signing_in.by_identity(house.store, "google", "sub-1")
    account = new_id().hex
    identity = await own_account.link_identity(
        house.store, user.id, "google", account, refresh_token="secret"
    )
    signed_in = await signing_in.by_identity(house.store, "google", account)
    assert signed_in.actor.member_id == member.id
    other = await make_user(house.store)
    with pytest.raises(own_account.IdentityTaken):
        await own_account.link_identity(house.store, other.id, "google", account)
    await own_account.unlink_identity(house.store, user.id, identity)
    with pytest.raises(NotRecognised):
        await signing_in.by_identity(house.store, "google", account)


async def test_the_only_way_in_is_not_thrown_away(house):
    user = await make_user(house.store)
    identity = await own_account.link_identity(house.store, user.id, "clerk", new_id().hex)
    with pytest.raises(own_account.LastWayIn):
        await own_account.unlink_identity(house.store, user.id, identity)


async def test_a_key_carries_some_of_its_members_rights_and_never_more(house, noa):
    _, member = noa
    async with house.begin() as crm:
        made = await credentials.create_api_key(
            crm, "Website", ["donors:read", "identity:write"], member_id=member.id
        )
        shown = ApiKeyView.of(made.key)
    assert made.token.shown.startswith(shown.prefix)
    assert made.token.shown not in shown.model_dump_json()
    actor = await signing_in.by_api_key(house.store, made.token.shown)
    assert actor.scopes == {"donors:read"}
    assert (actor.reach, actor.door) == (Reach.OWN, Door.API)
    assert actor.member_id == member.id


async def test_keys_that_are_unknown_over_or_revoked_are_refused_alike(house):
    async with house.begin() as crm:
        one = await credentials.create_api_key(crm, "One", ["donors:read"])
        two = await credentials.create_api_key(
            crm, "Two", ["donors:read"], expires_at=now() + timedelta(hours=1)
        )
        assert len(await crm.api_keys.in_use()) == 2
    assert await signing_in.by_api_key(house.store, two.token.shown)
    async with house.begin() as crm:
        await credentials.revoke_api_key(crm, one.key.id)
        await crm.session.execute(
            update(ApiKey).where(ApiKey.id == two.key.id).values(expires_at=now())
        )
    for shown in (one.token.shown, two.token.shown, "alm_nothing", ""):
        with pytest.raises(KeyRefused):
            await signing_in.by_api_key(house.store, shown)


async def test_a_key_is_seen_and_revoked_by_its_owner_and_by_those_who_manage_members(house):
    one = await make_member(house, "One", "super_admin")
    other = await make_member(house, "Other", extra_scopes=["keys:manage"])
    async with house.begin(await actor_of(house, one)) as crm:
        made = await credentials.create_api_key(crm, "Mine", ["donors:read"])
        assert await crm.api_keys.get(made.key.id)
    async with house.begin(await actor_of(house, other)) as crm:
        with pytest.raises(credentials.Refused):
            await credentials.create_api_key(crm, "Theirs", ["donors:read"], member_id=one.id)
        assert await crm.api_keys.in_use() == []
        assert await credentials.create_api_key(crm, "Own", ["donors:read"])
    async with house.begin() as crm:
        assert await credentials.revoke_api_key(crm, made.key.id)


async def test_a_telephone_speaks_for_its_member_within_what_it_carries(house, noa):
    _, member = noa
    async with house.begin() as crm:
        phone = await credentials.link_phone(
            crm, member.id, phone_number="(02) 1234 5678".replace("(02)", "+972 2"), scopes=None
        )
        narrow = await credentials.link_phone(
            crm, member.id, whatsapp_id="US.13491208655302741918", scopes=["tasks:write"]
        )
        assert phone.phone_number == "+972212345678"
        assert StaffPhoneView.of(phone).display_name == "Noa Mizrahi"
    everything = await signing_in.by_phone(house.store, number="+972212345678")
    assert everything.scopes == (await actor_of(house, member)).scopes
    little = await signing_in.by_phone(house.store, whatsapp_id="US.13491208655302741918")
    assert little.scopes == {"tasks:write"}
    async with house.begin() as crm:
        (asked,) = [p for p in await crm.staff_phones.of(member.id) if p.id == narrow.id]
        assert asked.query_count == 1
        await credentials.allow_phone(crm, narrow.id, False)
        await credentials.unlink_phone(crm, phone.id)
    for shown in ({"number": "+972212345678"}, {"whatsapp_id": "US.13491208655302741918"}, {}):
        with pytest.raises(PhoneUnknown):
            await signing_in.by_phone(house.store, **shown)


async def test_one_telephone_in_two_organisations_is_asked_which(house, neighbour, noa):
    user, member = noa
    there = await make_member(neighbour, user=user)
    for place, who in ((house, member), (neighbour, there)):
        async with place.begin() as crm:
            await credentials.link_phone(crm, who.id, phone_number="+306987654321")
            with pytest.raises(PhoneTaken):
                await credentials.link_phone(crm, who.id, phone_number="+30 698 765 4321")
    with pytest.raises(ChooseOrganisation):
        await signing_in.by_phone(house.store, number="+306987654321")
    actor = await signing_in.by_phone(house.store, number="+306987654321", org_id=neighbour.org_id)
    assert actor.member_id == there.id


async def test_a_hundred_people_sign_in_at_once(house, noa):
    user, member = noa
    signed_in = await asyncio.gather(
        *(signing_in.by_password(house.store, user.email, PASSWORD) for _ in range(100))
    )
    assert {each.actor.member_id for each in signed_in} == {member.id}
    assert len({each.token for each in signed_in}) == 100


async def test_preferences_are_ones_own(house, noa):
    _, member = noa
    async with house.begin(await actor_of(house, member)) as crm:
        await actions.update_preferences(crm, theme="light", notifications={"birthday": True})
        await actions.update_preferences(crm, notifications={"task_due": False})
        mine = await crm.preferences.mine()
        assert (mine.theme, mine.notifications) == ("light", {"birthday": True, "task_due": False})
    async with house.begin() as crm:
        untouched = PreferencesView.of(await crm.preferences.mine())
        assert (untouched.theme, untouched.notifications) == ("dark", {})
        assert await crm.preferences.all() == []


def test_a_visitor_has_no_preferences_to_change():
    assert not Actor(Kind.VISITOR, Door.WIDGET).may("profile:write")
