"""Random tokens that people carry and of which we keep only a digest."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Token:
    """What is shown once, and what is kept."""

    shown: str = field(repr=False)
    hash: bytes


def fresh(prefix: str = "") -> Token:
    shown = f"{prefix}{secrets.token_urlsafe(32)}"
    return Token(shown, digest(shown))


def code(for_id: UUID) -> Token:
    """Six digits for typing; good only together with what they were made for."""
    digits = f"{secrets.randbelow(1_000_000):06}"
    return Token(digits, code_digest(for_id, digits))


def digest(shown: str) -> bytes:
    return hashlib.sha256(shown.encode()).digest()


def code_digest(for_id: UUID, digits: str) -> bytes:
    return hashlib.sha256(for_id.bytes + digits.encode()).digest()
