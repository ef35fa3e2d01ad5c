"""Under which terms a record is filed: its words, pairs of them, addresses and numbers.

A term that is not a word begins with a sign that no folded word can contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations

from crm_store.search.text import fold

EMAIL = "@"
DOMAIN = "@@"
PHONE = "+"
PHONE_END = "-"
NUMBER = "#"
PAIR = "_"

PAIRED = 5
MOST = 48
LONGEST = 48
CONNECTING = frozenset(
    {
        "and", "&", "und", "et", "y", "e", "i", "the", "of", "mr", "mrs", "ms", "miss", "dr",
        "prof", "family", "κ", "κα", "και", "οικογενεια", "του", "τησ", "משפחת", "מר", "גב", "דר",
    }
)  # fmt: skip
FREE_MAIL = frozenset(
    {
        "gmail.com", "googlemail.com", "yahoo.com", "yahoo.gr", "yahoo.co.uk", "hotmail.com",
        "outlook.com", "live.com", "icloud.com", "me.com", "aol.com", "msn.com", "mail.com",
        "gmx.com", "gmx.de", "proton.me", "protonmail.com", "walla.co.il", "walla.com",
        "012.net.il", "netvision.net.il", "bezeqint.net", "otenet.gr", "forthnet.gr",
    }
)  # fmt: skip
HYPHENATED = re.compile(r"\w+(?:[-‐‑–־]\w+)+")
HYPHEN = re.compile(r"[-‐‑–־]")


def words(text: str) -> list[str]:
    """Folded words that tell one name from another, once each, in their order."""
    every = [word[:LONGEST] for word in fold(text).split()]
    telling = [word for word in every if word not in CONNECTING]
    return list(dict.fromkeys(telling or every))


@lru_cache(maxsize=10_000)
def place_terms(city: str) -> tuple[str, ...]:
    return tuple(words(city))


def name_terms(text: str) -> list[str]:
    """The words of a name; a hyphenated one also in one piece."""
    found = words(text)
    if HYPHEN.search(text):
        joined = ("".join(fold(part).split())[:LONGEST] for part in HYPHENATED.findall(text))
        found = list(dict.fromkeys([*found, *joined]))
    return found


def pair(first: str, second: str) -> str:
    """Two words of one name as one term, whichever came first."""
    return PAIR.join(sorted((first, second)))


def pairs(found: Iterable[str]) -> list[str]:
    return [pair(*two) for two in combinations(list(found)[:PAIRED], 2)]


def email_terms(address: str) -> Iterator[str]:
    plain = "".join(address.casefold().split())
    yield EMAIL + plain
    domain = plain.rpartition("@")[2]
    if domain and domain not in FREE_MAIL:
        yield DOMAIN + domain


def phone_terms(number: str) -> Iterator[str]:
    digits = only_digits(number.partition(";")[0])
    if digits:
        yield PHONE + digits
        yield PHONE_END + digits[::-1]


def number_term(number: str) -> str:
    """A reference as people quote it, without its dashes and blanks."""
    return NUMBER + "".join(fold(number).split())


def is_word(term: str) -> bool:
    return term[:1] not in (EMAIL, PHONE, PHONE_END, NUMBER) and PAIR not in term


def only_digits(text: str) -> str:
    if text.isascii():
        return text.lstrip("+") if text.lstrip("+").isdigit() else re.sub(r"\D", "", text)
    return "".join(str(int(letter)) for letter in text if letter.isdecimal())
