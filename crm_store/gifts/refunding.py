"""What one can do with refunds: return a gift in whole or in part, or take that back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.gifts.actions import MoreThanGiven, amend_receipt, see_pledges
from crm_store.gifts.models import Gift, Method, Refund
from crm_store.gifts.settling import unsettle
from crm_store.money import Money


async def refund_gift(
    crm: Crm,
    gift_id: UUID,
    amount: Decimal | int | str | None = None,
    *,
    refunded_on: date | None = None,
    reason: str | None = None,
    method: Method | None = None,
    reference_number: str | None = None,
) -> Refund:
    """Return a gift in whole or, if an amount is said, in part; the gift itself stays on record."""
    gift = await crm.gifts.get(gift_id, lock=True)
    money = Money.of(gift.net if amount is None else amount, gift.currency)
    if money.amount <= 0 and gift.net > 0:
        raise Invalid("A refund is an amount above zero.")
    if gift.net <= 0 or money.amount > gift.net:
        raise MoreThanGiven
    refund = Refund(
        gift_id=gift.id,
        amount=money.amount,
        refunded_on=refunded_on or max(now().date(), gift.received_on),
        reason=reason,
        method=method,
        reference_number=reference_number,
    )
    if refund.refunded_on < gift.received_on:
        raise Invalid("A gift cannot be returned before it came.")
    crm.refunds.add(refund)
    await crm.flush()
    await _after_refund(crm, gift, reason or "Part of the gift was returned.")
    return refund


async def withdraw_refund(crm: Crm, refund_id: UUID) -> Gift:
    """The refund never went out: the gift counts as before."""
    refund = await crm.refunds.get(refund_id, lock=True)
    gift = await crm.gifts.get(refund.gift_id, lock=True)
    refund.deleted_at = now()
    await crm.flush()
    await _after_refund(crm, gift, "A refund was withdrawn.")
    return gift


async def _after_refund(crm: Crm, gift: Gift, reason: str) -> None:
    await crm.session.refresh(gift)
    if gift.net <= 0:
        await unsettle(crm, gift)
    await amend_receipt(crm, gift, reason)
    await see_pledges(crm)
