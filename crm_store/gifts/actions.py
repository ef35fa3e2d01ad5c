"""What one can do with a gift: record, correct, move, delete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict, Unpack
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.gifts.models import (
    Appeal,
    Fund,
    Gift,
    Instalment,
    Method,
    Pledge,
    Project,
    TributeKind,
)
from crm_store.gifts.receipting import replace_receipt
from crm_store.gifts.settling import plan_of_gift, settle, unsettle
from crm_store.money import Money
from crm_store.repository import Repository

PRINTED = frozenset(
    {"amount", "currency", "received_on", "method", "fund_id", "project_id",
     "is_tax_deductible", "deductible_amount"}
)  # fmt: skip
EAST = timedelta(hours=14)


class SecondEntry(Conflict):
    """A gift of this donor, amount, day and method is in the books already."""


class MoreThanGiven(Refused):
    """No more can be returned than was given."""


class GiftFacts(TypedDict, total=False):
    """What may be said of a gift besides."""

    reference_number: str | None
    notes: str | None
    fund_id: UUID | None
    project_id: UUID | None
    appeal_id: UUID | None
    is_tax_deductible: bool
    deductible_amount: Decimal | None
    is_anonymous: bool
    tribute_kind: TributeKind | None
    tribute_name: str | None
    outside_receipt_on: date | None
    source: str | None
    external_id: str | None


class GiftChanges(GiftFacts, total=False):
    """What of a gift may be corrected."""

    amount: Decimal
    currency: str
    received_on: date
    method: Method
    recurring_plan_id: UUID | None
    instalment_id: UUID | None


async def record_gift(
    crm: Crm,
    donor_id: UUID,
    amount: Decimal | int | str,
    currency: str | None = None,
    received_on: date | None = None,
    method: Method = Method.OTHER,
    *,
    recurring_plan_id: UUID | None = None,
    instalment_id: UUID | None = None,
    even_if_duplicate: bool = False,
    **facts: Unpack[GiftFacts],
) -> Gift:
    """Write a gift into the books; it settles the promise it fulfils.

    A second one of the same donor, amount, day and method is refused unless it is said to be meant.
    """
    _refuse_unknown(facts, GiftFacts)
    donor = await crm.gifts.donor(donor_id)
    org = await crm.orgs.current()
    money = Money.of(amount, currency or org.currency)
    gift = Gift(
        donor_id=donor.id,
        amount=money.amount,
        currency=money.currency,
        received_on=received_on or now().astimezone(ZoneInfo(org.timezone)).date(),
        method=method,
        recurring_plan_id=recurring_plan_id,
        instalment_id=instalment_id,
        **{"is_tax_deductible": True, "is_anonymous": donor.is_anonymous, **facts},
    )
    _check(gift)
    await _check_references(crm, gift)
    if not even_if_duplicate:
        await _refuse_second_entry(crm, gift, donor.name, org.locale)
    if gift.recurring_plan_id is None and gift.instalment_id is None:
        plan = await plan_of_gift(crm, gift)
        gift.recurring_plan_id = plan.id if plan else None
    crm.gifts.add(gift)
    await crm.flush()
    await settle(crm, gift)
    await see_pledges(crm)
    return gift


async def correct_gift(
    crm: Crm, gift_id: UUID, *, reason: str | None = None, **changes: Unpack[GiftChanges]
) -> Gift:
    """Change what the books say of a gift; a receipt that stated it otherwise is replaced."""
    gift = await crm.gifts.get(gift_id, lock=True)
    printed = {name: getattr(gift, name) for name in PRINTED}
    _refuse_unknown(changes, GiftChanges)
    for name, value in changes.items():
        setattr(gift, name, value)
    _check(gift)
    with crm.session.no_autoflush:
        await _check_references(crm, gift)
    await crm.flush()
    if reason:
        crm.note("corrected", "gifts", gift.id, reason=reason)
    if printed != {name: getattr(gift, name) for name in PRINTED}:
        await amend_receipt(crm, gift, reason or "The gift was corrected.")
    if "recurring_plan_id" in changes:
        await unsettle(crm, gift)
        await settle(crm, gift)
    await see_pledges(crm)
    return gift


async def move_gift(crm: Crm, gift_id: UUID, donor_id: UUID, *, reason: str | None = None) -> Gift:
    """It was another donor's: totals, credit and receipts follow; promises of the first do not."""
    gift = await crm.gifts.get(gift_id, lock=True)
    donor = await crm.gifts.donor(donor_id)
    if donor.id == gift.donor_id:
        return gift
    await unsettle(crm, gift)
    gift.donor_id, gift.recurring_plan_id, gift.instalment_id = donor.id, None, None
    await crm.flush()
    if reason:
        crm.note("moved", "gifts", gift.id, reason=reason)
    await amend_receipt(crm, gift, reason or "The gift was another donor's.")
    await see_pledges(crm)
    return gift


async def delete_gift(crm: Crm, gift_id: UUID, *, reason: str | None = None) -> Gift:
    """Take a gift out of the books, as when it never came; it can be had back."""
    gift = await crm.gifts.get(gift_id, lock=True)
    await unsettle(crm, gift)
    gift.deleted_at = now()
    await crm.flush()
    if reason:
        crm.note("reason", "gifts", gift.id, reason=reason)
    await amend_receipt(crm, gift, reason or "The gift was taken out of the books.")
    await see_pledges(crm)
    return gift


async def restore_gift(crm: Crm, gift_id: UUID) -> Gift:
    """Put a deleted gift back; a receipt it stood on stays void."""
    gift = await crm.gifts.deleted(gift_id)
    gift.deleted_at = None
    await crm.flush()
    await settle(crm, gift)
    await see_pledges(crm)
    return gift


def _refuse_unknown(given: Mapping[str, object], known: type[GiftFacts]) -> None:
    for name in given:
        if name not in known.__annotations__:
            raise Invalid(f"Nobody can say {name} of a gift.")


def _check(gift: Gift) -> None:
    money = Money.of(gift.amount, gift.currency)
    gift.amount, gift.currency = money.amount, money.currency
    if gift.amount <= 0:
        raise Invalid("A gift is an amount above zero.")
    if gift.amount < (gift.refunded or 0):
        raise MoreThanGiven("More than this has been returned already.")
    if gift.received_on > (now() + EAST).date():
        raise Invalid("A gift cannot have been received on a day to come.")
    if gift.deductible_amount is not None and not 0 <= gift.deductible_amount <= gift.amount:
        raise Invalid("The deductible part lies between nothing and the whole gift.")
    if (gift.tribute_kind is None) != (gift.tribute_name is None):
        raise Invalid("A tribute says both whose it is and whether in honour or in memory.")


async def _check_references(crm: Crm, gift: Gift) -> None:
    """Everything a gift points at is there, and a promise is one it can fulfil."""
    purposes: list[tuple[Repository[Fund] | Repository[Project] | Repository[Appeal], UUID | None]]
    purposes = [
        (crm.funds, gift.fund_id),
        (crm.projects, gift.project_id),
        (crm.appeals, gift.appeal_id),
    ]
    for repository, row_id in purposes:
        if row_id is not None:
            await repository.get(row_id)
    if gift.recurring_plan_id is not None:
        plan = await crm.plans.get(gift.recurring_plan_id)
        if (plan.donor_id, plan.currency) != (gift.donor_id, gift.currency):
            raise Invalid("This plan is of another donor or in another currency.")
    if gift.instalment_id is not None:
        pledge = await crm.pledges.of_instalment(gift.instalment_id)
        if pledge.currency != gift.currency:
            raise Invalid("This pledge is in another currency.")


async def _refuse_second_entry(crm: Crm, gift: Gift, name: str, locale: str) -> None:
    known = await crm.gifts.alike(
        gift.donor_id, gift.amount, gift.currency, gift.received_on, gift.method
    )
    if known is not None:
        day = format_date(gift.received_on, "long", locale=locale.replace("-", "_"))
        words = Money(gift.amount, gift.currency).words(locale)
        raise SecondEntry(
            f"A gift of {words} from {name} on {day} "
            "is in the books already; say so if this is another one."
        )


async def amend_receipt(crm: Crm, gift: Gift, reason: str) -> None:
    if receipt := await crm.receipts.of_gift(gift.id):
        await replace_receipt(crm, receipt.id, reason)


async def see_pledges(crm: Crm) -> None:
    """Read again what the database has reckoned of the pledges at hand."""
    for row in list(crm.session.identity_map.values()):
        if isinstance(row, Pledge | Instalment):
            await crm.session.refresh(row)
