"""Words on tickets."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.tickets.models import Ticket, TicketTag, TicketTagging


def tag_key(name: str) -> str:
    """The same word however it is typed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


async def tag_ticket(crm: Crm, ticket_id: UUID, *names: str) -> Ticket:
    """Put tags on a ticket, making those that are new; one it has already stays once."""
    ticket = await crm.tickets.get(ticket_id, lock=True)
    await add_tags(crm, ticket, *names)
    return ticket


async def untag_ticket(crm: Crm, ticket_id: UUID, *names: str) -> Ticket:
    ticket = await crm.tickets.get(ticket_id, lock=True)
    await remove_tags(crm, ticket, *names)
    return ticket


async def add_tags(crm: Crm, ticket: Ticket, *names: str) -> None:
    borne = {tag.key for tag in await crm.ticket_tags.of(ticket.id)}
    for name in names:
        tag = await find_or_make_tag(crm, name)
        if tag.key not in borne:
            borne.add(tag.key)
            crm.ticket_taggings.add(TicketTagging(ticket_id=ticket.id, tag_id=tag.id))
    await crm.flush()


async def remove_tags(crm: Crm, ticket: Ticket, *names: str) -> None:
    keys = {tag_key(name) for name in names}
    gone = {tag.id for tag in await crm.ticket_tags.of(ticket.id) if tag.key in keys}
    for tagging in await crm.ticket_taggings.of(ticket.id):
        if tagging.tag_id in gone:
            await crm.session.delete(tagging)
    await crm.flush()


async def find_or_make_tag(
    crm: Crm, name: str, *, color: str | None = None, description: str | None = None
) -> TicketTag:
    """The tag of this name; two people who invent it at once get the same one."""
    key = tag_key(name)
    if not key:
        raise Invalid("A tag needs a name.")
    found = await crm.ticket_tags.named(key)
    if found is not None:
        return found
    crm.actor.need("tickets:write")
    tag = TicketTag(name=name.strip(), key=key, color=color, description=description)
    made = await crm.session.execute(
        insert(TicketTag)
        .values(
            org_id=crm.actor.org,
            id=tag.id,
            name=tag.name,
            key=key,
            color=color,
            description=description,
            created_by=crm.actor.id,
            updated_by=crm.actor.id,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "key"])
        .returning(TicketTag.id)
    )
    if made.first() is not None:
        crm.note("created", "ticket_tags", tag.id, name=tag.name)
    return await crm.ticket_tags.one(crm.ticket_tags.rows().where(TicketTag.key == key))
