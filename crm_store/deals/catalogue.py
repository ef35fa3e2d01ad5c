"""Products and the offers on them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.deals.actions import org_currency
from crm_store.deals.models import DiscountKind, Offer, Product
from crm_store.deals.pricing import read_conditions
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.money import Money, exact
from crm_store.references import check_references

EDITABLE = frozenset(
    {"name", "title", "description", "product_type_id", "category_id", "pipeline_id", "photo_url",
     "is_featured", "is_active", "specifications", "workspace_id", "project_id"}
)  # fmt: skip


class SkuTaken(Conflict):
    """Another product has this code already."""


class OutOfStock(Refused):
    """There are not that many left."""


async def create_product(
    crm: Crm, name: str, price: Decimal | int | str, *, currency: str | None = None,
    sku: str | None = None, stock: int | None = None, **more: Any,
) -> Product:  # fmt: skip
    """Something to sell, in the organisation's currency unless another is named."""
    _only(more)
    product = Product(name=name.strip(), sku=(sku or "").strip() or None, **more)
    if not product.name:
        raise Invalid("A product needs a name.")
    if stock is not None and stock < 0:
        raise Invalid("A stock is nothing or more.")
    product.stock = stock
    set_price(product, price, currency or await org_currency(crm))
    await check_references(crm, product)
    if product.sku and await crm.products.count(
        crm.products.rows().where(Product.sku == product.sku)
    ):
        raise SkuTaken
    crm.products.add(product)
    await crm.flush()
    return product


async def edit_product(
    crm: Crm, product_id: UUID, *, price: Decimal | int | str | None = None, **changes: Any
) -> Product:
    """Change a product; deals already priced keep the price they were given."""
    _only(changes)
    product = await crm.products.get(product_id, lock=True)
    if price is not None:
        set_price(product, price, product.currency)
    if not changes.get("name", "-").strip():
        raise Invalid("A product needs a name.")
    for name, value in changes.items():
        setattr(product, name, value)
    await check_references(crm, product)
    await crm.flush()
    return product


async def take_stock(crm: Crm, product_id: UUID, quantity: int = 1) -> Product:
    """Take so many from the shelf, never more than there are; a negative number puts them back."""
    product = await crm.products.get(product_id, lock=True)
    if product.stock is None:
        return product
    if product.stock < quantity:
        raise OutOfStock(f"Only {product.stock} of {product.name} are left.")
    product.stock -= quantity
    await crm.flush()
    return product


async def delete_product(crm: Crm, product_id: UUID) -> Product:
    """Put it away; its code may be given to another."""
    product = await crm.products.get(product_id, lock=True)
    product.deleted_at = now()
    await crm.flush()
    return product


async def create_offer(
    crm: Crm, product_id: UUID, name: str, kind: DiscountKind, discount: Decimal | int | str, *,
    starts_at: datetime | None = None, ends_at: datetime | None = None,
    conditions: dict[str, Any] | None = None, description: str | None = None,
) -> Offer:  # fmt: skip
    """A discount on a product, for a time and under conditions."""
    product = await crm.products.get(product_id)
    if not name.strip():
        raise Invalid("An offer needs a name.")
    if starts_at and ends_at and ends_at <= starts_at:
        raise Invalid("An offer ends after it begins.")
    offer = Offer(
        product_id=product.id,
        name=name.strip(),
        description=description,
        discount_kind=kind,
        discount_value=_discount(kind, discount, product.currency),
        starts_at=starts_at,
        ends_at=ends_at,
        conditions=read_conditions(conditions).model_dump(mode="json", exclude_defaults=True),
    )
    crm.offers.add(offer)
    await crm.flush()
    return offer


async def end_offer(crm: Crm, offer_id: UUID) -> Offer:
    """It holds no longer, whatever its dates."""
    offer = await crm.offers.get(offer_id, lock=True)
    offer.is_active = False
    await crm.flush()
    return offer


def set_price(product: Product, price: Decimal | int | str, currency: str) -> None:
    money = Money.of(price, currency)
    if money.amount < 0:
        raise Invalid("A price is nothing or more.")
    product.price, product.currency = money.amount, money.currency


def _discount(kind: DiscountKind, discount: Decimal | int | str, currency: str) -> Decimal:
    amount = exact(discount)
    if kind is DiscountKind.FIXED_AMOUNT:
        amount = Money.of(amount, currency).amount
    if amount <= 0 or (kind is DiscountKind.PERCENTAGE and amount > 100):
        raise Invalid("A discount is more than nothing and at most the whole price.")
    return amount


def _only(changes: dict[str, Any]) -> None:
    unknown = set(changes) - EDITABLE
    if unknown:
        raise Invalid(f"A product's {', '.join(sorted(unknown))} cannot be set like this.")
