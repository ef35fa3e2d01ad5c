"""Two tickets about one thing become one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.tasks.models import Task
from crm_store.tickets.actions import IsClosed, WasMerged, change_status
from crm_store.tickets.models import Ticket, TicketNote, TicketStatus
from crm_store.tickets.tagging import add_tags


class IntoItself(Invalid):
    """A ticket cannot be merged into itself."""


class DifferentRequesters(Conflict):
    """These tickets come from different people, so merging would show one the other's."""


async def merge_tickets(
    crm: Crm, source_id: UUID, target_id: UUID, *, at: datetime | None = None
) -> Ticket:
    """Close one and go on with the other, which takes its notes, tags and tasks.

    What was said stays in its own conversation; `crm.tickets.threads(target)` reads both.
    """
    if source_id == target_id:
        raise IntoItself
    locked = {one: await crm.tickets.get(one, lock=True) for one in sorted((source_id, target_id))}
    source, target = locked[source_id], locked[target_id]
    if source.merged_into_id is not None or target.merged_into_id is not None:
        raise WasMerged
    if target.status is TicketStatus.CLOSED and source.status is not TicketStatus.CLOSED:
        raise IsClosed
    if not _same_requester(source, target):
        raise DifferentRequesters
    await _carry(crm, source, target)
    await add_tags(crm, target, *[tag.name for tag in await crm.ticket_tags.of(source.id)])
    if target.person_id is None:
        target.person_id = source.person_id
    if source.status is not TicketStatus.CLOSED:
        await change_status(crm, source, TicketStatus.CLOSED, at or now())
    source.merged_into_id = target.id
    await crm.flush()
    return target


async def _carry(crm: Crm, source: Ticket, target: Ticket) -> None:
    """Move what hangs on the source, and what was merged into it before."""
    await crm.flush()
    for model, column in (
        (TicketNote, TicketNote.ticket_id),
        (Task, Task.ticket_id),
        (Ticket, Ticket.merged_into_id),
    ):
        moved = await crm.session.scalars(
            update(model)
            .where(model.org_id == crm.actor.org, column == source.id)
            .values({column.key: target.id})
            .returning(model.id)
            .execution_options(synchronize_session="fetch")
        )
        for row_id in moved:
            crm.note(
                "changed",
                model.__tablename__,
                row_id,
                **{column.key: {"before": source.id, "after": target.id}},
            )


def _same_requester(source: Ticket, target: Ticket) -> bool:
    """Nobody is shown what somebody else asked: only a gap may be filled."""
    return all(
        None in (mine, theirs) or mine == theirs
        for mine, theirs in (
            (source.person_id, target.person_id),
            (source.visitor_id, target.visitor_id),
        )
    )
