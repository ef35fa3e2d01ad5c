"""Drafts go only as approved, within the hours, with a source for every claim."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_store.actor import Reach
from crm_store.base import new_id, now
from crm_store.channel import Channel
from crm_store.contacts.testing import make_person
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid, NotFound, Refused
from crm_store.outreach.actions import (
    MayNotContact,
    NotApproved,
    NotOurs,
    Outcome,
    add_sender_identity,
    approve_draft,
    cancel_draft,
    claim,
    connect_mailbox,
    disconnect_mailbox,
    edit_draft,
    keep_example,
    mark_identity,
    move_session,
    need_sender,
    record_result,
    reject_draft,
    schedule_draft,
    set_window,
    withdraw_consent,
)
from crm_store.outreach.models import (
    ConsentSource,
    DraftStatus,
    IdentityStatus,
    OutboxState,
    SessionStatus,
)
from crm_store.outreach.testing import make_draft, make_mailbox, make_session
from crm_store.outreach.views import DraftSourceView, DraftView, MailboxView

SOURCE = {"sentence": "You gave in March.", "source_table": "gifts", "quote": "100.00 EUR"}


async def test_a_draft_keeps_the_source_of_every_claim(crm):
    donor = await make_donor(crm)
    draft = await make_draft(crm, donor_id=donor.id, sources=[SOURCE, SOURCE])
    found = await crm.draft_sources.of(draft.id)
    assert [(s.place, s.quote) for s in found] == [(1, "100.00 EUR"), (2, "100.00 EUR")]
    view = DraftView.of(draft, sources=tuple(DraftSourceView.of(s) for s in found))
    assert view.sources[0].sentence == "You gave in March."
    with pytest.raises(Invalid):
        await make_draft(crm)


async def test_only_what_was_approved_goes(crm):
    ruth = await make_person(crm)
    draft = await make_draft(crm, person_id=ruth.id)
    with pytest.raises(NotApproved):
        await schedule_draft(crm, draft.id)
    await approve_draft(crm, draft.id)
    await edit_draft(crm, draft.id, body_plain="Something else")
    assert (draft.status, draft.version, draft.approved_by) == (DraftStatus.DRAFT, 2, None)
    with pytest.raises(NotApproved):
        await schedule_draft(crm, draft.id)
    await approve_draft(crm, draft.id)
    draft.body_plain = "Slipped in afterwards"
    with pytest.raises(NotApproved):
        await schedule_draft(crm, draft.id)


async def test_a_draft_is_sent_in_its_hours_and_follows_its_message(crm):
    await set_window(crm, days=[1, 2, 3, 4, 5, 6, 7])
    donor = await make_donor(crm)
    session = await make_session(crm)
    draft = await make_draft(crm, donor_id=donor.id, session_id=session.id)
    await approve_draft(crm, draft.id)
    row = await schedule_draft(crm, draft.id)
    assert (draft.status, draft.scheduled_at) == (DraftStatus.SCHEDULED, row.not_before)
    assert (row.donor_id, row.body_plain, session.generated_count) == (
        donor.id,
        "Thank you for March.",
        1,
    )
    (held,) = await claim(crm, "w", at=row.not_before)
    await record_result(crm, row.id, held.fence, Outcome.SENT)
    assert draft.status is DraftStatus.SENT
    with pytest.raises(Conflict):
        await edit_draft(crm, draft.id, subject="Too late")
    with pytest.raises(Conflict):
        await cancel_draft(crm, draft.id)


async def test_a_draft_to_somebody_who_opted_out_is_not_scheduled(house):
    async with house.begin() as crm:
        ruth = await make_person(crm)
        await withdraw_consent(crm, ruth.id, ConsentSource.PHONE)
        draft = await make_draft(crm, person_id=ruth.id)
        await approve_draft(crm, draft.id)
    async with house.begin() as crm:
        with pytest.raises(MayNotContact):
            await schedule_draft(crm, draft.id)
        await crm.session.rollback()
    async with house.begin() as crm:
        assert (await crm.drafts.get(draft.id)).status is DraftStatus.APPROVED
        assert await crm.send_slots.count() == 0


async def test_taking_a_draft_back_frees_its_hour(crm):
    ruth = await make_person(crm)
    draft = await make_draft(crm, person_id=ruth.id)
    await approve_draft(crm, draft.id)
    row = await schedule_draft(crm, draft.id)
    await cancel_draft(crm, draft.id)
    assert (draft.status, row.state) == (DraftStatus.CANCELLED, OutboxState.CANCELLED)
    assert await crm.send_slots.count() == 0


async def test_cancelling_a_session_takes_back_what_has_not_gone(crm):
    session, ruth = await make_session(crm), await make_person(crm)
    drafts = [await make_draft(crm, person_id=ruth.id, session_id=session.id) for _ in range(2)]
    await approve_draft(crm, drafts[0].id)
    await move_session(crm, session.id, SessionStatus.GENERATING)
    await move_session(crm, session.id, SessionStatus.CANCELLED)
    assert {draft.status for draft in drafts} == {DraftStatus.CANCELLED}
    assert session.job_completed_at is not None
    with pytest.raises(Conflict):
        await move_session(crm, session.id, SessionStatus.GENERATING)


async def test_an_empty_draft_is_not_approved_and_a_refused_one_says_why(crm):
    ruth = await make_person(crm)
    empty = await make_draft(crm, " ", person_id=ruth.id)
    with pytest.raises(Invalid):
        await approve_draft(crm, empty.id)
    await reject_draft(crm, empty.id, "It says nothing.")
    assert empty.rejected_reason == "It says nothing."
    with pytest.raises(Conflict):
        await approve_draft(crm, empty.id)


async def test_drafts_follow_their_donor(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, owner_id=crm.actor.member_id)
        draft = await make_draft(crm, donor_id=donor.id, sources=[SOURCE])
    async with house.begin(house.actor(member_id=new_id(), reach=Reach.OWN)) as crm:
        with pytest.raises(NotFound):
            await crm.drafts.get(draft.id)
        assert await crm.draft_sources.of(draft.id) == []
        assert (await crm.drafts.of_donor(donor.id)).hidden == 1


async def test_examples_are_their_writers_own(house):
    async with house.begin() as crm:
        await keep_example(crm, "Dear friends, the sea is calm again.")
        assert len(await crm.style_examples.of_member(crm.actor.member_id)) == 1
        with pytest.raises(Invalid):
            await keep_example(crm, " ")
    async with house.begin(house.actor(member_id=new_id(), reach=Reach.OWN)) as crm:
        assert await crm.style_examples.all() == []


async def test_a_mailbox_keeps_its_secrets_and_its_owner(crm):
    box = await make_mailbox(crm, secrets={"smtp_password": "harbour"}, smtp_host="h.example")
    assert crm.unseal(box, "smtp_password") == "harbour"
    assert "smtp_password" not in MailboxView.of(box).model_dump()
    again = await connect_mailbox(crm, "smtp", "Office@Harbour.example")
    assert again.id == box.id
    with pytest.raises(Refused):
        await connect_mailbox(crm, "smtp", box.address, member_id=crm.actor.member_id)
    with pytest.raises(Invalid):
        await connect_mailbox(crm, "pigeon", "a@b.example")
    assert (await crm.mailboxes.for_sending(crm.actor.member_id)).id == box.id
    await disconnect_mailbox(crm, box.id)
    assert box.smtp_password is None
    with pytest.raises(NotFound):
        await crm.mailboxes.for_sending()


async def test_five_providers_are_known(crm):
    providers = await crm.mailboxes.providers()
    assert [p.key for p in providers] == ["ses", "gmail", "outlook", "workspace", "smtp"]


async def test_nothing_is_sent_from_what_is_not_proven_ours(crm):
    domain = await add_sender_identity(crm, "Harbour.example")
    with pytest.raises(NotOurs):
        await need_sender(crm, "office@harbour.example")
    await mark_identity(crm, domain.id, IdentityStatus.VERIFIED)
    assert (await need_sender(crm, "Office@harbour.example")).id == domain.id
    for stranger in ("office@evil.example", "office@sub.harbour.example", "harbour.example"):
        if stranger != "harbour.example":
            with pytest.raises(NotOurs):
                await need_sender(crm, stranger)
    with pytest.raises(Invalid):
        await add_sender_identity(crm, "not a domain")


async def test_a_scheduled_draft_is_found_by_its_hour(crm):
    ruth = await make_person(crm)
    draft = await make_draft(crm, person_id=ruth.id, channel=Channel.EMAIL)
    await approve_draft(crm, draft.id)
    row = await schedule_draft(crm, draft.id, after=now() + timedelta(days=10))
    assert row.not_before >= now() + timedelta(days=9, hours=23)
