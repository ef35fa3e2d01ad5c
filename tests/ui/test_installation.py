"""Setting up, looking after and mending an installation from the terminal."""

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from crm_store.embedded import EmbeddedServer


def test_a_fresh_installation_is_well(terminal):
    report = terminal.data("doctor")
    assert report["well"]
    assert {"server", "extensions", "migrations", "isolation", "keys", "sending"} <= {
        check["name"] for check in report["checks"]
    }


def test_doctor_names_a_hole_in_the_wall_and_how_to_mend_it(terminal):
    _as_owner(terminal, "DROP POLICY org ON workspaces")
    try:
        result = terminal.run("doctor", "--json")
        assert result.exit_code == 1
        assert "workspaces has 0 permissive policies" in result.stdout
        assert "almoner db migrate" in result.stdout
    finally:
        _as_owner(
            terminal,
            "CREATE POLICY org ON workspaces USING (org_id = (SELECT app_org()))"
            " WITH CHECK (org_id = (SELECT app_org()))",
        )
    assert terminal.data("doctor")["well"]


def test_doctor_says_when_keys_can_be_read_by_others(terminal):
    keys = terminal.home / "secrets" / "keys"
    keys.chmod(0o644)
    try:
        assert "chmod 600" in terminal.run("doctor").stdout
    finally:
        keys.chmod(0o600)


def test_up_again_starts_in_seconds_and_loads_nothing_twice(terminal):
    before = terminal.data("org", "list")
    begun = time.monotonic()
    terminal.says("up", "--once", "--no-tour")
    assert time.monotonic() - begun < 10
    assert terminal.data("org", "list") == before


def test_up_stays_until_it_is_asked_to_stop(tmp_path):
    home = tmp_path / ".almoner"
    env = {**os.environ, "ALMONER_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "ui.cli", "up", "--no-tour"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "Ctrl-C" in line:
                break
        assert EmbeddedServer(home).is_running()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
    assert not EmbeddedServer(home).is_running()


def test_an_organisation_is_founded_and_its_people_added(terminal):
    made = terminal.data(
        "org", "create", "Σπίτι της Ελπίδας", "--director", "Ελένη Μάρκου",
        "--email", "eleni@elpida.example", "--slug", "elpida", "--fiscal-year-starts", "7",
    )  # fmt: skip
    assert made["slug"] == "elpida"
    terminal.says(
        "user", "create", "nikos@elpida.example", "--name", "Νίκος Παππάς", "--role", "agent",
        "--org", "elpida", "--password-stdin", stdin="a long enough pass phrase\n",
    )  # fmt: skip
    people = terminal.data("user", "list", "--org", "elpida")
    assert {(person["name"], person["role"]) for person in people} == {
        ("Ελένη Μάρκου", "Director"),
        ("Νίκος Παππάς", "Agent"),
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("search", "x", "--org", "nowhere"), "There is no organisation 'nowhere'"),
        (("search", "x", "--as", "nobody@example.org"), "Nobody signs in as"),
        (("user", "create", "a@b.example", "--name", "A", "--role", "king"), "no role 'king'"),
        (("user", "password", "nobody@example.org"), "Type a password"),
        (("db", "restore", "/nowhere/at/all"), "There is no file"),
        (("demo", "--donors", "0"), "greater than or equal to 1"),
    ],
)
def test_bad_input_gets_one_sentence(terminal, arguments, sentence):
    assert sentence in terminal.fault(*arguments)


def test_rights_hold_at_the_terminal(terminal):
    seen = terminal.data("search", "cohen", "--as", "yossi@harbour-light.example")
    everything = terminal.data("search", "cohen")
    assert seen["total_at_least"] < everything["total_at_least"]
    assert seen["hidden"] > 0
    assert everything["hidden"] == 0


def test_the_log_verifies_and_an_edit_is_found(terminal):
    assert all(one["sound"] for one in terminal.data("audit", "verify"))
    _as_superuser(
        terminal,
        "ALTER TABLE audit_log DISABLE TRIGGER ALL;"
        " UPDATE audit_log SET action = 'deleted' WHERE seq = 7;"
        " ALTER TABLE audit_log ENABLE TRIGGER ALL",
    )
    result = terminal.run("audit", "verify", "--org", "harbor-lights")
    assert result.exit_code == 1
    assert "Entry 7 was changed after it was written" in result.stdout
    _as_superuser(
        terminal,
        "ALTER TABLE audit_log DISABLE TRIGGER ALL;"
        " UPDATE audit_log SET action = 'created' WHERE seq = 7 AND action = 'deleted';"
        " ALTER TABLE audit_log ENABLE TRIGGER ALL",
    )


def test_keys_are_rotated(terminal):
    first = terminal.data("keys", "rotate")
    again = terminal.data("keys", "rotate")
    assert first["active"] != again["active"]
    assert again["retired"] == [first["active"]]
    assert terminal.data("doctor")["well"]


def test_a_backup_comes_back_whole_and_holds_its_tongue(terminal, tmp_path):
    file = tmp_path / "almoner.backup"
    terminal.says("db", "backup", str(file))
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "almoner.backup.keys").stat().st_mode & 0o077 == 0
    assert "exists already" in terminal.run("db", "backup", str(file)).output
    before = (terminal.data("org", "list"), terminal.data("search", "levi", "--limit", "50"))
    terminal.says("org", "create", "Gone", "--director", "G G", "--email", "g@gone.example")
    assert "not empty" in terminal.fault("db", "restore", str(file))
    assert "Sending is held" in terminal.says("db", "restore", str(file), "--replace")
    after = (terminal.data("org", "list"), terminal.data("search", "levi", "--limit", "50"))
    assert after == before
    assert "Held since a restore" in terminal.run("doctor").stdout
    terminal.says("db", "allow-sending")
    assert "Messages may leave" in terminal.says("doctor")


def test_something_that_is_not_a_backup_throws_nothing_away(terminal, tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ruth,")
    before = terminal.data("org", "list")
    assert "not a backup" in terminal.fault("db", "restore", str(file), "--replace")
    assert terminal.data("org", "list") == before


@pytest.mark.parametrize("role", ["owner", "staff", "visitor", "reader"])
def test_each_role_has_an_address_that_works(terminal, role):
    url = terminal.says("db", "url", "--role", role).strip()
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_user, count(*) FROM pg_class").fetchone()
    assert row is not None
    assert row[0] == f"almoner_{role}"


def _as_owner(terminal, statement: str) -> None:
    url = terminal.says("db", "url", "--role", "owner").strip()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _as_superuser(terminal, statement: str) -> None:
    url = EmbeddedServer(terminal.home).superuser_url("almoner")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
