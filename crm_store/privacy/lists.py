"""Lists of donors, gifts and people taken out of the product, row by row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import Select, and_, func, select, text
from sqlalchemy.orm import aliased

from crm_store.contacts.models import Address, Identifier, IdentifierKind, Person
from crm_store.crm import Crm
from crm_store.donors.models import Donor, DonorPerson
from crm_store.gifts.models import Appeal, DonorGiving, Fund, Gift, Project
from crm_store.identity.models import Member
from crm_store.segments.models import Segment
from crm_store.view import AMOUNTS, PERSONAL, Sensitive

AT_ONCE = 2_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


class Listed(StrEnum):
    """What a list can be of."""

    DONORS = "donors"
    GIFTS = "gifts"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a list, and who may have it."""

    heading: str
    value: Any
    mark: Sensitive | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The headings, how many rows will follow, what was left out, and the rows themselves."""

    headings: tuple[str, ...]
    total: int
    left_out: tuple[str, ...]
    rows: AsyncIterator[Sequence[str]]


async def list_out(crm: Crm, what: Listed, segment: str | None = None) -> Listing:
    """All that the asker may see, or of those the members of a segment; each is written once."""
    crm.actor.need("exports:run")
    chosen = await crm.segments.by_name(segment) if segment else None
    query, cells = await MAKERS[what](crm, chosen)
    shown = [cell for cell in cells if cell.mark is None or crm.actor.may(cell.mark.scope)]
    hidden = [cell.heading for cell in cells if cell not in shown]
    await crm.session.execute(text("SELECT set_config('statement_timeout', '0', true)"))
    total = int(await crm.session.scalar(_counted(query)) or 0)
    crm.note("exported", what.value, None, rows=total, segment=segment)
    wanted = query.with_only_columns(*(cell.value for cell in shown), maintain_column_froms=True)
    headings = tuple(cell.heading for cell in shown)
    return Listing(headings, total, tuple(hidden), _rows(crm, wanted))


def written(value: Any) -> str:
    """A cell as a spreadsheet may open it: text that could be a formula is only text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    plain = str(value.value if isinstance(value, Enum) else value)
    return f"'{plain}" if plain.startswith(DANGEROUS) else plain


async def _rows(crm: Crm, query: Select[Any]) -> AsyncIterator[Sequence[str]]:
    found = await crm.session.stream(query.execution_options(yield_per=AT_ONCE))
    async for rows in found.partitions():
        for row in rows:
            yield [written(value) for value in row]


def _counted(query: Select[Any]) -> Select[Any]:
    inner = query.order_by(None).subquery()
    return select(func.count()).select_from(inner)


async def _donors(crm: Crm, segment: Segment | None) -> tuple[Select[Any], list[Cell]]:
    first = aliased(DonorPerson)
    query = (
        crm.donors.rows()
        .with_only_columns(Donor.id)
        .outerjoin(Member, and_(Member.org_id == Donor.org_id, Member.id == Donor.owner_id))
        .outerjoin(Address, and_(Address.org_id == Donor.org_id, Address.id == Donor.address_id))
        .outerjoin(
            first,
            and_(
                first.org_id == Donor.org_id, first.donor_id == Donor.id,
                first.is_primary, first.left_at.is_(None),
            ),
        )
        .order_by(Donor.sort_key, Donor.id)
    )  # fmt: skip
    if segment:
        query = query.where(Donor.id.in_(await crm.segments.donors(segment)))
    cells = [
        Cell("name", Donor.name), Cell("greeting", Donor.informal_salutation),
        Cell("kind", Donor.kind), Cell("status", Donor.status),
        Cell("journey stage", Donor.journey_stage), Cell("officer", Member.name),
        Cell("language", Donor.language), Cell("do not contact", Donor.do_not_contact),
        Cell("city", Address.city), Cell("country", Address.country),
        Cell("gifts", _giving(func.sum(DonorGiving.gifts))),
        Cell("first gift", _giving(func.min(DonorGiving.first_on))),
        Cell("last gift", _giving(func.max(DonorGiving.last_on))),
        Cell("given in all", _giving(func.string_agg(_sum(), "; ")), AMOUNTS),
        Cell("street", Address.street, PERSONAL),
        Cell("postal code", Address.postal_code, PERSONAL),
        Cell("e-mail", _reached(first.person_id, IdentifierKind.EMAIL), PERSONAL),
        Cell("phone", _reached(first.person_id, IdentifierKind.PHONE), PERSONAL),
    ]  # fmt: skip
    return query, cells


async def _gifts(crm: Crm, segment: Segment | None) -> tuple[Select[Any], list[Cell]]:
    query = (
        crm.gifts.rows()
        .with_only_columns(Gift.id)
        .join(Donor, and_(Donor.org_id == Gift.org_id, Donor.id == Gift.donor_id))
        .outerjoin(Fund, and_(Fund.org_id == Gift.org_id, Fund.id == Gift.fund_id))
        .outerjoin(Project, and_(Project.org_id == Gift.org_id, Project.id == Gift.project_id))
        .outerjoin(Appeal, and_(Appeal.org_id == Gift.org_id, Appeal.id == Gift.appeal_id))
        .order_by(Gift.received_on, Gift.id)
    )
    if segment:
        query = query.where(Gift.donor_id.in_(await crm.segments.donors(segment)))
    return query, [
        Cell("received on", Gift.received_on), Cell("donor", Donor.name),
        Cell("method", Gift.method), Cell("fund", Fund.name), Cell("project", Project.name),
        Cell("appeal", Appeal.name), Cell("reference", Gift.reference_number),
        Cell("currency", Gift.currency), Cell("amount", Gift.amount, AMOUNTS),
        Cell("refunded", Gift.refunded, AMOUNTS),
    ]  # fmt: skip


async def _people(crm: Crm, segment: Segment | None) -> tuple[Select[Any], list[Cell]]:
    query = (
        crm.people.rows()
        .with_only_columns(Person.id)
        .outerjoin(Member, and_(Member.org_id == Person.org_id, Member.id == Person.owner_id))
        .order_by(Person.family_key, Person.given_key, Person.id)
    )
    if segment:
        query = query.where(Person.id.in_(await crm.segments.people(segment)))
    return query, [
        Cell("given name", Person.given_name), Cell("family name", Person.family_name),
        Cell("prefix", Person.prefix), Cell("language", Person.language),
        Cell("officer", Member.name), Cell("do not contact", Person.do_not_contact),
        Cell("is deceased", Person.is_deceased), Cell("birthday", Person.birthday, PERSONAL),
        Cell("e-mail", _reached(Person.id, IdentifierKind.EMAIL), PERSONAL),
        Cell("phone", _reached(Person.id, IdentifierKind.PHONE), PERSONAL),
    ]  # fmt: skip


MAKERS = {Listed.DONORS: _donors, Listed.GIFTS: _gifts, Listed.PEOPLE: _people}


def _giving(figure: Any) -> Any:
    return (
        select(figure)
        .where(DonorGiving.org_id == Donor.org_id, DonorGiving.donor_id == Donor.id)
        .correlate(Donor)
        .scalar_subquery()
    )


def _sum() -> Any:
    return func.concat(func.trim_scale(DonorGiving.total), " ", DonorGiving.currency)


def _reached(person_id: Any, kind: IdentifierKind) -> Any:
    """The address of a kind they are reached by first."""
    return (
        select(Identifier.value)
        .where(
            Identifier.org_id == func.app_org(),
            Identifier.person_id == person_id,
            Identifier.kind == kind,
            Identifier.deleted_at.is_(None),
        )
        .order_by(Identifier.is_primary.desc(), Identifier.id)
        .limit(1)
        .correlate_except(Identifier)
        .scalar_subquery()
    )
