"""What hangs on a lead goes along when it becomes a contact, and comes back when that is undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Update, select, update

from crm_store.contacts.models import Activity, Note, Tagging
from crm_store.crm import Crm
from crm_store.tasks.models import Task

HANDED_OVER: tuple[type[Any], ...] = (Note, Tagging)
SHARED: tuple[type[Any], ...] = (Activity, Task)

Carried = dict[str, list[str]]


async def carry(crm: Crm, lead_id: UUID, person_id: UUID) -> Carried:
    """Notes and tags become the person's; activities and tasks are the person's too from now on.

    Returns the ids of what moved, by table.
    """
    await crm.flush()
    borne = select(Tagging.tag_id).where(
        Tagging.org_id == crm.actor.org, Tagging.person_id == person_id
    )
    carried: Carried = {}
    for model in HANDED_OVER:
        query = _of_lead(crm, model, lead_id).values(person_id=person_id, lead_id=None)
        if model is Tagging:
            query = query.where(Tagging.tag_id.not_in(borne))
        carried[model.__tablename__] = await _run(crm, model, query, person_id=person_id)
    for model in SHARED:
        query = _of_lead(crm, model, lead_id).where(model.person_id.is_(None))
        carried[model.__tablename__] = await _run(
            crm, model, query.values(person_id=person_id), person_id=person_id
        )
    return {table: ids for table, ids in carried.items() if ids}


async def carry_back(crm: Crm, lead_id: UUID, person_id: UUID, carried: Carried) -> None:
    """Everything that is still where it was carried to returns to the lead."""
    for model in (*HANDED_OVER, *SHARED):
        ids = [UUID(row_id) for row_id in carried.get(model.__tablename__, ())]
        if ids:
            query = (
                update(model)
                .where(
                    model.org_id == crm.actor.org,
                    model.id.in_(ids),
                    model.person_id == person_id,
                )
                .values(person_id=None, lead_id=lead_id)
            )
            await _run(crm, model, query, lead_id=lead_id)


def _of_lead(crm: Crm, model: type[Any], lead_id: UUID) -> Update:
    return update(model).where(model.org_id == crm.actor.org, model.lead_id == lead_id)


async def _run(crm: Crm, model: type[Any], query: Update, **after: UUID) -> list[str]:
    moved: Iterable[UUID] = await crm.session.scalars(
        query.returning(model.id).execution_options(synchronize_session="fetch")
    )
    ids = list(moved)
    for row_id in ids:
        changes = {name: {"after": value} for name, value in after.items()}
        crm.note("changed", model.__tablename__, row_id, **changes)
    return [str(row_id) for row_id in ids]
