import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crm_store.deals.catalogue import (
    OutOfStock,
    SkuTaken,
    create_offer,
    delete_product,
    edit_product,
    end_offer,
    take_stock,
)
from crm_store.deals.models import DiscountKind
from crm_store.deals.pricing import BadConditions
from crm_store.deals.testing import make_product
from crm_store.deals.views import OfferView, ProductView, QuoteView
from crm_store.errors import Invalid

DAY = datetime(2026, 6, 1, tzinfo=UTC)


async def test_a_code_belongs_to_one_product_until_that_is_put_away(crm):
    first = await make_product(crm, sku="TBL-1")
    with pytest.raises(SkuTaken):
        await make_product(crm, sku=" TBL-1 ")
    await delete_product(crm, first.id)
    second = await make_product(crm, sku="TBL-1")
    assert (await crm.products.by_sku("TBL-1")).id == second.id
    assert (await make_product(crm, sku="")).sku is None


async def test_the_last_one_is_sold_once(house):
    async with house.begin() as crm:
        product = await make_product(crm, stock=3)

    async def take():
        try:
            async with house.begin() as crm:
                await take_stock(crm, product.id)
        except OutOfStock as error:
            return str(error)

    outcomes = await asyncio.gather(*(take() for _ in range(6)))
    assert outcomes.count(None) == 3
    assert "Only 0 of Gala table are left." in outcomes
    async with house.begin() as crm:
        assert (await take_stock(crm, product.id, -2)).stock == 2


async def test_what_is_not_counted_never_runs_out(crm):
    product = await make_product(crm)
    assert (await take_stock(crm, product.id, 1000)).stock is None


@pytest.mark.parametrize(
    "odd", [{"name": " "}, {"price": "-1"}, {"price": "0.001"}, {"stock": -1}, {"deleted_at": DAY}]
)
async def test_a_product_that_makes_no_sense_is_refused(crm, odd):
    with pytest.raises(Invalid):
        await make_product(crm, **odd)


@pytest.mark.parametrize(
    ("kind", "discount", "more"),
    [
        (DiscountKind.PERCENTAGE, "101", {}),
        (DiscountKind.PERCENTAGE, "0", {}),
        (DiscountKind.FIXED_AMOUNT, "-5", {}),
        (DiscountKind.FIXED_AMOUNT, "0.001", {}),
        (DiscountKind.PERCENTAGE, "5", {"starts_at": DAY, "ends_at": DAY}),
        (DiscountKind.PERCENTAGE, "5", {"name": ""}),
    ],
)
async def test_an_offer_that_makes_no_sense_is_refused(crm, kind, discount, more):
    product = await make_product(crm)
    with pytest.raises(Invalid):
        await create_offer(crm, product.id, more.pop("name", "Odd"), kind, discount, **more)


async def test_an_offer_keeps_only_conditions_we_know(crm):
    product = await make_product(crm)
    with pytest.raises(BadConditions):
        await create_offer(
            crm, product.id, "Odd", DiscountKind.PERCENTAGE, 5, conditions={"moon": "full"}
        )
    offer = await create_offer(
        crm, product.id, "Bulk", DiscountKind.PERCENTAGE, 5, conditions={"min_quantity": 10}
    )
    assert OfferView.of(offer).conditions == {"min_quantity": 10}


async def test_a_quote_says_what_it_would_have_cost_and_why_it_does_not(crm):
    product = await make_product(crm, price="99.90")
    offer = await create_offer(crm, product.id, "June", DiscountKind.PERCENTAGE, 25)
    view = QuoteView.from_quote(await crm.products.quote(product.id, at=DAY, quantity=2))
    assert (view.full, view.discount, view.total) == (
        Decimal("199.80"), Decimal("49.95"), Decimal("149.85"),
    )  # fmt: skip
    assert view.offer == "June"
    await end_offer(crm, offer.id)
    assert (await crm.products.quote(product.id, at=DAY)).total.amount == Decimal("99.90")


async def test_featured_products_come_first_and_retired_ones_not_at_all(crm):
    await make_product(crm, "Apron")
    star = await make_product(crm, "Table", is_featured=True)
    gone = await make_product(crm, "Flyer")
    await edit_product(crm, gone.id, is_active=False)
    assert [one.name for one in await crm.products.offered()] == ["Table", "Apron"]
    assert [one.id for one in await crm.products.offered(featured=True)] == [star.id]
    changed = await edit_product(crm, star.id, price="120", specifications={"seats": 10})
    assert ProductView.of(changed).specifications == {"seats": 10}
    assert changed.price == Decimal(120)
