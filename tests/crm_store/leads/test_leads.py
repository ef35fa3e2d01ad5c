import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.contacts.models import ActivityKind
from crm_store.contacts.testing import make_activity, make_tag
from crm_store.errors import Invalid, NotFound, NotVisible, Refused
from crm_store.identity.models import Member, User
from crm_store.leads.actions import (
    AlreadyALead,
    IsDecided,
    NeedsReason,
    Nobody,
    advance_lead,
    create_lead,
    delete_lead,
    edit_lead,
    lose_lead,
    reopen_lead,
    win_lead,
)
from crm_store.leads.assigning import (
    NobodyToGiveItTo,
    assign_in_turn,
    assign_lead,
    assign_to_least_loaded,
)
from crm_store.leads.models import AssignmentMethod, LeadSource, LeadStatus
from crm_store.leads.rescoring import RuleNamed, remove_rule, rescore_changed, save_rule
from crm_store.leads.testing import make_lead
from crm_store.leads.views import LeadView

DAY = datetime(2026, 6, 1, tzinfo=UTC)


async def a_colleague(house, name="Noa"):
    """Another member with the director's role."""
    user_id, member_id = new_id(), new_id()
    async with house.store.begin(house.director.granted(())) as crm:
        role_id = (await crm.members.me()).role_id
    signing_in = house.actor(user_id=user_id)
    async with house.begin(signing_in) as crm:
        crm.session.add(User(id=user_id, email=f"{user_id}@example.org", name=name))
        crm.session.add(
            Member(id=member_id, user_id=user_id, role_id=role_id, name=name, email="n@example.org")
        )
    return member_id


async def test_a_lead_is_taken_down_in_a_form_that_can_be_compared(crm):
    lead = await create_lead(
        crm, given_name=" Eleni ", family_name="Μάρκου", email=" Eleni@Example.COM ",
        phone="+30 210 123 4567", expected_value="1500", notes="🙂",
    )  # fmt: skip
    assert (lead.email, lead.phone) == ("eleni@example.com", "+302101234567")
    assert (lead.expected_value, lead.currency) == (Decimal(1500), "EUR")
    view = LeadView.of(lead)
    assert (view.given_name, view.family_name, view.source) == (
        "Eleni", "Μάρκου", LeadSource.MANUAL,
    )  # fmt: skip


@pytest.mark.parametrize(
    "facts",
    [
        {"email": "not an address"},
        {"phone": "call me"},
        {"expected_value": "-1"},
        {"currency": "XYZ", "expected_value": 1},
        {"status": "won"},
        {"score": 100},
    ],
)
async def test_what_makes_no_sense_is_refused(crm, facts):
    with pytest.raises(Invalid):
        await create_lead(crm, given_name="Eleni", **facts)


async def test_a_lead_points_only_at_what_is_there(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = (await crm.stages.of((await crm.pipelines.default()).id))[0]
    async with house.begin() as crm:
        lead = await make_lead(crm)
        for missing in (foreign.id, new_id()):
            with pytest.raises(NotFound, match="There is no such stage"):
                await edit_lead(crm, lead.id, stage_id=missing, phone="+302101234567")
            assert lead.stage_id is None


async def test_nobody_is_not_a_lead(crm):
    for facts in ({}, {"given_name": " ", "email": ""}, {"notes": "Rang."}):
        with pytest.raises(Nobody):
            await create_lead(crm, **facts)


async def test_the_same_lead_is_not_taken_down_twice_while_it_is_open(crm):
    first = await make_lead(crm, email="eleni@example.com")
    with pytest.raises(AlreadyALead) as refusal:
        await make_lead(crm, email="ELENI@example.com")
    assert refusal.value.lead_id == first.id
    await make_lead(crm, email="eleni@example.com", even_if_known=True)
    await lose_lead(crm, first.id, "Moved away.")
    assert len(await crm.leads.same_as("eleni@example.com", None)) == 1


async def test_a_lead_that_is_hidden_is_not_named(house):
    async with house.begin() as crm:
        await make_lead(crm, email="eleni@example.com")
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        with pytest.raises(AlreadyALead) as refusal:
            await make_lead(crm, email="eleni@example.com")
        assert refusal.value.lead_id is None


async def test_a_lead_goes_its_way_and_is_decided_with_a_reason(crm):
    lead = await make_lead(crm)
    for status in (LeadStatus.CONTACTED, LeadStatus.QUALIFIED, LeadStatus.PROPOSAL):
        assert (await advance_lead(crm, lead.id, status)).status is status
    for status in (LeadStatus.WON, LeadStatus.LOST):
        with pytest.raises(Invalid):
            await advance_lead(crm, lead.id, status)
    with pytest.raises(NeedsReason):
        await lose_lead(crm, lead.id, " ")
    await lose_lead(crm, lead.id, "Chose another charity.", at=DAY)
    assert (lead.status, lead.closed_at, lead.close_reason) == (
        LeadStatus.LOST, DAY, "Chose another charity.",
    )  # fmt: skip
    for attempt in (
        win_lead(crm, lead.id),
        lose_lead(crm, lead.id, "Again."),
        advance_lead(crm, lead.id, LeadStatus.NEW),
    ):
        with pytest.raises(IsDecided):
            await attempt
    await reopen_lead(crm, lead.id, status=LeadStatus.QUALIFIED)
    assert (lead.status, lead.closed_at, lead.close_reason) == (LeadStatus.QUALIFIED, None, None)


async def test_a_new_lead_is_scored_and_says_why(crm):
    lead = await make_lead(
        crm, source=LeadSource.REFERRAL, job_title="Founder", email="e@aegean.example"
    )
    assert lead.score == 50
    assert {reason["name"]: reason["points"] for reason in lead.score_reasons} == {
        "Somebody recommended us": 25,
        "Writes from work": 10,
        "Decides where they work": 15,
    }
    view = LeadView.of(lead, reasons=lead.score_reasons)
    assert sum(reason.points for reason in view.reasons) == view.score


async def test_the_score_follows_what_is_known(crm):
    lead = await make_lead(crm, email="e@gmail.com")
    assert lead.score == 0
    await edit_lead(crm, lead.id, phone="+302101234567")
    assert lead.score == 10
    await edit_lead(crm, lead.id, email="e@aegean.example")
    assert lead.score == 20


async def test_what_happens_around_a_lead_asks_for_another_score(crm):
    lead = await make_lead(crm, email="e@gmail.com")
    await save_rule(crm, "Board", 40, {"kind": "tagged", "any_of": ["Board"]})
    await rescore_changed(crm)
    await make_activity(crm, "Rang her", kind=ActivityKind.CALL, lead_id=lead.id)
    await make_tag(crm, "board", lead_id=lead.id)
    assert await rescore_changed(crm) == 1
    assert lead.score == 55
    assert await rescore_changed(crm) == 0


async def test_a_statement_that_goes_past_the_verbs_asks_for_another_score_too(house):
    async with house.begin() as crm:
        lead = await make_lead(crm, email="e@gmail.com")
        await crm.session.execute(
            text("UPDATE leads SET phone = '+302101234567' WHERE id = :id"), {"id": lead.id}
        )
    async with house.begin() as crm:
        assert await rescore_changed(crm) == 1
        assert (await crm.leads.get(lead.id)).score == 10


async def test_changing_the_rules_changes_the_scores(crm):
    lead = await make_lead(crm, email="e@gmail.com")
    closed = await make_lead(crm, email="c@gmail.com")
    await lose_lead(crm, closed.id, "No.")
    rule = await save_rule(crm, "Has a mailbox", 30, {"kind": "filled", "field": "email"})
    assert await rescore_changed(crm) == 1
    assert (lead.score, closed.score) == (30, 0)
    await save_rule(crm, "Has a mailbox", 70, {"kind": "filled", "field": "email"}, rule_id=rule.id)
    await rescore_changed(crm)
    assert lead.score == 70
    await remove_rule(crm, rule.id)
    await rescore_changed(crm)
    assert lead.score == 0


async def test_a_rule_has_a_name_of_its_own_and_some_points(crm):
    await save_rule(crm, "Mail", 5, {"kind": "filled", "field": "email"})
    with pytest.raises(RuleNamed):
        await save_rule(crm, " Mail ", 5, {"kind": "filled", "field": "phone"})
    for name, points in (("Odd", 0), ("Odd", 101), ("", 5)):
        with pytest.raises(Invalid):
            await save_rule(crm, name, points, {"kind": "work_mail"})


async def test_who_had_a_lead_and_why_is_kept(house):
    noa = await a_colleague(house)
    async with house.begin() as crm:
        me = crm.actor.member_id
        lead = await make_lead(crm, owner_id=me)
        await assign_lead(crm, lead.id, noa, reason="Speaks Hebrew.", at=DAY)
        await assign_lead(crm, lead.id, noa)
        await assign_lead(crm, lead.id, None, reason="On leave.")
        history = await crm.lead_assignments.of(lead.id)
        assert [(one.member_id, one.reason) for one in history] == [
            (noa, "Speaks Hebrew."), (me, None), (None, "On leave."),
        ]  # fmt: skip
        assert {one.assigned_by_id for one in history} == {me}
        assert lead.owner_id is None


async def test_leads_given_in_turn_go_round(house):
    members = {house.director.member_id, await a_colleague(house), await a_colleague(house)}
    given = []
    async with house.begin() as crm:
        for _ in range(6):
            lead = await make_lead(crm)
            given.append((await assign_in_turn(crm, lead.id)).owner_id)
    assert set(given[:3]) == set(given[3:]) == members
    assert given[:3] == given[3:]


async def test_leads_given_in_turn_at_once_go_round_too(house):
    members = {house.director.member_id, await a_colleague(house), await a_colleague(house)}
    async with house.begin() as crm:
        leads = [await make_lead(crm) for _ in range(6)]

    async def give(lead):
        async with house.begin() as crm:
            return (await assign_in_turn(crm, lead.id)).owner_id

    given = await asyncio.gather(*(give(lead) for lead in leads))
    assert sorted(given) == sorted([*members, *members])


async def test_the_least_loaded_gets_the_next(house):
    noa = await a_colleague(house)
    async with house.begin() as crm:
        me = crm.actor.member_id
        for _ in range(2):
            await make_lead(crm, owner_id=me)
        done = await make_lead(crm, owner_id=noa)
        await lose_lead(crm, done.id, "No.")
        lead = await make_lead(crm)
        await assign_to_least_loaded(crm, lead.id)
        assert lead.owner_id == noa
        (record,) = await crm.lead_assignments.of(lead.id)
        assert (record.method, record.reason) == (
            AssignmentMethod.LEAST_LOADED, "Fewest open leads: 0.",
        )  # fmt: skip
        assert await crm.leads.loads([me, noa]) == {me: 2, noa: 1}


async def test_leads_go_only_to_members_who_are_there(house, neighbour):
    async with house.begin() as crm:
        lead = await make_lead(crm)
        for stranger in (neighbour.director.member_id, new_id()):
            with pytest.raises(NotFound, match="There is no such member"):
                await assign_lead(crm, lead.id, stranger)
            with pytest.raises(NobodyToGiveItTo):
                await assign_in_turn(crm, lead.id, among=[stranger])


async def test_a_foreign_lead_and_a_missing_one_are_answered_alike(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = await make_lead(crm, "Twin", email="twin@example.com")
        await assign_lead(crm, foreign.id, neighbour.director.member_id)
    async with house.begin() as crm:
        for missing in (foreign.id, new_id()):
            with pytest.raises(NotFound, match="There is no such lead"):
                await win_lead(crm, missing)
            assert await crm.lead_assignments.of(missing) == []
            assert await crm.lead_conversions.of(missing) == []
        assert await crm.leads.same_as("twin@example.com", None) == []
        evidence = await crm.leads.evidence([foreign.id])
        assert not evidence[foreign.id].activities
        await make_lead(crm, "Twin", email="twin@example.com")


async def test_those_who_see_only_their_own_see_nothing_of_other_leads(house):
    async with house.begin() as crm:
        theirs = await make_lead(crm)
        await assign_lead(crm, theirs.id, crm.actor.member_id)
        await assign_lead(crm, theirs.id, None)
        mine = await make_lead(crm, owner_id=crm.actor.member_id)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        with pytest.raises(NotVisible):
            await crm.leads.get(theirs.id)
        assert await crm.lead_assignments.of(theirs.id) == []
        page = await crm.leads.hottest()
        assert ([lead.id for lead in page.rows], page.hidden) == ([mine.id], 1)
        assert (await crm.leads.counts())[LeadStatus.NEW] == 1


async def test_without_the_right_nothing_is_changed(house):
    async with house.begin() as crm:
        lead = await make_lead(crm)
    for attempt in (
        lambda crm: win_lead(crm, lead.id),
        lambda crm: make_lead(crm),
        lambda crm: save_rule(crm, "Mine", 5, {"kind": "work_mail"}),
        lambda crm: assign_in_turn(crm, lead.id),
    ):
        with pytest.raises(Refused):
            async with house.begin(house.actor(scopes=frozenset({"leads:read"}))) as crm:
                await attempt(crm)


async def test_the_hottest_come_first_a_page_at_a_time(crm):
    for points, source in (
        (0, LeadSource.MANUAL),
        (25, LeadSource.REFERRAL),
        (10, LeadSource.WIDGET),
    ):
        lead = await make_lead(crm, email=f"x{points}@gmail.com", source=source)
        assert lead.score == points
    await delete_lead(crm, (await make_lead(crm)).id)
    first = await crm.leads.hottest(limit=2)
    second = await crm.leads.hottest(limit=2, after=first.next)
    assert [lead.score for page in (first, second) for lead in page.rows] == [25, 10, 0]
