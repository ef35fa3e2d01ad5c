"""What may leave about receipts and yearly letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from crm_store.gifts import letters
from crm_store.gifts.models import Method, Receipt, ReceiptKind
from crm_store.gifts.views import Amount, FigureView, MoneyView
from crm_store.view import AMOUNTS, View


class ReceiptView(View):
    """A receipt as issued, with what is stamped across it today."""

    id: UUID
    donor_id: UUID
    kind: ReceiptKind
    year: int
    number: str
    issued_on: date
    covers_from: date
    covers_to: date
    language: str
    names: tuple[str, ...]
    totals: Annotated[dict[str, str] | None, AMOUNTS]
    deductible_totals: Annotated[dict[str, str] | None, AMOUNTS]
    text: Annotated[str | None, AMOUNTS]
    marks: tuple[str, ...] = ()
    copies: int
    replaces_id: UUID | None
    sent_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None

    @classmethod
    def of(cls, row: Any, /, **more: Any) -> Self:
        return super().of(row, **{"marks": tuple(_marks(row)), **more})


class ReceiptGiftView(MoneyView):
    line: int
    gift_id: UUID
    received_on: date
    amount: Amount
    deductible_amount: Amount
    currency: str
    method: Method
    purpose: str | None


class YearLetterView(FigureView):
    donor_id: UUID
    names: tuple[str, ...]
    year: int
    totals: Annotated[dict[str, Decimal] | None, AMOUNTS]
    text: Annotated[str | None, AMOUNTS]


def _marks(receipt: Receipt) -> Sequence[str]:
    marks = []
    if receipt.copies:
        marks.append(letters.copy_mark(receipt.language, receipt.copies))
    if receipt.voided_at:
        marks.append(letters.void_mark(receipt.language, receipt.voided_at.date()))
    return marks
