from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.deals.models import DiscountKind, Offer, Product
from crm_store.deals.pricing import BadConditions, Buyer, quote, read_conditions
from crm_store.errors import Invalid

PERCENT, FIXED = DiscountKind.PERCENTAGE, DiscountKind.FIXED_AMOUNT
DAY = datetime(2026, 6, 1, tzinfo=UTC)


def product(price="100", currency="EUR"):
    return Product(name="Table", price=Decimal(price), currency=currency)


def offer(kind, discount, **more):
    return Offer(
        name="Offer",
        discount_kind=kind,
        discount_value=Decimal(discount),
        **{"is_active": True, "conditions": {}, **more},
    )


def total(product, offers, quantity=1, buyers=frozenset(), at=DAY):
    return quote(product, offers, quantity, at, buyers).total.amount


def test_without_an_offer_it_costs_its_price():
    asked = quote(product("19.99"), [], 3, DAY)
    assert (asked.full.amount, asked.total.amount) == (Decimal("59.97"), Decimal("59.97"))
    assert asked.discount.amount == 0
    assert asked.offer is None


def test_a_percentage_comes_off_the_whole_line_to_the_cent():
    assert total(product("19.99"), [offer(PERCENT, "33.3333")], 3) == Decimal("39.98")


def test_a_fixed_amount_comes_off_each_piece():
    assert total(product("19.99"), [offer(FIXED, "4.50")], 3) == Decimal("46.47")


def test_nothing_is_ever_cheaper_than_nothing():
    assert total(product("10"), [offer(FIXED, "25")], 2) == 0
    assert total(product("10"), [offer(PERCENT, "100")], 2) == 0


def test_the_best_single_offer_counts_and_they_never_add_up():
    small, large = offer(PERCENT, "10"), offer(FIXED, "15")
    asked = quote(product("100"), [small, large], 1, DAY)
    assert (asked.total.amount, asked.offer) == (Decimal(85), large)
    assert quote(product("300"), [small, large], 1, DAY).offer is small


def test_of_two_offers_that_come_to_the_same_the_older_counts():
    older, newer = offer(PERCENT, "10"), offer(FIXED, "10")
    assert quote(product("100"), [newer, older], 1, DAY).offer is older


def test_an_offer_holds_from_its_first_moment_until_before_its_last():
    dated = offer(PERCENT, "50", starts_at=DAY, ends_at=DAY + timedelta(days=1))
    second = timedelta(seconds=1)
    assert total(product(), [dated], at=DAY - second) == 100
    assert total(product(), [dated], at=DAY) == 50
    assert total(product(), [dated], at=DAY + timedelta(days=1) - second) == 50
    assert total(product(), [dated], at=DAY + timedelta(days=1)) == 100


def test_an_offer_that_was_ended_holds_no_longer():
    assert total(product(), [offer(PERCENT, "50", is_active=False)]) == 100


@pytest.mark.parametrize(
    ("conditions", "quantity", "buyers", "holds"),
    [
        ({"min_quantity": 3}, 2, (), False),
        ({"min_quantity": 3}, 3, (), True),
        ({"max_quantity": 3}, 4, (), False),
        ({"min_amount": "250"}, 2, (), False),
        ({"min_amount": "200"}, 2, (), True),
        ({"buyers": ["company"]}, 1, (), False),
        ({"buyers": ["company"]}, 1, (Buyer.COMPANY,), True),
        ({"buyers": ["company", "donor"]}, 1, (Buyer.DONOR, Buyer.PERSON), True),
        ({"loyalty": "gold"}, 9, (Buyer.DONOR,), False),
    ],
)
def test_an_offer_holds_only_under_its_conditions(conditions, quantity, buyers, holds):
    under = offer(PERCENT, "10", conditions=conditions)
    asked = quote(product(), [under], quantity, DAY, frozenset(buyers))
    assert (asked.offer is under) == holds


def test_conditions_nobody_knows_cannot_be_written():
    for conditions in ({"loyalty": "gold"}, {"min_quantity": 0}, {"buyers": ["cats"]}):
        with pytest.raises(BadConditions):
            read_conditions(conditions)


def test_a_quantity_is_at_least_one():
    with pytest.raises(Invalid):
        quote(product(), [], 0, DAY)


@pytest.mark.parametrize(
    ("currency", "price", "expected"), [("JPY", "333", "300"), ("KWD", "1.005", "0.905")]
)
def test_a_price_is_rounded_to_the_smallest_coin_of_its_currency(currency, price, expected):
    assert total(product(price, currency), [offer(PERCENT, "10")]) == Decimal(expected)


prices = st.decimals("0.01", "99999", places=2)
offers = st.lists(
    st.one_of(
        st.builds(offer, st.just(PERCENT), st.decimals("0.01", "100", places=2)),
        st.builds(offer, st.just(FIXED), st.decimals("0.01", "1000", places=2)),
    ),
    max_size=5,
)


@settings(max_examples=50, deadline=None)
@given(prices, offers, st.integers(1, 1000))
def test_no_order_of_offers_changes_the_price_and_none_makes_it_dearer(price, found, quantity):
    asked = quote(product(price), found, quantity, DAY)
    assert 0 <= asked.total.amount <= asked.full.amount
    assert asked.total == quote(product(price), found[::-1], quantity, DAY).total
    assert all(
        asked.total.amount <= quote(product(price), [one], quantity, DAY).total.amount
        for one in found
    )
