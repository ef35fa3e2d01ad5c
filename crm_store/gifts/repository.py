"""Questions about gifts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select

from crm_store.base import TenantRow
from crm_store.gifts.fiscal import Period
from crm_store.gifts.models import Gift, Method, Refund, SoftCredit
from crm_store.gifts.reach import OfDonors, follows_donor
from crm_store.keyset import keyset_page
from crm_store.repository import Page, Repository

Row = TypeVar("Row", bound=TenantRow)


class GiftRepository(OfDonors[Gift]):
    model = Gift

    async def recent(
        self, *criteria: ColumnElement[bool], after: str | None = None, limit: int = 20
    ) -> Page[Gift]:
        """Newest first, by the day received; criteria are conditions on Gift."""
        order = (Gift.received_on, Gift.id)
        return await keyset_page(
            self, *criteria, order=order, after=after, limit=limit, newest_first=True
        )

    async def of_donor(
        self, donor_id: UUID, after: str | None = None, limit: int = 20
    ) -> Page[Gift]:
        """A donor's gifts, newest first."""
        await self.donor(donor_id)
        return await self.recent(Gift.donor_id == donor_id, after=after, limit=limit)

    async def largest(
        self, currency: str, *, within: Period | None = None, limit: int = 10
    ) -> Sequence[Gift]:
        """The largest gifts in a currency, as they were given."""
        query = self.rows().where(Gift.currency == currency, *between(within))
        return await self.all(query.order_by(Gift.amount.desc(), Gift.id).limit(limit))

    async def by_reference(self, reference: str) -> Sequence[Gift]:
        """Every gift with this cheque, transfer or slip number, newest first."""
        query = self.rows().where(Gift.reference_number == reference.strip())
        return await self.all(query.order_by(Gift.received_on.desc(), Gift.id.desc()))

    async def by_external(self, source: str | None, external_id: str) -> Gift:
        return await self.one(
            self.rows().where(
                Gift.source.is_not_distinct_from(source), Gift.external_id == external_id
            )
        )

    async def deleted(self, gift_id: UUID) -> Gift:
        """A gift that was deleted, to be had back; locked."""
        self.actor.need("gifts:write")
        query = select(Gift).where(
            Gift.org_id == self.actor.org,
            Gift.id == gift_id,
            Gift.deleted_at.is_not(None),
            self.visible(),
        )
        return await self.one(query, lock=True)

    async def alike(
        self, donor_id: UUID, amount: Decimal, currency: str, received_on: date, method: Method
    ) -> Gift | None:
        """A gift already in the books that a new one may be a second entry of."""
        return await self.first(
            self.rows().where(
                Gift.donor_id == donor_id,
                Gift.received_on == received_on,
                Gift.amount == amount,
                Gift.currency == currency,
                Gift.method == method,
            )
        )


class OfGifts(Repository[Row]):
    """Questions about something that belongs to a gift, seen by whoever may see the gift."""

    def visible(self) -> ColumnElement[bool]:
        gifts = select(Gift.id).where(
            Gift.org_id == self.actor.org,
            Gift.deleted_at.is_(None),
            follows_donor(self.actor, Gift.donor_id),
        )
        condition: ColumnElement[bool] = self.model.gift_id.in_(gifts)
        return condition

    async def of_gift(self, gift_id: UUID) -> Sequence[Row]:
        """In the order they were written down."""
        return await self.all(
            self.rows().where(self.model.gift_id == gift_id).order_by(self.model.id)
        )


class RefundRepository(OfGifts[Refund]):
    model = Refund


class SoftCreditRepository(OfGifts[SoftCredit]):
    model = SoftCredit


def between(period: Period | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that a gift was received in a period; no period is all time."""
    if period is None:
        return ()
    return (Gift.received_on.between(period.first, period.last),)
