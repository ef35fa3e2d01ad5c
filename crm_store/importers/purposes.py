"""What gifts are for, by the name or code in the file; an unheard-of one is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_store import bulk
from crm_store.base import new_id
from crm_store.contacts.models import Tag
from crm_store.contacts.names import name_key
from crm_store.crm import Crm
from crm_store.gifts.models import Appeal, Fund, Project
from crm_store.search.text import fold

MODELS: dict[str, type[Any]] = {"fund": Fund, "appeal": Appeal, "project": Project}


@dataclass(slots=True)
class Named:
    """Records of one kind by how they are called."""

    model: type[Any]
    ids: dict[str, UUID] = field(default_factory=dict)
    new: dict[UUID, str] = field(default_factory=dict)
    met: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def of(cls, crm: Crm, model: type[Any]) -> Named:
        code = ", code" if "code" in model.__table__.columns else ", NULL"
        rows = await crm.session.execute(
            text(f"SELECT id, name{code} FROM {model.__tablename__} WHERE org_id = :org"),
            {"org": crm.actor.org},
        )
        named = cls(model)
        for row_id, name, coded in rows:
            named.ids[named.key(name)] = row_id
            if coded:
                named.ids.setdefault(named.key(coded), row_id)
        return named

    def key(self, name: str) -> str:
        return (name_key(name) or fold(name)) if self.model is Tag else fold(name)

    def get(self, name: str) -> UUID:
        """Found by the very word it was asked for before, else by its folded form."""
        if (known := self.met.get(name)) is not None:
            return known
        key = self.key(name)
        if key not in self.ids:
            self.ids[key] = new_id()
            self.new[self.ids[key]] = " ".join(name.split())
        self.met[name] = self.ids[key]
        return self.ids[key]

    async def write(self, crm: Crm) -> list[str]:
        """Those that were missing, and their ids."""
        made = [str(row_id) for row_id in self.new]
        if self.new:
            if self.model is Tag:
                rows: Iterable[Any] = [(i, name, self.key(name)) for i, name in self.new.items()]
                await bulk.load(crm.session, Tag, ("id", "name", "name_key"), rows)
            else:
                await bulk.load(crm.session, self.model, ("id", "name"), self.new.items())
            self.new = {}
        return made
