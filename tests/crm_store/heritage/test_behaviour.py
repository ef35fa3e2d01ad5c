"""The page on heritage names only tests and files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/heritage.md"
SYSTEMS = {"all", "turso_crm", "custarea", "epesi", "givance", "outreach"}
QUOTED = re.compile(r"`([^`]+)`")


def _rows() -> list[list[str]]:
    lines = PAGE.read_text("utf-8").splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    rows = [[cell.strip() for cell in row] for row in cells]
    return [row for row in rows if row[0] != "behaviour" and set(row[0]) != {"-"}]


def _tests() -> set[str]:
    pattern = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
    found = (ROOT / "tests").rglob("test_*.py")
    return {name for path in found for name in pattern.findall(path.read_text("utf-8"))}


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    return _rows()


def test_each_behaviour_is_told_once_with_its_system_home_and_test(rows):
    assert len(rows) > 80
    assert len({row[0] for row in rows}) == len(rows)
    for row in rows:
        assert len(row) == 4, row
        assert set(row[1].split(", ")) <= SYSTEMS, row
        assert row[3] == "not yet" or QUOTED.findall(row[3]), row
    assert {system for row in rows for system in row[1].split(", ")} == SYSTEMS


def test_every_test_that_is_named_exists(rows):
    named = {name for row in rows for name in QUOTED.findall(row[3])}
    assert named - _tests() == set()


def test_every_file_that_is_named_exists(rows):
    named = {name for row in rows for name in QUOTED.findall(row[2])}
    assert {name for name in named if not (ROOT / name).is_file()} == set()
