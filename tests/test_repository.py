"""What a clone carries besides code."""

import re
import subprocess
import textwrap
from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_store.settings import StoreSettings

ROOT = Path(__file__).parents[1]


def test_the_example_environment_lists_every_setting_with_its_description_and_default():
    blocks = (ROOT / ".env.example").read_text().strip().split("\n\n")[1:]
    written = {}
    for block in blocks:
        *words, setting = block.splitlines()
        name, _, default = setting.removeprefix("# ").partition("=")
        written[name] = (" ".join(line.removeprefix("# ") for line in words), default)
    known = {}
    for field in StoreSettings.model_fields.values():
        default = field.default
        shown = "" if default is None or isinstance(default, SecretStr) else str(default)
        shown = shown.lower() if isinstance(default, bool) else shown
        known[str(field.validation_alias)] = (field.description, shown)
    assert written == known


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_dependency_is_pinned_with_hashes_and_no_index_is_named(name):
    text = (ROOT / name).read_text()
    pins = re.findall(r"^([a-z0-9][a-z0-9._\[\],-]*)==", text, flags=re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pins) == len(blocks)
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)


def test_no_file_records_a_registry_or_this_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    hosts = re.compile("py" + r"pi\.org|files\.python" + r"hosted|registry\.npm" + "js|/wo" + "rk/")
    found = []
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".gz", ".xlsx"}:
            found += [name] if hosts.search(path.read_text(errors="ignore")) else []
    assert found == []
    assert not {"uv.lock", "poetry.lock", "yarn.lock"} & set(listed)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_what_make_help_shows_exists():
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):.*##", text, flags=re.MULTILINE))
    assert {"run", "test", "lint", "check"} <= targets, textwrap.shorten(text, 80)
