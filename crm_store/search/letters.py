"""Letters of the alphabets people's names are written in, and what each becomes."""

from __future__ import annotations

APOSTROPHES = frozenset("'’‘ʼ`´\"“”„״׳′″")

# Letters that Unicode does not take apart.
UNDECOMPOSED = {
    "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d", "ŋ": "n",
    "Ø": "o", "Đ": "d", "Ł": "l", "Æ": "ae", "Œ": "oe", "İ": "i", "Þ": "th", "Ð": "d", "ħ": "h",
}  # fmt: skip

FINALS = {"ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ", "ς": "σ"}

# Each with what it becomes at the beginning of a word, and further on.
GREEK = {
    letter: tuple(became.split("/")) * (1 if "/" in became else 2)
    for letter, became in {
        "ου": "ou", "μπ": "b/mp", "ντ": "d/nt", "γκ": "g/gk", "γγ": "ng", "γχ": "nch", "γξ": "nx",
        "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i",
        "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s",
        "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
    }.items()
}  # fmt: skip
GREEK_VOWEL_PAIRS = {"αυ": "a", "ευ": "e", "ηυ": "i"}
VOICELESS = frozenset("θκξπστφχψ")

HEBREW = {
    letter: tuple(became.split("/")) if "/" in became else (became, became)
    for letter, became in {
        "א": "a/", "ב": "b", "ג": "g", "ד": "d", "ה": "h", "ו": "v/o", "ז": "z", "ח": "ch",
        "ט": "t", "י": "y/i", "כ": "k", "ל": "l", "מ": "m", "נ": "n", "ס": "s", "ע": "a/",
        "פ": "p", "צ": "tz", "ק": "k", "ר": "r", "ש": "sh", "ת": "t",
    }.items()
}  # fmt: skip
