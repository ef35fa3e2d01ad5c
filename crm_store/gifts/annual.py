"""A whole year at once: receipts for everybody still owed one, and letters that list all gifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from crm_store.crm import Crm
from crm_store.gifts import letters
from crm_store.gifts.fiscal import Period
from crm_store.gifts.letters import Line
from crm_store.gifts.models import Gift, Receipt, ReceiptGift, ReceiptKind
from crm_store.gifts.numbering import Draft, Stationery, head, issue, line, purposes, stationery
from crm_store.gifts.receipt_repository import receiptable
from crm_store.gifts.recipients import Recipient, recipients


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call of the annual run did; `next` is None when the year is done."""

    receipts: int
    first_number: str | None
    last_number: str | None
    next: UUID | None


@dataclass(frozen=True, slots=True)
class YearLetter:
    """All that a donor gave in a year, whatever receipts it stands on."""

    donor_id: UUID
    names: tuple[str, ...]
    year: int
    lines: tuple[Line, ...]
    totals: dict[str, Decimal]
    text: str


async def issue_annual_receipts(
    crm: Crm,
    year: int,
    *,
    beyond: UUID | None = None,
    limit: int = 500,
    issued_on: date | None = None,
) -> Batch:
    """One receipt for each of the next donors, for all gifts of a year that have none yet.

    Each call does so many donors; go on with `next`, each in a transaction of its own. A run that
    was cut off can begin again anywhere: what has been receipted is left alone.
    """
    crm.actor.need("gifts:write")
    paper = await stationery(crm)
    period = paper.period(year)
    donors = await crm.receipts.donors_unreceipted(period, beyond=beyond, limit=limit)
    owed = (Gift.org_id == crm.actor.org, Gift.donor_id.in_(donors), *receiptable(period))
    await crm.session.execute(
        select(Gift.id).where(*owed).order_by(Gift.id).with_for_update(of=Gift)
    )
    gifts = await crm.session.scalars(
        select(Gift).where(*owed).order_by(Gift.donor_id, Gift.received_on, Gift.id)
    )
    by_donor: dict[UUID, list[Gift]] = defaultdict(list)
    for gift in gifts:
        by_donor[gift.donor_id].append(gift)
    drafts = [Draft(ReceiptKind.ANNUAL, theirs, period) for theirs in by_donor.values()]
    issued = await issue(crm, paper, drafts, issued_on or paper.today)
    return Batch(
        len(issued),
        issued[0].number if issued else None,
        issued[-1].number if issued else None,
        donors[-1] if len(donors) == limit else None,
    )


async def year_letters(crm: Crm, year: int, *donor_ids: UUID) -> list[YearLetter]:
    """A summary of all gifts of a fiscal year for each donor, with a total for each currency."""
    for donor_id in donor_ids:
        await crm.receipts.donor(donor_id)
    paper = await stationery(crm)
    period = await crm.giving.fiscal_period(year)
    people = await recipients(crm, donor_ids)
    rows = await crm.session.execute(
        select(Gift, Receipt.number)
        .outerjoin(
            ReceiptGift,
            (ReceiptGift.org_id == Gift.org_id)
            & (ReceiptGift.gift_id == Gift.id)
            & ~ReceiptGift.is_void,
        )
        .outerjoin(
            Receipt,
            (Receipt.org_id == ReceiptGift.org_id) & (Receipt.id == ReceiptGift.receipt_id),
        )
        .where(
            Gift.org_id == crm.actor.org,
            Gift.donor_id.in_(donor_ids),
            Gift.received_on.between(period.first, period.last),
            Gift.deleted_at.is_(None),
            Gift.amount > Gift.refunded,
        )
        .order_by(Gift.received_on, Gift.id)
    )
    stated: dict[UUID, list[tuple[Gift, str | None]]] = defaultdict(list)
    for gift, number in rows:
        stated[gift.donor_id].append((gift, number))
    named = await purposes(crm)
    return [
        _year_letter(paper, people[donor_id], period, stated[donor_id], named)
        for donor_id in donor_ids
    ]


def _year_letter(
    paper: Stationery,
    to: Recipient,
    period: Period,
    stated: Sequence[tuple[Gift, str | None]],
    named: dict[UUID | None, str],
) -> YearLetter:
    lines = [line(gift, named, number) for gift, number in stated]
    text = letters.year_text(head(paper, to, None), period, lines)
    return YearLetter(
        to.donor.id, to.names, period.last.year, tuple(lines), letters.totals_of(lines), text
    )
