from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.base import new_id
from crm_store.contacts.models import ActivityKind
from crm_store.leads.models import Lead, LeadQuality, LeadSource, LeadStatus, ScoringRule
from crm_store.leads.scoring import BadCondition, Evidence, read_condition, score


def a_lead(**more):
    return Lead(
        **{"given_name": "Eleni", "family_name": "Markou", "source": LeadSource.REFERRAL,
           "status": LeadStatus.NEW, "email": "eleni@aegean.example", **more}
    )  # fmt: skip


def a_rule(points, condition, name="Rule"):
    return ScoringRule(id=new_id(), name=name, points=points, condition=condition)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"kind": "source", "any_of": ["referral", "event"]}, True),
        ({"kind": "source", "any_of": ["import"]}, False),
        ({"kind": "source", "any_of": ["import"], "unless": True}, True),
        ({"kind": "status", "any_of": ["new"]}, True),
        ({"kind": "filled", "field": "email"}, True),
        ({"kind": "filled", "field": "phone"}, False),
        ({"kind": "filled", "field": "name"}, True),
        ({"kind": "mentions", "field": "job_title", "any_of": ["director"]}, True),
        ({"kind": "mentions", "field": "job_title", "any_of": ["direct"]}, False),
        ({"kind": "mentions", "field": "notes", "any_of": ["δωρεα"]}, True),
        ({"kind": "mentions", "field": "company_name", "any_of": ["x"]}, False),
        ({"kind": "mail_domain", "any_of": ["AEGEAN.example"]}, True),
        ({"kind": "work_mail"}, True),
        ({"kind": "worth_at_least", "amount": "500"}, True),
        ({"kind": "worth_at_least", "amount": "500.01"}, False),
        ({"kind": "activities_at_least", "count": 2}, True),
        ({"kind": "activities_at_least", "count": 2, "of": ["call"]}, False),
        ({"kind": "tagged", "any_of": ["Board"]}, True),
        ({"kind": "tagged", "any_of": ["Gala"]}, False),
        ({"kind": "quality", "any_of": ["hot"]}, True),
        ({"kind": "quality", "any_of": ["cold"]}, False),
    ],
)
def test_each_condition_says_what_it_means(condition, holds):
    lead = a_lead(
        job_title="Managing Director", notes="Μια ΔΩΡΕΆ, παρακαλώ", expected_value=Decimal(500)
    )
    evidence = Evidence(
        (ActivityKind.CALL, ActivityKind.MEETING),
        frozenset({"board"}),
        frozenset({LeadQuality.HOT}),
    )
    assert read_condition(condition).holds(lead, evidence) is holds


@pytest.mark.parametrize("email", ["eleni@gmail.com", "Eleni@GMAIL.com", None, ""])
def test_an_address_anybody_can_have_is_not_from_work(email):
    assert not read_condition({"kind": "work_mail"}).holds(a_lead(email=email), Evidence())


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"kind": "horoscope"},
        {"kind": "source", "any_of": []},
        {"kind": "source", "any_of": ["dream"]},
        {"kind": "filled", "field": "org_id"},
        {"kind": "worth_at_least", "amount": "0"},
        {"kind": "work_mail", "more": 1},
        "work_mail",
        None,
    ],
)
def test_a_condition_nobody_knows_is_refused(condition):
    with pytest.raises(BadCondition):
        read_condition(condition)


def test_a_score_names_the_rules_that_gave_it():
    rules = [
        a_rule(30, {"kind": "source", "any_of": ["referral"]}, "Recommended"),
        a_rule(-5, {"kind": "filled", "field": "phone", "unless": True}, "No number"),
        a_rule(50, {"kind": "filled", "field": "phone"}, "Number"),
    ]
    found = score(a_lead(), rules, Evidence())
    assert found.points == 25
    assert [(one.name, one.points) for one in found.reasons] == [
        ("Recommended", 30), ("No number", -5),
    ]  # fmt: skip


def test_a_rule_that_cannot_be_read_gives_nothing():
    assert score(a_lead(), [a_rule(50, {"kind": "horoscope"})], Evidence()).points == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-100, 100), max_size=8))
def test_a_score_is_from_0_to_100_whatever_the_order_of_the_rules(points):
    rules = [a_rule(one, {"kind": "filled", "field": "email"}) for one in points]
    found = score(a_lead(), rules, Evidence())
    assert found.points == max(0, min(100, sum(points)))
    assert found.points == score(a_lead(), rules[::-1], Evidence()).points
