"""Filling the fields an organisation has added to its records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm_store.contacts.filling import refuse_unseen
from crm_store.contacts.models import CustomValue
from crm_store.contacts.visibility import parent_models
from crm_store.crm import Crm
from crm_store.errors import Conflict, NotFound
from crm_store.orgs.custom_fields import WrongValue, checked
from crm_store.orgs.models import CustomField, FieldNoun, FieldType

COLUMNS = {
    FieldType.TEXT: "text_value",
    FieldType.SELECT: "text_value",
    FieldType.NUMBER: "number_value",
    FieldType.DATE: "date_value",
    FieldType.CHECKBOX: "bool_value",
    FieldType.MULTISELECT: "list_value",
}
LARGEST, PLACES = Decimal(10) ** 14, 4


async def set_custom_value(
    crm: Crm, noun: FieldNoun, row_id: UUID, name: str, value: Any
) -> CustomValue | None:
    """Fill one field of one record, as its type allows; None empties it."""
    column = f"{noun.value}_id"
    model = dict(parent_models(CustomValue))[column]
    crm.actor.need(f"{model.__domain__}:write")
    field = await crm.custom_values.field(noun, name)
    if field is None:
        raise NotFound(f"There is no field named {name} for this.")
    await refuse_unseen(crm, CustomValue, {column: row_id})
    plain = _as_column(field, checked(field, value))
    async with crm.granted("contacts:read", "contacts:write"):
        found = await crm.custom_values.first(
            crm.custom_values.everything().where(
                CustomValue.field_id == field.id, getattr(CustomValue, column) == row_id
            )
        )
        if plain is None:
            if found is not None:
                await crm.session.delete(found)
            return None
        if found is None:
            found = crm.custom_values.add(CustomValue(field_id=field.id, **{column: row_id}))
        setattr(found, COLUMNS[field.type], plain)
    return found


async def require_custom_values(crm: Crm, noun: FieldNoun, row_id: UUID) -> None:
    """Refuse a record whose required fields are empty; asked by forms and imports at the end."""
    filled = await crm.custom_values.by_name(noun, row_id)
    missing = [
        field.label
        for field in await crm.custom_fields.of(noun)
        if field.is_required and filled.get(field.name) in (None, [])
    ]
    if missing:
        raise Conflict(f"Still to be filled: {', '.join(missing)}.")


def _as_column(field: CustomField, value: Any) -> Any:
    """What was checked, in the type of its column."""
    if value is None or value == []:
        return None
    if field.type is FieldType.DATE:
        return date.fromisoformat(value)
    if field.type is FieldType.NUMBER:
        number = Decimal(value)
        exponent = number.as_tuple().exponent
        if abs(number) >= LARGEST or (isinstance(exponent, int) and -exponent > PLACES):
            raise WrongValue(f"{field.label} takes up to 14 digits and {PLACES} decimals.")
        return number
    return value
