"""What a row may hold, and what people call it in English, Greek and Hebrew."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from crm_store.search.text import fold


class Noun(StrEnum):
    """What a row is."""

    GIFTS = "gifts"
    DONORS = "donors"
    PEOPLE = "people"
    COMPANIES = "companies"
    LEADS = "leads"


class Kind(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    AMOUNT = "amount"
    CURRENCY = "currency"
    COUNTRY = "country"
    YES_NO = "yes_no"
    METHOD = "method"
    DONOR_KIND = "donor_kind"
    TAX_NUMBER = "tax_number"
    TAGS = "tags"
    LANGUAGE = "language"
    TRIBUTE = "tribute"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a column can fill."""

    key: str
    label: str
    kind: Kind
    nouns: frozenset[Noun]
    names: tuple[str, ...]
    many: bool = False


GIVERS = frozenset({Noun.GIFTS, Noun.DONORS})
HUMANS = frozenset({*GIVERS, Noun.PEOPLE, Noun.LEADS})
PLACED = frozenset({*GIVERS, Noun.PEOPLE, Noun.COMPANIES})
EVERY = frozenset(Noun)
GIFTS, PEOPLE = frozenset({Noun.GIFTS}), frozenset({Noun.PEOPLE})
FIRMS, LEADS = frozenset({Noun.COMPANIES}), frozenset({Noun.LEADS})
KNOWN = frozenset({*GIVERS, Noun.PEOPLE})
CUSTOM_PREFIX = "custom:"
SPOUSE, OTHERS = "spouse_", ("spouse", "partner", "husband", "wife", "second", "συζυγος", "בן זוג",
                             "בת זוג")  # fmt: skip

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
APART = re.compile(r"[_\-./\\:#*]+")
ASIDE = re.compile(r"[(\[{][^)\]}]*[)\]}]")


def _field(
    key: str, kind: Kind, nouns: frozenset[Noun], names: str, *, many: bool = False
) -> Field:
    label = key.replace("_", " ")
    called = tuple(name.strip() for name in names.split(","))
    return Field(key, label, kind, nouns, (label, *called), many)


PERSONAL = (
    _field("name", Kind.TEXT, HUMANS,
           "full name, fullname, donor name, contact name, display name, donor, donors, supporter,"
           " constituent, constituent name, client name, ονοματεπώνυμο, όνομα και επώνυμο, δωρητής,"
           " όνομα δωρητή, שם מלא, שם התורם, שם, תורם, account name, payer, from"),
    _field("name", Kind.TEXT, FIRMS,
           "company name, company, organisation, organization, organisation name,"
           " organization name, business name, account name, firm, επωνυμία, εταιρεία, όνομα,"
           " שם החברה, חברה, שם הארגון, שם"),
    _field("given_name", Kind.TEXT, HUMANS,
           "first name, given name, firstname, forename, christian name, fname, first, όνομα,"
           " μικρό όνομα, שם פרטי, פרטי"),
    _field("middle_name", Kind.TEXT, KNOWN, "middle name, middle initial, πατρώνυμο, שם אמצעי"),
    _field("family_name", Kind.TEXT, HUMANS,
           "last name, family name, lastname, surname, lname, last, επώνυμο, επίθετο, שם משפחה,"
           " משפחה"),
    _field("prefix", Kind.TEXT, KNOWN, "title, salutation title, prefix, honorific, προσφώνηση,"
           " τίτλος, תואר"),
    _field("suffix", Kind.TEXT, KNOWN, "suffix, name suffix"),
    _field("nickname", Kind.TEXT, KNOWN, "nick name, preferred name, goes by, known as,"
           " υποκοριστικό, כינוי"),
    _field("birthday", Kind.DATE, KNOWN, "birth date, birthdate, date of birth, dob, born,"
           " ημερομηνία γέννησης, γενέθλια, תאריך לידה, יום הולדת"),
    _field("gender", Kind.TEXT, KNOWN, "sex, φύλο, מין"),
    _field("language", Kind.LANGUAGE, KNOWN, "preferred language, lang, locale, γλώσσα, שפה"),
    _field("afm", Kind.TAX_NUMBER, frozenset({*KNOWN, Noun.COMPANIES}),
           "tax id, tax number, vat number, vat, vat no, tin, αφμ, α.φ.μ., מספר עוסק"),
    _field("doy", Kind.TEXT, frozenset({Noun.PEOPLE, Noun.COMPANIES}), "tax office, δου, δ.ο.υ."),
)  # fmt: skip

REACHED = (
    _field("email", Kind.EMAIL, EVERY,
           "e-mail, mail, email address, e-mail address, email 1, primary email, personal email,"
           " work email, home email, email 2, secondary email, other email, ηλεκτρονική διεύθυνση,"
           " ηλ. ταχυδρομείο, μέιλ, ηλεκτρονικό ταχυδρομείο, דוא״ל, דואר אלקטרוני, אימייל, מייל",
           many=True),
    _field("phone", Kind.PHONE, EVERY,
           "telephone, tel, phone number, mobile, mobile phone, cell, cell phone, cellphone,"
           " home phone, work phone, phone 1, phone 2, landline, telephone number, mobile number,"
           " τηλέφωνο, κινητό, σταθερό, τηλ, αριθμός τηλεφώνου, κινητό τηλέφωνο, טלפון, נייד,"
           " טלפון נייד, סלולרי, פלאפון", many=True),
    _field("whatsapp", Kind.PHONE, frozenset({*KNOWN}), "whatsapp number, whats app, ווטסאפ"),
)  # fmt: skip

ADDRESS = (
    _field("street", Kind.TEXT, PLACED,
           "address, address 1, address line 1, street address, addr1, mailing address,"
           " home address, street 1, διεύθυνση, οδός, οδός και αριθμός, כתובת, רחוב, כתובת למשלוח"),
    _field("street_2", Kind.TEXT, PLACED, "address 2, address line 2, addr2, apartment, apt, unit,"
           " floor, διεύθυνση 2, όροφος, דירה"),
    _field("city", Kind.TEXT, PLACED, "town, city town, locality, suburb, πόλη, πόλις, δήμος,"
           " περιοχή, עיר, יישוב"),
    _field("state", Kind.TEXT, PLACED, "province, region, county, state province, νομός,"
           " περιφέρεια, מחוז"),
    _field("postal_code", Kind.TEXT, PLACED, "zip, zip code, zipcode, postcode, post code, postal,"
           " τκ, τ.κ., ταχυδρομικός κώδικας, ταχ. κώδικας, מיקוד"),
    _field("country", Kind.COUNTRY, PLACED, "country code, nation, χώρα, ארץ, מדינה"),
)  # fmt: skip

GIVING_UNIT = (
    _field("donor_id", Kind.TEXT, GIVERS,
           "constituent id, donor no, donor number, supporter id, contact id, client id,"
           " account id, donor code, member id, κωδικός δωρητή, κωδ. δωρητή, αριθμός δωρητή,"
           " מספר תורם, קוד תורם, ת.ז., id"),
    _field("donor_kind", Kind.DONOR_KIND, GIVERS,
           "donor type, constituent type, account type, type of donor, τύπος δωρητή, סוג תורם"),
    _field("company", Kind.TEXT, HUMANS,
           "company, company name, organisation, organization, org name, employer, business,"
           " organisation name, organization name, firm, business name, εταιρεία, εταιρία,"
           " οργανισμός, εργοδότης, ארגון, חברה, שם החברה, מעסיק"),
    _field("job_title", Kind.TEXT, HUMANS, "job title, position, role, occupation, profession,"
           " θέση, επάγγελμα, תפקיד, מקצוע"),
    _field("formal_salutation", Kind.TEXT, GIVERS, "salutation, formal greeting, addressee, dear,"
           " letter salutation, χαιρετισμός, פנייה"),
    _field("informal_salutation", Kind.TEXT, GIVERS, "informal greeting, casual salutation"),
    _field("classification", Kind.TEXT, GIVERS, "donor class, donor category, donor level, segment,"
           " κατηγορία δωρητή, κατηγορία, סיווג"),
    _field("do_not_contact", Kind.YES_NO, frozenset({*KNOWN, Noun.COMPANIES}),
           "no contact, opt out, opted out, μην επικοινωνείτε, לא ליצור קשר"),
    _field("do_not_solicit", Kind.YES_NO, GIVERS, "no solicitation, do not ask, no appeals"),
)  # fmt: skip

GIFT = (
    _field("amount", Kind.AMOUNT, GIFTS,
           "gift amount, donation amount, donation, gift, sum, total, value, paid, amount paid,"
           " amount received, net amount, gross amount, ποσό, ποσό δωρεάς, δωρεά, αξία, σύνολο,"
           " סכום, סכום התרומה, סכום תרומה, תרומה"),
    _field("currency", Kind.CURRENCY, GIFTS, "currency code, ccy, cur, iso currency,"
           " νόμισμα, מטבע"),
    _field("date", Kind.DATE, GIFTS,
           "gift date, donation date, received on, date received, received, transaction date,"
           " payment date, posted, post date, paid on, deposit date, date of gift, created,"
           " created at, ημερομηνία, ημ/νία, ημερομηνία δωρεάς, ημερομηνία πληρωμής, ημνια, תאריך,"
           " תאריך תרומה, תאריך התרומה"),
    _field("gift_id", Kind.TEXT, GIFTS,
           "gift number, gift no, donation id, transaction id, transaction number, payment id,"
           " reference id, external id, record id, txn id, κωδικός δωρεάς, κωδικός συναλλαγής,"
           " מספר תרומה, מספר עסקה"),
    _field("method", Kind.METHOD, GIFTS,
           "payment method, payment type, pay method, paid by, gift type, tender, payment,"
           " tender type, τρόπος πληρωμής, τρόπος, μέθοδος πληρωμής, אמצעי תשלום, אופן תשלום"),
    _field("reference_number", Kind.TEXT, GIFTS,
           "reference, ref, check number, cheque number, check no, cheque no, receipt number,"
           " receipt no, invoice number, αριθμός επιταγής, αριθμός απόδειξης, αναφορά, αιτιολογία,"
           " מספר צ׳ק, אסמכתא, מספר קבלה"),
    _field("fund", Kind.TEXT, GIFTS, "fund name, designation, purpose, gl code, restriction,"
           " allocation, ταμείο, σκοπός, קרן, ייעוד, מטרה"),
    _field("appeal", Kind.TEXT, GIFTS, "campaign, appeal name, appeal code, campaign name,"
           " solicitation, source code, καμπάνια, έκκληση, קמפיין, מגבית"),
    _field("project", Kind.TEXT, GIFTS, "project name, program, programme, έργο, πρόγραμμα,"
           " פרויקט"),
    _field("is_tax_deductible", Kind.YES_NO, GIFTS, "tax deductible, deductible, gift aid,"
           " receiptable, εκπίπτει, מוכר לצורכי מס"),
    _field("deductible_amount", Kind.AMOUNT, GIFTS, "tax deductible amount, eligible amount"),
    _field("is_anonymous", Kind.YES_NO, GIVERS, "anonymous, anonymously, ανώνυμα, ανώνυμος,"
           " ανώνυμη δωρεά, אנונימי, בעילום שם"),
    _field("tribute_kind", Kind.TRIBUTE, GIFTS,
           "tribute type, memorial or honor, in honor or memory"),
    _field("tribute_name", Kind.TEXT, GIFTS, "tribute, honoree, honouree, in memory of,"
           " in honor of, in honour of, στη μνήμη, εις μνήμην, לזכר, לעילוי נשמת"),
    _field("outside_receipt_on", Kind.DATE, GIFTS, "receipt date, receipted on, date receipted,"
           " acknowledged on, ημερομηνία απόδειξης, תאריך קבלה"),
)  # fmt: skip

FIRM = (
    _field("legal_name", Kind.TEXT, FIRMS, "registered name, νομική επωνυμία, שם משפטי"),
    _field("website", Kind.TEXT, frozenset({Noun.PEOPLE, Noun.COMPANIES}),
           "web site, url, web, homepage, domain, ιστοσελίδα, ιστότοπος, אתר"),
    _field("industry", Kind.TEXT, FIRMS, "sector, line of business, κλάδος, δραστηριότητα, תחום,"
           " ענף"),
    _field("company_type", Kind.TEXT, FIRMS, "company type, type, legal form, νομική μορφή, סוג"),
    _field("employee_count", Kind.TEXT, FIRMS, "employees, headcount, number of employees, staff,"
           " εργαζόμενοι, מספר עובדים"),
    _field("description", Kind.TEXT, FIRMS, "about, περιγραφή, תיאור"),
    _field("external_id", Kind.TEXT, frozenset({Noun.PEOPLE, Noun.COMPANIES, Noun.LEADS}),
           "id, record id, contact id, person id, company id, lead id, account id, code, κωδικός,"
           " מזהה, קוד"),
    _field("source_detail", Kind.TEXT, LEADS, "lead source, source, where from, campaign, referrer,"
           " πηγή, מקור"),
    _field("expected_value", Kind.AMOUNT, LEADS, "value, estimated value, amount, potential,"
           " αξία, ערך"),
    _field("currency", Kind.CURRENCY, LEADS, "currency code, ccy, νόμισμα, מטבע"),
    _field("lead_source", Kind.TEXT, PEOPLE, "source, contact source, πηγή, מקור"),
)  # fmt: skip

SAID = (
    _field("tags", Kind.TAGS, EVERY, "tag, labels, label, keywords, groups, ετικέτες, ετικέτα,"
           " תגיות, תגים"),
    _field("notes", Kind.TEXT, EVERY, "note, comment, comments, remarks, remark, memo, σχόλια,"
           " σημειώσεις, παρατηρήσεις, הערות, הערה"),
)  # fmt: skip


def _of_spouse(field: Field) -> Field:
    names = tuple(f"{who} {name}" for who in OTHERS for name in field.names[:3])
    hebrew = {"given_name": ("שם בן הזוג",), "name": ("spouse", "partner", "σύζυγος", "בן/בת זוג")}
    return replace(
        field,
        key=SPOUSE + field.key,
        label=f"spouse's {field.label}",
        nouns=GIVERS,
        names=(*names, *hebrew.get(field.key, ())),
    )


TWICE = frozenset({"name", "given_name", "family_name", "prefix", "birthday", "email", "phone"})
SPOUSES = tuple(_of_spouse(f) for f in (*PERSONAL, *REACHED) if f.key in TWICE)
ALL = (*PERSONAL, *REACHED, *ADDRESS, *GIVING_UNIT, *GIFT, *FIRM, *SAID, *SPOUSES)
OURS = frozenset({"reason", "row", "row number", "why it was not imported"})


def fields_of(noun: Noun) -> dict[str, Field]:
    """What a row of this noun may hold, by key."""
    return {field.key: field for field in ALL if noun in field.nouns}


@lru_cache(maxsize=20_000)
def plain(header: str) -> str:
    """A header as it is compared: camelCase and under_scores parted, accents gone."""
    parted = CAMEL.sub(" ", APART.sub(" ", header.replace("״", "").replace("׳", "")))
    return fold(parted)


def compact(header: str) -> str:
    return plain(header).replace(" ", "")


def without_asides(header: str) -> str:
    """What is left when the words in brackets are: Amount (EUR) is an Amount."""
    return ASIDE.sub(" ", header).strip()


def is_known(header: str) -> bool:
    """Whether anybody would write this over a column."""
    known = _known()
    return compact(header) in known or compact(without_asides(header)) in known


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(compact(name) for field in ALL for name in field.names) | frozenset(
        compact(word) for word in OURS
    )
