import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Actor, Reach
from crm_store.base import new_id
from crm_store.channel import Channel
from crm_store.contacts.reaching import NotAnEmail, NotANumber
from crm_store.conversations.models import Conversation, Visitor
from crm_store.errors import Invalid, NotFound
from crm_store.leads.capture import (
    NoWayBack,
    capture_lead,
    capture_prospect,
    promote_prospect,
)
from crm_store.leads.models import Lead, LeadQuality, LeadSource, Prospect
from crm_store.leads.rescoring import rescore_changed
from crm_store.leads.testing import make_lead
from crm_store.leads.views import LeftLeadView


async def a_visitor(house):
    async with house.begin() as crm:
        visitor = Visitor()
        crm.session.add(visitor)
        await crm.flush()
        conversation = Conversation(channel=Channel.WIDGET, visitor_id=visitor.id)
        crm.session.add(conversation)
    scopes = {"leads:read", "leads:write"}
    return Actor.visitor(house.org_id, visitor.id, scopes), conversation.id


async def test_a_visitor_leaves_a_lead_once_and_sees_it(house):
    visitor, conversation = await a_visitor(house)
    async with house.begin(visitor) as crm:
        lead = await capture_lead(
            crm, conversation_id=conversation, given_name="Eleni", email="Eleni@Example.com"
        )
        assert (lead.source, lead.visitor_id) == (LeadSource.WIDGET, visitor.visitor_id)
    async with house.begin(visitor) as crm:
        again = await capture_lead(crm, conversation_id=conversation, email="other@example.com")
        assert again.id == lead.id
        assert LeftLeadView.of(await crm.leads.get(lead.id)).email == "eleni@example.com"
    async with house.begin() as crm:
        assert await rescore_changed(crm) == 1
        assert (await crm.leads.get(lead.id)).score == 20
        assert [one.id for one in await crm.leads.of_conversation(conversation)] == [lead.id]


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"given_name": "Eleni"}, NoWayBack),
        ({"email": "eleni at home"}, NotAnEmail),
        ({"phone": "2101234567"}, NotANumber),
        ({"email": "e@example.com", "owner_id": new_id()}, Invalid),
        ({"email": "e@example.com", "expected_value": 1}, Invalid),
    ],
)
async def test_what_a_visitor_leaves_must_make_sense(house, facts, refusal):
    visitor, _ = await a_visitor(house)
    with pytest.raises(refusal):
        async with house.begin(visitor) as crm:
            await capture_lead(crm, **facts)


async def test_a_visitor_sees_nobody_elses_lead(house):
    first, _ = await a_visitor(house)
    second, _ = await a_visitor(house)
    async with house.begin(first) as crm:
        lead = await capture_lead(crm, email="e@example.com")
        await capture_prospect(crm, email="e@example.com")
    async with house.begin(second) as crm:
        for missing in (lead.id, new_id()):
            with pytest.raises(NotFound, match="There is no such lead"):
                await crm.leads.get(missing)
        assert await crm.prospects.waiting() == []
        for table in ("leads", "prospects"):
            assert (await crm.session.scalars(text(f"SELECT id FROM {table}"))).all() == []
        assert (await capture_lead(crm, email="e@example.com")).id != lead.id


async def test_a_visitor_leaves_nothing_in_another_ones_conversation(house):
    visitor, _ = await a_visitor(house)
    _, others = await a_visitor(house)
    with pytest.raises(NotFound, match="There is no such conversation"):
        async with house.begin(visitor) as crm:
            await capture_lead(crm, conversation_id=others, email="e@example.com")
    for row in (
        lambda: Lead(visitor_id=visitor.visitor_id, conversation_id=others, email="e@e.example"),
        lambda: Prospect(
            visitor_id=visitor.visitor_id, conversation_id=others, email="e@e.example"
        ),
        lambda: Lead(visitor_id=visitor.visitor_id, score=90, email="e@e.example"),
        lambda: Lead(visitor_id=new_id(), email="e@e.example"),
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with house.begin(visitor) as crm:
                crm.session.add(row())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE leads SET score = 100",
        "DELETE FROM leads",
        "SELECT * FROM scoring_rules",
        "SELECT * FROM lead_assignments",
        "SELECT * FROM lead_conversions",
        "UPDATE prospects SET lead_quality = 'hot'",
    ],
)
async def test_a_visitor_may_do_nothing_else(house, statement):
    visitor, _ = await a_visitor(house)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with house.begin(visitor) as crm:
            await crm.session.execute(text(statement))


async def test_a_prospect_becomes_a_lead_once_however_many_try(house):
    visitor, conversation = await a_visitor(house)
    async with house.begin(visitor) as crm:
        prospect = await capture_prospect(
            crm, email="Ruth@Example.com", name="Ruth Cohen Levi", conversation_id=conversation,
            lead_quality=LeadQuality.HOT, notes="Wants to sponsor the gala.",
        )  # fmt: skip

    async def promote():
        async with house.begin() as crm:
            return (await promote_prospect(crm, prospect.id)).id

    (lead_id,) = set(await asyncio.gather(*(promote() for _ in range(8))))
    async with house.begin() as crm:
        lead = await crm.leads.get(lead_id)
        assert (lead.given_name, lead.family_name) == ("Ruth Cohen", "Levi")
        assert (lead.conversation_id, lead.visitor_id) == (conversation, visitor.visitor_id)
        assert await crm.prospects.waiting() == []
        await rescore_changed(crm)
        assert lead.score == 40


async def test_a_prospect_who_is_a_lead_already_joins_it(crm):
    lead = await make_lead(crm, email="ruth@example.com")
    prospect = await capture_prospect(crm, email="ruth@example.com")
    assert (await promote_prospect(crm, prospect.id)).id == lead.id


async def test_a_prospect_can_be_reached(crm):
    with pytest.raises(NoWayBack):
        await capture_prospect(crm, name="Ruth", email=" ")


async def test_a_prospect_of_a_hidden_lead_is_hidden(house):
    async with house.begin() as crm:
        prospect = await capture_prospect(crm, email="ruth@example.com")
        await promote_prospect(crm, prospect.id)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        with pytest.raises(NotFound):
            await crm.prospects.get(prospect.id)
