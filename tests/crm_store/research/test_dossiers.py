"""Research is versioned, sourced, within one's reach, and knows what it must not hold."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from crm_store.actor import Reach
from crm_store.contacts.testing import make_person
from crm_store.donors.testing import make_donor
from crm_store.errors import Conflict, Invalid, NotFound, NotVisible, Refused
from crm_store.research.actions import (
    SpecialCategory,
    UnderWay,
    add_fact,
    advance_dossier,
    complete_dossier,
    fail_dossier,
    judge_match,
    request_dossier,
    suggest_match,
    withdraw_fact,
)
from crm_store.research.models import (
    DossierStatus,
    FactTopic,
    GivingCapacity,
    MatchGrade,
)
from crm_store.research.testing import make_dossier, make_fact
from crm_store.research.views import DossierView, FactView, IdentityMatchView

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://news.example/ruth"


async def test_a_newer_dossier_leaves_the_older_one_as_it_was(crm):
    donor = await make_donor(crm)
    first = await make_dossier(crm, donor.id, giving_capacity=GivingCapacity.MEDIUM)
    second = await make_dossier(crm, donor.id)
    assert [(d.version, d.status) for d in await crm.dossiers.versions(donor_id=donor.id)] == [
        (2, "pending"),
        (1, "completed"),
    ]
    assert (await crm.dossiers.current(donor_id=donor.id)).id == first.id
    with pytest.raises(UnderWay):
        await request_dossier(crm, donor_id=donor.id)
    await fail_dossier(crm, second.id, "Nothing was found.")
    assert (await make_dossier(crm, donor.id)).version == 3


async def test_research_goes_through_its_steps_in_order(crm):
    dossier = await make_dossier(crm, (await make_donor(crm)).id)
    with pytest.raises(Conflict, match="pending cannot become completed"):
        await complete_dossier(crm, dossier.id, summary="x")
    for step in (DossierStatus.SEARCHING, DossierStatus.ANALYZING):
        await advance_dossier(crm, dossier.id, step, at=NOW)
    await complete_dossier(crm, dossier.id, interests=["μουσική"], age=71, at=NOW)
    assert (dossier.started_at, dossier.finished_at) == (NOW, NOW)
    with pytest.raises(Conflict, match="completed cannot become failed"):
        await fail_dossier(crm, dossier.id, "x")


async def test_research_is_about_one_donor_or_one_person(crm):
    with pytest.raises(Invalid, match="one donor or one person"):
        await request_dossier(crm)
    person = await make_person(crm)
    assert (await request_dossier(crm, person_id=person.id)).donor_id is None


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("He has cancer.", "He has cancer."),
        ("He stepped back.", "… diagnosed with HIV"),
    ],
)
async def test_special_categories_are_refused_in_the_claim_and_in_the_quote(crm, claim, quote):
    dossier = await make_dossier(crm, (await make_donor(crm)).id)
    with pytest.raises(SpecialCategory, match="Facts about health are not recorded"):
        await add_fact(crm, dossier.id, claim, quote, URL)
    assert await crm.facts.count() == 0


async def test_special_categories_are_refused_in_a_summary(crm):
    donor = await make_donor(crm)
    with pytest.raises(SpecialCategory, match="religion or belief"):
        await make_dossier(crm, donor.id, summary="She is a devout Catholic.")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"quote": " "}, "the words it was read in"),
        ({"claim": ""}, "needs a claim"),
        ({"source_url": "somewhere"}, "an address on the web"),
        ({"source_url": "javascript:alert(1)"}, "an address on the web"),
        ({"confidence": Decimal("1.1")}, "between 0 and 1"),
    ],
)
async def test_a_fact_without_its_evidence_is_none(crm, changes, fault):
    dossier = await make_dossier(crm, (await make_donor(crm)).id)
    given = {"claim": "Owns a yard.", "quote": "owns a yard", "source_url": URL, **changes}
    with pytest.raises(Invalid, match=fault):
        await add_fact(crm, dossier.id, **given)


async def test_facts_age_by_their_topic_and_are_withdrawn_with_a_reason(crm):
    dossier = await make_dossier(crm, (await make_donor(crm)).id)
    job = await make_fact(crm, dossier.id, topic=FactTopic.EMPLOYMENT, at=NOW)
    school = await make_fact(crm, dossier.id, topic=FactTopic.EDUCATION, at=NOW)
    wrong = await make_fact(crm, dossier.id, at=NOW)
    await withdraw_fact(crm, wrong.id, "Another Ruth Cohen.")
    assert job.expires_on == date(2027, 3, 1)
    assert {f.id for f in await crm.facts.standing(dossier.id, NOW.date())} == {job.id, school.id}
    assert {f.id for f in await crm.facts.standing(dossier.id, date(2027, 3, 1))} == {school.id}
    assert [f.id for f in await crm.facts.expired(date(2027, 3, 1))] == [job.id]


async def test_a_fact_contradicts_only_what_is_said_of_the_same_donor(crm):
    one = await make_dossier(crm, (await make_donor(crm)).id)
    other = await make_dossier(crm, (await make_donor(crm, "Eleni Pappas")).id)
    first = await make_fact(crm, one.id)
    second = await make_fact(crm, one.id, "Inherited Aegean Lines.", contradicts_id=first.id)
    assert FactView.of(second).contradicts_id == first.id
    with pytest.raises(Invalid, match="same donor or person"):
        await make_fact(crm, other.id, contradicts_id=first.id)


async def test_whether_a_source_means_the_same_person_is_judged_once(crm):
    person = await make_person(crm)
    dossier = await make_dossier(crm, (await make_donor(crm)).id)
    likely, unlikely = [
        await suggest_match(
            crm,
            dossier.id,
            found_name="R. Cohen",
            source_url=f"{URL}/{score}",
            grade=grade,
            score=Decimal(score),
            evidence=[{"field": "city", "ours": "Haifa", "theirs": "Haifa"}],
            person_id=person.id,
        )
        for score, grade in (("0.9", MatchGrade.NEAR), ("0.4", MatchGrade.POSSIBLE))
    ]
    open_ones = await crm.identity_matches.open_for(dossier.id)
    assert [match.id for match in open_ones] == [likely.id, unlikely.id]
    await judge_match(crm, likely.id, same=True)
    assert IdentityMatchView.of(likely).verdict == "confirmed"
    with pytest.raises(Conflict, match="was confirmed already"):
        await judge_match(crm, likely.id, same=False)


async def test_a_match_says_why(crm):
    dossier = await make_dossier(crm, (await make_donor(crm)).id)
    with pytest.raises(Invalid, match="what makes it likely"):
        await suggest_match(
            crm,
            dossier.id,
            found_name="x",
            source_url=URL,
            grade=MatchGrade.EXACT,
            score=Decimal(1),
            evidence=[],
        )


async def test_whoever_may_not_see_a_donor_sees_no_research_on_them(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, owner_id=house.director.member_id)
        dossier = await make_dossier(crm, donor.id, summary="Well off.")
        fact = await make_fact(crm, dossier.id)
    async with house.begin(house.actor(member_id=None, reach=Reach.OWN)) as crm:
        with pytest.raises(NotVisible):
            await crm.dossiers.get(dossier.id)
        with pytest.raises(NotVisible):
            await crm.facts.get(fact.id)
        assert await crm.facts.standing(dossier.id, NOW.date()) == []


async def test_without_the_right_to_research_nothing_is_read_or_shown(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        dossier = await make_dossier(crm, donor.id, summary="Well off.", age=71)
        assert DossierView.of(dossier).summary == "Well off."
    actor = house.actor(scopes=house.director.scopes - {"research:read"})
    async with house.begin(actor) as crm:
        with pytest.raises(Refused, match="You may not see research"):
            await crm.dossiers.get(dossier.id)
        crm.session.add(dossier)
        shown = DossierView.of(dossier)
        assert (shown.summary, shown.age) == (None, None)
        assert {"summary", "age"} <= set(shown.hidden)


async def test_a_foreign_donor_is_as_good_as_missing(house, neighbour):
    async with neighbour.begin() as crm:
        donor = await make_donor(crm)
        dossier = await make_dossier(crm, donor.id)
    async with house.begin() as crm:
        with pytest.raises(NotFound, match=r"There is no such donor\."):
            await request_dossier(crm, donor_id=donor.id)
        with pytest.raises(NotFound, match=r"There is no such dossier\."):
            await make_fact(crm, dossier.id)
