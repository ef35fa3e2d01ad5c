"""Who deals with a conversation, and what becomes of it."""

from __future__ import annotations

import pytest

from crm_store.base import new_id
from crm_store.channel import Channel
from crm_store.contacts.testing import make_person
from crm_store.conversations import actions, handling
from crm_store.conversations.models import ConversationStatus, Handling
from crm_store.conversations.testing import make_conversation, make_message, make_visitor
from crm_store.conversations.visiting import note_consent
from crm_store.donors.testing import make_donor
from crm_store.errors import NotFound


async def test_a_person_is_asked_for_given_and_hands_back(crm):
    thread = await make_conversation(crm, Channel.WIDGET)
    assert thread.handling is Handling.ASSISTANT
    await handling.ask_for_person(crm, thread.id)
    assert thread.handling is Handling.PERSON_WANTED
    await handling.assign(crm, thread.id, crm.actor.member_id)
    assert (thread.handling, thread.owner_id) == (Handling.PERSON, crm.actor.member_id)
    await handling.ask_for_person(crm, thread.id)
    assert thread.handling is Handling.PERSON
    await handling.hand_back(crm, thread.id)
    assert thread.handling is Handling.ASSISTANT
    assert (await handling.assign(crm, thread.id, None)).owner_id is None


async def test_a_conversation_is_given_only_to_somebody_of_the_house(crm, neighbour):
    thread = await make_conversation(crm)
    for stranger in (neighbour.director.member_id, new_id()):
        with pytest.raises(NotFound):
            await handling.assign(crm, thread.id, stranger)


async def test_reopening_goes_on_with_the_same_matter(crm):
    thread = await make_conversation(crm)
    await make_message(crm, thread)
    await handling.resolve(crm, thread.id)
    await handling.reopen(crm, thread.id)
    assert (thread.status, thread.epoch, thread.resolved_at) == (
        ConversationStatus.ACTIVE,
        1,
        None,
    )


async def test_what_is_archived_leaves_the_inbox_until_they_write(crm):
    thread = await make_conversation(crm)
    await handling.archive(crm, thread.id)
    assert (await crm.conversations.inbox()).rows == []
    assert (await crm.conversations.inbox(status=ConversationStatus.ARCHIVED)).total == 1
    await make_message(crm, thread)
    assert [c.id for c in (await crm.conversations.inbox()).rows] == [thread.id]
    assert thread.epoch == 2


async def test_the_inbox_shows_the_latest_first_and_filters(crm):
    first, second = await make_conversation(crm), await make_conversation(crm, Channel.WHATSAPP)
    await make_message(crm, second)
    await make_message(crm, first)
    assert [c.id for c in (await crm.conversations.inbox()).rows] == [first.id, second.id]
    page = await crm.conversations.inbox(channel=Channel.WHATSAPP)
    assert [c.id for c in page.rows] == [second.id]


async def test_a_donors_conversations_are_those_of_all_who_give_together(crm):
    donor = await make_donor(crm, couple="David Cohen")
    threads = [
        await make_conversation(crm, person_id=place.person_id)
        for place in await crm.donor_people.of(donor.id)
    ]
    threads.append(await make_conversation(crm, donor_id=donor.id))
    await make_conversation(crm, person_id=(await make_person(crm, "Dana Levi")).id)
    found = await crm.conversations.of_donor(donor.id)
    assert {c.id for c in found.rows} == {c.id for c in threads}


async def test_a_conversation_with_somebody_unknown_is_not_opened(crm, neighbour):
    async with neighbour.begin() as other:
        theirs = await make_person(other)
    for person_id in (theirs.id, new_id()):
        with pytest.raises(NotFound):
            await actions.open_conversation(crm, Channel.EMAIL, person_id=person_id)


async def test_what_a_visitor_agreed_to_is_kept_in_its_words(crm):
    visitor = await make_visitor(crm)
    await note_consent(crm, visitor.id, "We keep this chat for a year.")
    assert visitor.consent_text == "We keep this chat for a year."
    assert visitor.consented_at is not None
