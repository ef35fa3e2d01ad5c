"""The directory answers named questions with ids; nobody reads, takes over or guesses more."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from crm_store import schema
from crm_store.actor import Actor, DatabaseRole, Door, Kind
from crm_store.base import new_id
from crm_store.identity import credentials, lookup
from crm_store.identity.models import ApiKey, Directory
from crm_store.identity.testing import make_member, make_user

WRITES = [
    "SELECT * FROM directory",
    "SELECT count(*) FROM directory",
    "INSERT INTO directory (kind, key, subject_id, org_id) "
    "VALUES ('slug', '\\x00', gen_random_uuid(), gen_random_uuid())",
    "UPDATE directory SET org_id = gen_random_uuid()",
    "DELETE FROM directory",
    "TRUNCATE directory",
    "SELECT * FROM directory_find('org', '\\x00')",
    "SELECT directory_key('x')",
    "COPY directory TO STDOUT",
]


def connect(urls, role):
    address = urls[role].set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


def functions(urls, role):
    """Which of our functions a role may call."""
    with connect(urls, role) as connection:
        found = connection.execute(
            "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace "
            "AND p.prosecdef AND has_function_privilege(p.oid, 'EXECUTE')"
        ).fetchall()
    return {name for (name,) in found}


@pytest.mark.parametrize("role", [DatabaseRole.STAFF, DatabaseRole.VISITOR, DatabaseRole.READER])
@pytest.mark.parametrize("statement", WRITES)
def test_no_run_time_role_touches_it(urls, role, statement):
    with connect(urls, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_it_is_closed_even_to_a_role_that_is_granted_it(urls, house):
    """Row security without a policy: a grant made by mistake still shows nothing."""
    with connect(urls, DatabaseRole.OWNER) as owner:
        owner.execute("GRANT SELECT ON directory TO almoner_reader")
        try:
            with connect(urls, DatabaseRole.READER) as reader:
                assert reader.execute("SELECT count(*) FROM directory").fetchone() == (0,)
        finally:
            owner.execute("REVOKE SELECT ON directory FROM almoner_reader")


def test_it_is_no_tenant_table():
    assert Directory not in schema.tenant_models()
    assert schema.tenant_key(Directory) is None
    assert [model for model in schema.models() if schema.is_closed(model)] == [Directory]


def test_visitors_may_ask_about_two_things_alone(urls):
    by_identity = {name for name in functions(urls, DatabaseRole.VISITOR) if "_by_" in name}
    assert by_identity == {"org_by_embed_key", "org_by_tracking_id"}
    assert not {n for n in functions(urls, DatabaseRole.READER) if "_by_" in n or "my_" in n}


def test_functions_that_see_more_keep_to_their_search_path(urls):
    with connect(urls, DatabaseRole.OWNER) as connection:
        loose = connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
            "AND NOT coalesce(proconfig, '{}') @> '{\"search_path=public, pg_temp\"}'"
        ).fetchall()
    assert loose == []


async def test_it_follows_an_organisation(house, store):
    async with house.begin() as crm:
        org = await crm.orgs.current()
        org.subdomain = slug = f"sub-{new_id().hex}"
        before = org.slug
    assert await lookup.org_by_slug(store, Door.DESK, before) == house.org_id
    assert await lookup.org_by_subdomain(store, Door.DESK, slug) == house.org_id
    async with house.begin() as crm:
        org = await crm.orgs.current()
        org.slug, org.subdomain = f"new-{new_id().hex}", None
    assert await lookup.org_by_slug(store, Door.DESK, before) is None
    assert await lookup.org_by_subdomain(store, Door.DESK, slug) is None


async def test_people_find_where_they_belong_and_nobody_elses_places(house, neighbour, store):
    user, other = await make_user(store), await make_user(store)
    for place in (house, neighbour):
        await make_member(place, user=user)
    await make_member(house, user=other)
    for org_id in (None, house.org_id, neighbour.org_id):
        async with store.begin(Actor(Kind.SIGNING_IN, Door.DESK, org_id, user_id=user.id)) as crm:
            found = await lookup.memberships(crm)
        assert {each.org_id for each in found} == {house.org_id, neighbour.org_id}
    async with store.begin(Actor(Kind.SIGNING_IN, Door.DESK)) as crm:
        assert await lookup.memberships(crm) == []


async def test_inside_an_organisation_nobody_asks_about_others(house, neighbour):
    user = await make_user(house.store)
    await make_member(neighbour, user=user)
    async with neighbour.begin() as crm:
        slug = (await crm.orgs.current()).slug
    questions = {
        "user_by_email": user.email,
        "org_by_slug": slug,
        "staff_by_phone": "+306912345678",
    }
    async with house.begin() as crm:
        for function, shown in questions.items():
            asked = text(f"SELECT count(*) FROM {function}(:shown)")
            assert await crm.session.scalar(asked, {"shown": shown}) == 0
    assert await lookup.user_by_email(house.store, Door.DESK, user.email) == user.id


async def test_another_organisations_key_cannot_be_taken_over(house, neighbour):
    async with neighbour.begin() as crm:
        made = await credentials.create_api_key(crm, "Theirs", ["donors:read"])
    with pytest.raises(IntegrityError):
        async with house.begin() as crm:
            crm.session.add(
                ApiKey(
                    member_id=house.director.member_id,
                    name="Mine",
                    prefix="alm_",
                    key_hash=made.token.hash,
                    scopes=[],
                )
            )
    found = await lookup.api_key(house.store, Door.API, made.token.shown)
    assert found.org_id == neighbour.org_id


async def test_a_name_in_use_elsewhere_is_not_taken(house, neighbour):
    async with neighbour.begin() as crm:
        slug = (await crm.orgs.current()).slug
    with pytest.raises(IntegrityError):
        async with house.begin() as crm:
            (await crm.orgs.current()).slug = slug


async def test_a_row_for_another_organisation_is_refused_by_the_database(house, neighbour):
    async with house.begin() as crm:
        with pytest.raises(ProgrammingError, match="row-level security"):
            await crm.session.execute(
                text("INSERT INTO orgs (id, name, slug, settings) VALUES (:id, 'x', :slug, '{}')"),
                {"id": new_id(), "slug": new_id().hex},
            )


async def test_organisations_are_found_by_their_slug_however_it_reads(house, store):
    async with house.begin() as crm:
        (await crm.orgs.current()).slug = slug = f"עמותה-{new_id().hex}-🌊"
    assert await lookup.org_by_slug(store, Door.DESK, slug) == house.org_id
    assert await lookup.org_by_slug(store, Door.DESK, slug.replace("🌊", "")) is None


async def test_accounts_are_private_to_their_person(house, store):
    user, other = await make_user(store), await make_user(store)
    async with store.begin(Actor(Kind.SIGNING_IN, Door.DESK, house.org_id, user_id=user.id)) as crm:
        seen = (await crm.session.execute(text("SELECT id FROM users"))).scalars().all()
        changed = await crm.session.execute(
            text("UPDATE users SET name = 'x' WHERE id = :id"), {"id": other.id}
        )
        assert (seen, changed.rowcount) == ([user.id], 0)
        with pytest.raises(ProgrammingError, match="row-level security"):
            await crm.session.execute(
                text(
                    "INSERT INTO users (id, email, name, failed_sign_ins) "
                    "VALUES (:id, :email, 'x', 0)"
                ),
                {"id": new_id(), "email": new_id().hex},
            )
