"""Secrets at rest: each value has its own key, wrapped by the installation's newest one."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crm_store.errors import CrmError

VERSION = b"\x01"
NONCE = 12
TAG = 16
WRAPPED = 32 + TAG
SHORTEST = NONCE + WRAPPED + NONCE + TAG


class Unreadable(CrmError):
    """This secret cannot be opened: its key is missing or it was altered or moved."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret lives; a value copied to another row or column does not open."""

    org_id: UUID | None
    table: str
    row_id: UUID
    column: str

    def bytes(self) -> bytes:
        return f"{self.org_id}|{self.table}|{self.row_id}|{self.column}".encode()


class Keyring:
    """Named 256-bit keys, the first of which wraps what is new."""

    def __init__(self, keys: Mapping[str, bytes], path: Path | None = None) -> None:
        if not keys or any(len(key) != 32 for key in keys.values()):
            raise CrmError("Encryption keys must be 32 bytes each, at least one.")
        if any(not 1 <= len(name.encode()) <= 255 for name in keys):
            raise CrmError("An encryption key's id must be 1 to 255 bytes.")
        self._keys = dict(keys)
        self._path = path
        self._read: tuple[int, int] | None = None
        self.active = next(iter(keys))

    def seal(self, plain: str, place: Place) -> bytes:
        self._follow()
        own = AESGCM.generate_key(256)
        body_nonce = os.urandom(NONCE)
        body = AESGCM(own).encrypt(body_nonce, plain.encode(), place.bytes())
        return self._wrap(own, place) + body_nonce + body

    def open(self, sealed: bytes, place: Place) -> str:
        own, rest = self._unwrap(sealed, place)
        try:
            return AESGCM(own).decrypt(rest[:NONCE], rest[NONCE:], place.bytes()).decode()
        except InvalidTag as error:
            raise Unreadable from error

    def rewrap(self, sealed: bytes, place: Place) -> bytes:
        """The same secret under the active key; the value itself is never decrypted."""
        own, rest = self._unwrap(sealed, place)
        return self._wrap(own, place) + rest

    def key_of(self, sealed: bytes) -> str:
        return _split(sealed)[0]

    def _wrap(self, own: bytes, place: Place) -> bytes:
        name, nonce = self.active.encode(), os.urandom(NONCE)
        wrapped = AESGCM(self._keys[self.active]).encrypt(nonce, own, place.bytes())
        return VERSION + bytes([len(name)]) + name + nonce + wrapped

    def _unwrap(self, sealed: bytes, place: Place) -> tuple[bytes, bytes]:
        name, rest = _split(sealed)
        if name not in self._keys and self._path:
            self._reload(self._path)
        if name not in self._keys:
            raise Unreadable(f"The encryption key {name!r} is not in the keyring.")
        nonce, wrapped, body = rest[:NONCE], rest[NONCE : NONCE + WRAPPED], rest[NONCE + WRAPPED :]
        try:
            return AESGCM(self._keys[name]).decrypt(nonce, wrapped, place.bytes()), body
        except InvalidTag as error:
            raise Unreadable from error

    def dump(self) -> str:
        """How a keyring is written in ALMONER_KEYS or its file."""
        return ",".join(
            f"{name}:{base64.b64encode(key).decode()}" for name, key in self._keys.items()
        )

    def with_new(self, name: str) -> Keyring:
        """A ring whose new first key wraps from now on; the older ones still open."""
        if name in self._keys:
            raise CrmError(f"There is already a key named {name!r}.")
        return Keyring({name: secrets.token_bytes(32), **self._keys})

    def only_active(self) -> Keyring:
        """A ring that no longer opens what older keys protect."""
        return Keyring({self.active: self._keys[self.active]})

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._keys)

    @classmethod
    def parse(cls, written: str) -> Keyring:
        try:
            pairs = [part.strip().split(":", 1) for part in written.split(",") if part.strip()]
            return cls({name: base64.b64decode(key, validate=True) for name, key in pairs})
        except ValueError as error:
            raise CrmError("Encryption keys are written id:base64, by commas.") from error

    @classmethod
    def fresh(cls, name: str = "k1") -> Keyring:
        return cls({name: secrets.token_bytes(32)})

    @classmethod
    def at(cls, path: Path) -> Keyring:
        """The ring in a file, made with one key the first time and readable by its owner alone."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(cls.parse(_kept(path, cls.fresh().dump))._keys, path)

    def write(self, path: Path) -> None:
        """Replace the file in one step, so a crash leaves the old ring or the new one."""
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        partial.unlink(missing_ok=True)
        write_private(partial, self.dump())
        partial.replace(path)

    def _follow(self) -> None:
        """From the moment a rotation writes a new key, nobody seals with the old one."""
        if self._path is not None and self._read != _edition(self._path):
            self._reload(self._path)

    def _reload(self, path: Path) -> None:
        """The file's keys, and those this process knew: rows read earlier must still open."""
        self._read = _edition(path)
        fresh = Keyring.parse(path.read_text())
        self._keys, self.active = {**self._keys, **fresh._keys}, fresh.active


def _edition(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def _split(sealed: bytes) -> tuple[str, bytes]:
    length = sealed[1] if len(sealed) > 1 else 0
    if sealed[:1] != VERSION or len(sealed) < 2 + length + SHORTEST:
        raise Unreadable
    return sealed[2 : 2 + length].decode(errors="replace"), sealed[2 + length :]


def secret_at(path: Path) -> bytes:
    """Random bytes kept in a file of its owner's, made the first time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return bytes.fromhex(_kept(path, secrets.token_bytes(32).hex))


def _kept(path: Path, make: Callable[[], str]) -> str:
    """A file's content, which the first of several processes to ask gets to write."""
    if not path.exists():
        partial = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        write_private(partial, make())
        with suppress(FileExistsError):
            os.link(partial, path)
        partial.unlink()
    return path.read_text()


def write_private(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
