"""Put in once, claimed by one, decided again at the last moment, never sent twice blindly."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Actor
from crm_store.base import now
from crm_store.channel import Channel, Purpose
from crm_store.contacts.testing import make_household, make_person
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.outreach.actions import (
    MayNotContact,
    Outcome,
    StaleClaim,
    cancel,
    change_contact_policy,
    claim,
    enqueue,
    lapse,
    record_result,
    resolve_unknown,
    suppress,
    withdraw_consent,
)
from crm_store.outreach.models import (
    ConsentSource,
    DeliveryStatus,
    OutboxKind,
    OutboxState,
    SuppressionReason,
)
from crm_store.outreach.testing import make_mailbox, make_outbox
from crm_store.store import Pooling, Store


async def receipt(crm, to="ruth@example.org", key="receipt:1", **more):
    return await enqueue(
        crm,
        OutboxKind.RECEIPT,
        channel=Channel.EMAIL,
        purpose=Purpose.RECEIPT,
        idempotency_key=key,
        to_address=to,
        **more,
    )


async def test_the_same_key_is_the_same_message(crm):
    first, again = await receipt(crm), await receipt(crm, to="other@example.org")
    assert again.id == first.id
    assert again.to_address == "ruth@example.org"


async def test_the_same_key_at_the_same_moment_is_one_message(house):
    async def put() -> object:
        async with house.begin() as crm:
            return (await receipt(crm)).id

    assert len(set(await asyncio.gather(*(put() for _ in range(6))))) == 1


async def test_keys_of_two_organisations_do_not_meet(house, neighbour):
    async with house.begin() as crm, neighbour.begin() as other:
        assert (await receipt(crm)).id != (await receipt(other)).id


async def test_marketing_needs_somebody_who_may_be_written_to(crm):
    ruth = await make_person(crm)
    row = await make_outbox(crm, ruth.id)
    decision = await crm.contact_decisions.get(row.decision_id)
    assert (decision.allowed, decision.person_id, decision.address) == (
        True,
        ruth.id,
        row.to_address,
    )
    await withdraw_consent(crm, ruth.id, ConsentSource.EMAIL)
    with pytest.raises(MayNotContact, match="withdrew their consent"):
        await make_outbox(crm, ruth.id)
    with pytest.raises(Invalid):
        await make_outbox(crm, None)


async def test_what_is_too_soon_waits_instead_of_being_lost(crm):
    ruth = await make_person(crm)
    first = await make_outbox(crm, ruth.id)
    (claimed,) = await claim(crm, "w1")
    await record_result(crm, first.id, claimed.fence, Outcome.SENT)
    second = await make_outbox(crm, ruth.id)
    assert second.not_before == claimed.delivery.queued_at + timedelta(days=3)
    assert (await crm.contact_decisions.get(second.decision_id)).allowed


async def test_only_one_worker_gets_a_message(house):
    async with house.begin() as crm:
        for number in range(20):
            await receipt(crm, key=f"r{number}")

    async def work(name: str) -> list[object]:
        async with house.begin() as crm:
            claims = await claim(crm, name, limit=6)
            await asyncio.sleep(0.05)
            return [one.outbox.id for one in claims]

    taken = [
        one for some in await asyncio.gather(*(work(f"w{n}") for n in range(4))) for one in some
    ]
    assert len(taken) == len(set(taken)) == 20


async def test_what_is_not_due_or_too_late_is_not_claimed(crm):
    at = now()
    await receipt(crm, key="later", not_before=at + timedelta(hours=1))
    late = await receipt(crm, key="late", expires_at=at + timedelta(minutes=1))
    assert [c.outbox.id for c in await claim(crm, "w", at=at + timedelta(minutes=2))] == []
    assert late.state is OutboxState.CANCELLED
    assert late.error_message == "It was too late to send this."


async def test_a_result_counts_once_and_only_from_the_latest_claim(crm):
    row = await receipt(crm)
    (held,) = await claim(crm, "w1")
    await record_result(crm, row.id, held.fence, Outcome.SENT, provider_message_id="<m1>")
    assert row.state is OutboxState.SENT
    assert (await crm.deliveries.by_provider_id("<m1>")).status is DeliveryStatus.SENT
    again = await record_result(crm, row.id, held.fence, Outcome.SENT)
    assert again.sent_at == row.sent_at
    for fence, outcome in ((held.fence - 1, Outcome.SENT), (held.fence, Outcome.REFUSED)):
        with pytest.raises(StaleClaim):
            await record_result(crm, row.id, fence, outcome)


async def test_a_lapsed_claim_is_unknown_and_never_sent_again_by_itself(crm):
    row = await receipt(crm)
    at = now()
    (held,) = await claim(crm, "w1", lease=timedelta(minutes=1), at=at)
    assert await lapse(crm, at=at) == []
    later = at + timedelta(minutes=2)
    assert [one.id for one in await lapse(crm, at=later)] == [row.id]
    assert row.state is OutboxState.UNKNOWN
    assert await claim(crm, "w2", at=at + timedelta(days=30)) == []
    assert [one.id for one in (await crm.outbox.unresolved()).rows] == [row.id]
    await record_result(crm, row.id, held.fence, Outcome.SENT)
    assert row.state is OutboxState.SENT


async def test_somebody_may_look_up_what_became_of_it(crm):
    row = await receipt(crm)
    (held,) = await claim(crm, "w1")
    await record_result(crm, row.id, held.fence, Outcome.UNKNOWN, error="timed out after DATA")
    assert row.state is OutboxState.UNKNOWN
    await resolve_unknown(crm, row.id, was_sent=False)
    assert row.state is OutboxState.FAILED
    with pytest.raises(Conflict):
        await resolve_unknown(crm, row.id, was_sent=True)


async def test_what_surely_did_not_go_is_tried_again_a_few_times(crm):
    row, at = await receipt(crm), now()
    for attempt in (1, 2, 3):
        (held,) = await claim(crm, "w", at=at)
        assert held.fence == attempt
        await record_result(crm, row.id, held.fence, Outcome.TRY_AGAIN, error="421", at=at)
        assert await claim(crm, "w", at=at + timedelta(minutes=4)) == []
        at += timedelta(hours=2)
    assert (row.state, row.attempts) == (OutboxState.FAILED, 3)
    failed = [d.status for d in await crm.deliveries.all()]
    assert failed == [DeliveryStatus.FAILED] * 3


async def test_after_a_stop_even_what_was_queued_stays(crm):
    ruth = await make_person(crm, email="ruth@example.org")
    asked, unasked = await receipt(crm), await make_outbox(crm, ruth.id)
    await suppress(crm, Channel.EMAIL, "ruth@example.org", SuppressionReason.UNSUBSCRIBED)
    assert [c.outbox.id for c in await claim(crm, "w")] == [asked.id]
    assert unasked.state is OutboxState.CANCELLED
    assert unasked.error_message == "They unsubscribed."


async def test_nothing_at_all_goes_to_an_address_that_is_dead(crm):
    row = await receipt(crm)
    await suppress(crm, Channel.EMAIL, "ruth@example.org", SuppressionReason.HARD_BOUNCE)
    assert await claim(crm, "w") == []
    assert row.error_message == "The address is not written to any more: hard bounce."


async def test_one_claim_never_writes_twice_to_a_household(crm):
    ruth, david = await make_person(crm), await make_person(crm, "David Cohen")
    await make_household(crm, ruth, david)
    await change_contact_policy(crm, max_per_household=1)
    rows = [await make_outbox(crm, one.id) for one in (ruth, david)]
    assert len(await claim(crm, "w")) == 1
    assert await claim(crm, "w") == []
    assert sorted(row.state.value for row in rows) == ["claimed", "pending"]


async def test_two_workers_at_once_keep_to_the_limit_of_one_person(house):
    async with house.begin() as crm:
        await change_contact_policy(crm, max_per_period=2, min_days_between=0)
        ruth = await make_person(crm)
        for _ in range(6):
            await make_outbox(crm, ruth.id)

    async def work(name: str) -> int:
        sent = 0
        for _ in range(3):
            async with house.begin() as crm:
                sent += len(await claim(crm, name, limit=1))
        return sent

    assert sum(await asyncio.gather(*(work(f"w{n}") for n in range(4)))) == 2


async def test_a_refusal_that_commits_while_a_claim_waits_still_counts(house):
    async with house.begin() as crm:
        ruth = await make_person(crm)
        row = await make_outbox(crm, ruth.id)
    begun = now()
    async with house.begin() as crm:
        await withdraw_consent(crm, ruth.id, ConsentSource.EMAIL)

        async def work() -> int:
            async with house.begin() as other:
                return len(await claim(other, "w", at=max(begun, row.not_before)))

        waiting = asyncio.create_task(work())
        await asyncio.sleep(0.3)
        assert not waiting.done()
    assert await waiting == 0


async def test_a_mailbox_sends_no_more_than_its_day_allows(house):
    async with house.begin() as crm:
        box = await make_mailbox(crm, daily_limit=5)
        for number in range(12):
            await receipt(crm, key=f"r{number}", mailbox_id=box.id)

    async def work(name: str) -> int:
        async with house.begin() as crm:
            return len(await claim(crm, name, limit=4))

    assert sum(await asyncio.gather(*(work(f"w{n}") for n in range(3)))) == 5
    async with house.begin() as crm:
        assert (await crm.mailboxes.get(box.id)).sent_today == 5
        assert len(await claim(crm, "w", at=now() + timedelta(days=1, hours=1))) == 5


async def test_a_message_can_be_taken_back_until_it_is_claimed(crm):
    row = await receipt(crm)
    assert (await cancel(crm, row.id)).state is OutboxState.CANCELLED
    assert await claim(crm, "w") == []
    other = await receipt(crm, key="r2")
    await claim(crm, "w")
    with pytest.raises(Conflict):
        await cancel(crm, other.id)


ROW = """
    INSERT INTO outbox (org_id, id, kind, channel, purpose, idempotency_key, state, person_id,
        to_address, decision_id, not_before, fence, attempts, max_attempts)
    SELECT :org, gen_random_uuid(), 'workflow', :channel, :purpose, gen_random_uuid()::text,
        'pending', CAST(:person AS uuid), :address, CAST(:decision AS uuid), now(), 0, 0, 3
"""


@pytest.mark.parametrize(
    "change",
    [
        {"decision": None},
        {"purpose": "newsletter"},
        {"channel": "whatsapp"},
        {"address": "somebody@else.example"},
        {"person": "other"},
        {"decision": "refused"},
    ],
    ids=str,
)
async def test_the_database_takes_no_marketing_without_its_own_positive_decision(house, change):
    async with house.begin() as crm:
        ruth, dana = await make_person(crm), await make_person(crm, "Dana Levi")
        dana.do_not_contact = True
        good = await make_outbox(crm, ruth.id)
        from_dana = await refused(crm, dana)
        facts = {
            "org": crm.actor.org,
            "channel": "email",
            "purpose": "appeal",
            "person": ruth.id,
            "address": good.to_address,
            "decision": good.decision_id,
        }
        special = {"other": dana.id, "refused": from_dana}
        await crm.session.execute(text(ROW), facts)
    async with house.begin() as crm:
        with pytest.raises(DBAPIError):
            await crm.session.execute(
                text(ROW), facts | {k: special.get(v, v) for k, v in change.items()}
            )
        await crm.session.rollback()


async def refused(crm, person):
    with pytest.raises(Refused):
        await make_outbox(crm, person.id)
    return (await crm.contact_decisions.about(person.id)).rows[0].id


async def test_whoever_may_not_write_may_not_claim(house):
    reader = house.actor(scopes=frozenset({"outreach:read"}))
    async with house.begin(reader) as crm:
        with pytest.raises(Refused):
            await claim(crm, "w")
    async with house.begin(Actor.system(house.org_id)) as crm:
        assert await claim(crm, "w") == []


async def test_nothing_can_be_claimed_while_sending_is_held(urls, store, house):
    async with house.begin() as crm:
        await receipt(crm)
    silent = await Store.open(urls, store.keyring, Pooling(size=1, sending=False))
    try:
        async with silent.begin(house.director) as crm:
            assert await claim(crm, "worker") == []
    finally:
        await silent.close()
    async with house.begin() as crm:
        assert len(await claim(crm, "worker")) == 1
