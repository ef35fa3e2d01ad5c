"""The kinds of node: 33 in five groups, each with settings that can be checked."""

from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_store.workflows.config import KINDS, problems

LISTED = {
    "trigger": {
        "whatsapp_message", "email_received", "ticket_created", "lead_added", "missed_call",
        "schedule", "manual",
    },
    "logic": {"if_else", "switch", "wait", "loop", "stop"},
    "ai": {"detect_intent", "detect_sentiment", "extract_entities", "llm_agent"},
    "output": {"send_whatsapp", "send_email", "create_lead", "create_ticket", "assign_member"},
    "utility": {"set_variable", "parse_json", "http_request", "assert", "error_handler"},
}  # fmt: skip


def _schemas(schema):
    yield schema
    for part in schema.get("properties", {}).values():
        yield from _schemas(part)
    if "items" in schema:
        yield from _schemas(schema["items"])


async def test_there_are_33_kinds_of_node_in_five_groups(crm):
    kinds = await crm.workflows.node_types()
    assert len(kinds) == 33
    assert Counter(str(kind.group) for kind in kinds.values()) == {
        "trigger": 10,
        "logic": 5,
        "ai": 5,
        "output": 8,
        "utility": 5,
    }
    for group, keys in LISTED.items():
        assert keys <= {key for key, kind in kinds.items() if kind.group == group}


async def test_every_setting_of_every_kind_has_a_type_that_is_checked(crm):
    for key, kind in (await crm.workflows.node_types()).items():
        assert kind.description.endswith("."), key
        assert set(kind.config_schema["required"]) <= set(kind.config_schema["properties"]), key
        for schema in _schemas(kind.config_schema):
            assert set(schema) <= {
                "type", "properties", "required", "items", "enum", "minimum", "maximum",
                "minLength", "maxLength", "minItems", "format",
            }, key  # fmt: skip
            assert schema.get("type", "string") in KINDS, key


async def test_only_triggers_and_error_handlers_are_led_into_by_nothing(crm):
    kinds = await crm.workflows.node_types()
    rootless = {key for key, kind in kinds.items() if not kind.inputs}
    assert rootless == {k for k, kind in kinds.items() if kind.group == "trigger"} | {
        "error_handler"
    }


async def test_nobody_at_run_time_changes_the_kinds(house):
    with pytest.raises(DBAPIError, match="permission denied"):
        async with house.begin() as crm:
            await crm.session.execute(text("UPDATE node_types SET name = 'x'"))


@pytest.mark.parametrize(
    ("kind", "config", "fault"),
    [
        ("send_email", {"subject": "Hi"}, "body is missing"),
        ("send_email", {"subject": "", "body": "x"}, "subject must not be empty"),
        ("wait", {"amount": 0, "unit": "days"}, "amount must be at least 1 and at most 10000"),
        ("wait", {"amount": True, "unit": "days"}, "amount must be a whole number"),
        ("wait", {"amount": 2, "unit": "moons"}, "unit must be one of"),
        ("schedule", {"every": "day", "at": "25:00"}, "at is not a valid time"),
        ("schedule", {"every": "day", "timezone": "Mars/Base"}, "timezone is not a valid timezone"),
        ("http_request", {"method": "GET", "url": "file:///etc/passwd"}, "url is not a valid url"),
        ("llm_agent", {"task": "x", "assistant_id": "7"}, "assistant_id is not a valid uuid"),
        ("switch", {"value": "x", "cases": []}, "cases needs at least 1"),
        ("if_else", {"conditions": [{"left": "a"}]}, "conditions 1 operator is missing"),
        ("create_task", {"title": "x", "colour": "red"}, "colour is not a setting it has"),
        ("change_tags", {"add": ["", 3]}, "add 2 must be text"),
    ],
)
async def test_settings_that_do_not_fit_are_named(crm, kind, config, fault):
    schema = (await crm.workflows.node_types())[kind].config_schema
    assert any(fault in found for found in problems(schema, config))


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("wait", {"amount": "{{gift.days}}", "unit": "days"}),
        ("send_whatsapp", {"text": "Σας ευχαριστούμε 🙏 {{donor.name}}"}),
        ("set_variable", {"name": "x", "value": None}),
        ("schedule", {"every": "month", "day": 31, "at": "08:30", "timezone": "Asia/Jerusalem"}),
    ],
)
async def test_settings_that_fit_pass(crm, kind, config):
    schema = (await crm.workflows.node_types())[kind].config_schema
    assert list(problems(schema, config)) == []
