"""Macros: several changes to a ticket under one name, made together or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.references import check_references
from crm_store.tickets.actions import answer, change_priority, change_status
from crm_store.tickets.models import Macro, Ticket, TicketNote, TicketPriority, TicketStatus
from crm_store.tickets.tagging import add_tags, remove_tags


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SetStatus(Step):
    do: Literal["set_status"] = "set_status"
    status: TicketStatus


class SetPriority(Step):
    do: Literal["set_priority"] = "set_priority"
    priority: TicketPriority


class Assign(Step):
    """To somebody, or to whoever applies the macro."""

    do: Literal["assign"] = "assign"
    to: UUID | Literal["me", "nobody"]


class AddTag(Step):
    do: Literal["add_tag"] = "add_tag"
    name: str = Field(min_length=1)


class RemoveTag(Step):
    do: Literal["remove_tag"] = "remove_tag"
    name: str = Field(min_length=1)


class Reply(Step):
    """Written to the requester; {number} and {subject} become the ticket's."""

    do: Literal["reply"] = "reply"
    text: str = Field(min_length=1)


class Remark(Step):
    """Written down among staff."""

    do: Literal["note"] = "note"
    text: str = Field(min_length=1)


AnyStep: TypeAlias = Annotated[
    SetStatus | SetPriority | Assign | AddTag | RemoveTag | Reply | Remark,
    Field(discriminator="do"),
]
STEPS: TypeAdapter[list[AnyStep]] = TypeAdapter(list[AnyStep])


class BadMacro(Invalid):
    """This macro holds a step that tickets do not know."""


@dataclass(frozen=True)
class Applied:
    """What a macro made of a ticket, and what is now to be sent to the requester."""

    ticket: Ticket
    replies: tuple[str, ...] = ()


async def save_macro(
    crm: Crm, name: str, actions: list[Any], *, description: str | None = None,
    is_shared: bool = True,
) -> Macro:  # fmt: skip
    """Keep a macro for everybody, or for oneself; one of the same name is replaced."""
    steps = STEPS.dump_python(read_steps(actions), mode="json")
    if not name.strip():
        raise Invalid("A macro needs a name.")
    member_id = None if is_shared else crm.actor.member_id
    same = Macro.member_id.is_(None) if is_shared else Macro.member_id == member_id
    macro = await crm.macros.first(crm.macros.rows().where(Macro.name == name.strip(), same))
    if macro is None:
        macro = crm.macros.add(Macro(name=name.strip(), member_id=member_id, actions=steps))
    macro.actions, macro.description, macro.is_active = steps, description, True
    await crm.flush()
    return macro


async def apply_macro(
    crm: Crm, ticket_id: UUID, macro_id: UUID, *, at: datetime | None = None
) -> Applied:
    """Make every change of a macro in this transaction: one that cannot be made undoes them all."""
    macro = await crm.macros.get(macro_id)
    if not macro.is_active:
        raise Invalid("This macro has been switched off.")
    ticket = await crm.tickets.get(ticket_id, lock=True)
    at = at or now()
    replies = [
        reply
        for step in read_steps(macro.actions)
        if (reply := await _take(crm, ticket, step, at)) is not None
    ]
    ticket.macro_id, ticket.macro_applied_at = macro.id, at
    await crm.flush()
    return Applied(ticket, tuple(replies))


def read_steps(actions: list[Any]) -> list[AnyStep]:
    if not actions:
        raise Invalid("A macro needs at least one step.")
    try:
        return STEPS.validate_python(actions)
    except ValidationError as error:
        raise BadMacro from error


async def _take(crm: Crm, ticket: Ticket, step: AnyStep, at: datetime) -> str | None:
    """One step; what is to be sent comes back."""
    match step:
        case SetStatus(status=status):
            await change_status(crm, ticket, status, at)
        case SetPriority(priority=priority):
            await change_priority(crm, ticket, priority, at)
        case Assign(to=to):
            ticket.owner_id = _assignee(crm, to)
            await check_references(crm, ticket)
        case AddTag(name=name):
            await add_tags(crm, ticket, name)
        case RemoveTag(name=name):
            await remove_tags(crm, ticket, name)
        case Remark(text=text):
            _write(crm, ticket, text, is_private=True)
        case Reply(text=text):
            reply = text.replace("{number}", str(ticket.number)).replace(
                "{subject}", ticket.subject
            )
            _write(crm, ticket, reply, is_private=False)
            await answer(crm, ticket, at)
            return reply
    return None


def _assignee(crm: Crm, to: UUID | Literal["me", "nobody"]) -> UUID | None:
    if isinstance(to, UUID):
        return to
    return crm.actor.member_id if to == "me" else None


def _write(crm: Crm, ticket: Ticket, body: str, *, is_private: bool) -> None:
    author = crm.actor.member_id
    crm.ticket_notes.add(
        TicketNote(ticket_id=ticket.id, author_id=author, body=body, is_private=is_private)
    )
