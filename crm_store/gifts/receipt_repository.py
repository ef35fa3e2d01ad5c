"""Questions about receipts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from crm_store.gifts.fiscal import Period
from crm_store.gifts.models import Gift, Receipt, ReceiptGift, ReceiptNumber
from crm_store.gifts.reach import OfDonors, follows_donor
from crm_store.repository import Page


class ReceiptRepository(OfDonors[Receipt]):
    model = Receipt

    async def by_number(self, number: str, *, lock: bool = False) -> Receipt:
        return await self.one(self.rows().where(Receipt.number == number.strip()), lock=lock)

    async def of_donor(self, donor_id: UUID, year: int | None = None) -> Sequence[Receipt]:
        """A donor's receipts, latest first; void ones too."""
        await self.donor(donor_id)
        query = self.rows().where(Receipt.donor_id == donor_id)
        if year is not None:
            query = query.where(Receipt.year == year)
        return await self.all(query.order_by(Receipt.year.desc(), Receipt.serial.desc()))

    async def of_gift(self, gift_id: UUID) -> Receipt | None:
        """The valid receipt a gift stands on."""
        here = select(ReceiptGift.receipt_id).where(
            ReceiptGift.org_id == self.actor.org,
            ReceiptGift.gift_id == gift_id,
            ~ReceiptGift.is_void,
        )
        return await self.first(self.rows().where(Receipt.id.in_(here)))

    async def lines(self, receipt_id: UUID) -> Sequence[ReceiptGift]:
        """The gifts as the receipt states them."""
        await self.get(receipt_id)
        query = select(ReceiptGift).where(
            ReceiptGift.org_id == self.actor.org, ReceiptGift.receipt_id == receipt_id
        )
        return (await self.session.scalars(query.order_by(ReceiptGift.line))).all()

    async def of_year(self, year: int, *, limit: int = 50, beyond: int = 0) -> Page[Receipt]:
        """A year's receipts by number, from the one after `beyond` on."""
        return await self.page(
            Receipt.year == year, Receipt.serial > beyond, limit=limit, order=Receipt.serial
        )

    async def last_serial(self, year: int) -> int:
        """The last number given out in a year; there are as many receipts."""
        self.actor.need("gifts:read")
        found = await self.session.scalar(
            select(ReceiptNumber.last).where(
                ReceiptNumber.org_id == self.actor.org, ReceiptNumber.year == year
            )
        )
        return found or 0

    async def unreceipted(self, donor_id: UUID, within: Period) -> Sequence[Gift]:
        """A donor's gifts of a period that no valid receipt states yet, oldest first."""
        await self.donor(donor_id)
        query = select(Gift).where(
            Gift.org_id == self.actor.org, Gift.donor_id == donor_id, *receiptable(within)
        )
        return (await self.session.scalars(query.order_by(Gift.received_on, Gift.id))).all()

    async def donors_unreceipted(
        self, within: Period, *, beyond: UUID | None, limit: int
    ) -> Sequence[UUID]:
        """The next donors, by id, who are owed a receipt for gifts of a period."""
        self.actor.need("gifts:read")
        query = select(Gift.donor_id).where(
            Gift.org_id == self.actor.org,
            *receiptable(within),
            follows_donor(self.actor, Gift.donor_id),
        )
        if beyond is not None:
            query = query.where(Gift.donor_id > beyond)
        return (
            await self.session.scalars(query.distinct().order_by(Gift.donor_id).limit(limit))
        ).all()


def receiptable(within: Period | None = None) -> tuple[ColumnElement[bool], ...]:
    """Gifts that a receipt is still owed for: something remains, and no valid receipt says so."""
    stated = select(ReceiptGift.id).where(
        and_(ReceiptGift.org_id == Gift.org_id, ReceiptGift.gift_id == Gift.id),
        ~ReceiptGift.is_void,
    )
    owed: tuple[ColumnElement[bool], ...] = (
        Gift.deleted_at.is_(None),
        Gift.amount > Gift.refunded,
        Gift.outside_receipt_on.is_(None),
        ~stated.exists(),
    )
    if within is None:
        return owed
    return (*owed, Gift.received_on.between(within.first, within.last))
