"""What a signature does not say: arguments that get a question or a verb past its first door.

Each is a value, or is made from the Crm and the maker of values for our own organisation.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crm_store.channel import Purpose
from crm_store.gifts.circle import Circle
from crm_store.privacy.holdings import Holdings
from crm_store.segments.language import Compare
from tests.crm_store.isolation.trials import Question

MAIL = "someone@probe.example"


NODE = Compare.model_validate({"field": "city", "is": "is", "value": "Limassol"})


def _circle(crm: Any, make: Any) -> Circle:
    return Circle(((make.ident("donors"), None),), frozenset({make.ident("people")}))


QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "segments.condition": {"node": NODE},
    "segments.count_matching": {"node": NODE},
    "segments.matching": {"node": NODE},
    "segments.page_of": {"node": NODE},
    "segments.preview": {"node": NODE},
    "giving.of_circle": {"circle": _circle},
    "people.with_identifier": {"value": MAIL},
    "identifiers.bearing": {"value": MAIL},
}

VERBS: Mapping[str, Mapping[str, Any]] = {
    "audit.actions.forget": {"rows": lambda crm, make: {"people": [make.ident("people")]}},
    "assistants.ledger.propose": {"effect": "write"},
    "assistants.spending.set_budget": {"money_limit": Decimal(5)},
    "campaigns.composing.keep_asset": {"data": b"probe"},
    "contacts.actions.add_person": {"given_name": "Ruth"},
    "contacts.addressing.add_address": {"city": "Limassol"},
    "contacts.identifying.add_identifier": {"value": MAIL},
    "contacts.identifying.mark_bounced": {"value": MAIL},
    "contacts.identifying.refuse_taken": {"value": MAIL},
    "contacts.remarks.write_note": {"person_id": lambda crm, make: make.ident("people")},
    "contacts.remarks.add_image": {"url": "https://probe.example/a.png"},
    "conversations.accounts.allow_sender": {"pattern": MAIL},
    "conversations.details.attach": {"data": b"probe"},
    "conversations.details.record_call": {"direction": "inbound"},
    "deals.pipelines.retire_stage": {"move_to": lambda crm, make: make.ident("stages")},
    "donors.actions.add_donor": {"people": lambda crm, make: [make.ident("people")]},
    "gifts.crediting.credit_softly": {"person_id": lambda crm, make: make.ident("people")},
    "identity.credentials.create_api_key": {"scopes": ["donors:read"]},
    "identity.credentials.link_phone": {"phone_number": "+35724000077"},
    "leads.actions.create_lead": {"email": MAIL},
    "leads.actions.edit_lead": {"email": MAIL},
    "leads.actions.normal_phone": {"phone": "+35724000077"},
    "orgs.actions.switch_feature": {"key": "reports"},
    "outreach.deciding.may_contact": {"person_id": lambda crm, make: make.ident("people")},
    "outreach.deliveries.add_links": {"urls": [("https://probe.example", "probe")]},
    "outreach.drafting.write_draft": {"person_id": lambda crm, make: make.ident("people")},
    "outreach.drafting.cite": {"sources": [{"sentence": "He gave."}]},
    "outreach.mailboxes.connect_mailbox": {"provider": "smtp"},
    "outreach.mailboxes.add_sender_identity": {"value": "probe.example"},
    "outreach.outbox.enqueue": {
        "person_id": lambda crm, make: make.ident("people"),
        "to_address": MAIL,
        "purpose": Purpose.TRANSACTIONAL,
    },
    "research.actions.request_dossier": {"donor_id": lambda crm, make: make.ident("donors")},
    "research.actions.add_fact": {"source_url": "https://probe.example/page"},
    "research.actions.suggest_match": {"source_url": "https://probe.example/page"},
    "segments.actions.save_segment": {"filter": NODE},
    "sequences.actions.add_step": {"body": "Dear friend,"},
    "sequences.automating.make_automation": {"steps": ()},
    "sequences.automating.replace_steps": {"steps": ()},
    "tickets.sla.save_policy": {"first_response_minutes": 60},
}

# Arguments that only the inside of the store can make: the parts of one verb, tried with it.
INNER = {
    "contacts.filling.sound_facts": "is given a model, not a row",
    "contacts.filling.refuse_unseen": "is given a model, not a row",
    "contacts.moving.put_back": "is given what a merge wrote down",
    "conversations.details.add_detail": "is given a new row",
    "references.check_references": "is given a new row",
    "gifts.numbering.issue": "is given what its callers have looked up",
    "importers.keeping.reasons_to_keep": "belongs to undoing an import",
    "importers.loading.start": "is given a file",
    "importers.understanding.understand": "is given a file",
    "importers.writing.recount": "belongs to loading",
    "importers.writing.write_batch": "belongs to loading",
    "imports.actions.begin_import": "is given a file",
    "identity.signing_in.end_sessions": "is given a condition",
}


def is_inner(verb: Question) -> bool:
    """What is found for erasing somebody is handed round inside that one verb."""
    return verb.name in INNER or any(slot.hint is Holdings for slot in verb.slots)
