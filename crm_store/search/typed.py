"""What somebody typed into the box, taken apart: words, addresses, numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crm_store.search.filing import only_digits, words
from crm_store.search.likeness import has_digit
from crm_store.search.text import fold

LONGEST = 200
MOST_WORDS = 8
SHORTEST_NUMBER = 4
LONGEST_NUMBER = 15
NUMBERISH = re.compile(r"(?:\+|\b00|\()?\d[\d\s().\-–/]*\d")
NAMING = frozenset(
    {
        "ticket", "receipt", "gift", "donation", "reference", "ref", "number", "no", "phone",
        "tel", "telephone", "mobile", "ends", "ending", "with", "email", "mail", "donor", "lead",
        "company", "contact", "person",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """Digits that may be the beginning or the end of a telephone number."""

    digits: str
    is_international: bool

    @property
    def endings(self) -> tuple[str, ...]:
        """As typed and, where it begins with the zero dialled within a country, without it."""
        return (self.digits, self.digits[1:]) if self.digits.startswith("0") else (self.digits,)


@dataclass(frozen=True, slots=True)
class Typed:
    words: tuple[str, ...] = ()
    address: str | None = None
    number: Number | None = None
    codes: tuple[str, ...] = ()
    text: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.address or self.number or self.codes)

    def as_words(self) -> Typed:
        """The same read as a name throughout, for names with figures in them."""
        return Typed(words=tuple(words(self.text)[:MOST_WORDS]), text=self.text)


def take_apart(text: str) -> Typed:
    """ "Cohen +30 697 123" is a word and a number; "#1042" is a code; "ruth@" an address."""
    given = text[:LONGEST].strip()
    tokens = given.split()
    address = next((token.strip("<>,;()") for token in tokens if "@" in token), None)
    rest = " ".join(token for token in tokens if "@" not in token)
    number, dialled = _number(rest)
    coded = [token for token in rest.split() if has_digit(token)]
    quoted = [token.strip(",;.()") for token in coded if token not in dialled]
    left = " ".join(token for token in rest.split() if token not in coded)
    named = words(left) if fold(left) else []
    if address or number or quoted:
        named = [word for word in named if word not in NAMING]
    return Typed(
        words=tuple(named[:MOST_WORDS]),
        address=address.casefold() if address else None,
        number=number,
        codes=tuple(dict.fromkeys(quoted)),
        text=given,
    )


def _number(text: str) -> tuple[Number | None, list[str]]:
    """A telephone number or a part of one, and its pieces where blanks stand between them."""
    for found in NUMBERISH.finditer(text):
        digits = only_digits(found.group())
        if SHORTEST_NUMBER <= len(digits) <= LONGEST_NUMBER + 2:
            written = found.group().strip()
            plain = digits.removeprefix("00") if written.startswith("00") else digits
            pieces = written.split()
            number = Number(plain, written.startswith(("+", "00")))
            return number, pieces if len(pieces) > 1 else []
    return None, []
