"""Whole names taken apart: titles, couples, family name first, and what is no person at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from crm_store.importers import spelling
from crm_store.search.text import fold

JOINED = re.compile(r"\s*(?:&|\+)\s*|\s+(?:and|και|κι|et|und)\s+", re.IGNORECASE)
HEBREW_AND = re.compile(r"^(\S+)\s+ו[-־]?(\S+)\s+(\S.*)$")
FIRM_WORDS = frozenset(
    fold(word)
    for word in ("ltd", "limited", "llc", "inc", "plc", "gmbh", "foundation", "trust", "company",
                 "corporation", "corp", "association", "church", "school", "university", "bank",
                 "society", "institute", "holdings", "group", "club", "partners", "ίδρυμα",
                 "εταιρεία", "σύλλογος", "ένωση", "τράπεζα", "επε", "ικε", "αβεε", "αεβε", "αε",
                 "μον", "בע״מ", "בעמ", "קרן", "עמותת", "עמותה", "חברת", "בנק", "ארגון", "מכון",
                 "bv", "sarl", "spa", "srl")
)  # fmt: skip
DOTTED = frozenset(
    {"ae", "αε", "sa", "oe", "οε", "ee", "εε", "spa", "bv", "nv", "llc", "επε", "ικε"}
)
INITIALS = re.compile(r"\b(?:[A-ZΑ-Ω]\.){2,}")


@dataclass(frozen=True, slots=True)
class Called:
    """One person's name in its parts."""

    given: str | None = None
    middle: str | None = None
    family: str | None = None
    prefix: str | None = None
    suffix: str | None = None


SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"})


@lru_cache(maxsize=50_000)
def is_firm(name: str) -> bool:
    """Ltd, A.E., Foundation: words that no person is called."""
    dotted = {fold(found.replace(".", "")) for found in INITIALS.findall(name)}
    return bool(FIRM_WORDS & set(fold(name).split()) or DOTTED & dotted)


@lru_cache(maxsize=50_000)
def people_in(name: str) -> tuple[Called, ...]:
    """Ruth and David Cohen are two people of one family name."""
    text = " ".join(name.split())
    family_first = None
    if text.count(",") == 1:
        before, after = (part.strip() for part in text.split(","))
        if fold(after) in SUFFIXES:
            text = f"{before} {after}"
        elif before and after:
            family_first, text = before, after
    parts = [part for part in JOINED.split(text) if part]
    if len(parts) == 1 and (found := HEBREW_AND.match(text)):
        parts = [found[1], f"{found[2]} {found[3]}"]
    if len(parts) != 2:
        return (_one(text, family_first),)
    first, second = (_one(part, family_first) for part in parts)
    return _couple(first, second)


def _couple(first: Called, second: Called) -> tuple[Called, ...]:
    """Each borrows the family name the other gives for both."""
    if first.given is None and first.family is None:
        named = Called(second.given, second.middle, second.family, first.prefix, second.suffix)
        return named, Called(None, None, second.family, second.prefix)
    if not first.family and second.family:
        first = Called(first.given, first.middle, second.family, first.prefix, first.suffix)
    if not second.family and first.family:
        second = Called(second.given, second.middle, first.family, second.prefix, second.suffix)
    return first, second


def _one(text: str, family: str | None) -> Called:
    words = text.split()
    prefix = []
    while words and fold(words[0]).strip() in spelling.TITLES:
        prefix.append(words.pop(0))
    suffix = words.pop() if len(words) > 2 and fold(words[-1]) in SUFFIXES else None
    title = " ".join(prefix) or None
    if family is not None:
        return Called(" ".join(words) or None, None, family, title, suffix)
    if len(words) == 1:
        return Called(None, None, words[0], title) if title else Called(words[0])
    if not words:
        return Called(prefix=title)
    particle = next((i for i, word in enumerate(words[1:], 1) if fold(word) in PARTICLES), None)
    cut = particle or len(words) - 1
    return Called(words[0], " ".join(words[1:cut]) or None, " ".join(words[cut:]), title, suffix)


PARTICLES = frozenset(
    {"van", "von", "de", "del", "della", "di", "da", "bin", "ben", "bar", "al", "el", "le", "la",
     "mac", "st", "בן", "בר", "אבו", "ter", "der"}
)  # fmt: skip
