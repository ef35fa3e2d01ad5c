"""What an organisation sells or asks for: products, their kinds, and offers on them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, Live, TenantRow, ref


class DiscountKind(StrEnum):
    PERCENTAGE = "percentage"
    FIXED_AMOUNT = "fixed_amount"


class ProductType(TenantRow):
    """What a product is by nature: physical, digital, a service."""

    __tablename__ = "product_types"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    name: Mapped[str]
    description: Mapped[str | None]


class ProductCategory(TenantRow):
    """A shelf that products stand on, with a colour and an icon."""

    __tablename__ = "product_categories"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    name: Mapped[str]
    description: Mapped[str | None]
    color: Mapped[str] = mapped_column(default="#3b82f6")
    icon: Mapped[str] = mapped_column(default="Package")
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")


class Product(Live, TenantRow):
    """Something with a price: a ticket to the gala, a sponsorship, a box of cards."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("stock >= 0", name="stock_not_negative"),
        Index(
            "uq_products_sku",
            "org_id",
            "sku",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(None, "org_id", "name"),
    )

    name: Mapped[str]
    title: Mapped[str | None] = mapped_column(comment="The name as shown to buyers, if another.")
    description: Mapped[str | None]
    price: Mapped[Decimal]
    currency: Mapped[str]
    sku: Mapped[str | None]
    product_type_id: Mapped[UUID | None] = ref("product_types", on_delete="SET NULL")
    category_id: Mapped[UUID | None] = ref("product_categories", on_delete="SET NULL")
    pipeline_id: Mapped[UUID | None] = ref("pipelines", on_delete="SET NULL")
    photo_url: Mapped[str | None]
    is_featured: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    stock: Mapped[int | None] = mapped_column(comment="How many are left; empty: not counted.")
    specifications: Mapped[Json] = mapped_column(default=dict)
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    project_id: Mapped[UUID | None] = ref("projects", on_delete="SET NULL")


class Offer(TenantRow):
    """A discount on a product between two moments, where its conditions hold."""

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("discount_value > 0", name="discount_positive"),
        CheckConstraint(
            "discount_kind <> 'percentage' OR discount_value <= 100", name="percentage_in_range"
        ),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
    )

    product_id: Mapped[UUID] = ref("products", on_delete="CASCADE")
    name: Mapped[str]
    description: Mapped[str | None]
    discount_kind: Mapped[DiscountKind]
    discount_value: Mapped[Decimal] = mapped_column(comment="Percent, or money in its currency.")
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None] = mapped_column(comment="The first moment it is over.")
    is_active: Mapped[bool] = mapped_column(default=True)
    conditions: Mapped[Json] = mapped_column(
        default=dict, comment="crm_store.deals.pricing.Conditions."
    )
