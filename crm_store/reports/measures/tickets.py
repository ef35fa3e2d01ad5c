"""Tickets: how many come and wait, how soon they are answered and solved, and promises broken."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, or_

from crm_store.reports.cuts import owner_cuts
from crm_store.reports.facts import Cut, Happening, Standing, owned
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.plan import CLOSES, NOW, on_day
from crm_store.repository import reach_of
from crm_store.tickets.models import Ticket

OF_TICKETS: dict[str, Any] = {
    "model": Ticket,
    "where": (Ticket.merged_into_id.is_(None),),
    "subject": owned("tickets", Ticket),
    "seen": lambda actor: reach_of(actor, Ticket),
    "cuts": {
        **owner_cuts(Ticket),
        "ticket_status": Cut(Ticket.status),
        "ticket_priority": Cut(Ticket.priority),
        "channel": Cut(Ticket.channel),
    },
}
TICKETS = Happening(noun="tickets", moment=Ticket.created_at, **OF_TICKETS)
SOLVED = Happening(noun="solved tickets", moment=Ticket.solved_at, **OF_TICKETS)
BACKLOG = Standing(
    noun="unsolved tickets",
    since=on_day(Ticket.created_at),
    stands=and_(
        on_day(Ticket.created_at) <= CLOSES,
        or_(Ticket.solved_at.is_(None), on_day(Ticket.solved_at) > CLOSES),
    ),
    **OF_TICKETS,
)
PROMISED = or_(Ticket.first_response_minutes.is_not(None), Ticket.resolution_minutes.is_not(None))
BROKEN = or_(
    Ticket.first_response_due_at < NOW,
    Ticket.first_response_left < 0,
    Ticket.resolution_due_at < NOW,
    Ticket.resolution_left < 0,
)
ANSWER_HOURS = func.extract("epoch", Ticket.first_responded_at - Ticket.created_at) / 3600
SOLUTION_HOURS = func.extract("epoch", Ticket.solved_at - Ticket.created_at) / 3600

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="tickets",
        also=("new_tickets", "tickets_opened", "ticket_count"),
        definition="Tickets that came in during the period; those merged into another do not "
        "count.",
        fact=TICKETS,
        value=func.count(),
    ),
    Figure(
        name="tickets_solved",
        also=("solved_tickets", "tickets_closed"),
        definition="Tickets solved in the period, by the day they were last solved; those opened "
        "again since or merged into another do not count.",
        fact=SOLVED,
        value=func.count(),
    ),
    Figure(
        name="ticket_backlog",
        also=("backlog", "open_tickets", "unsolved_tickets"),
        definition="Tickets that had come in by the end of the period, or today if that is "
        "earlier, and were not solved by then; those merged into another do not count.",
        fact=BACKLOG,
        value=func.count(),
    ),
    Figure(
        name="first_response_hours",
        title="Hours to first response",
        also=("first_response_time", "response_time"),
        definition="The average number of hours by the clock, nights and holidays included, from "
        "when a ticket came in until its first answer, over the tickets that came in during the "
        "period and have been answered.",
        unit=Unit.HOURS,
        fact=TICKETS,
        value=func.avg(ANSWER_HOURS),
        is_total=False,
    ),
    Figure(
        name="resolution_hours",
        title="Hours to resolution",
        also=("resolution_time", "time_to_resolution"),
        definition="The average number of hours by the clock, nights and holidays included, from "
        "when a ticket came in until it was solved, over the tickets that came in during the "
        "period and stand as solved.",
        unit=Unit.HOURS,
        fact=TICKETS,
        value=func.avg(SOLUTION_HOURS),
        is_total=False,
    ),
    Figure(
        name="tickets_with_promise",
        definition="Tickets that came in during the period for which a policy promises an answer "
        "or a solution within a time.",
        fact=TICKETS,
        value=func.count().filter(PROMISED),
    ),
    Figure(
        name="sla_breaches",
        title="SLA breaches",
        also=("breaches", "sla_breached"),
        definition="Tickets that came in during the period whose first answer or solution came, or "
        "is by now, later in working time than the policy promises.",
        fact=TICKETS,
        value=func.count().filter(and_(PROMISED, BROKEN)),
    ),
    Ratio(
        name="sla_breach_rate",
        title="SLA breach rate",
        definition="Of the tickets that came in during the period with a promise, the share whose "
        "promise was or is by now broken.",
        of="sla_breaches",
        per="tickets_with_promise",
    ),
    Figure(
        name="tickets_reopened",
        also=("reopened_tickets",),
        definition="Tickets that came in during the period and have been opened again at least "
        "once after being solved.",
        fact=TICKETS,
        value=func.count().filter(Ticket.reopened_count > 0),
    ),
    Figure(
        name="tickets_escalated",
        also=("escalations",),
        definition="Tickets that came in during the period and have been escalated.",
        fact=TICKETS,
        value=func.count().filter(Ticket.escalated_at.is_not(None)),
    ),
)
