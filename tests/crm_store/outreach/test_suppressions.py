"""Addresses that are not written to: never forgotten, never lifted in silence."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.channel import Channel, Purpose
from crm_store.contacts.testing import make_person
from crm_store.errors import Invalid, Refused
from crm_store.outreach.actions import (
    OnlyTheContact,
    decide,
    forget_address,
    heed_keyword,
    lift_suppression,
    suppress,
)
from crm_store.outreach.addresses import hash_of, normalise
from crm_store.outreach.keywords import STARTS, STOPS, Keyword, keyword_in
from crm_store.outreach.models import SuppressionReason
from crm_store.outreach.views import SuppressionView

PHONE = "+306912345678"
STOP = SuppressionReason.KEYWORD


async def test_the_same_address_is_suppressed_once_however_it_is_written(crm):
    first = await suppress(crm, Channel.EMAIL, "Ruth@Example.org", SuppressionReason.MANUAL)
    again = await suppress(crm, Channel.EMAIL, " ruth@example.ORG ", SuppressionReason.MANUAL)
    assert first.id == again.id
    assert len(await crm.suppressions.standing(Channel.EMAIL, "RUTH@example.org")) == 1
    assert await crm.suppressions.standing(Channel.WHATSAPP, PHONE) == []


async def test_two_at_once_make_one(house):
    async def say() -> object:
        async with house.begin() as crm:
            ruth = await make_person(crm, email=None, phone=PHONE)
            await crm.flush()
            return ruth

    await say()

    async def stop() -> object:
        async with house.begin() as crm:
            return (await suppress(crm, Channel.TEXT, PHONE, STOP)).id

    assert len(set(await asyncio.gather(*(stop() for _ in range(5))))) == 1


async def test_sql_and_python_agree_on_the_hash(crm):
    for address in ("ruth@example.org", PHONE, "κα@παράδειγμα.gr", "א@דוגמה.example"):
        found = await crm.session.scalar(
            text("SELECT address_hash(:org, 'email', :address)"),
            {"org": crm.actor.org, "address": address},
        )
        assert found == hash_of(crm.actor.org, Channel.EMAIL, address)


@pytest.mark.parametrize("word", STOPS)
def test_every_stop_is_heard_however_it_is_shouted(word):
    for said in (word, word.upper(), f"  {word}!! ", f"«{word}».", word.title()):
        assert keyword_in(said) is Keyword.STOP


@pytest.mark.parametrize("word", STARTS)
def test_every_start_is_heard(word):
    assert keyword_in(f"{word.upper()}.") is Keyword.START


@pytest.mark.parametrize(
    "said", ["please stop by tomorrow", "Don't cancel my gift", "", "👍", "start with page two"]
)
def test_a_word_in_a_sentence_is_no_keyword(said):
    assert keyword_in(said) is None


@given(st.text())
def test_anything_at_all_can_be_read(said):
    assert keyword_in(said) in {None, Keyword.STOP, Keyword.START}


async def test_only_start_from_the_contact_undoes_their_stop(crm):
    ruth = await make_person(crm, phone=PHONE)
    assert await heed_keyword(crm, Channel.WHATSAPP, f"whatsapp:{PHONE}", "ΣΤΟΠ") is Keyword.STOP
    (standing,) = await crm.suppressions.standing(Channel.WHATSAPP, PHONE)
    with pytest.raises(OnlyTheContact):
        await lift_suppression(crm, standing.id, "She told me on the phone.")
    (receipt,) = await decide(crm, [ruth.id], Channel.WHATSAPP, Purpose.RECEIPT)
    assert not receipt.allowed
    assert await heed_keyword(crm, Channel.WHATSAPP, PHONE, "start") is Keyword.START
    assert await crm.suppressions.standing(Channel.WHATSAPP, PHONE) == []
    assert standing.lifted_because == "They answered start."
    (receipt,) = await decide(crm, [ruth.id], Channel.WHATSAPP, Purpose.RECEIPT)
    assert receipt.allowed


async def test_start_does_not_undo_anything_else(crm):
    await suppress(crm, Channel.WHATSAPP, PHONE, SuppressionReason.MANUAL)
    await heed_keyword(crm, Channel.WHATSAPP, PHONE, "START")
    assert len(await crm.suppressions.standing(Channel.WHATSAPP, PHONE)) == 1


async def test_the_database_itself_keeps_a_stop(house):
    async with house.begin() as crm:
        await suppress(crm, Channel.TEXT, PHONE, STOP)
    for attempt in (
        "UPDATE suppressions SET lifted_at = now(), lifted_because = 'x'",
        "UPDATE suppressions SET reason = 'manual'",
        "UPDATE suppressions SET address_hash = 'x'",
        "DELETE FROM suppressions",
    ):
        async with house.begin() as crm:
            with pytest.raises(DBAPIError):
                await crm.session.execute(text(attempt))
            await crm.session.rollback()


async def test_lifting_says_why_and_stays_on_record(crm):
    made = await suppress(crm, Channel.EMAIL, "a@x.example", SuppressionReason.HARD_BOUNCE)
    with pytest.raises(Invalid):
        await lift_suppression(crm, made.id, "  ")
    await lift_suppression(crm, made.id, "Her mailbox works again.")
    assert await crm.suppressions.standing(Channel.EMAIL, "a@x.example") == []
    assert await crm.suppressions.count() == 1
    again = await suppress(crm, Channel.EMAIL, "a@x.example", SuppressionReason.HARD_BOUNCE)
    assert again.id != made.id


async def test_erasure_leaves_only_a_hash_that_still_holds(crm):
    made = await suppress(
        crm, Channel.EMAIL, "ruth@x.example", SuppressionReason.UNSUBSCRIBED, note="Ruth C."
    )
    kept = await forget_address(crm, Channel.EMAIL, "Ruth@x.example")
    assert (made.address, made.note, kept.address) == (None, None, None)
    ruth = await make_person(crm, email="ruth@x.example")
    (verdict,) = await decide(crm, [ruth.id], Channel.EMAIL, Purpose.RECEIPT)
    assert not verdict.allowed
    with pytest.raises(Refused):
        await lift_suppression(crm, kept.id, "They gave again.")


async def test_addresses_of_one_house_say_nothing_of_another(house, neighbour):
    async with house.begin() as crm:
        await suppress(crm, Channel.EMAIL, "ruth@x.example", SuppressionReason.MANUAL)
    async with neighbour.begin() as crm:
        assert await crm.suppressions.standing(Channel.EMAIL, "ruth@x.example") == []
        ruth = await make_person(crm, email="ruth@x.example")
        assert (await decide(crm, [ruth.id], Channel.EMAIL, Purpose.APPEAL))[0].allowed


async def test_addresses_are_shown_only_to_those_who_may_see_them(house):
    async with house.begin() as crm:
        made = await suppress(crm, Channel.EMAIL, "ruth@x.example", SuppressionReason.MANUAL)
    plain = house.actor(scopes=house.director.scopes - {"personal:read"})
    async with house.begin(plain) as crm:
        assert SuppressionView.of(await crm.suppressions.get(made.id)).hidden == ("address",)


def test_what_cannot_be_an_address_is_refused():
    for channel, address in ((Channel.EMAIL, "no"), (Channel.WHATSAPP, "12"), (Channel.TEXT, "")):
        with pytest.raises(Invalid):
            normalise(channel, address)
