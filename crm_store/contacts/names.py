"""Names as they are compared: folded, in Latin letters, and as they sound."""

from __future__ import annotations

import re
from functools import lru_cache

from crm_store.search.text import fold, latin, nickname_roots, phonetic

LEGAL_FORMS = frozenset(
    ("ae", "epe", "ike", "oe", "ee", "sa", "ltd", "limited", "llc", "llp", "plc", "inc", "corp",
     "gmbh", "ag", "kg", "bv", "nv", "sarl", "srl", "spa", "oy", "ab", "as", "co", "company")
)  # fmt: skip
MANY = 50_000
WORDS = re.compile(r"[^\W_]+")


def words(text: str | None) -> list[str]:
    """The words of a name in plain Latin letters."""
    return WORDS.findall(fold(latin(text))) if text else []


@lru_cache(maxsize=MANY)
def name_key(text: str | None) -> str:
    return " ".join(words(text))


def company_key(name: str | None) -> str:
    """Without the legal form, so that Aegean Foods and AEGEAN FOODS A.E. are one."""
    plain = (name or "").replace(".", "")
    kept = [word for word in words(plain) if word not in LEGAL_FORMS]
    return " ".join(kept) or name_key(plain)


@lru_cache(maxsize=MANY)
def place_key(street: str | None, postal_code: str | None) -> str:
    """Street and postal code as one folded word list; empty where there is no street."""
    return f"{name_key(street)} {''.join(words(postal_code))}".strip() if name_key(street) else ""


@lru_cache(maxsize=MANY)
def sounds(word: str | None) -> frozenset[str]:
    """How the last word of a name may sound, whichever alphabet spells it."""
    parts = WORDS.findall(fold(word)) if word else []
    return _skeletons(parts[-1]) if parts else frozenset()


@lru_cache(maxsize=MANY)
def roots(given_name: str | None) -> frozenset[str]:
    """The names somebody called this may be listed under: Bob is a Robert."""
    parts = WORDS.findall(fold(given_name)) if given_name else []
    return (nickname_roots(parts[0]) or frozenset({parts[0]})) if parts else frozenset()


def sound_key(given_name: str | None, family_name: str | None) -> str:
    """One key for a name however it is spelt, shortened or ordered; empty if half is missing."""
    root, family = min(roots(given_name), default=""), sounds(family_name)
    given = _skeletons(root)
    return " ".join(sorted((_chosen(given), _chosen(family)))) if given and family else ""


@lru_cache(maxsize=MANY)
def sound_keys(given_name: str | None, family_name: str | None) -> frozenset[str]:
    """Every key a record of the same name may have been given."""
    return frozenset(
        " ".join(sorted((given, family)))
        for root in roots(given_name)
        for given in _skeletons(root)
        for family in sounds(family_name)
    )


def _skeletons(word: str) -> frozenset[str]:
    return frozenset(code for code in phonetic(word) if code.startswith("~"))


def _chosen(codes: frozenset[str]) -> str:
    return max(codes, key=lambda code: (len(code), code))
