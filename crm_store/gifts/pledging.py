"""What one can do with pledges: promise, pay, write off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TypedDict, Unpack
from uuid import UUID

from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.gifts.actions import GiftFacts, record_gift, see_pledges
from crm_store.gifts.models import (
    Frequency,
    Gift,
    Instalment,
    InstalmentStatus,
    Method,
    Pledge,
)
from crm_store.gifts.schedule import day_of, due_days
from crm_store.money import Money

LONGEST = 600


class NothingOpen(Conflict):
    """Nothing of this pledge is open any more."""


class PledgeFacts(TypedDict, total=False):
    """What may be said of a pledge besides."""

    fund_id: UUID | None
    project_id: UUID | None
    appeal_id: UUID | None
    notes: str | None
    source: str | None
    external_id: str | None


async def pledge(
    crm: Crm,
    donor_id: UUID,
    amount: Decimal | int | str,
    currency: str | None = None,
    *,
    pledged_on: date,
    instalments: int = 1,
    frequency: Frequency = Frequency.MONTHLY,
    first_due_on: date | None = None,
    **facts: Unpack[PledgeFacts],
) -> Pledge:
    """A promise in equal instalments that sum exactly to it; the last bears the rounding."""
    if not 1 <= instalments <= LONGEST:
        raise Invalid(f"A pledge has between 1 and {LONGEST} instalments.")
    money = Money.of(amount, currency or (await crm.orgs.current()).currency)
    starts = first_due_on or pledged_on
    days = due_days(frequency, day_of(frequency, starts), starts, date.max)
    due = list(zip(islice(days, instalments), money.split(instalments), strict=True))
    parts = [(day, part.amount) for day, part in due]
    return await pledge_in_parts(
        crm, donor_id, parts, money.currency, pledged_on=pledged_on, **facts
    )


async def pledge_in_parts(
    crm: Crm,
    donor_id: UUID,
    parts: Sequence[tuple[date, Decimal]],
    currency: str,
    *,
    pledged_on: date,
    **facts: Unpack[PledgeFacts],
) -> Pledge:
    """A promise in instalments as they were agreed, each with its day and its amount."""
    donor = await crm.pledges.donor(donor_id)
    if not parts:
        raise Invalid("A pledge has at least one instalment.")
    amounts = [Money.of(amount, currency) for _, amount in parts]
    if any(money.amount <= 0 for money in amounts):
        raise Invalid("Every instalment is an amount above zero.")
    if min(day for day, _ in parts) < pledged_on:
        raise Invalid("An instalment cannot fall due before the pledge was made.")
    whole = sum(amounts[1:], amounts[0])
    row = Pledge(
        donor_id=donor.id,
        amount=whole.amount,
        currency=whole.currency,
        pledged_on=pledged_on,
        **facts,
    )
    crm.pledges.add(row)
    for number, ((day, _), money) in enumerate(zip(parts, amounts, strict=True), start=1):
        crm.instalments.add(
            Instalment(pledge_id=row.id, number=number, due_on=day, amount=money.amount)
        )
    await crm.flush()
    await crm.session.refresh(row)
    return row


async def pay_pledge(
    crm: Crm,
    pledge_id: UUID,
    amount: Decimal | int | str | None = None,
    *,
    received_on: date | None = None,
    method: Method = Method.OTHER,
    donor_id: UUID | None = None,
    even_if_duplicate: bool = False,
    **facts: Unpack[GiftFacts],
) -> Gift:
    """A gift that pays the oldest open instalment, or as much as is said of the oldest ones on.

    Another donor may pay; what exceeds the pledge is a gift all the same, and shown as overpaid.
    """
    row = await crm.pledges.get(pledge_id, lock=True)
    parts = await crm.pledges.instalments(row.id)
    still_open = [part for part in parts if part.status is InstalmentStatus.OPEN]
    if not still_open and amount is None:
        raise NothingOpen
    part = still_open[0] if still_open else parts[-1]
    told: GiftFacts = {
        "fund_id": row.fund_id,
        "project_id": row.project_id,
        "appeal_id": row.appeal_id,
        **facts,
    }
    return await record_gift(
        crm,
        donor_id or row.donor_id,
        part.open_amount if amount is None else amount,
        row.currency,
        received_on,
        method,
        instalment_id=part.id,
        even_if_duplicate=even_if_duplicate,
        **told,
    )


async def write_off_instalment(crm: Crm, instalment_id: UUID, reason: str) -> Instalment:
    """Give up what is open of an instalment; what was paid of it stays paid."""
    await crm.pledges.of_instalment(instalment_id, lock=True)
    part = await crm.instalments.get(instalment_id, lock=True)
    if part.status is not InstalmentStatus.OPEN:
        raise NothingOpen("Nothing of this instalment is open any more.")
    await _write_off(crm, [part], reason)
    return part


async def write_off_pledge(crm: Crm, pledge_id: UUID, reason: str) -> Pledge:
    """Give up everything that is open of a pledge."""
    row = await crm.pledges.get(pledge_id, lock=True)
    parts = await crm.pledges.instalments(row.id)
    still_open = [part for part in parts if part.status is InstalmentStatus.OPEN]
    if not still_open:
        raise NothingOpen
    await _write_off(crm, still_open, reason)
    return row


async def _write_off(crm: Crm, parts: Sequence[Instalment], reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why it is written off.")
    for part in parts:
        part.written_off += part.open_amount
        part.write_off_reason = reason.strip()
    await crm.flush()
    await see_pledges(crm)
