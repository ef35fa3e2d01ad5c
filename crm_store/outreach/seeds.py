"""When a new organisation sends, and how often it writes to one person."""

from sqlalchemy import select

from crm_store.crm import Crm
from crm_store.orgs.models import Org
from crm_store.outreach.models import ContactPolicy, SendWindow


async def plant(crm: Crm) -> None:
    timezone = await crm.session.scalar(select(Org.timezone).where(Org.id == crm.actor.org))
    crm.session.add_all([SendWindow(timezone=timezone), ContactPolicy(version=1)])
