"""The kinds of activity every organisation begins with."""

from crm_store.contacts.models import ActivityKind, ActivityType
from crm_store.crm import Crm

TYPES = (
    ("Call", ActivityKind.CALL, "A conversation by telephone"),
    ("Meeting", ActivityKind.MEETING, "Met, in person or by video"),
    ("Visit", ActivityKind.VISIT, "A visit at their home or ours"),
    ("E-mail", ActivityKind.EMAIL_SENT, "A message by e-mail"),
    ("Letter", ActivityKind.LETTER, "A letter by post"),
    ("Event", ActivityKind.EVENT, "Came to an event"),
    ("Follow-up", ActivityKind.FOLLOW_UP, "Something promised"),
)


async def plant(crm: Crm) -> None:
    crm.session.add_all(
        ActivityType(name=name, kind=kind, description=description)
        for name, kind, description in TYPES
    )
