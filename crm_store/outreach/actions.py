"""Everything that can be done about writing to people, by what it is done to."""

from crm_store.outreach.claiming import Claim, claim
from crm_store.outreach.consenting import change_contact_policy, give_consent, withdraw_consent
from crm_store.outreach.deciding import decide, may_contact, record_past_sends
from crm_store.outreach.deliveries import add_links
from crm_store.outreach.drafting import (
    NotApproved,
    approve_draft,
    cancel_draft,
    cite,
    edit_draft,
    keep_example,
    move_session,
    reject_draft,
    schedule_draft,
    start_session,
    write_draft,
)
from crm_store.outreach.keywords import heed_keyword
from crm_store.outreach.mailboxes import (
    NotOurs,
    add_sender_identity,
    connect_mailbox,
    disconnect_mailbox,
    mark_identity,
    need_sender,
)
from crm_store.outreach.outbox import (
    MayNotContact,
    Outcome,
    StaleClaim,
    cancel,
    enqueue,
    lapse,
    record_result,
    resolve_unknown,
)
from crm_store.outreach.suppressing import (
    OnlyTheContact,
    forget_address,
    lift_suppression,
    reopen,
    suppress,
)
from crm_store.outreach.tracking import record_event, unsubscribe
from crm_store.outreach.windows import (
    NoSlot,
    next_slot,
    pause_window,
    release_slot,
    reserve_slot,
    set_window,
)

__all__ = [
    "Claim",
    "MayNotContact",
    "NoSlot",
    "NotApproved",
    "NotOurs",
    "OnlyTheContact",
    "Outcome",
    "StaleClaim",
    "add_links",
    "add_sender_identity",
    "approve_draft",
    "cancel",
    "cancel_draft",
    "change_contact_policy",
    "cite",
    "claim",
    "connect_mailbox",
    "decide",
    "disconnect_mailbox",
    "edit_draft",
    "enqueue",
    "forget_address",
    "give_consent",
    "heed_keyword",
    "keep_example",
    "lapse",
    "lift_suppression",
    "mark_identity",
    "may_contact",
    "move_session",
    "need_sender",
    "next_slot",
    "pause_window",
    "record_event",
    "record_past_sends",
    "record_result",
    "reject_draft",
    "release_slot",
    "reopen",
    "reserve_slot",
    "resolve_unknown",
    "schedule_draft",
    "set_window",
    "start_session",
    "suppress",
    "unsubscribe",
    "withdraw_consent",
    "write_draft",
]
