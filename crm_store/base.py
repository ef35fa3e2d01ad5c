"""What every table shares: keys that begin with the organisation, exact types, who and when."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7 as new_id

__all__ = [
    "Base",
    "Json",
    "Live",
    "Owned",
    "PersonRow",
    "Registry",
    "Sealed",
    "Stamped",
    "TenantRow",
    "new_id",
    "now",
    "ref",
]

Json = dict[str, Any]
Sealed = Annotated[bytes, mapped_column(LargeBinary, info={"sealed": True})]

QUOTE = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        bytes: LargeBinary,
        Decimal: Numeric(18, 4),
        date: Date,
        datetime: DateTime(timezone=True),
        UUID: Uuid,
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
        list[str]: ARRAY(Text),
        list[int]: ARRAY(Integer),
        list[UUID]: ARRAY(Uuid),
        enum.StrEnum: Enum(
            enum.StrEnum,
            native_enum=False,
            create_constraint=False,
            length=40,
            values_callable=lambda kind: [member.value for member in kind],
        ),
    }
    __domain__: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        table = cls.__dict__.get("__table__")
        if isinstance(table, Table):
            cls.__domain__ = cls.__module__.split(".")[1]
            table.info["domain"] = cls.__domain__
            for column in list(table.columns):
                _check_choice(table, column)
                _refer(table, column)
            if issubclass(cls, TenantRow):
                table.append_constraint(ForeignKeyConstraint(["org_id"], ["orgs.id"]))


def ref(target: str, *, on_delete: str = "RESTRICT", index: bool = True, **kwargs: Any) -> Any:
    """A column that points at a row of the same organisation; the key carries org_id with it.

    on_delete: RESTRICT, CASCADE or SET NULL (which clears this column alone).
    """
    return mapped_column(info={"ref": (target, on_delete, index)}, **kwargs)


def _refer(table: Table, column: Column[Any]) -> None:
    if "ref" not in column.info:
        return
    target, on_delete, index = column.info["ref"]
    shared = "org_id" in table.columns
    if on_delete == "SET NULL" and shared:
        on_delete = f"SET NULL ({column.name})"
    here = ["org_id", column.name] if shared else [column.name]
    there = [f"{target}.org_id", f"{target}.id"] if shared else [f"{target}.id"]
    table.append_constraint(ForeignKeyConstraint(here, there, ondelete=on_delete))
    if index:
        Index(None, *(table.columns[name] for name in here))


def _check_choice(table: Table, column: Column[Any]) -> None:
    if isinstance(column.type, Enum):
        allowed = ", ".join(f"'{value}'" for value in column.type.enums)
        name = f"{column.name}_known"
        quoted = QUOTE(column.name)
        table.append_constraint(CheckConstraint(f"{quoted} IN ({allowed})", name=name))


def now() -> datetime:
    return datetime.now(UTC)


class Stamped:
    """When a row came to be and when it last changed."""

    created_at: Mapped[datetime] = mapped_column(
        default=now, server_default=func.now(), sort_order=90
    )
    updated_at: Mapped[datetime] = mapped_column(
        default=now, onupdate=now, server_default=func.now(), sort_order=91
    )


class TenantRow(Stamped, Base):
    """A row of one organisation: (org_id, id) is its key and row security keeps it there."""

    __abstract__ = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)
    created_by: Mapped[UUID | None] = mapped_column(sort_order=92)
    updated_by: Mapped[UUID | None] = mapped_column(sort_order=93)

    def __init__(self, **values: Any) -> None:
        values.setdefault("id", new_id())
        super().__init__(**values)


class PersonRow(Stamped, Base):
    """A row of one account, whatever organisations it belongs to; seen by that person alone."""

    __abstract__ = True

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, sort_order=-2
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)

    def __init__(self, **values: Any) -> None:
        values.setdefault("id", new_id())
        super().__init__(**values)


class Registry(Base):
    """What the product knows for everybody: read by all, written by migrations alone."""

    __abstract__ = True

    key: Mapped[str] = mapped_column(primary_key=True)


class Live:
    """Rows people may want back: deleting sets a time."""

    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=94)


class Owned:
    """Rows that somebody looks after, in a workspace; rights on rows follow these two."""

    owner_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
