"""What a question leaves in: some donors, some gifts, some values of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm_store.errors import Invalid
from crm_store.gifts.models import Gift
from crm_store.reports.audience import Audience
from crm_store.reports.cuts import GIFT_CUTS
from crm_store.reports.facts import Condition, one_of
from crm_store.reports.naming import Names
from crm_store.reports.query import Query
from crm_store.reports.registry import find_dimension


@dataclass(frozen=True)
class Narrower:
    """Conditions on donors and on gifts, wanted values, and who is in which segment."""

    donors: tuple[Condition, ...] = ()
    gifts: tuple[Condition, ...] = ()
    values: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    memberships: Any = None


async def narrower_of(query: Query, names: Names, audience: Audience) -> Narrower:
    """The query's filters as conditions; names that mean nothing are refused here."""
    gifts: list[Condition] = []
    if query.amount_from is not None:
        gifts.append(Gift.amount >= query.amount_from)
    if query.amount_to is not None:
        gifts.append(Gift.amount <= query.amount_to)
    donors: list[Condition] = []
    values = []
    segments: Sequence[UUID] | None = None
    for name, wanted in query.only.items():
        dimension = find_dimension(name)
        keys = await names.keys(dimension, wanted)
        if dimension.name == "segment":
            if None in keys:
                raise Invalid("Those in no segment are not a segment: say which ones are meant.")
            segments = list(keys)
            donors.append(await audience.in_segments(segments))
            continue
        values.append((dimension.name, keys))
        if dimension.name in GIFT_CUTS:
            gifts.append(one_of(GIFT_CUTS[dimension.name].key, keys))
    if query.filter is not None:
        donors.append(await audience.fitting(query.filter))
    by_segment = any(find_dimension(name).name == "segment" for name in query.by)
    memberships = await audience.memberships(segments) if by_segment else None
    return Narrower(tuple(donors), tuple(gifts), tuple(values), memberships)
