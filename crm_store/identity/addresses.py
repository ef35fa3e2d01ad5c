"""How e-mail addresses and telephone numbers are written so that one person is one account."""

from __future__ import annotations

import phonenumbers

from crm_store.errors import Invalid

LONGEST = 254


def address(written: str) -> str:
    """An e-mail address as accounts are known by it."""
    email = written.strip().lower()
    before, at, after = email.partition("@")
    odd = any(sign.isspace() or not sign.isprintable() or sign == "," for sign in email)
    if not (before and at and "." in after.strip(".")) or "@" in after or odd:
        raise Invalid(f"{written!r} is not an e-mail address.")
    if len(email) > LONGEST:
        raise Invalid("This e-mail address is too long.")
    return email


def e164(written: str, region: str | None = None) -> str:
    """A number as every provider writes it; without + it needs a country to be read in."""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException as error:
        raise Invalid(f"{written!r} is not a telephone number with its country code.") from error
    if not phonenumbers.is_possible_number(number):
        raise Invalid(f"{written!r} is not a telephone number that can exist.")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
