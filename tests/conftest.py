"""What every test may need: the store's fixtures, and Debian's programs for a few."""

import os
import shutil
import subprocess

import pytest

pytest_plugins = ["crm_store.testing"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "needs_debian(package): runs a program of Debian's, installed here if it can be"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs_debian"):
        _ensure(str(mark.args[0]))


def _ensure(package: str) -> None:
    """Install it as root; elsewhere skip and say so, except where skipping would hide a fault."""
    if _has(package):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", package]):
            subprocess.run(["apt-get", *command], check=True, env=quiet, capture_output=True)
    if not _has(package):
        if os.environ.get("CI"):
            pytest.fail(f"{package} could not be installed")
        pytest.skip(f"needs Debian's {package}: apt-get install {package}")


def _has(program: str) -> bool:
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is not None
