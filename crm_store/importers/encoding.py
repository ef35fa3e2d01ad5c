"""In which letters a text file is written."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

CHUNK = 1 << 20
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HIGH = re.compile(rb"[\x80-\xff]+")
FEW = 20_000


def encoding_of(path: Path) -> str:
    """Python's name for it. Single-byte alphabets are told apart by the shape of their words."""
    with path.open("rb") as file:
        head = file.read(CHUNK)
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    if unmarked := wide(head):
        return unmarked
    return "utf-8" if _is_utf8(path) else _single_byte(path)


def wide(head: bytes) -> str | None:
    """UTF-16 without its mark: empty bytes stand on one side of every pair, and nowhere else."""
    sample = head[:8_000]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even + odd < 0.02 * len(sample) or min(even, odd) > 0.05 * (even + odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _single_byte(path: Path) -> str:
    """Hebrew words are letters E0 to FA alone, Greek ones range wider, Latin words are ASCII."""
    runs: list[bytes] = []
    with path.open("rb") as file:
        while len(runs) < FEW and (chunk := file.read(CHUNK)):
            runs += HIGH.findall(chunk)
    words = [run for run in runs if len(run) > 2]
    if 2 * len(words) < len(runs):
        return "cp1252"
    letters = b"".join(words)
    hebrew = sum(0xE0 <= byte <= 0xFA for byte in letters)
    return "cp1255" if hebrew > 0.97 * len(letters) else "cp1253"
