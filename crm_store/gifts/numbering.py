"""How receipts come to be: numbered without gaps, written as the organisation writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from crm_store.base import TenantRow, new_id, now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.gifts import letters
from crm_store.gifts.fiscal import Period, fiscal_year, period_of
from crm_store.gifts.letters import Letterhead, Line
from crm_store.gifts.models import (
    Fund,
    Gift,
    Project,
    Receipt,
    ReceiptGift,
    ReceiptKind,
    ReceiptNumber,
)
from crm_store.gifts.recipients import Recipient, recipients
from crm_store.money import tidy
from crm_store.orgs.models import Org


class OutOfOrder(Conflict):
    """A later receipt has been issued already: numbers and days run together."""


@dataclass(frozen=True, slots=True)
class Stationery:
    """How an organisation's receipts look, are numbered and count the years."""

    org: Org
    starts: int
    prefix: str
    closing: str | None
    today: date

    def year_of(self, day: date) -> int:
        return fiscal_year(day, self.starts)

    def period(self, year: int) -> Period:
        return period_of(year, self.starts)

    def number(self, year: int, serial: int) -> str:
        return f"{self.prefix}{year}-{serial:05d}"

    @property
    def issuer(self) -> str:
        """The organisation as the tax office knows it."""
        org = self.org
        town = " ".join(part for part in (org.postal_code, org.city) if part)
        lines = (org.legal_name or org.name, org.address, town, org.registration_number, org.tax_id)
        return "\n".join(line for line in lines if line)


async def stationery(crm: Crm) -> Stationery:
    """From the organisation and its settings receipts.year, receipts.prefix, receipts.closing."""
    org = await crm.orgs.current()
    settings = await crm.orgs.settings()
    by_calendar = settings.get("receipts.year") == "calendar"
    return Stationery(
        org,
        1 if by_calendar else org.fiscal_year_starts,
        str(settings.get("receipts.prefix") or ""),
        settings.get("receipts.closing"),
        now().astimezone(ZoneInfo(org.timezone)).date(),
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """A receipt about to be numbered: which gifts it states and of which period it speaks."""

    kind: ReceiptKind
    gifts: Sequence[Gift]
    covers: Period
    replaces_id: UUID | None = None


class Issued(NamedTuple):
    """A receipt that has just been written down."""

    id: UUID
    number: str


async def issue(
    crm: Crm,
    paper: Stationery,
    drafts: Sequence[Draft],
    issued_on: date,
    language: str | None = None,
) -> list[Issued]:
    """Number the drafts one after another and write them down, with what they state."""
    crm.actor.need("gifts:write")
    if issued_on > paper.today:
        raise Invalid("A receipt cannot be issued on a day to come.")
    if not drafts:
        return []
    people = await recipients(crm, {draft.gifts[0].donor_id for draft in drafts})
    named = await purposes(crm)
    last = await _take_numbers(crm, paper.year_of(issued_on), issued_on, len(drafts))
    papers: list[dict[str, Any]] = []
    stated: list[dict[str, Any]] = []
    for serial, draft in enumerate(drafts, start=last - len(drafts) + 1):
        lines = [line(gift, named) for gift in draft.gifts]
        to = head(paper, people[draft.gifts[0].donor_id], language)
        row = {
            **_stamps(crm),
            "donor_id": draft.gifts[0].donor_id,
            **_printed(paper, draft, serial, issued_on, to, lines),
        }
        papers.append(row)
        stated += (_stated(crm, row["id"], *each) for each in zip(draft.gifts, lines, count(1)))
    await _write(crm, Receipt, papers)
    await _write(crm, ReceiptGift, stated)
    for row in papers:
        facts = {key: row[key] for key in ("number", "donor_id", "totals", "replaces_id")}
        crm.note("issued", "receipts", row["id"], **facts)
    return [Issued(row["id"], row["number"]) for row in papers]


async def purposes(crm: Crm) -> dict[UUID | None, str]:
    """What gifts can be for, by fund or project."""
    named: dict[UUID | None, str] = {}
    for model in (Fund, Project):
        rows = await crm.session.execute(
            select(model.id, model.name).where(model.org_id == crm.actor.org)
        )
        named |= {row.id: row.name for row in rows}
    return named


def line(gift: Gift, named: dict[UUID | None, str], number: str | None = None) -> Line:
    """A gift as papers state it: what remains of it."""
    return Line(
        gift.received_on,
        tidy(gift.net, gift.currency),
        tidy(gift.net_deductible, gift.currency),
        gift.currency,
        gift.method,
        named.get(gift.project_id) or named.get(gift.fund_id),
        number,
    )


def head(paper: Stationery, to: Recipient, language: str | None) -> Letterhead:
    """In the language asked for, else the donor's own, else the organisation's."""
    tongue = language or to.language or paper.org.locale
    return Letterhead(paper.issuer, to.names, to.address, tongue, paper.closing)


async def _take_numbers(crm: Crm, year: int, issued_on: date, wanted: int) -> int:
    """The last of so many numbers; whoever else wants one waits until we commit or give up."""
    taken = upsert(ReceiptNumber).values(**_stamps(crm), year=year, last=wanted)
    taken = taken.on_conflict_do_update(
        index_elements=["org_id", "year"], set_={"last": ReceiptNumber.last + wanted}
    )
    last: int = (await crm.session.execute(taken.returning(ReceiptNumber.last))).scalar_one()
    before = await crm.session.scalar(
        select(Receipt.issued_on).where(
            Receipt.org_id == crm.actor.org, Receipt.year == year, Receipt.serial == last - wanted
        )
    )
    if before is not None and before > issued_on:
        raise OutOfOrder
    return last


async def _write(crm: Crm, model: type[TenantRow], rows: Sequence[dict[str, Any]]) -> None:
    """Many rows in one statement with one parameter: a year of receipts is tens of thousands."""
    table, columns = model.__tablename__, ", ".join(rows[0])
    await crm.session.execute(
        text(
            f"INSERT INTO {table} ({columns}) SELECT {columns} "
            f"FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
        ),
        {"rows": json.dumps(rows, default=str, ensure_ascii=False)},
    )


def _printed(
    paper: Stationery,
    draft: Draft,
    serial: int,
    issued_on: date,
    to: Letterhead,
    lines: Sequence[Line],
) -> dict[str, Any]:
    year = paper.year_of(issued_on)
    number = paper.number(year, serial)
    covers = draft.covers if draft.kind is ReceiptKind.ANNUAL else None
    return {
        "kind": draft.kind,
        "year": year,
        "serial": serial,
        "number": number,
        "issued_on": issued_on,
        "covers_from": draft.covers.first,
        "covers_to": draft.covers.last,
        "language": to.language,
        "issuer": to.issuer,
        "names": list(to.names),
        "address": to.address,
        "totals": _as_text(letters.totals_of(lines)),
        "deductible_totals": _as_text(letters.deductible_of(lines)),
        "text": letters.receipt_text(to, number, issued_on, lines, covers),
        "replaces_id": draft.replaces_id,
    }


def _stated(crm: Crm, receipt_id: UUID, gift: Gift, of: Line, place: int) -> dict[str, Any]:
    facts = of._asdict()
    del facts["receipt_number"]
    return {**_stamps(crm), "receipt_id": receipt_id, "gift_id": gift.id, "line": place, **facts}


def _as_text(totals: dict[str, Decimal]) -> dict[str, str]:
    return {currency: str(amount) for currency, amount in totals.items()}


def _stamps(crm: Crm) -> dict[str, Any]:
    return {
        "org_id": crm.actor.org,
        "id": new_id(),
        "created_by": crm.actor.id,
        "updated_by": crm.actor.id,
    }
