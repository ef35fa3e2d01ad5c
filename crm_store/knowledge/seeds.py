"""Two shelves to begin with: one for everybody, one for staff."""

from crm_store.crm import Crm
from crm_store.knowledge.models import Audience, Collection


async def plant(crm: Crm) -> None:
    crm.session.add_all(
        [
            Collection(
                name="Public",
                description="What anybody may be told: the website, the work, how to give.",
                audience=Audience.PUBLIC,
            ),
            Collection(
                name="Staff",
                description="What is for the people who work here.",
                audience=Audience.STAFF,
            ),
        ]
    )
