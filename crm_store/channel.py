"""How a person is reached, in which direction, and for what: the words all messages share."""

from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    TEXT = "text"
    PHONE = "phone"
    WIDGET = "widget"
    DESK = "desk"
    MAIL = "mail"
    IN_PERSON = "in_person"
    API = "api"
    OTHER = "other"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Purpose(StrEnum):
    """Why somebody is written to; what is allowed depends on it."""

    MARKETING = "marketing"
    APPEAL = "appeal"
    NEWSLETTER = "newsletter"
    EVENT = "event"
    STEWARDSHIP = "stewardship"
    SURVEY = "survey"
    TRANSACTIONAL = "transactional"
    RECEIPT = "receipt"
    SERVICE = "service"

    @property
    def is_marketing(self) -> bool:
        """Anything nobody asked for: it needs consent and counts as pressure."""
        return self not in {Purpose.TRANSACTIONAL, Purpose.RECEIPT, Purpose.SERVICE}
