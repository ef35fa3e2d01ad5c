"""Columns find their fields by name, by content, as before and as told."""

import pytest

from crm_store.importers.fields import Noun
from crm_store.importers.mapping import (
    NoSuchColumn,
    NoSuchField,
    Wishes,
    match_header,
    plan_columns,
)
from crm_store.importers.reading import DateOrder, Mark
from crm_store.importers.sheets import open_sheet
from crm_store.importers.survey import survey
from crm_store.imports.models import MatchedBy

GIFTS = {
    "Amount": "amount", "GiftAmount": "amount", "gift_amount": "amount", "AMOUNT (EUR)": "amount",
    "Donation Amount": "amount", "Donaton Amount": "amount", "Ποσό": "amount",
    "Ποσό Δωρεάς": "amount", "ΠΟΣΟ": "amount", "סכום": "amount", "סכום התרומה": "amount",
    "Date": "date", "Gift Date": "date", "donationDate": "date", "Date Received": "date",
    "Transaction Date": "date", "Ημερομηνία": "date", "Ημ/νία": "date", "תאריך": "date",
    "תאריך תרומה": "date", "Currency": "currency", "Currency Code": "currency",
    "Νόμισμα": "currency", "מטבע": "currency", "First Name": "given_name",
    "first_name": "given_name", "FirstName": "given_name", "Given name": "given_name",
    "Όνομα": "given_name", "שם פרטי": "given_name", "Last Name": "family_name",
    "SURNAME": "family_name", "Επώνυμο": "family_name", "Επίθετο": "family_name",
    "שם משפחה": "family_name", "Donor Name": "name", "Full Name": "name", "Name": "name",
    "Ονοματεπώνυμο": "name", "שם מלא": "name", "E-mail": "email", "Email Address": "email",
    "Donor E-mail Address": "email", "Primary Email": "email", "דוא״ל": "email",
    "Mobile Phone": "phone", "Tel.": "phone", "Telephone": "phone", "Κινητό": "phone",
    "Τηλέφωνο": "phone", "טלפון נייד": "phone", "Phone (home)": "phone", "Street": "street",
    "Address Line 1": "street", "Διεύθυνση": "street", "כתובת": "street", "City": "city",
    "Πόλη": "city", "עיר": "city", "ZIP/Postal Code": "postal_code", "Τ.Κ.": "postal_code",
    "מיקוד": "postal_code", "Country": "country", "Χώρα": "country", "Payment Method": "method",
    "Τρόπος Πληρωμής": "method", "אמצעי תשלום": "method", "Designation": "fund", "Fund": "fund",
    "Campaign": "appeal", "Constituent ID": "donor_id", "Κωδικός δωρητή": "donor_id",
    "Transaction ID": "gift_id", "Gift ID": "gift_id", "Cheque No": "reference_number",
    "Spouse First Name": "spouse_given_name", "Σύζυγος": "spouse_name", "ΑΦΜ": "afm",
    "Α.Φ.Μ.": "afm", "Comments": "notes", "Σχόλια": "notes", "Tags": "tags", "Company": "company",
    "Organization Name": "company", "Εταιρεία": "company", "Anonymous": "is_anonymous",
    "In Memory Of": "tribute_name", "Date of Birth": "birthday",
}  # fmt: skip
OTHERS = [
    (Noun.COMPANIES, "Company Name", "name"), (Noun.COMPANIES, "Επωνυμία", "name"),
    (Noun.COMPANIES, "Website", "website"), (Noun.COMPANIES, "Κλάδος", "industry"),
    (Noun.LEADS, "Lead Source", "source_detail"), (Noun.LEADS, "Company", "company"),
    (Noun.PEOPLE, "Contact ID", "external_id"), (Noun.DONORS, "Donor Type", "donor_kind"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "key"), GIFTS.items())
def test_a_header_of_a_gift_file_finds_its_field(header, key):
    assert match_header(header, Noun.GIFTS)[0][0].key == key


@pytest.mark.parametrize(("noun", "header", "key"), OTHERS)
def test_a_header_of_another_file_finds_its_field(noun, header, key):
    assert match_header(header, noun)[0][0].key == key


@pytest.mark.parametrize("header", ["Reason", "Row", "Column 3", "xyz", "Flavour", "42"])
def test_what_means_nothing_is_left_out(header):
    assert match_header(header, Noun.GIFTS) == []


def plans(tmp_path, text, noun=Noun.GIFTS, **wishes):
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    return {p.header: p for p in plan_columns(noun, survey(open_sheet(path)), Wishes(**wishes))}


def test_columns_without_telling_headers_are_known_by_what_stands_in_them(tmp_path):
    found = plans(
        tmp_path,
        "a,b,c,Ποσό\nruth@example.org,+30 694 123 4567,2024-05-01,12\n"
        "levi@example.org,+30 694 123 4568,2024-05-02,13\n",
    )
    assert {h: p.target for h, p in found.items()} == {
        "a": "email", "b": "phone", "c": "date", "Ποσό": "amount",
    }  # fmt: skip
    assert found["a"].matched_by is MatchedBy.CONTENT
    assert found["a"].confidence < found["Ποσό"].confidence


def test_a_misleading_header_gives_way_to_a_true_one(tmp_path):
    found = plans(tmp_path, "Date,Gift Date,Amount\nmonthly,2024-05-01,5\nonce,2024-05-02,6\n")
    assert found["Gift Date"].target == "date"
    assert found["Date"].target is None


@pytest.mark.parametrize(
    ("days", "locale", "order", "said"),
    [
        (["03/04/2025", "13/04/2025"], "en-US", DateOrder.DAY, "day first"),
        (["03/04/2025", "04/13/2025"], "el", DateOrder.MONTH, "month first"),
        (["03/04/2025", "05/06/2025"], "el", DateOrder.DAY, "cannot be told"),
        (["03/04/2025", "05/06/2025"], "en-US", DateOrder.MONTH, "cannot be told"),
        (["2025-04-03"], "en-US", DateOrder.MONTH, ""),
    ],
)
def test_the_order_of_dates_is_decided_by_the_whole_column(tmp_path, days, locale, order, said):
    text = "Amount,Date\n" + "".join(f"5,{day}\n" for day in days)
    plan = plans(tmp_path, text, locale=locale)["Date"]
    assert plan.order is order
    assert said in plan.remark


def test_one_late_row_decides_the_whole_column(tmp_path):
    text = "Amount,Date\n" + "5,03/04/2025\n" * 3_000 + "5,04/25/2025\n"
    assert plans(tmp_path, text, locale="el")["Date"].order is DateOrder.MONTH


@pytest.mark.parametrize(
    ("amounts", "locale", "mark"),
    [
        (['"1.234,50"', '"1.000"'], "en", Mark.COMMA),
        (['"1,234.50"', '"1,000"'], "el", Mark.POINT),
        (['"1.000"', '"2.000"'], "el", Mark.COMMA),
        (['"1.000"', '"2.000"'], "en", Mark.POINT),
    ],
)
def test_the_decimal_mark_is_decided_by_column(tmp_path, amounts, locale, mark):
    text = "Date,Amount\n" + "".join(f"2024-01-05,{amount}\n" for amount in amounts)
    assert plans(tmp_path, text, locale=locale)["Amount"].mark is mark


def test_what_one_is_told_stands_before_everything(tmp_path):
    text = "Date,Sum,Amount\n2024-01-05,5,6\n"
    found = plans(tmp_path, text, overrides={"sum": "amount", "Amount": "-"})
    assert (found["Sum"].target, found["Sum"].matched_by) == ("amount", MatchedBy.PERSON)
    assert found["Amount"].target is None
    with pytest.raises(NoSuchField, match="There are: "):
        plans(tmp_path, text, overrides={"Sum": "flavour"})
    with pytest.raises(NoSuchColumn, match="Date, Sum, Amount"):
        plans(tmp_path, text, overrides={"Total": "amount"})


def test_a_remembered_mapping_is_used_again(tmp_path):
    found = plans(tmp_path, "Date,X\n2024-01-05,5\n", remembered={"X": "amount", "Date": "date"})
    assert (found["X"].target, found["X"].matched_by) == ("amount", MatchedBy.REMEMBERED)
