"""Saved audiences: those that follow the data, those that stand still, and what is made of them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.contacts.testing import make_tag
from crm_store.donors.actions import change_donor, remove_donor
from crm_store.donors.merging import merge_donors
from crm_store.donors.testing import make_donor
from crm_store.errors import Invalid, NotFound, Refused
from crm_store.gifts.testing import make_fund, make_gift
from crm_store.identity.testing import make_member
from crm_store.segments.actions import (
    FollowsItsFilter,
    InUse,
    NameTaken,
    StandsStill,
    add_members,
    change_segment,
    combine_segments,
    fix_segment,
    refresh_count,
    remove_members,
    remove_segment,
    save_list,
    save_segment,
)
from crm_store.segments.language import BadFilter, read_filter
from crm_store.segments.models import SegmentKind, SegmentMember, Subject
from crm_store.segments.testing import make_segment
from crm_store.segments.views import SegmentView

GIVERS = {"kind": "gave"}
LAST_YEAR = {"kind": "gave", "period": "2024"}


async def ids(crm, query):
    return set((await crm.session.scalars(query)).all())


async def donors(crm, *names):
    return [await make_donor(crm, name) for name in names]


async def test_a_segment_follows_the_data(house):
    async with house.begin() as crm:
        ruth, noa = await donors(crm, "Ruth Cohen", "Noa Levi")
        await make_gift(crm, ruth, 100)
        givers = await save_segment(crm, "Givers", GIVERS)
        assert (givers.count, givers.kind) == (1, SegmentKind.DYNAMIC)
        assert givers.refreshed_at is not None
        assert await ids(crm, await crm.segments.members(givers)) == {ruth.id}
        await make_gift(crm, noa, 50)
        assert await ids(crm, await crm.segments.members(givers)) == {ruth.id, noa.id}
        assert givers.count == 1
        assert (await refresh_count(crm, givers.id)).count == 2
        await remove_donor(crm, noa.id)
        assert (await refresh_count(crm, givers.id)).count == 1


async def test_lybunt_and_sybunt(house):
    async with house.begin() as crm:
        lapsed, faithful, old, never = await donors(crm, "La Psed", "Faith Ful", "Ol D", "Ne Ver")
        for donor, years in ((lapsed, [2025]), (faithful, [2025, 2026]), (old, [2022])):
            for year in years:
                await make_gift(crm, donor, 100, date(year, 3, 1))
        today = date(2026, 6, 15)
        this_year = {"kind": "not", "of": {"kind": "gave", "period": "this_fiscal_year"}}
        for period, expected in (
            ("last_fiscal_year", {lapsed.id}),
            ("before 2026-01-01", {lapsed.id, old.id}),
        ):
            node = read_filter(
                {"kind": "all", "of": [{"kind": "gave", "period": period}, this_year]}
            )
            assert await ids(crm, await crm.segments.matching(node, today=today)) == expected
        nobody = read_filter({"kind": "not", "of": GIVERS})
        assert await ids(crm, await crm.segments.matching(nobody, today=today)) == {never.id}


async def test_a_preview_says_counts_and_names_whom_it_means(house):
    async with house.begin() as crm:
        ruth, _ = await donors(crm, "Ruth Cohen", "Noa Levi")
        await make_gift(crm, ruth, 100)
        shown = await crm.segments.preview(read_filter({"kind": "gave", "at_least": 100}))
        assert shown.in_words == "Donors who gave at least €100"
        assert (shown.count, shown.unseen, shown.sample) == (1, 0, ((ruth.id, ruth.name),))


async def test_what_is_out_of_reach_is_counted_but_not_listed(house):
    officer = await make_member(house)
    async with house.begin() as crm:
        mine = await make_donor(crm, "Ruth Cohen", owner_id=officer.id)
        theirs = await make_donor(crm, "Noa Levi", owner_id=house.director.member_id)
        for donor in (mine, theirs):
            await make_gift(crm, donor, 100)
        givers = await save_segment(crm, "Givers", GIVERS)
        everybody = await save_list(crm, "Both", [mine.id, theirs.id])
    async with house.begin(house.actor(member_id=officer.id, reach=Reach.OWN)) as crm:
        counted = await crm.segments.count_matching(read_filter(GIVERS))
        assert (counted.visible, counted.hidden, counted.total) == (1, 1, 2)
        for segment in (givers, everybody):
            assert await ids(crm, await crm.segments.members(segment)) == {mine.id}
            page = await crm.segments.page_of_members(segment)
            assert [donor.id for donor in page.rows] == [mine.id]
        assert (await refresh_count(crm, givers.id)).count == 2
        with pytest.raises(Invalid, match="1 of these donors are not there for you"):
            await add_members(crm, everybody.id, [theirs.id])


async def test_people_are_not_judged_by_donors_out_of_reach(house):
    officer = await make_member(house)
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", owner_id=house.director.member_id)
        await make_gift(crm, donor, 100)
        person = await crm.session.scalar(crm.people.everything())
        person.owner_id = officer.id
    givers = read_filter(GIVERS)
    async with house.begin() as crm:
        assert await ids(crm, await crm.segments.matching(givers, Subject.PEOPLE)) == {person.id}
    async with house.begin(house.actor(member_id=officer.id, reach=Reach.OWN)) as crm:
        assert await ids(crm, await crm.segments.matching(givers, Subject.PEOPLE)) == set()


async def test_a_fixed_list_stands_still(house):
    async with house.begin() as crm:
        ruth, noa, dan = await donors(crm, "Ruth Cohen", "Noa Levi", "Dan Katz")
        board = await save_list(crm, "Board", [ruth.id, noa.id])
        assert await add_members(crm, board.id, [noa.id, dan.id]) == 1
        assert board.count == 3
        assert await remove_members(crm, board.id, [ruth.id]) == 1
        assert await ids(crm, await crm.segments.members(board)) == {noa.id, dan.id}
        with pytest.raises(StandsStill):
            await change_segment(crm, board.id, filter=GIVERS)
        with pytest.raises(Invalid, match="1 of these donors are not there for you"):
            await add_members(crm, board.id, [new_id()])


async def test_fixing_a_segment_keeps_those_who_were_in_it(house):
    async with house.begin() as crm:
        ruth, noa = await donors(crm, "Ruth Cohen", "Noa Levi")
        await make_gift(crm, ruth, 100)
        givers = await save_segment(crm, "Givers", GIVERS, description="All who gave")
        fixed = await fix_segment(crm, givers.id, "Givers of today")
        await make_gift(crm, noa, 100)
        assert await ids(crm, await crm.segments.members(fixed)) == {ruth.id}
        assert (fixed.kind, fixed.count) == (SegmentKind.STATIC, 1)
        assert await crm.segments.in_words(fixed) == "Donors who gave"
        with pytest.raises(FollowsItsFilter):
            await add_members(crm, givers.id, [noa.id])


async def test_segments_are_added_together_and_taken_away(house):
    async with house.begin() as crm:
        ruth, noa, dan = await donors(crm, "Ruth Cohen", "Noa Levi", "Dan Katz")
        await make_gift(crm, ruth, 100)
        await make_tag(crm, "Board", donor_id=noa.id)
        givers = await save_segment(crm, "Givers", GIVERS)
        board = await save_segment(crm, "Board", {"kind": "tag", "any_of": ["board"]})
        fixed = await save_list(crm, "Quiet", [noa.id, dan.id])
        either = await combine_segments(crm, "Either", [givers, board])
        less = await combine_segments(crm, "Less", [givers, board, fixed], without=[givers])
        assert await ids(crm, await crm.segments.members(either)) == {ruth.id, noa.id}
        assert await ids(crm, await crm.segments.members(less)) == {noa.id, dan.id}
        assert await crm.segments.in_words(less) == (
            "Donors who (either are in the segment “Givers” or are in the segment “Board” or are in"
            " the segment “Quiet”), and are not in the segment “Givers”"
        )
        for segment in (givers, board):
            with pytest.raises(InUse, match="is made from this one"):
                await remove_segment(crm, segment.id)
        with pytest.raises(InUse):
            await change_segment(crm, givers.id, name="Generous people")
        await remove_segment(crm, less.id)
        await remove_segment(crm, either.id)
        await remove_segment(crm, givers.id)
        with pytest.raises(NotFound, match="There is no segment “Givers”"):
            await crm.segments.by_name("Givers")


async def test_no_segment_is_made_of_itself(house):
    async with house.begin() as crm:
        first = await save_segment(crm, "First", GIVERS)
        await save_segment(crm, "Second", {"kind": "segment", "segment": "First"})
        with pytest.raises(BadFilter, match="is made of itself"):
            await change_segment(crm, first.id, filter={"kind": "segment", "segment": "second"})


async def test_a_donor_segment_is_written_to_through_its_people(house):
    async with house.begin() as crm:
        couple = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
        await make_donor(crm, "Noa Levi")
        await make_gift(crm, couple, 100)
        givers = await save_segment(crm, "Givers", GIVERS)
        people = await ids(crm, await crm.segments.people(givers))
        assert {p.given_name for p in await crm.people.all() if p.id in people} == {"Ruth", "David"}
        mail = {"kind": "field", "field": "given_name", "value": "ruth"}
        ruths = await save_segment(crm, "Ruths", mail, subject=Subject.PEOPLE)
        assert await ids(crm, await crm.segments.donors(ruths)) == {couple.id}
        assert len(await ids(crm, await crm.segments.people(ruths))) == 1


async def test_merged_donors_are_on_a_list_once(house):
    async with house.begin() as crm:
        keep, lose = await donors(crm, "Ruth Cohen", "Ruth Kohen")
        both = await save_list(crm, "Both", [keep.id, lose.id])
        lost = await save_list(crm, "Lost", [lose.id])
    async with house.begin() as crm:
        await merge_donors(crm, keep.id, lose.id)
    async with house.begin() as crm:
        for segment in (both, lost):
            segment = await crm.segments.get(segment.id)
            assert await ids(crm, await crm.segments.members(segment)) == {keep.id}


async def test_names_are_free_once_and_found_however_they_are_said(house):
    async with house.begin() as crm:
        board = await make_segment(crm, "Board & Friends")
        assert (await crm.segments.by_name("board & FRIENDS")).id == board.id
        with pytest.raises(NameTaken):
            await save_list(crm, "BOARD & friends")
        with pytest.raises(Invalid, match="needs a name"):
            await save_list(crm, "  ")
        with pytest.raises(NotFound, match="Did you mean Board & Friends"):
            await crm.segments.by_name("bord and friends")
        await change_segment(crm, board.id, name="Board", description="Since 2020")
        view = SegmentView.of(board, in_words=await crm.segments.in_words(board))
        assert (view.name, view.description, view.in_words) == ("Board", "Since 2020", "All donors")


async def test_names_in_a_filter_must_exist_here(house, neighbour):
    async with neighbour.begin() as crm:
        await make_fund(crm, "Library")
    async with house.begin() as crm:
        await make_fund(crm, "Building")
        for form, sentence in (
            ({"kind": "gave", "funds": ["Bilding"]}, "no fund “Bilding”. Did you mean Building"),
            ({"kind": "gave", "funds": ["Library"]}, "There is no fund “Library”"),
            ({"kind": "tag", "any_of": ["Board"]}, "There is no tag “Board”"),
            ({"kind": "segment", "segment": "Board"}, "There is no segment “Board”"),
            ({"kind": "custom", "field": "shoe size", "value": 5}, "no field of your own"),
            ({"kind": "field", "field": "officer", "value": "Noa"}, "There is no officer “Noa”"),
            ({"kind": "field", "field": "journey_stage", "value": "x"}, "no journey stage “x”"),
        ):
            with pytest.raises(BadFilter, match=sentence):
                await crm.segments.preview(read_filter(form))


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE donors; --",
        '" OR 1=1 --',
        "%",
        "\\",
        "$1",
        ":org",
        "a' UNION SELECT 1 --",
        "🌻",
    ],
)
async def test_values_are_only_ever_values(house, text):
    async with house.begin() as crm:
        await make_donor(crm, "Ruth Cohen")
        for operator in ("is", "contains", "begins_with"):
            node = read_filter({"kind": "field", "field": "name", "is": operator, "value": text})
            assert await ids(crm, await crm.segments.matching(node)) == set()
        assert await crm.session.scalar(select(func.count()).select_from(SegmentMember)) == 0


async def test_another_organisations_segments_and_donors_stay_theirs(house, neighbour):
    async with neighbour.begin() as crm:
        theirs = await make_donor(crm, "Ruth Cohen")
        await make_segment(crm, "Everybody")
    async with house.begin() as crm:
        mine = await make_donor(crm, "Ruth Cohen")
        everybody = await make_segment(crm, "Everybody")
        assert everybody.count == 1
        assert await ids(crm, await crm.segments.members(everybody)) == {mine.id}
        with pytest.raises(Invalid):
            await save_list(crm, "Theirs", [theirs.id])


async def test_saving_needs_the_right_to(house):
    async with house.begin() as crm:
        board = await save_list(crm, "Board")
    reader = house.actor(scopes=house.director.scopes - {"segments:write"})
    async with house.begin(reader) as crm:
        with pytest.raises(Refused):
            await add_members(crm, board.id, [])
    with pytest.raises(Refused):
        async with house.begin(reader) as crm:
            await save_segment(crm, "Mine", GIVERS)


async def test_pages_of_members_go_by_name(house):
    async with house.begin() as crm:
        for name in ("Ruth Zorba", "Noa Abel", "Dan Katz"):
            await make_donor(crm, name)
        everybody = await make_segment(crm)
        first = await crm.segments.page_of_members(everybody, limit=2)
        assert [donor.name for donor in first.rows] == ["Noa Abel", "Dan Katz"]
        rest = await crm.segments.page_of_members(everybody, after=first.next, limit=2)
        assert [donor.name for donor in rest.rows] == ["Ruth Zorba"]
        assert first.total == 3


async def test_a_city_is_one_however_it_is_spelt(house):
    async with house.begin() as crm:
        donor = await make_donor(crm, "Ruth Cohen", address={"city": "Αθήνα"})
        await change_donor(crm, donor.id, classification="Regular")
        for city in ("Αθήνα", "ΑΘΗΝΑ", "Athina"):
            node = read_filter({"kind": "field", "field": "city", "value": city})
            assert await ids(crm, await crm.segments.matching(node)) == {donor.id}
