"""Tickets for tests."""

from typing import Any

from crm_store.crm import Crm
from crm_store.tickets.actions import open_ticket
from crm_store.tickets.models import Ticket


async def make_ticket(crm: Crm, subject: str = "My receipt did not arrive", **more: Any) -> Ticket:
    return await open_ticket(crm, subject, **more)
