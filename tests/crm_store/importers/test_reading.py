"""Cells become values, or a sentence says why not."""

from datetime import date
from decimal import Decimal

import pytest

from crm_store.contacts.models import IdentifierKind
from crm_store.errors import Invalid
from crm_store.gifts.models import Method
from crm_store.importers import reading
from crm_store.importers.parties import number
from crm_store.importers.reading import Amount, DateOrder, Mark
from crm_store.importers.spoken_names import is_firm, people_in

EMAIL = IdentifierKind.EMAIL


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("03/04/2025", date(2025, 4, 3)), ("2025-04-03", date(2025, 4, 3)),
        ("2025-04-03 10:30:00", date(2025, 4, 3)), ("13.4.25", date(2025, 4, 13)),
        ("4/25/2024", date(2024, 4, 25)), ("45413", date(2024, 5, 1)),
        ("20240131", date(2024, 1, 31)), ("3 Μαΐου 2024", date(2024, 5, 3)),
        ("5 Απρ 2024", date(2024, 4, 5)), ("12 במאי 2024", date(2024, 5, 12)),
        ("May 5, 2024", date(2024, 5, 5)), ("12-Jan-2024", date(2024, 1, 12)),
        ("1st March 1999", date(1999, 3, 1)), ("1/1/85", date(1985, 1, 1)),
    ],
)  # fmt: skip
def test_days_are_read_however_they_are_written(cell, day):
    assert reading.read_date(cell, DateOrder.DAY) == day


@pytest.mark.parametrize("cell", ["31/02/2024", "soon", "13/13/2024", "12", "0000-00-00"])
def test_what_is_no_day_is_refused(cell):
    with pytest.raises(Invalid, match=cell.split("/")[0]):
        reading.read_date(cell, DateOrder.DAY)


@pytest.mark.parametrize(
    ("cell", "mark", "value", "currency"),
    [
        ("1.234,50 €", Mark.POINT, "1234.50", "EUR"), ("$1,234.50", Mark.COMMA, "1234.50", "USD"),
        ("(50.00)", Mark.POINT, "-50.00", None), ("1.234", Mark.COMMA, "1234", None),
        ("1.234", Mark.POINT, "1.234", None), ("1,234", Mark.POINT, "1234", None),
        ("12,5", Mark.POINT, "12.5", None), ("1 234,50", Mark.COMMA, "1234.50", None),
        ("1'234.50", Mark.POINT, "1234.50", None), ("₪ 360", Mark.POINT, "360", "ILS"),
        ("180 ש״ח", Mark.POINT, "180", "ILS"), ("EUR 50", Mark.POINT, "50", "EUR"),
        ("50 ευρώ", Mark.COMMA, "50", "EUR"), ("1.234.567", Mark.POINT, "1234567", None),
        ("20-", Mark.POINT, "-20", None), ("£0.99", Mark.COMMA, "0.99", "GBP"),
    ],
)  # fmt: skip
def test_amounts_are_read_exactly(cell, mark, value, currency):
    assert reading.read_amount(cell, mark) == Amount(Decimal(value), currency)


@pytest.mark.parametrize("cell", ["abc", "12 apples", "1e5x", "€", "--"])
def test_what_is_no_amount_is_refused(cell):
    with pytest.raises(Invalid):
        reading.read_amount(cell, Mark.POINT)


@pytest.mark.parametrize(
    ("cell", "method"),
    [
        ("Credit Card (Visa)", Method.CREDIT_CARD), ("Επιταγή", Method.CHECK),
        ("מזומן", Method.CASH), ("Bank transfer", Method.WIRE), ("הוראת קבע", Method.DIRECT_DEBIT),
        ("direct_debit", Method.DIRECT_DEBIT), ("Έμβασμα", Method.WIRE), ("magic", Method.OTHER),
    ],
)  # fmt: skip
def test_ways_of_paying_are_understood(cell, method):
    assert reading.read_method(cell) is method


def test_yes_no_countries_and_currencies_in_three_languages():
    assert [reading.read_yes_no(word) for word in ("Ναι", "כן", "Y")] == [True] * 3
    assert [reading.read_yes_no(word) for word in ("όχι", "לא", "0")] == [False] * 3
    assert [reading.read_country(w) for w in ("Ελλάδα", "ישראל", "UK", "United States")] == [
        "GR", "IL", "GB", "US",
    ]  # fmt: skip
    assert [reading.currency_code(w) for w in ("€", "usd", "Ευρώ", "Pounds", "zzz")] == [
        "EUR", "USD", "EUR", "GBP", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Ruth Cohen", [("Ruth", "Cohen")]), ("Cohen, Ruth", [("Ruth", "Cohen")]),
        ("Dr. Ruth Cohen", [("Ruth", "Cohen")]),
        ("Ruth & David Cohen", [("Ruth", "Cohen"), ("David", "Cohen")]),
        ("Cohen, Ruth and David", [("Ruth", "Cohen"), ("David", "Cohen")]),
        ("Ruth Cohen & David Levi", [("Ruth", "Cohen"), ("David", "Levi")]),
        ("Mr & Mrs David Cohen", [("David", "Cohen"), (None, "Cohen")]),
        ("Γιώργος και Μαρία Παππά", [("Γιώργος", "Παππά"), ("Μαρία", "Παππά")]),
        ("רות ודוד כהן", [("רות", "כהן"), ("דוד", "כהן")]),
        ("Ludwig van Beethoven", [("Ludwig", "van Beethoven")]), ("Madonna", [("Madonna", None)]),
    ],
)  # fmt: skip
def test_names_are_taken_apart(text, people):
    assert [(one.given, one.family) for one in people_in(text)] == people


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Aegean Foods A.E.", True), ("Smith Family Foundation", True), ("Acme Ltd", True),
        ("עמותת אור", True), ("Ruth Cohen", False), ("J. R. Smith", False),
    ],
)  # fmt: skip
def test_companies_are_told_from_people(text, is_one):
    assert is_firm(text) is is_one


def test_a_number_that_lost_its_plus_is_still_found():
    assert number("306941234567", "GR") == "+306941234567"
    assert number("6941234567", "GR") == "+306941234567"
