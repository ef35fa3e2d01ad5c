"""One plausible row in any table of any organisation, made from the model alone."""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, text, types
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from crm_store import schema
from crm_store.base import Base, Registry, new_id
from crm_store.orgs.models import Org

# What a check constraint asks of a column beyond its type.
SPECIAL: dict[tuple[str, str], Any] = {
    ("outbox", "purpose"): "transactional",
    ("proposals", "effect"): "write",
    ("refunds", "amount"): Decimal("0.5"),
    ("prospects", "email"): "probe@example.org",
    ("segments", "kind"): "static",
    ("staff_phones", "phone_number"): "+35724000001",
}

PLAIN: dict[type[Any], Any] = {
    types.Boolean: True,
    types.Integer: 1,
    types.BigInteger: 1,
    types.Float: 1.0,
    types.Numeric: Decimal(1),
    types.Date: dt.date(2026, 3, 1),
    types.DateTime: dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC),
    types.Time: dt.time(9),
    types.Interval: dt.timedelta(days=1),
    JSONB: {},
    ARRAY: [],
}
ONE_OF = re.compile(r"num_nonnulls\(([^)]*)\)\s*(?:=|>=)\s*1")


class Rows:
    """Makes at most one row per table and organisation, and the rows it points at."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.made: dict[tuple[str, UUID], dict[str, Any]] = {}
        self.users: dict[UUID, UUID] = {}

    def act_for(self, org_id: UUID) -> None:
        self.connection.execute(
            text(
                "SELECT set_config('app.org_id', :org, false), set_config('app.user_id', :u, false)"
            ),
            {"org": str(org_id), "u": str(self.users.get(org_id, ""))},
        )

    def org(self) -> UUID:
        org_id, user_id = new_id(), new_id()
        self.users[org_id] = user_id
        self.act_for(org_id)
        self.connection.execute(
            insert(Org).values(id=org_id, name="Probe", slug=f"probe-{org_id.hex}")
        )
        users = Base.metadata.tables["users"]
        values = self._values(users, org_id) | {"id": user_id, "email": f"{user_id.hex}@x.example"}
        self.connection.execute(users.insert().values(values))
        return org_id

    def key(self, table: Table, org_id: UUID) -> dict[str, Any]:
        """The primary key of this organisation's row in the table, made when first asked for."""
        place = (table.name, org_id)
        if place not in self.made:
            if table.name == "orgs":
                return {"id": org_id}
            self.act_for(org_id)
            if table.primary_key.columns.keys() == ["org_id"] and self._is_there(table):
                self.made[place] = {"org_id": org_id}
                return self.made[place]
            values = self._values(table, org_id)
            result = self.connection.execute(table.insert().values(values))
            primary = result.inserted_primary_key
            assert primary is not None
            self.made[place] = dict(zip(table.primary_key.columns.keys(), primary, strict=True))
        return self.made[place]

    def _is_there(self, table: Table) -> bool:
        """Whether the writing of other rows has made it, as with counters."""
        return self.connection.execute(table.select()).first() is not None

    def _values(self, table: Table, org_id: UUID) -> dict[str, Any]:
        wanted = {column.name for column in table.columns if self._must(column)}
        wanted |= set(self._one_of_each(table)) | {
            column for name, column in SPECIAL if name == table.name
        }
        return {name: self._value(table, name, org_id) for name in wanted}

    def _must(self, column: Any) -> bool:
        given = column.default is not None or column.server_default is not None
        generated = column.computed is not None or column.identity is not None
        return not column.nullable and not given and not generated

    def _one_of_each(self, table: Table) -> Iterator[str]:
        for constraint in table.constraints:
            if found := ONE_OF.search(str(getattr(constraint, "sqltext", ""))):
                names = [name.strip().split(".")[-1] for name in found.group(1).split(",")]
                if all(table.columns[name].nullable for name in names):
                    yield next(
                        (n for n in names if table.columns[n].info.get("ref", [""])[0] == "people"),
                        names[0],
                    )

    def _value(self, table: Table, name: str, org_id: UUID) -> Any:
        column = table.columns[name]
        if (table.name, name) in SPECIAL:
            return SPECIAL[table.name, name]
        if name == "org_id":
            return org_id
        if "ref" in column.info:
            target = Base.metadata.tables[column.info["ref"][0]]
            return self.key(target, org_id)["id"]
        for reference in column.foreign_keys:
            target = reference.column.table
            if target.name == "users":
                return self.users[org_id]
            if issubclass(_model(target), Registry):
                query = text(f"SELECT {reference.column.name} FROM {target.name} LIMIT 1")
                return self.connection.execute(query).scalar_one()
            return self.key(target, org_id)[reference.column.name]
        return _plain(column)


def _plain(column: Any) -> Any:
    if column.name == "currency":
        return "EUR"
    if isinstance(column.type, types.LargeBinary):
        return new_id().bytes
    if isinstance(column.type, types.Enum):
        return column.type.enums[0]
    if isinstance(column.type, types.Uuid):
        return new_id()
    for kind, value in PLAIN.items():
        if isinstance(column.type, kind):
            return value
    return f"probe {new_id().hex}"


def _model(table: Table) -> type[Any]:
    return next(model for model in schema.models() if model.__table__ is table)
