"""Which companies of a batch are recorded already: the same tax number, domain or name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from sqlalchemy import text

from crm_store.base import new_id
from crm_store.contacts import names
from crm_store.crm import Crm
from crm_store.importers.arrays import texts
from crm_store.importers.parties import Firm

KNOWN = text(
    """
    SELECT id, name_key, afm, domain FROM companies
    WHERE org_id = :org AND deleted_at IS NULL AND name_key = ANY(CAST(:names AS text[]))
    UNION
    SELECT id, name_key, afm, domain FROM companies
    WHERE org_id = :org AND deleted_at IS NULL AND afm = ANY(CAST(:afms AS text[]))
    UNION
    SELECT id, name_key, afm, domain FROM companies
    WHERE org_id = :org AND deleted_at IS NULL AND domain = ANY(CAST(:domains AS text[]))
    ORDER BY id
    """
)


class Firms:
    """Companies by what tells them apart; two of different tax numbers are never one."""

    def __init__(self) -> None:
        self.ids: list[UUID] = []
        self._filed: dict[tuple[str, str], list[UUID]] = {}
        self._afm: dict[UUID, str | None] = {}

    @classmethod
    async def of(cls, crm: Crm, wanted: Sequence[Firm]) -> Self:
        firms = cls()
        if wanted:
            rows = await crm.session.execute(
                KNOWN,
                {
                    "org": crm.actor.org,
                    "names": texts(names.company_key(firm.name) for firm in wanted),
                    "afms": texts(firm.facts["afm"] for firm in wanted if firm.facts.get("afm")),
                    "domains": [
                        firm.facts["domain"] for firm in wanted if firm.facts.get("domain")
                    ],
                },
            )
            for row_id, key, afm, domain in rows:
                firms._file(row_id, key, afm, domain)
                firms.ids.append(row_id)
        return firms

    def settle(self, firm: Firm) -> tuple[UUID, bool, str]:
        """Its id, whether it is new, and what it is known by."""
        afm, domain = firm.facts.get("afm"), firm.facts.get("domain")
        key = names.company_key(firm.name)
        for kind, value, why in (
            ("afm", afm, "the same tax number"),
            ("name", key, "the same name"),
            ("domain", domain, "the same domain"),
        ):
            for row_id in self._filed.get((kind, value or ""), ()) if value else ():
                theirs = self._afm[row_id]
                if not (afm and theirs and afm != theirs):
                    return row_id, False, why
        made = new_id()
        self._file(made, key, afm, domain)
        return made, True, ""

    def _file(self, row_id: UUID, key: str, afm: str | None, domain: str | None) -> None:
        self._afm[row_id] = afm
        for kind, value in (("name", key), ("afm", afm), ("domain", domain)):
            if value:
                self._filed.setdefault((kind, value), []).append(row_id)
