"""The index behind the one box: what can be found, under which words, and how words resemble.

All of it is derived from other tables and can be rebuilt, so nothing here is audited and no
foreign key slows the bulk path; row security keeps it within the organisation like the rest.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import PrimaryKeyConstraint, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, now

Exact = Text(collation="C")


class Findable(StrEnum):
    DONOR = "donor"
    PERSON = "person"
    COMPANY = "company"
    LEAD = "lead"
    TICKET = "ticket"
    GIFT = "gift"


class SearchEntry(Base):
    """One record as the box shows it; its id is the record's own."""

    __tablename__ = "search_entries"
    audited: ClassVar[bool] = False
    derived: ClassVar[bool] = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Findable]
    label: Mapped[str]
    place: Mapped[str | None] = mapped_column(comment="The city, to tell namesakes apart.")
    year: Mapped[int | None] = mapped_column(SmallInteger, comment="Of the last gift.")
    note: Mapped[str | None] = mapped_column(comment="A status or number that tells it apart.")
    donor_id: Mapped[UUID | None] = mapped_column(comment="The giving unit a person belongs to.")
    owner_id: Mapped[UUID | None]
    workspace_id: Mapped[UUID | None]
    weight: Mapped[int] = mapped_column(SmallInteger, default=0, comment="0 to 100.")
    terms: Mapped[list[str]] = mapped_column(comment="The words it is filed under.")
    indexed_at: Mapped[datetime] = mapped_column(default=now)


class SearchTerm(Base):
    """One word an entry is filed under, with what ranks and hides it: the index answers alone."""

    __tablename__ = "search_terms"
    __table_args__ = (
        PrimaryKeyConstraint(
            "org_id",
            "term",
            "weight",
            "entry_id",
            postgresql_include=["kind", "owner_id", "workspace_id"],
        ),
    )
    audited: ClassVar[bool] = False
    derived: ClassVar[bool] = True

    org_id: Mapped[UUID]
    term: Mapped[str] = mapped_column(Exact)
    weight: Mapped[int] = mapped_column(SmallInteger)
    entry_id: Mapped[UUID]
    kind: Mapped[str]
    owner_id: Mapped[UUID | None]
    workspace_id: Mapped[UUID | None]


class SearchKey(Base):
    """A way to arrive at a word the organisation uses: misspelt, by sound, by nickname."""

    __tablename__ = "search_keys"
    audited: ClassVar[bool] = False
    derived: ClassVar[bool] = True

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Exact, primary_key=True)
    term: Mapped[str] = mapped_column(Exact, primary_key=True)
