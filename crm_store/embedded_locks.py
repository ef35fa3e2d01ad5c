"""Locks the kernel drops by itself when the last process holding them is gone."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_store.embedded_account import ServerError, like_its_folder


class Lock:
    """An open file that can be locked, and handed to a child to keep locked."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDWR)

    def take(self, *, shared: bool = False) -> bool:
        try:
            fcntl.flock(self.number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        os.close(self.number)


@contextmanager
def opened(path: Path) -> Iterator[Lock]:
    lock = Lock(path)
    try:
        yield lock
    finally:
        lock.close()


@contextmanager
def locked(path: Path, deadline: float) -> Iterator[int]:
    """Be the only one past this line; the file left behind means nothing."""
    path.touch(mode=0o600)
    like_its_folder(path)
    with opened(path) as lock:
        while not lock.take():
            pause(deadline, lambda: f"Another process has been holding {path} for too long.")
        yield lock.number


def pause(deadline: float, complaint: Callable[[], str]) -> None:
    """Wait a moment, but not for ever."""
    if time.monotonic() > deadline:
        raise ServerError(complaint())
    time.sleep(0.02)
