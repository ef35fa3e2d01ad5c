"""Whatever a file is, it is read as a table or refused in one sentence."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from crm_store.errors import Invalid
from crm_store.importers.sheets import open_sheet

DATA = Path(__file__).parents[2] / "data"
GREEK = "Επώνυμο,Πόλη\nΠαπαδόπουλος,Αθήνα\n"
HEBREW = "שם משפחה,עיר\nכהן,ירושלים\nלוי,חיפה\n"
LATIN = "Last name,City\nNúñez,Córdoba\nMüller,Köln\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((text, name) for text in (GREEK, HEBREW, LATIN)
          for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le")),
        (GREEK, "cp1253"),
        (HEBREW, "cp1255"),
        (LATIN, "cp1252"),
    ],
)  # fmt: skip
def test_letters_come_out_whatever_the_encoding(tmp_path, text, encoding):
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(encoding))
    sheet = open_sheet(path)
    wanted = [line.split(",") for line in text.splitlines()]
    assert list(sheet.headers) == wanted[0]
    assert [cells for _, cells in sheet.rows()] == wanted[1:]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path, mark):
    path = tmp_path / "file.csv"
    path.write_text(f'Name{mark}Amount\n"Cohen, Ruth; and | all"{mark}5\nLevi{mark}6\n')
    assert [cells for _, cells in open_sheet(path).rows()] == [
        ["Cohen, Ruth; and | all", "5"],
        ["Levi", "6"],
    ]


def test_titles_blank_lines_and_repeated_headers_are_no_rows():
    sheet = open_sheet(DATA / "gifts_messy.csv")
    assert sheet.heading.number == 4
    assert sheet.headers[:3] == ("Gift ID", "Gift Date", "Donor Name")
    numbers = [number for number, _ in sheet.rows()]
    assert numbers == [5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18]
    assert [number for number, _ in sheet.rows(after=15)] == [16, 17, 18]


def test_a_line_break_inside_quotes_stays_in_its_cell():
    (_, cells), *_ = open_sheet(DATA / "gifts_messy.csv").rows()
    assert cells[-1] == "First gift,\n with a line break"


def test_headers_of_one_name_are_told_apart(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("Name,Email,Email,\nRuth,a@b.example,c@d.example,x\n")
    assert open_sheet(path).headers == ("Name", "Email", "Email (2)", "Column 4")


def test_a_file_without_headers_keeps_its_first_row(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("ruth@example.org,12.50,2024-01-05\nlevi@example.org,10.00,2024-01-06\n")
    sheet = open_sheet(path)
    assert sheet.headers == ("Column 1", "Column 2", "Column 3")
    assert len(list(sheet.rows())) == 2


def test_a_workbook_gives_the_sheet_that_has_the_data():
    sheet = open_sheet(DATA / "gifts.xlsx")
    assert sheet.headers == ("Ημερομηνία", "Ποσό", "Νόμισμα", "Ονοματεπώνυμο", "Email")
    assert [(number, cells[:2]) for number, cells in sheet.rows()] == [
        (4, ["2024-03-13", "75.5"]),
        (5, ["2024-04-03", "120"]),
        (6, ["45413", "1200"]),
    ]


def test_another_sheet_can_be_asked_for(tmp_path):
    book = Workbook()
    book.active.append(["Name", "City"])
    book.create_sheet("Old").append(["Name", "Email"])
    book.save(tmp_path / "two.xlsx")
    assert open_sheet(tmp_path / "two.xlsx", "old").headers == ("Name", "Email")
    with pytest.raises(Invalid, match="There are: Sheet, Old"):
        open_sheet(tmp_path / "two.xlsx", "New")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty|has no rows"),
        (b"\n\n \n", "is empty"),
        (b"%PDF-1.4 \x00\x01", "is not a table"),
        (bytes(range(256)) * 40, "is not a table"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old .xls format"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"PK\x03\x04 cut short", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "gifts.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=sentence) as caught:
        open_sheet(path)
    assert str(caught.value).endswith(".")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(Invalid, match="There is no file"):
        open_sheet(tmp_path / "none.csv")
