"""Deals and products for tests."""

from typing import Any

from crm_store.crm import Crm
from crm_store.deals.actions import create_deal
from crm_store.deals.catalogue import create_product
from crm_store.deals.models import Deal, Product


async def make_deal(crm: Crm, name: str = "Gala sponsorship", **more: Any) -> Deal:
    return await create_deal(crm, name, **{"value": 1000, "currency": "EUR", **more})


async def make_product(
    crm: Crm, name: str = "Gala table", price: Any = 100, **more: Any
) -> Product:
    return await create_product(crm, name, price, **{"currency": "EUR", **more})
