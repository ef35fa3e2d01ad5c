"""Reading filters, refusing nonsense helpfully, and saying them in plain words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm_store.errors import Invalid, Refused
from crm_store.segments.language import Gave, read_filter, written
from crm_store.segments.models import Subject
from crm_store.segments.when import Between, between, in_words
from crm_store.segments.wording import describe
from tests.crm_store.segments.world import TODAY

LYBUNT = {
    "kind": "all",
    "of": [
        {"kind": "gave", "period": "last_fiscal_year"},
        {"kind": "not", "of": {"kind": "gave", "period": "this_fiscal_year"}},
    ],
}
SYBUNT = {
    "kind": "all",
    "of": [
        {"kind": "gave", "period": "before 2026-07-01"},
        {"kind": "not", "of": {"kind": "gave", "period": "this_fiscal_year"}},
    ],
}

SAID = [
    ({"kind": "all"}, "All donors"),
    (LYBUNT, "Donors who gave last fiscal year, and did not give this fiscal year"),
    (
        {
            "kind": "all",
            "of": [
                {"kind": "gave", "at_least": 100, "period": "last_fiscal_year"},
                {"kind": "not", "of": {"kind": "gave", "period": "this_fiscal_year"}},
                {"kind": "field", "field": "city", "value": "Athens"},
            ],
        },
        "Donors who gave at least €100 last fiscal year, did not give this fiscal year, and live"
        " in Athens",
    ),
    ({"kind": "not", "of": {"kind": "gave"}}, "Donors who never gave"),
    (
        {"kind": "gave", "times_at_least": 3, "funds": ["Building"], "period": "since 2025-03-01"},
        "Donors who gave at least 3 times for Building since 1 March 2025",
    ),
    (
        {"kind": "gave", "gift_at_least": "99.5", "currency": "ILS", "methods": ["credit_card"]},
        "Donors who gave in gifts of at least ₪99.50 by credit card",
    ),
    (
        {"kind": "any", "of": [{"kind": "recurring"}, {"kind": "pledge", "state": "overdue"}]},
        "Donors who either give regularly or have an overdue pledge",
    ),
    (
        {"kind": "not", "of": {"kind": "any", "of": [
            {"kind": "tag", "any_of": ["Board", "Press"]}, {"kind": "reachable", "by": "email"},
        ]}},
        "Donors who are not tagged Board or Press, and do not have an e-mail address",
    ),
    (
        {"kind": "all", "of": [
            {"kind": "field", "field": "officer", "value": "Dana Levi"},
            {"kind": "any", "of": [
                {"kind": "field", "field": "last_contacted", "is": "not_within",
                 "value": "last_90_days"},
                {"kind": "field", "field": "capacity", "is": "in", "value": ["high", "major"]},
            ]},
        ]},
        "Donors who have the officer that is Dana Levi, and (either it is not so that they were"
        " last contacted in the last 90 days or have the giving capacity that is high or major)",
    ),
    ({"kind": "field", "field": "do_not_contact", "value": False}, "Donors who may be contacted"),
    ({"kind": "segment", "segment": "Board"}, "Donors who are in the segment “Board”"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "sentence"), SAID, ids=[said for _, said in SAID])
def test_a_filter_is_read_back_in_plain_words(form, sentence):
    assert describe(read_filter(form)) == sentence


def test_amounts_and_days_follow_the_reader():
    node = read_filter({"kind": "gave", "at_least": 1000, "period": "2025-03-14"})
    german = describe(node, locale="de").replace("\xa0", " ")
    assert german == "Donors who gave at least 1.000,00 € on 14. März 2025"
    assert describe(node, Subject.PEOPLE, currency="ILS").startswith("People who gave at least ₪1,")


NONSENSE = [
    ({"kind": "feild"}, "There is no kind of filter “feild”. Did you mean field?"),
    ({"of": []}, "Each part of a filter says its kind"),
    ({"kind": "field", "field": "ctiy", "value": "x"}, "There is no field “ctiy”. Did you mean"),
    ({"kind": "field", "field": "city", "is": "at_least", "value": "x"},
     "city cannot be compared by “at_least”; say is, is_not, in"),
    ({"kind": "field", "field": "capacity", "value": "majr"}, "Did you mean major?"),
    ({"kind": "field", "field": "lead_score", "is": "at_least", "value": "many"},
     "lead_score is compared with a number, not 'many'"),
    ({"kind": "field", "field": "gift_count", "is": "between", "value": [5, 1]},
     "the lower comes first"),
    ({"kind": "field", "field": "is_vip", "value": "yes"}, "is_vip is true or false, not 'yes'"),
    ({"kind": "field", "field": "last_gift", "is": "before", "value": "tomorrow"},
     "last_gift is compared with a day written as 2025-03-14"),
    ({"kind": "field", "field": "last_gift", "is": "within", "value": "lately"},
     "last_gift: “lately” is not a period"),
    ({"kind": "field", "field": "city", "is": "in", "value": []}, "a list of 1 to 1,000 values"),
    ({"kind": "field", "field": "city"}, "city is compared with text, not None"),
    ({"kind": "gave", "period": "lst year"}, "is not a period. Say one of today"),
    ({"kind": "gave", "atleast": 5}, "“atleast” is nothing that gave can say"),
    ({"kind": "gave", "at_least": -5}, "at_least: input should be greater than or equal to 0"),
    ({"kind": "gave", "currency": "EUROS"}, "There is no currency 'EUROS'"),
    ({"kind": "any", "of": []}, "of: "),
    ("everybody", "valid dictionary"),
    (None, "valid dictionary"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "sentence"), NONSENSE, ids=[str(form) for form, _ in NONSENSE])
def test_nonsense_is_refused_with_what_would_be_right(form, sentence):
    with pytest.raises(Invalid) as caught:
        read_filter(form)
    assert sentence in str(caught.value)


def test_a_filter_can_be_neither_endless_nor_bottomless():
    deep = {"kind": "all"}
    for _ in range(20):
        deep = {"kind": "not", "of": deep}
    with pytest.raises(Invalid, match="levels deep"):
        read_filter(deep)
    with pytest.raises(Invalid, match="200 parts"):
        read_filter({"kind": "any", "of": [{"kind": "gave"}] * 300})


def test_what_was_left_unsaid_is_left_out_of_the_json():
    assert written(read_filter({"kind": "gave", "at_least": "100"})) == {
        "kind": "gave", "at_least": "100",
    }  # fmt: skip
    assert Gave(at_least=Decimal(5)).model_dump_json() == '{"kind":"gave","at_least":"5"}'


@pytest.mark.parametrize(
    ("period", "years"),
    [
        ("last_fiscal_year", (2025, 2025)), ("this_fiscal_year", (2026, 2026)),
        ("since 2024-07-01", (2025, None)), ("until 2025-06-30", (None, 2025)),
        ("before 2025-07-01", (None, 2025)), ("2024-07-01..2026-06-30", (2025, 2026)),
        ("all_time", (None, None)), ("2025", None), ("since 2025-03-01", None),
    ],
)  # fmt: skip
def test_whole_fiscal_years_are_recognised(period, years):
    assert between(period, TODAY, 7).fiscal_years(7) == years


def test_open_periods_have_one_end():
    assert between("after 2025-03-01", TODAY, 1) == Between(
        first=between("2025-03-02", TODAY, 1).first
    )
    assert TODAY in between("since 2026-06-15", TODAY, 1)
    with pytest.raises(Invalid, match="not a day of the calendar"):
        between("since 2025-02-30", TODAY, 1)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("last_fiscal_year", "last fiscal year"), ("last 90 days", "in the last 90 days"),
        ("FY2025", "in fiscal year 2025"), ("2025-03", "in March 2025"), ("2025", "in 2025"),
        ("year_to_date", "this year so far"), ("since 2025-03-01", "since 1 March 2025"),
        ("2025-01-01..2025-03-31", "from 1 January 2025 to 31 March 2025"), (None, ""),
        ("2025-Q1", "in 2025-Q1"), ("FY2024..FY2025", "from FY2024 to FY2025"),
    ],
)  # fmt: skip
def test_periods_in_words(period, words):
    assert in_words(period) == words


async def test_what_may_not_be_read_may_not_be_asked(house):
    amounts = {"kind": "gave", "at_least": 1000}
    asks = [
        (amounts, "amounts:read"),
        ({"kind": "field", "field": "total_given", "is": "at_least", "value": 5}, "amounts:read"),
        ({"kind": "field", "field": "capacity", "value": "major"}, "research:read"),
        ({"kind": "field", "field": "birth_month", "value": 3}, "contacts:read"),
        ({"kind": "household", "of": amounts}, "gifts:read"),
        ({"kind": "ticket"}, "tickets:read"),
        ({"kind": "consent"}, "outreach:read"),
    ]
    for form, scope in asks:
        async with house.begin(house.actor(scopes=house.director.scopes - {scope})) as crm:
            with pytest.raises(Refused):
                await crm.segments.preview(read_filter(form))
