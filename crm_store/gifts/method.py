"""The ways money and goods arrive."""

from enum import StrEnum


class Method(StrEnum):
    CASH = "cash"
    CHECK = "check"
    CREDIT_CARD = "credit_card"
    WIRE = "wire"
    DIRECT_DEBIT = "direct_debit"
    STOCK = "stock"
    IN_KIND = "in_kind"
    CRYPTO = "crypto"
    OTHER = "other"
