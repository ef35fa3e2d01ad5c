"""The consonants a name is built on, the same whichever alphabet spells it.

Hebrew writes few vowels, and several of its letters have two readings, so a word has several
skeletons; two words sound alike when they share one.
"""

from __future__ import annotations

from itertools import product

MOST = 12
VOWELS = frozenset("aeiouy")
HARD_C = frozenset("aou")

# Longest first. Each reading of a cluster is one letter, "" or a pair.
LATIN = (
    ("tsch", "S"), ("sch", "S K"), ("tch", "S"), ("ch", "H K S"), ("kh", "H K"), ("sh", "S"),
    ("sz", "S"), ("tz", "S"), ("ts", "S"), ("ph", "P"), ("th", "T"), ("gh", "G"), ("dh", "D"),
    ("ck", "K"), ("x", "KS"), ("q", "K"), ("k", "K"), ("j", "Y G"), ("w", "B"), ("v", "B"),
    ("b", "B"), ("f", "P"), ("p", "P"), ("z", "S"), ("s", "S"), ("t", "T"), ("d", "D"),
    ("g", "G"), ("l", "L"), ("m", "M"), ("n", "N"), ("r", "R"),
)  # fmt: skip

HEBREW = {
    "א": "-", "ב": "B", "ג": "G", "ד": "D", "ה": "H", "ו": "- B", "ז": "S", "ח": "H K", "ט": "T",
    "י": "-", "כ": "K", "ל": "L", "מ": "M", "נ": "N", "ס": "S", "ע": "-", "פ": "P", "צ": "S",
    "ק": "K", "ר": "R", "ש": "S", "ת": "T",
}  # fmt: skip
HEBREW_FIRST = {"א": "A", "ע": "A", "ו": "B", "י": "Y A"}


def skeletons(folded: str, latin: str) -> set[str]:
    """Every skeleton of one folded word, whose Latin form is given beside it."""
    hebrew = any(letter in HEBREW for letter in folded)
    readings = _hebrew_readings(folded) if hebrew else _latin_readings(latin)
    found: set[str] = set()
    for choice in product(*readings):
        found.add(_without_doubles("".join(choice)))
        if len(found) >= MOST:
            break
    return found


def _hebrew_readings(word: str) -> list[list[str]]:
    readings = []
    for place, letter in enumerate(word):
        if letter not in HEBREW or (letter == "ה" and place == len(word) - 1 and place):
            continue
        spelt = HEBREW_FIRST.get(letter, HEBREW[letter]) if not place else HEBREW[letter]
        readings.append([part.strip("-") for part in spelt.split()])
    return readings


def _latin_readings(word: str) -> list[list[str]]:
    readings = []
    place = 0
    while place < len(word):
        taken, spelt = _latin_at(word, place)
        if spelt:
            readings.append(spelt.split())
        place += taken
    return readings


def _latin_at(word: str, place: int) -> tuple[int, str]:
    for cluster, spelt in LATIN:
        if word.startswith(cluster, place):
            return len(cluster), spelt
    letter, following = word[place], word[place + 1 : place + 2]
    if letter == "c":
        return 1, "S K" if following in VOWELS - HARD_C and following else "K"
    if letter == "h":
        return 1, "H" if following else ""
    if letter == "y" and not place:
        return 1, "Y"
    if letter in VOWELS and not place:
        return 1, "A"
    return 1, ""


def _without_doubles(code: str) -> str:
    kept = [letter for place, letter in enumerate(code) if code[place - 1 : place] != letter]
    return "".join(kept)
