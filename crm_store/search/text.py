"""How words are compared: without accents, in one alphabet, by sound and by nickname."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.resources import files

from jellyfish import metaphone

from crm_store.search.letters import (
    APOSTROPHES,
    FINALS,
    GREEK,
    GREEK_VOWEL_PAIRS,
    HEBREW,
    UNDECOMPOSED,
    VOICELESS,
)
from crm_store.search.skeleton import skeletons

IGNORED = frozenset({"Mn", "Me", "Cf", "Sk", "Cc", "Co", "Cs"})
KEPT = frozenset({"L", "N", "S"})


class _Folding(dict[int, str | None]):
    """What each character becomes, worked out the first time it is met."""

    def __missing__(self, code: int) -> str | None:
        self[code] = found = _fold_character(chr(code))
        return found


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower case, no accents or points, words parted by one space: "Ó Néill" is "o neill"."""
    return " ".join(text.translate(_FOLDING).split())


def latin(text: str) -> str:
    """Folded and in Latin letters: "Παπαδόπουλος" is "papadopoulos", "כהן" is "khn"."""
    folded = fold(text)
    if folded.isascii():
        return folded
    return " ".join(_latin_word(word) for word in folded.split())


@lru_cache(maxsize=200_000)
def phonetic(word: str) -> frozenset[str]:
    """Codes that words of the same sound share, across Latin, Greek and Hebrew letters."""
    folded = fold(word)
    codes = {f"~{code}" for code in skeletons(folded, latin(folded))}
    if not is_hebrew(folded):
        codes.add(metaphone(latin(folded)))
    return frozenset(code for code in codes if code.strip("~ "))


def nickname_roots(word: str) -> frozenset[str]:
    """The given names a word stands for: "Bob" and "Robert" both answer "robert"."""
    known = _roots()
    folded = fold(word)
    return known.get(folded) or known.get(latin(folded)) or frozenset()


def is_hebrew(text: str) -> bool:
    return any("\u05d0" <= letter <= "\u05ea" for letter in text)


def is_greek(text: str) -> bool:
    return any("\u0370" <= letter <= "\u03ff" or "\u1f00" <= letter <= "\u1fff" for letter in text)


def _fold_character(character: str) -> str | None:
    if character in APOSTROPHES:
        return None
    lowered = UNDECOMPOSED.get(character) or character.casefold()
    folded = "".join(_fold_part(part) for part in unicodedata.normalize("NFKD", lowered))
    return folded or None


def _fold_part(part: str) -> str:
    kind = unicodedata.category(part)
    if kind in IGNORED:
        return " " if part in "\t\n\r\v\f\x1c\x1d\x1e\x1f\x85" else ""
    if kind[0] not in KEPT or part in "+<>=|~^$`¨¬":
        return " "
    if kind == "So":
        return f" {part} "
    folded = part.casefold()
    return UNDECOMPOSED.get(folded) or FINALS.get(folded) or folded


@lru_cache(maxsize=200_000)
def _latin_word(word: str) -> str:
    if word.isascii():
        return word
    out: list[str] = []
    place = 0
    while place < len(word):
        taken, letters = _latin_at(word, place)
        out.append(letters)
        place += taken
    return "".join(out) or word


def _latin_at(word: str, place: int) -> tuple[int, str]:
    pair = word[place : place + 2]
    if pair in GREEK_VOWEL_PAIRS:
        following = word[place + 2 : place + 3]
        hard = not following or following in VOICELESS
        return 2, GREEK_VOWEL_PAIRS[pair] + ("f" if hard else "v")
    if pair in GREEK and len(pair) == 2:
        first, inside = GREEK[pair]
        return 2, inside if place else first
    letter = word[place]
    if letter in GREEK or letter in HEBREW:
        first, inside = GREEK.get(letter) or HEBREW[letter]
        return 1, inside if place else first
    return 1, letter


@lru_cache(maxsize=1)
def _roots() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    names = (files("crm_store.search") / "nicknames.txt").read_text(encoding="utf-8")
    for line in names.splitlines():
        if line.startswith("#"):
            continue
        forms = [fold(form).replace(" ", "") for form in line.split()]
        for form in forms:
            found.setdefault(form, set()).add(forms[0])
    return {form: frozenset(roots) for form, roots in found.items()}
