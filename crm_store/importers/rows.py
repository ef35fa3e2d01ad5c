"""Rows as they are understood: who, what, and why one cannot be taken."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from crm_store.errors import Invalid
from crm_store.gifts.models import Method
from crm_store.importers import reading
from crm_store.importers.fields import CUSTOM_PREFIX, Kind, Noun
from crm_store.importers.mapping import Plan
from crm_store.importers.parties import Party, PartyReader
from crm_store.money import digits
from crm_store.orgs.custom_fields import checked
from crm_store.orgs.models import CustomField, FieldType

OWN = {
    Noun.GIFTS: frozenset(
        {"amount", "currency", "date", "gift_id", "method", "reference_number", "fund", "appeal",
         "project", "is_tax_deductible", "deductible_amount", "is_anonymous", "tribute_kind",
         "tribute_name", "outside_receipt_on", "notes"}
    ),
    Noun.LEADS: frozenset({"source_detail", "expected_value", "currency", "notes"}),
}  # fmt: skip
SAID = frozenset({"tags", "notes"})
QUOTED = re.compile("“(.*?)”", re.DOTALL)
EXTRA = "…"
ABSURD = Decimal(100_000_000)
MOST_REMEMBERED = 100_000


@dataclass(slots=True)
class Draft:
    """One row read; a problem says why it is bad."""

    number: int
    raw: dict[str, str]
    key: str = ""
    problem: str | None = None
    culprit: str = ""
    party: Party | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usual:
    """What the organisation takes for granted."""

    currency: str
    country: str | None
    today: date


class RowReader:
    """Reads the rows of one table by the plan of its columns."""

    def __init__(
        self,
        noun: Noun,
        source: str,
        plans: Sequence[Plan],
        usual: Usual,
        custom: Sequence[CustomField] = (),
    ) -> None:
        self.noun, self.source, self.usual = noun, source, usual
        self.headers = tuple(plan.header for plan in plans)
        self.mapping = {plan.header: plan.target for plan in plans}
        own = OWN.get(noun, frozenset()) | SAID
        mapped = [plan for plan in plans if plan.field is not None]
        self._own = [p for p in mapped if p.target in own or _is_custom(p)]
        about = tuple(p for p in mapped if p not in self._own)
        self._about = tuple(plan.position for plan in about)
        self._parties = PartyReader(noun, about, usual.country)
        self._remembered: dict[tuple[str, ...], Party | Invalid] = {}
        self._custom = {f"{CUSTOM_PREFIX}{row.noun.value}.{row.name}": row for row in custom}

    def read(self, number: int, cells: Sequence[str]) -> Draft:
        width = len(self.headers)
        if len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        raw = {
            header: cell for header, cell in zip(self.headers, cells, strict=False) if cell.strip()
        }
        draft = Draft(number, raw)
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            extra = ", ".join(cell for cell in cells[width:] if cell.strip())
            draft.problem, draft.culprit = "It has more cells than there are headers.", extra
            raw[EXTRA] = extra
            return draft
        try:
            draft.party = self._party(tuple(cells[at] for at in self._about))
            for plan in self._own:
                cell = cells[plan.position]
                if not reading.is_nothing(cell):
                    self._keep(draft, plan, cell)
            if self.noun is Noun.GIFTS:
                self._check_gift(draft)
        except Invalid as error:
            draft.problem = str(error)
            quoted = QUOTED.search(draft.problem)
            draft.culprit = quoted[1] if quoted else ""
            return draft
        draft.key = self._key(draft)
        return draft

    def again(self, number: int, raw: Mapping[str, str]) -> Draft:
        """A row kept from an earlier reading."""
        cells = [raw.get(header, "") for header in self.headers]
        return self.read(number, [*cells, raw[EXTRA]] if EXTRA in raw else cells)

    def _party(self, cells: tuple[str, ...]) -> Party:
        """Files name the same donor many times over; each is read once."""
        found = self._remembered.get(cells)
        if found is None:
            try:
                found = self._parties.read(cells)
            except Invalid as error:
                found = error
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[cells] = found
        if isinstance(found, Invalid):
            raise found
        return found

    def _keep(self, draft: Draft, plan: Plan, cell: str) -> None:
        assert plan.field is not None
        key, value = plan.field.key, self._value(plan, cell)
        if plan.field.kind is Kind.AMOUNT:
            draft.facts[key] = value.value
            if value.currency and key != "deductible_amount":
                draft.facts.setdefault("currency_seen", value.currency)
        elif plan.field.kind is Kind.CUSTOM:
            draft.facts.setdefault("custom", {})[key] = value
        else:
            draft.facts[key] = value

    def _value(self, plan: Plan, cell: str) -> Any:
        assert plan.field is not None
        match plan.field.kind:
            case Kind.AMOUNT:
                return reading.read_amount(cell, plan.mark)
            case Kind.DATE:
                return reading.read_date(cell, plan.order)
            case Kind.CURRENCY:
                code = reading.currency_code(cell)
                if code is None:
                    raise Invalid(f"“{cell[:20]}” is not a currency.")
                return code
            case Kind.METHOD:
                return reading.read_method(cell)
            case Kind.YES_NO:
                return reading.read_yes_no(cell)
            case Kind.TRIBUTE:
                return reading.read_tribute(cell)
            case Kind.TAGS:
                return reading.read_tags(cell)
            case Kind.CUSTOM:
                return self._custom_value(plan, cell)
            case _:
                return cell.strip()

    def _custom_value(self, plan: Plan, cell: str) -> Any:
        """In the type of its column in custom_values."""
        assert plan.field is not None
        row = self._custom[plan.field.key]
        match row.type:
            case FieldType.DATE:
                return reading.read_date(cell, plan.order)
            case FieldType.NUMBER:
                return reading.read_amount(cell, plan.mark).value
            case FieldType.CHECKBOX:
                return reading.read_yes_no(cell)
            case FieldType.MULTISELECT:
                return checked(row, list(reading.read_tags(cell)))
            case _:
                return checked(row, cell.strip())

    def _check_gift(self, draft: Draft) -> None:
        facts = draft.facts
        if "amount" not in facts:
            raise Invalid("The amount is missing.")
        if "date" not in facts:
            raise Invalid("The date is missing.")
        amount: Decimal = facts["amount"]
        currency = facts.get("currency") or facts.pop("currency_seen", None) or self.usual.currency
        seen = facts.pop("currency_seen", currency)
        if seen != currency:
            raise Invalid(f"The amount is in {seen} but the currency says {currency}.")
        if amount == 0:
            raise Invalid(f"“{amount}” is no gift.")
        if amount < 0:
            raise Invalid(f"“{amount}” is below zero; enter it as a refund of its gift.")
        if amount >= ABSURD:
            raise Invalid(f"“{amount:,} {currency}” cannot be meant.")
        if amount != round(amount, _places(currency)):
            raise Invalid(f"“{amount}” has more decimals than {currency}.")
        if facts["date"] > self.usual.today:
            raise Invalid(f"“{facts['date']}” has not come yet.")
        part = facts.get("deductible_amount")
        if part is not None and not 0 <= part <= amount:
            raise Invalid("The deductible part is not between nothing and the whole gift.")
        if facts.get("tribute_kind") and not facts.get("tribute_name"):
            raise Invalid("A tribute needs a name.")
        facts["currency"] = currency
        facts.setdefault("method", Method.OTHER)

    def _key(self, draft: Draft) -> str:
        """The same for the same content, however it is written, in whatever order of columns."""
        assert draft.party is not None
        said = [self.noun.value, self.source, draft.party.key]
        said += [f"{name}={draft.facts[name]}" for name in sorted(draft.facts)]
        return hashlib.blake2b("\n".join(said).encode(), digest_size=16).hexdigest()


def _is_custom(plan: Plan) -> bool:
    return plan.field is not None and plan.field.kind is Kind.CUSTOM


@lru_cache(maxsize=256)
def _places(currency: str) -> int:
    return digits(currency)
