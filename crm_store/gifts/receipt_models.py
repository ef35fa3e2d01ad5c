"""Receipts: numbered without gaps, unchangeable once issued, copied only as duplicates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, TenantRow, ref
from crm_store.gifts.method import Method


class ReceiptKind(StrEnum):
    SINGLE = "single"
    ANNUAL = "annual"


class ReceiptNumber(TenantRow):
    """The last number given out in a year; its row is locked while the next is taken."""

    __tablename__ = "receipt_numbers"
    __table_args__ = (UniqueConstraint("org_id", "year"),)
    audited: ClassVar[bool] = False

    year: Mapped[int]
    last: Mapped[int] = mapped_column(default=0)


class Receipt(TenantRow):
    """The numbered paper for gifts as it was printed; only its fate may still change."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("org_id", "year", "serial"),
        UniqueConstraint("org_id", "number"),
        CheckConstraint("serial > 0", name="serial_positive"),
        CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name="void_has_reason"),
        Index("ix_receipts_donor", "org_id", "donor_id", "year"),
    )
    audit_skip: ClassVar[frozenset[str]] = frozenset({"text", "address"})

    donor_id: Mapped[UUID] = ref("donors", index=False, comment="Follows the donor in a merge.")
    kind: Mapped[ReceiptKind] = mapped_column(default=ReceiptKind.SINGLE)
    year: Mapped[int] = mapped_column(comment="Fiscal or calendar, as the organisation numbers.")
    serial: Mapped[int] = mapped_column(comment="From 1 in each year, without gaps.")
    number: Mapped[str] = mapped_column(comment="As printed.")
    issued_on: Mapped[date]
    covers_from: Mapped[date] = mapped_column(comment="The first day it speaks of.")
    covers_to: Mapped[date]
    language: Mapped[str]
    issuer: Mapped[str] = mapped_column(comment="The organisation as printed.")
    names: Mapped[list[str]] = mapped_column(comment="Whom it is made out to; both of a couple.")
    address: Mapped[str | None]
    totals: Mapped[Json] = mapped_column(comment="Currency to total, as exact text.")
    deductible_totals: Mapped[Json] = mapped_column(comment="The part that may be deducted.")
    text: Mapped[str] = mapped_column(comment="The whole paper as issued.")
    replaces_id: Mapped[UUID | None] = ref("receipts", comment="The void one it stands in for.")
    copies: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="Duplicates issued since."
    )
    last_copy_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]

    @property
    def is_void(self) -> bool:
        return self.voided_at is not None


class ReceiptGift(TenantRow):
    """One gift as a receipt states it; a gift stands on one valid receipt at most."""

    __tablename__ = "receipt_gifts"
    __table_args__ = (
        UniqueConstraint("org_id", "receipt_id", "line"),
        Index(
            "uq_receipt_gifts_valid",
            "org_id",
            "gift_id",
            unique=True,
            postgresql_where=text("NOT is_void"),
        ),
        Index("ix_receipt_gifts_gift", "org_id", "gift_id"),
    )
    audited: ClassVar[bool] = False

    receipt_id: Mapped[UUID] = ref("receipts", index=False)
    gift_id: Mapped[UUID] = ref("gifts", index=False)
    line: Mapped[int]
    received_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(comment="Net of what had been returned.")
    deductible_amount: Mapped[Decimal]
    currency: Mapped[str]
    method: Mapped[Method]
    purpose: Mapped[str | None] = mapped_column(comment="Fund or project as printed.")
    is_void: Mapped[bool] = mapped_column(
        default=False, server_default=text("false"), comment="With its receipt."
    )
