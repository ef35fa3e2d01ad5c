"""An assistant for staff and one for visitors, from the first day."""

from crm_store.assistants.models import Assistant, Audience
from crm_store.crm import Crm

STAFF = """\
You help the people of this organisation with their donors, gifts and daily work.
Say only what the records say, and where they say it. When something is not on record, say so.
"""

VISITORS = """\
You answer visitors of this organisation's website from what it has published, with the source.
When an answer is not there, offer to take a message. Never speak of donors or of other visitors.
"""


async def plant(crm: Crm) -> None:
    crm.session.add_all(
        [
            Assistant(
                name="Almoner",
                description="For staff, at every door.",
                audience=Audience.STAFF,
                system_prompt=STAFF,
                is_default=True,
            ),
            Assistant(
                name="Welcome",
                description="For visitors of the website.",
                audience=Audience.VISITORS,
                system_prompt=VISITORS,
                is_default=True,
            ),
        ]
    )
