"""A merge carries a row of every table there is, and an undo brings each back."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, func, insert, select

from crm_store.actor import DatabaseRole
from crm_store.base import Base, new_id, now
from crm_store.contacts.folding import fold_into, unfold
from crm_store.contacts.models import MergeKind
from crm_store.contacts.references import references
from crm_store.contacts.testing import make_company, make_household, make_person
from crm_store.donors.testing import make_donor
from tests.crm_store.isolation.rows import ONE_OF, Rows

# What else a table asks for where a record is named in it.
ALSO = {
    "visitors.person_id": {"verified_at": now()},
    "donors.company_id": {"kind": "company"},
    "memories.person_id": {"scope": "person"},
    "memories.donor_id": {"scope": "donor"},
}


async def make_pair(crm, kind):
    if kind is MergeKind.DONORS:
        return await make_donor(crm), await make_donor(crm, "Rut Kohen")
    make = {
        MergeKind.PEOPLE: make_person,
        MergeKind.COMPANIES: make_company,
        MergeKind.HOUSEHOLDS: make_household,
    }[kind]
    return await make(crm), await make(crm)


def rivals(table, column) -> Iterator[str]:
    """Columns of which only one may be filled, when it is this one."""
    for constraint in table.constraints:
        if found := ONE_OF.search(str(getattr(constraint, "sqltext", ""))):
            names = [name.strip().split(".")[-1] for name in found.group(1).split(",")]
            if column in names:
                yield from (name for name in names if name != column)


def fill_every_table(url, house, target, row_id):
    """A row in each table that can point at the record, pointing at it."""
    engine, org_id = create_engine(url), house.org_id
    try:
        with engine.begin() as connection:
            rows = Rows(connection)
            rows.users[org_id] = house.director.user_id
            rows.act_for(org_id)
            rows.made[target, org_id] = {"org_id": org_id, "id": row_id}
            for planted in ("members", "send_windows"):
                table = Base.metadata.tables[planted]
                found = connection.execute(select(table.c.org_id, table.c.id)).mappings().first()
                rows.made[planted, org_id] = dict(found)
            for one in references(target):
                point(connection, rows, org_id, one, row_id)
    finally:
        engine.dispose()


def point(connection, rows, org_id, one, row_id):
    """The row that is there already for another's sake, or a new one."""
    table = one.table
    others = set(rivals(table, one.column.name))
    wanted = {one.column.name: row_id, **ALSO.get(one.name, {})}
    there = rows.made.get((table.name, org_id))
    if there and there["id"] != row_id:
        emptied = dict.fromkeys(others)
        connection.execute(
            table.update().where(table.c.id == there["id"]).values({**emptied, **wanted})
        )
        return
    values = {k: v for k, v in rows._values(table, org_id).items() if k not in others}
    values |= {"id": new_id(), **wanted}
    connection.execute(insert(table).values(values))
    rows.made.setdefault((table.name, org_id), {"org_id": org_id, "id": values["id"]})


async def pointing(crm, target, row_id):
    found = {}
    for one in references(target):
        query = select(func.count()).select_from(one.table).where(one.column == row_id)
        if rows := await crm.session.scalar(query):
            found[one.name] = rows
    return found


async def whole(crm):
    """Every cell of the organisation that a merge may touch."""
    seen = {}
    for table in Base.metadata.sorted_tables:
        if "org_id" in table.c and not re.match(r"merges|directory|audit|search", table.name):
            for row in (await crm.session.execute(select(table))).mappings():
                key = tuple(str(row[c.name]) for c in table.primary_key)
                stamps = ("updated_at", "updated_by", "indexed_at")
                seen[table.name, key] = {k: str(v) for k, v in row.items() if k not in stamps}
    return seen


@pytest.mark.parametrize("kind", list(MergeKind))
async def test_a_row_of_every_table_moves_and_comes_back(house, urls, kind):
    async with house.begin() as crm:
        keep, lose = await make_pair(crm, kind)
    staff = urls[DatabaseRole.STAFF].set(drivername="postgresql+psycopg")
    fill_every_table(staff, house, kind.value, lose.id)
    async with house.begin() as crm:
        before = await whole(crm)
        filled = await pointing(crm, kind.value, lose.id)
        assert filled.keys() == {one.name for one in references(kind.value)}
    async with house.begin() as crm:
        *_, merge = await fold_into(crm, kind, keep.id, lose.id)
    async with house.begin() as crm:
        left = await pointing(crm, kind.value, lose.id)
        aside = [c["table"] for c in merge.conflicts if c["rule"].startswith("stays")]
        assert {name.split(".")[0] for name in left} <= set(aside)
        moved = await pointing(crm, kind.value, keep.id)
        assert filled.keys() - left.keys() <= moved.keys()
    async with house.begin() as crm:
        await unfold(crm, await crm.merges.get(merge.id, lock=True))
    async with house.begin() as crm:
        after = await whole(crm)
        changed = {key for key in before if before[key] != after.get(key)}
        assert not changed
        assert before.keys() <= after.keys()
        assert {table for table, _ in after.keys() - before.keys()} <= {"ticket_activities"}
