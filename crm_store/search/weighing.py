"""How well an entry answers what was typed, and in which words to say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm_store.search.filing import (
    DOMAIN,
    EMAIL,
    NUMBER,
    PHONE_END,
    is_word,
    number_term,
    place_terms,
    words,
)
from crm_store.search.likeness import UNLIKE, Likeness, likeness
from crm_store.search.models import Findable
from crm_store.search.text import fold, latin
from crm_store.search.typed import Typed

GOOD = 0.7
CERTAIN = 0.97
EXTRA_WORD = 0.015
IN_PLACE = 0.9
INITIAL = 0.85


@dataclass(frozen=True, slots=True)
class Weighed:
    score: float
    why: tuple[str, ...]


def weigh(typed: Typed, row: Any) -> Weighed:
    """The part of what was typed that the entry answers, less a little for what it has beside."""
    reasons = list(dict.fromkeys(_by_sign(typed, row)))
    parts = [1.0] if reasons else []
    called = frozenset(words(row.label))
    place = frozenset(place_terms(row.place)) if row.place else frozenset()
    filed = [term for term in row.terms if is_word(term)]
    met: set[str] = set()
    for word in typed.words:
        term, found = best(word, filed)
        if term in place and term not in called:
            reasons.append(f"in {row.place}")
            found = Likeness(found.quality * IN_PLACE)
        elif found.why:
            reasons.append(found.why.format(_as_written(term, row.label)))
        if found.quality:
            met.add(term)
        else:
            reasons.append(f"nothing like “{word}”")
        parts.append(found.quality)
    extra = len(called - met) if len(typed.words) > 1 else 0
    score = sum(parts) / max(1, len(parts)) - EXTRA_WORD * min(3, extra)
    return Weighed(max(0.0, round(score, 4)), tuple(reasons) or ("same name",))


def best(word: str, filed: Sequence[str]) -> tuple[str, Likeness]:
    """The term on file that a typed word is most like."""
    if len(word) == 1:
        return _initial(word, filed)
    alike = max(
        ((term, likeness(word, term)) for term in filed),
        key=lambda item: item[1].quality,
        default=("", UNLIKE),
    )
    return alike if alike[1].quality >= GOOD else ("", UNLIKE)


def _initial(letter: str, filed: Sequence[str]) -> tuple[str, Likeness]:
    for term in filed:
        if term == letter:
            return term, Likeness(1.0)
        if latin(term)[:1] == latin(letter)[:1]:
            return term, Likeness(INITIAL, f"initial {letter.upper()}")
    return "", UNLIKE


def _by_sign(typed: Typed, row: Any) -> list[str]:
    """Reasons that are not words: an address, a telephone number, a reference."""
    found = []
    for term in row.terms:
        if typed.address and term[:1] == EMAIL:
            found += _address(typed.address, term)
        elif typed.number and term[:1] == PHONE_END:
            found += _number(typed, term[1:][::-1])
        elif term[:1] == NUMBER and term in {number_term(code) for code in typed.codes}:
            shown = f"#{term[1:]}" if row.kind == Findable.TICKET else term[1:].upper()
            found.append(f"{_noun(row.kind)} {shown}")
    return found


def _address(typed: str, term: str) -> list[str]:
    if term.startswith(DOMAIN):
        return [f"e-mail at {term[2:]}"] if typed in (f"@{term[2:]}", term[2:]) else []
    if term == EMAIL + typed:
        return [f"same e-mail {typed}"]
    if term.startswith(EMAIL + typed):
        return [f"e-mail begins with {typed}"]
    return [f"e-mail at {typed[1:]}"] if typed[:1] == "@" and term.endswith(typed) else []


def _number(typed: Typed, digits: str) -> list[str]:
    assert typed.number is not None
    if typed.number.digits == digits:
        return ["same phone number"]
    for ending in typed.number.endings:
        if digits.endswith(ending):
            return [f"phone ends {ending}"]
    if typed.number.is_international and digits.startswith(typed.number.digits):
        return [f"phone begins +{typed.number.digits}"]
    return []


def _as_written(term: str, label: str) -> str:
    """The word on file as people write it."""
    for word in label.split():
        if fold(word) == term:
            return word.strip(",.")
    return term.capitalize()


def _noun(kind: str) -> str:
    return {Findable.TICKET: "ticket", Findable.COMPANY: "tax number"}.get(Findable(kind), "number")
