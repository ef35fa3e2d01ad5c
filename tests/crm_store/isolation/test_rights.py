"""Inside one organisation: nothing beyond one's reach, nothing without the scope for it."""

import json
import typing
from dataclasses import replace
from functools import cached_property

import pytest
import pytest_asyncio

from crm_store.actor import Reach
from crm_store.crm import Crm
from crm_store.identity.rights import ALL_SCOPES
from crm_store.view import View
from tests.crm_store.isolation.given import QUESTIONS, VERBS, is_inner
from tests.crm_store.isolation.rehearsing import marks_in
from tests.crm_store.isolation.trials import _modules, methods, verbs

METHODS = {question.name: question for question in methods()}
SPECIFIC = {
    name: question for name, question in METHODS.items()
    if name.split(".")[1] not in ("all", "first", "one", "count")
}  # fmt: skip
DEEDS = {verb.name: verb for verb in verbs() if not is_inner(verb)}

# Questions that answer with rows whoever may see them, for verbs that must know of all of them.
FOR_VERBS = {
    "donors.people_of": "names and merges are made of everybody a donor is",
    "donors.with_person": "a person's donors are renamed and merged whoever looks after them",
}
# What everybody in an organisation may read of it.
FOR_ALL = {"orgs.current", "orgs.features", "orgs.has", "orgs.setting", "orgs.settings"}
# Verbs that write without their own domain's right, and by what right they do.
OTHERWISE = {
    "assistants.journal.begin_run": "the journal is kept of whoever talks with the assistant",
    "assistants.journal.begin_call": "the journal is kept of whoever talks with the assistant",
    "assistants.journal.finish_call": "the journal is kept of whoever talks with the assistant",
    "assistants.journal.record_usage": "the journal is kept of whoever talks with the assistant",
    "assistants.ledger.propose": "anybody may ask for what others decide",
    "assistants.remembering.remember": "anybody's assistant remembers",
    "assistants.spending.reserve": "spending is counted for whoever spends",
    "audit.actions.forget": "needs privacy:erase",
    "audit.actions.record_event": "what people do is counted for everybody",
    "campaigns.composing.use_template": "a template counts its uses",
    "donors.naming.refresh": "follows from what a verb with its own right has changed",
    "donors.naming.refresh_donors_of": "follows from a change of the person",
    "donors.naming.mourn": "follows from a change of the person",
    "donors.posting.send_here": "follows from a change of the address",
    "gifts.settling.look_ahead": "the inside of planning, which has its own right",
    "identity.credentials.create_api_key": "needs keys:manage",
    "identity.credentials.revoke_api_key": "needs keys:manage",
    "outreach.deciding.decide": "whoever asks, the answer is written down",
    "outreach.deciding.may_contact": "whoever asks, the answer is written down",
    "privacy.exporting.export_person": "needs exports:run, and is written down",
    "privacy.lists.list_out": "needs exports:run, and is written down",
    "tasks.notifying.mark_read": "one's own notifications",
    "tasks.notifying.notify": "the inside of verbs that tell somebody",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hidden(stage):
    """Rows that a colleague with nothing of their own does not see, and the words in them alone."""
    own = replace(stage.director, reach=Reach.OWN)
    rows = set()
    for name, question in METHODS.items():
        if name.endswith(".all"):
            everything = await stage.trial(question, {}).own()
            rows |= everything.rows - (await stage.trial(question, {}, own).own()).rows
    secret, open_ = set(), set()
    for line in stage.rows[str(stage.ours)]:
        table, _, row = line.partition(" ")
        values = json.loads(row)
        words = marks_in(v for v in values.values() if isinstance(v, str) and len(v) != 36)
        key = (table, str(values.get("id")).replace("-", ""))
        (secret if key in rows else open_).update(words)
    return own, rows, secret - open_


def test_reach_hides_something(hidden):
    _, rows, words = hidden
    tables = {table for table, _ in rows}
    assert {"people", "donors", "gifts", "leads", "deals", "tickets", "tasks", "notes"} <= tables
    assert len(words) > 20


@pytest.mark.parametrize("name", SPECIFIC)
async def test_a_question_shows_nothing_beyond_ones_reach(stage, hidden, name):
    own, rows, words = hidden
    trial = stage.trial(SPECIFIC[name], QUESTIONS.get(name, {}), own)
    outcomes = [await trial.own(), *[await trial.own(slot) for slot in trial.id_slots]]
    shown = any(outcome.rows & rows or outcome.words & words for outcome in outcomes)
    assert shown is (name in FOR_VERBS)


@pytest.mark.parametrize("name", [name for name in METHODS if name.endswith(".get")])
async def test_a_row_beyond_ones_reach_is_said_to_be_there_and_no_more(stage, hidden, name):
    own, rows, _ = hidden
    table = METHODS[name].model.__tablename__
    key = stage.keys[table, stage.ours].get("id")
    outcome = await stage.trial(METHODS[name], {}, own).own()
    if key is not None and (table, key.hex) in rows:
        assert not outcome.answered
        assert outcome.shape[0] == "NotVisible"


@pytest.mark.parametrize("name", METHODS)
async def test_without_the_right_to_read_a_question_is_refused(stage, name):
    less = replace(stage.director, scopes=ALL_SCOPES - {f"{_domain(name)}:read"})
    outcome = await stage.trial(METHODS[name], QUESTIONS.get(name, {}), less).own()
    assert (outcome.answered or outcome.shape[0] != "Refused") is (name in FOR_ALL)


@pytest.mark.parametrize("name", DEEDS)
async def test_without_the_right_to_write_a_verb_writes_nothing(stage, name):
    less = replace(stage.director, scopes=ALL_SCOPES - {f"{name.split('.')[0]}:write"})
    outcome = await stage.trial(DEEDS[name], VERBS.get(name, {}), less).own(look=True)
    wrote = outcome.left is not None and stage.written(outcome.left) != []
    assert wrote is (name in OTHERWISE)


VIEWS = sorted(
    {
        view
        for module in _modules()
        for view in vars(module).values()
        if isinstance(view, type) and issubclass(view, View) and view._sensitive
    },
    key=lambda view: view.__qualname__,
)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_view_empties_what_one_may_not_read(stage, view):
    nobody = replace(stage.director, scopes=frozenset())
    values = dict.fromkeys(view.model_fields, "x")
    values.pop("hidden")
    seen = {}

    class Caught(view):
        def __init__(self, **shown):
            seen.update(shown)

    Caught.seen_by(nobody, **values)
    assert {name: seen[name] for name in view._sensitive} == dict.fromkeys(view._sensitive)
    assert set(seen["hidden"]) == set(view._sensitive)


def test_the_tables_speak_of_what_is_there():
    assert FOR_VERBS.keys() | FOR_ALL <= METHODS.keys()
    assert OTHERWISE.keys() <= DEEDS.keys()
    assert len(VIEWS) > 10


def _domain(name: str) -> str:
    model = METHODS[name].model
    if model is not None:
        return str(model.__domain__)
    kind = typing.get_type_hints(typing.cast(cached_property, vars(Crm)[name.split(".")[0]]).func)
    return {"timeline.of_person": "contacts"}.get(name, kind["return"].__module__.split(".")[1])
