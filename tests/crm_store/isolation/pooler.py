"""A real PgBouncer in transaction mode in front of the test database."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL

from crm_store.actor import DatabaseRole


@contextmanager
def bouncer(urls: dict[DatabaseRole, URL], folder: Path) -> Iterator[dict[DatabaseRole, URL]]:
    """The same addresses, through the pooler."""
    port = _free_port()
    staff = urls[DatabaseRole.STAFF]
    people = "".join(f'"{url.username}" "{url.password}"\n' for url in urls.values())
    (folder / "users.txt").write_text(people)
    (folder / "bouncer.ini").write_text(
        f"[databases]\n* = host={staff.host} port={staff.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = plain\nauth_file = {folder}/users.txt\n"
        "pool_mode = transaction\ndefault_pool_size = 5\nmax_client_conn = 200\n"
        "ignore_startup_parameters = extra_float_digits\n"
    )
    command = [shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", str(folder / "bouncer.ini")]
    account = _account(folder)
    with subprocess.Popen(
        command, user=account, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            _wait_for(port)
            yield {role: url.set(port=port) for role, url in urls.items()}
        finally:
            running.terminate()
            running.wait(10)


def _account(folder: Path) -> str | None:
    """PgBouncer refuses to run as root."""
    if os.geteuid() != 0:
        return None
    name = pwd.getpwnam("nobody").pw_name
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, name)
    for parent in folder.parents:
        with suppress(PermissionError):
            if parent != Path("/") and parent != Path("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o011)
    return name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError("PgBouncer did not start")
