"""Proposed under a number, decided by those entitled on exactly what they saw, done once."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Actor, DatabaseRole, Door
from crm_store.assistants.ledger import (
    APPROVAL_LASTS,
    ChangedSince,
    Expired,
    NeedsAnother,
    Twice,
    decide,
    edit_proposal,
    execute_once,
    expire_proposals,
    mark_undone,
    propose,
    record_outcome,
)
from crm_store.assistants.models import AlreadyDecided, Effect, ProposalStatus, Verdict
from crm_store.assistants.testing import make_colleague, make_proposal
from crm_store.assistants.views import DecisionView, ProposalView
from crm_store.base import now
from crm_store.errors import Conflict, Invalid, NotFound, Refused

STAFF = frozenset({"assistants:read", "donors:read", "donors:write"})


@pytest.fixture
async def noa(house):
    """She may ask, and decides nothing."""
    return await make_colleague(house, scopes=STAFF)


@pytest.fixture
async def tal(house):
    """He may decide."""
    return await make_colleague(house, "Tal", STAFF | {"approvals:decide"})


async def _proposed(house, actor, **more):
    async with house.begin(actor) as crm:
        return await make_proposal(crm, **more)


async def _say(house, actor, proposal, verdict=Verdict.APPROVE, **more):
    async with house.begin(actor) as crm:
        return await decide(crm, proposal.number, verdict, proposal.arguments_hash, **more)


async def _status(house, proposal):
    async with house.begin() as crm:
        return (await crm.proposals.get(proposal.id)).status


async def test_proposals_are_numbered_from_one_without_gaps_in_each_organisation(house, neighbour):
    async def ask(where):
        async with where.begin() as crm:
            return (await make_proposal(crm)).number

    numbers = await asyncio.gather(*(ask(house) for _ in range(12)), ask(neighbour))
    assert sorted(numbers[:12]) == list(range(1, 13))
    assert numbers[12] == 1


async def test_one_entitled_word_approves(house, noa, tal):
    proposal = await _proposed(house, noa)
    decided = await _say(house, tal, proposal)
    assert (decided.status, decided.asked_by) == (ProposalStatus.APPROVED, noa.member_id)
    async with house.begin() as crm:
        [word] = await crm.decisions.on(proposal.id)
        shown = DecisionView.of(word)
        assert (shown.member_id, shown.door, shown.verdict) == (tal.member_id, "desk", "approve")


async def test_any_door_will_do(house, noa, tal):
    proposal = await _proposed(house, noa)
    phone = Actor(
        tal.kind, Door.WHATSAPP, tal.org_id, tal.member_id, tal.user_id, scopes=tal.scopes
    )
    assert (await _say(house, phone, proposal)).status is ProposalStatus.APPROVED


async def test_whoever_lacks_the_right_cannot_decide(house, noa):
    proposal = await _proposed(house, noa)
    with pytest.raises(Refused, match="You may not decide approvals"):
        await _say(house, noa, proposal)
    stranger = await make_colleague(house, "Gil", STAFF)
    with pytest.raises(NotFound):
        await _say(house, stranger, proposal)
    assert await _status(house, proposal) is ProposalStatus.PENDING


@pytest.mark.parametrize("scope", ["assistants:write", "assistants:read", "gifts:write"])
async def test_the_ledgers_own_rights_entitle_nobody(house, noa, scope):
    """The verbs borrow rights on the ledger's tables; a proposal may ask for those very rights."""
    proposal = await _proposed(house, house.director, scope=scope)
    stranger = await make_colleague(house, "Gil", STAFF - {scope})
    with pytest.raises((NotFound, Refused)):
        await _say(house, stranger, proposal)
    with pytest.raises((NotFound, Refused)):
        async with house.begin(stranger) as crm:
            await edit_proposal(crm, proposal.number, {}, "Nothing.")
    with pytest.raises((NotFound, Refused)):
        async with house.begin(stranger) as crm:
            await execute_once(crm, proposal.id)


async def test_no_program_and_no_visitor_decides(house, noa):
    proposal = await _proposed(house, noa)
    for actor in (Actor.system(house.org_id), house.actor(member_id=None)):
        with pytest.raises(Refused, match="Only a member of staff"):
            await _say(house, actor, proposal)


async def test_one_no_is_enough(house, noa, tal):
    proposal = await _proposed(house, noa, quorum=2)
    assert (await _say(house, tal, proposal, Verdict.REJECT)).status is ProposalStatus.REJECTED
    with pytest.raises(AlreadyDecided, match="#1 is rejected already"):
        await _say(house, house.director, proposal)


async def test_a_quorum_is_so_many_different_people(house, noa, tal):
    proposal = await _proposed(house, noa, quorum=2)
    assert (await _say(house, tal, proposal)).status is ProposalStatus.PENDING
    with pytest.raises(Twice):
        await _say(house, tal, proposal)
    assert (await _say(house, house.director, proposal)).status is ProposalStatus.APPROVED


async def test_four_eyes_means_two_people(house, tal):
    proposal = await _proposed(house, tal, needs_another=True, effect=Effect.DESTROY)
    with pytest.raises(NeedsAnother):
        await _say(house, tal, proposal)
    assert (await _say(house, house.director, proposal)).status is ProposalStatus.APPROVED
    other = await _proposed(house, tal, needs_another=True)
    assert (await _say(house, tal, other, Verdict.REJECT)).status is ProposalStatus.REJECTED


async def test_nobody_decides_on_other_words_than_they_saw(house, noa, tal):
    proposal = await _proposed(house, noa)
    async with house.begin(noa) as crm:
        edited = await edit_proposal(crm, 1, {"tag": "Gala", "count": 41}, "Tag 41 donors.")
    with pytest.raises(ChangedSince):
        await _say(house, tal, proposal)
    assert (await _say(house, tal, edited)).status is ProposalStatus.APPROVED
    async with house.begin() as crm:
        told = [(p.revision, p.status) for p in await crm.proposals.revisions(1)]
        assert told == [(1, "superseded"), (2, "approved")]
        assert (await crm.proposals.numbered(1)).id == edited.id


async def test_an_edit_takes_back_the_words_given_before(house, noa, tal):
    proposal = await _proposed(house, noa, quorum=2)
    await _say(house, tal, proposal)
    async with house.begin(tal) as crm:
        edited = await edit_proposal(crm, 1, {"count": 3}, "Tag 3 donors.")
    assert edited.expires_at == proposal.expires_at
    assert (await _say(house, house.director, edited)).status is ProposalStatus.PENDING
    assert (await _say(house, tal, edited)).status is ProposalStatus.APPROVED


async def test_whoever_edits_has_asked(house, noa, tal):
    await _proposed(house, noa, needs_another=True)
    async with house.begin(tal) as crm:
        edited = await edit_proposal(crm, 1, {"count": 3}, "Tag 3 donors.")
    with pytest.raises(NeedsAnother):
        await _say(house, tal, edited)


async def test_what_has_expired_is_not_decided_edited_or_kept_open(house, noa, tal):
    proposal = await _proposed(house, noa, waits=timedelta(hours=1))
    late = now() + timedelta(hours=2)
    with pytest.raises(Expired):
        await _say(house, tal, proposal, at=late)
    with pytest.raises(Expired):
        async with house.begin(tal) as crm:
            await edit_proposal(crm, 1, {}, "Nothing.", at=late)
    async with house.begin(tal) as crm:
        assert await crm.proposals.waiting(late) == []
    async with house.begin(Actor.system(house.org_id)) as crm:
        assert [p.number for p in await expire_proposals(crm, at=late)] == [1]
    with pytest.raises(AlreadyDecided, match="expired"):
        await _say(house, tal, proposal)


async def test_fifty_racing_words_are_one_decision_each_and_one_execution(house, noa, tal):
    proposal = await _proposed(house, noa)
    said = await asyncio.gather(
        *(_say(house, tal, proposal) for _ in range(25)), return_exceptions=True
    )
    assert sum(not isinstance(word, Exception) for word in said) == 1

    async def do():
        async with house.begin(noa) as crm:
            await execute_once(crm, proposal.id)
            await record_outcome(crm, proposal.id, {"tagged": 40})

    done = await asyncio.gather(*(do() for _ in range(25)), return_exceptions=True)
    assert sum(each is None for each in done) == 1
    assert {type(each) for each in done if each} == {AlreadyDecided}
    async with house.begin() as crm:
        assert len(await crm.decisions.on(proposal.id)) == 1
        assert (await crm.proposals.get(proposal.id)).outcome == {"tagged": 40}


async def test_what_fails_while_it_is_done_may_be_done_again(house, noa, tal):
    proposal = await _proposed(house, noa)
    await _say(house, tal, proposal)
    with pytest.raises(ZeroDivisionError):
        async with house.begin(noa) as crm:
            await execute_once(crm, proposal.id)
            raise ZeroDivisionError
    async with house.begin(noa) as crm:
        assert (await execute_once(crm, proposal.id)).status is ProposalStatus.EXECUTED


async def test_what_nobody_approved_is_not_done(house, noa, tal):
    waiting = await _proposed(house, noa)
    refused = await _proposed(house, noa)
    await _say(house, tal, refused, Verdict.REJECT)
    for proposal in (waiting, refused):
        with pytest.raises(AlreadyDecided, match="cannot be executed"):
            async with house.begin(noa) as crm:
                await execute_once(crm, proposal.id)


async def test_an_approval_does_not_keep_for_ever(house, noa, tal):
    proposal = await _proposed(house, noa)
    await _say(house, tal, proposal)
    late = now() + APPROVAL_LASTS + timedelta(minutes=1)
    with pytest.raises(Expired, match="too long ago"):
        async with house.begin(noa) as crm:
            await execute_once(crm, proposal.id, at=late)
    async with house.begin(Actor.system(house.org_id)) as crm:
        assert len(await expire_proposals(crm, at=late)) == 1


async def test_what_was_done_can_be_taken_back_once_and_stays_on_record(house, noa, tal):
    proposal = await _proposed(house, noa)
    await _say(house, tal, proposal)
    with pytest.raises(AlreadyDecided):
        async with house.begin(noa) as crm:
            await mark_undone(crm, proposal.id)
    async with house.begin(noa) as crm:
        await execute_once(crm, proposal.id)
        await mark_undone(crm, proposal.id)
    with pytest.raises(AlreadyDecided):
        async with house.begin(noa) as crm:
            await mark_undone(crm, proposal.id)
    with pytest.raises(Conflict):
        async with house.begin(noa) as crm:
            await record_outcome(crm, proposal.id, {})
    assert await _status(house, proposal) is ProposalStatus.UNDONE


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE proposals SET arguments = '{\"count\": 9000}'",
        "UPDATE proposals SET diff = 'Nothing much.'",
        "UPDATE proposals SET arguments_hash = 'x'",
        "UPDATE proposals SET scope = 'assistants:read'",
        "UPDATE proposals SET quorum = 0",
        "UPDATE proposals SET status = 'approved'",
        "UPDATE proposals SET status = 'executed'",
        "DELETE FROM proposals",
    ],
)
async def test_the_database_lets_nobody_change_what_people_decide_on(house, noa, change):
    await _proposed(house, noa)
    with pytest.raises(DBAPIError, match="proposal"):
        async with house.begin() as crm:
            await crm.session.execute(text(change))


@pytest.mark.parametrize(
    "change", ["UPDATE decisions SET verdict = 'reject'", "DELETE FROM decisions"]
)
async def test_the_database_lets_nobody_change_what_was_said(house, noa, tal, change):
    await _say(house, tal, await _proposed(house, noa))
    with pytest.raises(DBAPIError, match="decisions stay on record"):
        async with house.begin() as crm:
            await crm.session.execute(text(change))


async def test_words_changed_past_every_guard_are_still_not_acted_on(house, noa, tal, urls):
    proposal = await _proposed(house, noa)
    await _say(house, tal, proposal)
    owner = urls[DatabaseRole.OWNER].render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(owner) as connection:
        await connection.execute("SELECT set_config('app.org_id', %s, true)", [str(house.org_id)])
        await connection.execute("ALTER TABLE proposals DISABLE TRIGGER USER")
        await connection.execute("UPDATE proposals SET arguments = '{\"count\": 9000}'")
        await connection.execute("ALTER TABLE proposals ENABLE TRIGGER USER")
    with pytest.raises(ChangedSince, match="not those it was given"):
        async with house.begin(noa) as crm:
            await execute_once(crm, proposal.id)


async def test_forgetting_empties_what_is_over_and_nothing_else(house, noa, tal):
    empty = text("UPDATE proposals SET arguments = '{}', diff = ''")
    proposal = await _proposed(house, noa)
    with pytest.raises(DBAPIError, match="a proposal does not change"):
        async with house.begin() as crm:
            await crm.session.execute(empty)
    await _say(house, tal, proposal, Verdict.REJECT)
    async with house.begin() as crm:
        await crm.session.execute(empty)
        assert (await crm.proposals.get(proposal.id)).arguments_hash == proposal.arguments_hash


async def test_one_sees_what_one_asked_and_what_one_may_decide(house, noa, tal):
    mine = await _proposed(house, noa)
    await _proposed(house, tal, scope="privacy:erase")
    async with house.begin(noa) as crm:
        assert [p.id for p in await crm.proposals.all()] == [mine.id]
        assert await crm.proposals.waiting(now()) == []
    async with house.begin(tal) as crm:
        assert [p.number for p in await crm.proposals.waiting(now())] == [1]
        assert await crm.proposals.count() == 2
    async with house.begin() as crm:
        assert [p.number for p in await crm.proposals.waiting(now())] == [1, 2]
    gil = await make_colleague(house, "Gil", STAFF)
    async with house.begin(gil) as crm:
        assert await crm.proposals.all() == []


@pytest.mark.parametrize(
    "facts",
    [
        {"effect": Effect.READ},
        {"quorum": 0},
        {"waits": timedelta(0)},
        {"diff": "  "},
        {"arguments": {"a": float("nan")}},
    ],
)
async def test_what_cannot_be_decided_is_not_proposed(crm, facts):
    with pytest.raises(Invalid):
        await make_proposal(crm, **facts)


async def test_a_proposal_shows_all_that_is_needed_to_decide(crm):
    proposal = await propose(
        crm,
        tool="send_campaign",
        arguments={"subject": "Ευχαριστούμε 🙏", "to": ["ruth@x.example"]},
        diff="Send to 1 person.",
        effect=Effect.SEND,
        reason="It leaves the organisation.",
    )
    shown = ProposalView.of(proposal)
    assert (shown.arguments["subject"], shown.effect) == ("Ευχαριστούμε 🙏", "send")
    assert shown.arguments_hash == proposal.arguments_hash


async def test_a_foreign_proposal_is_as_good_as_missing(house, neighbour, noa):
    proposal = await _proposed(house, noa)
    async with neighbour.begin() as crm:
        with pytest.raises(NotFound, match=r"There is no such proposal\."):
            await decide(crm, proposal.number, Verdict.APPROVE, proposal.arguments_hash)
        with pytest.raises(NotFound, match=r"There is no such proposal\."):
            await execute_once(crm, proposal.id)
