"""How a word that was typed resembles a word on file: the keys that lead there, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from rapidfuzz.distance import OSA, JaroWinkler

from crm_store.search.letters import GREEK, HEBREW
from crm_store.search.text import is_greek, is_hebrew, latin, nickname_roots, phonetic

PREFIX = 7
ROOT = "="
SHORTEST = 3
MISSPELT = {1: 0.92, 2: 0.82}
LIKE_ENOUGH = 0.6
ONE_SPELLING = str.maketrans({"c": "k", "q": "k", "w": "v", "y": "i", "j": "i"})


@dataclass(frozen=True, slots=True)
class Likeness:
    """How good a match is, from 0 to 1, and why, with {} where the word on file belongs."""

    quality: float
    why: str | None = None


SAME = Likeness(1.0)
UNLIKE = Likeness(0.0)


@lru_cache(maxsize=100_000)
def keys(term: str) -> frozenset[str]:
    """Under which keys a word on file can be looked up."""
    return _keys(term, deletions=1)


@lru_cache(maxsize=20_000)
def lookups(word: str) -> frozenset[str]:
    """The keys that may lead from a word that was typed to the one that was meant."""
    found = _keys(word, deletions=2 if len(word) >= 6 else 1)
    without_and = _without_vav(word)
    return found | _keys(without_and, deletions=1) if without_and else found


@lru_cache(maxsize=200_000)
def likeness(word: str, term: str) -> Likeness:
    """The best of all the ways in which a typed word may mean this one."""
    if word == term:
        return SAME
    typed, filed = latin(word), latin(term)
    if typed == filed:
        return Likeness(0.98, _same_in_other_letters(word, term))
    if has_digit(word) or has_digit(term):
        return _begun(word, term, typed, filed)
    return max(
        _begun(word, term, typed, filed),
        _misspelt(typed, filed),
        _nickname(word, term),
        _sounding(word, term, typed, filed),
        _joined(word, term),
        key=lambda found: found.quality,
    )


@lru_cache(maxsize=1_000)
def initials(letter: str) -> frozenset[str]:
    """The letters of other alphabets that stand for the same sound."""
    plain = latin(letter)[:1]
    others = (known for known in (*GREEK, *HEBREW) if len(known) == 1)
    return frozenset({letter, plain, *(known for known in others if latin(known)[:1] == plain)})


def has_digit(word: str) -> bool:
    """Figures are not misspelt: 77 is not nearly 78."""
    return any(letter.isdecimal() for letter in word)


def _keys(word: str, deletions: int) -> frozenset[str]:
    plain = latin(word)
    if has_digit(word):
        return frozenset({word, plain})
    found = {word, plain} | phonetic(word) | {ROOT + root for root in nickname_roots(word)}
    if not is_hebrew(word) and len(plain) >= SHORTEST:
        found |= _deletions(plain[:PREFIX], deletions)
    return frozenset(found)


def _deletions(word: str, most: int) -> set[str]:
    found: set[str] = {word}
    for count in range(1, most + 1):
        for gone in combinations(range(len(word)), count):
            left = "".join(letter for place, letter in enumerate(word) if place not in gone)
            if len(left) > 1:
                found.add(left)
    return found


def _same_in_other_letters(word: str, term: str) -> str | None:
    if is_greek(term) != is_greek(word) or is_hebrew(term) != is_hebrew(word):
        return "written {}"
    return None


def _begun(word: str, term: str, typed: str, filed: str) -> Likeness:
    if term.startswith(word) or (len(typed) > 1 and filed.startswith(typed)):
        return Likeness(0.8 + 0.15 * len(typed) / len(filed), f"begins with “{word}”")
    return UNLIKE


def _misspelt(typed: str, filed: str) -> Likeness:
    shortest = min(len(typed), len(filed))
    most = 2 if shortest >= 6 else 1 if shortest >= SHORTEST else 0
    distance = OSA.distance(typed, filed, score_cutoff=most)
    if not 0 < distance <= most:
        return UNLIKE
    short = 0.02 * max(0, 6 - shortest)
    start = 0.02 if typed[0] != filed[0] else 0.0
    words = "one letter off {}" if distance == 1 else "two letters off {}"
    return Likeness(MISSPELT[distance] - short - start, words)


def _nickname(word: str, term: str) -> Likeness:
    shared = nickname_roots(word) & nickname_roots(term)
    if not shared:
        return UNLIKE
    if _same_in_other_letters(word, term):
        return Likeness(0.88, "form of {}")
    if latin(term) in shared:
        return Likeness(0.9, "nickname of {}")
    if latin(word) in shared:
        return Likeness(0.89, "goes by {}")
    return Likeness(0.86, "form of {}")


def _sounding(word: str, term: str, typed: str, filed: str) -> Likeness:
    shared = phonetic(word) & phonetic(term)
    if not shared:
        return UNLIKE
    longest = max(len(code.strip("~")) for code in shared)
    if is_hebrew(word) or is_hebrew(term):
        certain = {1: 0.74, 2: 0.84}.get(longest, 0.9)
        fits = abs(len(typed) - len(filed)) <= 4
        return Likeness(certain, "sounds like {}") if fits else UNLIKE
    alike = JaroWinkler.similarity(typed.translate(ONE_SPELLING), filed.translate(ONE_SPELLING))
    by_ear = any(not code.startswith("~") for code in shared)
    if alike < (LIKE_ENOUGH if by_ear and longest > 1 else 0.8):
        return UNLIKE
    return Likeness(0.7 + 0.15 * alike, "sounds like {}")


def _joined(word: str, term: str) -> Likeness:
    plain = _without_vav(word)
    return Likeness(0.95) if plain == term else UNLIKE


def _without_vav(word: str) -> str | None:
    """Hebrew writes "and" as a letter before the word: "and David"."""
    return word[1:] if len(word) > 3 and word[0] == "ו" else None
