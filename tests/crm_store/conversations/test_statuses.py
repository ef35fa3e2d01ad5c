"""Reports on a message end in the same state whichever order they arrive in."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_store.base import now
from crm_store.channel import Channel
from crm_store.conversations.actions import record_status, reply
from crm_store.conversations.models import MessageStatus
from crm_store.conversations.testing import make_conversation

REPORTS = (
    MessageStatus.QUEUED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.FAILED,
)


@given(*[st.sampled_from(MessageStatus)] * 3)
def test_statuses_join_like_a_lattice(a, b, c):
    assert a.joined(b) is b.joined(a)
    assert a.joined(a) is a
    assert a.joined(b).joined(c) is a.joined(b.joined(c))


@pytest.mark.parametrize(
    ("reports", "end"),
    [
        (REPORTS, MessageStatus.READ),
        (("queued", "sent", "failed"), MessageStatus.FAILED),
        (("sent", "failed", "delivered"), MessageStatus.DELIVERED),
        (("queued", "sent", "delivered"), MessageStatus.DELIVERED),
        (("failed", "failed"), MessageStatus.FAILED),
    ],
)
def test_every_order_of_reports_ends_the_same(reports, end):
    for order in permutations(map(MessageStatus, reports)):
        state = MessageStatus.QUEUED
        for report in order:
            state = state.joined(report)
        assert state is end


async def test_every_order_of_callbacks_leaves_the_same_row(crm):
    thread, start = await make_conversation(crm, Channel.WHATSAPP), now()
    times = {status: start + timedelta(minutes=n) for n, status in enumerate(REPORTS)}
    rows = set()
    for number, order in enumerate(permutations(REPORTS)):
        sid = f"SM{number}"
        await reply(crm, thread.id, "Thank you", provider_message_id=sid)
        for status in (*order, *order):
            found = await record_status(
                crm, Channel.WHATSAPP, sid, status, at=times[status], error_code="63016"
            )
        rows.add(
            (found.status, found.delivered_at, found.read_at, found.failed_at, found.error_code)
        )
    assert len(rows) == 1
    assert next(iter(rows))[0] is MessageStatus.READ


async def test_of_two_failures_the_first_is_kept_in_any_order(crm):
    thread, start = await make_conversation(crm, Channel.WHATSAPP), now()
    failures = [(start, "63016"), (start + timedelta(minutes=1), "63018")]
    for number, order in enumerate(permutations(failures)):
        await reply(crm, thread.id, "Hi", provider_message_id=f"F{number}")
        for at, code in order:
            found = await record_status(
                crm, Channel.WHATSAPP, f"F{number}", MessageStatus.FAILED, at=at, error_code=code
            )
        assert (found.status, found.error_code) == (MessageStatus.FAILED, "63016")


async def test_a_report_on_an_unknown_message_says_so(crm):
    assert await record_status(crm, Channel.WHATSAPP, "SMnone", MessageStatus.READ) is None
