"""Every question and every verb, asked with a neighbour's ids: as if these had never been."""

import pytest

from tests.crm_store.isolation.given import INNER, QUESTIONS, VERBS, is_inner
from tests.crm_store.isolation.trials import NOWHERE, Question, Trial, methods, verbs

METHODS = {question.name: question for question in methods()}
DEEDS = {verb.name: verb for verb in verbs()}
TRIED = {name: verb for name, verb in DEEDS.items() if not is_inner(verb)}

# Questions that our own probe rows cannot answer.
UNANSWERED = {
    "assistants.default_for": "the one assistant is not the default",
    "decisions.get": "the probe's decision is on nobody's proposal",
    "decisions.one": "the probe's decision is on nobody's proposal",
    "deliveries.by_tracking_key": "the probe's letter has no key",
    "donors.by_external_id": "the probe's donor has none",
    "gifts.by_external": "the probe's gift has none",
    "gifts.deleted": "the probe's gift is not deleted",
    "links.by_tracking_key": "the probe's letter has no key",
    "locations.people_in": "the probe's territory has no corners",
    "pipelines.default": "the one pipeline is not the default",
    "products.by_sku": "the probe's product has none",
    "proposals.get": "nobody asked for the probe's proposal",
    "proposals.numbered": "nobody asked for the probe's proposal",
    "proposals.one": "nobody asked for the probe's proposal",
    "roles.by_key": "the probe's role has none",
    "search.resolve_company": "nothing is in the index",
    "search.resolve_donor": "nothing is in the index",
    "search.resolve_person": "nothing is in the index",
    "stage_moves.one": "there are two",
    "territories.around": "the probe's territory has no corners",
    "ticket_activities.one": "there are two",
    "visitor_sessions.by_token": "the probe's token is a digest of nothing",
}
# Verbs of which the log tells the ids they were given, whatever these are.
NOTED = {
    "audit.actions.forget": "that these were erased is written down even where nothing was",
    "conversations.details.attach": "the database puts the message's own visitor in its place",
}


@pytest.mark.parametrize("name", METHODS)
async def test_a_question_tells_nothing_of_a_neighbour(stage, name):
    trial = stage.trial(METHODS[name], QUESTIONS.get(name, {}))
    assert await _differences(stage, trial) == []
    answered = stage.answers[name].answered or await _answers_an_optional(trial)
    assert answered is (name not in UNANSWERED)


@pytest.mark.parametrize("name", TRIED)
async def test_a_verb_does_nothing_to_a_neighbour(stage, name):
    found = await _differences(stage, stage.trial(DEEDS[name], VERBS.get(name, {})))
    assert [one for one in found if name not in NOTED or " did audit_" not in one] == []
    assert bool(found) is (name in NOTED)


async def test_most_questions_and_verbs_were_answered_with_something(stage):
    assert await _share(stage, METHODS, QUESTIONS) > 0.85
    assert await _share(stage, TRIED, VERBS) > 0.6


def test_the_tables_speak_of_what_is_there():
    assert QUESTIONS.keys() <= METHODS.keys()
    assert UNANSWERED.keys() <= METHODS.keys()
    assert (VERBS.keys() | INNER.keys() | NOTED.keys()) <= DEEDS.keys()


async def test_the_probe_notices_a_question_that_forgets_the_organisation(stage):
    async def careless(crm, person_id):
        return f"There is no person {person_id} but {sorted(stage.marks)[0]}."

    question = Question(
        "careless", careless, lambda crm: lambda person_id: careless(crm, person_id)
    )
    question.function.__annotations__["person_id"] = type(NOWHERE)
    assert await _differences(stage, stage.trial(question, {}))


async def _differences(stage, trial: Trial) -> list[str]:
    """Ways in which a neighbour's ids were answered otherwise than ids of nothing."""
    found = []
    own = stage.answers[trial.question.name] = await trial.own()
    if own.marks & stage.marks:
        found.append(f"told of a neighbour unasked: {own.shape}")
    for slot in trial.id_slots:
        foreign, missing = await trial.foreign(slot), await trial.missing(slot)
        if foreign.shape != missing.shape:
            found.append(f"{slot.name}: {foreign.shape} but {missing.shape}")
        echoed = trial.asked if NOWHERE.hex in missing.marks else set()
        if told := foreign.marks & stage.marks - echoed:
            found.append(f"{slot.name} told {told}")
        found += [f"{slot.name} did {change}" for change in stage.changes(foreign.left)]
    return found


async def _answers_an_optional(trial: Trial) -> bool:
    return any([(await trial.own(slot)).answered for slot in trial.id_slots])


async def _share(stage, questions, given) -> float:
    for name in questions.keys() - stage.answers.keys():
        stage.answers[name] = await stage.trial(questions[name], given.get(name, {})).own()
    return sum(stage.answers[name].is_something for name in questions) / len(questions)
