"""The hash an approval is bound to."""

import json
import math
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from crm_store.assistants.fingerprint import fingerprint, plain
from crm_store.errors import Invalid

STORABLE = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(-(2.0**53), 2.0**53)
    | STORABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STORABLE, inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(STORABLE, VALUES, max_size=4)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(ARGUMENTS, min_size=1, max_size=5))
async def test_arguments_hash_the_same_after_the_database_has_kept_them(crm, many):
    for arguments in many:
        kept = await crm.session.scalar(
            text("SELECT CAST(:given AS jsonb)").bindparams(given=json.dumps(plain(arguments)))
        )
        assert fingerprint("t", kept) == fingerprint("t", arguments)


@settings(max_examples=50, deadline=None)
@given(ARGUMENTS, STORABLE, VALUES)
def test_any_other_argument_is_another_hash(arguments, name, value):
    changed = {**arguments, name: value}
    same = plain(changed) == plain(arguments) and str(plain(changed)) == str(plain(arguments))
    assert (fingerprint("t", changed) == fingerprint("t", arguments)) is same


def test_the_order_of_arguments_does_not_matter_but_the_tool_does():
    assert fingerprint("t", {"a": 1, "b": 2}) == fingerprint("t", {"b": 2, "a": 1})
    assert fingerprint("t", {"a": 1}) != fingerprint("u", {"a": 1})
    assert fingerprint("t", {"a": 1}) != fingerprint("t", {"a": True})
    assert fingerprint("t", {"a": 1}) != fingerprint("t", {"a": "1"})


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, 1e300, Decimal(1), uuid4(), b"x", {1: 2}, "a\x00b", "\ud800", {1, 2}],
)
def test_what_would_not_come_back_as_it_was_is_refused(value):
    with pytest.raises(Invalid):
        fingerprint("t", {"a": value})


def test_arguments_are_not_nested_without_end():
    deep = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(Invalid, match="nested too deeply"):
        fingerprint("t", {"a": deep})
