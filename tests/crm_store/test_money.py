from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.errors import Invalid
from crm_store.money import MixedCurrencies, Money, NotMoney, digits, tidy, total, totals

CURRENCIES = st.sampled_from(["EUR", "USD", "ILS", "JPY", "KWD"])
AMOUNTS = st.decimals(0, 10**9, places=4)


@pytest.mark.parametrize(
    ("currency", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ILS", 2)]
)
def test_a_currency_knows_its_own_places(currency, places):
    assert digits(currency) == places
    assert Money(Decimal("1.23456"), currency).amount.as_tuple().exponent == -places


@pytest.mark.parametrize("amount", [0.1, 1.0, True, "ten", "", "NaN", "Infinity", "1e20"])
def test_what_is_not_exact_or_not_an_amount_is_refused(amount):
    with pytest.raises(NotMoney):
        Money(amount, "EUR")


def test_more_places_than_the_currency_has_are_not_quietly_dropped():
    with pytest.raises(NotMoney, match="2 decimal places"):
        Money.of("10.005", "EUR")
    assert Money.of("10.500", "EUR").amount == Decimal("10.50")


def test_an_unknown_currency_is_refused_and_small_letters_are_not():
    with pytest.raises(Invalid):
        Money(Decimal(1), "EURO")
    assert Money(Decimal(1), " eur ").currency == "EUR"


def test_two_currencies_are_never_put_together():
    euros, shekels = Money.of(5, "EUR"), Money.of(5, "ILS")
    for sum_up in (
        lambda: euros + shekels,
        lambda: euros - shekels,
        lambda: euros < shekels,
        lambda: total([euros, shekels], "EUR"),
    ):
        with pytest.raises(MixedCurrencies):
            sum_up()
    assert euros != shekels


def test_each_currency_has_a_sum_of_its_own():
    money = [Money.of(1, "USD"), Money.of(2, "EUR"), Money.of(3, "USD")]
    assert totals(money) == {"EUR": Money.of(2, "EUR"), "USD": Money.of(4, "USD")}
    assert list(totals(money)) == ["EUR", "USD"]


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en", "€1,250.50"), ("el", "1.250,50\xa0€"), ("de-DE", "1.250,50\xa0€")],
)
def test_money_is_worded_as_people_of_the_language_write_it(locale, words):
    assert Money.of("1250.5", "EUR").words(locale) == words


@settings(max_examples=50, deadline=None)
@given(amount=AMOUNTS, currency=CURRENCIES, parts=st.integers(1, 120))
def test_parts_sum_exactly_to_the_whole_and_differ_only_in_the_last(amount, currency, parts):
    whole = Money(amount, currency)
    split = whole.split(parts)
    assert len(split) == parts
    assert sum((part.amount for part in split), Decimal(0)) == whole.amount
    assert len({part.amount for part in split[:-1]}) <= 1
    assert split[-1].amount >= split[0].amount >= 0


def test_an_amount_is_tidied_only_where_nothing_is_lost():
    assert str(tidy(Decimal("100.0000"), "EUR")) == "100.00"
    assert str(tidy(Decimal("100.0050"), "EUR")) == "100.0050"
    assert str(tidy(Decimal("100.0000"), "JPY")) == "100"
