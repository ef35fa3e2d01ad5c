"""Writing to people: drafts, the outbox, what came of it, and whether we may write at all."""

from __future__ import annotations

from crm_store.outreach.consent_models import (
    Consent,
    ConsentSource,
    ConsentState,
    ContactDecision,
    ContactPolicy,
    Suppression,
    SuppressionReason,
)
from crm_store.outreach.draft_models import (
    Draft,
    DraftingSession,
    DraftSource,
    DraftStatus,
    SendSlot,
    SendWindow,
    SessionStatus,
    StyleExample,
)
from crm_store.outreach.mailbox_models import (
    IdentityKind,
    IdentityStatus,
    Mailbox,
    MailProvider,
    SenderIdentity,
)
from crm_store.outreach.sending_models import (
    BounceKind,
    Delivery,
    DeliveryStatus,
    Link,
    Outbox,
    OutboxKind,
    OutboxState,
    TrackingEvent,
    TrackingKind,
)

__all__ = [
    "BounceKind",
    "Consent",
    "ConsentSource",
    "ConsentState",
    "ContactDecision",
    "ContactPolicy",
    "Delivery",
    "DeliveryStatus",
    "Draft",
    "DraftSource",
    "DraftStatus",
    "DraftingSession",
    "IdentityKind",
    "IdentityStatus",
    "Link",
    "MailProvider",
    "Mailbox",
    "Outbox",
    "OutboxKind",
    "OutboxState",
    "SendSlot",
    "SendWindow",
    "SenderIdentity",
    "SessionStatus",
    "StyleExample",
    "Suppression",
    "SuppressionReason",
    "TrackingEvent",
    "TrackingKind",
]
