"""Handing somebody everything that is held on them."""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Row, Select, Table, select

from crm_store.actor import Reach
from crm_store.audit.models import AuditDetail, AuditEntry
from crm_store.base import now
from crm_store.contacts.models import Person
from crm_store.crm import Crm
from crm_store.errors import Refused
from crm_store.privacy import links, wording
from crm_store.privacy.holdings import Holdings, find_holdings, is_one_of
from crm_store.privacy.links import table_of

NEEDED = ("exports:run", "amounts:read", "personal:read", "research:read")
CALLED = ("name", "title", "subject", "label", "number", "file_name", "key")
CHANGES = "changes on record"
PART = 2_000

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonExport:
    """Sections of records in plain words, and the files that came with them."""

    name: str
    organisation: str
    made_at: datetime
    readme: str
    sections: Mapping[str, Sequence[Record]]
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def records(self) -> int:
        return sum(map(len, self.sections.values()))

    def json(self) -> str:
        """One document, the letter first."""
        whole = {
            "read me": self.readme.splitlines(),
            "person": self.name,
            "organisation": self.organisation,
            "made at": wording.plain(self.made_at),
            **self.sections,
        }
        return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"

    def zip(self) -> bytes:
        """The letter, the document, and every file in a folder."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", self.readme)
            archive.writestr("person.json", self.json())
            for name, content in self.files.items():
                archive.writestr(f"files/{name}", content)
        return packed.getvalue()


async def export_person(crm: Crm, person_id: UUID) -> PersonExport:
    """Everything held on a person, whoever of the staff may see it day to day."""
    for scope in NEEDED:
        crm.actor.need(scope)
    if crm.actor.reach is not Reach.ALL:
        raise Refused("Only those who may see every record may export a person.")
    held = await find_holdings(crm, person_id)
    org = await crm.orgs.current()
    writer = _Writer(crm, held)
    sections = await writer.sections()
    made_at = now()
    crm.note("exported", "people", held.person.id, records=sum(map(len, sections.values())))
    return PersonExport(
        name=held.person.name,
        organisation=org.name,
        made_at=made_at,
        readme=_readme(held, org.name, made_at),
        sections=sections,
        files=writer.files,
    )


def _readme(held: Holdings, org: str, at: datetime) -> str:
    count = sum(map(len, held.mentioned.values()))
    mentioned = wording.MENTIONED.format(count=count) if count else ""
    return wording.README.format(
        org=org, name=held.person.name, day=f"{at:%Y-%m-%d}", mentioned=mentioned
    )


class _Writer:
    """Puts rows into words, naming what they point at."""

    def __init__(self, crm: Crm, held: Holdings) -> None:
        self.crm = crm
        self.held = held
        self.files: dict[str, bytes] = {}
        self.rows: dict[str, list[Row[Any]]] = {}
        self.places: dict[UUID, tuple[str, int]] = {}
        self.names: dict[UUID, str] = {}

    async def sections(self) -> dict[str, list[Record]]:
        for name in _in_order():
            await self._read(name)
        await self._learn_names()
        found = {
            wording.section(name): [self._record(name, row) for row in rows]
            for name, rows in self.rows.items()
        }
        if changes := await self._changes():
            found[CHANGES] = changes
        return found

    async def _read(self, name: str) -> None:
        ids = self.held.own.get(name, set()) | self.held.shared.get(name, set())
        if not ids:
            return
        table = table_of(name)
        found = await self._all(select(table), table, ids)
        self.rows[name] = sorted(found, key=lambda row: (row.created_at, row.id))
        for place, row in enumerate(self.rows[name], start=1):
            self.places[row.id] = (wording.section(name), place)

    async def _all(self, query: Select[Any], table: Table, ids: Iterable[UUID]) -> list[Row[Any]]:
        wanted, found = sorted(ids), list[Row[Any]]()
        for start in range(0, len(wanted), PART):
            part = is_one_of(table.c.id, wanted[start : start + PART])
            asked = query.where(table.c.org_id == self.crm.actor.org, part)
            found += (await self.crm.session.execute(asked)).all()
        return found

    async def _learn_names(self) -> None:
        """What the records point at beyond themselves, by name."""
        wanted: dict[str, set[UUID]] = defaultdict(set)
        for name, rows in self.rows.items():
            for column in table_of(name).columns:
                if "ref" in column.info:
                    target = column.info["ref"][0]
                    wanted[target] |= {getattr(row, column.name) for row in rows} - {None}
        for target, ids in wanted.items():
            await self._name(target, ids - self.places.keys())

    async def _name(self, target: str, ids: set[UUID]) -> None:
        table = table_of(target)
        if target == "people" and ids:
            query = select(Person).where(Person.org_id == self.crm.actor.org, Person.id.in_(ids))
            self.names |= {row.id: row.name for row in await self.crm.session.scalars(query)}
            return
        called = next((column for column in CALLED if column in table.columns), None)
        if called and ids:
            found = await self._all(select(table.c.id, table.c[called].label("called")), table, ids)
            self.names |= {row.id: str(row.called) for row in found if row.called is not None}

    def _record(self, name: str, row: Row[Any]) -> Record:
        record: Record = {"no.": self.places[row.id][1]}
        if row.id in self.held.shared.get(name, ()):
            record["held with"] = sorted({person.name for person in self.held.others})
        for column in table_of(name).columns:
            value = getattr(row, column.name)
            if _is_shown(column) and not wording.is_empty(value):
                told = self._pointed_at(value) if "ref" in column.info else wording.plain(value)
                if told is not None:
                    record[wording.fact(column.name)] = told
        self._keep_file(name, row, record)
        return record

    def _pointed_at(self, row_id: UUID) -> str | None:
        if row_id in self.places:
            return "{} no. {}".format(*self.places[row_id])
        return self.names.get(row_id)

    def _keep_file(self, name: str, row: Row[Any], record: Record) -> None:
        if name == "attachments" and row.data is not None:
            kept = f"{record['no.']:04}-{_safe(row.file_name)}"
            self.files[kept] = bytes(row.data)
            record["file"] = f"files/{kept}"

    async def _changes(self) -> list[Record]:
        """What the log says of these records, oldest first."""
        found: list[tuple[AuditEntry, Any]] = []
        wanted = sorted(self.held.ids)
        for start in range(0, len(wanted), PART):
            asked = (
                select(AuditEntry, AuditDetail.changes)
                .outerjoin(
                    AuditDetail,
                    (AuditDetail.org_id == AuditEntry.org_id) & (AuditDetail.seq == AuditEntry.seq),
                )
                .where(
                    AuditEntry.org_id == self.crm.actor.org,
                    is_one_of(AuditEntry.row_id, wanted[start : start + PART]),
                )
            )
            found += [(row[0], row[1]) for row in await self.crm.session.execute(asked)]
        return [self._change(*one) for one in sorted(found, key=lambda one: one[0].seq)]

    def _change(self, entry: AuditEntry, changes: Any) -> Record:
        record: Record = {
            "at": wording.plain(entry.at),
            "action": entry.action,
            "record": self._pointed_at(entry.row_id) if entry.row_id else None,
            "door": entry.door,
        }
        shown = {
            wording.fact(name): value
            for name, value in (changes or {}).items()
            if name not in wording.INTERNAL and not name.endswith("_id")
        }
        return record | ({"what": shown} if shown else {})


def _in_order() -> list[str]:
    """Who they are first, then everything else as the schema has it."""
    rest = [name for name in links.held_tables() if name not in wording.FIRST]
    return [*wording.FIRST, *rest]


def _is_shown(column: Column[Any]) -> bool:
    if column.name in wording.INTERNAL or column.name == "id":
        return False
    if column.info.get("sealed") or column.computed is not None:
        return False
    return column.type.python_type is not bytes


def _safe(name: str) -> str:
    kept = "".join(sign if sign.isalnum() or sign in "-_. " else "_" for sign in name)
    return kept.strip(". ")[-120:] or "file"
