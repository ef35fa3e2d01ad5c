"""Whose figures somebody may see, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from crm_store.actor import Reach
from crm_store.errors import Refused
from crm_store.identity.rights import ALL_SCOPES
from crm_store.reports.asking import AmountsHidden, PartialView
from crm_store.reports.measure import Unit
from crm_store.reports.registry import MEASURES, is_per_currency, tells_amounts
from crm_store.reports.views import Outcome
from crm_store.segments.language import read_filter
from tests.crm_store.reports.conftest import ask
from tests.crm_store.reports.reckoning import Slip, net
from tests.crm_store.reports.world import World

YEAR = (date(2024, 7, 1), date(2025, 6, 30), date(2023, 7, 1), date(2024, 6, 30))


def without(world: World, *scopes: str) -> Any:
    return world.house.actor(scopes=frozenset(ALL_SCOPES) - set(scopes))


async def test_figures_need_the_right_to_reports(world: World):
    with pytest.raises(Refused, match="may not see reports"):
        await ask(world.house, "gifts", actor=without(world, "reports:read"))


@pytest.mark.parametrize(
    ("measure", "query"),
    [
        ("raised", {}),
        ("average_gift", {}),
        ("refund_rate", {}),
        ("upgraded_donors", {}),
        ("rfm_score", {}),
        ("cost_per_raised", {}),
        ("gifts", {"by": ("gift_size",)}),
        ("rfm_donors", {"by": ("monetary",)}),
        ("gifts", {"amount_from": 100}),
        ("gifts", {"only": {"gift_size": ("under 10",)}}),
    ],
)
async def test_what_tells_amounts_needs_the_right_to_amounts(world: World, measure, query):
    with pytest.raises(AmountsHidden, match="You may not see amounts"):
        await ask(world.house, measure, actor=without(world, "amounts:read"), **query)


async def test_counts_are_for_all_who_may_see_reports(world: World):
    report = await ask(
        world.house, "gifts", "donors", "retention_rate", period="FY2025",
        actor=without(world, "amounts:read"),
    )  # fmt: skip
    assert report.rows[0]["gifts"] == len(Slip(world, *YEAR).received_kept)


async def test_a_filter_needs_the_rights_to_what_it_speaks_of(world: World):
    large = read_filter({"kind": "gave", "at_least": 100})
    with pytest.raises(Refused, match="may not see amounts"):
        await ask(world.house, "gifts", filter=large, actor=without(world, "amounts:read"))
    with pytest.raises(Refused, match="may not see segments"):
        await ask(world.house, "gifts", by=("segment",), actor=without(world, "segments:read"))


def test_every_sum_of_money_tells_amounts():
    for name in ("raised", "pledge_balance", "pipeline_value", "lifetime_value", "recurring_share"):
        assert tells_amounts(MEASURES[name])
    assert not tells_amounts(MEASURES["retention_rate"])


async def test_an_officer_sees_the_figures_of_their_own_portfolio(world: World):
    me = world.officers[1]
    actor = world.house.actor(member_id=me, reach=Reach.OWN)
    report = await ask(world.house, "raised", "donors", period="FY2025", actor=actor)
    mine = {donor["id"] for donor in world.rows["donors"] if donor["owner_id"] == me}
    own = [gift for gift in Slip(world, *YEAR).received if gift["donor_id"] in mine]
    assert {row["currency"]: row["raised"] for row in report.rows} == {
        currency: sum(net(gift) for gift in own if gift["currency"] == currency)
        for currency in {gift["currency"] for gift in own}
    }
    hidden = [donor for donor in world.live("donors") if donor["owner_id"] != me]
    assert (
        f"This includes only your own portfolio; {len(hidden)} donors are not visible to you."
        in report.notes
    )


async def test_a_team_lead_sees_the_teams_leads(world: World):
    ours = set(world.officers[:2])
    actor = world.house.actor(
        member_id=world.officers[0], team_ids=frozenset(ours), reach=Reach.TEAM
    )
    report = await ask(world.house, "leads", period="all_time", actor=actor)
    assert report.rows[0]["leads"] == len(
        [lead for lead in world.live("leads") if lead["owner_id"] in ours]
    )
    hidden = len([lead for lead in world.live("leads") if lead["owner_id"] not in ours])
    assert any(f"{hidden} leads are not visible to you" in note for note in report.notes)


async def test_a_workspace_sees_its_own_and_what_is_nobodys(world: World):
    north = next(w["id"] for w in world.rows["workspaces"] if w["name"] == "North")
    actor = world.house.actor(
        member_id=world.officers[2], workspace_ids=frozenset({north}), reach=Reach.WORKSPACE
    )
    report = await ask(world.house, "donors_on_file", actor=actor)
    seen = [
        donor
        for donor in world.live("donors")
        if donor["owner_id"] == world.officers[2]
        or donor["workspace_id"] == north
        or (donor["workspace_id"] is None and donor["owner_id"] is None)
    ]
    assert report.rows[0]["donors_on_file"] == len(seen)


async def test_hidden_is_never_called_none(world: World):
    """Somebody who looks after nobody: there are gifts, but none that they may see."""
    stranger = world.house.actor(member_id=world.rows["donors"][0]["id"], reach=Reach.OWN)
    report = await ask(world.house, "raised", period="FY2025", actor=stranger)
    assert report.outcome is Outcome.HIDDEN
    assert report.rows == ()
    assert report.notes[0].startswith("There are no gifts visible to you")
    assert any(f"{len(world.live('donors'))} donors are not visible" in n for n in report.notes)


async def test_those_who_see_everything_are_told_plainly_that_there_is_nothing(world: World):
    report = await ask(world.house, "raised", "gifts", "retention_rate", period="2019")
    assert report.outcome is Outcome.NONE
    assert report.rows == ({"raised": 0, "gifts": 0, "retention_rate": None},)
    assert report.currency == "EUR"
    assert report.notes[0].startswith("There are no gifts")


async def test_costs_of_appeals_are_not_set_against_part_of_the_gifts(world: World):
    actor = world.house.actor(reach=Reach.OWN)
    with pytest.raises(PartialView, match="needs everybody's records"):
        await ask(world.house, "cost_per_raised", actor=actor)


async def test_scores_are_among_all_donors_whoever_looks(world: World):
    """One's own donors keep the score they have in the whole organisation."""
    me = world.officers[1]
    actor = world.house.actor(member_id=me, reach=Reach.OWN)
    mine = await ask(world.house, "rfm_score", by=("donor",), actor=actor)
    everybodys = await ask(world.house, "rfm_score", by=("donor",))
    whole = {(row["donor"], row["currency"]): row["rfm_score"] for row in everybodys.rows}
    assert mine.rows
    assert all(row["rfm_score"] == whole[row["donor"], row["currency"]] for row in mine.rows)


async def test_nobody_sees_more_through_a_narrower_reach(world: World):
    """A count for some never exceeds the count for all."""
    counts = [
        name
        for name, measure in MEASURES.items()
        if measure.unit is Unit.COUNT and not is_per_currency(measure)
    ]
    actor = world.house.actor(member_id=world.officers[1], reach=Reach.OWN)
    fewer = 0
    for some in batched(counts, 12):
        (mine,) = (await ask(world.house, *some, period="2025", actor=actor)).rows
        (whole,) = (await ask(world.house, *some, period="2025")).rows
        assert all(mine[name] <= whole[name] for name in some)
        fewer += sum(mine[name] < whole[name] for name in some)
    assert fewer > len(counts) / 2


def batched(names: list[str], size: int) -> Iterator[list[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))
