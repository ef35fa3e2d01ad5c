"""Who runs the server and who may read what it keeps; PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "almoner-pg"


class ServerError(RuntimeError):
    """The embedded PostgreSQL server cannot do this; the message says what to do."""


def account(home: Path) -> pwd.struct_passwd | None:
    """Whom to run the server as, where it cannot simply be whoever we are."""
    if os.geteuid() != 0:
        if not _named(os.geteuid()):
            raise ServerError(
                f"PostgreSQL needs user {os.geteuid()} to have a name in /etc/passwd: "
                f"add one, run Almoner as another user, or set DATABASE_URL."
            )
        return None
    owner = home.stat().st_uid
    return (_named(owner) if owner else None) or _own_account()


def seen_by(owner: pwd.struct_passwd | None, folder: Path) -> str:
    """How a program working in the folder names it.

    The account may not walk a private path such as /root/.almoner, but any process may always
    go to the folder it is already in.
    """
    return "/proc/self/cwd" if owner else str(folder)


def hand_over(folder: Path, owner: pwd.struct_passwd | None) -> None:
    """Give the account what it runs on; a rebuilt container may number it differently."""
    found = folder.stat().st_uid
    if owner is None:
        if found != os.geteuid():
            raise PermissionError(0, "another user's folder", str(folder))
    elif found != owner.pw_uid:
        for path in (*folder.rglob("*"), folder):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def write(path: Path, text: str) -> None:
    """Replace a file in one step, readable only by whoever owns its folder."""
    number, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    with os.fdopen(number, "w") as file:
        file.write(text)
        like_its_folder(Path(name))
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)


def like_its_folder(path: Path) -> None:
    """What root makes in someone's folder is theirs, or they could not come back to it."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid, follow_symlinks=False)


@contextmanager
def explained() -> Iterator[None]:
    """Say what to do about a file that is someone else's."""
    try:
        yield
    except PermissionError as error:
        raise ServerError(
            f"{error.filename} belongs to another account: run Almoner as the account that ran "
            f"it first, or stop it there and give this account the whole folder with chown -R."
        ) from error


def _named(user: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(user)
    except KeyError:
        return None


def _own_account() -> pwd.struct_passwd:
    for wait in (0.0, 0.2, 0.5, 1.0):
        time.sleep(wait)
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            _create_account()
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError as error:
        raise ServerError(
            f"PostgreSQL cannot run as root, and the account {ACCOUNT} could not be created: "
            f"create it, run Almoner as an ordinary user, or set DATABASE_URL."
        ) from error


def _create_account() -> None:
    """Debian and Fedora keep one program for this, Alpine another."""
    useradd = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    for name, *options in (
        ["useradd", *useradd, "--shell", "/usr/sbin/nologin", ACCOUNT],
        ["adduser", "-S", "-D", "-H", "-h", "/nonexistent", "-s", "/sbin/nologin", ACCOUNT],
    ):
        if program := shutil.which(name, path=f"{os.defpath}:/usr/sbin:/sbin"):
            subprocess.run([program, *options], check=False, capture_output=True)
            return
