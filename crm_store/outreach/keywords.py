"""STOP and START, as people write them: read before anything else looks at the message."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from crm_store.channel import Channel
from crm_store.crm import Crm
from crm_store.outreach.models import SuppressionReason
from crm_store.outreach.suppressing import reopen, suppress


class Keyword(StrEnum):
    STOP = "stop"
    START = "start"


STOPS = (
    "stop", "stopall", "stop all", "unsubscribe", "end", "quit", "cancel", "revoke", "optout",
    "opt out", "remove me", "arrêt", "stopp", "baja", "abmelden", "desuscribir",
    "στοπ", "διαγραφη", "διακοπη", "σταματηστε",
    "הסר", "הסירו", "להסיר", "עצור", "די", "стоп", "отписаться", "توقف", "إلغاء",
)  # fmt: skip
STARTS = (
    "start", "unstop", "yes start", "subscribe", "resume", "alta", "anmelden",
    "εναρξη", "εγγραφη", "συνεχεια", "התחל", "להתחיל", "старт", "ابدأ",
)  # fmt: skip


def keyword_in(words: str) -> Keyword | None:
    """Only when the whole message is the keyword: "please stop by" is not one."""
    plain = _plain(words)
    if plain in STOP_WORDS:
        return Keyword.STOP
    return Keyword.START if plain in START_WORDS else None


async def heed_keyword(crm: Crm, channel: Channel, address: str, words: str) -> Keyword | None:
    """Do what a STOP or START asks, at once, and say which it was."""
    found = keyword_in(words)
    if found is Keyword.STOP:
        await suppress(crm, channel, address, SuppressionReason.KEYWORD, note=words.strip()[:200])
    elif found is Keyword.START:
        await reopen(crm, channel, address, word=words.strip()[:40])
    return found


def _plain(words: str) -> str:
    """Without accents, case, punctuation or doubled spaces."""
    bare = unicodedata.normalize("NFKD", words.casefold())
    kept = "".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return " ".join(kept.split())


STOP_WORDS = frozenset(map(_plain, STOPS))
START_WORDS = frozenset(map(_plain, STARTS))
