"""What comes back is counted once, told apart from machines, and has its effect."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from crm_store.actor import Actor, Door, Kind
from crm_store.base import now
from crm_store.campaigns.actions import claim_recipients, lapse_recipients
from crm_store.campaigns.models import RecipientState
from crm_store.campaigns.testing import make_campaign
from crm_store.channel import Channel
from crm_store.contacts.testing import make_person
from crm_store.errors import Invalid
from crm_store.outreach.actions import (
    Outcome,
    add_links,
    claim,
    record_event,
    record_result,
    unsubscribe,
)
from crm_store.outreach.machines import is_machine
from crm_store.outreach.models import (
    BounceKind,
    ConsentState,
    DeliveryStatus,
    OutboxState,
    TrackingKind,
)
from crm_store.outreach.testing import make_outbox
from crm_store.sequences.actions import enrol
from crm_store.sequences.models import EnrolmentStatus
from crm_store.sequences.testing import make_sequence

READER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15"


async def sent(crm, name="Ruth Cohen", at=None):
    """A message that went to somebody; its delivery."""
    person = await make_person(crm, name)
    await make_outbox(crm, person.id)
    (held,) = await claim(crm, "w")
    at = at or now() - timedelta(hours=1)
    await record_result(crm, held.outbox.id, held.fence, Outcome.SENT, at=at)
    return held.delivery


async def test_a_report_is_counted_once(crm):
    delivery = await sent(crm)
    first = await record_event(crm, delivery.id, TrackingKind.OPEN, provider_event_id="e1")
    again = await record_event(crm, delivery.id, TrackingKind.OPEN, provider_event_id="e1")
    assert (first is not None, again) == (True, None)
    assert len(await crm.tracking_events.of_delivery(delivery.id)) == 1


async def test_every_order_of_reports_leaves_the_same_delivery(crm):
    start, rows = now(), set()
    reports = [TrackingKind.SENT, TrackingKind.DELIVERED, TrackingKind.OPEN, TrackingKind.COMPLAINT]
    for number, order in enumerate(permutations(reports)):
        delivery = await sent(crm, f"P{number} Cohen", at=start)
        for kind in order:
            at = start + timedelta(minutes=reports.index(kind))
            await record_event(crm, delivery.id, kind, at=at)
        rows.add((delivery.status, delivery.sent_at, delivery.delivered_at))
    assert rows == {(DeliveryStatus.COMPLAINED, start, start + timedelta(minutes=1))}


@pytest.mark.parametrize(
    ("kind", "agent", "seconds", "method", "machine"),
    [
        (TrackingKind.OPEN, READER, 900, "GET", False),
        (TrackingKind.OPEN, READER, 1, "GET", True),
        (TrackingKind.OPEN, "Mozilla/5.0", 900, "GET", True),
        (TrackingKind.OPEN, "Mozilla/5.0 (via ggpht.com GoogleImageProxy)", 900, "GET", True),
        (TrackingKind.CLICK, READER, 900, "HEAD", True),
        (TrackingKind.CLICK, None, 900, "GET", True),
        (TrackingKind.CLICK, "python-requests/2.31", 900, "GET", True),
        (TrackingKind.CLICK, "Barracuda Sentinel (EE)", 900, "GET", True),
        (TrackingKind.CLICK, READER, 900, "GET", False),
        (TrackingKind.REPLY, None, 1, "GET", False),
    ],
)
def test_machines_are_told_from_readers(kind, agent, seconds, method, machine):
    at = now()
    assert is_machine(kind, at, at - timedelta(seconds=seconds), agent, method) is machine


async def test_going_through_all_links_at_once_is_a_machine(crm):
    delivery, at = await sent(crm), now()
    links = await add_links(
        crm, delivery.id, [("https://h.example/a", "A"), ("https://h.example/b", "B")]
    )
    for place, link in enumerate(links):
        await record_event(
            crm,
            delivery.id,
            TrackingKind.CLICK,
            link_id=link.id,
            at=at + timedelta(milliseconds=place * 300),
            user_agent=READER,
        )
    later = await record_event(
        crm,
        delivery.id,
        TrackingKind.CLICK,
        link_id=links[0].id,
        at=at + timedelta(minutes=5),
        user_agent=READER,
    )
    events = await crm.tracking_events.of_delivery(delivery.id)
    assert [event.is_machine for event in events] == [True, True, False]
    assert later.link_url == "https://h.example/a"
    assert (await crm.links.by_tracking_key(links[1].tracking_key)).label == "B"


async def test_links_lead_to_the_web_and_belong_to_their_message(crm):
    one, other = await sent(crm), await sent(crm, "Dana Levi")
    for bad in ("javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "//h.example"):
        with pytest.raises(Invalid):
            await add_links(crm, one.id, [(bad, "x")])
    (link,) = await add_links(crm, one.id, [("https://h.example", "h")])
    with pytest.raises(Invalid):
        await record_event(crm, other.id, TrackingKind.CLICK, link_id=link.id)


async def test_a_hard_bounce_closes_the_address_and_a_soft_one_does_not(crm):
    soft, hard = await sent(crm), await sent(crm, "Dana Levi")
    await record_event(crm, soft.id, TrackingKind.BOUNCE, bounce_kind=BounceKind.SOFT)
    await record_event(crm, hard.id, TrackingKind.BOUNCE, bounce_kind=BounceKind.HARD)
    standing = crm.suppressions.standing
    assert await standing(Channel.EMAIL, soft.to_address) == []
    assert len(await standing(Channel.EMAIL, hard.to_address)) == 1
    assert hard.status is DeliveryStatus.BOUNCED


async def test_a_way_out_is_taken_once_and_withdraws_consent(crm):
    delivery = await sent(crm)
    await unsubscribe(crm, delivery.id, note="Too many letters")
    await unsubscribe(crm, delivery.id)
    (standing,) = await crm.suppressions.standing(Channel.EMAIL, delivery.to_address)
    assert standing.note == "Too many letters"
    assert len(await crm.tracking_events.of_delivery(delivery.id)) == 1
    (said,) = await crm.consents.of_person(delivery.person_id)
    assert (said.state, said.channel) == (ConsentState.WITHDRAWN, Channel.EMAIL)


async def test_a_report_settles_what_nobody_knew(crm):
    ruth = await make_person(crm)
    row = await make_outbox(crm, ruth.id)
    (held,) = await claim(crm, "w")
    await record_result(crm, row.id, held.fence, Outcome.UNKNOWN)
    await record_event(crm, held.delivery.id, TrackingKind.DELIVERED)
    assert row.state is OutboxState.SENT


async def test_a_report_settles_a_campaigns_recipient_too(crm):
    campaign = await make_campaign(crm, people=[(await make_person(crm)).id])
    (held,) = await claim_recipients(crm, campaign.id, "w")
    await lapse_recipients(crm, at=now() + timedelta(hours=1))
    await record_event(crm, held.delivery.id, TrackingKind.DELIVERED)
    assert held.recipient.state is RecipientState.ACCEPTED


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (TrackingKind.REPLY, EnrolmentStatus.REPLIED),
        (TrackingKind.BOUNCE, EnrolmentStatus.BOUNCED),
        (TrackingKind.UNSUBSCRIBE, EnrolmentStatus.UNSUBSCRIBED),
        (TrackingKind.COMPLAINT, EnrolmentStatus.UNSUBSCRIBED),
        (TrackingKind.OPEN, EnrolmentStatus.ACTIVE),
    ],
)
async def test_what_comes_back_ends_their_sequences(house, kind, status):
    async with house.begin() as crm:
        delivery = await sent(crm)
        place = await enrol(crm, (await make_sequence(crm)).id, delivery.person_id)
    sender = house.actor(scopes=frozenset({"outreach:read", "outreach:write"}))
    async with house.begin(sender) as crm:
        await record_event(crm, delivery.id, kind)
    async with house.begin() as crm:
        assert (await crm.enrolments.get(place.id)).status is status


async def test_a_tracking_key_leads_to_its_organisation_and_nothing_else(store, house):
    async with house.begin() as crm:
        delivery = await sent(crm)
    async with store.begin(Actor(Kind.SIGNING_IN, Door.API)) as crm:
        asked = select(func.org_by_tracking_id(delivery.tracking_key))
        assert str(house.org_id) in str((await crm.session.execute(asked)).scalars().all())
        guess = select(func.org_by_tracking_id("guess"))
        assert (await crm.session.execute(guess)).scalars().all() == []
