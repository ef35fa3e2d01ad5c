"""Gifts are not entered one by one: their references and receipts have indexes of their own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Select, Text, any_, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor
from crm_store.donors.models import Donor
from crm_store.gifts.models import Gift, Receipt, ReceiptGift
from crm_store.repository import within_reach
from crm_store.search.models import Findable
from crm_store.search.typed import Typed
from crm_store.search.views import Hit

MOST = 20


async def find_gifts(session: AsyncSession, actor: Actor, typed: Typed) -> tuple[list[Hit], int]:
    """Gifts by a reference or a receipt's number, and how many are out of sight."""
    quoted = sorted(_as_quoted(typed))
    if not quoted:
        return [], 0
    numbers: Any = any_(cast(quoted, ARRAY(Text)))
    by_reference = _gifts(actor, literal("reference "), Gift.reference_number).where(
        Gift.reference_number == numbers
    )
    by_receipt = (
        _gifts(actor, literal("receipt "), Receipt.number)
        .join(ReceiptGift, (ReceiptGift.org_id == Gift.org_id) & (ReceiptGift.gift_id == Gift.id))
        .join(
            Receipt,
            (Receipt.org_id == Gift.org_id) & (Receipt.id == ReceiptGift.receipt_id),
        )
        .where(Receipt.number == numbers)
    )
    rows = (await session.execute(by_reference.union(by_receipt).limit(MOST))).all()
    seen = {row.id: _hit(actor, row) for row in rows if row.visible}
    return list(seen.values()), len({row.id for row in rows} - seen.keys())


def _gifts(actor: Actor, quoted: Any, number: Any) -> Select[Any]:
    visible = within_reach(actor, Donor.owner_id, Donor.workspace_id)
    return (
        select(
            Gift.id,
            Gift.donor_id,
            Gift.received_on,
            Gift.amount,
            Gift.currency,
            Donor.name,
            quoted.concat(number).label("why"),
            func.coalesce(visible, False).label("visible"),
        )
        .join(Donor, (Donor.org_id == Gift.org_id) & (Donor.id == Gift.donor_id))
        .where(Gift.org_id == actor.org, Gift.deleted_at.is_(None))
    )


def _hit(actor: Actor, row: Any) -> Hit:
    return Hit.seen_by(
        actor,
        id=row.id,
        kind=Findable.GIFT,
        label=f"Gift from {row.name}",
        why=(row.why,),
        note=_day(row.received_on),
        last_gift_year=None,
        donor_id=row.donor_id,
        given_on=row.received_on,
        amount=row.amount,
        currency=row.currency,
    )


def _as_quoted(typed: Typed) -> Iterable[str]:
    given = {*typed.codes, typed.text} if typed.codes or typed.number else set(typed.codes)
    for code in given:
        plain = code.lstrip("#")
        yield from {code, plain, plain.upper(), plain.lower()}


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
