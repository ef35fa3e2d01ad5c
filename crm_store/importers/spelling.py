"""Words that files use for months, countries, currencies, ways of paying, yes and no."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from crm_store.gifts.method import Method
from crm_store.search.text import fold


def _folded(*words: str) -> frozenset[str]:
    return frozenset(map(fold, words))


SPOKEN = ("en", "el", "he", "fr", "de", "es", "it")

YES = _folded(
    "yes", "y", "true", "t", "1", "x", "ναι", "ν", "αληθες", "כן", "on", "✓", "oui", "si", "ja"
)
NO = _folded("no", "n", "false", "f", "0", "οχι", "ο", "ψευδες", "לא", "off", "non", "nein")

CURRENCIES = {fold(word): code for word, code in {
    "euro": "EUR", "euros": "EUR", "ευρω": "EUR", "אירו": "EUR", "יורו": "EUR", "eur": "EUR",
    "dollar": "USD", "dollars": "USD", "usd": "USD", "δολαρια": "USD", "דולר": "USD",
    "us dollar": "USD", "us dollars": "USD", "pound": "GBP", "pounds": "GBP", "sterling": "GBP",
    "λιρες": "GBP", "nis": "ILS", "shekel": "ILS", "shekels": "ILS", "ש״ח": "ILS", "שח": "ILS",
    "ש ח": "ILS", "שקל": "ILS", "שקלים": "ILS", "σεκελ": "ILS",
}.items()}  # fmt: skip

METHODS: dict[Method, frozenset[str]] = {method: _folded(*words) for method, words in {
    Method.DIRECT_DEBIT: ("direct debit", "standing order", "sepa", "παγια", "הוראת קבע"),
    Method.CREDIT_CARD: ("card", "visa", "mastercard", "amex", "stripe", "paypal", "καρτα", "אשראי",
                         "כרטיס", "online", "apple pay", "google pay"),
    Method.CHECK: ("check", "cheque", "επιταγη", "צ׳ק", "צק", "המחאה"),
    Method.WIRE: ("wire", "transfer", "bank", "eft", "ach", "iban", "εμβασμα", "καταθεση", "τραπεζ",
                  "העברה"),
    Method.CASH: ("cash", "μετρητα", "μετρητοις", "מזומן"),
    Method.STOCK: ("stock", "shares", "securities", "μετοχες", "מניות"),
    Method.IN_KIND: ("in kind", "goods", "σε ειδος", "ειδος", "שווה כסף"),
    Method.CRYPTO: ("crypto", "bitcoin", "btc", "ethereum"),
}.items()}  # fmt: skip

MEMORY = _folded("memor", "mem", "μνημη", "לזכר", "נשמת")
HONOUR = _folded("hono", "hon", "tribute", "τιμη", "לכבוד")

LANGUAGES = {fold(word): code for word, code in {
    "en": "en", "eng": "en", "english": "en", "αγγλικα": "en", "אנגלית": "en",
    "el": "el", "gr": "el", "ell": "el", "greek": "el", "ελληνικα": "el", "יוונית": "el",
    "he": "he", "iw": "he", "heb": "he", "hebrew": "he", "εβραϊκα": "he", "εβραικα": "he",
    "עברית": "he", "fr": "fr", "french": "fr", "francais": "fr", "de": "de", "german": "de",
    "deutsch": "de", "es": "es", "spanish": "es", "it": "it", "italian": "it", "ru": "ru",
    "russian": "ru", "ar": "ar", "arabic": "ar",
}.items()}  # fmt: skip

DONOR_KINDS = {kind: _folded(*words) for kind, words in {
    "company": ("company", "corporate", "corporation", "organisation", "organization", "business",
                "foundation", "org", "εταιρεια", "εταιρια", "νομικο", "οργανισμος", "ιδρυμα",
                "חברה", "ארגון", "עסק", "קרן"),
    "couple": ("couple", "household", "joint", "family", "ζευγαρι", "οικογενεια", "זוג", "משפחה"),
    "individual": ("individual", "person", "private", "single", "ιδιωτης", "φυσικο", "ατομο",
                   "יחיד", "פרטי", "אדם"),
}.items()}  # fmt: skip

TITLES = _folded(
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "rabbi", "sir", "dame",
    "lady", "lord", "hon", "fr", "father", "κ", "κα", "κος", "κυρια", "κυριος", "δρ", "καθ",
    "מר", "גב", "גברת", "ד״ר", "דר", "פרופ", "פרופסור", "הרב", "עו״ד",
)  # fmt: skip


def month(word: str) -> int | None:
    """Its number, by name or by its first letters, in the languages people write here."""
    said = fold(word)
    known = _months()
    if said in known:
        return known[said]
    begun = {number for name, number in known.items() if len(said) > 2 and name.startswith(said)}
    return begun.pop() if len(begun) == 1 else None


def country(word: str) -> str | None:
    """Its two letters, by code or by name."""
    text = word.strip()
    if len(text) == 2 and text.isascii() and text.upper() in _codes():
        return {"UK": "GB", "EL": "GR"}.get(text.upper(), text.upper())
    return _countries().get(fold(text))


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in SPOKEN:
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in Locale(language).months[use][width].items():
                    found.setdefault(fold(name), number)
                    if language == "he":
                        found.setdefault(f"ב{fold(name)}", number)
    return found


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(
        str(code)
        for code in Locale("en").territories
        if len(str(code)) == 2 and str(code).isalpha()
    ) | {"UK", "EL"}


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    found: dict[str, str] = {
        "usa": "US", "u s a": "US", "united states of america": "US", "england": "GB",
        "scotland": "GB", "wales": "GB", "great britain": "GB", "hellas": "GR", "holland": "NL",
        "ηπα": "US", "αγγλια": "GB", "ארה״ב": "US", "ארהב": "US", "grc": "GR", "isr": "IL",
        "gbr": "GB", "cyp": "CY", "deu": "DE", "fra": "FR", "ita": "IT", "esp": "ES", "ארה ב": "US",
    }  # fmt: skip
    for language in SPOKEN:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(fold(name), code)
    return found
