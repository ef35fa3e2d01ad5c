"""Handing out and erasing at the terminal."""

from __future__ import annotations

import csv
import json
import zipfile

import pytest
import typer
from typer.testing import CliRunner

from tests.ui.people import add_person
from ui.commands.privacy import erase, export

app = typer.Typer()
app.command("export")(export)
app.command("erase")(erase)


def run(*arguments, stdin=""):
    return CliRunner().invoke(app, [*arguments, "--org", "privacy"], input=stdin)


def says(*arguments, stdin=""):
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.output


@pytest.fixture(scope="module")
def desk(terminal):
    terminal.data(
        "org", "create", "House of Letters", "--director", "Ada Wise",
        "--email", "ada@letters.example", "--slug", "privacy",
    )  # fmt: skip
    return terminal


@pytest.fixture
def ruth(desk):
    """Somebody to be asked for by name."""
    return add_person("privacy", "Ruth Cohenstein")


def test_everything_on_a_person_comes_as_one_document_or_one_file(ruth, tmp_path):
    assert json.loads(says("export", "person", ruth))["person"] == ruth
    packed = tmp_path / "ruth.zip"
    says("export", "person", ruth, "--out", str(packed))
    with zipfile.ZipFile(packed) as archive:
        assert "README.txt" in archive.namelist()
    assert packed.stat().st_mode & 0o077 == 0


def test_a_list_is_a_spreadsheet(ruth, tmp_path):
    sheet = tmp_path / "people.csv"
    says("export", "people", "--csv", str(sheet))
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert ruth.split()[1] in {row["family name"] for row in rows}


def test_what_cannot_be_exported_is_said(desk):
    assert "person, donors, gifts or people" in run("export", "secrets").output
    assert "Say whose" in run("export", "person").output
    assert "Say where to" in run("export", "gifts").output


def test_nobody_is_erased_by_a_dry_run_or_a_wrong_name(ruth):
    assert "how they are reached" in says("erase", ruth, "--dry-run")
    refused = run("erase", ruth, stdin="Ruth\n")
    assert refused.exit_code == 1
    assert "nothing was erased" in refused.output
    assert json.loads(says("export", "person", ruth))["person"] == ruth


def test_whoever_types_the_name_erases_them(ruth):
    assert "is forgotten" in says("erase", ruth, stdin=f"{ruth}\n")
    assert run("export", "person", ruth).exit_code != 0
