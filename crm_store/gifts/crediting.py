"""What one can do with soft credit: thank somebody for a gift another gave, or no longer."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.gifts.models import CreditKind, SoftCredit
from crm_store.money import Money


class MoreThanGift(Invalid):
    """Nobody can be thanked for more than the gift."""


async def credit_softly(
    crm: Crm,
    gift_id: UUID,
    kind: CreditKind,
    *,
    person_id: UUID | None = None,
    donor_id: UUID | None = None,
    amount: Decimal | int | str | None = None,
    notes: str | None = None,
) -> SoftCredit:
    """Recognise a person or another donor for a gift; money received is not changed by it."""
    gift = await crm.gifts.get(gift_id, lock=True)
    if (person_id is None) == (donor_id is None):
        raise Invalid("Say which person or which donor is to be credited.")
    if person_id is not None:
        await crm.people.get(person_id)
    if donor_id is not None:
        await crm.gifts.donor(donor_id)
        if donor_id == gift.donor_id:
            raise Invalid("Whoever gave has the credit already.")
    money = Money.of(gift.amount if amount is None else amount, gift.currency)
    if money.amount <= 0:
        raise Invalid("Credit is an amount above zero.")
    if money.amount > gift.amount:
        raise MoreThanGift
    for known in await crm.soft_credits.of_gift(gift.id):
        if (known.kind, known.person_id, known.donor_id) == (kind, person_id, donor_id):
            raise Conflict("They are credited for this gift in that role already.")
    credit = SoftCredit(
        gift_id=gift.id,
        kind=kind,
        person_id=person_id,
        donor_id=donor_id,
        amount=money.amount,
        notes=notes,
    )
    crm.soft_credits.add(credit)
    await crm.flush()
    return credit


async def withdraw_credit(crm: Crm, credit_id: UUID) -> None:
    credit = await crm.soft_credits.get(credit_id, lock=True)
    await crm.session.delete(credit)
    await crm.flush()
