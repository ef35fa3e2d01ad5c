"""The rule itself, without a database: what speaks against writing, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.base import new_id
from crm_store.channel import Channel, Purpose
from crm_store.outreach.judging import Facts, Question, Why, judge
from crm_store.outreach.models import ContactPolicy, SuppressionReason

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
POLICY = ContactPolicy(
    version=1,
    max_per_period=4,
    period_days=30,
    min_days_between=3,
    max_per_household=6,
    quiet_from_minute=21 * 60,
    quiet_to_minute=8 * 60,
    quiet_channels=["whatsapp", "text", "phone"],
    opt_in_channels=["whatsapp", "text"],
    partner_opt_out_counts=True,
    bereavement_days=180,
)
RUTH = Facts(new_id(), address="ruth@example.org", timezone="Europe/Athens")
APPEAL = Question(Channel.EMAIL, Purpose.APPEAL, NOON)
RECEIPT = replace(APPEAL, purpose=Purpose.RECEIPT)
AGREED = {"consent_state": "given", "consent_at": NOON - timedelta(days=9)}


def codes(question=APPEAL, policy=POLICY, **facts):
    return judge(replace(RUTH, **facts), question, policy).codes


def test_nothing_against_it_is_said_in_words():
    verdict = judge(RUTH, APPEAL, POLICY)
    assert verdict.allowed
    assert verdict.reasons == ("Nothing speaks against it.",)
    agreed = judge(replace(RUTH, **AGREED), APPEAL, POLICY)
    assert agreed.reasons == ("They gave their consent on 2 March 2026.",)
    assert judge(RUTH, RECEIPT, POLICY).reasons == ("A receipt message needs no consent.",)


@pytest.mark.parametrize(
    ("facts", "code", "also_receipts"),
    [
        ({"is_deceased": True}, Why.DECEASED, True),
        ({"is_gone": True}, Why.UNKNOWN_PERSON, True),
        ({"do_not_contact": True}, Why.DO_NOT_CONTACT, True),
        ({"donor_do_not_contact": True}, Why.DO_NOT_CONTACT, True),
        ({"address": None}, Why.NO_ADDRESS, True),
        ({"address": None, "has_dead_address": True}, Why.DEAD_ADDRESS, True),
        ({"suppressions": ["keyword"]}, Why.SUPPRESSED, True),
        ({"suppressions": ["complaint"]}, Why.SUPPRESSED, True),
        ({"suppressions": ["unsubscribed"]}, Why.SUPPRESSED, False),
        ({"suppressions": ["manual"]}, Why.SUPPRESSED, False),
        ({"donor_do_not_solicit": True}, Why.DO_NOT_SOLICIT, False),
        ({"consent_state": "withdrawn", "consent_at": NOON}, Why.WITHDRAWN, False),
        ({"household_withdrew_at": NOON}, Why.HOUSEHOLD_OPTED_OUT, False),
        ({"partner_withdrew_at": NOON}, Why.PARTNER_OPTED_OUT, False),
        ({"partner_do_not_contact": True}, Why.PARTNER_OPTED_OUT, False),
        ({"bereaved_on": date(2026, 1, 10)}, Why.BEREAVED, False),
        ({"donor_hold_until": date(2026, 4, 1)}, Why.HOLD, False),
        ({"contacts": 4}, Why.TOO_MANY, False),
        ({"household_id": UUID(int=7), "household_contacts": 6}, Why.HOUSEHOLD_TOO_MANY, False),
        ({"last_contact_at": NOON - timedelta(days=2)}, Why.TOO_SOON, False),
    ],
    ids=str,
)
def test_each_thing_that_speaks_against_it(facts, code, also_receipts):
    assert codes(**facts) == (code,)
    assert (code in codes(RECEIPT, **facts)) is also_receipts


def test_every_reason_is_told_not_only_the_first():
    verdict = judge(replace(RUTH, is_deceased=True, contacts=9, address=None), APPEAL, POLICY)
    assert set(verdict.codes) == {Why.DECEASED, Why.TOO_MANY, Why.NO_ADDRESS}
    assert len(verdict.reasons) == 3


def test_their_own_later_consent_outweighs_a_partners_refusal():
    earlier = {"partner_withdrew_at": NOON - timedelta(days=30)}
    assert codes(**earlier, **AGREED) == ()
    assert codes(partner_withdrew_at=NOON, **AGREED) == (Why.PARTNER_OPTED_OUT,)


def test_a_partners_refusal_counts_only_where_the_house_says_so():
    policy = ContactPolicy(**{**_columns(POLICY), "partner_opt_out_counts": False})
    assert codes(policy=policy, partner_withdrew_at=NOON) == ()
    assert codes(policy=policy, household_withdrew_at=NOON) == (Why.HOUSEHOLD_OPTED_OUT,)


def test_some_channels_need_a_consent_on_record():
    whatsapp = replace(APPEAL, channel=Channel.WHATSAPP)
    assert codes(whatsapp) == (Why.NO_CONSENT,)
    assert codes(whatsapp, **AGREED) == ()
    assert codes(replace(whatsapp, purpose=Purpose.SERVICE)) == ()


def test_an_officer_keeps_their_own_donors_if_asked():
    assert codes(has_officer=True) == ()
    asked = replace(APPEAL, skips_officer_owned=True)
    assert codes(asked, has_officer=True) == (Why.OFFICER_OWNED,)
    assert codes(asked) == ()


@pytest.mark.parametrize(
    ("hour", "zone", "quiet"),
    [
        (20, "UTC", False),
        (21, "UTC", True),
        (5, "UTC", True),
        (8, "UTC", False),
        (19, "Europe/Athens", True),
        (5, "Europe/Athens", True),
        (6, "Europe/Athens", False),
        (12, "Asia/Tokyo", True),
        (12, "No/Such_Zone", False),
    ],
)
def test_quiet_hours_are_those_where_they_live(hour, zone, quiet):
    at = datetime(2026, 3, 11, hour, tzinfo=UTC)
    question = replace(APPEAL, channel=Channel.WHATSAPP, at=at)
    verdict = judge(replace(RUTH, timezone=zone, **AGREED), question, POLICY)
    assert (Why.QUIET_HOURS in verdict.codes) is quiet
    assert judge(replace(RUTH, timezone=zone), replace(APPEAL, at=at), POLICY).allowed


@given(
    minutes=st.integers(0, 366 * 24 * 60),
    zone=st.sampled_from(["Europe/Athens", "America/New_York", "Asia/Kolkata", "Pacific/Chatham"]),
)
@settings(max_examples=50, deadline=None)
def test_what_only_waits_for_morning_is_allowed_then(minutes, zone):
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    question = replace(APPEAL, channel=Channel.WHATSAPP, at=at)
    facts = replace(RUTH, timezone=zone, consent_state="given", consent_at=at)
    verdict = judge(facts, question, POLICY)
    if not verdict.allowed:
        assert verdict.will_pass
        assert at < verdict.not_before <= at + timedelta(hours=12)
        assert judge(facts, replace(question, at=verdict.not_before), POLICY).allowed


def test_a_refusal_that_time_removes_says_when():
    recent = {"last_contact_at": NOON - timedelta(days=1)}
    verdict = judge(replace(RUTH, **recent), APPEAL, POLICY)
    assert verdict.not_before == NOON + timedelta(days=2)
    held = judge(replace(RUTH, **recent, donor_hold_until=date(2026, 6, 1)), APPEAL, POLICY)
    assert held.not_before == datetime(2026, 6, 1, tzinfo=UTC)
    for_good = judge(replace(RUTH, **recent, do_not_contact=True), APPEAL, POLICY)
    assert (for_good.not_before, for_good.will_pass) == (None, False)


def test_nobody_may_be_written_to_under_a_limit_of_none():
    policy = ContactPolicy(**{**_columns(POLICY), "max_per_period": 0})
    verdict = judge(RUTH, APPEAL, policy)
    assert verdict.codes == (Why.TOO_MANY,)
    assert not verdict.will_pass


def test_every_reason_for_a_suppression_is_understood():
    for reason in SuppressionReason:
        verdict = judge(
            replace(RUTH, suppressions=[reason.value], address=None, has_dead_address=True),
            APPEAL,
            POLICY,
        )
        assert not verdict.allowed


def _columns(policy):
    return {column.key: getattr(policy, column.key) for column in policy.__mapper__.column_attrs}
