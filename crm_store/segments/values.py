"""Values in a filter, made what the field they are compared with holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from rapidfuzz import process

from crm_store.errors import Invalid
from crm_store.money import exact
from crm_store.segments import when
from crm_store.segments.fields import SETNESS, Kind, Operator

Scalar: TypeAlias = bool | int | Decimal | date | str
Value: TypeAlias = Scalar | tuple[Scalar, ...] | None

SEVERAL = (Operator.IN, Operator.NOT_IN)
OF_PERIOD = (Operator.WITHIN, Operator.NOT_WITHIN)
MOST = 1_000
NEAR = 60


def unknown(noun: str, given: str, known: Sequence[str]) -> str:
    """The sentence about a name nobody knows, with the nearest that somebody does."""
    near = [name for name, score, _ in process.extract(given, known, limit=3) if score >= NEAR]
    if near:
        return f"There is no {noun} “{given}”. Did you mean {' or '.join(near)}?"
    listed = ", ".join(known[:30])
    return f"There is no {noun} “{given}”." + (f" There are: {listed}." if listed else "")


def operator_for(name: str, kind: Kind, given: Any) -> Operator:
    """How the field is to be compared, if fields of its kind can be."""
    allowed = [operator.value for operator in kind.operators]
    if given not in allowed:
        raise ValueError(f"{name} cannot be compared by “{given}”; say {', '.join(allowed)}.")
    return Operator(given)


def typed(
    name: str, kind: Kind, operator: Operator, given: Any, choices: Sequence[str] = ()
) -> Value:
    """The value as the field holds it, or a sentence about what was expected."""
    if operator in SETNESS:
        return None
    if kind is Kind.FLAG and given is None:
        return True
    if operator in OF_PERIOD:
        return _period(name, given)
    if operator in SEVERAL:
        return _several(name, kind, given, choices)
    if operator is Operator.BETWEEN:
        return _both(name, kind, given)
    return _one(name, kind, given, choices)


def _period(name: str, given: Any) -> str:
    try:
        return when.check(str(given))
    except Invalid as error:
        raise ValueError(f"{name}: {error}") from error


def _several(name: str, kind: Kind, given: Any, choices: Sequence[str]) -> tuple[Scalar, ...]:
    parts = given if isinstance(given, list | tuple) else [given]
    if not parts or len(parts) > MOST:
        raise ValueError(f"{name} is compared with a list of 1 to {MOST:,} values.")
    return tuple(_one(name, kind, part, choices) for part in parts)


def _both(name: str, kind: Kind, given: Any) -> tuple[Scalar, ...]:
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise ValueError(f"{name} lies between two values: a list of the lower and the upper.")
    lower, upper = (_one(name, kind, part, ()) for part in given)
    if upper < lower:  # type: ignore[operator]
        raise ValueError(f"{name} cannot lie between {lower} and {upper}: the lower comes first.")
    return lower, upper


def _one(name: str, kind: Kind, given: Any, choices: Sequence[str]) -> Scalar:
    if kind is Kind.FLAG:
        if not isinstance(given, bool):
            raise ValueError(f"{name} is true or false, not {given!r}.")
        return given
    if kind in (Kind.NUMBER, Kind.MONEY):
        return _number(name, given)
    if kind in (Kind.DATE, Kind.TIME):
        return _day(name, given)
    if not isinstance(given, str | int) or isinstance(given, bool) or not str(given).strip():
        raise ValueError(f"{name} is compared with text, not {given!r}.")
    return _choice(name, str(given).strip(), choices)


def _number(name: str, given: Any) -> Decimal:
    if isinstance(given, float):
        given = repr(given)
    try:
        return exact(given)
    except (Invalid, TypeError) as error:
        raise ValueError(f"{name} is compared with a number, not {given!r}.") from error


def _day(name: str, given: Any) -> date:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise ValueError(
            f"{name} is compared with a day written as 2025-03-14, not {given!r}."
        ) from None


def _choice(name: str, given: str, choices: Sequence[str]) -> str:
    if not choices:
        return given
    plain = given.lower().replace(" ", "_")
    if plain not in choices:
        raise ValueError(unknown(f"value of {name}", given, choices))
    return plain
