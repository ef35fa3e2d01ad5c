"""Figures of some donors, some gifts, some values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crm_store.errors import Invalid
from crm_store.reports.audience import NeedsContactData
from crm_store.reports.registry import Misfit
from crm_store.reports.views import Outcome
from crm_store.segments.language import read_filter
from tests.crm_store.reports.conftest import ask
from tests.crm_store.reports.reckoning import Slip, net
from tests.crm_store.reports.world import World

YEAR = (date(2024, 7, 1), date(2025, 6, 30), date(2023, 7, 1), date(2024, 6, 30))
GAVE_LAST_YEAR = {"kind": "gave", "period": "FY2024"}


async def figures(world: World, *measures: str, **query: Any) -> dict[Any, tuple[Any, ...]]:
    report = await ask(world.house, *measures, **{"period": "FY2025", **query})
    return {
        row.get("currency", report.currency): tuple(row[measure] for measure in measures)
        for row in report.rows
    }


def reckoned(world: World, fits: Callable[[dict[str, Any]], Any]) -> dict[Any, tuple[Any, ...]]:
    """Raised, gifts and donors of the year from gifts that fit."""
    received = [gift for gift in Slip(world, *YEAR).received if fits(gift)]
    found = {}
    for currency in {gift["currency"] for gift in received}:
        own = [gift for gift in received if gift["currency"] == currency]
        kept = [gift for gift in own if net(gift) > 0]
        givers = {gift["donor_id"] for gift in kept}
        found[currency] = (sum(net(gift) for gift in own), len(kept), len(givers))
    return found


def living(world: World) -> dict[Any, dict[str, Any]]:
    return {donor["id"]: donor for donor in world.live("donors")}


async def test_only_donors_that_fit_a_filter_are_counted(world: World):
    donors = living(world)
    told = await figures(
        world,
        "raised",
        "gifts",
        "donors",
        filter=read_filter({"kind": "field", "field": "donor_kind", "value": "couple"}),
    )
    assert told == reckoned(world, lambda g: donors.get(g["donor_id"], {}).get("kind") == "couple")


async def test_a_filter_may_say_who_gave_and_who_did_not(world: World):
    before = Slip(world, *YEAR).givers_before
    donors = living(world)
    wanted = {"kind": "not", "of": GAVE_LAST_YEAR}
    told = await figures(world, "raised", "gifts", "donors", filter=read_filter(wanted))
    assert told == reckoned(
        world, lambda g: g["donor_id"] in donors and g["donor_id"] not in before
    )


async def test_a_filter_is_told_in_words(world: World):
    report = await ask(world.house, "raised", period="FY2025", filter=read_filter(GAVE_LAST_YEAR))
    assert report.filter == "only donors who gave in fiscal year 2024"
    assert (await ask(world.house, "raised")).filter == "everything"


async def test_loyalty_follows_the_filter_of_donors(world: World):
    slip = Slip(world, *YEAR)
    donors = living(world)
    couples = {one for one, donor in donors.items() if donor["kind"] == "couple"}
    wanted = read_filter({"kind": "field", "field": "donor_kind", "value": "couple"})
    told = await figures(world, "donors_before", "retained_donors", "lapsed_donors", filter=wanted)
    before, now = slip.givers_before & couples, slip.givers & couples
    assert told == {None: (len(before), len(before & now), len(before - now))}


@pytest.mark.parametrize(
    ("only", "fits"),
    [
        ({"fund": ("bread", "Σχολείο")}, lambda g, f: f.get(g["fund_id"]) in ("Bread", "Σχολείο")),
        ({"fund": ("no fund",)}, lambda g, f: g["fund_id"] is None),
        ({"fund": ("No fund", "Bread")}, lambda g, f: f.get(g["fund_id"], "Bread") == "Bread"),
        ({"gift_method": ("credit card",)}, lambda g, f: g["method"] == "credit_card"),
        ({"gift_method": ("wire", "Cash")}, lambda g, f: g["method"] in ("wire", "cash")),
        ({"currency": ("usd",)}, lambda g, f: g["currency"] == "USD"),
        ({"gift_kind": ("recurring",)}, lambda g, f: g["recurring_plan_id"] is not None),
        ({"gift_size": ("under 10",)}, lambda g, f: g["amount"] < 10),
    ],
)  # fmt: skip
async def test_only_some_values_of_a_dimension_are_counted(world: World, only, fits):
    funds = {fund["id"]: fund["name"] for fund in world.rows["funds"]}
    told = await figures(world, "raised", "gifts", "donors", only=only)
    assert told == reckoned(world, lambda gift: fits(gift, funds))


async def test_an_amount_is_a_limit_on_each_gift(world: World):
    told = await figures(
        world, "raised", "gifts", "donors", amount_from=Decimal(50), amount_to=Decimal(100)
    )
    assert told == reckoned(world, lambda gift: 50 <= gift["amount"] <= 100)


async def test_loyalty_to_one_fund_looks_at_its_gifts_alone(world: World):
    """Who gave to Bread before and again, and who gave to it for the first time."""
    bread = next(fund["id"] for fund in world.rows["funds"] if fund["name"] == "Bread")
    slip = Slip(world, *YEAR)
    slip.gifts = [gift for gift in world.live("gifts") if gift["fund_id"] == bread]
    told = await figures(
        world, "donors", "new_donors", "retained_donors", "recovered_donors", "lapsed_donors",
        "lybunt", "sybunt", only={"fund": ("Bread",)},
    )  # fmt: skip
    earlier = slip.givers_between(date.min, date(2024, 6, 30))
    assert told == {
        None: (
            len(slip.givers),
            len(slip.newcomers),
            len(slip.givers & slip.givers_before),
            len((slip.givers & earlier) - slip.givers_before),
            len(slip.givers_before - slip.givers),
            len(slip.givers_before - slip.givers),
            len(earlier - slip.givers),
        )
    }


async def test_only_one_segment(world: World):
    board = {row["donor_id"] for row in world.rows["segment_members"]}
    donors = living(world)
    told = await figures(world, "raised", "gifts", "donors", only={"segment": ("board",)})
    assert told == reckoned(world, lambda g: g["donor_id"] in board and g["donor_id"] in donors)


async def test_one_city_however_it_is_typed(world: World):
    one = await ask(world.house, "donors_on_file", only={"city": ("athens",)})
    addresses = world.by_id("addresses")
    there = [
        donor for donor in world.live("donors")
        if donor["address_id"] and addresses[donor["address_id"]]["city"].upper() == "ATHENS"
    ]  # fmt: skip
    assert one.rows[0]["donors_on_file"] == len(there)


async def test_one_donor(world: World):
    donor = world.rows["gifts"][0]["donor_id"]
    told = await figures(world, "raised", "gifts", "donors", only={"donor": (str(donor),)})
    assert told == reckoned(world, lambda gift: gift["donor_id"] == donor) or told == {
        "EUR": (0, 0, 0)
    }


async def test_other_nouns_are_narrowed_by_their_own_dimensions(world: World):
    report = await ask(
        world.house, "leads", period="all_time", only={"lead_source": ("website", "referral")}
    )
    expected = [x for x in world.live("leads") if x["source"] in ("website", "referral")]
    assert report.rows[0]["leads"] == len(expected)


async def test_all_time_begins_with_the_first_row(world: World):
    report = await ask(world.house, "leads", by=("year",), period="all_time")
    assert report.period is not None
    assert report.period.first == date(2025, 6, 21)
    assert sum(row["leads"] for row in report.rows) == len(world.live("leads"))


async def test_a_value_nobody_knows_is_refused_with_what_is_near(world: World):
    with pytest.raises(Invalid, match=r"There is no fund “Buildin”. Perhaps Building\?"):
        await ask(world.house, "raised", only={"fund": ("Buildin",)})
    with pytest.raises(Invalid, match="There is no gift method “barter”"):
        await ask(world.house, "raised", only={"gift_method": ("barter",)})
    with pytest.raises(Invalid, match="no segment are not a segment"):
        await ask(world.house, "raised", only={"segment": ("no segment",)})
    with pytest.raises(Invalid, match="named by an id"):
        await ask(world.house, "raised", only={"donor": ("Ruth Cohen",)})


@pytest.mark.parametrize(
    ("measure", "query", "sentence"),
    [
        ("leads", {"only": {"fund": ("Bread",)}}, "Leads cannot be narrowed by fund"),
        ("leads", {"amount_from": 5}, "not made of gifts"),
        ("leads", {"filter": GAVE_LAST_YEAR}, "not about donors"),
        ("raised", {"only": {"month": ("2025-03",)}}, "chosen by the period"),
        ("pledge_balance", {"amount_to": 5}, "not made of gifts"),
    ],
)
async def test_what_cannot_narrow_a_figure_is_refused(world: World, measure, query, sentence):
    if "filter" in query:
        query = {"filter": read_filter(query["filter"])}
    with pytest.raises(Misfit, match=sentence):
        await ask(world.house, measure, **query)


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "field", "field": "name", "is": "begins_with", "value": "Giver"},
        {"kind": "field", "field": "employer", "value": "Firm 14"},
        {"kind": "field", "field": "birth_month", "value": 3},
        {"kind": "not", "of": {"kind": "any", "of": [
            {"kind": "field", "field": "family_name", "value": "7"}, GAVE_LAST_YEAR]}},
    ],
)  # fmt: skip
async def test_a_filter_by_name_or_contact_is_refused_in_words(world: World, wanted):
    with pytest.raises(NeedsContactData, match="Reports hold no contact data"):
        await ask(world.house, "raised", filter=read_filter(wanted))


async def test_a_segment_that_cannot_be_told_is_refused_rather_than_taken_for_empty(world: World):
    with pytest.raises(NeedsContactData, match="The segment “Givers by name”"):
        await ask(world.house, "raised", only={"segment": ("Givers by name",)})


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "recurring"},
        {"kind": "pledge", "state": "overdue"},
        {"kind": "soft_credit"},
        {"kind": "consent", "state": "none"},
        {"kind": "suppressed"},
        {"kind": "reachable", "by": "email"},
        {"kind": "reachable", "by": "mail"},
        {"kind": "activity", "period": "2025"},
        {"kind": "lead", "sources": ["website"]},
        {"kind": "ticket", "is_open": True},
        {"kind": "household", "of": GAVE_LAST_YEAR},
        {"kind": "segment", "segment": "Couples"},
        {"kind": "field", "field": "officer", "value": "me"},
        {"kind": "field", "field": "journey_stage", "is": "is_set"},
        {"kind": "field", "field": "last_contacted", "is": "not_within", "value": "last_30_days"},
        {"kind": "field", "field": "total_given", "is": "at_least", "value": 100},
        {"kind": "field", "field": "country", "value": "GR"},
        {"kind": "field", "field": "postal_code", "is": "is_empty"},
        {"kind": "field", "field": "is_vip", "value": False},
    ],
)
async def test_every_other_filter_finds_the_donors_that_segments_find(world: World, wanted):
    node = read_filter(wanted)
    report = await ask(world.house, "donors_on_file", filter=node)
    async with world.house.begin() as crm:
        counted = await crm.segments.count_matching(node, today=date(2026, 5, 21))
    assert report.outcome is Outcome.ROWS or counted.total == 0
    assert report.rows[0]["donors_on_file"] == counted.total
