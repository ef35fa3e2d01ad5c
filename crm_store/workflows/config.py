"""Whether the settings of a node are what its kind asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
WORDS: Mapping[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "a set of values",
}
TEMPLATE = re.compile(r"\{\{.+?\}\}", re.DOTALL)
PATTERNS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "time": re.compile(r"([01]\d|2[0-3]):[0-5]\d"),
    "url": re.compile(r"https?://[^\s/]\S*"),
}


def problems(schema: Mapping[str, Any], value: Any, where: str = "") -> Iterator[str]:
    """What is wrong with a value, one sentence fragment each; nothing when it fits."""
    kind = schema.get("type")
    name = where or "the settings"
    if kind is None or (isinstance(value, str) and kind != "string" and TEMPLATE.search(value)):
        return
    if not _is(kind, value):
        yield f"{name} must be {WORDS[kind]}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{name} must be one of {', '.join(schema['enum'])}"
    elif kind == "string":
        yield from _text(schema, value, name)
    elif kind in ("integer", "number"):
        yield from _number(schema, value, name)
    elif kind == "array":
        yield from _list(schema, value, name)
    elif kind == "object":
        yield from _object(schema, value, where)


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _text(schema: Mapping[str, Any], value: str, name: str) -> Iterator[str]:
    if len(value.strip()) < schema.get("minLength", 0):
        yield f"{name} must not be empty"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{name} must be at most {schema['maxLength']} characters"
    form = schema.get("format")
    if form and not TEMPLATE.search(value) and not _has_form(form, value):
        yield f"{name} is not a valid {form}"


def _has_form(form: str, value: str) -> bool:
    if form in PATTERNS:
        return PATTERNS[form].fullmatch(value) is not None
    try:
        UUID(value) if form == "uuid" else ZoneInfo(value)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return False
    return True


def _number(schema: Mapping[str, Any], value: float, name: str) -> Iterator[str]:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        bounds = [
            f"{word} {schema[key]}"
            for key, word in (("minimum", "at least"), ("maximum", "at most"))
            if key in schema
        ]
        yield f"{name} must be {' and '.join(bounds)}"


def _list(schema: Mapping[str, Any], value: list[Any], name: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{name} needs at least {schema['minItems']}"
    for place, item in enumerate(value, start=1):
        yield from problems(schema.get("items", {}), item, f"{name} {place}")


def _object(schema: Mapping[str, Any], value: dict[str, Any], where: str) -> Iterator[str]:
    known: Mapping[str, Any] | None = schema.get("properties")
    if known is None:
        return
    prefix = f"{where} " if where else ""
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{prefix}{name} is missing"
    for name, item in value.items():
        if name in known:
            yield from problems(known[name], item, f"{prefix}{name}")
        else:
            yield f"{prefix}{name} is not a setting it has"
