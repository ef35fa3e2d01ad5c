"""What a team's days leave behind: leads, deals, tickets, tasks, campaigns, notes."""

from __future__ import annotations

from crm_store.crm import Crm
from crm_store.demo.people import Setting


async def add_work(crm: Crm, setting: Setting) -> None:
    """Months of ordinary work, tied to the donors that are there."""
