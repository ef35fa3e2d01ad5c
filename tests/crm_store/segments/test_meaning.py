"""What the database answers to a filter is what the filter means, for the whole language."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select, union_all

from crm_store.segments.compiling import MODELS, Compiler
from crm_store.segments.fields import DONOR_FIELDS, PERSON_FIELDS, SETNESS, Field, Kind, Operator
from crm_store.segments.language import KINDS, Not, read_filter, written
from crm_store.segments.models import Subject
from crm_store.segments.resolving import resolve
from crm_store.segments.wording import describe
from tests.crm_store.segments.truth import Truth
from tests.crm_store.segments.world import FUNDS, TAGS, TODAY

PERIODS = [
    "last_fiscal_year", "this_fiscal_year", "FY2025", "2025", "last_90_days", "last_year",
    "since 2025-03-01", "since 2024-07-01", "before 2025-07-01", "until 2026-06-30", "all_time",
    "2024-07-01..2026-06-30", "2025-Q1", "2025-03", "this_month", "last_12_months", "2025-03-14",
]  # fmt: skip
AMOUNTS = ["10", "50", "99.99", "150", "1000"]
SOME_DAYS = ["2024-06-30", "2025-03-14", "2025-07-01", "2026-01-31"]
WORDS = [
    "Ruth",
    "cohen",
    "e",
    "el",
    "%",
    "a_b",
    "Director",
    "Ruth Foods",
    "GR",
    "m",
    "νίκος",
    "ΚΟΣ",
    "High-value",
]
VALUES: dict[Kind, list[Any]] = {
    Kind.TEXT: WORDS,
    Kind.PLACE: ["Athens", "Αθήνα", "tel aviv", "a"],
    Kind.STAGE: ["prospect", "cultivation"],
    Kind.OFFICER: ["me", "Dana Levi"],
    Kind.WORKSPACE: ["Haifa", "Patras"],
    Kind.NUMBER: ["0", "1", "2", "5", "10"],
    Kind.MONEY: ["0", *AMOUNTS],
    Kind.DATE: SOME_DAYS,
    Kind.TIME: SOME_DAYS,
    Kind.FLAG: [True, False],
}


def maybe(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


def some(choices: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(list(choices)), min_size=1, max_size=2, unique=True)


def of_kind(kind: str, strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return strategy.map(lambda parts: {"kind": kind} | parts)


def compared(name: str, kind: Kind, values: list[Any], tag: str) -> st.SearchStrategy[Any]:
    value = st.sampled_from(values)

    def with_value(operator: Operator) -> st.SearchStrategy[Any]:
        node = {"kind": tag, "field": name, "is": operator.value}
        if operator in SETNESS:
            return st.just(node)
        given_value: st.SearchStrategy[Any] = value
        if operator in (Operator.WITHIN, Operator.NOT_WITHIN):
            given_value = st.sampled_from(PERIODS)
        elif operator in (Operator.IN, Operator.NOT_IN):
            given_value = some(values)
        elif operator is Operator.BETWEEN:
            key = float if kind in (Kind.NUMBER, Kind.MONEY) else str
            given_value = st.lists(value, min_size=2, max_size=2).map(lambda x: sorted(x, key=key))
        return given_value.map(lambda one: {**node, "value": one})

    return st.sampled_from(kind.operators).flatmap(with_value)


def field_filter(field: Field) -> st.SearchStrategy[Any]:
    return compared(field.name, field.kind, list(field.choices) or VALUES[field.kind], "field")


PERIOD = st.sampled_from(PERIODS)
AMOUNT = st.sampled_from(AMOUNTS)
CURRENCY = st.sampled_from(["EUR", "USD"])
TIMES = st.integers(1, 3)
LEAVES = {
    "field": st.one_of(*(field_filter(field) for field in (*DONOR_FIELDS, *PERSON_FIELDS))),
    "custom": st.one_of(
        compared("shirt", Kind.TEXT, ["S", "m", "L"], "custom"),
        compared("motto", Kind.TEXT, ["carpe", "%", "a_b"], "custom"),
        compared("score", Kind.NUMBER, AMOUNTS, "custom"),
        compared("joined", Kind.DATE, SOME_DAYS, "custom"),
        compared("vegan", Kind.FLAG, [True, False], "custom"),
        compared("likes", Kind.CHOICES, ["tea", "cake", "rum"], "custom"),
    ),
    "gave": of_kind("gave", maybe(
        period=PERIOD, at_least=AMOUNT, at_most=AMOUNT, times_at_least=TIMES, times_at_most=TIMES,
        gift_at_least=AMOUNT, gift_at_most=AMOUNT, currency=CURRENCY, funds=some(FUNDS),
        appeals=some([f"{name} letter" for name in FUNDS]),
        projects=some([f"{name} works" for name in FUNDS]), methods=some(["cash", "wire"]),
    )) | of_kind("gave", maybe(period=PERIOD, at_least=AMOUNT, times_at_least=TIMES)),
    "soft_credit": of_kind("soft_credit", maybe(
        roles=some(["spouse", "solicitor", "match"]), period=PERIOD, at_least=AMOUNT,
        currency=CURRENCY,
    )),
    "recurring": of_kind("recurring", maybe(
        state=st.sampled_from(["active", "paused", "lapsed", "any"]),
        frequency=st.sampled_from(["monthly", "yearly"]),
    )),
    "pledge": of_kind("pledge", maybe(
        state=st.sampled_from(["open", "overdue", "fulfilled", "written_off", "any"]),
        balance_at_least=AMOUNT, balance_at_most=AMOUNT, currency=CURRENCY,
    )),
    "tag": some(TAGS).map(lambda tags: {"kind": "tag", "any_of": tags}),
    "consent": of_kind("consent", maybe(
        state=st.sampled_from(["given", "withdrawn", "none"]),
        purpose=st.sampled_from(["marketing", "newsletter", "receipt"]),
        channel=st.sampled_from(["email", "whatsapp"]),
    )),
    "suppressed": of_kind("suppressed", maybe(channel=st.sampled_from(["email", "whatsapp"]))),
    "reachable": of_kind(
        "reachable", maybe(by=st.sampled_from(["email", "phone", "whatsapp", "mail"]))
    ),
    "segment": st.sampled_from(["Fixed donors", "Fixed people", "Givers", "friends"]).map(
        lambda name: {"kind": "segment", "segment": name}
    ),
    "activity": of_kind("activity", maybe(
        kinds=some(["call", "visit"]), period=PERIOD, times_at_least=TIMES
    )),
    "lead": of_kind("lead", maybe(sources=some(["website", "event"]), period=PERIOD)),
    "ticket": of_kind("ticket", maybe(is_open=st.booleans(), period=PERIOD)),
}  # fmt: skip


def combined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(parts, max_size=3).map(lambda of: {"kind": "all", "of": of}),
        st.lists(parts, min_size=1, max_size=3).map(lambda of: {"kind": "any", "of": of}),
        parts.map(lambda of: {"kind": "not", "of": of}),
        parts.map(lambda of: {"kind": "household", "of": of}),
    )


LEAF = st.sampled_from(sorted(LEAVES)).flatmap(LEAVES.__getitem__)
FILTER = st.recursive(LEAF, combined, max_leaves=6)
UNHURRIED = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def answer(crm: Any, node: Any, subject: Subject) -> tuple[set[Any], set[Any]]:
    """Who fits, and who fits the opposite."""
    model, setting = MODELS[subject], await crm.segments.setting(TODAY)
    compiler = Compiler(setting, await resolve(crm.session, setting, node))
    live = select(model.id).where(model.deleted_at.is_(None))
    sides = [
        live.where(compiler.condition(one, subject)).add_columns(literal(place))
        for place, one in enumerate((node, Not(of=node)))
    ]
    rows = (await crm.session.execute(union_all(*sides))).all()
    return {row[0] for row in rows if not row[1]}, {row[0] for row in rows if row[1]}


async def agree(world: Any, forms: list[Any]) -> None:
    truth = Truth(world)
    async with world.house.begin(read_only=True) as crm:
        for form in forms:
            for subject in Subject:
                expected = truth.fitting(form, subject)
                everybody = {row.id for row in truth.everybody(subject)}
                found = await answer(crm, read_filter(form), subject)
                assert found == (expected, everybody - expected), (subject, form)


@given(forms=st.lists(LEAF, min_size=8, max_size=8))
@UNHURRIED
async def test_each_statement_means_what_it_says(world, forms):
    await agree(world, forms)


@given(forms=st.lists(FILTER, min_size=3, max_size=3))
@UNHURRIED
async def test_statements_combine_as_logic_has_it(world, forms):
    await agree(world, forms)


@given(form=FILTER)
@settings(max_examples=200, deadline=None)
def test_every_filter_survives_being_written_down_and_can_be_said(form):
    node = read_filter(form)
    assert read_filter(written(node)) == node
    for subject in Subject:
        said = describe(node, subject)
        assert said[:1].isupper()
        assert "None" not in said
        assert "  " not in said


def test_every_kind_of_statement_is_tried():
    assert {*LEAVES, "all", "any", "not", "household"} == set(KINDS)
