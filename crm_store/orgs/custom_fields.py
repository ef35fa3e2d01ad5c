"""Fields an organisation adds to its own records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.orgs.models import CustomField, FieldNoun, FieldType

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
CHOICES = (FieldType.SELECT, FieldType.MULTISELECT)
MAGNITUDE = 30
YES, NO = {"true", "yes", "1", "on"}, {"false", "no", "0", "off", ""}


class FieldTaken(Conflict):
    """There is a field of this name already."""


class WrongValue(Invalid):
    """This field does not take such a value."""


async def define_field(
    crm: Crm,
    noun: FieldNoun,
    name: str,
    label: str,
    type: FieldType,
    *,
    options: Sequence[str] = (),
    is_required: bool = False,
    sort_order: int = 0,
    description: str | None = None,
) -> CustomField:
    """A new field of people, donors, gifts …; its type stays for good."""
    if not NAME.fullmatch(name):
        raise Invalid("A field's name is lower case letters, digits and underscores.")
    known = crm.custom_fields.rows().where(CustomField.noun == noun, CustomField.name == name)
    if await crm.custom_fields.count(known):
        raise FieldTaken(f"There is a field named {name} already.")
    field = CustomField(
        noun=noun,
        name=name,
        label=_label(label),
        type=type,
        options=_options(type, options),
        is_required=is_required,
        sort_order=sort_order,
        description=description,
    )
    crm.custom_fields.add(field)
    await crm.flush()
    return field


async def change_field(
    crm: Crm,
    field_id: UUID,
    *,
    label: str | None = None,
    options: Sequence[str] | None = None,
    is_required: bool | None = None,
    is_active: bool | None = None,
    sort_order: int | None = None,
) -> CustomField:
    """What is given changes; values already recorded stay as they are."""
    field = await crm.custom_fields.get(field_id, lock=True)
    changes = {
        "label": None if label is None else _label(label),
        "options": None if options is None else _options(field.type, options),
        "is_required": is_required,
        "is_active": is_active,
        "sort_order": sort_order,
    }
    for name, value in changes.items():
        if value is not None:
            setattr(field, name, value)
    await crm.flush()
    return field


def checked(field: CustomField, value: Any) -> Any:
    """The value as it is recorded (text, number, ISO date, list, yes or no), or a refusal."""
    if value is None or (value == "" and field.type is not FieldType.CHECKBOX):
        if field.is_required:
            raise WrongValue(f"{field.label} must be given.")
        return None
    try:
        return READ[field.type](field, value)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise WrongValue(f"{field.label} cannot be {value!r}.") from error


def _text(_: CustomField, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.strip()


def _number(_: CustomField, value: Any) -> str:
    """As text, so that no digit is lost on its way through JSON."""
    if isinstance(value, bool):
        raise TypeError
    number = Decimal(str(value).strip())
    if not number.is_finite() or abs(number.adjusted()) > MAGNITUDE:
        raise ValueError
    whole, _point, fraction = format(abs(number) if number == 0 else number, "f").partition(".")
    return f"{whole}.{fraction}".rstrip("0").rstrip(".")


def _date(_: CustomField, value: Any) -> str:
    day = value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    return day.isoformat()[:10]


def _choice(field: CustomField, value: Any) -> str:
    wanted = _text(field, value).casefold()
    for option in field.options:
        if option.casefold() == wanted:
            return option
    raise WrongValue(f"{field.label} is one of {', '.join(field.options)}, not {value!r}.")


def _choices(field: CustomField, value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else list(value)
    return list(dict.fromkeys(_choice(field, part) for part in parts))


def _checkbox(_: CustomField, value: Any) -> bool:
    said = str(value).strip().lower()
    if said in YES | NO:
        return said in YES
    raise ValueError


READ = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.SELECT: _choice,
    FieldType.MULTISELECT: _choices,
    FieldType.CHECKBOX: _checkbox,
}


def _label(label: str) -> str:
    if not label.strip():
        raise Invalid("A field needs a label.")
    return label.strip()


def _options(type: FieldType, options: Sequence[str]) -> list[str]:
    """Distinct, in the order given; only where there is something to choose."""
    distinct = {option.strip().casefold(): option.strip() for option in options if option.strip()}
    if type in CHOICES and not distinct:
        raise Invalid("A field to choose from needs its options.")
    if type not in CHOICES and distinct:
        raise Invalid("Only fields to choose from have options.")
    return list(distinct.values())
