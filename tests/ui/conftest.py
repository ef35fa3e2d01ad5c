"""An installation of its own, set up once through the command line itself."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from crm_store.embedded import EmbeddedServer
from crm_store.errors import CrmError
from crm_store.settings import store_settings
from ui.cli import app


@dataclass
class Terminal:
    """Runs `almoner …` in this process against the installation in `home`."""

    home: Path

    def run(self, *arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin)

    def says(self, *arguments: str, stdin: str = "") -> str:
        """What it printed, having ended well."""
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
        return result.stdout

    def data(self, *arguments: str, stdin: str = "") -> object:
        return json.loads(self.says(*arguments, "--json", stdin=stdin))

    def fault(self, *arguments: str) -> str:
        """The sentence it ended with, having refused."""
        result = self.run(*arguments)
        assert result.exit_code != 0, result.output
        if isinstance(result.exception, CrmError):
            return str(result.exception)
        return result.output


@pytest.fixture(scope="session")
def terminal(tmp_path_factory) -> Iterator[Terminal]:
    home = tmp_path_factory.mktemp("installation") / ".almoner"
    kept = os.environ.get("ALMONER_HOME")
    os.environ["ALMONER_HOME"] = str(home)
    store_settings.cache_clear()
    found = Terminal(home)
    try:
        assert "almoner search" in found.says("up", "--once")
        yield found
    finally:
        EmbeddedServer(home).stop(immediate=True)
        if kept is None:
            del os.environ["ALMONER_HOME"]
        else:
            os.environ["ALMONER_HOME"] = kept
        store_settings.cache_clear()
