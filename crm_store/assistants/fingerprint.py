"""One spelling for the arguments of a tool, and the hash that an approval is bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from crm_store.errors import Invalid

EXACT = 2**53
DEEPEST = 50


def fingerprint(tool: str, arguments: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of a tool and exactly these arguments, in whatever order they are given."""
    spelled = json.dumps(
        [tool, plain(arguments)], sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )
    return hashlib.sha256(spelled.encode()).hexdigest()


def plain(value: Any, depth: int = 0) -> Any:
    """The same value as it comes back from the database; what would not come back is refused."""
    if depth > DEEPEST:
        raise Invalid("These arguments are nested too deeply.")
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, depth + 1) for part in value]
    raise Invalid(f"Arguments hold no {type(value).__name__}.")


def _text(value: str) -> str:
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Invalid("Arguments hold text that cannot be stored.")
    return value


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Invalid("Arguments have names.")
    return _text(key)


def _number(value: float) -> int | float:
    if not -EXACT <= value <= EXACT:
        raise Invalid("Arguments hold a number too large to be exact.")
    return int(value) if value.is_integer() else value
