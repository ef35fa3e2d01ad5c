"""Asking the store from the terminal: figures, audiences, files."""

import csv
import io
import json

import pytest

GAVE = '{"kind": "gave", "period": "last_fiscal_year"}'
LAPSING = json.dumps(
    {
        "kind": "all",
        "of": [
            {"kind": "gave", "period": "last_fiscal_year"},
            {"kind": "not", "of": {"kind": "gave", "period": "this_fiscal_year"}},
        ],
    }
)


def test_a_report_shows_figures_their_definition_and_a_picture(terminal):
    said = terminal.says("report", "raised", "--by", "fund", "--period", "last_fiscal_year")
    assert "Winter meals" in said
    assert "raised: Money and goods received" in " ".join(said.split())


def test_a_report_is_the_same_as_data_and_as_csv(terminal):
    asked = ("report", "raised", "gifts", "--by", "month", "--period", "last_fiscal_year")
    data = terminal.data(*asked)
    rows = list(csv.DictReader(io.StringIO(terminal.says(*asked, "--csv"))))
    assert [row["raised"] for row in rows] == [str(row["raised"]) for row in data["rows"]]
    assert data["definitions"].keys() == {"raised", "gifts"}


def test_lybunt_is_the_segment_of_the_same_words(terminal):
    found = terminal.data("report", "lybunt")
    (row,) = found["rows"]
    preview = terminal.data("segment", "preview", LAPSING)
    assert int(row["lybunt"]) == preview["count"] > 0
    assert "did not give this fiscal year" in preview["in_words"]


def test_every_measure_is_listed_with_its_definition(terminal):
    listed = terminal.data("report", "--list")
    assert len(listed) >= 40
    assert all(one["definition"].endswith(".") for one in listed)
    assert "Retention" in terminal.says("report", "retention_rate", "--explain")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("report", "raisd"), "raised"),
        (("report", "raised", "--by", "moth"), "month"),
        (("report", "raised", "--period", "whenever"), "whenever"),
        (("report", "raised", "--only", "fund"), "dimension=value"),
        (("segment", "preview", "{oops"), "not JSON"),
        (("segment", "preview", '{"kind": "gives"}'), "gave"),
        (("segment", "members", "nobody at all"), "no segment"),
        (("import", "/nowhere.csv", "--dry-run"), "nowhere.csv"),
    ],
)
def test_a_slip_is_told_with_what_was_probably_meant(terminal, arguments, sentence):
    assert sentence in terminal.fault(*arguments)


def test_a_segment_is_saved_listed_and_opened(terminal):
    terminal.says("segment", "save", "Gave last year", GAVE)
    listed = {one["name"]: one for one in terminal.data("segment", "list")}
    assert listed["Gave last year"]["in_words"] == "Donors who gave last fiscal year"
    found = terminal.data("segment", "members", "gave last YEAR", "--limit", "5")
    assert len(found["members"]) == 5
    assert {one["field"] for one in terminal.data("segment", "fields")} >= {"city", "officer"}


def test_a_file_is_looked_at_brought_in_once_and_taken_back(terminal, tmp_path):
    file = tmp_path / "gifts.csv"
    file.write_text(
        "Name;E-mail;Date;Amount;Currency\n"
        "Zenobia Quill;zenobia@example.org;03/11/2026;1.250,00;EUR\n"
        "Zenobia Quill;zenobia@example.org;04/11/2026;-5,00;EUR\n"
    )
    dry = " ".join(terminal.says("import", str(file), "--dry-run").split())
    assert "1 rows would be imported" in dry or "1 row would be imported" in dry
    assert "Nothing was written" in dry
    assert terminal.data("search", "zenobia quill")["hits"] == []
    first = terminal.data("import", str(file))
    assert (first["job"]["loaded_rows"], first["job"]["bad_rows"]) == (1, 1)
    (hit,) = terminal.data("search", "zenobia quill", "--kind", "donor")["hits"]
    assert hit["label"] == "Zenobia Quill"
    again = terminal.data("import", str(file))
    assert (again["job"]["loaded_rows"], again["job"]["duplicate_rows"]) == (0, 1)
    terminal.says("import", "--undo", first["job"]["id"])
    assert terminal.data("search", "zenobia quill")["hits"] == []


def test_help_reads_well(terminal):
    said = terminal.says("--help")
    for panel in ("Start", "Look things up", "Move data", "Run the installation"):
        assert panel in said
    for command in ("up", "doctor", "demo", "search", "report", "segment", "import", "export",
                    "erase", "org", "user", "db", "audit", "keys"):  # fmt: skip
        assert terminal.says(command, "--help")
