"""What one can do with receipts: issue, copy, make void, replace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, NotFound, Refused
from crm_store.gifts.fiscal import Period
from crm_store.gifts.models import Gift, Receipt, ReceiptGift, ReceiptKind
from crm_store.gifts.numbering import Draft, issue, stationery
from crm_store.gifts.receipt_repository import receiptable


class AlreadyReceipted(Conflict):
    """This gift stands on a valid receipt already."""


class NothingLeft(Refused):
    """Nothing remains of this gift that a receipt could state."""


class OtherDonor(Invalid):
    """One receipt speaks of the gifts of one donor."""


class Void(Conflict):
    """This receipt is void."""


async def issue_receipt(
    crm: Crm, *gift_ids: UUID, issued_on: date | None = None, language: str | None = None
) -> Receipt:
    """One numbered receipt for one or more gifts of a donor."""
    gifts = await _lock(crm, gift_ids)
    if len({gift.donor_id for gift in gifts}) != 1:
        raise OtherDonor
    for gift in gifts:
        if gift.net <= 0:
            raise NothingLeft
        if gift.outside_receipt_on:
            raise AlreadyReceipted("This gift was receipted in a former system.")
        if known := await crm.receipts.of_gift(gift.id):
            raise AlreadyReceipted(f"This gift stands on receipt {known.number} already.")
    paper = await stationery(crm)
    drafts = [Draft(ReceiptKind.SINGLE, gifts, _span(gifts))]
    (issued,) = await issue(crm, paper, drafts, issued_on or paper.today, language)
    return await crm.receipts.get(issued.id)


async def copy_receipt(crm: Crm, receipt_id: UUID) -> Receipt:
    """Issue it again: the same paper, marked as a duplicate and counted."""
    receipt = await crm.receipts.get(receipt_id, lock=True)
    if receipt.is_void:
        raise Void
    receipt.copies += 1
    receipt.last_copy_at = now()
    await crm.flush()
    return receipt


async def mark_receipt_sent(crm: Crm, receipt_id: UUID, at: datetime | None = None) -> Receipt:
    receipt = await crm.receipts.get(receipt_id, lock=True)
    receipt.sent_at = at or now()
    await crm.flush()
    return receipt


async def void_receipt(crm: Crm, receipt_id: UUID, reason: str) -> Receipt:
    """It keeps its number and no longer counts; its gifts may be receipted again."""
    receipt = await crm.receipts.get(receipt_id, lock=True)
    if receipt.is_void:
        raise Void
    if not reason.strip():
        raise Invalid("Say why the receipt is made void.")
    receipt.voided_at, receipt.void_reason = now(), reason.strip()
    await crm.flush()
    await crm.session.execute(
        update(ReceiptGift)
        .where(ReceiptGift.org_id == crm.actor.org, ReceiptGift.receipt_id == receipt.id)
        .values(is_void=True)
        .execution_options(synchronize_session="fetch")
    )
    return receipt


async def replace_receipt(crm: Crm, receipt_id: UUID, reason: str) -> Sequence[Receipt]:
    """Void it and state its gifts anew as they now stand, a receipt for each donor they are of."""
    lines = await crm.receipts.lines(receipt_id)
    old = await void_receipt(crm, receipt_id, reason)
    standing = await crm.session.scalars(
        select(Gift)
        .where(
            Gift.org_id == crm.actor.org,
            Gift.id.in_([line.gift_id for line in lines]),
            *receiptable(),
        )
        .order_by(Gift.received_on, Gift.id)
        .execution_options(populate_existing=True)
    )
    by_donor: dict[UUID, list[Gift]] = defaultdict(list)
    for gift in standing:
        by_donor[gift.donor_id].append(gift)
    covers = Period(old.covers_from, old.covers_to)
    drafts = [
        Draft(old.kind, gifts, covers if old.kind is ReceiptKind.ANNUAL else _span(gifts), old.id)
        for gifts in by_donor.values()
    ]
    paper = await stationery(crm)
    issued = await issue(crm, paper, drafts, paper.today, old.language)
    return [await crm.receipts.get(receipt_id) for receipt_id, _ in issued]


async def _lock(crm: Crm, gift_ids: Sequence[UUID]) -> Sequence[Gift]:
    found = await crm.gifts.all(
        crm.gifts.rows()
        .where(Gift.id.in_(gift_ids))
        .order_by(Gift.id)
        .with_for_update(of=Gift)
        .execution_options(populate_existing=True)
    )
    if len(found) != len(set(gift_ids)) or not found:
        raise NotFound("There is no such gift.")
    return sorted(found, key=lambda gift: (gift.received_on, gift.id))


def _span(gifts: Sequence[Gift]) -> Period:
    days = [gift.received_on for gift in gifts]
    return Period(min(days), max(days))
