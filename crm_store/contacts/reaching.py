"""Addresses and numbers in the one form in which they can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from uuid import UUID

import phonenumbers

from crm_store.contacts.models import IdentifierKind
from crm_store.errors import Invalid

EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(\.[^\s@<>,;:\"()\[\]\\.]+)+")
INTERNATIONAL = re.compile(r"\+\d{7,15}")
NUMBERS = frozenset({IdentifierKind.PHONE, IdentifierKind.WHATSAPP, IdentifierKind.FAX})


class NotAnEmail(Invalid):
    """This is not an e-mail address."""


class NotANumber(Invalid):
    """This is not a telephone number."""


def normalise(kind: IdentifierKind, value: str, country: str | None = None) -> str:
    """The form under which an identifier is stored and looked up, or Invalid with the reason."""
    plain = unicodedata.normalize("NFKC", value).strip()
    if not plain:
        raise Invalid(f"The {kind.value.replace('_', ' ')} is empty.")
    if kind in NUMBERS:
        return phone(plain, country)
    return FORMS.get(kind, str)(plain)


def email(value: str) -> str:
    """Lower case; dots and plus signs stay, for they may be other people's mailboxes."""
    plain = value.removeprefix("mailto:").strip("<> ").casefold()
    if not EMAIL.fullmatch(plain) or len(plain) > 254:
        raise NotAnEmail(f"“{value[:80]}” is not an e-mail address.")
    return plain


def phone(value: str, country: str | None = None) -> str:
    """E.164, with the extension after a semicolon: +302101234567;ext=12."""
    plain = value.removeprefix("whatsapp:").removeprefix("tel:").strip()
    try:
        number = phonenumbers.parse(plain, country)
    except phonenumbers.NumberParseException as error:
        if country is None and not plain.startswith("+"):
            raise NotANumber(
                f"“{value[:40]}” needs its country code, as in +30 210 123 4567."
            ) from error
        raise NotANumber(f"“{value[:40]}” is not a telephone number.") from error
    known = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    possible = phonenumbers.is_possible_number(number) or plain.startswith("+")
    if not possible or not INTERNATIONAL.fullmatch(known):
        raise NotANumber(f"“{value[:40]}” is not a telephone number.")
    return f"{known};ext={number.extension}" if number.extension else known


def visitor(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError as error:
        raise Invalid("This is not a visitor's id.") from error


def handle(value: str) -> str:
    """A profile whether it came as a link, with an @ or bare."""
    path = re.sub(r"^(https?://)?(www\.|\w\w\.)?(linkedin|twitter|x)\.com/", "", value, flags=re.I)
    plain = path.split("?")[0].strip("/@ ").removeprefix("in/").casefold()
    if not plain or not re.fullmatch(r"[\w.%/-]+", plain):
        raise Invalid(f"“{value[:80]}” is not a profile.")
    return plain


FORMS: dict[IdentifierKind, Callable[[str], str]] = {
    IdentifierKind.EMAIL: email,
    IdentifierKind.VISITOR: visitor,
    IdentifierKind.LINKEDIN: handle,
    IdentifierKind.TWITTER: handle,
}
