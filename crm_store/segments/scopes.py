"""What somebody must be allowed to read before they may ask a filter: an answer tells facts too."""

from __future__ import annotations

from typing import Any

from crm_store.segments import fields, language
from crm_store.segments.language import walk
from crm_store.segments.models import Subject

OF_SUBJECT = {Subject.DONORS: "donors:read", Subject.PEOPLE: "contacts:read"}
OF_KIND: dict[type[Any], str] = {
    language.Gave: "gifts:read",
    language.SoftCredited: "gifts:read",
    language.Recurring: "gifts:read",
    language.Pledged: "gifts:read",
    language.Consented: "outreach:read",
    language.Suppressed: "outreach:read",
    language.Reachable: "contacts:read",
    language.Tagged: "contacts:read",
    language.Custom: "contacts:read",
    language.Did: "contacts:read",
    language.WasLead: "leads:read",
    language.HadTicket: "tickets:read",
}


def needed(node: Any, subject: Subject) -> set[str]:
    """The scopes of everything a filter speaks of."""
    scopes = {OF_SUBJECT[subject]}
    for part in walk(node):
        if type(part) in OF_KIND:
            scopes.add(OF_KIND[type(part)])
        if getattr(part, "speaks_of_amounts", False):
            scopes.add("amounts:read")
        if isinstance(part, language.Compare):
            whose, field = fields.home(part.field, subject)
            scopes.add(OF_SUBJECT[whose])
            scopes |= {field.scope} if field.scope else set()
            if field.name in fields.LIFETIME:
                scopes.add("gifts:read")
    return scopes
