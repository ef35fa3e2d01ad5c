"""The embedded PostgreSQL server: start and stop it. Nothing else knows it exists."""

import os
import random
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from pwd import struct_passwd

from crm_store.embedded_account import (
    ServerError,
    account,
    explained,
    hand_over,
    like_its_folder,
    seen_by,
    write,
)
from crm_store.embedded_locks import locked, opened, pause
from crm_store.embedded_probes import answers, is_alive, is_free, is_postgres
from crm_store.embedded_programs import folder_for, package, release, run
from crm_store.embedded_settings import ACCESS, configuration

__all__ = ["EmbeddedServer", "ServerError"]

SUPERUSER = "postgres"
# Below the range the kernel hands to outgoing connections, so a stopped server's port stays free.
PORTS = range(15432, 32768)


@dataclass(frozen=True)
class EmbeddedServer:
    home: Path
    durable: bool = True
    shared_buffers: str | None = None
    timeout: float = 120

    @property
    def data(self) -> Path:
        return self.home.absolute() / "pg"

    @explained()
    def start(self) -> None:
        """Make the server answer, whoever else is starting it and however it last ended."""
        if self.is_running():
            return
        deadline = time.monotonic() + self.timeout
        self._make_home()
        with locked(self.home / "start.lock", deadline) as starter:
            owner = account(self.home)
            if not self._has_database():
                self._create(owner, starter)
            self._insist_on_our_version()
            with self._only_server(deadline) as alive:
                if alive is not None:
                    self._launch(owner, alive)

    @explained()
    def stop(self, *, immediate: bool = False) -> None:
        """End the server; immediate leaves recovery to the next start."""
        if not self._is_held():
            return
        deadline = time.monotonic() + self.timeout
        with locked(self.home / "start.lock", deadline):
            told = 0
            while self._is_held():
                pid, *_ = self._noted()
                if pid != told and is_postgres(pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGQUIT if immediate else signal.SIGINT)
                    told = pid
                pause(deadline, lambda: f"{self.data} did not stop. {self._last_words()}")

    @explained()
    def is_running(self) -> bool:
        """True once it accepts connections; asks no other program."""
        pid, port, status = self._noted()
        return status == "ready" and is_postgres(pid) and self._is_held() and answers(port)

    @explained()
    def superuser_url(self, database: str = "postgres") -> str:
        try:
            password = (self.home / "secrets" / SUPERUSER).read_text()
            port = int((self.home / "port").read_text())
        except FileNotFoundError as error:
            raise ServerError(f"{error.filename} is missing: was this server started?") from error
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}"

    def bin(self, name: str) -> Path:
        """One of PostgreSQL's programs, such as pg_dump."""
        return package() / "pginstall" / "bin" / name

    def _make_home(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self.home / "secrets"
        kept.mkdir(mode=0o700, exist_ok=True)
        like_its_folder(kept)

    def _has_database(self) -> bool:
        if (self.data / "PG_VERSION").exists():
            return True
        if self.data.exists() and any(self.data.iterdir()):
            raise ServerError(
                f"{self.data} holds something, but no database: move it away. "
                f"(A mounted volume belongs on {self.home}, not on the folder inside it.)"
            )
        return False

    def _create(self, owner: struct_passwd | None, starter: int) -> None:
        """Build the database aside and rename it, so a half-made one is never used."""
        staging = self.home.absolute() / "pg.new"
        if staging.exists():
            shutil.rmtree(staging)
        data = staging / "pg"
        for folder in (staging, data):
            folder.mkdir(mode=0o700)
        write(staging / "password", self._password())
        hand_over(staging, owner)
        code, output = run(
            [
                folder_for(owner) / "initdb",
                f"--pgdata={seen_by(owner, data)}",
                f"--username={SUPERUSER}",
                "--pwfile=../password",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
                "--set=huge_pages=off",
                *([] if self.durable else ["--no-sync"]),
            ],
            owner,
            data,
            keep_open=[starter],
        )
        if code:
            raise ServerError(f"initdb could not create {self.data}:\n{output}")
        data.rename(self.data)
        shutil.rmtree(staging)

    def _password(self) -> str:
        kept = self.home / "secrets" / SUPERUSER
        if not kept.exists():
            write(kept, secrets.token_urlsafe(32))
        return kept.read_text()

    def _insist_on_our_version(self) -> None:
        theirs = (self.data / "PG_VERSION").read_text().strip()
        ours = release().split(".")[0]
        if theirs != ours:
            raise ServerError(
                f"{self.data} was made by PostgreSQL {theirs} and this is {ours}. With the Almoner "
                f"that made it, run `almoner db backup` (or pg_dump); move the folder away; then "
                f"restore the backup with this one."
            )

    def _launch(self, owner: struct_passwd | None, alive: int) -> None:
        hand_over(self.data, owner)
        self._clear_a_foreign_pid()
        programs = folder_for(owner)
        for _ in range(3):
            port = self._choose_port()
            self._configure(port)
            code, output = run(
                [
                    programs / "pg_ctl",
                    "start",
                    "--silent",
                    "--wait",
                    f"--timeout={self.timeout:.0f}",
                    f"--pgdata={seen_by(owner, self.data)}",
                    "--log=log/start.log",
                ],
                owner,
                self.data,
                keep_open=[alive],
            )
            if code == 0:
                return
            if is_free(port):
                break
        raise ServerError(f"PostgreSQL did not start. {output}\n{self._last_words()}")

    def _clear_a_foreign_pid(self) -> None:
        """After a reboot the noted pid may be anyone's, and PostgreSQL would refuse to start."""
        pid, port, _ = self._noted()
        if is_postgres(pid) and answers(port):
            raise ServerError(f"Process {pid}, not started by Almoner, runs {self.data}: stop it.")
        if pid == 0 or is_alive(pid):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _choose_port(self) -> int:
        """The one it always had, unless something else has taken it."""
        kept = self.home / "port"
        last = [int(kept.read_text())] if kept.exists() else []
        port = next(port for port in (*last, *random.sample(PORTS, 200)) if is_free(port))
        if last != [port]:
            write(kept, str(port))
        return port

    def _configure(self, port: int) -> None:
        text = configuration(port, durable=self.durable, shared_buffers=self.shared_buffers)
        write(self.data / "postgresql.conf", text)
        write(self.data / "pg_hba.conf", ACCESS)
        log = self.data / "log"
        if not log.exists():
            log.mkdir(mode=0o700)
            like_its_folder(log)
        (log / "start.log").unlink(missing_ok=True)

    @contextmanager
    def _only_server(self, deadline: float) -> Iterator[int | None]:
        """The lock a server's processes inherit and hold while any lives; None if one answers."""
        with opened(self.data / "PG_VERSION") as alive:
            while not alive.take():
                if self.is_running():
                    yield None
                    return
                pause(
                    deadline,
                    lambda: (
                        f"{self.data} is in use by a PostgreSQL server that does not answer here: "
                        f"it is recovering or stopping, or another container runs it. "
                        f"{self._last_words()}"
                    ),
                )
            yield alive.number

    def _is_held(self) -> bool:
        try:
            with opened(self.data / "PG_VERSION") as alive:
                return not alive.take(shared=True)
        except FileNotFoundError:
            return False

    def _noted(self) -> tuple[int, int, str]:
        """The pid, port and status the server last noted, which outlive a crash."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), int(lines[3]), lines[7].strip()
        except (FileNotFoundError, IndexError, ValueError):
            return 0, 0, ""

    def _last_words(self) -> str:
        logs = sorted((self.data / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
        lines = [line for log in logs[-2:] for line in _tail(log)]
        return "\n".join(["The end of its log:", *lines]) if lines else "It logged nothing."


def _tail(log: Path) -> list[str]:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4000))
        return file.read().decode(errors="replace").splitlines()[-10:]
