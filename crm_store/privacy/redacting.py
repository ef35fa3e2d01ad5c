"""Taking somebody's name out of what they hold together with others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from crm_store.crm import Crm
from crm_store.privacy.fates import STANDS
from crm_store.privacy.holdings import Holdings, escaped, is_one_of
from crm_store.privacy.links import holds_words, table_of

GONE = "[erased]"


def words_of(held: Holdings) -> list[str]:
    """What gives them away, longest first; what they share with the others is left."""
    shared = {
        part.casefold()
        for other in held.others
        for part in (other.given_name, other.middle_name, other.family_name, other.nickname)
        if part
    }
    parts = {
        part
        for one in held.people
        for part in (one.given_name, one.middle_name, one.family_name, one.nickname, one.avatar_url)
        if part and len(part) > 1 and part.casefold() not in shared
    }
    return sorted(parts | held.addresses | held.names, key=lambda word: (-len(word), word))


def redacted(value: Any, pattern: re.Pattern[str]) -> Any:
    """The same text, list or document without their name in it."""
    if isinstance(value, str):
        return pattern.sub(GONE, value)
    if isinstance(value, dict):
        return {redacted(key, pattern): redacted(part, pattern) for key, part in value.items()}
    if isinstance(value, list):
        return [redacted(part, pattern) for part in value]
    return value


def pattern_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these words, whole."""
    choices = "|".join(map(re.escape, words))
    return re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE)


async def redact(crm: Crm, held: Holdings) -> dict[str, list[UUID]]:
    """Answers which rows were changed."""
    words = words_of(held)
    if not words:
        return {}
    pattern, changed = pattern_of(words), dict[str, list[UUID]]()
    for name, ids in held.shared.items():
        if name not in STANDS and ids:
            found = await _redact_table(crm, name, ids, words, pattern)
            if found:
                changed[name] = found
    return changed


async def _redact_table(
    crm: Crm, name: str, ids: set[UUID], words: list[str], pattern: re.Pattern[str]
) -> list[UUID]:
    table = table_of(name)
    columns = [column for column in table.columns if holds_words(column) and _is_text(column)]
    if not columns:
        return []
    like = cast([f"%{escaped(word)}%" for word in words], ARRAY(Text))
    query = select(table.c.id, *columns).where(
        table.c.org_id == crm.actor.org,
        is_one_of(table.c.id, ids),
        or_(*(cast(column, Text).ilike(func.any(like)) for column in columns)),
    )
    changed = []
    for row in (await crm.session.execute(query)).all():
        values = {
            column.name: clean
            for column in columns
            if (clean := redacted(getattr(row, column.name), pattern)) != getattr(row, column.name)
        }
        if values:
            here = (table.c.org_id == crm.actor.org, table.c.id == row.id)
            await crm.session.execute(update(table).where(*here).values(**values))
            changed.append(row.id)
    return changed


def _is_text(column: Any) -> bool:
    return column.type.python_type is not bytes
