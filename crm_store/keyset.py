"""Pages that stay fast however deep: each begins after the last row of the one before."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, not_, select, tuple_

from crm_store.actor import Reach
from crm_store.base import TenantRow
from crm_store.errors import Invalid
from crm_store.repository import Page, Repository

MOST_COUNTED = 1_000
Row = TypeVar("Row", bound=TenantRow)


async def keyset_page(
    repository: Repository[Row],
    *criteria: ColumnElement[bool],
    order: Sequence[Any],
    after: str | None = None,
    limit: int = 20,
    newest_first: bool = False,
) -> Page[Row]:
    """One screenful. Rows are counted on the first page only, and up to MOST_COUNTED of them.

    order: columns that together are unique and of which none is null, as an index holds them.
    """
    query = repository.rows().where(*criteria)
    if after is not None:
        query = query.where(beyond(order, read_cursor(after, order), newest_first=newest_first))
    sorting = [column.desc() if newest_first else column.asc() for column in order]
    found = list(await repository.all(query.order_by(*sorting).limit(limit + 1)))
    rows, rest = found[:limit], found[limit:]
    following = write_cursor([getattr(rows[-1], column.key) for column in order]) if rest else None
    if after is not None:
        return Page(rows, next=following)
    total = len(rows) if not rest else await capped(repository, repository.rows().where(*criteria))
    return Page(rows, total, await hidden(repository, *criteria), following)


def beyond(
    order: Sequence[Any], place: Sequence[Any], *, newest_first: bool = False
) -> ColumnElement[bool]:
    """Rows after that place, in one comparison that an index on those columns answers."""
    here = tuple_(*order)
    there = tuple_(*(literal(value, c.type) for value, c in zip(place, order, strict=True)))
    return here < there if newest_first else here > there


async def hidden(repository: Repository[Row], *criteria: ColumnElement[bool]) -> int:
    """How many rows this person's rights keep from them."""
    if repository.actor.reach is Reach.ALL:
        return 0
    unseen = not_(func.coalesce(repository.visible(), False))
    return await capped(repository, repository.everything().where(*criteria, unseen))


async def capped(repository: Repository[Row], query: Select[Any]) -> int:
    inner = query.with_only_columns(repository.model.id).order_by(None).limit(MOST_COUNTED)
    counted = select(func.count()).select_from(inner.subquery())
    return int(await repository.session.scalar(counted) or 0)


def write_cursor(values: Sequence[Any]) -> str:
    plain = [v.isoformat() if isinstance(v, date) else v for v in values]
    return urlsafe_b64encode(json.dumps(plain, default=str).encode()).decode().rstrip("=")


def read_cursor(text: str, order: Sequence[Any]) -> list[Any]:
    """The values a cursor was written from, as the columns hold them."""
    try:
        values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        kinds = [column.type.python_type for column in order]
        return [_of_kind(value, kind) for value, kind in zip(values, kinds, strict=True)]
    except (ValueError, TypeError) as error:
        raise Invalid("This page does not exist any more; begin again at the first.") from error


def _of_kind(value: Any, kind: Any) -> Any:
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    return UUID(value) if kind is UUID else value
