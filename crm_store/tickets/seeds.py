"""Working hours, promises and macros that every organisation begins with."""

from crm_store.base import new_id
from crm_store.crm import Crm
from crm_store.tickets.macros import AddTag, AnyStep, Assign, Remark, Reply, SetPriority, SetStatus
from crm_store.tickets.models import (
    BusinessCalendar,
    Macro,
    SlaPolicy,
    TicketPriority,
    TicketStatus,
)
from crm_store.tickets.sla import org_timezone

HOUR = 60
WORKING_DAY = 8 * HOUR
WEEK = ("mon", "tue", "wed", "thu", "fri")
WEEKS = {"Asia/Jerusalem": ("sun", "mon", "tue", "wed", "thu")}
PROMISES = {
    TicketPriority.URGENT: (1 * HOUR, 1 * WORKING_DAY),
    TicketPriority.HIGH: (4 * HOUR, 2 * WORKING_DAY),
    TicketPriority.NORMAL: (1 * WORKING_DAY, 5 * WORKING_DAY),
    TicketPriority.LOW: (2 * WORKING_DAY, 10 * WORKING_DAY),
}
MACROS: dict[str, list[AnyStep]] = {
    "Take it": [Assign(to="me"), SetStatus(status=TicketStatus.OPEN)],
    "Ask for details": [
        Reply(
            text="Thank you for writing to us. Could you tell us a little more, "
            "so that we can help? Your request has the number #{number}."
        ),
        SetStatus(status=TicketStatus.PENDING),
    ],
    "Send the receipt again": [
        AddTag(name="receipt"),
        Reply(text="We are sending your receipt again. It should be with you shortly."),
        SetStatus(status=TicketStatus.SOLVED),
    ],
    "Thank and solve": [
        Reply(text="Thank you for letting us know. We have taken care of it."),
        SetStatus(status=TicketStatus.SOLVED),
    ],
    "Urgent": [
        SetPriority(priority=TicketPriority.URGENT),
        Remark(text="Marked as urgent."),
    ],
}


async def plant(crm: Crm) -> None:
    zone = await org_timezone(crm)
    calendar = BusinessCalendar(
        id=new_id(),
        name="Office hours",
        timezone=zone,
        hours={day: [["09:00", "17:00"]] for day in WEEKS.get(zone, WEEK)},
        is_default=True,
    )
    policies = (
        SlaPolicy(
            name="Standard",
            priority=priority,
            first_response_minutes=first_response,
            resolution_minutes=resolution,
            calendar_id=calendar.id,
        )
        for priority, (first_response, resolution) in PROMISES.items()
    )
    macros = (
        Macro(name=name, actions=[step.model_dump(mode="json") for step in steps])
        for name, steps in MACROS.items()
    )
    crm.session.add_all([calendar, *policies, *macros])
