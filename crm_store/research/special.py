"""What is never written down of anybody: the special categories of personal data, and crimes.

A second look after the researcher's own instructions, in the languages the product is used in.
It prefers to refuse: a claim can be put in other words, a recorded one has been recorded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Category(StrEnum):
    HEALTH = "health"
    BELIEF = "religion or belief"
    POLITICS = "political opinion"
    ORIGIN = "ethnic origin"
    UNION = "trade union membership"
    ORIENTATION = "sexual life or orientation"
    BODY = "genetic or biometric data"
    CRIME = "criminal convictions"


IS = r"(?:is|was|are|were|became|remains) (?:an? )?(?:\w+ )?"
THEIR = r"(?:his|her|their) "
ILLNESS = r"(?:cancer|diabetes|hiv|aids|leuk\w+|dementia|alzheimer\w*|parkinson\w*|depression)"
FAITHFUL = (
    r"(?:jew(?:ish)?|christian|catholic|muslim|orthodox|hindu|buddhist|atheist|agnostic"
    r"|protestant|evangelical|mormon)"
)
PARTISAN = r"(?:democrat|republican|communist|socialist|conservative|liberal|marxist|anarchist)"

PHRASES: Mapping[Category, tuple[str, ...]] = {
    Category.HEALTH: (
        r"diagnosed with",
        r"suffer(?:s|ed|ing) from",
        rf"(?:has|had|battl\w+|survived|fight\w+|fought|with) (?:\w+ ){{0,2}}{ILLNESS}\b",
        r"cancer (?:patient|survivor)",
        r"hiv[ -]positive",
        rf"{THEIR}(?:mental |physical )?(?:health|illness|disability|therapy)\b",
        r"under(?:goes|went|going) (?:chemotherapy|dialysis|surgery)",
        rf"{IS}(?:pregnant|disabled|an alcoholic|terminally ill)\b",
        r"(?:addicted to|recovering alcoholic|in rehab\b)",
        r"(?:πάσχει|νοσεί|έπασχε|καρκινοπαθ\w+|έγκυος|διαγνώστηκε)",
        r"(?:אובחנ\w*|חול[הת] ב|סרטן|בהריון)",
    ),
    Category.BELIEF: (
        rf"{IS}{FAITHFUL}\b",
        rf"(?:practi[cs]ing|devout|observant|secular) {FAITHFUL}",
        r"converted to (?:judaism|christianity|islam|buddhism|catholicism|orthodoxy)",
        rf"{THEIR}(?:faith|religion|religious)\b",
        r"(?:attends|worships at|prays at)\b",
        r"(?:θρήσκευμα|πιστεύει στον θεό)",
        r"(?:είναι|ήταν) (?:χριστιαν|εβραί|μουσουλμάν|άθε|καθολικ)\w*",
        r"(?:הוא|היא) (?:יהודי|נוצרי|מוסלמי|חילוני|דתי|חרדי)\w*",
    ),
    Category.POLITICS: (
        r"vot(?:ed|es|ing) for",
        r"registered (?:democrat|republican|voter)",
        rf"{IS}{PARTISAN}\b",
        r"political (?:views?|opinions?|beliefs?|affiliation|leanings?)",
        r"member of the \w+ party",
        r"(?:ψηφίζει|ψήφισε|πολιτικ\w+ πεποιθήσ\w+|μέλος του κόμματος)",
        r"(?:הצביע\w*|דעותי\w* הפוליטיות|חבר\w* מפלג\w+)",
    ),
    Category.ORIGIN: (
        r"(?:ethnic|racial) (?:origin|background|group)",
        rf"{THEIR}(?:race|ethnicity|skin colou?r)\b",
        r"of \w+ (?:descent|ethnicity|ancestry)",
        r"(?:εθνοτικ\w+|φυλετικ\w+) (?:καταγωγ|προέλευσ)\w+",
        r"מוצא\w* (?:האתני|אתני|עדתי)",
    ),
    Category.UNION: (
        r"(?:trade|labou?r) union (?:member|representative|activist)",
        r"member of (?:a|the|his|her|their) (?:\w+ )?union\b",
        r"(?:μέλος (?:του )?(?:συνδικάτου|σωματείου)|συνδικαλιστ\w+)",
        r"(?:ועד עובדים|איגוד מקצועי)",
    ),
    Category.ORIENTATION: (
        rf"(?:{IS}|came out as |openly )(?:gay|lesbian|bisexual|homosexual|queer|trans\w*)\b",
        r"sexual (?:orientation|preference|life)",
        r"(?:extramarital|having an affair|had an affair)",
        r"(?:ομοφυλόφιλ\w+|σεξουαλικ\w+|λεσβία)",
        r"(?:הוא|היא) (?:גיי|הומו|לסבית|טרנס)\w*",
    ),
    Category.BODY: (
        r"(?:genetic|dna) (?:test|marker|disorder|profile|sample|data)",
        rf"{THEIR}(?:fingerprints?|dna|genome|biometrics?)\b",
        r"(?:γενετικ\w+ (?:δεδομέν|εξέτασ)\w+|בדיק\w+ גנטי\w+)",
    ),
    Category.CRIME: (
        r"(?:convicted of|pleaded guilty|sentenced to|served time)",
        r"criminal (?:record|conviction|charges)",
        r"(?:was|been|is|were) (?:arrested|indicted|imprisoned|jailed|convicted)\b",
        r"(?:καταδικάστηκε|ποινικ\w+ μητρώ\w+|συνελήφθη)",
        r"(?:הורשע\w*|עבר פלילי|נעצר\w*)",
    ),
}
PATTERNS = {
    category: re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})", re.IGNORECASE)
    for category, phrases in PHRASES.items()
}


def special_category(*texts: str) -> Category | None:
    """Which special category any of these texts speaks of, if it does."""
    for category, pattern in PATTERNS.items():
        if any(pattern.search(" ".join(text.split())) for text in texts):
            return category
    return None
