"""A file made ready: opened, surveyed, its columns understood for an organisation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.importers.fields import Noun, compact
from crm_store.importers.mapping import Plan, Wishes, match_header, plan_columns
from crm_store.importers.rows import RowReader, Usual
from crm_store.importers.sheets import Sheet, fingerprint, open_sheet
from crm_store.importers.survey import Survey, survey
from crm_store.orgs.models import CustomField, FieldNoun, Org

FIELD_NOUNS = {
    Noun.GIFTS: FieldNoun.GIFT, Noun.DONORS: FieldNoun.DONOR, Noun.PEOPLE: FieldNoun.PERSON,
    Noun.COMPANIES: FieldNoun.COMPANY, Noun.LEADS: FieldNoun.LEAD,
}  # fmt: skip
NEEDED = {Noun.GIFTS: ("amount", "date")}
USUAL_SOURCE = "file"
TIMEZONES = {"Europe/Athens": "GR", "Asia/Nicosia": "CY", "Asia/Jerusalem": "IL",
             "Europe/London": "GB", "America/New_York": "US"}  # fmt: skip
LOCALES = {"el": "GR", "he": "IL"}
EAST = timedelta(hours=14)
Step = Callable[[int], None]


class Unclear(Invalid):
    """The columns cannot be understood."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for beside the file itself."""

    path: Path
    noun: Noun | None = None
    source: str = USUAL_SOURCE
    sheet: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Understood:
    """A file whose every column has been decided on."""

    wanted: Wanted
    sheet: Sheet
    survey: Survey
    noun: Noun
    source: str
    plans: tuple[Plan, ...]
    usual: Usual
    custom: tuple[CustomField, ...]
    sha256: str

    def reader(self) -> RowReader:
        return RowReader(self.noun, self.source, self.plans, self.usual, self.custom)

    @property
    def mapping(self) -> dict[str, str | None]:
        return {plan.header: plan.target for plan in self.plans}


def look(wanted: Wanted, step: Step = lambda _: None) -> tuple[Sheet, Survey, str]:
    """The part that needs no database: may take a while, so it runs outside of any transaction."""
    sheet = open_sheet(wanted.path, wanted.sheet)
    return sheet, survey(sheet, step), fingerprint(wanted.path)


async def understand(crm: Crm, wanted: Wanted, seen: tuple[Sheet, Survey, str]) -> Understood:
    """Columns as told, as remembered, by name, by content."""
    sheet, surveyed, sha256 = seen
    noun = wanted.noun or guess_noun(sheet.headers)
    org = (await crm.session.scalars(select(Org).where(Org.id == crm.actor.org))).one()
    custom = await custom_fields(crm, noun)
    remembered = await crm.import_jobs.remembered(noun.value, headers_key(sheet.headers))
    wishes = Wishes(org.locale, wanted.overrides, remembered, custom)
    plans = plan_columns(noun, surveyed, wishes)
    _refuse_unusable(noun, plans)
    return Understood(
        wanted, sheet, surveyed, noun, wanted.source.strip().casefold() or USUAL_SOURCE, plans,
        usual_of(org), tuple(custom), sha256,
    )  # fmt: skip


async def custom_fields(crm: Crm, noun: Noun) -> Sequence[CustomField]:
    found = await crm.session.scalars(
        select(CustomField)
        .where(CustomField.org_id == crm.actor.org, CustomField.noun == FIELD_NOUNS[noun])
        .where(CustomField.is_active)
        .order_by(CustomField.name)
    )
    return found.all()


def usual_of(org: Org) -> Usual:
    """What the organisation need not say in every row."""
    locale, _, territory = org.locale.partition("-")
    country = org.country or territory or TIMEZONES.get(org.timezone) or LOCALES.get(locale)
    return Usual(org.currency, country or None, _today())


def _today() -> date:
    """Wherever on earth the gift was entered."""
    return (now() + EAST).date()


def headers_key(headers: Sequence[str]) -> str:
    """The same headers in the same order, and nothing else."""
    return hashlib.blake2b("\n".join(headers).encode(), digest_size=16).hexdigest()


def guess_noun(headers: Sequence[str]) -> Noun:
    """Gifts where there is an amount and a date; else whose name it is."""
    words = {compact(header) for header in headers}
    gifts = {
        found[0].key
        for header in headers
        if (found := [f for f, _ in match_header(header, Noun.GIFTS)])
    }
    if {"amount", "date"} <= gifts:
        return Noun.GIFTS
    if any("lead" in word for word in words):
        return Noun.LEADS
    if any("donor" in word or "δωρητ" in word or "תורם" in word for word in words):
        return Noun.DONORS
    if gifts & {"spouse_given_name", "spouse_name", "donor_kind"}:
        return Noun.DONORS
    if gifts & {"given_name", "family_name"}:
        return Noun.PEOPLE
    if any(word in words for word in ("company", "companyname", "επωνυμια", "legalname")):
        return Noun.COMPANIES
    return Noun.DONORS if "amount" not in gifts else Noun.GIFTS


def _refuse_unusable(noun: Noun, plans: Sequence[Plan]) -> None:
    filled = {plan.target for plan in plans}
    missing = [name for name in NEEDED.get(noun, ()) if name not in filled]
    who = {"name", "given_name", "family_name", "email", "phone", "company", "donor_id"}
    if not filled & who:
        missing.append("name")
    if missing:
        headers = ", ".join(f"“{plan.header}”" for plan in plans if plan.field is None) or "none"
        raise Unclear(
            f"No column was understood as the {' or the '.join(missing)}. Say which it is, as in"
            f' --map "Header={missing[0]}"; columns without a meaning so far: {headers}.'
        )
