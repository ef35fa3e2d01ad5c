"""One door, one transaction, one actor."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Actor, Door, Kind, Reach
from crm_store.audit.models import AuditDetail, AuditEntry
from crm_store.base import now
from crm_store.errors import Refused
from crm_store.orgs.models import Workspace


async def _names(house):
    async with house.begin(read_only=True) as crm:
        return set(await crm.session.scalars(select(Workspace.name)))


async def test_a_row_written_by_one_organisation_is_not_there_for_another(house, neighbour):
    async with house.begin() as crm:
        crm.session.add(Workspace(name="Haifa"))
    assert "Haifa" in await _names(house)
    assert "Haifa" not in await _names(neighbour)


async def test_what_raises_leaves_nothing(house):
    with pytest.raises(ZeroDivisionError):
        async with house.begin() as crm:
            crm.session.add(Workspace(name="Half done"))
            await crm.flush()
            raise ZeroDivisionError
    assert "Half done" not in await _names(house)


async def test_a_cancelled_transaction_leaves_nothing(house):
    async def slow() -> None:
        async with house.begin() as crm:
            crm.session.add(Workspace(name="Cancelled"))
            await crm.flush()
            await crm.session.execute(text("SELECT pg_sleep(5)"))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slow(), 0.1)
    assert "Cancelled" not in await _names(house)


async def test_a_read_only_transaction_cannot_write(house):
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with house.begin(read_only=True) as crm:
            crm.session.add(Workspace(name="Never"))


async def test_a_row_of_another_organisation_cannot_be_added(house, neighbour):
    with pytest.raises(Refused, match="another organisation"):
        async with house.begin() as crm:
            crm.session.add(Workspace(org_id=neighbour.org_id, name="Smuggled"))


async def test_without_an_organisation_nothing_is_seen_or_written(house):
    nobody = Actor(Kind.SYSTEM, Door.JOB)
    async with house.begin(nobody) as crm:
        assert await crm.session.scalar(select(func.count()).select_from(Workspace)) == 0
    with pytest.raises(Refused):
        async with house.begin(nobody) as crm:
            crm.session.add(Workspace(name="Nowhere"))


async def test_writing_needs_the_scope_of_the_domain(house):
    reader = house.actor(scopes=frozenset({"orgs:read"}))
    with pytest.raises(Refused, match="You may not change orgs"):
        async with house.begin(reader) as crm:
            crm.session.add(Workspace(name="Without rights"))


async def test_lent_rights_end_with_the_block(house):
    reader = house.actor(scopes=frozenset({"orgs:read"}))
    with pytest.raises(Refused):
        async with house.begin(reader) as crm:
            async with crm.granted("orgs:write"):
                crm.session.add(Workspace(name="Lent"))
            crm.session.add(Workspace(name="Afterwards"))
    assert not {"Lent", "Afterwards"} & await _names(house)


async def test_who_and_when_stand_on_every_row(house):
    before = now()
    async with house.begin() as crm:
        row = Workspace(name="Stamped")
        crm.session.add(row)
    assert row.created_by == row.updated_by == house.director.member_id
    assert before <= row.created_at <= now()
    later = house.actor(member_id=house.director.member_id)
    async with house.begin(later) as crm:
        again = await crm.session.get_one(Workspace, (house.org_id, row.id))
        again.description = "changed"
    assert again.updated_at > again.created_at


async def test_a_change_is_in_the_log_with_before_and_after(house):
    async with house.begin() as crm:
        row = Workspace(name="Old name")
        crm.session.add(row)
    async with house.begin(house.actor(door=Door.WHATSAPP)) as crm:
        (await crm.session.get_one(Workspace, (house.org_id, row.id))).name = "New name"
    async with house.begin() as crm:
        query = (
            select(AuditEntry, AuditDetail)
            .join(AuditDetail, (AuditDetail.seq == AuditEntry.seq))
            .where(AuditEntry.row_id == row.id, AuditDetail.org_id == AuditEntry.org_id)
            .order_by(AuditEntry.seq)
        )
        (created, first), (changed, second) = (await crm.session.execute(query)).all()
    assert (created.action, created.door) == ("created", "cli")
    assert (changed.action, changed.door) == ("changed", "whatsapp")
    assert first.changes == {"name": {"after": "Old name"}}
    assert second.changes == {"name": {"before": "Old name", "after": "New name"}}
    assert changed.actor_id == house.director.member_id
    assert abs(changed.at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_what_was_undone_is_not_in_the_log(house):
    async def length() -> int:
        async with house.begin(read_only=True) as crm:
            return int(await crm.session.scalar(select(func.count()).select_from(AuditEntry)) or 0)

    before = await length()
    with pytest.raises(ZeroDivisionError):
        async with house.begin() as crm:
            crm.session.add(Workspace(name="Undone"))
            await crm.flush()
            raise ZeroDivisionError
    assert await length() == before


async def test_rows_may_be_added_in_any_order(house):
    async with house.begin() as crm:
        parent = Workspace(name="Later")
        crm.session.add(parent)
        assert crm.actor.reach is Reach.ALL
    assert parent.created_by == house.director.member_id
