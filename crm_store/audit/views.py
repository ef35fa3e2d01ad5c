"""What may be shown of the log."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from crm_store.audit.repository import Change
from crm_store.base import Json
from crm_store.view import AMOUNTS, PERSONAL, RESEARCH, View, actor_of

TELLS = (AMOUNTS, RESEARCH, PERSONAL)


class ChangeView(View):
    """One entry. What changed is shown to those who may read every kind of field."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    door: str
    action: str
    table_name: str
    row_id: UUID | None
    changes: Json | None
    was_erased: bool

    @classmethod
    def of_change(cls, change: Change) -> Self:
        actor = actor_of(change.entry)
        view = cls.of(change.entry, changes=change.changes, was_erased=change.changes is None)
        if actor is None or not all(actor.may(mark.scope) for mark in TELLS):
            view = view.model_copy(update={"changes": None, "hidden": ("changes",)})
        return view
