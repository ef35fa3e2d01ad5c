"""Passwords: argon2id, off the event loop, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm_store.errors import Invalid

P = ParamSpec("P")
T = TypeVar("T")

HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
AT_ONCE = ThreadPoolExecutor(max_workers=4, thread_name_prefix="passwords")
SHORTEST, LONGEST = 10, 256


class WeakPassword(Invalid):
    """This password is too easy to guess."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right, and its new hash where the kept one is out of date."""

    is_right: bool
    rehashed: str | None = None


async def hashed(password: str, *, email: str) -> str:
    """What we keep of a new password, once it is good enough."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"A password needs at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise WeakPassword(f"A password can have at most {LONGEST} characters.")
    if password.casefold() in {email.casefold(), email.casefold().split("@")[0]}:
        raise WeakPassword("A password must not be your e-mail address.")
    if len(set(password)) < 4:
        raise WeakPassword
    return await _apart(HASHER.hash, password)


async def verified(password: str, kept: str | None) -> Verdict:
    """The same work whether or not there is anything to compare with."""
    return await _apart(_verify, password[: LONGEST + 1], kept)


def _verify(password: str, kept: str | None) -> Verdict:
    try:
        HASHER.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return Verdict(False)
    if kept is None:
        return Verdict(False)
    return Verdict(True, HASHER.hash(password) if HASHER.check_needs_rehash(kept) else None)


@lru_cache
def _nobodys() -> str:
    return HASHER.hash("a password that nobody has")


async def _apart(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(
        AT_ONCE, partial(work, *arguments, **named)
    )
